/**
 * What a node hands to a store that many share: records that it has already put into its own chain, with what they add to
 * edges. Who carries them (a bus, or the node itself) may hand over the same ones again, in any order and from several
 * processes at once; each counts once. Types only.
 */
import type { EdgeObservation } from '../flow/edge.ts';
import type { Link, StoredRecord } from './record.ts';

/** One chained record as it travels. */
export interface Arrival extends Link, StoredRecord {
  readonly id: string;
  /** What its exchange adds to edges. Observed with it, counted with it. */
  readonly edges: readonly EdgeObservation[];
}

/** What edges gain without an event, of one node at one time. The id is the node's, a ULID; the same id counts once. */
export interface ObservedArrival {
  readonly id: string;
  readonly writer: string;
  readonly observations: readonly EdgeObservation[];
}

/** Where a node's chain ends, sealed by it: a tail that never arrives is noticed by this. */
export interface HeadArrival {
  readonly writer: string;
  readonly seq: number;
  readonly hash: string;
  /** `headMac` of the three, under the node's chain key. */
  readonly mac: string;
}

export interface ArrivedBatch {
  readonly records: readonly Arrival[];
  readonly observed: readonly ObservedArrival[];
  readonly heads: readonly HeadArrival[];
}

/** What is wrong with a chain as it arrived. A gap that is young may still fill. */
export type ChainFault =
  /** Two different records of one writer claim the same place. The first stays; the second is kept out. */
  | { readonly kind: 'fork'; readonly writer: string; readonly seq: number; readonly ids: readonly string[] }
  /** A record's `prevHash` is not the hash of the one before it. */
  | { readonly kind: 'broken'; readonly writer: string; readonly seq: number; readonly ids: readonly string[] }
  /** A record's hash, or a digest in it, does not fit under the writer's key. It is kept out. */
  | { readonly kind: 'forged'; readonly writer: string; readonly seq: number; readonly ids: readonly string[] };

/** Records `from` to `to` of a writer have not come, though later ones have. */
export interface ChainGap {
  readonly writer: string;
  readonly from: number;
  readonly to: number;
  /** RFC 3339: when a later one was first seen. */
  readonly since: string;
}

/** What became of a batch. It was committed as a whole, or the call threw and nothing of it was. */
export interface ArrivalReport {
  readonly added: number;
  readonly duplicates: number;
  readonly faults: readonly ChainFault[];
}

/** The side of a shared store that takes records in. */
export interface ArrivalStore {
  /**
   * Commits a batch, or nothing of it. Throws WeirError `store_away` where the database cannot be reached or is not ready (try
   * again), `store_refused` with `details.ids` where records themselves cannot be stored (never again).
   */
  arrive(batch: ArrivedBatch): Promise<ArrivalReport>;
  /** What has been missing for longer than so many milliseconds, and is not stood for by a checkpoint. */
  gaps(olderThanMs: number): Promise<readonly ChainGap[]>;
  close(): Promise<void>;
}
