/**
 * How much of a text that is still coming may be let go: everything before the first place at which a value may have
 * begun that the next piece could complete. It errs on the side of waiting. Values are runs without white space,
 * groups of digits and capitals (`4111 1111 …`, `AB 12 34 56 C`), words (names, addresses), or open with a mark of
 * their own (keys, quotes behind a name); a recognizer says so in its `reach`.
 */
import type { Category } from '../../flow/finding.ts';
import { isDigit, isSpace, isUpper } from './bytes.ts';
import { AFTER } from './context.ts';
import type { Opening, Recognizer } from './recognizer.ts';

/** Greatest length of a value of which nothing is said, bytes. */
export const UNSAID_LENGTH = 256;
/** Longest group of a value in groups, with its signs, bytes. */
const MAX_GROUP = 40;
/** Letters of a group that holds no digit. */
const MAX_LETTERS = 5;
/** A line at least this long may go on in the next one: base64 and quoted mail are wrapped so. */
const WRAPPED = 40;
/** Digits from which on words behind a number may tell what it is. */
const TELLING_DIGITS = 4;

/** A value in quotes behind a name for a secret may hold spaces: the name, an assignment, a quote and no second one yet. */
export const QUOTED_BEHIND_NAME: Opening =
  /(?<=(?:pass|pwd|kennwort|contrase|senha|secret|key|token|credential|auth)[\w.\-"'\]\\]{0,24}\s{0,24}(?:[:=]{1,2}|=>)\s{0,24}\\?)["'`][^"'`\r\n]{0,160}$/i;

const PSEUDONYM = /^<[A-Z][A-Z0-9_]*_[1-9][0-9]*>[.,;:!?)]*$/;

/** What the recognizers that matter ask to be held. */
export interface Holding {
  /** Bytes of the longest run without white space. */
  readonly run: number;
  /** Words at the end that may be a value, and their bytes. */
  readonly words: number;
  readonly wordBytes: number;
  readonly opens: readonly { readonly opening: Opening; readonly maxLength: number }[];
  /** By name of the recognizer. */
  readonly closes: ReadonlyMap<string, { readonly pattern: RegExp; readonly maxLength: number }>;
}

/** Null where one of them is about a text as a whole, or about more of it than can be held back. */
export function holdingOf(recognizers: readonly Recognizer[]): Holding | null {
  let run = UNSAID_LENGTH;
  let words = 0;
  let wordBytes = 0;
  const opens = new Map<Opening, number>();
  const closes = new Map<string, { pattern: RegExp; maxLength: number }>();
  for (const { name, category, reach } of recognizers) {
    if (category === ('content' satisfies Category)) return null;
    const maxLength = reach?.maxLength ?? UNSAID_LENGTH;
    run = Math.max(run, maxLength);
    if (reach?.words !== undefined) {
      words = Math.max(words, reach.words);
      wordBytes = Math.max(wordBytes, maxLength);
    }
    if (reach?.opens !== undefined) opens.set(reach.opens, Math.max(maxLength, opens.get(reach.opens) ?? 0));
    if (reach?.closes !== undefined) closes.set(name, { pattern: reach.closes, maxLength });
  }
  return { run, words, wordBytes, opens: [...opens].map(([opening, maxLength]) => ({ opening, maxLength })), closes };
}

/** The first place from `from` on that has to wait; the end of the text where nothing does. */
export function unfinishedFrom(text: Buffer, from: number, holding: Holding): number {
  const end = text.length;
  let at = Math.min(runFrom(text, from, holding.run), groupsFrom(text, from));
  if (at <= from) return from;
  if (holding.words > 0) at = Math.min(at, wordsFrom(text, from, holding.words, holding.wordBytes));
  for (const { opening, maxLength } of holding.opens) {
    // What was let go may hold the name of what follows.
    const start = Math.max(0, from - UNSAID_LENGTH, end - maxLength - UNSAID_LENGTH);
    const found = opening.exec(text.toString('latin1', start, end));
    if (found !== null) at = Math.min(at, start + found.index);
  }
  return Math.max(from, at);
}

/**
 * The first place before `to` at which a number stands that words behind it may still tell: fewer than so many bytes
 * have come behind it as are looked at for context.
 */
export function untoldFrom(text: Buffer, from: number, to: number): number {
  const near = text.length - AFTER;
  let at = Math.max(from, near - UNSAID_LENGTH);
  let start = at;
  let digits = 0;
  for (; at < to; at++) {
    const byte = text[at] as number;
    if (isDigit(byte)) {
      if (digits++ === 0) start = wordStart(text, at, from);
    } else if (isLetterLike(byte)) digits = 0;
    if (digits >= TELLING_DIGITS && at >= near) return start;
  }
  return to;
}

function isLetterLike(byte: number): boolean {
  const lower = byte | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || byte >= 0x80;
}

function wordStart(text: Buffer, at: number, from: number): number {
  let start = at;
  while (start > from && !isSpace(text[start - 1] as number)) start--;
  return start;
}

/** Where the run at the end began: no white space stands in it, and no character of a script that sets no spaces. */
function runFrom(text: Buffer, from: number, most: number): number {
  const end = text.length;
  // What is let go of an overlong run goes in steps, so that not each character of it costs a look at all of it.
  const first = Math.max(from, end - most - (most >> 2));
  let at = runStart(text, end, first);
  // A long line that was wrapped goes on behind the line end, and what quotes or a diff put before it.
  for (let lineEnd = lineEndBefore(text, at, first); lineEnd > first; lineEnd = lineEndBefore(text, at, first)) {
    const start = runStart(text, lineEnd, first);
    if (lineEnd - start < WRAPPED && start > first) break;
    at = start;
  }
  return at > from && at === first ? end - most : at;
}

/** The end of the line before `at`, where nothing but a line end and a mark of quoting stands between; else -1. */
function lineEndBefore(text: Buffer, at: number, first: number): number {
  let to = at;
  let isBroken = false;
  while (to > first && at - to < 8) {
    const byte = text[to - 1] as number;
    if (byte === 0x0a || byte === 0x0d) isBroken = true;
    else if (isBroken || !isQuoting(byte)) break;
    to--;
  }
  return isBroken ? to : -1;
}

/** Spaces, and `>`, `+`, `-`, `|`. */
function isQuoting(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x3e || byte === 0x2b || byte === 0x2d || byte === 0x7c;
}

function runStart(text: Buffer, end: number, first: number): number {
  let at = end;
  while (at > first) {
    const byte = text[at - 1] as number;
    if (byte < 0x80) {
      if (isSpace(byte)) break;
      at--;
      continue;
    }
    const lead = leadBefore(text, at, first);
    if (breaksRuns(text, lead)) break;
    at = lead;
  }
  return at;
}

/** Start of the character that ends before `at`. */
function leadBefore(text: Buffer, at: number, first: number): number {
  let lead = at - 1;
  while (lead > first && at - lead < 4 && ((text[lead] as number) & 0xc0) === 0x80) lead--;
  return lead;
}

/**
 * Spaces beyond ASCII, and the scripts that set none between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese and
 * Korean. Full-width forms are letters and digits written another way.
 */
function breaksRuns(text: Buffer, lead: number): boolean {
  const byte = text[lead] as number;
  if (byte === 0xc2) return text[lead + 1] === 0xa0;
  if (byte < 0xe0 || byte > 0xef) return byte > 0xef && byte === 0xf0 && (text[lead + 1] as number) >= 0xa0;
  const point = ((byte & 0x0f) << 12) | (((text[lead + 1] ?? 0) & 0x3f) << 6) | ((text[lead + 2] ?? 0) & 0x3f);
  if (point >= 0x2000 && point <= 0x200a) return true;
  if (point >= 0xff00 && point <= 0xff5e) return false;
  return (
    (point >= 0x0e00 && point <= 0x0eff) ||
    (point >= 0x1000 && point <= 0x109f) ||
    (point >= 0x1780 && point <= 0x17ff) ||
    point >= 0x2e80
  );
}

/** Where the groups at the end began; the last may be whole already, with white space behind it. */
function groupsFrom(text: Buffer, from: number): number {
  const first = Math.max(from, text.length - UNSAID_LENGTH);
  let begin = text.length;
  let at = text.length;
  while (at > first) {
    const end = skipSpaces(text, at, first);
    const start = wordStart(text, end, first);
    if (start === end) break;
    if (!isGroup(text, start, end)) {
      const inner = behindSign(text, start, end);
      return inner < end && isGroup(text, inner, end) ? inner : begin;
    }
    begin = start;
    at = start;
  }
  return begin;
}

/** Behind the last sign that opens or assigns: `{"passport":"PAG` ends in a group of capitals. */
function behindSign(text: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && !OPENING.includes(text[at - 1] as number)) at--;
  return at === start ? end : at;
}

const OPENING = Buffer.from(':="\'`([{<>,;|*/\\');

function skipSpaces(text: Buffer, to: number, first: number): number {
  let at = to;
  while (at > first && isSpace(text[at - 1] as number)) at--;
  return at;
}

/** A part of a value in groups: with a digit, of a few capitals, of signs, or a single letter (`4 1 1 1`, `s k - a`). */
function isGroup(text: Buffer, start: number, end: number): boolean {
  if (end - start > MAX_GROUP) return false;
  // A pseudonym is nobody's number.
  if (text[start] === 0x3c && PSEUDONYM.test(text.toString('latin1', start, end))) return false;
  let letters = 0;
  let isLower = false;
  let isBeyond = false;
  for (let i = start; i < end; i++) {
    const byte = text[i] as number;
    if (isDigit(byte)) return true;
    if (byte >= 0x80) isBeyond = true;
    else if (isLetterLike(byte)) {
      letters++;
      if (!isUpper(byte)) isLower = true;
    }
  }
  // Digits of other scripts, in circles, in full width; dashes and invisible signs are no letters.
  if (isBeyond) {
    const word = text.toString('utf8', start, end);
    return /\p{N}/u.test(word) || !/\p{L}/u.test(word);
  }
  return letters <= (isLower ? 1 : MAX_LETTERS);
}

/** Where the last `count` words began, the one at the very end included. */
function wordsFrom(text: Buffer, from: number, count: number, most: number): number {
  const first = Math.max(from, text.length - most);
  let at = text.length;
  for (let words = 0; words < count && at > first; words++) {
    const end = skipSpaces(text, at, first);
    if (end === first) return first;
    at = Math.min(runStart(text, end, first), end - 1);
    // Within a script without spaces a character is as good as a word.
    if (at === end - 1) at = leadBefore(text, end, first);
  }
  return at;
}
