/**
 * Pages of events where each day has a table of its own: which days a page lies on is known from the counts by day, so that no
 * other table is opened or planned for. The same places in the same order as by `findPlaces`.
 */
import { anyOf } from './edges.ts';
import { allOf, type EventFilter, ownConditions, timeConditions } from './event-filter.ts';
import { ALL_TIME, counted, countIn, inBoth, isNone, type Matching, matchingOf } from './matching.ts';
import type { Place, Search } from './pages.ts';
import { type Condition, type Dialect, type Question, rowsOf } from './question.ts';
import { bucketOf, DAY, startOf } from './spans.ts';

/** Days that are asked for at once. */
const DAYS = 128;
/** Events of a set that are sorted rather than passed by in the order of time. */
const MAX_SORTED = 20_000;
/** Places of a value that are looked through at once. */
const PIECE = 1000;
/** By so much more is looked for each time that a page was not filled. */
const GROWTH = 4;

/** The places of up to `limit` events from a place on, in the order of the way. */
export function* findPlacesByDay(
  dialect: Dialect,
  filter: EventFilter,
  { from, way, limit }: Search,
): Question<readonly Place[]> {
  const matching = yield* matchingOf(dialect, filter);
  if (isNone(matching)) return [];
  const isOlder = way === 'older';
  const own = ownConditions(dialect, filter);
  const sets = matching.ends === null && matching.sorts === null ? [] : inBoth(dialect, matching);
  if (filter.fingerprints?.length) return yield* placesOfValues(filter, [...own, ...sets], { from, way, limit });
  const found: Place[] = [];
  let days = firstDays(filter, from, isOlder);
  for (let wanted = limit / (yield* shareOf(dialect, matching)); ; wanted *= GROWTH) {
    const next = yield* nextDays(dialect, fewer(matching), days, isOlder, wanted);
    if (next === null) return found;
    const [first, last] = isOlder ? [next.last, next.first] : [next.first, next.last];
    const within = {
      sql: 'time_ms >= ? AND time_ms < ?',
      parameters: [startOf(first, DAY), startOf(last + 1, DAY)],
    };
    const conditions = [within, ...beyond(from, isOlder), ...timeConditions(filter), ...own, ...sets];
    // Of two sets that few events of the first match too, those few are read and sorted: in the order of time many are passed.
    const isSorted = matching.ends !== null && matching.sorts !== null && next.events <= MAX_SORTED;
    found.push(...(yield* placesOf('events', conditions, isOlder, limit - found.length, isSorted)));
    if (found.length >= limit || next.isEnd) return found;
    days = isOlder ? { ...days, to: next.last - 1 } : { ...days, from: next.last + 1 };
  }
}

interface DaysFound {
  readonly first: number;
  readonly last: number;
  /** On all of them, of what was counted. */
  readonly events: number;
  readonly isEnd: boolean;
}

interface Days {
  readonly from: number;
  readonly to: number;
}

const FAR = Number.MAX_SAFE_INTEGER;

/** The days that the filter's time and the page's way leave, both ends included. */
function firstDays({ since, until }: EventFilter, from: Place | null, isOlder: boolean): Days {
  const [first, last] = isOlder ? [-FAR, from?.timeMs ?? FAR] : [from?.timeMs ?? -FAR, FAR];
  return {
    from: bucketOf(Math.max(first, since?.getTime() ?? -FAR), DAY),
    to: bucketOf(Math.min(last, (until?.getTime() ?? FAR + 1) - 1), DAY),
  };
}

/** The next days in the way's order that hold so many events; the first of them may be passed in part already. Null for none. */
function* nextDays(
  dialect: Dialect,
  matching: Matching,
  { from, to }: Days,
  isOlder: boolean,
  wanted: number,
): Question<DaysFound | null> {
  if (from > to) return null;
  const { sql, parameters } = counted(dialect, matching);
  const rows = yield* rowsOf(
    `SELECT bucket, sum(events) FROM event_counts WHERE span = ${DAY} AND bucket BETWEEN ? AND ? AND ${sql} AND events > 0
     GROUP BY bucket ORDER BY bucket ${isOlder ? 'DESC' : 'ASC'} LIMIT ${DAYS}`,
    [from, to, ...parameters],
  );
  const days = rows.map(([bucket, events]) => ({ day: Number(bucket), events: Number(events) }));
  const [first] = days;
  if (first === undefined) return null;
  let count = 0;
  for (const [i, { day, events }] of days.entries()) {
    count += i === 0 ? 0 : events;
    if (count >= wanted) return { first: first.day, last: day, events: count + first.events, isEnd: false };
  }
  const last = days.at(-1)?.day ?? first.day;
  return { first: first.day, last, events: count + first.events, isEnd: days.length < DAYS };
}

/** What fewer events have says best where to look. */
function fewer({ ends, sorts }: Matching): Matching {
  if (ends === null || sorts === null) return { ends, sorts };
  return ends.events <= sorts.events ? { ends, sorts: null } : { ends: null, sorts };
}

/** Of the events that one set matches, about how many the other matches too. */
function* shareOf(dialect: Dialect, { ends, sorts }: Matching): Question<number> {
  if (ends === null || sorts === null) return 1;
  const all = yield* countIn(dialect, { ends: null, sorts: null }, ALL_TIME);
  return Math.max(ends.events, sorts.events, 1) / Math.max(all, 1);
}

/** Few events have one value, and their own table says where they are; what else is asked of them is asked by their places. */
function* placesOfValues(
  filter: EventFilter,
  more: readonly Condition[],
  { from, way, limit }: Search,
): Question<readonly Place[]> {
  const isOlder = way === 'older';
  const values = [anyOf('fingerprint', filter.fingerprints), ...timeConditions(filter)].filter((one) => one !== null);
  const prints = '(SELECT time_ms, event AS position, fingerprint FROM event_fingerprints) AS f';
  const found: Place[] = [];
  const [size, { sql, parameters }] = [more.length === 0 ? limit : PIECE, allOf(more)];
  for (let at = from; ; ) {
    const some = yield* placesOf(prints, [...beyond(at, isOlder), ...values], isOlder, size);
    if (more.length === 0 || some.length === 0) return [...found, ...some];
    const [times, positions] = [some.map(({ timeMs }) => timeMs), some.map(({ position }) => position)].map(
      (numbers) => `{${numbers.join(',')}}`,
    );
    const rows = yield* rowsOf(
      `SELECT position FROM unnest(?::bigint[], ?::bigint[]) AS u (at_ms, at)
       JOIN events ON time_ms = at_ms AND position = at WHERE time_ms = ANY(?::bigint[]) AND ${sql}`,
      [times ?? '', positions ?? '', times ?? '', ...parameters],
    );
    const matching = new Set(rows.map(([position]) => Number(position)));
    found.push(...some.filter(({ position }) => matching.has(position)));
    if (found.length >= limit || some.length < size) return found.slice(0, limit);
    at = some.at(-1) ?? null;
  }
}

function* placesOf(
  from: string,
  conditions: readonly Condition[],
  isOlder: boolean,
  limit: number,
  isSorted = false,
): Question<readonly Place[]> {
  const { sql, parameters } = allOf(conditions);
  // What no index has the order of is sorted.
  const [time, position] = isSorted ? ['time_ms + 0', 'position + 0'] : ['time_ms', 'position'];
  const order = isOlder ? 'DESC' : 'ASC';
  const rows = yield* rowsOf(
    `SELECT ${from === 'events' ? '' : 'DISTINCT '}time_ms, position FROM ${from} WHERE ${sql} ORDER BY ${time} ${order}, ${position} ${order} LIMIT ?`,
    [...parameters, limit],
  );
  return rows.map(([time, position]) => ({ timeMs: Number(time), position: Number(position) }));
}

function beyond(place: Place | null, isOlder: boolean): readonly Condition[] {
  if (place === null) return [];
  const { timeMs, position } = place;
  return [{ sql: `(time_ms, position) ${isOlder ? '<' : '>'} (?, ?)`, parameters: [timeMs, position] }];
}
