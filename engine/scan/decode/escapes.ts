/**
 * Escapes of URLs, programs and HTML, written out: `%34`, `\u0034`, `\x34`, `&#52;`, `&#x34;`, `&commat;`. Read
 * are the surroundings of escapes that stand for something a value is made of; a text full of `\n` and `&nbsp;` costs
 * no more than finding them.
 */
import { isDigit, isHex, isUpper, placeOf } from '../bytes.ts';
import { type Budget, Rewriting, type View } from './view.ts';

/** What is read on either side of an escape, bytes: a value that is escaped only in part, and a word beside it. */
const AROUND = 96;

/** An escape: the place behind it, and the code point or byte that it stands for. */
interface Escape {
  readonly end: number;
  readonly code: number;
  /** The code is a byte of UTF-8, not a code point. */
  readonly isByte: boolean;
}

const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    amp: 0x26,
    lt: 0x3c,
    gt: 0x3e,
    quot: 0x22,
    apos: 0x27,
    nbsp: 0x20,
    commat: 0x40,
    period: 0x2e,
    colon: 0x3a,
    sol: 0x2f,
    bsol: 0x5c,
    lowbar: 0x5f,
    hyphen: 0x2d,
    dash: 0x2d,
    ndash: 0x2d,
    mdash: 0x2d,
    minus: 0x2d,
    num: 0x23,
    plus: 0x2b,
    equals: 0x3d,
    comma: 0x2c,
    semi: 0x3b,
    lpar: 0x28,
    rpar: 0x29,
    excl: 0x21,
    percnt: 0x25,
    dollar: 0x24,
    ast: 0x2a,
    zwnj: 0x200c,
    zwj: 0x200d,
    shy: 0xad,
    thinsp: 0x20,
    ensp: 0x20,
    emsp: 0x20,
    Tab: 0x09,
    NewLine: 0x0a,
  }),
);

/** The escape that begins at `at`; null where none does. */
function escapeAt(text: Buffer, at: number): Escape | null {
  switch (text[at]) {
    case 0x25:
      return hexEscape(text, at + 1, 2, true);
    case 0x5c:
      return backslash(text, at);
    case 0x26:
      return entity(text, at);
    default:
      return null;
  }
}

function hexEscape(text: Buffer, from: number, digits: number, isByte: boolean): Escape | null {
  let code = 0;
  for (let i = from; i < from + digits; i++) {
    const byte = text[i] ?? 0;
    if (!isHex(byte)) return null;
    code = code * 16 + hexValue(byte);
  }
  return { end: from + digits, code, isByte };
}

function hexValue(byte: number): number {
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
}

function backslash(text: Buffer, at: number): Escape | null {
  const letter = text[at + 1];
  const simple = (code: number): Escape => ({ end: at + 2, code, isByte: false });
  switch (letter) {
    case 0x78:
      return hexEscape(text, at + 2, 2, false);
    case 0x75: {
      if (text[at + 2] === 0x7b) return braced(text, at + 3);
      const high = hexEscape(text, at + 2, 4, false);
      if (high === null || high.code < 0xd800 || high.code > 0xdbff) return high;
      const isPair = text[at + 6] === 0x5c && text[at + 7] === 0x75;
      const low = isPair ? hexEscape(text, at + 8, 4, false) : null;
      if (low === null || low.code < 0xdc00 || low.code > 0xdfff) return high;
      return { ...low, code: 0x10000 + ((high.code - 0xd800) << 10) + (low.code - 0xdc00) };
    }
    case 0x6e:
      return simple(0x0a);
    case 0x72:
      return simple(0x0d);
    case 0x74:
      return simple(0x09);
    case 0x22:
    case 0x27:
    case 0x2f:
    case 0x5c:
      return simple(letter);
    default:
      return null;
  }
}

/** `\u{34}` of JavaScript, Rust and Swift. */
function braced(text: Buffer, from: number): Escape | null {
  let code = 0;
  let i = from;
  while (i < from + 6 && isHex(text[i] ?? 0)) code = code * 16 + hexValue(text[i++] ?? 0);
  return i > from && text[i] === 0x7d && code <= 0x10ffff ? { end: i + 1, code, isByte: false } : null;
}

const MAX_NAME = 8;

function entity(text: Buffer, at: number): Escape | null {
  if (text[at + 1] === 0x23) {
    const isHexadecimal = text[at + 2] === 0x78 || text[at + 2] === 0x58;
    const from = at + (isHexadecimal ? 3 : 2);
    let code = 0;
    let i = from;
    for (; i < from + 8; i++) {
      const byte = text[i] ?? 0;
      if (isHexadecimal ? !isHex(byte) : byte < 0x30 || byte > 0x39) break;
      code = code * (isHexadecimal ? 16 : 10) + hexValue(byte);
    }
    if (i === from || code > 0x10ffff) return null;
    // Browsers take it without the semicolon too.
    return { end: text[i] === 0x3b ? i + 1 : i, code, isByte: false };
  }
  let end = at + 1;
  while (end < at + 1 + MAX_NAME && isNameByte(text[end] ?? 0)) end++;
  if (text[end] !== 0x3b) return null;
  const code = NAMED.get(text.toString('latin1', at + 1, end));
  return code === undefined ? null : { end: end + 1, code, isByte: false };
}

function isNameByte(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}

/** Whether values hold such a character: then the surroundings are worth reading again. Line ends and quotes are not. */
function isOfValues({ code, isByte }: Escape): boolean {
  if (code >= 0x80) return isByte || code === 0xad || (code >= 0x200b && code <= 0x200d) || code >= 0xff00;
  if ((code >= 0x30 && code <= 0x39) || isNameByte(code)) return true;
  return code === 0x40 || code === 0x2e || code === 0x2d || code === 0x5f || code === 0x3a || code === 0x2b;
}

/** Two `<` in a row fill the lines of passports; `&` between capitals is part of a name or number: `R&amp;D`. */
function isOfWords(text: Buffer, at: number, { code, end }: Escape): boolean {
  if (code === 0x3c) return text[end] === text[at] && escapeAt(text, end)?.code === 0x3c;
  // Spaces, slashes and commas of a value with digits, in the query of an address: `id=250%20730%20494`.
  if (code === 0x20 || code === 0x2f || code === 0x2c)
    return text[at] === 0x25 && (isDigit(text[at - 1] ?? 0) || isDigit(text[end] ?? 0));
  return code === 0x26 && text[at] === 0x26 && isCapital(text[at - 1] ?? 0) && isCapital(text[end] ?? 0);
}

/** A capital of ASCII, or a byte of a letter beyond it. */
function isCapital(byte: number): boolean {
  return isUpper(byte) || byte >= 0x80;
}

/** Places of `\`, `%` and `&` in a text, from left to right; each is searched for by itself, so that a text is read three times at the most. */
class Openers {
  readonly #text: Buffer;
  /** The next places, as far as they are known. */
  #backslash = -1;
  #percent = -1;
  #ampersand = -1;

  constructor(text: Buffer) {
    this.#text = text;
  }

  /** The first at or behind `from`; the length of the text where there is none. Ask with rising `from`. */
  next(from: number): number {
    if (this.#backslash < from) this.#backslash = placeOf(this.#text, 0x5c, from);
    if (this.#percent < from) this.#percent = placeOf(this.#text, 0x25, from);
    if (this.#ampersand < from) this.#ampersand = placeOf(this.#text, 0x26, from);
    return Math.min(this.#backslash, this.#percent, this.#ampersand);
  }
}

/** Views of the surroundings of escapes, from left to right, none overlapping. */
export function* escapeViews(text: Buffer, budget: Budget): Generator<View> {
  const openers = new Openers(text);
  let next = nextTelling(text, openers, 0);
  while (next !== -1) {
    const from = Math.max(0, next - AROUND);
    let to = Math.min(text.length, next + AROUND);
    // Another escape within the surroundings of the last one prolongs the view.
    let last = next;
    for (;;) {
      const more = nextTelling(text, openers, last + 1, to);
      if (more === -1) break;
      last = more;
      to = Math.min(text.length, more + AROUND);
    }
    if (!budget.take(to - from)) return;
    yield read(text, from, to);
    next = nextTelling(text, openers, to);
  }
}

/** The next escape that stands for something of a value, before `limit`. */
function nextTelling(text: Buffer, openers: Openers, from: number, limit = text.length): number {
  for (let i = openers.next(from); i < limit; ) {
    const found = escapeAt(text, i);
    if (found !== null && (isOfValues(found) || isOfWords(text, i, found))) return i;
    i = openers.next(found === null ? i + 1 : found.end);
  }
  return -1;
}

function read(text: Buffer, from: number, to: number): View {
  const rewriting = new Rewriting(text, from, to - from);
  for (let i = from; i < to; ) {
    const byte = text[i] as number;
    const found = byte === 0x5c || byte === 0x25 || byte === 0x26 ? escapeAt(text, i) : null;
    if (found === null || found.end > to) {
      i++;
      continue;
    }
    rewriting.replace(i, found.end, found.isByte ? [found.code] : utf8(found.code));
    i = found.end;
  }
  return rewriting.done(to);
}

function utf8(code: number): readonly number[] {
  if (code < 0x80) return [code];
  // A surrogate by itself is no character.
  if (code >= 0xd800 && code <= 0xdfff) return [0x3f];
  return [...Buffer.from(String.fromCodePoint(code), 'utf8')];
}
