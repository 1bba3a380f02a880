/**
 * One direction of HTTP/2 as a row of frames (RFC 9113 §4), for a listener who may come late: behind a gap the place is
 * found again where a piece begins with what can only be a frame. DATA is handed on as it comes, all else whole.
 */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

export interface FrameEvents {
  /** All but DATA: the whole payload. What is too large to be kept comes with none. */
  frame(frame: Frame, payload: Buffer | null): void;
  /** A part of a DATA frame, padding left out; `isEnd` with its last one, which may be empty. */
  data(frame: Frame, bytes: Buffer, isEnd: boolean): void;
  /** The place is lost: nothing of what is open goes on. */
  lost(bytes: number): void;
}

const HEAD_BYTES = 9;
/** No sender is known to use larger ones; a listener who has lost its place would take anything for a length. */
const MAX_FRAME_BYTES = 2 ** 24 - 1;
const MAX_PLAUSIBLE_BYTES = 2 ** 20;
const MAX_KEPT_BYTES = 256 * 1024;

type State = 'seek' | 'head' | 'data' | 'payload' | 'skip';

export class FrameReader {
  readonly #events: FrameEvents;
  #state: State;
  #part: Buffer[] = [];
  #partBytes = 0;
  #frame: Frame = { type: 0, flags: 0, stream: 0 };
  #left = 0;
  /** Padding at the end of a DATA frame; null until its length was read. */
  #padding: number | null = 0;

  constructor(events: FrameEvents, isFromStart: boolean) {
    this.#events = events;
    this.#state = isFromStart ? 'head' : 'seek';
  }

  push(bytes: Buffer): void {
    let at = 0;
    if (!this.#isPlaced(bytes)) return;
    while (at < bytes.length || this.#isEmptyPayload()) {
      switch (this.#state) {
        case 'seek':
          return;
        case 'head':
          at = this.#head(bytes, at);
          break;
        case 'data':
          at = this.#data(bytes, at);
          break;
        case 'payload':
          at = this.#payload(bytes, at);
          break;
        case 'skip':
          at = this.#skip(bytes, at);
          break;
      }
    }
  }

  #isPlaced(bytes: Buffer): boolean {
    if (this.#state !== 'seek') return true;
    if (!looksLikeFrames(bytes)) return false;
    this.#state = 'head';
    return true;
  }

  /** A payload without bytes is whole before another byte comes. */
  #isEmptyPayload(): boolean {
    return this.#state !== 'head' && this.#state !== 'seek' && this.#left === 0;
  }

  lose(bytes: number): void {
    // Within what is not read anyway nothing is lost but its bytes.
    if (this.#state === 'skip' && bytes <= this.#left) {
      this.#left -= bytes;
      return;
    }
    this.#reset();
    this.#state = 'seek';
    this.#events.lost(bytes);
  }

  #reset(): void {
    this.#part = [];
    this.#partBytes = 0;
    this.#left = 0;
  }

  /** Up to `wanted` bytes in all; null until they are there. */
  #gather(bytes: Buffer, at: number, wanted: number): { readonly all: Buffer | null; readonly at: number } {
    const end = Math.min(bytes.length, at + wanted - this.#partBytes);
    const piece = bytes.subarray(at, end);
    if (this.#partBytes + piece.length < wanted) {
      this.#part.push(Buffer.from(piece));
      this.#partBytes += piece.length;
      return { all: null, at: end };
    }
    const all = this.#partBytes === 0 ? piece : Buffer.concat([...this.#part, piece]);
    this.#part = [];
    this.#partBytes = 0;
    return { all, at: end };
  }

  #head(bytes: Buffer, from: number): number {
    const { all, at } = this.#gather(bytes, from, HEAD_BYTES);
    if (all === null) return at;
    if (!isPlausible(all, MAX_FRAME_BYTES)) {
      this.lose(0);
      return bytes.length;
    }
    this.#frame = { type: all[3] ?? 0, flags: all[4] ?? 0, stream: all.readUInt32BE(5) & 0x7fff_ffff };
    this.#left = all.readUIntBE(0, 3);
    if (this.#frame.type === FRAME.data) {
      this.#padding = (this.#frame.flags & FLAG.padded) === 0 ? 0 : null;
      this.#state = 'data';
    } else {
      this.#state = this.#frame.type > FRAME.continuation || this.#left > MAX_KEPT_BYTES ? 'skip' : 'payload';
      if (this.#state === 'skip' && this.#frame.type <= FRAME.continuation) this.#events.frame(this.#frame, null);
    }
    return at;
  }

  #data(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#padding === null) {
      if (at === bytes.length && this.#left > 0) return at;
      this.#padding = Math.min(bytes[at++] ?? 0, Math.max(0, this.#left - 1));
      this.#left = Math.max(0, this.#left - 1);
    }
    const end = Math.min(bytes.length, at + this.#left);
    const meant = Math.min(bytes.length, at + Math.max(0, this.#left - this.#padding));
    this.#left -= end - at;
    const isEnd = this.#left === 0;
    if (isEnd) this.#state = 'head';
    this.#events.data(this.#frame, bytes.subarray(at, meant), isEnd);
    return end;
  }

  #payload(bytes: Buffer, from: number): number {
    const { all, at } = this.#gather(bytes, from, this.#left);
    if (all === null) return at;
    this.#left = 0;
    this.#state = 'head';
    this.#events.frame(this.#frame, all);
    return at;
  }

  #skip(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    if (this.#left === 0) this.#state = 'head';
    return end;
  }
}

/** Whether a piece begins with a frame, and another one stands behind it if it is long enough. */
export function looksLikeFrames(bytes: Buffer): boolean {
  if (bytes.length < HEAD_BYTES || !isPlausible(bytes, MAX_PLAUSIBLE_BYTES)) return false;
  if ((bytes[3] ?? 0) > FRAME.continuation) return false;
  const next = HEAD_BYTES + bytes.readUIntBE(0, 3);
  return bytes.length < next + HEAD_BYTES || isPlausible(bytes.subarray(next), MAX_PLAUSIBLE_BYTES);
}

/** What RFC 9113 §6 says of each type: its flags, the stream that it may name, its length. */
function isPlausible(head: Buffer, maxBytes: number): boolean {
  const length = head.readUIntBE(0, 3);
  const type = head[3] ?? 0;
  const flags = head[4] ?? 0;
  const stream = head.readUInt32BE(5);
  if (stream > 0x7fff_ffff || length > maxBytes) return false;
  switch (type) {
    case FRAME.data:
      return stream > 0 && (flags & ~0x09) === 0;
    case FRAME.headers:
      return stream > 0 && (flags & ~0x2d) === 0;
    case FRAME.priority:
      return stream > 0 && length === 5;
    case FRAME.reset:
      return stream > 0 && length === 4;
    case FRAME.settings:
      return stream === 0 && length % 6 === 0 && (flags & ~0x01) === 0;
    case FRAME.push:
      return stream > 0 && (flags & ~0x0c) === 0;
    case FRAME.ping:
      return stream === 0 && length === 8;
    case FRAME.goAway:
      return stream === 0 && length >= 8;
    case FRAME.window:
      return length === 4;
    case FRAME.continuation:
      return stream > 0 && (flags & ~0x04) === 0;
    default:
      // An extension's (RFC 9113 §5.5).
      return true;
  }
}
