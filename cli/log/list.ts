/** `weir log list`: events, oldest first, one a line. It shows no excerpt. */
import type { WeirEvent } from '../../flow/event.ts';
import { MEDIUM } from '../../flow/finding.ts';
import { type Command, hasOption } from '../command.ts';
import { eventFilter, FILTER_DETAILS, FILTER_OPTIONS, FILTER_USAGE } from './filters.ts';
import { withLog } from './open-log.ts';
import { type Cell, tableText } from './table.ts';

export const command: Command = {
  name: 'log list',
  summary: 'events that match, oldest first',
  usage: ['weir log list [--json]', ...FILTER_USAGE].join('\n              '),
  details: [
    'Prints all events that match, one a line, times in UTC. An action in brackets was decided and not',
    'carried out.',
    '--json prints one object a line, the whole event without its excerpt.',
    FILTER_DETAILS,
  ].join('\n'),
  example: ['weir log list --action block --since 24h', 'weir log list --entity CREDIT_CARD --json | jq .route'].join(
    '\n',
  ),
  options: { ...FILTER_OPTIONS, json: { type: 'boolean' } },
  async run(context) {
    const filter = eventFilter(context, new Date());
    return withLog(context, async (reader) => {
      const events = reader.events(filter);
      if (hasOption(context, 'json')) {
        for await (const { excerpt: _, ...event } of events) context.out(`${JSON.stringify(event)}\n`);
        return 0;
      }
      // In pieces, so that a long log neither waits for its end nor is held in memory.
      let hasRows = false;
      for await (const piece of pieces(events, 500)) {
        hasRows = true;
        context.out(tableText(HEADS, piece.map(rowOf), { color: context.color }));
      }
      if (!hasRows) context.err('no event matches\n');
      return 0;
    });
  },
};

const HEADS = ['TIME', 'ACTION', 'APP', 'DESTINATION', 'FOUND', 'OUTCOME', 'STATUS', 'REVIEW', 'ID'];

async function* pieces<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let piece: T[] = [];
  for await (const item of items) {
    piece.push(item);
    if (piece.length < size) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

function rowOf(event: WeirEvent): readonly Cell[] {
  return [
    { text: event.time.slice(0, 19).replace('T', ' ') },
    actionCell(event),
    { text: appText(event) },
    { text: event.destination.host ?? '-' },
    { text: foundText(event) },
    { text: event.outcome ?? event.kind },
    { text: event.status === null ? '-' : String(event.status) },
    { text: event.review?.state ?? '-' },
    { text: event.id },
  ];
}

const COLORS: Readonly<Record<string, number>> = { block: 31, redact: 33, tokenize: 33, alert: 35 };

function actionCell(event: WeirEvent): Cell {
  if (event.kind === 'review') return { text: 'review' };
  const text = event.enforced ? event.action : event.decisions.length === 0 ? '-' : `(${event.action})`;
  const color = COLORS[event.action];
  return event.enforced && color !== undefined ? { text, color } : { text };
}

/** A label that came without its token is somebody's claim. */
function appText({ source }: WeirEvent): string {
  if (source.app === null) return source.process ?? '-';
  return source.verified ? source.app : `${source.app}?`;
}

/** `CREDIT_CARD 2, PERSON 1`: findings of medium score or higher. */
function foundText(event: WeirEvent): string {
  const counts = new Map<string, number>();
  for (const { entity, count, maxScore } of event.findings) {
    if (maxScore >= MEDIUM) counts.set(entity, (counts.get(entity) ?? 0) + count);
  }
  return [...counts].map(([entity, count]) => `${entity} ${count}`).join(', ') || '-';
}
