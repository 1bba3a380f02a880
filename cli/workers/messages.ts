/**
 * What a worker process and the one above it say to each other, by Node's channel between parent and child (advanced
 * serialization: maps and bytes pass). Both are the same version of Weir, and nobody else can speak on it.
 */
import type { LimitUse } from '../../engine/decide/limit.ts';
import type { WantedTokens } from '../../engine/transform/conversation.ts';
import type { ErrorCode } from '../../flow/errors.ts';
import type { Figures } from '../../flow/figures.ts';
import type { UsageRows } from '../../proxy/usage-ledger.ts';
import type { SpoolFile } from '../../store/spool.ts';
import type { Snapshot } from '../snapshot.ts';

/** A question about a conversation; the answer has tokens where it asks for some. */
export type ConversationQuestion =
  | { readonly kind: 'issue'; readonly key: string; readonly wanted: WantedTokens; readonly isWhole: boolean }
  | { readonly kind: 'tokens'; readonly key: string }
  | { readonly kind: 'name'; readonly key: string; readonly known: string };

/** A client has not trusted the certificate, at that time; or does after all, null. Passed on to the other workers. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly key: string;
  readonly at: number | null;
}

export interface Ports {
  readonly port: number;
  /** Of the listener for redirected connections; null without one. */
  readonly transparent: number | null;
}

export type ToWorker =
  /** The first: build everything, and say `prepared`. `keys`: under which tokens are found. */
  | {
      readonly kind: 'start';
      readonly home: string;
      /** Stands in the names of its spool files. */
      readonly owner: string;
      readonly version: number;
      readonly snapshot: Snapshot;
      readonly keys: readonly string[];
      /** Tokens may be found under other keys too: the process above is asked of each. */
      readonly areShared: boolean;
      /** What sources have used of limits so far. */
      readonly usage: UsageRows;
    }
  /** Listen on these ports, 0 for any, and say `listening`. */
  | { readonly kind: 'listen'; readonly ports: Ports }
  /** Build what this asks for, beside what is running, and say `ready` or `refused`. */
  | { readonly kind: 'prepare'; readonly version: number; readonly snapshot: Snapshot }
  /** From now on judge by what was prepared under this version, and say `ready` once more. */
  | { readonly kind: 'take'; readonly version: number }
  | { readonly kind: 'answer'; readonly id: number; readonly tokens: ReadonlyMap<string, string> }
  /** Keys under which tokens are found from now on, or no longer. */
  | { readonly kind: 'keys'; readonly added: readonly string[]; readonly removed: readonly string[] }
  /** What another worker has let through, for limits. */
  | { readonly kind: 'used'; readonly uses: readonly LimitUse[] }
  | Rejected
  /** Somebody removed this spool file. */
  | { readonly kind: 'removed'; readonly name: string }
  | { readonly kind: 'figures'; readonly id: number }
  /** Finish what is open, within `drainMs`, say `stopped` and end. */
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'prepared' }
  | { readonly kind: 'listening'; readonly ports: Ports }
  /** It cannot start. */
  | { readonly kind: 'failed'; readonly error: Failure }
  | { readonly kind: 'ready'; readonly version: number }
  | { readonly kind: 'refused'; readonly version: number; readonly error: Failure }
  | { readonly kind: 'ask'; readonly id: number; readonly question: ConversationQuestion }
  | { readonly kind: 'used'; readonly uses: readonly LimitUse[] }
  | Rejected
  | { readonly kind: 'grown'; readonly file: SpoolFile }
  | { readonly kind: 'figures'; readonly id: number; readonly figures: Figures }
  | { readonly kind: 'log'; readonly line: string }
  /** Nothing more comes: all is recorded, and it ends. */
  | { readonly kind: 'stopped' };

/** An error as it crosses processes. `code` is null for one that is not a WeirError: its message may hold what it failed on. */
export interface Failure {
  readonly code: ErrorCode | null;
  readonly message: string;
}
