/**
 * Runs of letters that hold a text of their own: base64 in either alphabet (RFC 4648 §4 and §5), wrapped or not, of
 * text or of gzip (RFC 1952), and hexadecimal. What decodes to anything else is no text and is left alone.
 */
import { gunzipSync } from 'node:zlib';
import { isText, type LetterRun, opensText } from '../../encodings/base64.ts';
import { isHex } from '../bytes.ts';
import type { Budget, View } from './view.ts';

/** gzip may not grow a text more than this many times. */
const MAX_RATIO = 100;
const MAX_UNPACKED = 1024 * 1024;

/** Views of those `runs` that hold a text. `isBase64Read`: base64 of text is somebody else's, who has read it. */
export function* packedViews(
  text: Buffer,
  runs: readonly LetterRun[],
  isBase64Read: boolean,
  budget: Budget,
): Generator<View> {
  for (const { start, end } of runs) {
    const hex = hexView(text, start, end, budget);
    if (hex !== null) yield hex;
    else if (opensText(text, start) || opensGzip(text, start)) {
      const view = base64View(text, start, end, isBase64Read, budget);
      if (view !== null) yield view;
    }
  }
}

/** `1f 8b 08`. */
function opensGzip(text: Buffer, start: number): boolean {
  return text[start] === 0x48 && text[start + 1] === 0x34 && text[start + 2] === 0x73 && text[start + 3] === 0x49;
}

function base64View(text: Buffer, start: number, end: number, isBase64Read: boolean, budget: Budget): View | null {
  const letters = text.toString('latin1', start, end);
  const isUrlSafe = letters.includes('-') || letters.includes('_');
  if (isUrlSafe && (letters.includes('+') || letters.includes('/'))) return null;
  const bytes = Buffer.from(letters, isUrlSafe ? 'base64url' : 'base64');
  if (opensGzip(text, start)) {
    const inner = unpacked(bytes);
    return inner === null || !budget.take(inner.length) ? null : new WholeRun(inner, start, end);
  }
  if (isBase64Read || bytes.length < 8 || !isText(bytes) || !budget.take(bytes.length)) return null;
  return new Units(bytes, text, start, end, 3, 4);
}

function unpacked(bytes: Buffer): Buffer | null {
  try {
    const inner = gunzipSync(bytes, { maxOutputLength: Math.min(MAX_UNPACKED, bytes.length * MAX_RATIO) });
    return isText(inner) ? inner : null;
  } catch {
    // Cut off, broken or too large: it stays what it was, a run of letters.
    return null;
  }
}

function hexView(text: Buffer, start: number, end: number, budget: Budget): View | null {
  // Of hashes, which are no text, all but one in fifty fail at the first two bytes.
  if (!isVisible(text, start) || !isVisible(text, start + 2)) return null;
  for (let i = start; i < end; i++) if (!isHex(text[i] as number) && !isLineEnd(text[i] as number)) return null;
  const bytes = Buffer.from(text.toString('latin1', start, end).replace(/[\r\n]+/g, ''), 'hex');
  return isText(bytes) && budget.take(bytes.length) ? new Units(bytes, text, start, end, 1, 2) : null;
}

/** Two hexadecimal digits at `at` stand for a character of ASCII that can be seen, or a space. */
function isVisible(text: Buffer, at: number): boolean {
  const high = text[at] as number;
  const low = text[at + 1] as number;
  if (!isHex(high) || !isHex(low)) return false;
  return high >= 0x32 && high <= 0x37 && !(high === 0x37 && (low | 0x20) === 0x66);
}

function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/** Every place is the whole run: a part of a compressed text cannot be taken out. */
class WholeRun implements View {
  readonly text: Buffer;
  readonly from: number;
  readonly to: number;

  constructor(text: Buffer, from: number, to: number) {
    this.text = text;
    this.from = from;
    this.to = to;
  }

  place(): { start: number; end: number } {
    return { start: this.from, end: this.to };
  }
}

/** So many bytes are so many letters; line ends between letters count as neither. */
class Units implements View {
  readonly text: Buffer;
  readonly from: number;
  readonly to: number;
  readonly #source: Buffer;
  readonly #bytes: number;
  readonly #letters: number;

  constructor(text: Buffer, source: Buffer, from: number, to: number, bytes: number, letters: number) {
    this.text = text;
    this.#source = source;
    this.from = from;
    this.to = to;
    this.#bytes = bytes;
    this.#letters = letters;
  }

  place(start: number, end: number): { start: number; end: number } {
    const first = Math.floor(start / this.#bytes) * this.#letters;
    const behind = Math.ceil(end / this.#bytes) * this.#letters;
    return { start: this.#letter(first, false), end: this.#letter(behind, true) };
  }

  /** Place of the letter of that number, or behind the one before it; the end of the run where there are fewer. */
  #letter(number: number, isBehind: boolean): number {
    let left = isBehind ? number - 1 : number;
    for (let i = this.from; i < this.to; i++) {
      if (isLineEnd(this.#source[i] as number)) continue;
      if (left === 0) return isBehind ? i + 1 : i;
      left--;
    }
    return this.to;
  }
}
