/** Work on a stream that may have to ask for tokens, or wait, on its way, though it opens nothing itself. */
import type { WantedTokens } from '../conversation.ts';

/** What is to be done before the work goes on. */
export interface Wanted extends WantedTokens {
  /** To be waited for instead; there is nothing to issue then. Never rejects. */
  readonly until?: Promise<void>;
}

/**
 * What it yields is to be issued, and taught to the gate, before it goes on; where nothing is tokenized it runs through.
 */
export type Asking<T> = Generator<Wanted, T, void>;

/** Waits for what goes on elsewhere. */
export function* waiting(until: Promise<void>): Asking<void> {
  yield { literals: [], values: [], until };
}

/** Carries out work that asks for nothing. */
export function withoutAsking<T>(work: Asking<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** What is known without asking, for those who may have to. */
export function* asksNothing<T>(value: T): Asking<T> {
  yield* [];
  return value;
}
