/** Which ends and sorts a filter matches, as SQL on events and on rows of counts. */
import { boundsOf, unionOf } from './edges.ts';
import { allOf, type EventFilter, endsConditions, sortConditions } from './event-filter.ts';
import { type Condition, type Dialect, type Question, rowsOf, sumOf } from './question.ts';
import { ANY, TOTAL } from './sorts.ts';
import type { Segment } from './spans.ts';

/** Ends or sorts that a filter matches, and how many events have them. */
export interface MatchingSet {
  readonly numbers: readonly number[];
  readonly events: number;
}

/** Null: all match. */
export interface Matching {
  readonly ends: MatchingSet | null;
  readonly sorts: MatchingSet | null;
}

export function* matchingOf(dialect: Dialect, filter: EventFilter): Question<Matching> {
  return {
    ends: yield* matchingSet('ends', endsConditions(dialect, filter)),
    sorts: yield* matchingSet('sorts', sortConditions(dialect, filter)),
  };
}

function* matchingSet(table: 'ends' | 'sorts', conditions: readonly Condition[]): Question<MatchingSet | null> {
  if (conditions.length === 0) return null;
  const { sql, parameters } = allOf(conditions);
  const [of, other] = table === 'ends' ? ['ends', 'sort'] : ['sort', 'ends'];
  const rows = yield* rowsOf(
    `SELECT t.no, c.events FROM ${table} AS t JOIN event_counts AS c
       ON c.span = ${TOTAL} AND c.bucket = 0 AND c.${of} = t.no AND c.${other} = ${ANY}
       WHERE c.events > 0 AND ${sql}`,
    parameters,
  );
  const events = rows.reduce((sum, [, count]) => sum + Number(count), 0);
  return { numbers: rows.map(([no]) => Number(no)), events };
}

/** Nothing can match. */
export function isNone({ ends, sorts }: Matching): boolean {
  return ends?.numbers.length === 0 || sorts?.numbers.length === 0;
}

export function inSet(dialect: Dialect, column: 'ends' | 'sort', { numbers }: MatchingSet): Condition {
  return dialect.among(column, numbers);
}

/** Of an event. What has no sort yet matches nothing here. */
export function inBoth(dialect: Dialect, { ends, sorts }: Matching): readonly Condition[] {
  return [
    ends === null ? null : inSet(dialect, 'ends', ends),
    sorts === null ? { sql: 'sort IS NOT NULL', parameters: [] } : inSet(dialect, 'sort', sorts),
  ].filter((condition) => condition !== null);
}

/**
 * Of a row of counts. What all match is read from the rows that sum it up; of `each`, ends or sorts, from the single ones.
 */
export function counted(dialect: Dialect, { ends, sorts }: Matching, each: 'ends' | 'sort' | null = null): Condition {
  const whichever = (column: 'ends' | 'sort'): Condition => ({
    sql: `${column} ${column === each ? '<>' : '='} ${ANY}`,
    parameters: [],
  });
  return allOf([
    ends === null ? whichever('ends') : inSet(dialect, 'ends', ends),
    sorts === null ? whichever('sort') : inSet(dialect, 'sort', sorts),
  ]);
}

/** Buckets of one span, or of all time. */
export type CountSegment = Omit<Segment, 'span'> & { readonly span: number };

export const ALL_TIME: readonly CountSegment[] = [{ span: TOTAL, from: 0, to: 1 }];

/** How many events match in some buckets. */
export function* countIn(dialect: Dialect, matching: Matching, segments: readonly CountSegment[]): Question<number> {
  const { sql, parameters } = counted(dialect, matching);
  const rows = unionOf(segments, 'event_counts', 'events', sql);
  return yield* sumOf(`SELECT sum(events) FROM (${rows}) AS u`, boundsOf(segments, parameters));
}

/** Whether there are events of an older version that have no ends and sort yet. */
export function* hasUnfilled(dialect: Dialect): Question<boolean> {
  if (!dialect.hasUnfilled) return false;
  return (yield* rowsOf('SELECT 1 FROM events WHERE sort IS NULL LIMIT 1')).length > 0;
}
