/**
 * Takes what waits in an outbox to where it is kept for good: oldest first, in batches, and deletes only what was
 * acknowledged. Where the other end is away it waits and tries again for ever; what was on its way is sent once more, and
 * counts once over there.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { HeadArrival } from '../store/arrival.ts';
import type { OutboxQueue, OutboxState, Waiting } from '../store/outbox-queue.ts';

/** What became of a batch: all that is in neither is sent again. */
export interface Sent {
  readonly acknowledged: readonly Waiting[];
  /** What can never go this way, and stays: it is named once. */
  readonly held: readonly { readonly waiting: Waiting; readonly reason: string }[];
}

export interface CarrierTarget {
  /** Throws where it is away; its message is for people, and holds no secret. */
  send(batch: readonly Waiting[]): Promise<Sent>;
  /** Says where the chain ends now. Throws as above. */
  attest(head: HeadArrival): Promise<void>;
  /** Why nothing can be sent now; null where nobody knows of anything. */
  readonly problem: string | null;
  close(): Promise<void>;
}

export interface CarrierState extends OutboxState {
  readonly sent: number;
  readonly held: number;
  /** Why nothing is taken; null while it is. */
  readonly problem: string | null;
}

const MOST = 500;
/** How often an empty outbox is looked at. */
const LOOK_MS = 50;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 10_000;
const ATTEST_MS = 10_000;

export class Carrier {
  readonly #queue: OutboxQueue;
  readonly #target: CarrierTarget;
  readonly #onProblem: (message: string) => void;
  readonly #stopping = new AbortController();
  readonly #held = new Set<number>();
  readonly #ended: Promise<void>;
  #sent = 0;
  #problem: string | null = null;
  #attested: HeadArrival | null = null;
  #attestedAt = Number.NEGATIVE_INFINITY;
  #closeBy = Number.POSITIVE_INFINITY;

  /** `onProblem` hears that nothing is taken, once, and that it is again. */
  constructor(queue: OutboxQueue, target: CarrierTarget, onProblem: (message: string) => void) {
    this.#queue = queue;
    this.#target = target;
    this.#onProblem = onProblem;
    this.#ended = this.#run();
  }

  state(): CarrierState {
    return { ...this.#queue.state(), sent: this.#sent, held: this.#held.size, problem: this.#problem };
  }

  /** Sends what waits while it is taken, but no longer than so; the rest stays for the next start. */
  async close(limitMs: number): Promise<void> {
    this.#closeBy = performance.now() + limitMs;
    this.#stopping.abort();
    await this.#ended;
    await this.#target.close();
    this.#queue.close();
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (performance.now() < this.#closeBy) {
      const isMore = await this.#step();
      if (isMore === 'failed') {
        if (this.#stopping.signal.aborted) return;
        await this.#rest(retryMs * (0.5 + Math.random()));
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
        continue;
      }
      retryMs = FIRST_RETRY_MS;
      if (isMore === 'more') continue;
      if (this.#stopping.signal.aborted) return;
      await this.#rest(LOOK_MS);
    }
  }

  async #step(): Promise<'more' | 'none' | 'failed'> {
    try {
      const batch = this.#next();
      if (batch.length > 0) await this.#send(batch);
      await this.#attest(batch.length === 0);
      if (batch.length === 0) this.#queue.giveBack();
      else this.#set(null);
      return batch.length > 0 ? 'more' : 'none';
    } catch (error) {
      this.#set(error instanceof Error ? error.message : 'unknown reason');
      return 'failed';
    }
  }

  #next(): readonly Waiting[] {
    const batch = this.#queue.next(0, MOST + this.#held.size);
    return this.#held.size === 0 ? batch : batch.filter(({ position }) => !this.#held.has(position));
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const { acknowledged, held } = await this.#target.send(batch);
    this.#queue.acknowledged(acknowledged.map(({ position }) => position));
    this.#sent += acknowledged.length;
    for (const { waiting, reason } of held) {
      this.#held.add(waiting.position);
      this.#onProblem(`event ${waiting.id} stays in the outbox: ${reason}`);
    }
    if (acknowledged.length + held.length === 0) throw new Error(this.#target.problem ?? 'nothing was acknowledged');
  }

  /** Every so often while records go, and when they all have gone. */
  async #attest(isEmpty: boolean): Promise<void> {
    const now = performance.now();
    const isDue = now - this.#attestedAt >= ATTEST_MS || (isEmpty && this.#stopping.signal.aborted);
    if (!isDue) return;
    const head = this.#queue.head();
    if (head === null || head.hash === this.#attested?.hash) return;
    await this.#target.attest(head);
    this.#attested = head;
    this.#attestedAt = now;
  }

  #set(problem: string | null): void {
    if (problem === this.#problem) return;
    const wasAway = this.#problem !== null;
    this.#problem = problem;
    if (problem !== null) this.#onProblem(`records wait in the outbox: ${problem}`);
    else if (wasAway) this.#onProblem('records go out of the outbox again');
  }

  /** Rejects when it is to stop, which the loop sees. */
  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }
}
