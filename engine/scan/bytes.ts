/**
 * What one byte of UTF-8 text is, for the hand-written readers. ASCII alone is told apart: every byte of a character
 * beyond ASCII counts as neither digit nor word, so that a value is found beside any script.
 */

const DIGIT = 1;
const UPPER = 2;
const LOWER = 4;
const HEX = 8;
const UNDERSCORE = 16;
const SPACE = 32;

const KIND = new Uint8Array(256);
for (let b = 0x30; b <= 0x39; b++) KIND[b] = DIGIT | HEX;
for (let b = 0x41; b <= 0x5a; b++) KIND[b] = UPPER | (b <= 0x46 ? HEX : 0);
for (let b = 0x61; b <= 0x7a; b++) KIND[b] = LOWER | (b <= 0x66 ? HEX : 0);
KIND[0x5f] = UNDERSCORE;
for (const b of [0x20, 0x09, 0x0a, 0x0d, 0x0b, 0x0c]) KIND[b] = SPACE;

/** `as number` here and below: a byte of a text at a place within it is one, and asking again is half of the time. */
function kind(byte: number): number {
  return KIND[byte] as number;
}

/** The byte at `i`; 0 outside the text. */
export function byteAt(text: Uint8Array, i: number): number {
  return i >= 0 && i < text.length ? (text[i] as number) : 0;
}

export function isDigit(byte: number): boolean {
  return (kind(byte) & DIGIT) !== 0;
}

export function isUpper(byte: number): boolean {
  return (kind(byte) & UPPER) !== 0;
}

export function isLetter(byte: number): boolean {
  return (kind(byte) & (UPPER | LOWER)) !== 0;
}

export function isHex(byte: number): boolean {
  return (kind(byte) & HEX) !== 0;
}

/** ASCII letter or digit. */
export function isAlnum(byte: number): boolean {
  return (kind(byte) & (UPPER | LOWER | DIGIT)) !== 0;
}

/** ASCII letter, digit or underscore. */
export function isWord(byte: number): boolean {
  return (kind(byte) & (UPPER | LOWER | DIGIT | UNDERSCORE)) !== 0;
}

/** ASCII white space, line ends included. */
export function isSpace(byte: number): boolean {
  return (kind(byte) & SPACE) !== 0;
}

/**
 * A letter, digit or underscore touches `start` from before. The letter of an escape such as `\\n` counts as what it
 * stands for: text that nobody has unescaped is full of them.
 */
export function touchesWordBefore(text: Uint8Array, start: number): boolean {
  if (start <= 0) return false;
  const before = text[start - 1] as number;
  if (!isWord(before)) return false;
  const isEscape = (before === 0x6e || before === 0x72 || before === 0x74) && byteAt(text, start - 2) === 0x5c;
  return !isEscape;
}

const SETS = new Map<string, Uint8Array>();

/** A set of ASCII bytes, for runs: `byteSet('a-zA-Z0-9_')`. A dash stands for itself at either end only. Made once for each spec; not to be changed. */
export function byteSet(spec: string): Uint8Array {
  const known = SETS.get(spec);
  if (known !== undefined) return known;
  const set = new Uint8Array(256);
  SETS.set(spec, set);
  for (let i = 0; i < spec.length; i++) {
    const low = spec.charCodeAt(i);
    if (spec[i + 1] === '-' && i + 2 < spec.length) {
      for (let b = low; b <= spec.charCodeAt(i + 2); b++) set[b] = 1;
      i += 2;
    } else set[low] = 1;
  }
  return set;
}

export function isIn(set: Uint8Array, byte: number): boolean {
  return set[byte] === 1;
}

/** End of the run of bytes of `set` that begins at `from`, looking no further than `limit` bytes. */
export function runEnd(text: Uint8Array, from: number, set: Uint8Array, limit: number): number {
  const last = Math.min(text.length, from + limit);
  let i = from;
  while (i < last && set[text[i] as number] === 1) i++;
  return i;
}

/** Start of the run of bytes of `set` that ends (exclusive) at `to`, looking back no further than `limit` bytes. */
export function runStart(text: Uint8Array, to: number, set: Uint8Array, limit: number): number {
  const first = Math.max(0, to - limit);
  let i = to;
  while (i > first && set[text[i - 1] as number] === 1) i--;
  return i;
}

/** End of the run of letters and digits that `from` stands in, or `from` itself. */
export function alnumEnd(text: Uint8Array, from: number): number {
  let end = from;
  while (end < text.length && isAlnum(text[end] as number)) end++;
  return end;
}

/** End of the run of digits that `from` stands in, or `from` itself. */
export function digitsEnd(text: Uint8Array, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text[end] as number)) end++;
  return end;
}

/** So near, bytes, a byte is looked for one by one: what the host's search costs to call is more than that. */
const CLOSE = 64;

/** Place of a byte at or after `from`; the length of the text where there is none. */
export function placeOf(text: Buffer, byte: number, from: number): number {
  const close = Math.min(text.length, from + CLOSE);
  for (let i = from; i < close; i++) if (text[i] === byte) return i;
  const at = text.indexOf(byte, close);
  return at === -1 ? text.length : at;
}

export function hasDigit(text: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (isDigit(text[i] as number)) return true;
  return false;
}

export function isAllDigits(text: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isDigit(text[i] as number)) return false;
  return true;
}

/** What the digits of a span say, of up to 15; other bytes must not stand in it. */
export function numberIn(text: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i++) number = number * 10 + (text[i] as number) - 0x30;
  return number;
}

/** The digits within a span, separators dropped; for short spans. */
export function digitsOf(text: Uint8Array, start: number, end: number): string {
  let digits = '';
  for (let i = start; i < end; i++) {
    const b = text[i] ?? 0;
    if (isDigit(b)) digits += String.fromCharCode(b);
  }
  return digits;
}
