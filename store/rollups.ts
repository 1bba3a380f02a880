/**
 * What flowed, by hour, day and longer spans, of each edge and of all edges of a channel together. Written in the
 * transaction of what is counted; read by the map and the overview instead of the events.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { EdgeDirection } from '../flow/edge.ts';
import { CHANNELS, type Channel } from '../flow/parties.ts';
import { bucketOf, HOUR, SPANS, type Span, startOf } from './spans.ts';

/** Calls, by what was carried out on them too; those that are none of these were let through. Added up in place. */
export interface Summed {
  calls: number;
  bytesOut: number;
  bytesIn: number;
  alert: number;
  tokenize: number;
  redact: number;
  block: number;
}

export type Counts = Readonly<Summed>;

/** Numbers below zero stand for all the edges of a channel and direction. */
export function everyone(channel: Channel, direction: EdgeDirection): number {
  return -1 - CHANNELS.indexOf(channel) * 2 - (direction === 'in' ? 1 : 0);
}

export interface Cell {
  readonly counts: Summed;
  readonly entities: Map<number, number>;
}

type Cells = Map<number, Cell>;

/** What a batch adds, by hour, then by edge. */
export class RollupSums {
  readonly #added = new Map<number, Cells>();

  add(edge: number, timeMs: number, counts: Counts, entities: readonly (readonly [number, number])[]): void {
    addTo(this.#added, bucketOf(timeMs, HOUR), edge, counts, entities);
  }

  /** Each row of every span once. */
  *cells(): Generator<{ readonly span: Span; readonly bucket: number; readonly edge: number; readonly cell: Cell }> {
    let buckets = this.#added;
    let narrower: Span = HOUR;
    for (const span of SPANS) {
      buckets = widened(buckets, narrower, span);
      narrower = span;
      for (const [bucket, cells] of buckets) {
        for (const [edge, cell] of cells) yield { span, bucket, edge, cell };
      }
    }
  }

  clear(): void {
    this.#added.clear();
  }
}

/** Sums up a batch and writes each row once. */
export class RollupWriter {
  readonly #sums = new RollupSums();
  readonly #addCounts: StatementSync;
  readonly #addEntity: StatementSync;

  constructor(database: DatabaseSync) {
    this.#addCounts = database.prepare(`
      INSERT INTO edge_counts (span, bucket, edge, calls, bytes_out, bytes_in, alert, tokenize, redact, block)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (span, bucket, edge) DO UPDATE SET calls = calls + excluded.calls,
        bytes_out = bytes_out + excluded.bytes_out, bytes_in = bytes_in + excluded.bytes_in,
        alert = alert + excluded.alert, tokenize = tokenize + excluded.tokenize,
        redact = redact + excluded.redact, block = block + excluded.block`);
    this.#addEntity = database.prepare(`
      INSERT INTO entity_counts (span, bucket, edge, entity, count) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (span, bucket, edge, entity) DO UPDATE SET count = count + excluded.count`);
  }

  add(...added: Parameters<RollupSums['add']>): void {
    this.#sums.add(...added);
  }

  write(): void {
    for (const { span, bucket, edge, cell } of this.#sums.cells()) {
      const { calls, bytesOut, bytesIn, alert, tokenize, redact, block } = cell.counts;
      this.#addCounts.run(span, bucket, edge, calls, bytesOut, bytesIn, alert, tokenize, redact, block);
      for (const [entity, count] of cell.entities) this.#addEntity.run(span, bucket, edge, entity, count);
    }
    this.#sums.clear();
  }

  forget(): void {
    this.#sums.clear();
  }
}

function addTo(
  buckets: Map<number, Cells>,
  bucket: number,
  edge: number,
  counts: Counts,
  entities: Iterable<readonly [number, number]>,
): void {
  let cells = buckets.get(bucket);
  if (cells === undefined) {
    cells = new Map();
    buckets.set(bucket, cells);
  }
  let cell = cells.get(edge);
  if (cell === undefined) {
    cell = {
      counts: { calls: 0, bytesOut: 0, bytesIn: 0, alert: 0, tokenize: 0, redact: 0, block: 0 },
      entities: new Map(),
    };
    cells.set(edge, cell);
  }
  addCounts(cell.counts, counts);
  for (const [entity, count] of entities) cell.entities.set(entity, (cell.entities.get(entity) ?? 0) + count);
}

/** Field by field: it is done for every event. */
export function addCounts(to: Summed, counts: Counts): void {
  to.calls += counts.calls;
  to.bytesOut += counts.bytesOut;
  to.bytesIn += counts.bytesIn;
  to.alert += counts.alert;
  to.tokenize += counts.tokenize;
  to.redact += counts.redact;
  to.block += counts.block;
}

/** Each span is some of the one before. */
function widened(buckets: Map<number, Cells>, from: Span, to: Span): Map<number, Cells> {
  if (to === from) return buckets;
  const wider = new Map<number, Cells>();
  for (const [bucket, cells] of buckets) {
    const around = bucketOf(startOf(bucket, from), to);
    for (const [edge, { counts, entities }] of cells) addTo(wider, around, edge, counts, entities);
  }
  return wider;
}
