/**
 * Pages of events, at any depth and by any filters. Which ends and sorts match is asked first; how many events they have
 * tells by which way fewest are looked at, and where they lie is known from the counts by hour and day, so that no page
 * reads past many events that do not match.
 */
import {
  allOf,
  type EventFilter,
  ownConditions,
  rawConditions,
  timeConditions,
  valueConditions,
} from './event-filter.ts';
import {
  ALL_TIME,
  counted,
  countIn,
  hasUnfilled,
  inBoth,
  inSet,
  isNone,
  type Matching,
  type MatchingSet,
  matchingOf,
} from './matching.ts';
import { findPlacesByDay } from './pages-by-day.ts';
import { type Condition, type Dialect, type Question, rowsOf } from './question.ts';
import { bucketOf, SPANS, startOf } from './spans.ts';

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

/** Ends or sorts that are fewer are looked up one by one. */
const MAX_SINGLE = 256;
/** Events that are looked at before the counts are asked where to go on. */
const STRIDE = 4096;

export interface Search {
  /** Exclusive; null: from the end that the way comes from. */
  readonly from: Place | null;
  readonly way: Way;
  readonly limit: number;
  readonly maxSingle?: number;
  readonly stride?: number;
}

/** The places of up to `limit` events from a place on, in the order of the way. */
export function* findPlaces(dialect: Dialect, filter: EventFilter, search: Search): Question<readonly Place[]> {
  if (dialect.isByDay) return yield* findPlacesByDay(dialect, filter, search);
  const { from, way } = search;
  const start = from ?? (way === 'older' ? { timeMs: END, position: END } : { timeMs: -END, position: -END });
  return yield* new Finder(dialect, filter, search).from(start);
}

const END = Number.MAX_SAFE_INTEGER;

class Finder {
  readonly #dialect: Dialect;
  readonly #filter: EventFilter;
  readonly #isOlder: boolean;
  readonly #limit: number;
  readonly #maxSingle: number;
  readonly #stride: number;
  /** Time and what is asked of each event itself. */
  readonly #each: Condition;

  constructor(dialect: Dialect, filter: EventFilter, search: Search) {
    this.#dialect = dialect;
    this.#filter = filter;
    this.#isOlder = search.way === 'older';
    this.#limit = search.limit;
    this.#maxSingle = search.maxSingle ?? MAX_SINGLE;
    this.#stride = search.stride ?? STRIDE;
    this.#each = allOf([...timeConditions(filter), ...ownConditions(dialect, filter)]);
  }

  *from(start: Place): Question<readonly Place[]> {
    const matching = yield* matchingOf(this.#dialect, this.#filter);
    const values = valueConditions(this.#dialect, this.#filter);
    if (matching.ends === null && matching.sorts === null && values.length === 0) {
      return yield* this.#query('events_time', 'TRUE', [], start);
    }
    return this.#merged([yield* this.#unfilled(start), yield* this.#filled(matching, values, start)]);
  }

  /** Events of an older version that have no ends and sort yet. */
  *#unfilled(start: Place): Question<readonly Place[]> {
    if (!(yield* hasUnfilled(this.#dialect))) return [];
    const { sql, parameters } = allOf(rawConditions(this.#filter));
    return yield* this.#query('events_sort', `sort IS NULL AND ${sql}`, parameters, start);
  }

  *#filled(matching: Matching, values: readonly Condition[], start: Place): Question<readonly Place[]> {
    const { ends, sorts } = matching;
    if (isNone(matching)) return [];
    if (values.length > 0) {
      // Few events have one value: they are read by their positions, and put in order after that.
      const { sql, parameters } = allOf([...values, ...inBoth(this.#dialect, matching)]);
      return yield* this.#query(null, sql, parameters, start);
    }
    const all = yield* countIn(this.#dialect, { ends: null, sorts: null }, ALL_TIME);
    const share = ((ends?.events ?? all) / all) * ((sorts?.events ?? all) / all);
    // So many that a stride or two will do.
    if (share * this.#stride >= 2 * this.#limit) return yield* this.#byStrides(matching, start);
    const few = [ends, sorts].map((set) => (set !== null && set.numbers.length <= this.#maxSingle ? set : null));
    const [byEnds = null, bySort = null] = few;
    if (byEnds !== null && (bySort === null || byEnds.events <= bySort.events)) {
      return yield* this.#oneByOne('ends', byEnds, sorts, start);
    }
    return yield* bySort === null ? this.#byStrides(matching, start) : this.#oneByOne('sort', bySort, ends, start);
  }

  *#oneByOne(
    by: 'ends' | 'sort',
    set: MatchingSet,
    other: MatchingSet | null,
    start: Place,
  ): Question<readonly Place[]> {
    const also = other === null ? [] : [inSet(this.#dialect, by === 'ends' ? 'sort' : 'ends', other)];
    let found: Place[] = [];
    for (const no of set.numbers) {
      // What lies behind the last of a full page is not looked at.
      const last = found.length < this.#limit ? null : (found.at(-1) ?? null);
      const near = { sql: `time_ms ${this.#isOlder ? '>=' : '<='} ?`, parameters: [last?.timeMs ?? 0] };
      const one = { sql: `${by} = ?`, parameters: [no] };
      const { sql, parameters } = allOf([one, ...(last === null ? [] : [near]), ...also]);
      const more = yield* this.#query(`events_${by}`, sql, parameters, start);
      if (more.length > 0) found = this.#merged([found, more]);
    }
    return found;
  }

  *#byStrides(matching: Matching, start: Place): Question<readonly Place[]> {
    const both = allOf(inBoth(this.#dialect, matching));
    const found: Place[] = [];
    const { since, until } = this.#filter;
    let at = start;
    for (;;) {
      const end = yield* this.#strideEnd(at);
      const upTo = end === null ? 'TRUE' : `(time_ms, position) ${this.#isOlder ? '>=' : '<='} (?, ?)`;
      const bound = end === null ? [] : [end.timeMs, end.position];
      const left = this.#limit - found.length;
      found.push(
        ...(yield* this.#query('events_time', `${upTo} AND ${both.sql}`, [...bound, ...both.parameters], at, left)),
      );
      if (end === null || found.length >= this.#limit) return found;
      if (since && this.#isOlder && end.timeMs < since.getTime()) return found;
      if (until && !this.#isOlder && end.timeMs >= until.getTime()) return found;
      const next = yield* this.#nextMatch(matching, end.timeMs);
      if (next === null) return found;
      // Within the stride's own hour the list goes on; else it jumps to where there is something again.
      const isFarther = this.#isOlder ? next < end.timeMs : next > end.timeMs;
      at = isFarther ? { timeMs: next, position: this.#isOlder ? END : -END } : end;
    }
  }

  /** The event so many further on; null where the list ends before. */
  *#strideEnd(at: Place): Question<Place | null> {
    const [row] = yield* rowsOf(
      `SELECT time_ms, position FROM events WHERE ${this.#beyond()} ${this.#order()} LIMIT 1 OFFSET ${this.#stride - 1}`,
      [at.timeMs, at.position],
    );
    return row === undefined ? null : { timeMs: Number(row[0]), position: Number(row[1]) };
  }

  /**
   * The moment from which on there is a matching event again, in the hour of `timeMs` or after it in the way's
   * direction; null where there is none. The widest span first: each narrows what the next has to look at.
   */
  *#nextMatch(matching: Matching, timeMs: number): Question<number | null> {
    const { sql, parameters } = counted(this.#dialect, matching);
    let at = timeMs;
    for (const span of SPANS.toReversed()) {
      const [row] = yield* rowsOf(
        `SELECT bucket FROM event_counts WHERE span = ? AND bucket ${this.#isOlder ? '<=' : '>='} ?
         AND ${sql} AND events > 0 ORDER BY bucket ${this.#isOlder ? 'DESC' : 'ASC'} LIMIT 1`,
        [span, bucketOf(at, span), ...parameters],
      );
      if (row === undefined) return null;
      const bucket = Number(row[0]);
      // The near end of the bucket as seen from here is where its events may begin.
      const edge = this.#isOlder ? startOf(bucket + 1, span) - 1 : startOf(bucket, span);
      at = this.#isOlder ? Math.min(at, edge) : Math.max(at, edge);
    }
    return at;
  }

  /** Through the index named; null: by position, which the condition gives. */
  *#query(
    index: string | null,
    condition: string,
    parameters: readonly (string | number)[],
    from: Place,
    limit = this.#limit,
  ): Question<readonly Place[]> {
    const rows = yield* rowsOf(
      `SELECT time_ms, position FROM events ${this.#dialect.through(index)}
       WHERE ${condition} AND ${this.#beyond()} AND ${this.#each.sql} ${this.#order()} LIMIT ?`,
      [...parameters, from.timeMs, from.position, ...this.#each.parameters, limit],
    );
    return rows.map(([time, position]) => ({ timeMs: Number(time), position: Number(position) }));
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
