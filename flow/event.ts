/** The audit record of one exchange, as in docs/events.md. Shapes are fixed: a field is added, never renamed. */
import type { Coverage } from './coverage.ts';
import type { Action, Direction, Mode, Severity } from './decision.ts';
import type { Alternative, Category } from './finding.ts';
import type { Channel, Source } from './parties.ts';
import type { Position, Role } from './segment.ts';

export const EVENT_KINDS = ['exchange', 'bypass', 'drift', 'review', 'admin', 'checkpoint'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const OUTCOMES = [
  'completed',
  'blocked',
  'client_aborted',
  'upstream_failed',
  'worker_lost',
  'malformed',
  'refused',
  'failed',
] as const;
/** `refused`: answered by the proxy itself (421, 407, 426 …); `failed`: our own failure, `onError` applied. */
export type Outcome = (typeof OUTCOMES)[number];

export const REVIEW_STATES = ['open', 'confirmed', 'false_positive', 'accepted_risk', 'needs_action'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

export interface EventDecision {
  readonly direction: Direction;
  readonly action: Action;
  readonly mode: Mode;
  readonly policy: string | null;
  readonly policyVersion: string | null;
  readonly rule: string | null;
  readonly severity: Severity | null;
  readonly explanation: readonly string[];
}

/** Findings of one entity at one place, joined. `scores` maps a score (two decimals) to how many had it. */
export interface EventFinding {
  readonly entity: string;
  readonly alternatives: readonly Alternative[];
  readonly category: Category;
  readonly direction: Direction;
  readonly role: Role;
  readonly position: Position;
  readonly path: string;
  readonly count: number;
  readonly maxScore: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly fingerprints: readonly string[];
}

/** Null throughout where it never became known, as for malformed HTTP. */
export interface EventDestination {
  readonly host: string | null;
  readonly port: number | null;
  readonly vendor: string | null;
  readonly category: string;
  readonly country: string | null;
  /** Of a host that the catalog does not know: the organization that its certificate names, where one does. */
  readonly organization?: string;
}

export interface Review {
  readonly state: ReviewState;
  readonly by: string | null;
  readonly note: string | null;
  readonly time: string;
}

/** Records of one writer, next to each other in its chain. */
export interface CheckpointRange {
  readonly writer: string;
  /** `seq` of the first and the last. */
  readonly from: number;
  readonly to: number;
  /** Of those between them, how many it is about; of removed ones, all. */
  readonly count: number;
  /** The hash of the record before the first, and that of the last: the chain goes on from here. */
  readonly prevHash: string;
  readonly hash: string;
}

/** Which records were removed by age or size, or had their excerpts and personal fields cleared. */
export interface Checkpoint {
  readonly what: 'removed' | 'cleared';
  readonly count: number;
  /** Of removed records, all that are gone at these places by now, those of earlier checkpoints included. */
  readonly ranges: readonly CheckpointRange[];
}

/** What the proxy hands to the store. The store adds `seq`, `writer`, `prevHash`, `hash` and `review`. */
export interface EventBody {
  /** ULID. */
  readonly id: string;
  readonly kind: EventKind;
  /** RFC 3339, UTC, milliseconds: when the exchange began. */
  readonly time: string;
  readonly channel: Channel;
  /** The exchange's own id (ULID): events of one exchange share it. */
  readonly exchange: string | null;
  readonly outcome: Outcome | null;
  /** What the client got; null when it got nothing. */
  readonly status: number | null;
  readonly decisions: readonly EventDecision[];
  readonly action: Action;
  readonly mode: Mode | null;
  readonly policy: string | null;
  readonly policyVersion: string | null;
  readonly rule: string | null;
  readonly severity: Severity | null;
  readonly explanation: readonly string[];
  readonly enforced: boolean;
  readonly coverage: Coverage;
  readonly source: Source;
  readonly destination: EventDestination;
  readonly provider: string | null;
  readonly model: string | null;
  /** Method and path without query, with findings replaced: `POST /v1/chat/completions`. */
  readonly route: string | null;
  readonly findings: readonly EventFinding[];
  readonly bytes: { readonly out: number; readonly in: number };
  readonly latencyMs: number | null;
  /** Why it ended as it did, where `outcome` alone does not say: `502 certificate has expired`. No values. */
  readonly reason: string | null;
  /** For kind `review`: the id of the reviewed event. */
  readonly refersTo: string | null;
  /** Of kind `checkpoint` alone. */
  readonly checkpoint?: Checkpoint;
}

/** An event as read back. */
export interface WeirEvent extends EventBody {
  readonly seq: number;
  readonly writer: string;
  readonly prevHash: string;
  readonly hash: string;
  readonly review: Review | null;
  /** Redacted text round the findings; null where there is none or it was not asked for. */
  readonly excerpt: string | null;
}
