/**
 * `weir flows find -`: every event and edge where a value was seen: the question after a breach, and of whoever asks what
 * is known of them. The value is read from stdin and goes no further than its fingerprint.
 */
import { ENTITIES } from '../../engine/scan/scanner.ts';
import { sourceLabel } from '../../map/ends.ts';
import { homePaths, readFingerprintKeys } from '../../store/home.ts';
import type { FoundValue } from '../../store/reader.ts';
import { type Command, type CommandContext, hasOption, numberOption, UsageError } from '../command.ts';
import { scannerOf } from '../configured-scanner.ts';
import { cleanText } from '../log/clean-text.ts';
import { withLog } from '../log/open-log.ts';
import { tableText } from '../log/table.ts';
import { readAll } from '../stdin-text.ts';
import { type Candidate, candidatesOf } from '../value-fingerprints.ts';

const MAX_BYTES = 64 * 1024;
const DEFAULT_LIMIT = 1000;

export const command: Command = {
  name: 'flows find',
  summary: 'every event and edge where a value was seen',
  usage: 'weir flows find - [--limit N] [--json] < VALUE',
  details: [
    'Reads one value from stdin, or a text with several, and looks up its fingerprints under the keys of this home: as the',
    'kinds that the engine sees in it, and the whole of it as every kind that was ever found. The value is neither kept',
    'nor printed. Separators and case do not matter.',
    `--limit  the N newest events (${DEFAULT_LIMIT}); all edges are listed. How far back depends on \`retention\`.`,
    '--json   one document: seenAs[{entity,fingerprint}], eventCount, events[], edges[{entity,fingerprint,count,firstSeen,',
    '         lastSeen,edge}]',
    'Exit code 1 where it was not seen.',
  ].join('\n'),
  example: ['weir flows find - < value.txt', 'pbpaste | weir flows find - --json'].join('\n'),
  options: { limit: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    if (context.positionals.length !== 1 || context.positionals[0] !== '-') {
      throw new UsageError(
        'takes one argument, -: the value comes from stdin, where no other process and no history sees it',
      );
    }
    const limit = numberOption(context, 'limit', { min: 1, max: 1_000_000, integer: true }) ?? DEFAULT_LIMIT;
    const input = await readAll(context.stdin, MAX_BYTES);
    if (input.trim() === '') throw new UsageError('no value on stdin');
    const keys = readFingerprintKeys(homePaths(context.config().home));
    const scanner = await scannerOf(context);
    const { candidates, found } = await withLog(context, async (reader) => {
      const names = new Set([
        ...ENTITIES.keys(),
        ...scanner.recognizers.map((one) => one.entity),
        ...(await reader.entities()),
      ]);
      const tried = candidatesOf(scanner, keys, input, names);
      return {
        candidates: tried,
        found: await reader.byFingerprint(
          tried.map((one) => one.fingerprint),
          limit,
        ),
      };
    });
    const seenAs = seen(candidates, found);
    if (hasOption(context, 'json')) context.out(`${JSON.stringify(dataOf(seenAs, found))}\n`);
    else print(context, candidates, seenAs, found);
    return seenAs.length === 0 ? 1 : 0;
  },
};

/** Of the candidates those that something was recorded under. */
function seen(candidates: readonly Candidate[], { events, edges }: FoundValue): readonly Candidate[] {
  const recorded = new Set(edges.map(({ sighting }) => sighting.fingerprint));
  for (const event of events)
    for (const { fingerprints } of event.findings) for (const one of fingerprints) recorded.add(one);
  return candidates.filter((one) => recorded.has(one.fingerprint));
}

function dataOf(seenAs: readonly Candidate[], { events, eventCount, edges }: FoundValue): unknown {
  return {
    seenAs: seenAs.map(({ entity, fingerprint }) => ({ entity, fingerprint })),
    eventCount,
    events: events.map(({ excerpt: _, ...event }) => event),
    edges: edges.map(({ edge, sighting: { edge: _, ...sighting } }) => ({ ...sighting, edge })),
  };
}

function print(
  context: CommandContext,
  candidates: readonly Candidate[],
  seenAs: readonly Candidate[],
  { events, eventCount, edges }: FoundValue,
): void {
  if (seenAs.length === 0) {
    const kinds = [...new Set(candidates.filter((one) => one.score !== null).map((one) => one.entity))];
    const as = kinds.length === 0 ? '' : ` (looked for as ${kinds.join(', ')}, and as every other kind)`;
    context.err(`not seen${as}\n`);
    return;
  }
  const messages = (count: number) => `${count} ${count === 1 ? 'event' : 'events'}`;
  context.out(
    `seen as ${[...new Set(seenAs.map((one) => one.entity))].join(', ')}: ${messages(eventCount)}, ${edges.length} edges\n\n`,
  );
  const { color } = context;
  const time = (text: string) => text.slice(0, 19).replace('T', ' ');
  const edgeRows = edges.map(({ edge, sighting }) => [
    { text: sighting.entity },
    { text: sourceLabel(edge.source) },
    { text: edge.direction },
    {
      text: `${edge.destination.host ?? 'unknown'}${edge.destination.port === null ? '' : `:${edge.destination.port}`}`,
    },
    { text: edge.channel },
    { text: String(sighting.count) },
    { text: time(sighting.firstSeen) },
    { text: time(sighting.lastSeen) },
  ]);
  const edgeHeads = ['ENTITY', 'SOURCE', 'DIR', 'DESTINATION', 'CHANNEL', 'TIMES', 'FIRST SEEN', 'LAST SEEN'];
  context.out(tableText(edgeHeads, edgeRows, { color, right: ['TIMES'] }));
  if (events.length === 0) return;
  const prints = new Set(seenAs.map((one) => one.fingerprint));
  const eventRows = events.map((event) => {
    const places = event.findings.filter((one) => one.fingerprints.some((print) => prints.has(print)));
    return [
      { text: time(event.time) },
      { text: event.enforced ? event.action : event.decisions.length === 0 ? '-' : `(${event.action})` },
      { text: event.source.app ?? event.source.process ?? '-' },
      { text: event.destination.host ?? '-' },
      { text: [...new Set(places.map((one) => `${one.direction} ${one.path}`))].join(', ') },
      { text: event.id },
    ];
  });
  context.out(`\n${tableText(['TIME', 'ACTION', 'APP', 'DESTINATION', 'WHERE', 'ID'], eventRows, { color })}`);
  if (events.length < eventCount)
    context.err(cleanText(`${eventCount - events.length} older events are not listed: --limit\n`));
}
