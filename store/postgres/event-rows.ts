/**
 * Adds new records: the event in the table of its day, the row that says where it is, its fingerprints, and what it counts
 * under. A review moves the event that it is about, whichever of the two came first. Under the write lock.
 */
import type { ReviewState } from '../../flow/event.ts';
import { type EdgeNumbers as EdgesOfEvent, endsParts, type Part, SORT_PARTS, SortSums, sortParts } from '../sorts.ts';
import { HOUR_MS } from '../spans.ts';
import type { Placed } from './chain-places.ts';
import type { Asker } from './connect.ts';
import { arrayText, columnsText, jsonTexts, unnest } from './literals.ts';
import { PartNumbers } from './numbers.ts';

type Row = readonly (string | number | null)[];

const DAY_MS = 24 * HOUR_MS;
/** Days that get a table of their own: as long as events are kept at most, and a little ahead of the clock. */
const DAYS_BACK = 800;
const DAYS_AHEAD = 2;
const MAX_KNOWN_DAYS = 4000;

/** A record with the edges that it counts in. */
export interface EventOfEdges {
  readonly placed: Placed;
  readonly edges: EdgesOfEvent;
}

/** What one connection to a store knows of its events. It holds until a transaction fails: `forget`. */
export class EventRows {
  readonly #ends = new PartNumbers('ends');
  readonly #sorts = new PartNumbers('sorts');
  readonly #days = new Set<number>();

  /** Adds them, in the order of their positions from `first` on. */
  async add(asker: Asker, events: readonly EventOfEdges[], first: number, nowMs: number): Promise<void> {
    if (events.length === 0) return;
    await this.#openDays(asker, events, nowMs);
    const reviews = reviewsAmong(events);
    const earlier = await this.#earlierReviews(asker, events, reviews);
    const stateOf = (id: string): ReviewState | null => reviews.get(id) ?? earlier.get(id) ?? null;
    const ends = await this.#ends.numbersOf(
      asker,
      events.map(({ placed, edges }) => endsParts(placed.event, placed.columns, edges)),
    );
    const sorts = await this.#sorts.numbersOf(
      asker,
      events.map(({ placed }) => sortParts(placed.event, placed.columns, stateOf(placed.arrival.id))),
    );
    const sums = new SortSums();
    for (const [i, { placed }] of events.entries()) {
      sums.add(ends[i] ?? 0, sorts[i] ?? 0, placed.columns.timeMs, 1);
    }
    const own = new Set(events.map(({ placed }) => placed.arrival.id));
    const moved = new Map([...reviews].filter(([id]) => !own.has(id)));
    await this.#move(asker, moved, sums);
    const rows = events.map((event, i) => eventRow(event, first + i, ends[i] ?? 0, sorts[i] ?? 0));
    await Promise.all([
      insert(asker, 'events', EVENT_COLUMNS, rows),
      insert(asker, 'records', RECORD_COLUMNS, recordRows(events, first)),
      insert(asker, 'event_fingerprints', PRINT_COLUMNS, printRows(events, first)),
      addCounts(asker, sums),
    ]);
  }

  forget(): void {
    this.#ends.forget();
    this.#sorts.forget();
    this.#days.clear();
  }

  async #openDays(asker: Asker, events: readonly EventOfEdges[], nowMs: number): Promise<void> {
    const today = Math.floor(nowMs / DAY_MS);
    const days = new Set(events.map(({ placed }) => Math.floor(placed.columns.timeMs / DAY_MS)));
    // The next day is opened with this one, so that the first event after midnight does not wait for readers.
    days.add(today + 1);
    const fresh = [...days].filter(
      (day) => !this.#days.has(day) && day >= today - DAYS_BACK && day <= today + DAYS_AHEAD,
    );
    if (fresh.length === 0) return;
    await asker.unsafe('SELECT open_day(day) FROM unnest($1::int[]) AS day', [arrayText(fresh.sort((a, b) => a - b))]);
    if (this.#days.size >= MAX_KNOWN_DAYS) this.#days.clear();
    for (const day of fresh) this.#days.add(day);
  }

  /** The latest of reviews that came before the event that they are about. */
  async #earlierReviews(
    asker: Asker,
    events: readonly EventOfEdges[],
    own: ReadonlyMap<string, ReviewState>,
  ): Promise<ReadonlyMap<string, ReviewState>> {
    const ids = events.map(({ placed }) => placed.arrival.id).filter((id) => !own.has(id));
    const rows = await asker.unsafe(
      `SELECT DISTINCT ON (refers_to) refers_to, review FROM records
       WHERE refers_to = ANY($1::text[]) AND review IS NOT NULL ORDER BY refers_to, position DESC`,
      [arrayText(ids)],
      { prepare: true },
    );
    return new Map(rows.map((row) => [String(row['refers_to']), row['review'] as ReviewState]));
  }

  /** Events that were there before are counted under their new state. */
  async #move(asker: Asker, reviews: ReadonlyMap<string, ReviewState>, sums: SortSums): Promise<void> {
    if (reviews.size === 0) return;
    const rows = await asker.unsafe(
      `SELECT e.id, e.time_ms, e.position, e.ends, e.sort, s.* FROM records AS r
       JOIN events AS e ON e.time_ms = r.time_ms AND e.position = r.position JOIN sorts AS s ON s.no = e.sort
       WHERE r.id = ANY($1::text[])`,
      [arrayText(reviews.keys())],
    );
    const parts = rows.map((row): readonly Part[] => [
      ...SORT_PARTS.slice(0, -1).map((column) => row[column] as Part),
      reviews.get(String(row['id'])) ?? null,
    ]);
    const numbers = await this.#sorts.numbersOf(asker, parts);
    const changes: Row[] = [];
    for (const [i, row] of rows.entries()) {
      const [from, to] = [Number(row['sort']), numbers[i] ?? 0];
      if (from === to) continue;
      const [ends, timeMs] = [Number(row['ends']), Number(row['time_ms'])];
      sums.add(ends, from, timeMs, -1);
      sums.add(ends, to, timeMs, 1);
      changes.push([timeMs, Number(row['position']), to]);
    }
    if (changes.length === 0) return;
    await asker.unsafe(
      `UPDATE events SET sort = u.sort FROM ${unnest(['bigint', 'bigint', 'int'])} AS u (time_ms, position, sort)
       WHERE events.time_ms = u.time_ms AND events.position = u.position`,
      columnsText(changes, 3),
    );
  }
}

/** The last of each event's reviews in this batch. */
function reviewsAmong(events: readonly EventOfEdges[]): ReadonlyMap<string, ReviewState> {
  const reviews = new Map<string, ReviewState>();
  for (const { placed } of events) {
    const { kind, refersTo, reason } = placed.event;
    if (kind === 'review' && refersTo !== null) reviews.set(refersTo, reason as ReviewState);
  }
  return reviews;
}

const EVENT_COLUMNS = {
  time_ms: 'bigint',
  position: 'bigint',
  id: 'text',
  writer: 'int',
  seq: 'bigint',
  kind: 'text',
  carried: 'text',
  observed: 'text',
  outcome: 'text',
  app: 'text',
  host: 'text',
  port: 'int',
  policy: 'text',
  refers_to: 'text',
  credential: 'text',
  core: 'json',
  personal: 'json',
  excerpt: 'bytea',
  hash: 'text',
  ends: 'int',
  sort: 'int',
} as const;

function eventRow({ placed }: EventOfEdges, position: number, ends: number, sort: number): Row {
  const { arrival, columns, event, writerNo } = placed;
  const { id, kind, timeMs, carried, observed, outcome, app, host, port, policy, refersTo } = columns;
  const { core, personal, excerpt, hash, seq } = arrival;
  // As bytes: an excerpt may hold what a text column cannot.
  const bytes = excerpt === null ? null : `\\x${Buffer.from(excerpt).toString('hex')}`;
  return [
    ...[timeMs, position, id, writerNo, seq, kind, carried, observed, outcome, app, host, port, policy, refersTo],
    ...[event.source.credential, core, personal, bytes, hash, ends, sort],
  ];
}

const RECORD_COLUMNS = {
  writer: 'int',
  seq: 'bigint',
  id: 'text',
  position: 'bigint',
  time_ms: 'bigint',
  hash: 'text',
  prev_hash: 'text',
  refers_to: 'text',
  review: 'text',
} as const;

function recordRows(events: readonly EventOfEdges[], first: number): readonly Row[] {
  return events.map(({ placed }, i): Row => {
    const { id, seq, hash, prevHash } = placed.arrival;
    const { kind, timeMs, refersTo } = placed.columns;
    const state = kind === 'review' ? placed.event.reason : null;
    return [placed.writerNo, seq, id, first + i, timeMs, hash, prevHash, refersTo, state];
  });
}

const PRINT_COLUMNS = { fingerprint: 'text', time_ms: 'bigint', event: 'bigint' } as const;

function printRows(events: readonly EventOfEdges[], first: number): readonly Row[] {
  return events.flatMap(({ placed }, i) => {
    const prints = new Set(placed.event.findings.flatMap(({ fingerprints }) => fingerprints));
    return [...prints].map((print): Row => [print, placed.columns.timeMs, first + i]);
  });
}

async function insert(
  asker: Asker,
  table: string,
  columns: Readonly<Record<string, string>>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const types = Object.values(columns);
  await asker.unsafe(
    `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT * FROM ${unnest(types)}`,
    types.map((type, i) => {
      const column = rows.map((row) => row[i] ?? null);
      return type === 'json' ? jsonTexts(column.map((one) => (one === null ? null : String(one)))) : arrayText(column);
    }),
    { prepare: true },
  );
}

/** A count that falls to nothing stays as 0: who may only add cannot remove it, and no question counts it. */
export async function addCounts(asker: Asker, sums: SortSums): Promise<void> {
  const rows = [...sums.rows()];
  if (rows.length === 0) return;
  const types = ['int', 'bigint', 'int', 'int', 'bigint'];
  await asker.unsafe(
    `INSERT INTO event_counts AS t (span, bucket, ends, sort, events) SELECT * FROM ${unnest(types)}
     ON CONFLICT (span, bucket, ends, sort) DO UPDATE SET events = t.events + excluded.events`,
    columnsText(rows, types.length),
    { prepare: true },
  );
}
