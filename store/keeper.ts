/**
 * What the spool is drained into: the ledger of a home that keeps its records, or the outbox of one that hands them on.
 * Types only.
 */
import type { EdgeObservation } from '../flow/edge.ts';
import type { Committed, Draft } from './record.ts';

export type { Committed } from './record.ts';

/** One event with what it adds to edges. */
export interface Entry extends Draft {
  readonly edges: readonly EdgeObservation[];
}

/** How far a spool file is committed: what it holds up to there is never added again. */
export interface Mark {
  readonly file: string;
  readonly bytes: number;
}

/** An event whose opening lies in a spool file that will be read again: its id is known as long as the file is. */
export interface Answered {
  readonly id: string;
  readonly file: string;
}

export interface Beside {
  /** What edges gain without an event. */
  readonly observations?: readonly EdgeObservation[];
  readonly mark?: Mark | null;
  readonly answered?: readonly Answered[];
}

export interface Keeper {
  /** Up to where a spool file is committed, as `append` was told. */
  committed(file: string): number;
  /** A spool file that is gone: nothing of it will come again. */
  forgetMark(file: string): void;
  /**
   * Chains and commits all entries with what comes beside them, or nothing. An entry whose id is known is passed over.
   * Returns the records added, in order. Throws TypeError for an entry that is no event, SQLite's errors else.
   */
  append(entries: readonly Entry[], beside?: Beside): readonly Committed[];
}
