/**
 * How the bytes of a file are written, told by its first 8 KiB, and their turning into UTF-8 piece by piece: UTF-8, and
 * UTF-16 with a byte-order mark or with the zero byte of every other place that tells ASCII text in it. What is no text
 * is told as such.
 */
export type Encoding = 'utf8' | 'utf16le' | 'utf16be';

/** How far into a text `encodingOf` looks, bytes. */
export const PROBE_BYTES = 8192;
/** Of a text with a stray NUL, at most one byte in this many is a control character. */
const CONTROLS_IN_TEXT = 50;
/** UTF-16 without a mark is believed from this many bytes on. */
const MIN_UNMARKED = 16;

/** Null where it is no text. A NUL makes it none, unless all the rest reads as UTF-8 text. */
export function encodingOf(probe: Buffer): Encoding | null {
  const [first, second] = probe;
  const isUtf32 = probe[2] === 0 && probe[3] === 0;
  if (first === 0xff && second === 0xfe) return isUtf32 ? null : 'utf16le';
  if (first === 0xfe && second === 0xff) return 'utf16be';
  const head = probe.subarray(0, PROBE_BYTES);
  if (!head.includes(0)) return 'utf8';
  return unmarkedUtf16(head) ?? (isTextBeside(head) ? 'utf8' : null);
}

function unmarkedUtf16(head: Buffer): Encoding | null {
  if (head.length < MIN_UNMARKED) return null;
  const zeros: [number, number] = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i % 2 === 0 ? 0 : 1]++;
  const many = head.length * 0.4;
  if (zeros[1] > many && zeros[0] === 0) return 'utf16le';
  return zeros[0] > many && zeros[1] === 0 ? 'utf16be' : null;
}

function isTextBeside(head: Buffer): boolean {
  let controls = 0;
  for (const byte of head) {
    if (byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte !== 0x1b) controls++;
  }
  if (controls * CONTROLS_IN_TEXT > head.length) return false;
  // The last character may be cut by the end of the probe.
  return head.length - head.toString('utf8').lastIndexOf('\ufffd') <= 4 || !head.toString('utf8').includes('\ufffd');
}

/** Turns pieces of a text into UTF-8, without its byte-order mark; a character may be cut between two of UTF-16. */
export class Utf8Pieces {
  readonly #encoding: Encoding;
  #isFirst = true;
  /** Bytes of UTF-16 that are no whole character yet: at most three. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  /** The next piece; of UTF-8 the bytes themselves. */
  next(piece: Buffer): Buffer {
    if (this.#encoding === 'utf8') {
      const hasMark = this.#isFirst && piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf;
      this.#isFirst &&= piece.length === 0;
      return hasMark ? piece.subarray(3) : piece;
    }
    const all = Buffer.concat([this.#rest, piece]);
    let whole = all.length - (all.length % 2);
    if (whole > 0 && isHighSurrogate(all, whole - 2, this.#encoding)) whole -= 2;
    this.#rest = Buffer.from(all.subarray(whole));
    return this.#decoded(all.subarray(0, whole));
  }

  /** What is left when the last piece has been handed in. */
  end(): Buffer {
    return this.#decoded(this.#rest.subarray(0, this.#rest.length - (this.#rest.length % 2)));
  }

  #decoded(units: Buffer): Buffer {
    const text = (this.#encoding === 'utf16be' ? units.swap16() : units).toString('utf16le');
    const hasMark = this.#isFirst && text.startsWith('\ufeff');
    this.#isFirst &&= text === '';
    return Buffer.from(hasMark ? text.slice(1) : text, 'utf8');
  }
}

function isHighSurrogate(units: Buffer, at: number, encoding: Encoding): boolean {
  const unit = encoding === 'utf16le' ? units.readUInt16LE(at) : units.readUInt16BE(at);
  return unit >= 0xd800 && unit < 0xdc00;
}
