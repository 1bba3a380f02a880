/** `weir flows lineage`: where a class of data came from and where it went, and what a breach would reach. */
import { type Chain, type ChainHop, type Lineage, lineageOf, type Reached } from '../../map/lineage.ts';
import { type Command, type CommandContext, hasOption, numberOption, textOption, UsageError } from '../command.ts';
import { cleanText } from '../log/clean-text.ts';
import { parseMoment } from '../log/moment.ts';
import { withLog } from '../log/open-log.ts';
import { tableText } from '../log/table.ts';
import { knowledgeOf } from './knowledge.ts';

const DEFAULT_LIMIT = 100;

export const command: Command = {
  name: 'flows lineage',
  summary: 'where a class of data came from and where it went',
  usage: [
    'weir flows lineage [ENTITY] [--from SOURCE] [--to DESTINATION]',
    '                   [--since WHEN] [--limit N] [--json]',
  ].join('\n'),
  details: [
    'Joins what services read with what they send on. A join is possible where the class is the same and',
    'the times allow it, confirmed where the same value was seen on both sides; a chain is as certain as its',
    'weakest join. With one of --from and --to the blast radius follows: every place that its data can have',
    'come to, or from where.',
    '--from, --to  an app, a store, a host, host:port or a vendor; * stands for any characters',
    '--since       edges seen since: 24h, 7d (ago), 2026-11-23',
    `--limit       the N most certain chains (${DEFAULT_LIMIT})`,
  ].join('\n'),
  example: ['weir flows lineage EMAIL_ADDRESS --to api.openai.com', 'weir flows lineage --from crm --json'].join('\n'),
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    since: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
  },
  async run(context) {
    const [entity = null, ...more] = context.positionals;
    if (more.length > 0) throw new UsageError('takes one entity at most');
    const query = {
      entity: entity?.toUpperCase() ?? null,
      from: textOption(context, 'from'),
      to: textOption(context, 'to'),
      limit: numberOption(context, 'limit', { min: 1, max: 1_000_000, integer: true }) ?? DEFAULT_LIMIT,
    };
    const since = parseMoment('since', textOption(context, 'since'), new Date());
    const knowledge = knowledgeOf(context.config());
    const lineage = await withLog(context, async (reader) =>
      lineageOf(await reader.edges({ since }, 'summary'), knowledge, query, await reader.sharedValues()),
    );
    if (hasOption(context, 'json')) context.out(`${JSON.stringify(lineage)}\n`);
    else print(context, lineage, query);
    return 0;
  },
};

function print(
  context: CommandContext,
  { chains, total, reach, isKnown, notSeen }: Lineage,
  { from, to }: { readonly from: string | null; readonly to: string | null },
): void {
  if (from !== null && !isKnown.from) context.err(`nothing on the map is named ${cleanText(from)}\n`);
  if (to !== null && !isKnown.to) context.err(`nothing on the map is named ${cleanText(to)}\n`);
  for (const chain of chains) context.out(`${chainText(chain)}\n`);
  if (total === 0) context.err('no such flow was seen\n');
  if (total > chains.length) context.err(`and ${total - chains.length} more: --limit shows them\n`);
  if (reach !== null && reach.length > 0) {
    const heading = to === null ? `What ${from} reaches` : `What can have reached ${to}`;
    context.out(`\n${cleanText(heading)}\n`);
    context.out(
      tableText(['PLACE', 'TYPE', 'OWNER', 'HOPS', 'ARRIVED', 'CLASSES'], reach.map(reachRow), {
        color: context.color,
        right: ['HOPS'],
      }),
    );
  }
  for (const line of notSeen) context.err(`not seen: ${line}\n`);
}

function chainText({ entity, certainty, from, to, hops, values }: Chain): string {
  const shared = values === 0 ? '' : `, ${values === 1 ? '1 value' : `${values} values`} seen all the way`;
  const length = hops.length === 1 ? '1 hop' : `${hops.length} hops`;
  const head = `${entity}  ${from.label} -> ${to.label}  ${hops.length === 1 ? 'seen' : certainty}, ${length}${hops.length === 1 ? '' : shared}`;
  return [head, ...hops.map((hop) => `  ${hopText(hop)}`)].map(cleanText).join('\n');
}

function hopText({ from, to, join, isHeld, count, firstSeen, lastSeen, channels, edges }: ChainHop): string {
  const days =
    firstSeen.slice(0, 10) === lastSeen.slice(0, 10)
      ? firstSeen.slice(0, 10)
      : `${firstSeen.slice(0, 10)} to ${lastSeen.slice(0, 10)}`;
  const ids = edges.length <= 3 ? edges.join(' ') : `${edges.slice(0, 3).join(' ')} and ${edges.length - 3} more`;
  const joined = `${join === null ? '' : `${join}  `}${isHeld ? 'held back  ' : ''}`;
  return `${from.label} -> ${to.label}  ${joined}${count} found, ${days}, ${channels.join(' and ')}, edge ${ids}`;
}

function reachRow({ label, type, owner, hops, isHeld, entities }: Reached) {
  const classes = Object.entries(entities).map(([entity, certainty]) =>
    certainty === 'confirmed' ? entity : `${entity}?`,
  );
  return [label, type, owner ?? '-', String(hops), isHeld ? 'no' : 'yes', classes.join(' ')].map((text) => ({ text }));
}
