/**
 * Takes a client's body in: whole where it must be held, by a first part where its shape must be known, or passed
 * on as it comes. Memory for held bodies is bounded over all calls; a client that dawdles is let go by its rate,
 * never by total time.
 */
import { PassThrough, type Readable } from 'node:stream';
import type { ClientRequest } from './client-message.ts';

/** Room for held bodies, shared by all calls. */
export class HeldBudget {
  readonly #max: number;
  #used = 0;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  /** Takes room for so many bytes; false when there is none. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#max) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  get usedBytes(): number {
    return this.#used;
  }
}

/**
 * `end`: all of it is there. `stopped`: `enough` said so. `limit`: more than `max` bytes. The others end the call:
 * the client went away, sent too slowly, or there was no room.
 */
export type ReadEnd = 'end' | 'stopped' | 'limit' | 'aborted' | 'slow' | 'full';

/** How often clients' rates are looked at. */
const RATE_WINDOW_MS = 10_000;

interface Watched {
  /** Bytes received so far. */
  received(): number;
  /** True while it is not the client that is waited for. */
  isOurs(): boolean;
  onSlow(): void;
}

/** Lets go of clients that send slower than the least rate: one timer for all of them. */
export class RateWatch {
  readonly #leastBytes: number;
  readonly #watched = new Map<Watched, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(bytesPerSecond: number, windowMs = RATE_WINDOW_MS) {
    this.#leastBytes = (bytesPerSecond * windowMs) / 1000;
    this.#timer = setInterval(() => this.#look(), windowMs);
    this.#timer.unref();
  }

  /** Watches from now on; the first window that counts is the first whole one. */
  add(watched: Watched): void {
    this.#watched.set(watched, -1);
  }

  delete(watched: Watched): void {
    this.#watched.delete(watched);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    for (const [watched, before] of this.#watched) {
      const received = watched.received();
      const isSlow = before >= 0 && !watched.isOurs() && received - before < this.#leastBytes;
      this.#watched.set(watched, received);
      if (isSlow) watched.onSlow();
    }
  }
}

export class BodyReader {
  readonly #request: ClientRequest;
  readonly #budget: HeldBudget;
  readonly #rates: RateWatch;
  #chunks: Buffer[] = [];
  #size = 0;
  #isEnded = false;

  constructor(request: ClientRequest, budget: HeldBudget, rates: RateWatch) {
    this.#request = request;
    this.#budget = budget;
    this.#rates = rates;
  }

  /** Reads on until the end, `max` bytes in all, or until `enough` says that it has seen enough. */
  read(max: number, enough?: (bytes: Buffer) => boolean): Promise<ReadEnd> {
    const request = this.#request;
    if (this.#isEnded) return Promise.resolve('end');
    if (request.destroyed && !request.readableEnded) return Promise.resolve('aborted');
    if (this.#size > max) return Promise.resolve('limit');
    return new Promise((resolve) => {
      let isDone = false;
      const done = (end: ReadEnd): void => {
        if (isDone) return;
        isDone = true;
        this.#rates.delete(watched);
        // At its end a body is done with; taking its listeners off would cost more than to leave them.
        if (end !== 'end') {
          request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
          request.pause();
        }
        resolve(end);
      };
      const onData = (chunk: Buffer): void => {
        if (!this.#budget.take(chunk.length)) return done('full');
        this.#chunks.push(chunk);
        this.#size += chunk.length;
        if (this.#size > max) return done('limit');
        if (enough?.(this.bytes()) === true) done('stopped');
      };
      const onEnd = (): void => {
        this.#isEnded = true;
        done('end');
      };
      const onClose = (): void => done('aborted');
      const watched: Watched = { received: () => this.#size, isOurs: () => false, onSlow: () => done('slow') };
      this.#rates.add(watched);
      request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
      // Paused where an earlier reading stopped; otherwise `data` has set it going.
      if (request.isPaused()) request.resume();
    });
  }

  /** What was read so far, in one piece. */
  bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** What was read and what is still to come, with back-pressure. `tap` sees each chunk; `onSlow` a client that dawdles. */
  stream(tap: (chunk: Buffer) => void, onSlow: () => void): Readable {
    const request = this.#request;
    // Not the request itself: a body that the upstream no longer wants is destroyed, and the client is still to be answered.
    const out = new PassThrough({ highWaterMark: 256 * 1024 });
    for (const chunk of this.#chunks) {
      tap(chunk);
      out.write(chunk);
    }
    this.release();
    if (this.#isEnded) {
      out.end();
      return out;
    }
    let seen = 0;
    const watched: Watched = { received: () => seen, isOurs: () => out.writableNeedDrain, onSlow };
    this.#rates.add(watched);
    request.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (out.destroyed) return;
      tap(chunk);
      if (!out.write(chunk)) request.pause();
    });
    out.on('drain', () => request.resume());
    out.on('close', () => {
      this.#rates.delete(watched);
      request.resume();
    });
    request.on('end', () => {
      this.#isEnded = true;
      this.#rates.delete(watched);
      out.end();
    });
    request.on('close', () => {
      this.#rates.delete(watched);
      if (!this.#isEnded) out.destroy();
    });
    request.resume();
    return out;
  }

  /** Gives the room back; what was read is let go. */
  release(): void {
    this.#budget.give(this.#size);
    this.#chunks = [];
    this.#size = 0;
  }
}
