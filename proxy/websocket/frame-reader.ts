/**
 * Reads frames off a connection (RFC 6455 §5): heads, masks, lengths, the order of fragments and the rules for control
 * frames. Large payloads are handed on in the pieces in which they come; control frames come whole. It joins nothing and
 * looks into no payload. Pure.
 */
import { BrokenProtocol, CLOSE } from './close.ts';

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSING = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** A piece of a frame's payload, unmasked. */
export interface FramePiece {
  readonly opcode: number;
  /** The frame is the last of its message. */
  readonly isFinal: boolean;
  /** RSV1: the message that begins with this frame is compressed (RFC 7692 §6). */
  readonly isCompressed: boolean;
  /** Bytes of the whole payload. */
  readonly length: number;
  /** Where the piece begins in it. */
  readonly at: number;
  readonly bytes: Buffer;
}

export interface FrameRules {
  /** Frames from a client are masked, those from a server are not (§5.1). */
  readonly isMasked: boolean;
  /** permessage-deflate was negotiated. */
  readonly mayCompress: boolean;
}

const MAX_CONTROL_BYTES = 125;
const EMPTY = Buffer.alloc(0);

interface Head {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly length: number;
  readonly mask: Buffer | null;
}

export class FrameReader {
  readonly #rules: FrameRules;
  /** The beginning of a head, or of a control frame's payload. */
  #part: Buffer = EMPTY;
  #head: Head | null = null;
  #at = 0;
  #isWithinMessage = false;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /**
   * What is in the next bytes, piece by piece as it is asked for; to be gone through to its end before the next call. The
   * bytes are unmasked in place. Throws BrokenProtocol.
   */
  *read(chunk: Buffer): Generator<FramePiece, void, void> {
    let bytes = this.#part.length === 0 ? chunk : Buffer.concat([this.#part, chunk]);
    this.#part = EMPTY;
    for (;;) {
      if (this.#head === null) {
        const size = headSize(bytes);
        if (size > bytes.length) break;
        this.#head = this.#readHead(bytes, size);
        this.#at = 0;
        bytes = bytes.subarray(size);
      }
      const head = this.#head;
      const left = head.length - this.#at;
      if (left > 0 && bytes.length === 0) return;
      if (head.opcode >= CLOSING && bytes.length < left) break;
      const piece = bytes.subarray(0, Math.min(left, bytes.length));
      bytes = bytes.subarray(piece.length);
      if (head.mask !== null) unmask(piece, head.mask, this.#at);
      const { opcode, isFinal, isCompressed, length } = head;
      const at = this.#at;
      this.#at += piece.length;
      if (this.#at === length) this.#head = null;
      yield { opcode, isFinal, isCompressed, length, at, bytes: piece };
    }
    this.#part = bytes;
  }

  /** True between two frames. */
  get isBetween(): boolean {
    return this.#head === null && this.#part.length === 0;
  }

  #readHead(bytes: Buffer, size: number): Head {
    const first = bytes[0] as number;
    const opcode = first & 0x0f;
    const isFinal = (first & 0x80) !== 0;
    const isCompressed = (first & 0x40) !== 0;
    if ((first & 0x30) !== 0) throw broken('a reserved bit is set');
    const isMasked = ((bytes[1] as number) & 0x80) !== 0;
    if (isMasked !== this.#rules.isMasked) throw broken(isMasked ? 'a masked frame' : 'a frame without a mask');
    const length = payloadLength(bytes);
    if (opcode >= CLOSING) checkControl(opcode, isFinal, isCompressed, length);
    else this.#checkData(opcode, isFinal, isCompressed);
    return {
      opcode,
      isFinal,
      isCompressed,
      length,
      mask: isMasked ? Buffer.from(bytes.subarray(size - 4, size)) : null,
    };
  }

  #checkData(opcode: number, isFinal: boolean, isCompressed: boolean): void {
    if (opcode > BINARY) throw broken('an opcode that is not assigned');
    if (opcode === CONTINUATION) {
      if (!this.#isWithinMessage) throw broken('a fragment without a beginning');
      if (isCompressed) throw broken('a reserved bit on a fragment');
    } else {
      if (this.#isWithinMessage) throw broken('a message within another');
      if (isCompressed && !this.#rules.mayCompress) throw broken('compression that was not negotiated');
    }
    this.#isWithinMessage = !isFinal;
  }
}

function checkControl(opcode: number, isFinal: boolean, isCompressed: boolean, length: number): void {
  if (opcode > PONG) throw broken('an opcode that is not assigned');
  if (!isFinal) throw broken('a control frame in fragments');
  if (isCompressed) throw broken('a compressed control frame');
  if (length > MAX_CONTROL_BYTES) throw broken('a control frame of more than 125 bytes');
}

/** Bytes of the head that begins here, as far as can be told; more than there are where it is not whole. */
function headSize(bytes: Buffer): number {
  if (bytes.length < 2) return 2;
  const second = bytes[1] as number;
  const length = second & 0x7f;
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((second & 0x80) !== 0 ? 4 : 0);
}

function payloadLength(bytes: Buffer): number {
  const short = (bytes[1] as number) & 0x7f;
  if (short < 126) return short;
  if (short === 126) {
    const length = bytes.readUInt16BE(2);
    if (length < 126) throw broken('a length in more bytes than it needs');
    return length;
  }
  const high = bytes.readUInt32BE(2);
  if (high > 0x1f_ff_ff) throw broken('a length that nobody can mean');
  const length = high * 2 ** 32 + bytes.readUInt32BE(6);
  if (length < 0x1_00_00) throw broken('a length in more bytes than it needs');
  return length;
}

/** Masking and unmasking are the same (§5.3); `at` is where the bytes stand in their payload. In place. */
export function unmask(bytes: Buffer, mask: Buffer, at: number): void {
  const keys = [0, 1, 2, 3].map((i) => mask[(at + i) & 3] as number);
  const [k0, k1, k2, k3] = keys as [number, number, number, number];
  const { length } = bytes;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    bytes[i] = (bytes[i] as number) ^ k0;
    bytes[i + 1] = (bytes[i + 1] as number) ^ k1;
    bytes[i + 2] = (bytes[i + 2] as number) ^ k2;
    bytes[i + 3] = (bytes[i + 3] as number) ^ k3;
  }
  for (; i < length; i++) bytes[i] = (bytes[i] as number) ^ (keys[i & 3] as number);
}

function broken(what: string): BrokenProtocol {
  return new BrokenProtocol(CLOSE.protocol, what);
}
