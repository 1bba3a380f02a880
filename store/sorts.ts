/**
 * What events can be filtered by, once each: between which ends they went (app, destination, edges), and what sort they
 * are (kind, actions, outcome, rules, entities, review). An event refers to one of either; how many events have both is
 * counted by hour, day and so on. So any filters are looked up in two small tables, and what matches is found and counted
 * without reading the events. Written in the transaction of the event.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EventBody, ReviewState } from '../flow/event.ts';
import { type Columns, entitiesOf } from './record.ts';
import { bucketOf, HOUR, SPANS, startOf } from './spans.ts';

/** The edges that an event counts in, by their numbers. */
export interface EdgeNumbers {
  readonly out: number | null;
  readonly in: number | null;
}

export type Part = string | number | null;

export const ENDS_PARTS = ['channel', 'app', 'host', 'vendor', 'category', 'edge_out', 'edge_in'] as const;
/** `review` is the last. */
export const SORT_PARTS = [
  'kind',
  'carried',
  'observed',
  'outcome',
  'severity',
  'policies',
  'rules',
  'entities',
  'review',
] as const;

/** In counts: whichever ends, whichever sort. */
export const ANY = 0;
/** In counts, as a span: all time, in bucket 0. */
export const TOTAL = 0;

/** A list in one column: each item between newlines, so that `instr` finds it whole; null for none. */
function listColumn(items: Iterable<string>): string | null {
  const sorted = [...new Set(items)].map((item) => item.toWellFormed().replaceAll('\n', ' ')).sort();
  return sorted.length === 0 ? null : `\n${sorted.join('\n')}\n`;
}

export function endsParts(event: EventBody, { app, host }: Columns, edges: EdgeNumbers): readonly Part[] {
  const { vendor, category } = event.destination;
  return [event.channel, app, host, vendor?.toWellFormed() ?? null, category, edges.out, edges.in];
}

export function sortParts(event: EventBody, columns: Columns, review: ReviewState | null): readonly Part[] {
  const { kind, carried, observed, outcome } = columns;
  const policies = new Set<string>();
  const rules = new Set<string>();
  for (const { policy, rule } of event.decisions) {
    if (policy === null) continue;
    policies.add(policy);
    if (rule !== null) rules.add(`${policy}/${rule}`);
  }
  const lists = [listColumn(policies), listColumn(rules), listColumn(entitiesOf(event).keys())];
  return [kind, carried, observed, outcome, event.severity, ...lists, review];
}

/** Of a record that cannot be read: it is listed under nothing. */
export const UNREADABLE_ENDS: readonly Part[] = ['unknown', null, null, null, 'unknown', null, null];
export const UNREADABLE_SORT: readonly Part[] = ['unreadable', null, null, null, null, null, null, null, null];

const MAX_KNOWN = 20_000;
/** One number for two: both stay far below. */
const PAIR = 2 ** 26;

/** What a batch adds to the counts, by hour and pair of ends and sort. */
export class SortSums {
  readonly #added = new Map<number, Map<number, number>>();

  /** So many more events, or fewer. */
  add(ends: number, sort: number, timeMs: number, events: number): void {
    const hour = bucketOf(timeMs, HOUR);
    const pairs = this.#added.get(hour) ?? new Map<number, number>();
    this.#added.set(hour, pairs);
    addTo(pairs, ends, sort, events);
  }

  /** Each row of every span, and of all time, that changes. */
  *rows(): Generator<readonly [span: number, bucket: number, ends: number, sort: number, events: number]> {
    const total = new Map<number, number>();
    for (const span of SPANS) {
      const buckets = new Map<number, Map<number, number>>();
      for (const [hour, pairs] of this.#added) {
        const bucket = bucketOf(startOf(hour, HOUR), span);
        const sums = buckets.get(bucket) ?? new Map<number, number>();
        buckets.set(bucket, sums);
        sumUp(pairs, sums);
        if (span === HOUR) sumUp(pairs, total);
      }
      for (const [bucket, sums] of buckets) yield* rowsOf(span, bucket, sums);
    }
    yield* rowsOf(TOTAL, 0, total);
  }

  clear(): void {
    this.#added.clear();
  }
}

function* rowsOf(span: number, bucket: number, sums: Map<number, number>): ReturnType<SortSums['rows']> {
  for (const [pair, events] of sums) {
    if (events !== 0) yield [span, bucket, Math.floor(pair / PAIR), pair % PAIR, events];
  }
}

/** Finds, makes and counts them. What it knows holds until another connection writes, or a transaction fails: `forget`. */
export class SortWriter {
  readonly #ends: Numbered;
  readonly #sorts: Numbered;
  readonly #sums = new SortSums();
  readonly #count: StatementSync;
  readonly #empty: StatementSync;

  constructor(database: DatabaseSync) {
    this.#ends = new Numbered(database, 'ends', ENDS_PARTS);
    this.#sorts = new Numbered(database, 'sorts', SORT_PARTS);
    this.#count = database.prepare(`
      INSERT INTO event_counts (span, bucket, ends, sort, events) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (span, bucket, ends, sort) DO UPDATE SET events = events + excluded.events`);
    this.#empty = database.prepare(
      'DELETE FROM event_counts WHERE span = ? AND bucket = ? AND ends = ? AND sort = ? AND events <= 0',
    );
  }

  endsOf(parts: readonly Part[]): number {
    return this.#ends.numberOf(parts);
  }

  sortOf(parts: readonly Part[]): number {
    return this.#sorts.numberOf(parts);
  }

  /** The sort that differs from this one in its review. */
  reviewed(sort: number, review: ReviewState): number {
    return this.sortOf([...this.#sorts.partsOf(sort).slice(0, -1), review]);
  }

  /** Counts so many more events, or fewer; written by `write`. */
  add(...added: Parameters<SortSums['add']>): void {
    this.#sums.add(...added);
  }

  write(): void {
    for (const row of this.#sums.rows()) {
      this.#count.run(...row);
      const [span, bucket, ends, sort, events] = row;
      if (events < 0) this.#empty.run(span, bucket, ends, sort);
    }
    this.#sums.clear();
  }

  forget(): void {
    this.#ends.forget();
    this.#sorts.forget();
    this.#sums.clear();
  }
}

function addTo(pairs: Map<number, number>, ends: number, sort: number, events: number): void {
  const pair = ends * PAIR + sort;
  pairs.set(pair, (pairs.get(pair) ?? 0) + events);
}

/** Each pair, its ends and its sort by themselves, and all. */
function sumUp(pairs: Map<number, number>, into: Map<number, number>): void {
  for (const [pair, events] of pairs) {
    const [ends, sort] = [Math.floor(pair / PAIR), pair % PAIR];
    addTo(into, ends, sort, events);
    addTo(into, ends, ANY, events);
    addTo(into, ANY, sort, events);
    addTo(into, ANY, ANY, events);
  }
}

/** Rows of a table that are told apart by all their columns. */
class Numbered {
  readonly #known = new Map<string, number>();
  readonly #find: StatementSync;
  readonly #make: StatementSync;
  readonly #key: StatementSync;

  constructor(database: DatabaseSync, table: 'ends' | 'sorts', parts: readonly string[]) {
    this.#find = database.prepare(`SELECT no FROM ${table} WHERE key = ?`);
    this.#make = database.prepare(
      `INSERT INTO ${table} (key, ${parts.join(', ')}) VALUES (?, ${parts.map(() => '?').join(', ')})`,
    );
    this.#key = database.prepare(`SELECT key FROM ${table} WHERE no = ?`);
  }

  numberOf(parts: readonly Part[]): number {
    const key = JSON.stringify(parts);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(key);
    const no = Number(row === undefined ? this.#make.run(key, ...parts).lastInsertRowid : row['no']);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, no);
    return no;
  }

  partsOf(no: number): readonly Part[] {
    return JSON.parse(String(this.#key.get(no)?.['key']));
  }

  forget(): void {
    this.#known.clear();
  }
}
