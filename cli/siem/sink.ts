/** What a sink is, to which events go for others to keep; and how one says that it did not work. */
import type { WeirEvent } from '../../flow/event.ts';

export interface Sink {
  /** Hands over a batch, all of it. Rejects with SinkFailure; the batch then comes again, so that some of it may come twice. */
  send(events: readonly WeirEvent[]): Promise<void>;
  /** Bounded in time; never rejects. */
  close(): Promise<void>;
}

/** Why a batch was not taken, in words without values. */
export class SinkFailure extends Error {
  /** True where the same batch would be refused again, and only what is in it can be to blame. */
  readonly isForGood: boolean;

  constructor(message: string, isForGood = false) {
    super(message);
    this.isForGood = isForGood;
  }
}

/** An event as one line of JSON. */
export type EventLine = (event: WeirEvent) => string;

export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
