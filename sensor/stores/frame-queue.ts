/**
 * One direction of a protocol whose messages say their length first. Of each message the first bytes are kept and the
 * rest is passed over, seen or not: since lengths are known, what was not seen within a message costs only that message.
 * Where the place is lost it is found again at a packet that begins as messages do. Bounded by one message's kept bytes.
 */

export interface FrameShape {
  /** Bytes that say how long the message is. */
  readonly headBytes: number;
  /** Size of the whole message by its first `headBytes`, head included; null where no message begins so. */
  readonly sizeOf: (head: Buffer) => number | null;
}

export interface Frame {
  /** The message's first bytes, head included. A view: valid until the next call. */
  readonly bytes: Buffer;
  readonly size: number;
  readonly isWhole: boolean;
}

const NOTHING = Buffer.alloc(0);

export class FrameQueue {
  readonly #keep: number;
  #held: Buffer = NOTHING;
  /** Of the message before, so many bytes are still to come. */
  #skip = 0;
  /** So many bytes are missing behind `#held`. */
  #gap = 0;
  #isLost = false;

  constructor(keepBytes: number) {
    this.#keep = keepBytes;
  }

  /** Nobody knows where the next message begins. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Within a message, or with the first bytes of one. */
  get isWithin(): boolean {
    return this.#skip > 0 || this.#held.length > 0;
  }

  /** Everything that `next` gives has to be taken before the next call of `push` or `lost`. */
  push(bytes: Buffer): void {
    if (this.#isLost) return;
    const passed = Math.min(this.#skip, bytes.length);
    this.#skip -= passed;
    if (passed === bytes.length) return;
    const fresh = bytes.subarray(passed);
    this.#held = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
  }

  lost(bytes: number): void {
    if (this.#isLost) return;
    this.#gap = bytes;
    if (this.#held.length === 0) this.#passGap();
  }

  /** The place is known again: these bytes begin a message. */
  resume(): void {
    this.#isLost = false;
    this.#held = NOTHING;
    this.#skip = 0;
    this.#gap = 0;
  }

  lose(): void {
    this.#isLost = true;
    this.#held = NOTHING;
    this.#skip = 0;
    this.#gap = 0;
  }

  /** The next message, as far as it is kept; null where it is not there yet. */
  next(shape: FrameShape): Frame | null {
    if (this.#isLost || this.#held.length === 0) return null;
    const { headBytes, sizeOf } = shape;
    if (this.#held.length < headBytes) return this.#needMore();
    const size = sizeOf(this.#held);
    if (size === null || size < headBytes) {
      this.lose();
      return null;
    }
    const kept = Math.min(size, Math.max(this.#keep, headBytes));
    if (this.#held.length < kept && this.#gap === 0) return this.#needMore();
    const bytes = this.#held.subarray(0, kept);
    const consumed = Math.min(size, this.#held.length);
    this.#held = this.#held.subarray(consumed);
    this.#skip = size - consumed;
    if (this.#held.length === 0 && this.#gap > 0) this.#passGap();
    return { bytes, size, isWhole: bytes.length === size };
  }

  /** Takes bytes that are no message: single answers, greetings. Null where they are not there yet. */
  takeBytes(count: number): Buffer | null {
    if (this.#held.length < count) return this.#needMore();
    const bytes = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    if (this.#held.length === 0 && this.#gap > 0) this.#passGap();
    return bytes;
  }

  #needMore(): null {
    if (this.#gap > 0) this.lose();
    // The rest of a packet, which lies in a buffer that is used again.
    else this.#held = Buffer.from(this.#held);
    return null;
  }

  #passGap(): void {
    const gap = this.#gap;
    this.#gap = 0;
    if (gap <= this.#skip) this.#skip -= gap;
    else this.lose();
  }
}

/** Whether bytes that begin a packet are messages of this shape, one behind the other, until they end. */
export function areFrames(bytes: Buffer, { headBytes, sizeOf }: FrameShape): boolean {
  let at = 0;
  for (let count = 0; count < 8 && at + headBytes <= bytes.length; count++) {
    const size = sizeOf(bytes.subarray(at));
    if (size === null || size < headBytes) return false;
    at += size;
  }
  return at > 0;
}
