/**
 * One direction of a TCP connection put in order from samples of its packets: by sequence number (RFC 9293 §3.4), whatever
 * came twice, late or not at all. What is missing is said as a gap of known length, never joined across. Its memory is
 * bounded; it knows no clock but the times that it is given.
 */

/** `offset` counts from the first byte that was seen, or from the first byte of the stream where its SYN was. */
export type TcpPiece =
  | { readonly kind: 'bytes'; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'gap'; readonly offset: number; readonly length: number };

/** One packet's data, or the first part of it. */
export interface TcpSegment {
  /** Of its first byte of data. */
  readonly sequence: number;
  readonly bytes: Buffer;
  /** How long its data was; more than `bytes` where only the first part was taken. */
  readonly length: number;
  /** Milliseconds of any clock that does not go back. */
  readonly atMs: number;
}

export interface TcpStreamOptions {
  /** Most bytes that wait for others before them. */
  readonly heldBytes: number;
  /** What lies further ahead than this is not waited for. */
  readonly aheadBytes: number;
  /** How long a packet waits for one before it. */
  readonly waitMs: number;
}

const DEFAULTS: TcpStreamOptions = { heldBytes: 64 * 1024, aheadBytes: 1024 * 1024, waitMs: 200 };
/** Packets of one byte would cost far more than their bytes. */
const MAX_HELD_SEGMENTS = 32;
/** So many in a row from behind what is known mean that what is known is wrong: a forged packet moved it. */
const MAX_BEHIND = 4;

interface Held {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
  readonly atMs: number;
}

export class TcpStream {
  readonly #options: TcpStreamOptions;
  /** Sequence number of the byte at `#next`; null until anything was seen. */
  #sequence: number | null = null;
  #next = 0;
  /** By start. */
  #held: Held[] = [];
  #heldBytes = 0;
  #behind = 0;

  constructor(options: Partial<TcpStreamOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Where the next byte in order would stand. */
  get offset(): number {
    return this.#next;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** A SYN was seen: the stream's first byte has the number behind its own. Counts only before any data. */
  begin(synSequence: number): void {
    this.#sequence ??= (synSequence + 1) >>> 0;
  }

  /** What follows in order with this packet. */
  push(segment: TcpSegment): readonly TcpPiece[] {
    const { sequence, bytes, atMs } = segment;
    const length = Math.max(segment.length, bytes.length);
    if (length === 0) return this.settle(atMs);
    this.#sequence ??= sequence >>> 0;
    const distance = (sequence - this.#sequence) | 0;
    const start = this.#next + distance;
    if (start + length <= this.#next) return this.#repeated(segment, length, distance);
    this.#behind = 0;
    const pieces: TcpPiece[] = [];
    if (start <= this.#next) {
      this.#take(start, bytes, start + length, pieces);
    } else if (distance > this.#options.aheadBytes) {
      this.#release(this.#held.length, pieces);
      this.#take(start, bytes, start + length, pieces);
    } else {
      this.#hold({ start, end: start + length, bytes, atMs });
    }
    this.#drain(atMs, pieces);
    return pieces;
  }

  /** What has waited long enough is let go. */
  settle(nowMs: number): readonly TcpPiece[] {
    const pieces: TcpPiece[] = [];
    this.#drain(nowMs, pieces);
    return pieces;
  }

  /** Nothing more will come. */
  end(): readonly TcpPiece[] {
    const pieces: TcpPiece[] = [];
    this.#release(this.#held.length, pieces);
    return pieces;
  }

  #repeated({ sequence, bytes }: TcpSegment, length: number, distance: number): readonly TcpPiece[] {
    // A keep-alive, or a retransmit, lies just behind what is known.
    if (-distance <= this.#options.aheadBytes) return [];
    this.#behind++;
    if (this.#behind < MAX_BEHIND) return [];
    this.#behind = 0;
    this.#drop();
    this.#sequence = sequence >>> 0;
    const pieces: TcpPiece[] = [{ kind: 'gap', offset: this.#next, length: this.#options.aheadBytes }];
    this.#next += this.#options.aheadBytes;
    this.#take(this.#next, bytes, this.#next + length, pieces);
    return pieces;
  }

  /** Takes data that begins at or before `#next`, or after it behind a gap. `end` may lie beyond its bytes. */
  #take(start: number, bytes: Buffer, end: number, pieces: TcpPiece[]): void {
    if (start > this.#next) this.#advance(start, pieces);
    const fresh = bytes.subarray(this.#next - start);
    if (fresh.length > 0) {
      pieces.push({ kind: 'bytes', offset: this.#next, bytes: fresh });
      this.#move(fresh.length);
    }
    // The rest of a packet of which only the first part was taken.
    if (end > this.#next) this.#advance(end, pieces);
  }

  #advance(to: number, pieces: TcpPiece[]): void {
    pieces.push({ kind: 'gap', offset: this.#next, length: to - this.#next });
    this.#move(to - this.#next);
  }

  #move(by: number): void {
    this.#next += by;
    this.#sequence = ((this.#sequence ?? 0) + by) >>> 0;
  }

  #hold(held: Held): void {
    let at = this.#held.length;
    while (at > 0 && (this.#held[at - 1]?.start ?? 0) > held.start) at--;
    const before = this.#held[at - 1];
    // A retransmit of what waits already; of two the longer one is kept.
    if (before !== undefined && before.start === held.start && before.bytes.length >= held.bytes.length) return;
    // A copy, since samples lie in buffers that are far larger than they.
    this.#held.splice(at, 0, { ...held, bytes: Buffer.from(held.bytes) });
    this.#heldBytes += held.bytes.length;
  }

  /** Lets go of what is in order now, of what has waited too long and of what is too much. */
  #drain(nowMs: number, pieces: TcpPiece[]): void {
    for (let first = this.#held[0]; first !== undefined; first = this.#held[0]) {
      const isDue =
        first.start <= this.#next ||
        nowMs - first.atMs >= this.#options.waitMs ||
        this.#heldBytes > this.#options.heldBytes ||
        this.#held.length > MAX_HELD_SEGMENTS;
      if (!isDue) return;
      this.#release(1, pieces);
    }
  }

  #release(count: number, pieces: TcpPiece[]): void {
    const released = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    for (const { start, end, bytes } of released) {
      this.#heldBytes -= bytes.length;
      if (end > this.#next || start > this.#next) this.#take(start, bytes, end, pieces);
    }
  }

  #drop(): void {
    this.#held = [];
    this.#heldBytes = 0;
  }
}
