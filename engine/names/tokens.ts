/**
 * A text as tokens, read byte by byte: words (letters, digits, `_`), single marks and line ends; spaces are left out. A
 * run of one mark is one token. Of a word it takes two hashes on the way, so that a word seen before is known without
 * being looked at again. Non-ASCII letters count as letters, the marks and symbols of Unicode as marks; it decodes
 * nothing, and any bytes are good.
 */

/** Tokens read at a time. */
export const BLOCK = 4096;

export const WORD = 0;
export const MARK = 1;
export const LINE = 2;

const SPACE = 0;
const LETTER = 1;
const HIGH = 2;
const OTHER = 3;
const LINE_END = 4;

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x0a || byte === 0x0d) return LINE_END;
  if (byte <= 0x20 || byte === 0x7f) return SPACE;
  if (byte >= 0x80) return HIGH;
  return /\w/.test(String.fromCharCode(byte)) ? LETTER : OTHER;
});

export class Tokens {
  count = 0;
  readonly starts = new Int32Array(BLOCK + 1);
  readonly ends = new Int32Array(BLOCK + 1);
  readonly kinds = new Uint8Array(BLOCK + 1);
  /** Of a word its hash; of a mark its first byte, of one beyond ASCII its last; of line ends how many lines, two at most. */
  readonly first = new Int32Array(BLOCK + 1);
  readonly second = new Int32Array(BLOCK + 1);
  /** 1 where no space stands before the token. */
  readonly glued = new Uint8Array(BLOCK + 1);

  /** Reads up to BLOCK tokens from `at`; returns where it stopped. */
  read(text: Uint8Array, at: number): number {
    const { starts, ends, kinds, first, second, glued } = this;
    const length = text.length;
    let i = at;
    let n = 0;
    let from = at;
    while (n < BLOCK) {
      while (i < length && KINDS[text[i] as number] === SPACE) i++;
      if (i >= length) break;
      const start = i;
      const byte = text[i] as number;
      const kind = KINDS[byte] as number;
      starts[n] = start;
      glued[n] = start === from && start > 0 ? 1 : 0;
      if (kind === LETTER || (kind === HIGH && isLetterAt(text, i))) {
        let a = 0x811c9dc5 | 0;
        let b = 0x2545f491 | 0;
        for (;;) {
          const own = text[i] as number;
          a = Math.imul(a ^ own, 0x01000193);
          b = Math.imul(b + own, 0x9e3779b1) ^ (b >>> 15);
          i++;
          if (i >= length) break;
          const next = KINDS[text[i] as number] as number;
          if (next === LETTER) continue;
          if (next !== HIGH || !isLetterAt(text, i)) break;
        }
        kinds[n] = WORD;
        first[n] = a;
        second[n] = b;
      } else if (kind === LINE_END || isEscapedLine(text, i)) {
        let lines = 0;
        for (;;) {
          const own = text[i] as number;
          if (own === 0x0a) {
            lines++;
            i++;
          } else if (KINDS[own] === SPACE || own === 0x0d) i++;
          else if (i < length && isEscapedLine(text, i)) {
            if (text[i + 1] === 0x6e) lines++;
            i += 2;
          } else break;
          if (i >= length) break;
        }
        kinds[n] = LINE;
        first[n] = lines > 1 ? 2 : 1;
      } else if (kind === HIGH) {
        i += lengthAt(text, i);
        kinds[n] = MARK;
        first[n] = text[i - 1] ?? byte;
        if (isSpaceAt(text, start)) {
          from = start;
          continue;
        }
      } else {
        i++;
        while (i < length && text[i] === byte) i++;
        kinds[n] = MARK;
        first[n] = byte;
      }
      ends[n] = i;
      from = i;
      n++;
    }
    this.count = n;
    return i;
  }
}

/** `\n` and `\r` as a JSON string or a program's text writes them. */
function isEscapedLine(text: Uint8Array, at: number): boolean {
  if (text[at] !== 0x5c) return false;
  const next = text[at + 1];
  if (next === 0x72) return text[at + 2] === 0x5c && text[at + 3] === 0x6e;
  return next === 0x6e;
}

/** No-break and the other wide spaces. */
function isSpaceAt(text: Uint8Array, at: number): boolean {
  if (text[at] === 0xc2) return text[at + 1] === 0xa0;
  return text[at] === 0xe2 && text[at + 1] === 0x80 && (text[at + 2] ?? 0) <= 0x8f;
}

function lengthAt(text: Uint8Array, at: number): number {
  const byte = text[at] as number;
  const wanted = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
  let length = 1;
  while (length < wanted && ((text[at + length] ?? 0) & 0xc0) === 0x80) length++;
  return length;
}

/** Whether a letter begins (or goes on) at a byte of 0x80 or above: not the marks of Latin-1, of U+2000..U+2BFF, emoji. */
function isLetterAt(text: Uint8Array, at: number): boolean {
  const byte = text[at] as number;
  if (byte === 0xc2) {
    const next = text[at + 1] ?? 0;
    return next === 0xaa || next === 0xb5 || next === 0xba;
  }
  if (byte === 0xc3) return text[at + 1] !== 0x97 && text[at + 1] !== 0xb7;
  if (byte === 0xe2) {
    const next = text[at + 1] ?? 0;
    return next >= 0xb0;
  }
  if (byte === 0xe3) return text[at + 1] !== 0x80;
  if (byte === 0xef) return text[at + 1] !== 0xb8 && text[at + 1] !== 0xbb;
  if (byte === 0xf0) return text[at + 1] !== 0x9f;
  return true;
}
