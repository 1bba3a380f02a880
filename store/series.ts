/** What flowed over time: calls, what was done about them, bytes and entities, by hour, day or longer, from the roll-ups. */
import type { EdgeDirection } from '../flow/edge.ts';
import { CHANNELS, type Channel } from '../flow/parties.ts';
import { type EdgeFilter, edgeConditions } from './edges.ts';
import { allOf } from './event-filter.ts';
import { type Condition, type Dialect, type Question, rowsOf } from './question.ts';
import { everyone } from './rollups.ts';
import { bucketOf, type Span, startOf } from './spans.ts';

export interface SeriesQuery extends Omit<EdgeFilter, 'since' | 'limit' | 'entities'> {
  readonly since: Date;
  /** Exclusive; now, unless said. */
  readonly until: Date;
  readonly span: Span;
}

/** One bucket of time; where nothing flowed, zeros. */
export interface Point {
  /** When it begins, RFC 3339. */
  readonly time: string;
  readonly calls: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly alert: number;
  readonly tokenize: number;
  readonly redact: number;
  readonly block: number;
  /** Occurrences. */
  readonly entities: Readonly<Record<string, number>>;
}

/** Of the direction `out` and of every channel, unless the filter says otherwise: a call that two channels saw counts twice. */
export function* readSeries(dialect: Dialect, query: SeriesQuery): Question<readonly Point[]> {
  const { span, since, until } = query;
  const edges = edgesOf(dialect, query);
  const [first, last] = [bucketOf(since.getTime(), span), bucketOf(until.getTime() - 1, span)];
  const points = new Map<number, { -readonly [K in keyof Point]: Point[K] } & { entities: Record<string, number> }>();
  for (let bucket = first; bucket <= last; bucket++) {
    const none = { calls: 0, bytesOut: 0, bytesIn: 0, alert: 0, tokenize: 0, redact: 0, block: 0 };
    points.set(bucket, { time: new Date(startOf(bucket, span)).toISOString(), ...none, entities: Object.create(null) });
  }
  const bounds = [span, first, last, ...edges.parameters];
  for (const [bucket, calls, out, back, alert, tokenize, redact, block] of yield* rowsOf(
    `SELECT bucket, sum(calls), sum(bytes_out), sum(bytes_in), sum(alert), sum(tokenize), sum(redact), sum(block)
     FROM edge_counts WHERE span = ? AND bucket BETWEEN ? AND ? AND ${edges.sql} GROUP BY bucket`,
    bounds,
  )) {
    const point = points.get(Number(bucket));
    if (point === undefined) continue;
    Object.assign(point, { calls, bytesOut: out, bytesIn: back, alert, tokenize, redact, block });
  }
  for (const [bucket, entity, count] of yield* rowsOf(
    `SELECT c.bucket, n.entity, sum(c.count) FROM entity_counts AS c JOIN entities AS n ON n.no = c.entity
     WHERE c.span = ? AND c.bucket BETWEEN ? AND ? AND ${edges.sql} GROUP BY c.bucket, n.entity`,
    bounds,
  )) {
    const point = points.get(Number(bucket));
    if (point !== undefined) point.entities[String(entity)] = Number(count);
  }
  return [...points.values()];
}

/** The rows of all edges together where that is what is asked for; else those of the edges that match. */
function edgesOf(dialect: Dialect, { span: _, since: __, until: ___, ...filter }: SeriesQuery): Condition {
  const { channels, directions, ...rest } = filter;
  const asked: readonly EdgeDirection[] = directions?.length ? directions : ['out'];
  const narrowing = allOf(
    edgeConditions(dialect, { ...rest, ...(channels === undefined ? {} : { channels }), directions: asked }),
  );
  if (edgeConditions(dialect, rest).length > 0) {
    return { sql: `edge IN (SELECT no FROM edges WHERE ${narrowing.sql})`, parameters: narrowing.parameters };
  }
  const seen: readonly Channel[] = channels?.length ? channels : CHANNELS;
  const numbers = seen.flatMap((channel) => asked.map((direction) => everyone(channel, direction)));
  return { sql: `edge IN (${numbers.map(() => '?').join(', ')})`, parameters: numbers };
}
