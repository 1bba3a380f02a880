/**
 * Takes a client's body in: whole where it must be held, by a first part where its shape must be known, or passed
 * on as it comes. Memory for held bodies is bounded over all calls: nothing is read for which no room was taken before.
 * A client that dawdles is let go by its rate, never by total time.
 */
import { PassThrough, type Readable } from 'node:stream';
import type { ClientRequest } from './client-message.ts';
import { GatheredBody, SHARED_BYTES } from './gathered-body.ts';
import { type HeldBudget, HeldShare } from './held-budget.ts';
import { inTurn } from './turns.ts';

/**
 * `end`: all of it is there. `stopped`: `enough` said so. `limit`: more than `max` bytes. The others end the call:
 * the client went away, sent too slowly, or there was no room for so long as one waits for it.
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

/** Room is taken for so much before it is read: what one reading of a socket brings at most. */
const AHEAD_BYTES = 64 * 1024;
/** Of one body so much is taken in before others have their turn: a socket has up to 2 MiB at once for whoever reads on. */
const TURN_BYTES = 256 * 1024;

export class BodyReader {
  readonly #request: ClientRequest;
  readonly #share: HeldShare;
  readonly #rates: RateWatch;
  readonly #declaredLength: number;
  readonly #body = new GatheredBody();
  /** Taken, and not yet read. */
  #ahead = 0;
  #isEnded = false;

  /** `declaredLength`: what the head says of the body, null where it does not. */
  constructor(request: ClientRequest, budget: HeldBudget, rates: RateWatch, declaredLength: number | null = null) {
    this.#request = request;
    this.#share = new HeldShare(budget);
    this.#rates = rates;
    this.#declaredLength = declaredLength ?? Number.POSITIVE_INFINITY;
  }

  /** Reads on until the end, `max` bytes in all, or until `enough` says that it has seen enough. */
  read(max: number, enough?: (bytes: Buffer) => boolean): Promise<ReadEnd> {
    const request = this.#request;
    if (this.#isEnded || request.readableEnded) return Promise.resolve('end');
    if (request.destroyed && !request.readableEnded) return Promise.resolve('aborted');
    if (this.#body.size > max) return Promise.resolve('limit');
    if (this.#takeWhole(max)) return Promise.resolve(enough?.(this.bytes()) === true ? 'stopped' : 'end');
    return new Promise((resolve) => {
      let isDone = false;
      let isReading = false;
      let turnEnds = this.#body.size + TURN_BYTES;
      const done = (end: ReadEnd): void => {
        if (isDone) return;
        isDone = true;
        this.#rates.delete(watched);
        this.#share.shrink(this.#ahead);
        this.#ahead = 0;
        // At its end a body is done with; taking its listeners off would cost more than to leave them.
        if (end !== 'end') {
          request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
          request.pause();
        }
        resolve(end);
      };
      const readOn = (): void => {
        if (!isReading) request.on('data', onData).on('end', onEnd);
        isReading = true;
        // Paused where an earlier reading stopped or waited; otherwise `data` has set it going.
        if (request.isPaused()) request.resume();
      };
      const onData = (chunk: Buffer): void => {
        const taken = Math.min(chunk.length, this.#ahead);
        this.#ahead -= taken;
        if (taken < chunk.length) this.#share.charge(chunk.length - taken);
        this.#gather(chunk, max);
        if (this.#body.size > max) return done('limit');
        if (enough?.(this.bytes()) === true) return done('stopped');
        if (this.#share.isWaiting) return;
        if (!this.#reach(max)) waitForRoom();
        else if (this.#body.size >= turnEnds) waitForTurn();
      };
      const waitForTurn = (): void => {
        request.pause();
        turnEnds = Number.POSITIVE_INFINITY;
        setImmediate(() => {
          turnEnds = this.#body.size + TURN_BYTES;
          if (!isDone && !this.#share.isWaiting) readOn();
        });
      };
      const waitForRoom = (): void => {
        request.pause();
        const bytes = this.#wanted(max);
        void this.#share.growWhenRoom(bytes).then((hasRoom) => {
          // What was taken for it goes back with the rest of the share.
          if (isDone) return;
          if (!hasRoom) return done('full');
          this.#ahead += bytes;
          readOn();
        });
      };
      const onEnd = (): void => {
        this.#isEnded = true;
        inTurn(() => done('end'));
      };
      // At the end of a body its connection or stream may go at once.
      const onClose = (): void => {
        if (!this.#isEnded) done('aborted');
      };
      const watched: Watched = {
        received: () => this.#body.size,
        isOurs: () => this.#share.isWaiting,
        onSlow: () => done('slow'),
      };
      this.#rates.add(watched);
      request.on('close', onClose).on('error', onClose);
      if (this.#reach(max)) readOn();
      else waitForRoom();
    });
  }

  /** A small body has mostly come with its head: then there is nothing to wait for. */
  #takeWhole(max: number): boolean {
    const bytes = this.#declaredLength;
    if (this.#body.size > 0 || bytes > Math.min(max, SHARED_BYTES) || !this.#share.grow(bytes)) return false;
    const body = this.#request.takeBody?.() ?? null;
    if (body === null) {
      this.#share.shrink(bytes);
      return false;
    }
    this.#body.push(body, 0);
    this.#isEnded = true;
    return true;
  }

  /** Of what is declared to be more than it may, nothing is shared. */
  #gather(chunk: Buffer, max: number): void {
    const declared = this.#declaredLength;
    this.#body.push(chunk, declared <= max ? declared : Number.isFinite(declared) ? 0 : max);
  }

  /** Takes room for what may come next; false where there is none. */
  #reach(max: number): boolean {
    const bytes = this.#wanted(max);
    if (bytes <= 0) return true;
    if (!this.#share.grow(bytes)) return false;
    this.#ahead += bytes;
    return true;
  }

  #wanted(max: number): number {
    return Math.min(AHEAD_BYTES, this.#declaredLength - this.#body.size, max - this.#body.size) - this.#ahead;
  }

  /** What was read so far, in one piece. */
  bytes(): Buffer {
    return this.#body.bytes();
  }

  /**
   * What was read and what is still to come, with back-pressure. `tap` sees each chunk, `onSlow` is told of a client that
   * dawdles; while `isIdle`, it may.
   */
  stream(tap: (chunk: Buffer) => void, onSlow: () => void, isIdle: () => boolean = () => false): Readable {
    const request = this.#request;
    // Not the request itself: a body that the upstream no longer wants is destroyed, and the client is still to be answered.
    const out = new PassThrough({ highWaterMark: 256 * 1024 });
    for (const chunk of this.#body.pieces()) {
      tap(chunk);
      out.write(chunk);
    }
    this.release();
    // What ended, or broke off, after it was read so far says so no second time.
    if (this.#isEnded || request.readableEnded) {
      out.end();
      return out;
    }
    if (request.destroyed) {
      out.destroy();
      return out;
    }
    let seen = 0;
    const watched: Watched = { received: () => seen, isOurs: () => out.writableNeedDrain || isIdle(), onSlow };
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
    this.#share.release();
    this.#ahead = 0;
    this.#body.clear();
  }
}
