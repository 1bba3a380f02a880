/** How many events a filter matches, and how many of them have each app, rule, entity …: from counts, not from events. */
import { anyOf, boundsOf, unionOf } from './edges.ts';
import {
  allOf,
  type EventFilter,
  ownConditions,
  rawConditions,
  timeConditions,
  valueConditions,
} from './event-filter.ts';
import { ALL_TIME, counted, countIn, hasUnfilled, inBoth, isNone, type Matching, matchingOf } from './matching.ts';
import { type Dialect, type Question, rowsOf, sumOf } from './question.ts';
import { HOUR_MS, segmentsOf } from './spans.ts';

/**
 * How many events match, exactly: whole hours from the counts, the parts of hours at the ends of the range from the
 * index, and events by value or credential themselves.
 */
export function* countEvents(dialect: Dialect, filter: EventFilter): Question<number> {
  const matching = yield* matchingOf(dialect, filter);
  const [times, own, values] = [
    timeConditions(filter),
    ownConditions(dialect, filter),
    valueConditions(dialect, filter),
  ];
  let count = 0;
  if (yield* hasUnfilled(dialect)) {
    const { sql, parameters } = allOf([...times, ...own, ...rawConditions(filter)]);
    count += yield* sumOf(`SELECT count(*) FROM events WHERE sort IS NULL AND ${sql}`, parameters);
  }
  if (isNone(matching)) return count;
  if (dialect.isByDay && values.length > 0 && own.length === 0 && matching.ends === null && matching.sorts === null) {
    const { sql, parameters } = allOf(
      [anyOf('fingerprint', filter.fingerprints), ...times].filter((one) => one !== null),
    );
    const seen = `SELECT DISTINCT time_ms, event FROM event_fingerprints WHERE ${sql}`;
    return count + (yield* sumOf(`SELECT count(*) FROM (${seen}) AS f`, parameters));
  }
  if (own.length > 0 || values.length > 0) {
    const { sql, parameters } = allOf([...values, ...times, ...own, ...inBoth(dialect, matching)]);
    const events = `events ${values.length > 0 ? dialect.through(null) : ''}`;
    return count + (yield* sumOf(`SELECT count(*) FROM ${events} WHERE ${sql}`, parameters));
  }
  return (
    count + (yield* countRange(dialect, matching, filter.since?.getTime() ?? null, filter.until?.getTime() ?? null))
  );
}

function* countRange(
  dialect: Dialect,
  matching: Matching,
  since: number | null,
  until: number | null,
): Question<number> {
  if (since === null && until === null) return yield* countIn(dialect, matching, ALL_TIME);
  const first = since === null ? null : Math.ceil(since / HOUR_MS) * HOUR_MS;
  const last = until === null ? null : Math.floor(until / HOUR_MS) * HOUR_MS;
  if (first !== null && last !== null && first >= last)
    return yield* countPart(dialect, matching, since ?? first, until ?? last);
  const before = first === null ? 0 : yield* countPart(dialect, matching, since ?? first, first);
  const after = last === null ? 0 : yield* countPart(dialect, matching, last, until ?? last);
  return before + (yield* countIn(dialect, matching, segmentsOf(first, last))) + after;
}

/** A piece of time shorter than an hour, or two. */
function* countPart(dialect: Dialect, matching: Matching, from: number, to: number): Question<number> {
  if (from >= to) return 0;
  const { sql, parameters } = allOf(inBoth(dialect, matching));
  const where = `time_ms >= ? AND time_ms < ? AND ${sql}`;
  return yield* sumOf(`SELECT count(*) FROM events ${dialect.through('events_time')} WHERE ${where}`, [
    from,
    to,
    ...parameters,
  ]);
}

/** What events can be counted by. */
export const COUNTED_BY = [
  'kind',
  'channel',
  'action',
  'observed',
  'outcome',
  'severity',
  'app',
  'destination',
  'vendor',
  'category',
  'policy',
  'rule',
  'entity',
  'review',
] as const;
export type CountedBy = (typeof COUNTED_BY)[number];

const COLUMN_OF: Readonly<Record<CountedBy, readonly ['ends' | 'sorts', string]>> = {
  kind: ['sorts', 'kind'],
  channel: ['ends', 'channel'],
  action: ['sorts', 'carried'],
  observed: ['sorts', 'observed'],
  outcome: ['sorts', 'outcome'],
  severity: ['sorts', 'severity'],
  app: ['ends', 'app'],
  destination: ['ends', 'host'],
  vendor: ['ends', 'vendor'],
  category: ['ends', 'category'],
  policy: ['sorts', 'policies'],
  rule: ['sorts', 'rules'],
  entity: ['sorts', 'entities'],
  review: ['sorts', `coalesce(review, 'none')`],
};

export interface ValueCount {
  readonly value: string;
  readonly events: number;
}

/**
 * How many events of a filter have each app, destination and so on, the most first; an event counts under each of its
 * policies, rules and entities. The range is in whole hours, those that `since` and `until` lie in included.
 */
export function* countBy(
  dialect: Dialect,
  filter: EventFilter,
  by: CountedBy,
  limit: number,
): Question<readonly ValueCount[]> {
  const [table, column] = COLUMN_OF[by];
  const of = table === 'ends' ? 'ends' : 'sort';
  const { sql, parameters } = counted(dialect, yield* matchingOf(dialect, filter), of);
  const isAll = !filter.since && !filter.until;
  const segments = isAll ? ALL_TIME : segmentsOf(filter.since?.getTime() ?? null, filter.until?.getTime() ?? null);
  const union = unionOf(segments, 'event_counts', 'ends, sort, events', sql);
  const rows = yield* rowsOf(
    `SELECT ${column} AS value, sum(c.events)
     FROM (SELECT ${of} AS no, sum(events) AS events FROM (${union}) AS u GROUP BY 1) AS c JOIN ${table} AS t ON t.no = c.no
     GROUP BY 1`,
    boundsOf(segments, parameters),
  );
  const counts = new Map<string, number>();
  for (const [value, events] of rows) {
    if (value === null || Number(events) === 0) continue;
    const text = String(value);
    const values = text.startsWith('\n') ? text.slice(1, -1).split('\n') : [text];
    for (const one of values) counts.set(one, (counts.get(one) ?? 0) + Number(events));
  }
  const all = [...counts].map(([value, events]) => ({ value, events }));
  return all.sort((a, b) => b.events - a.events || (a.value < b.value ? -1 : 1)).slice(0, limit);
}
