/** The options that choose edges, the same for `flows list` and `flows graph`. */
import type { ParseArgsOptionsConfig } from 'node:util';
import type { EdgeFilter } from '../../store/edges.ts';
import { type CommandContext, listOption, numberOption, textOption } from '../command.ts';
import { destinations } from '../log/filters.ts';
import { parseMoment } from '../log/moment.ts';

export const FLOW_OPTIONS = {
  app: { type: 'string', multiple: true },
  destination: { type: 'string', multiple: true },
  entity: { type: 'string', multiple: true },
  since: { type: 'string' },
  limit: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const FLOW_USAGE = ['[--app APP] [--destination HOST] [--entity ENTITY]', '[--since WHEN] [--limit N]'];

export const FLOW_DETAILS = [
  '--destination  a host; * stands for any characters: "*.openai.com"',
  '--entity       edges on which it was seen with a score of 0.5 or more',
  '--since        seen since: 24h, 7d (ago), 2026-11-23 or 2026-11-23T08:00:00Z',
  '--limit        the N seen last',
].join('\n');

/** What the options ask for. Throws UsageError. */
export function edgeFilter(context: CommandContext, now: Date): EdgeFilter {
  return {
    apps: listOption(context, 'app'),
    destinations: destinations(context),
    entities: listOption(context, 'entity').map((entity) => entity.toUpperCase()),
    since: parseMoment('since', textOption(context, 'since'), now),
    limit: numberOption(context, 'limit', { min: 1, max: 1_000_000_000, integer: true }),
  };
}
