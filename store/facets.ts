/**
 * Facets: each combination of what events can be filtered by, once, with how many events have it by hour, day and so
 * on. They answer which events match any filters and how many there are without reading the events: an event refers to
 * its facet, and a filter is a set of facets. Written in the transaction of the event.
 */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { EventBody, ReviewState } from '../flow/event.ts';
import { type Columns, entitiesOf } from './record.ts';
import { bucketOf, HOUR, SPANS, startOf } from './spans.ts';

/** The edges that an event counts in, by their numbers. */
export interface EdgeNumbers {
  readonly out: number | null;
  readonly in: number | null;
}

type Part = string | number | null;

/** The columns of a facet, in the order of its key; `review` is the last. */
const PARTS = [
  'kind',
  'channel',
  'carried',
  'observed',
  'outcome',
  'severity',
  'app',
  'host',
  'vendor',
  'category',
  'policies',
  'rules',
  'entities',
  'edge_out',
  'edge_in',
  'review',
] as const;

/** A list in one column: each item between newlines, so that `instr` finds it whole; null for none. */
export function listColumn(items: Iterable<string>): string | null {
  const sorted = [...new Set(items)].map((item) => item.toWellFormed().replaceAll('\n', ' ')).sort();
  return sorted.length === 0 ? null : `\n${sorted.join('\n')}\n`;
}

/** What is between the newlines. */
export function listOf(column: SQLOutputValue | undefined): readonly string[] {
  return typeof column === 'string' ? column.slice(1, -1).split('\n') : [];
}

/** The parts of an event's facet, `review` included. */
export function facetParts(
  event: EventBody,
  columns: Columns,
  edges: EdgeNumbers,
  review: ReviewState | null,
): readonly Part[] {
  const policies = new Set<string>();
  const rules = new Set<string>();
  for (const { policy, rule } of event.decisions) {
    if (policy === null) continue;
    policies.add(policy);
    if (rule !== null) rules.add(`${policy}/${rule}`);
  }
  const { vendor, category } = event.destination;
  return [
    columns.kind,
    event.channel,
    columns.carried,
    columns.observed,
    columns.outcome,
    event.severity,
    columns.app,
    columns.host,
    vendor?.toWellFormed() ?? null,
    category,
    listColumn(policies),
    listColumn(rules),
    listColumn(entitiesOf(event).keys()),
    edges.out,
    edges.in,
    review,
  ];
}

const MAX_KNOWN = 20_000;

/** Finds, makes and counts facets. What it knows holds until another connection writes, or a transaction fails: `forget`. */
export class FacetWriter {
  readonly #known = new Map<string, number>();
  /** By hour, what is to be added to each facet. */
  readonly #added = new Map<number, Map<number, number>>();
  readonly #find: StatementSync;
  readonly #make: StatementSync;
  readonly #key: StatementSync;
  readonly #count: StatementSync;
  readonly #total: StatementSync;

  constructor(database: DatabaseSync) {
    this.#find = database.prepare('SELECT no FROM facets WHERE key = ?');
    this.#make = database.prepare(
      `INSERT INTO facets (key, events, ${PARTS.join(', ')}) VALUES (?, 0, ${PARTS.map(() => '?').join(', ')})`,
    );
    this.#key = database.prepare('SELECT key FROM facets WHERE no = ?');
    this.#count = database.prepare(`
      INSERT INTO event_counts (span, bucket, facet, events) VALUES (?, ?, ?, ?)
      ON CONFLICT (span, bucket, facet) DO UPDATE SET events = events + excluded.events`);
    this.#total = database.prepare('UPDATE facets SET events = events + ? WHERE no = ?');
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

  /** The facet that differs from this one in its review. */
  reviewed(facet: number, review: ReviewState): number {
    const parts: Part[] = JSON.parse(String(this.#key.get(facet)?.['key']));
    return this.numberOf([...parts.slice(0, -1), review]);
  }

  /** Counts so many more events of a facet, or fewer; written by `write`. */
  add(facet: number, timeMs: number, events: number): void {
    const hour = bucketOf(timeMs, HOUR);
    const facets = this.#added.get(hour) ?? new Map<number, number>();
    this.#added.set(hour, facets);
    facets.set(facet, (facets.get(facet) ?? 0) + events);
  }

  write(): void {
    for (const span of SPANS) {
      for (const [bucket, facets] of widened(this.#added, span)) {
        for (const [facet, events] of facets) this.#count.run(span, bucket, facet, events);
      }
    }
    const totals = new Map<number, number>();
    for (const facets of this.#added.values()) {
      for (const [facet, events] of facets) totals.set(facet, (totals.get(facet) ?? 0) + events);
    }
    for (const [facet, events] of totals) this.#total.run(events, facet);
    this.#added.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#added.clear();
  }
}

function widened(
  hours: Map<number, Map<number, number>>,
  span: (typeof SPANS)[number],
): Map<number, Map<number, number>> {
  if (span === HOUR) return hours;
  const wider = new Map<number, Map<number, number>>();
  for (const [hour, facets] of hours) {
    const bucket = bucketOf(startOf(hour, HOUR), span);
    const sums = wider.get(bucket) ?? new Map<number, number>();
    wider.set(bucket, sums);
    for (const [facet, events] of facets) sums.set(facet, (sums.get(facet) ?? 0) + events);
  }
  return wider;
}
