/**
 * Streams of messages, each with a head of five bytes: a byte of flags and a length (gRPC over HTTP/2, gRPC-web, the
 * Connect protocol). Messages come out whole however the bytes are cut; one that is too large comes in pieces and is kept
 * by nobody. It undoes no compression and decides nothing.
 */

/** The payload is compressed. */
export const COMPRESSED = 0x01;
/** Connect: the payload is the end of the stream, as JSON. */
export const END_STREAM = 0x02;
/** gRPC-web: the payload is the trailers, as lines of a head. */
export const TRAILERS = 0x80;

const HEAD_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** `large`: more than the reader takes; its head, and then its payload as `rest` in pieces as they come. */
export type Piece =
  | { readonly kind: 'message'; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'large'; readonly flags: number; readonly length: number; readonly head: Buffer }
  | { readonly kind: 'rest'; readonly bytes: Buffer };

export class EnvelopeReader {
  readonly #maxBytes: number;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headHas = 0;
  /** Grown by doubling: a message that comes byte by byte would cost a hundred times its size as a list of pieces. */
  #space = NOTHING;
  #has = 0;
  /** Bytes of the payload that are still to come. */
  #left = 0;
  #isLarge = false;

  /** A message of more than `maxBytes` is not gathered. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A message has begun and is not whole. */
  get isWithin(): boolean {
    return this.#headHas > 0;
  }

  /** What is kept of a message that is not whole. */
  get heldBytes(): number {
    return this.#isLarge ? 0 : this.#headHas + this.#has;
  }

  push(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#headHas < HEAD_BYTES) {
        const taken = chunk.copy(this.#head, this.#headHas, at, at + HEAD_BYTES - this.#headHas);
        this.#headHas += taken;
        at += taken;
        if (this.#headHas === HEAD_BYTES) this.#begin(pieces);
        continue;
      }
      const part = chunk.subarray(at, at + this.#left);
      at += part.length;
      this.#left -= part.length;
      if (this.#isLarge) pieces.push({ kind: 'rest', bytes: part });
      else if (this.#left > 0 || this.#has > 0) this.#keep(part);
      if (this.#left === 0) this.#end(pieces, this.#has > 0 ? this.#space.subarray(0, this.#has) : part);
    }
    return pieces;
  }

  #begin(pieces: Piece[]): void {
    const length = this.#head.readUInt32BE(1);
    this.#left = length;
    this.#isLarge = length > this.#maxBytes;
    if (this.#isLarge) pieces.push({ kind: 'large', flags: this.#flags, length, head: Buffer.from(this.#head) });
    else if (length === 0) this.#end(pieces, NOTHING);
  }

  #keep(part: Buffer): void {
    const needed = this.#has + part.length;
    if (needed > this.#space.length) {
      const space = Buffer.allocUnsafe(Math.min(needed + this.#left, Math.max(2 * needed, 1024)));
      this.#space.copy(space, 0, 0, this.#has);
      this.#space = space;
    }
    part.copy(this.#space, this.#has);
    this.#has = needed;
  }

  #end(pieces: Piece[], payload: Buffer): void {
    if (!this.#isLarge) pieces.push({ kind: 'message', flags: this.#flags, payload });
    this.#space = NOTHING;
    this.#has = 0;
    this.#headHas = 0;
    this.#isLarge = false;
  }

  get #flags(): number {
    return this.#head[0] as number;
  }
}

/** A message as it stands in the stream. */
export function envelope(flags: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(payload.length, 1);
  payload.copy(bytes, HEAD_BYTES);
  return bytes;
}

/** Base64 (RFC 4648 §4) in a stream, as gRPC-web has it for old browsers: padding may stand within, after any piece. */
export class Base64Reader {
  #rest = '';

  /** Letters of a group of four are there, and not all of them. */
  get isWithin(): boolean {
    return this.#rest !== '';
  }

  /** The bytes that are complete; null where it is no base64. */
  push(chunk: Buffer): Buffer | null {
    const text = this.#rest + chunk.toString('latin1');
    const end = text.length - (text.length % 4);
    this.#rest = text.slice(end);
    const pieces: Buffer[] = [];
    for (let at = 0; at < end; ) {
      const padding = text.indexOf('=', at);
      const to = padding === -1 || padding >= end ? end : padding + 4 - (padding % 4);
      const group = text.slice(at, to);
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(group)) return null;
      pieces.push(Buffer.from(group, 'base64'));
      at = to;
    }
    return Buffer.concat(pieces);
  }
}
