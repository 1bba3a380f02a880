/** Frames as they go on the wire (RFC 6455 §5.2); towards a server masked, each with a new key (§5.3). */
import { randomFillSync } from 'node:crypto';
import { unmask } from './frame-reader.ts';

export interface FrameHead {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  /** Bytes of the payload. */
  readonly length: number;
}

/** Keys must not be guessed, and each costs a call into the system otherwise. */
const KEYS = Buffer.alloc(4096);
let keyAt = KEYS.length;

export function newMask(): Buffer {
  if (keyAt === KEYS.length) {
    randomFillSync(KEYS);
    keyAt = 0;
  }
  keyAt += 4;
  return Buffer.from(KEYS.subarray(keyAt - 4, keyAt));
}

/** A frame whole. The payload given stays as it is. */
export function frame(head: FrameHead, payload: Buffer, isMasked: boolean): Buffer {
  const mask = isMasked ? newMask() : null;
  const start = headBytes(head.length) + (isMasked ? 4 : 0);
  const bytes = Buffer.allocUnsafe(start + payload.length);
  writeHead(bytes, head, mask);
  bytes.set(payload, start);
  if (mask !== null) unmask(bytes.subarray(start), mask, 0);
  return bytes;
}

/** The head of a frame whose payload follows in pieces. */
export function frameHead(head: FrameHead, mask: Buffer | null): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes(head.length) + (mask === null ? 0 : 4));
  writeHead(bytes, head, mask);
  return bytes;
}

/** A piece of a payload as it goes on the wire; `at` is where it stands in it. */
export function masked(piece: Buffer, mask: Buffer | null, at: number): Buffer {
  if (mask === null) return piece;
  const bytes = Buffer.from(piece);
  unmask(bytes, mask, at);
  return bytes;
}

function headBytes(length: number): number {
  return length < 126 ? 2 : length < 0x1_00_00 ? 4 : 10;
}

function writeHead(bytes: Buffer, { opcode, isFinal, isCompressed, length }: FrameHead, mask: Buffer | null): void {
  const size = headBytes(length);
  bytes[0] = opcode | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0);
  const maskBit = mask === null ? 0 : 0x80;
  if (size === 2) bytes[1] = maskBit | length;
  else if (size === 4) {
    bytes[1] = maskBit | 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = maskBit | 127;
    bytes.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
    bytes.writeUInt32BE(length % 2 ** 32, 6);
  }
  if (mask !== null) bytes.set(mask, size);
}
