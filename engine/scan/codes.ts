/**
 * The code pass: runs of letters and digits that hold at least one of each, with the separators between their groups,
 * read once and handed to recognizers by length and by which characters are digits. What is digits alone is the number
 * pass's. It reads at most MAX_GROUPS groups at a time, so that a page of codes costs the same per byte as a line.
 */
import { alnumEnd, byteAt, hasDigit, isAllDigits, isAlnum, isDigit, isUpper, isWord } from './bytes.ts';
import { MAX_FORM } from './forms.ts';
import { DASH, DOT, PAREN, SLASH, SPACE } from './numbers.ts';

/** Letters of a group without a digit that still belongs to a code: `CHE-`, `ES X`. */
const MAX_LETTERS = 4;
/** Groups without a digit before the first that has one. */
const MAX_LEADING = 2;

export class CodeChain {
  static readonly MAX_GROUPS = 16;
  count = 0;
  readonly starts = new Int32Array(CodeChain.MAX_GROUPS);
  readonly ends = new Int32Array(CodeChain.MAX_GROUPS);
  /** Separator between group i and i + 1, as bits; 0 after the last. */
  readonly separators = new Int32Array(CodeChain.MAX_GROUPS);
  /** 1 for a group of letters alone. */
  readonly #lettered = new Uint8Array(CodeChain.MAX_GROUPS);

  /**
   * Reads the chain round the digit at `at`. Returns the end of what was read; `count` is 0 where there is no letter in
   * it, where it is part of something longer than a code, or where a `_` touches it.
   */
  read(text: Uint8Array, at: number): number {
    this.count = 0;
    const start = tokenStart(text, at);
    let end = alnumEnd(text, at + 1);
    if (start === -1 || end - start > MAX_FORM || byteAt(text, end) === 0x5f) return end;
    this.#readLeading(text, start);
    let hasLetter = this.count > 0;
    let from = start;
    for (;;) {
      const isLettered = !hasDigit(text, from, end);
      hasLetter ||= isLettered || !isAllDigits(text, from, end);
      this.#add(from, end, isLettered);
      if (this.count === CodeChain.MAX_GROUPS) break;
      const separator = separatorAt(text, end);
      if (separator === 0) break;
      const next = end + (separator >> 8);
      const nextEnd = alnumEnd(text, next);
      if (nextEnd - next > MAX_FORM || byteAt(text, nextEnd) === 0x5f) break;
      if (!hasDigit(text, next, nextEnd) && !isShortGroup(text, next, nextEnd, separator & 0xff)) break;
      this.separators[this.count - 1] = separator & 0xff;
      from = next;
      end = nextEnd;
    }
    if (!hasLetter) this.count = 0;
    return end;
  }

  start(group: number): number {
    return this.starts[group] as number;
  }

  end(group: number): number {
    return this.ends[group] as number;
  }

  /** The end of a value whose last group is `last`, with the bracket that closes it: `A123456(7)`. */
  closedEnd(last: number, text: Uint8Array): number {
    const end = this.end(last);
    const isOpen = last > 0 && ((this.separators[last - 1] as number) & PAREN) !== 0;
    return isOpen && byteAt(text, end) === 0x29 ? end + 1 : end;
  }

  /** A value may begin at `first`: nothing is joined to it from before but by a space, or a word of letters. */
  mayBeginAt(first: number): boolean {
    if (first === 0) return true;
    return (this.separators[first - 1] as number) === SPACE || this.#lettered[first - 1] === 1;
  }

  mayEndAt(last: number): boolean {
    return last === this.count - 1 || (this.separators[last] as number) === SPACE;
  }

  #add(start: number, end: number, isLettered: boolean): void {
    const index = this.count++;
    this.starts[index] = start;
    this.ends[index] = end;
    this.separators[index] = 0;
    this.#lettered[index] = isLettered ? 1 : 0;
  }

  #readLeading(text: Uint8Array, start: number): void {
    let at = start;
    const found: number[] = [];
    while (found.length < 3 * MAX_LEADING) {
      const kind = kindBefore(text, at);
      const end = at - (kind >> 8);
      if (kind === 0 || !isAlnum(byteAt(text, end - 1))) break;
      let from = end;
      while (from > 0 && end - from <= MAX_LETTERS && isAlnum(byteAt(text, from - 1))) from--;
      if (hasDigit(text, from, end) || !isShortGroup(text, from, end, kind & 0xff)) break;
      if (isWord(byteAt(text, from - 1)) || byteAt(text, from - 1) >= 0x80) break;
      found.unshift(from, end, kind & 0xff);
      at = from;
    }
    for (let i = 0; i < found.length; i += 3) {
      this.#add(found[i] ?? 0, found[i + 1] ?? 0, true);
      this.separators[this.count - 1] = found[i + 2] ?? 0;
    }
  }
}

/**
 * The end of the chain of digits that begins with the run `start`..`end`, where none of its groups has a letter and no
 * group of letters is joined to it; -1 where it may be part of a code.
 */
export function plainEnd(text: Uint8Array, start: number, end: number): number {
  const joint = kindBefore(text, start);
  if (joint !== 0) {
    const before = byteAt(text, start - (joint >> 8) - 1);
    if ((joint & 0xff) === SPACE ? isUpper(before) : isAlnum(before)) return -1;
  }
  let to = end;
  for (let groups = 1; groups < CodeChain.MAX_GROUPS; groups++) {
    const separator = separatorAt(text, to);
    if (separator === 0) return to;
    const next = to + (separator >> 8);
    let digitsTo = next;
    while (digitsTo < text.length && isDigit(text[digitsTo] as number)) digitsTo++;
    const isWordBehind = digitsTo < text.length && isAlnum(text[digitsTo] as number);
    if (digitsTo > next && !isWordBehind) {
      to = digitsTo;
      continue;
    }
    const isLowerWord = digitsTo === next && (separator & 0xff) === SPACE && !isUpper(text[next] as number);
    return isLowerWord && !hasDigit(text, next, alnumEnd(text, next)) ? to : -1;
  }
  return to;
}

/** -1 where the token is longer than any code, or a `_` or a letter beyond ASCII touches it. */
function tokenStart(text: Uint8Array, at: number): number {
  let start = at;
  while (start > 0 && isAlnum(text[start - 1] as number)) {
    start--;
    if (at - start > MAX_FORM) return -1;
  }
  const before = byteAt(text, start - 1);
  if (before === 0x5f) return -1;
  // The letter of an escape that nobody has undone (`\n12345678Z`) stands for a line's end.
  if (byteAt(text, start - 1) === 0x5c && start < at) return start + 1;
  return start;
}

/** Letters that may be part of a code: few, and in capitals where a space alone joins them. */
function isShortGroup(text: Uint8Array, from: number, to: number, separator: number): boolean {
  if (to - from > MAX_LETTERS || to === from) return false;
  if (separator !== SPACE) return true;
  for (let i = from; i < to; i++) if (!isUpper(text[i] as number)) return false;
  return true;
}

/** The separator that ends at `at`: its length in bytes, shifted left by 8, and its bits; else 0. */
function kindBefore(text: Uint8Array, at: number): number {
  const byte = byteAt(text, at - 1);
  const kind = kindOf(byte);
  if (kind !== 0) return (1 << 8) | kind;
  if (byte === 0xa0 && byteAt(text, at - 2) === 0xc2) return (2 << 8) | SPACE;
  if (byteAt(text, at - 2) !== 0x80 || byteAt(text, at - 3) !== 0xe2) return 0;
  return byte >= 0x90 && byte <= 0x95 ? (3 << 8) | DASH : byte === 0xaf || byte === 0x89 ? (3 << 8) | SPACE : 0;
}

function kindOf(byte: number): number {
  if (byte === 0x20) return SPACE;
  if (byte === 0x2d) return DASH;
  if (byte === 0x2e) return DOT;
  if (byte === 0x2f) return SLASH;
  return byte === 0x28 || byte === 0x29 ? PAREN : 0;
}

/** The separator at `at`, if a letter or digit follows it: its length in bytes, shifted left by 8, and its bits; else 0. */
function separatorAt(text: Uint8Array, at: number): number {
  const byte = byteAt(text, at);
  let bits = kindOf(byte);
  let width = 1;
  if (byte === 0xc2 && byteAt(text, at + 1) === 0xa0) {
    bits = SPACE;
    width = 2;
  } else if (byte === 0xe2 && byteAt(text, at + 1) === 0x80) {
    const third = byteAt(text, at + 2);
    bits = third === 0x89 || third === 0xaf ? SPACE : third >= 0x90 && third <= 0x95 ? DASH : 0;
    width = 3;
  }
  return bits !== 0 && isAlnum(byteAt(text, at + width)) ? (width << 8) | bits : 0;
}
