/**
 * The messages of a WebSocket (RFC 6455), with permessage-deflate (RFC 7692) undone: each is told as soon as it is whole. A gap
 * ends what is open; behind it the place is found again where a piece begins with a frame.
 */
import { constants, inflateRawSync } from 'node:zlib';
import { truncated } from '../../flow/coverage.ts';
import { headerOf } from '../../flow/message.ts';
import type { Conversation, Hear, HeardMessage, Way } from './heard.ts';
import { type HeardHead, OpenMessage } from './open-message.ts';
import type { HandleRoom, HearingLimits } from './room.ts';

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8 } as const;
const MAX_HEAD_BYTES = 14;
/** The window of deflate: so much of what was said before may be referred to. */
const WINDOW_BYTES = 32 * 1024;
const SYNC_TAIL = Buffer.from([0, 0, 0xff, 0xff]);

interface WebSocketParts {
  readonly room: HandleRoom;
  readonly limits: HearingLimits;
  readonly hear: Hear;
  readonly opening: HeardHead;
  readonly authority: string | null;
  /** `Sec-WebSocket-Extensions` of the answer; null where none was agreed on. */
  readonly extensions: string | null;
}

interface FrameHead {
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly opcode: number;
  readonly mask: Buffer | null;
  readonly length: number;
  /** Of the head itself. */
  readonly bytes: number;
}

interface Side {
  part: Buffer;
  frame: FrameHead | null;
  /** Bytes of the frame's payload that have come. */
  taken: number;
  message: OpenMessage | null;
  isCompressed: boolean;
  isSeeking: boolean;
  /** The end of what was inflated; null once something is missing of it. */
  window: Buffer | null;
  readonly keepsWindow: boolean;
}

export class WebSocketTalk implements Conversation {
  readonly #parts: WebSocketParts;
  readonly #sides: Readonly<Record<Way, Side>>;
  readonly #startedAt: number;

  constructor(parts: WebSocketParts, at: number) {
    this.#parts = parts;
    this.#startedAt = at;
    const side = (isFresh: boolean): Side => ({
      part: EMPTY,
      frame: null,
      taken: 0,
      message: null,
      isCompressed: false,
      isSeeking: false,
      window: EMPTY,
      keepsWindow: !isFresh,
    });
    const extensions = (parts.extensions ?? '').toLowerCase();
    this.#sides = {
      out: side(extensions.includes('client_no_context_takeover')),
      in: side(extensions.includes('server_no_context_takeover')),
    };
  }

  data(way: Way, bytes: Buffer, at: number): void {
    const side = this.#sides[way];
    let rest = side.part.length === 0 ? bytes : Buffer.concat([side.part, bytes]);
    side.part = EMPTY;
    if (side.isSeeking) {
      const head = readHead(rest);
      if (head === null || head === 'broken' || (head.mask !== null) !== (way === 'out')) return;
      side.isSeeking = false;
    }
    while (rest.length > 0 || (side.frame !== null && side.frame.length === side.taken)) {
      if (side.frame === null) {
        const head = readHead(rest);
        if (head === null) {
          side.part = Buffer.from(rest);
          return;
        }
        if (head === 'broken') {
          this.lost(way, 0, at);
          return;
        }
        side.frame = head;
        side.taken = 0;
        rest = rest.subarray(head.bytes);
        this.#begin(side, head);
      }
      const { frame } = side;
      const piece = rest.subarray(0, frame.length - side.taken);
      rest = rest.subarray(piece.length);
      this.#payload(side, frame, piece);
      side.taken += piece.length;
      if (side.taken < frame.length) return;
      side.frame = null;
      if (frame.isFinal && frame.opcode < OPCODE.close) this.#tell(way, side, at);
    }
  }

  lost(way: Way, bytes: number, at: number): void {
    const side = this.#sides[way];
    side.message?.lose(bytes);
    this.#tell(way, side, at);
    side.part = EMPTY;
    side.frame = null;
    side.isSeeking = true;
    if (side.keepsWindow) side.window = null;
  }

  end(at: number): void {
    for (const way of ['out', 'in'] as const) {
      const side = this.#sides[way];
      if (side.message !== null) side.message.lose(0);
      this.#tell(way, side, at);
    }
    this.#hear(null, null, true, at);
  }

  settle(): void {
    // Every message is told when it is whole, and an open one has its limits.
  }

  #begin(side: Side, { opcode, isCompressed }: FrameHead): void {
    if (opcode >= OPCODE.close || opcode === OPCODE.continuation) return;
    side.message?.take();
    side.message = new OpenMessage(this.#parts.opening, this.#parts.room, this.#parts.limits);
    side.isCompressed = isCompressed;
  }

  #payload(side: Side, { opcode, mask }: FrameHead, piece: Buffer): void {
    if (opcode >= OPCODE.close || side.message === null || piece.length === 0) return;
    if (mask === null) {
      side.message.add(piece);
      return;
    }
    const plain = Buffer.allocUnsafe(piece.length);
    for (let i = 0; i < piece.length; i++) plain[i] = (piece[i] ?? 0) ^ (mask[(side.taken + i) & 3] ?? 0);
    side.message.add(plain);
  }

  #tell(way: Way, side: Side, at: number): void {
    const { message, isCompressed } = side;
    side.message = null;
    if (message === null) return;
    const heard = message.take();
    const read = isCompressed ? this.#inflated(side, heard) : heard;
    this.#hear(way === 'out' ? read : null, way === 'in' ? read : null, false, at);
  }

  #inflated(side: Side, heard: HeardMessage): HeardMessage {
    const { window } = side;
    const isWhole = heard.coverage.level === 'full';
    if (window === null || !isWhole) {
      if (side.keepsWindow) side.window = null;
      return { ...heard, body: EMPTY, coverage: isWhole ? truncated('lost the window') : heard.coverage };
    }
    try {
      const body = inflateRawSync(Buffer.concat([heard.body, SYNC_TAIL]), {
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: this.#parts.limits.maxBodyBytes,
        ...(window.length === 0 ? {} : { dictionary: window }),
      });
      if (side.keepsWindow) side.window = Buffer.from(Buffer.concat([window, body]).subarray(-WINDOW_BYTES));
      return { ...heard, body };
    } catch {
      // Not in this coding, or larger than is read: what refers to it later cannot be read either.
      if (side.keepsWindow) side.window = null;
      return { ...heard, body: EMPTY, coverage: { level: 'opaque', reason: 'encoded' } };
    }
  }

  #hear(request: HeardMessage | null, response: HeardMessage | null, isEnd: boolean, at: number): void {
    const { authority, hear } = this.#parts;
    hear({
      protocol: 'websocket',
      authority,
      request,
      response,
      isWithinStream: !isEnd,
      isComplete: true,
      startedAt: isEnd ? this.#startedAt : at,
      endedAt: at,
    });
  }
}

const EMPTY = Buffer.alloc(0);

/** The opening's own headers with what was agreed on: null where it is no WebSocket that was switched to. */
export function isWebSocket(answerHeaders: readonly string[]): boolean {
  return headerOf(answerHeaders, 'upgrade')?.toLowerCase() === 'websocket';
}

/** RFC 6455 §5.2; null where it is not whole. */
function readHead(bytes: Buffer): FrameHead | null | 'broken' {
  if (bytes.length < 2) return null;
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  const opcode = first & 0x0f;
  const isMasked = (second & 0x80) !== 0;
  if ((first & 0x30) !== 0 || (opcode > OPCODE.binary && opcode < OPCODE.close) || opcode > 10) return 'broken';
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const head = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < head) return bytes.length < MAX_HEAD_BYTES ? null : 'broken';
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (!Number.isSafeInteger(length)) return 'broken';
  return {
    isFinal: (first & 0x80) !== 0,
    isCompressed: (first & 0x40) !== 0,
    opcode,
    mask: isMasked ? Buffer.from(bytes.subarray(head - 4, head)) : null,
    length,
    bytes: head,
  };
}
