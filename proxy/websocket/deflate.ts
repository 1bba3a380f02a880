/**
 * Messages compressed and decompressed (RFC 7692 §7.2). What later messages may look back on is the last part of the text
 * that went before, kept here and given to zlib with each message: a connection holds no zlib state between its messages,
 * which would cost 260 KB each way. Sizes are bounded, so that a small message cannot become a huge one.
 */
import { constants, createInflateRaw, deflateRaw, deflateRawSync, type InflateRaw, inflateRawSync } from 'node:zlib';
import { BrokenProtocol, CLOSE } from './close.ts';
import type { DeflateTerms } from './extensions.ts';

/** How far a decompressor has to be able to look back. */
const WINDOW_BYTES = 32 * 1024;
/** We look back less far than we may: each message pays for the window that it is given. */
const SEND_WINDOW_BYTES = 8 * 1024;
/** A sender takes these four bytes off the end of each message (§7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);
/** Past 1 MiB a message may not grow more than this many times. */
const MAX_RATIO = 100;
const RATIO_FROM = 1024 * 1024;
/** Smaller messages are decompressed at once, larger ones in the thread pool. */
export const AT_ONCE_BYTES = 16 * 1024;
/** Smaller messages hardly shrink. */
const MIN_DEFLATED_BYTES = 128;
const NOTHING = Buffer.alloc(0);

/** The end of the text so far. */
class Window {
  readonly #max: number;
  bytes: Buffer = NOTHING;

  constructor(maxBytes: number) {
    this.#max = maxBytes;
  }

  add(text: Buffer): void {
    if (text.length >= this.#max) this.bytes = Buffer.from(text.subarray(text.length - this.#max));
    else if (text.length > 0) {
      const kept = Math.max(0, Math.min(this.bytes.length, this.#max - text.length));
      this.bytes = Buffer.concat([this.bytes.subarray(this.bytes.length - kept), text]);
    }
  }

  clear(): void {
    this.bytes = NOTHING;
  }

  /** As zlib takes it, which takes no empty one. */
  get option(): { readonly dictionary?: Buffer } {
    return this.bytes.length === 0 ? {} : { dictionary: this.bytes };
  }
}

export class Inflater {
  readonly #window = new Window(WINDOW_BYTES);
  readonly #inContext: boolean;
  readonly #maxBytes: () => number;

  /** `maxBytes`: the greatest size of a message that is wanted, decompressed. */
  constructor(terms: DeflateTerms, maxBytes: () => number) {
    this.#inContext = terms.receivesInContext;
    this.#maxBytes = maxBytes;
  }

  /** A small message that is there whole. Throws BrokenProtocol. */
  whole(payload: Buffer): Buffer {
    let input: Buffer = Buffer.concat([payload, TAIL]);
    const most = mostBytes(payload.length, this.#maxBytes());
    const texts: Buffer[] = [];
    let size = 0;
    while (input.length > 0) {
      const { text, used } = inflateAtOnce(input, this.#window.option, most - size);
      texts.push(text);
      size += text.length;
      this.#window.add(text);
      // A last block, which a message may have in its middle (§7.2.3.4), ends a stream of zlib's but not the message.
      input = input.subarray(used);
    }
    if (!this.#inContext) this.#window.clear();
    return texts.length === 1 ? (texts[0] as Buffer) : Buffer.concat(texts);
  }

  /** A message that comes in pieces. */
  pieces(): InflatingMessage {
    return new InflatingMessage(this.#window, this.#maxBytes, this.#inContext);
  }
}

function inflateAtOnce(input: Buffer, window: object, maxOutputLength: number): { text: Buffer; used: number } {
  if (maxOutputLength <= 0) throw tooLarge();
  try {
    const options = { ...window, finishFlush: constants.Z_SYNC_FLUSH, info: true, maxOutputLength };
    const result: unknown = inflateRawSync(input, options);
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
    if (engine.bytesWritten === 0) throw undecodable();
    return { text: buffer, used: engine.bytesWritten };
  } catch (error) {
    if (error instanceof BrokenProtocol) throw error;
    throw error instanceof RangeError ? tooLarge() : undecodable();
  }
}

export class InflatingMessage {
  readonly #window: Window;
  readonly #maxBytes: () => number;
  readonly #inContext: boolean;
  #stream: InflateRaw | null = null;
  #texts: Buffer[] = [];
  #received = 0;
  #size = 0;
  #failure: BrokenProtocol | null = null;
  /** Told when zlib has done with what it was given. */
  #done: (() => void) | null = null;

  constructor(window: Window, maxBytes: () => number, inContext: boolean) {
    this.#window = window;
    this.#maxBytes = maxBytes;
    this.#inContext = inContext;
  }

  /** The text that comes out with this piece, maybe none yet. Rejects with BrokenProtocol. */
  async push(piece: Buffer): Promise<Buffer> {
    this.#received += piece.length;
    let input = piece;
    while (input.length > 0) input = input.subarray(await this.#write(input));
    return this.#taken();
  }

  /** The rest of the text. */
  async end(): Promise<Buffer> {
    let input = TAIL;
    while (input.length > 0) input = input.subarray(await this.#write(input));
    const text = this.#taken();
    this.destroy();
    if (!this.#inContext) this.#window.clear();
    return text;
  }

  destroy(): void {
    this.#stream?.destroy();
    this.#stream = null;
  }

  #taken(): Buffer {
    const texts = this.#texts;
    this.#texts = [];
    return texts.length === 1 ? (texts[0] as Buffer) : Buffer.concat(texts);
  }

  /** How many bytes of the input were used: fewer than there are behind a last block. */
  async #write(input: Buffer): Promise<number> {
    const stream = this.#stream ?? this.#open();
    this.#stream = stream;
    const before = stream.bytesWritten;
    await new Promise<void>((resolve) => {
      this.#done = resolve;
      stream.write(input, () => resolve());
    });
    this.#done = null;
    if (this.#failure !== null) throw this.#failure;
    const used = stream.bytesWritten - before;
    if (used === input.length) return used;
    this.destroy();
    if (used === 0 && before === 0) throw undecodable();
    return used;
  }

  #open(): InflateRaw {
    const stream = createInflateRaw({ ...this.#window.option, flush: constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 });
    const fail = (failure: BrokenProtocol): void => {
      this.#failure ??= failure;
      stream.destroy();
      this.#done?.();
    };
    stream.on('data', (text: Buffer) => {
      this.#size += text.length;
      if (this.#size > mostBytes(this.#received, this.#maxBytes())) return fail(tooLarge());
      this.#texts.push(text);
      this.#window.add(text);
    });
    stream.on('error', () => fail(undecodable()));
    // Behind a last block zlib takes nothing more, and does not call back.
    stream.on('end', () => this.#done?.());
    return stream;
  }
}

export class Deflater {
  readonly #window: Window | null;
  readonly #bits: number;

  constructor(sendBits: number, inContext: boolean) {
    this.#bits = sendBits;
    this.#window = inContext ? new Window(Math.min(SEND_WINDOW_BYTES, 2 ** sendBits)) : null;
  }

  /** The message compressed; null where it is to be sent as it is. */
  async deflate(payload: Buffer): Promise<Buffer | null> {
    if (payload.length < MIN_DEFLATED_BYTES) return null;
    const options = { ...this.#window?.option, windowBits: this.#bits, finishFlush: constants.Z_SYNC_FLUSH };
    const bytes =
      payload.length <= 4 * AT_ONCE_BYTES ? deflateRawSync(payload, options) : await deflateInPool(payload, options);
    if (bytes.length - TAIL.length >= payload.length) return null;
    this.#window?.add(payload);
    return bytes.subarray(0, bytes.length - TAIL.length);
  }
}

function deflateInPool(payload: Buffer, options: object): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflateRaw(payload, options, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
  });
}

function mostBytes(received: number, maxBytes: number): number {
  return Math.min(maxBytes, Math.max(RATIO_FROM, received * MAX_RATIO));
}

function tooLarge(): BrokenProtocol {
  return new BrokenProtocol(CLOSE.tooLarge, 'a message that decompresses to more than is taken');
}

function undecodable(): BrokenProtocol {
  return new BrokenProtocol(CLOSE.invalidText, 'a compressed message that cannot be decompressed');
}
