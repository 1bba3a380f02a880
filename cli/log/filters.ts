/** The options that choose events, the same for `log list` and `log export`, and what they ask of the reader. */
import type { ParseArgsOptionsConfig } from 'node:util';
import { canonicalHost } from '../../catalog/host.ts';
import { didYouMean } from '../../engine/decide/near-name.ts';
import { ACTIONS } from '../../flow/decision.ts';
import { EVENT_KINDS, OUTCOMES } from '../../flow/event.ts';
import { FINGERPRINT } from '../../flow/finding.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { type CommandContext, hasOption, listOption, numberOption, textOption, UsageError } from '../command.ts';
import { parseMoment } from './moment.ts';

export const FILTER_OPTIONS = {
  action: { type: 'string', multiple: true },
  observed: { type: 'boolean' },
  since: { type: 'string' },
  until: { type: 'string' },
  app: { type: 'string', multiple: true },
  destination: { type: 'string', multiple: true },
  entity: { type: 'string', multiple: true },
  outcome: { type: 'string', multiple: true },
  policy: { type: 'string', multiple: true },
  kind: { type: 'string', multiple: true },
  credential: { type: 'string', multiple: true },
  limit: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export const FILTER_USAGE = [
  '[--action ACTION] [--observed] [--since WHEN] [--until WHEN] [--app APP]',
  '[--destination HOST] [--entity ENTITY] [--outcome OUTCOME] [--policy POLICY]',
  '[--kind KIND] [--credential FINGERPRINT] [--limit N]',
];

export const FILTER_DETAILS = [
  `--action       what was carried out: ${ACTIONS.join(', ')}; with --observed,`,
  '               what was decided and not carried out, as in monitor mode',
  '--observed     events with a decision that was not carried out',
  '--since        when it began: 24h or 7d (ago), 2026-11-23 or 2026-11-23T08:00:00Z; --until alike',
  '--destination  a host; * stands for any characters: "*.openai.com"',
  '--entity       what was found with a score of 0.5 or more: CREDIT_CARD',
  `--outcome      ${OUTCOMES.slice(0, 5).join(', ')},`,
  `               ${OUTCOMES.slice(5).join(', ')}`,
  '--policy       a policy that took part in the decision',
  `--kind         ${EVENT_KINDS.join(', ')}`,
  '--credential   the fingerprint of what a call authenticated with, as source.credential has it',
  '--limit        the newest N alone',
  'An option given several times means any of its values; different options must all hold.',
].join('\n');

/** What the options ask for. Throws UsageError. */
export function eventFilter(context: CommandContext, now: Date): EventFilter {
  return {
    actions: words(context, 'action', ACTIONS),
    isObserved: hasOption(context, 'observed'),
    since: parseMoment('since', textOption(context, 'since'), now),
    until: parseMoment('until', textOption(context, 'until'), now),
    apps: listOption(context, 'app'),
    destinations: destinations(context),
    entities: listOption(context, 'entity').map((entity) => entity.toUpperCase()),
    outcomes: words(context, 'outcome', OUTCOMES),
    policies: listOption(context, 'policy'),
    kinds: words(context, 'kind', EVENT_KINDS),
    credentials: credentials(context),
    limit: numberOption(context, 'limit', { min: 1, max: 1_000_000_000, integer: true }),
  };
}

/** Hosts as records have them: canonical, or a pattern in lower case. Throws UsageError. */
export function destinations(context: CommandContext): readonly string[] {
  return listOption(context, 'destination').map((text) => {
    if (text.includes('*')) return text.toLowerCase();
    const host = canonicalHost(text);
    if (host !== null) return host;
    throw new UsageError('--destination must be a host, or a pattern with *');
  });
}

/** Fingerprints as records have them. Throws UsageError, which does not repeat what may be a key. */
function credentials(context: CommandContext): readonly string[] {
  const given = listOption(context, 'credential');
  if (given.every((text) => FINGERPRINT.test(text))) return given;
  throw new UsageError('--credential must be a fingerprint, 22 characters, as source.credential of an event has it');
}

function words<T extends string>(context: CommandContext, option: string, choices: readonly T[]): readonly T[] {
  return listOption(context, option).map((text) => {
    const choice = choices.find((one) => one === text);
    if (choice !== undefined) return choice;
    throw new UsageError(`--${option} must be one of ${choices.join(', ')}${didYouMean(text, choices)}`);
  });
}
