/**
 * An answer that is changed while it streams: its coding undone, judged by the rules, pseudonyms put back, in this order.
 * It keeps the order of what comes while it waits for tokens and for documents to be read, and tells the clock when something is due.
 */
import type { WantedTokens } from '../engine/transform/conversation.ts';
import type { StreamRestorer } from '../engine/transform/restore.ts';
import type { Asking } from '../engine/transform/stream/asking.ts';
import type { StreamGate } from '../engine/transform/stream/gate.ts';
import type { StreamCoding } from './stream-decoder.ts';

export interface EditedStreamHost {
  now(): number;
  /** Tokens for what a rule tokenizes. */
  issue(wanted: WantedTokens): Promise<Iterable<readonly [token: string, value: string]>>;
  write(bytes: Buffer): void;
  /** Nothing more is to come from the upstream for now, or again. */
  pause(): void;
  resume(): void;
  /** All has come: the last bytes. */
  ended(rest: Buffer): void;
  /** A rule has ended it: what was let go before. */
  blocked(rest: Buffer): void;
  /** It cannot be read on. */
  failed(text: string): void;
  broke(error: unknown): void;
}

interface Job {
  readonly start: () => Asking<Buffer>;
  readonly isLast: boolean;
}

export class EditedStream {
  readonly #gate: StreamGate | null;
  readonly #restorer: StreamRestorer | null;
  readonly #decoder: StreamCoding | null;
  readonly #host: EditedStreamHost;
  readonly #jobs: Job[] = [];
  #isBusy = false;
  #isOver = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    given: { gate: StreamGate | null; restorer: StreamRestorer | null; decoder: StreamCoding | null },
    host: EditedStreamHost,
  ) {
    this.#gate = given.gate;
    this.#restorer = given.restorer;
    this.#decoder = given.decoder;
    this.#host = host;
    this.#decoder?.start({
      data: (bytes) => this.#take(bytes),
      ended: () => this.#finish(),
      failed: (text) => this.#fail(text),
    });
  }

  get responseId(): string | null {
    return this.#gate?.responseId ?? this.#restorer?.responseId ?? null;
  }

  push(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#decoder === null) this.#take(chunk);
    else this.#decoder.push(chunk);
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#decoder === null) this.#finish();
    else this.#decoder.end();
  }

  pause(): void {
    this.#decoder?.pause();
  }

  resume(): void {
    if (!this.#isBusy) this.#decoder?.resume();
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#isOver = true;
    this.#jobs.length = 0;
    this.#decoder?.stop();
    this.#disarm();
  }

  #take(bytes: Buffer): void {
    const gate = this.#gate;
    if (gate === null) this.#pass(bytes, false);
    else this.#do({ start: () => gate.push(bytes, this.#host.now()), isLast: false });
  }

  #finish(): void {
    const gate = this.#gate;
    if (gate === null) this.#pass(Buffer.alloc(0), true);
    else this.#do({ start: () => gate.end(this.#host.now()), isLast: true });
  }

  #do(job: Job): void {
    if (this.#isOver) return;
    this.#jobs.push(job);
    if (!this.#isBusy) this.#next();
  }

  #next(): void {
    while (!this.#isBusy && !this.#isOver) {
      const job = this.#jobs.shift();
      if (job === undefined) return this.#arm();
      this.#go(job, job.start());
    }
  }

  #go(job: Job, work: Asking<Buffer>): void {
    try {
      const step = work.next();
      if (step.done === true) return this.#pass(step.value, job.isLast);
      this.#isBusy = true;
      this.#host.pause();
      this.#decoder?.pause();
      const wanted = step.value;
      const done = wanted.until?.then(() => []) ?? this.#host.issue(wanted);
      done.then(
        (tokens) => {
          this.#isBusy = false;
          if (this.#isOver) return;
          this.#gate?.tokens.learn(tokens);
          this.#gate?.tokens.withhold(wanted);
          this.#host.resume();
          this.#decoder?.resume();
          this.#go(job, work);
          this.#next();
        },
        (error: unknown) => this.#break(error),
      );
    } catch (error) {
      this.#break(error);
    }
  }

  #pass(bytes: Buffer, isLast: boolean): void {
    const gate = this.#gate;
    const isBlocked = gate?.isBlocked === true;
    const failure = gate?.failure ?? null;
    const restored = this.#restorer === null ? bytes : this.#restorer.push(bytes);
    const isDone = isLast || isBlocked;
    const out = isDone && this.#restorer !== null ? Buffer.concat([restored, this.#restorer.end()]) : restored;
    if (isBlocked || failure !== null || isLast) this.stop();
    if (isBlocked) this.#host.blocked(out);
    else if (failure !== null) this.#host.failed(failure);
    else if (isLast) this.#host.ended(out);
    else if (out.length > 0) this.#host.write(out);
  }

  #fail(text: string): void {
    if (this.#isOver) return;
    this.stop();
    this.#host.failed(text);
  }

  #break(error: unknown): void {
    if (this.#isOver) return;
    this.stop();
    this.#host.broke(error);
  }

  /** One timer for all that waits; it is set again when it has run. */
  #arm(): void {
    const dueAt = this.#gate?.dueAt ?? null;
    if (dueAt === null || this.#timer !== null || this.#gate === null) return;
    const gate = this.#gate;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#do({ start: () => gate.tick(this.#host.now()), isLast: false });
      },
      Math.max(1, dueAt - this.#host.now()),
    );
    this.#timer.unref();
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
