/**
 * Pages of events, at any depth and by any filters, and how many there are: which facets match is asked first, and where
 * their events lie is known from the counts by hour and day, so that no page reads past many events that do not match.
 */
import type { DatabaseSync } from 'node:sqlite';
import { boundsOf, type Condition, rowsOf, unionOf } from './edges.ts';
import {
  allOf,
  type EventFilter,
  facetConditions,
  ownConditions,
  rawConditions,
  timeConditions,
  valueConditions,
} from './event-filter.ts';
import { bucketOf, DAY, HOUR, HOUR_MS, SPANS, type Span, segmentsOf, startOf } from './spans.ts';

/** Where an event stands in the list: by time, then in the order of recording. */
export interface Place {
  readonly timeMs: number;
  readonly position: number;
}

/** Which way a page goes from a place. */
export type Way = 'older' | 'newer';

/** A place as text, for a link or a client to hand back. */
export function cursorOf({ timeMs, position }: Place): string {
  return `${timeMs.toString(36)}-${position.toString(36)}`;
}

/** The place that a cursor names; null for a text that is none. */
export function placeOf(cursor: string): Place | null {
  const [, time, at] = /^(-?[0-9a-z]{1,11})-([0-9a-z]{1,11})$/.exec(cursor) ?? [];
  if (time === undefined || at === undefined) return null;
  const place = { timeMs: Number.parseInt(time, 36), position: Number.parseInt(at, 36) };
  return Number.isSafeInteger(place.timeMs) && Number.isSafeInteger(place.position) ? place : null;
}

/** Facets that are fewer are looked up one by one; the events of more lie close together. */
export const MAX_SINGLE = 256;
/** Events that are looked at before the counts are asked where to go on. */
export const STRIDE = 4096;

export interface Search {
  /** Exclusive; null: from the end that the way comes from. */
  readonly from: Place | null;
  readonly way: Way;
  readonly limit: number;
  readonly maxSingle?: number;
  readonly stride?: number;
}

/** The places of up to `limit` events from a place on, in the order of the way. */
export function findPlaces(database: DatabaseSync, filter: EventFilter, search: Search): readonly Place[] {
  const { from, way } = search;
  const start = from ?? (way === 'older' ? { timeMs: END, position: END } : { timeMs: -END, position: -END });
  return new Finder(database, filter, search).from(start);
}

const END = Number.MAX_SAFE_INTEGER;

class Finder {
  readonly #database: DatabaseSync;
  readonly #filter: EventFilter;
  readonly #isOlder: boolean;
  readonly #limit: number;
  readonly #maxSingle: number;
  readonly #stride: number;
  /** Time and what is asked of each event itself. */
  readonly #each: Condition;

  constructor(database: DatabaseSync, filter: EventFilter, search: Search) {
    this.#database = database;
    this.#filter = filter;
    this.#isOlder = search.way === 'older';
    this.#limit = search.limit;
    this.#maxSingle = search.maxSingle ?? MAX_SINGLE;
    this.#stride = search.stride ?? STRIDE;
    this.#each = allOf([...timeConditions(filter), ...ownConditions(filter)]);
  }

  from(start: Place): readonly Place[] {
    const conditions = facetConditions(this.#filter);
    const values = allOf(valueConditions(this.#filter));
    if (conditions.length === 0 && values.sql === '1') return this.#query('1', [], start);
    return this.#merged([this.#unfilled(start), this.#filled(conditions, values, start)]);
  }

  #filled(conditions: readonly Condition[], values: Condition, start: Place): readonly Place[] {
    const facets = conditions.length === 0 ? null : matchingFacets(this.#database, conditions);
    if (facets?.length === 0) return [];
    if (values.sql !== '1') {
      const which = facets === null ? { sql: 'facet IS NOT NULL', parameters: [] } : inFacets(facets);
      const { sql, parameters } = allOf([values, which]);
      return this.#query(sql, parameters, start);
    }
    if (facets === null) return this.#query('facet IS NOT NULL', [], start);
    return facets.length <= this.#maxSingle ? this.#oneByOne(facets, start) : this.#byStrides(facets, start);
  }

  /** Events of an older version that have no facet yet. */
  #unfilled(start: Place): readonly Place[] {
    if (!hasUnfilled(this.#database)) return [];
    const raw = allOf(rawConditions(this.#filter));
    return this.#query(`facet IS NULL AND ${raw.sql}`, raw.parameters, start);
  }

  #oneByOne(facets: readonly number[], start: Place): readonly Place[] {
    let found: Place[] = [];
    for (const facet of facets) {
      const last = found.length < this.#limit ? null : (found.at(-1) ?? null);
      const bound = last === null ? '' : ` AND time_ms ${this.#isOlder ? '>=' : '<='} ?`;
      const more = this.#query(`facet = ?${bound}`, last === null ? [facet] : [facet, last.timeMs], start);
      if (more.length > 0) found = this.#merged([found, more]);
    }
    return found;
  }

  #byStrides(facets: readonly number[], start: Place): readonly Place[] {
    const list = JSON.stringify(facets);
    const found: Place[] = [];
    const { since, until } = this.#filter;
    let at = start;
    for (;;) {
      const end = this.#strideEnd(at);
      const upTo = end === null ? '' : ` AND (time_ms, position) ${this.#isOlder ? '>=' : '<='} (?, ?)`;
      const bound = end === null ? [] : [end.timeMs, end.position];
      found.push(...this.#query(`${IN_LIST}${upTo}`, [list, ...bound], at, this.#limit - found.length));
      if (end === null || found.length >= this.#limit) return found;
      const next = this.#nextBucket(list, end.timeMs);
      if (next === null) return found;
      if (since && this.#isOlder && end.timeMs < since.getTime()) return found;
      if (until && !this.#isOlder && end.timeMs >= until.getTime()) return found;
      // Within the stride's own hour the list goes on; else it jumps to where there is something again.
      const isFarther = this.#isOlder ? next < end.timeMs : next > end.timeMs;
      at = isFarther ? { timeMs: next, position: this.#isOlder ? END : -END } : end;
    }
  }

  /** The event so many further on; null where the list ends before. */
  #strideEnd(at: Place): Place | null {
    const [row] = rowsOf(
      this.#database,
      `SELECT time_ms, position FROM events WHERE ${this.#beyond()} ${this.#order()} LIMIT 1 OFFSET ${this.#stride - 1}`,
      [at.timeMs, at.position],
    );
    return row === undefined ? null : { timeMs: Number(row[0]), position: Number(row[1]) };
  }

  /**
   * The moment from which on there is a matching event again, in the hour of `timeMs` or after it in the way's
   * direction; null where there is none. The widest span first: each narrows what the next has to look at.
   */
  #nextBucket(list: string, timeMs: number): number | null {
    let at = timeMs;
    for (const span of SPANS.toReversed()) {
      const [row] = rowsOf(
        this.#database,
        `SELECT bucket FROM event_counts WHERE span = ? AND bucket ${this.#isOlder ? '<=' : '>='} ?
         AND ${IN_LIST} AND events > 0 ORDER BY bucket ${this.#isOlder ? 'DESC' : 'ASC'} LIMIT 1`,
        [span, bucketOf(at, span), list],
      );
      if (row === undefined) return null;
      const bucket = Number(row[0]);
      // The far end of the bucket as seen from here is where its events may begin.
      const edge = this.#isOlder ? startOf(bucket + 1, span) - 1 : startOf(bucket, span);
      at = this.#isOlder ? Math.min(at, edge) : Math.max(at, edge);
    }
    return at;
  }

  #query(
    condition: string,
    parameters: readonly (string | number)[],
    from: Place,
    limit = this.#limit,
  ): readonly Place[] {
    const rows = rowsOf(
      this.#database,
      `SELECT time_ms, position FROM events ${this.#from()} WHERE ${this.#beyond()} AND ${this.#each.sql} AND ${condition} ${this.#order()} LIMIT ?`,
      [from.timeMs, from.position, ...this.#each.parameters, ...parameters, limit],
    );
    return rows.map(([timeMs, position]) => ({ timeMs: Number(timeMs), position: Number(position) }));
  }

  /** Few events have one value: they are read by their positions, and put in order after that. */
  #from(): string {
    return this.#filter.fingerprints?.length ? 'NOT INDEXED' : '';
  }

  #beyond(): string {
    return `(time_ms, position) ${this.#isOlder ? '<' : '>'} (?, ?)`;
  }

  #order(): string {
    const order = this.#isOlder ? 'DESC' : 'ASC';
    return `ORDER BY time_ms ${order}, position ${order}`;
  }

  #merged(lists: readonly (readonly Place[])[]): Place[] {
    const sign = this.#isOlder ? -1 : 1;
    const all = lists.flat();
    return all.sort((a, b) => sign * (a.timeMs - b.timeMs || a.position - b.position)).slice(0, this.#limit);
  }
}

const IN_LIST = 'facet IN (SELECT value FROM json_each(?))';

function inFacets(facets: readonly number[]): Condition {
  return { sql: IN_LIST, parameters: [JSON.stringify(facets)] };
}

/** The numbers of the facets that match, and still have events. */
export function matchingFacets(database: DatabaseSync, conditions: readonly Condition[]): readonly number[] {
  const { sql, parameters } = allOf(conditions);
  return rowsOf(database, `SELECT no FROM facets WHERE events > 0 AND ${sql}`, parameters).map(([no]) => Number(no));
}

export function hasUnfilled(database: DatabaseSync): boolean {
  return database.prepare('SELECT 1 FROM events WHERE facet IS NULL LIMIT 1').get() !== undefined;
}

/**
 * How many events match, exactly: whole hours from the counts, the parts of hours at the ends of the range from the
 * index, and events by value or credential themselves.
 */
export function countEvents(database: DatabaseSync, filter: EventFilter): number {
  const conditions = facetConditions(filter);
  const facets = conditions.length === 0 ? null : matchingFacets(database, conditions);
  const which = facets === null ? { sql: 'facet IS NOT NULL', parameters: [] } : inFacets(facets);
  const sum = (sql: string, parameters: readonly (string | number)[]) =>
    Number(rowsOf(database, sql, parameters)[0]?.[0] ?? 0);
  const raw = allOf(rawConditions(filter));
  const own = ownConditions(filter);
  const values = valueConditions(filter);
  const inTime = allOf([...timeConditions(filter), ...own]);
  let count = 0;
  if (hasUnfilled(database)) {
    const sql = `SELECT count(*) FROM events WHERE facet IS NULL AND ${inTime.sql} AND ${raw.sql}`;
    count += sum(sql, [...inTime.parameters, ...raw.parameters]);
  }
  if (own.length > 0 || values.length > 0) {
    const all = allOf([inTime, ...values, which]);
    return (
      count +
      sum(`SELECT count(*) FROM events ${values.length > 0 ? 'NOT INDEXED' : ''} WHERE ${all.sql}`, all.parameters)
    );
  }
  const [sinceMs, untilMs] = [filter.since?.getTime() ?? null, filter.until?.getTime() ?? null];
  const part = (from: number, to: number): void => {
    if (from >= to) return;
    const sql = `SELECT count(*) FROM events WHERE time_ms >= ? AND time_ms < ? AND ${which.sql}`;
    count += sum(sql, [from, to, ...which.parameters]);
  };
  const first = sinceMs === null ? null : Math.ceil(sinceMs / HOUR_MS) * HOUR_MS;
  const last = untilMs === null ? null : Math.floor(untilMs / HOUR_MS) * HOUR_MS;
  if (sinceMs !== null && untilMs !== null && first !== null && last !== null && first >= last) {
    part(sinceMs, untilMs);
    return count;
  }
  if (sinceMs !== null && first !== null) part(sinceMs, first);
  if (untilMs !== null && last !== null) part(last, untilMs);
  if (first === null && last === null) {
    const sql =
      facets === null
        ? 'SELECT sum(events) FROM facets'
        : `SELECT sum(events) FROM facets WHERE no IN (SELECT value FROM json_each(?))`;
    return count + sum(sql, which.parameters);
  }
  const segments = segmentsOf(first, last);
  const rows = unionOf(segments, 'event_counts', 'facet, events');
  return (
    count + sum(`SELECT sum(events) FROM (${rows}) WHERE ${which.sql}`, [...boundsOf(segments), ...which.parameters])
  );
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

const COLUMN_OF: Readonly<Record<CountedBy, string>> = {
  kind: 'kind',
  channel: 'channel',
  action: 'carried',
  observed: 'observed',
  outcome: 'outcome',
  severity: 'severity',
  app: 'app',
  destination: 'host',
  vendor: 'vendor',
  category: 'category',
  policy: 'policies',
  rule: 'rules',
  entity: 'entities',
  review: `coalesce(review, 'none')`,
};

/**
 * How many events of a filter have each app, destination and so on, the most first; an event counts under each of its
 * policies, rules and entities. The range is in whole hours, those that `since` and `until` lie in included.
 */
export function countBy(
  database: DatabaseSync,
  filter: EventFilter,
  by: CountedBy,
  limit: number,
): readonly { readonly value: string; readonly events: number }[] {
  const { sql, parameters } = allOf(facetConditions(filter));
  const segments = segmentsOf(filter.since?.getTime() ?? null, filter.until?.getTime() ?? null);
  const isWhole = !filter.since && !filter.until;
  const counted = isWhole
    ? 'SELECT no AS facet, events FROM facets'
    : `SELECT facet, sum(events) AS events FROM (${unionOf(segments, 'event_counts', 'facet, events')}) GROUP BY facet`;
  const rows = rowsOf(
    database,
    `SELECT ${COLUMN_OF[by]} AS value, sum(c.events) FROM (${counted}) AS c JOIN facets ON facets.no = c.facet
     WHERE ${sql} GROUP BY 1`,
    [...(isWhole ? [] : boundsOf(segments)), ...parameters],
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

/** The narrowest span that makes no more than so many points of a range. */
export function spanFor(sinceMs: number, untilMs: number, points: number): Span {
  return untilMs - sinceMs <= points * HOUR_MS ? HOUR : DAY;
}
