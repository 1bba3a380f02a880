/**
 * The number pass: runs of digits are read once, with the separators between them, and handed to recognizers by how
 * many digits and groups they have, instead of one pattern a kind over the whole text. It reads at most MAX_GROUPS
 * groups at a time, so that a page of numbers costs the same per byte as a line of them.
 */
import { byteAt, digitsEnd, isDigit, isWord } from './bytes.ts';

export const SPACE = 1;
export const DASH = 2;
export const DOT = 4;
export const SLASH = 8;
export const PAREN = 16;

/** Groups of digits with the separators between them. The arrays are used again for the next chain. */
export class NumberChain {
  static readonly MAX_GROUPS = 48;
  count = 0;
  readonly starts = new Int32Array(NumberChain.MAX_GROUPS);
  readonly ends = new Int32Array(NumberChain.MAX_GROUPS);
  /** Separator between group i and i + 1, as bits; 0 after the last. */
  readonly separators = new Int32Array(NumberChain.MAX_GROUPS);
  /** True when more groups follow than fit. */
  overflows = false;

  /** Reads the chain whose first digit stands at `at`. Returns the end of what was read. */
  read(text: Uint8Array, at: number): number {
    this.count = 0;
    this.overflows = false;
    let start = at;
    for (;;) {
      const end = digitsEnd(text, start + 1);
      // Digits that run on into a word (`4th`, `3fa9`) are no group.
      if (isWord(byteAt(text, end))) return end;
      const index = this.count++;
      this.starts[index] = start;
      this.ends[index] = end;
      this.separators[index] = 0;
      const separator = readSeparator(text, end);
      if (separator === 0) return end;
      const next = end + (separator >> 8);
      if (this.count === NumberChain.MAX_GROUPS) {
        this.overflows = true;
        return next;
      }
      this.separators[index] = separator & 0xff;
      start = next;
    }
  }

  start(group: number): number {
    return this.starts[group] as number;
  }

  end(group: number): number {
    return this.ends[group] as number;
  }

  digits(group: number): number {
    return (this.ends[group] as number) - (this.starts[group] as number);
  }

  /** Bits of all separators between groups `first` and `last`. */
  joined(first: number, last: number): number {
    let bits = 0;
    for (let i = first; i < last; i++) bits |= this.separators[i] ?? 0;
    return bits;
  }

  /** True where a value may end after `group`: the chain ends there, or goes on after a space. */
  mayBreakAfter(group: number): boolean {
    return group === this.count - 1 || ((this.separators[group] as number) & SPACE) !== 0;
  }
}

/**
 * The separator at `at`, if a digit follows it: its length in bytes, shifted left by 8, and its bits; else 0.
 * One space, dash, dot or slash; brackets with a space or dash on either side; the no-break and thin spaces and the
 * dashes of U+2010..U+2015 as well.
 */
function readSeparator(text: Uint8Array, at: number): number {
  let bits = 0;
  let i = at;
  for (let count = 0; count < 3; count++) {
    const byte = byteAt(text, i);
    let bit = 0;
    let width = 1;
    if (byte === 0x20) bit = SPACE;
    else if (byte === 0x2d) bit = DASH;
    else if (byte === 0x2e) bit = DOT;
    else if (byte === 0x2f) bit = SLASH;
    else if (byte === 0x28 || byte === 0x29) bit = PAREN;
    else if (byte === 0xc2 && byteAt(text, i + 1) === 0xa0) {
      bit = SPACE;
      width = 2;
    } else if (byte === 0xe2 && byteAt(text, i + 1) === 0x80) {
      const third = byteAt(text, i + 2);
      if (third === 0x89 || third === 0xaf) bit = SPACE;
      else if (third >= 0x90 && third <= 0x95) bit = DASH;
      width = 3;
    }
    if (bit === 0) return 0;
    // Two of a kind are no separator between groups of one value: `1..5`, `10  20`.
    if ((bits & bit) !== 0 && bit !== SPACE && bit !== PAREN) return 0;
    if (bit === SPACE && (bits & SPACE) !== 0 && (bits & (DASH | PAREN | SLASH)) === 0) return 0;
    bits |= bit;
    i += width;
    if (isDigit(byteAt(text, i))) return ((i - at) << 8) | bits;
  }
  return 0;
}

/** Longest part of a chain that is handed out, groups. */
export const MAX_PART_GROUPS = 8;
/** Most digits of a part that is handed out. */
export const MAX_PART_DIGITS = 24;
