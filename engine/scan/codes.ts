/**
 * The code pass: runs of letters and digits that hold at least one of each, with the separators between their groups,
 * read once and handed to recognizers by length and by which characters are digits. What is digits alone is the number
 * pass's. It reads at most MAX_GROUPS groups at a time, so that a page of codes costs the same per byte as a line.
 */
import { alnumEnd, byteAt, hasDigit, isAlnum, isDigit, isUpper, isWord } from './bytes.ts';
import { MAX_FORM } from './forms.ts';
import { DASH, DOT, PAREN, SLASH, SPACE } from './numbers.ts';

/** Letters of a group without a digit that still belongs to a code: `CHE-`, `ES X`. */
const MAX_LETTERS = 4;

/** What a byte is to a code. */
const [OTHER, FIGURE, LETTER] = [0, 1, 2];
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) => (isDigit(byte) ? FIGURE : isAlnum(byte) ? LETTER : OTHER));

export class CodeChain {
  static readonly MAX_GROUPS = 16;
  count = 0;
  readonly starts = new Int32Array(CodeChain.MAX_GROUPS);
  readonly ends = new Int32Array(CodeChain.MAX_GROUPS);
  /** Separator between group i and i + 1, as bits; 0 after the last. */
  readonly separators = new Int32Array(CodeChain.MAX_GROUPS);
  /** Bit i where character i of a group is a digit; 0 for a group of letters alone. */
  readonly #figures = new Int32Array(CodeChain.MAX_GROUPS);
  /** Of the group that was measured last. */
  #measuredFigures = 0;
  #hasLetter = false;

  /**
   * Reads the chain round the digit at `at`. Returns the end of what was read; `count` is 0 where there is no letter in
   * it, where it is part of something longer than a code, or where a `_` touches it.
   */
  read(text: Uint8Array, at: number): number {
    this.count = 0;
    this.#hasLetter = false;
    const start = tokenStart(text, at);
    if (start === -1) return alnumEnd(text, at + 1);
    let from = start;
    let end = this.#measure(text, from);
    if (end - start > MAX_FORM || byteAt(text, end) === 0x5f) return end;
    const figures = this.#measuredFigures;
    this.#readLeading(text, start);
    this.#measuredFigures = figures;
    for (;;) {
      this.#add(from, end, this.#measuredFigures);
      if (this.count === CodeChain.MAX_GROUPS) break;
      const separator = separatorAt(text, end);
      if (separator === 0) break;
      const next = end + (separator >> 8);
      const hadLetter = this.#hasLetter;
      const nextEnd = this.#measure(text, next);
      const isTooLong = nextEnd - next > MAX_FORM || byteAt(text, nextEnd) === 0x5f;
      if (isTooLong || (this.#measuredFigures === 0 && !isShortGroup(text, next, nextEnd, separator & 0xff))) {
        this.#hasLetter = hadLetter;
        break;
      }
      this.separators[this.count - 1] = separator & 0xff;
      from = next;
      end = nextEnd;
    }
    if (!this.#hasLetter) this.count = 0;
    return end;
  }

  start(group: number): number {
    return this.starts[group] as number;
  }

  end(group: number): number {
    return this.ends[group] as number;
  }

  /** Bit i where character i of a group is a digit. */
  figures(group: number): number {
    return this.#figures[group] as number;
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
    return (this.separators[first - 1] as number) === SPACE || this.#figures[first - 1] === 0;
  }

  mayEndAt(last: number): boolean {
    return last === this.count - 1 || (this.separators[last] as number) === SPACE;
  }

  /** The end of the run of letters and digits at `from`; which of its characters are digits is then `#measuredFigures`. */
  #measure(text: Uint8Array, from: number): number {
    const last = Math.min(text.length, from + MAX_FORM + 1);
    let figures = 0;
    let seen = OTHER;
    let i = from;
    for (; i < last; i++) {
      const kind = CLASS[text[i] as number] as number;
      if (kind === OTHER) break;
      seen |= kind;
      figures |= (kind & FIGURE) << (i - from);
    }
    if ((seen & LETTER) !== 0) this.#hasLetter = true;
    this.#measuredFigures = figures;
    return i === last ? alnumEnd(text, i) : i;
  }

  #add(start: number, end: number, figures: number): void {
    const index = this.count++;
    this.starts[index] = start;
    this.ends[index] = end;
    this.separators[index] = 0;
    this.#figures[index] = figures;
  }

  /** Adds up to two short groups of letters before `start`. */
  #readLeading(text: Uint8Array, start: number): void {
    const before = leadingAt(text, start);
    if (before === -1) return;
    const earlier = leadingAt(text, before);
    if (earlier !== -1) this.#addLeading(text, earlier, before);
    this.#addLeading(text, before, start);
  }

  #addLeading(text: Uint8Array, from: number, next: number): void {
    const joint = kindBefore(text, next);
    this.#add(from, next - (joint >> 8), 0);
    this.separators[this.count - 1] = joint & 0xff;
    this.#hasLetter = true;
  }
}

/** Start of the short group of letters that a separator joins to `at`; -1 where none is. */
function leadingAt(text: Uint8Array, at: number): number {
  const joint = kindBefore(text, at);
  if (joint === 0) return -1;
  const end = at - (joint >> 8);
  let from = end;
  while (from > 0 && end - from <= MAX_LETTERS && CLASS[text[from - 1] as number] === LETTER) from--;
  if (!isShortGroup(text, from, end, joint & 0xff)) return -1;
  const before = byteAt(text, from - 1);
  return isWord(before) || before >= 0x80 ? -1 : from;
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
