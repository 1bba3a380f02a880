/** What the listening process and the threads that answer its questions tell one another. Plain data. */
import type { Answered, Asked } from '../../console/api/desk.ts';
import type { Situation } from '../../console/api/situation.ts';
import type { Snapshot as StreamSnapshot, Update } from '../../console/api/stream.ts';
import type { Snapshot } from '../snapshot.ts';

/** What a thread is started with. */
export interface DeskData {
  readonly home: string;
  readonly snapshot: Snapshot;
}

export type ToDesk =
  | { readonly kind: 'ask'; readonly id: number; readonly asked: Asked; readonly situation: Situation }
  /** Configuration and policies from now on. */
  | { readonly kind: 'taken'; readonly snapshot: Snapshot }
  /** There are new records, and somebody wants to know of them. */
  | { readonly kind: 'committed'; readonly situation: Situation }
  /** From now on somebody does. */
  | { readonly kind: 'heard'; readonly situation: Situation }
  | { readonly kind: 'snapshot'; readonly id: number; readonly situation: Situation };

export type FromDesk =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answered'; readonly id: number; readonly answered: Answered }
  | { readonly kind: 'snapshot'; readonly id: number; readonly snapshot: StreamSnapshot }
  | { readonly kind: 'update'; readonly update: Update }
  | { readonly kind: 'problem'; readonly message: string };
