/**
 * What the tagger sees of one word: its class, lower-case form, affixes and flags of the gazetteers, as rows of the
 * table of weights. The same code describes words in training and at work; a change here asks for new training.
 */
import type { Gazetteer } from './gazetteer.ts';

/** Classes of tokens, 5 bits. */
export const CLASSES = 32;
export const LOWER_COMMON = 0;
export const LOWER_UNKNOWN = 1;
export const CAPITAL_COMMON = 2;
export const CAPITAL_UNKNOWN = 3;
export const CAPITALS_SHORT = 4;
export const CAPITALS_COMMON = 5;
export const CAPITALS_UNKNOWN = 6;
export const INITIAL = 7;
export const MIXED = 8;
export const DIGITS_FEW = 9;
export const DIGITS_SOME = 10;
export const DIGITS_MANY = 11;
export const LETTERS_AND_DIGITS = 12;
export const SNAKE = 13;
export const OTHER_SCRIPT = 14;
export const LINE_BREAK = 15;
export const PARAGRAPH = 16;
export const EDGE = 17;
export const OTHER_MARK = 18;
export const SYMBOL = 19;
const MARKS: readonly string[] = ['.', ',', '"`', "'", '(', ')]}>', '-', '@', '#', ':', '/\\', '=<'];
const FIRST_MARK = 20;

const MARK_CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return SYMBOL;
  const at = MARKS.findIndex((some) => some.includes(String.fromCharCode(byte)));
  return at === -1 ? OTHER_MARK : FIRST_MARK + at;
});

export function classOfMark(byte: number): number {
  // The curly apostrophe and quotes, dashes: U+2018 and after, by their last byte.
  if (byte === 0x98 || byte === 0x99) return 23;
  if (byte === 0x9c || byte === 0x9d) return 22;
  if (byte === 0x93 || byte === 0x94) return 26;
  return MARK_CLASSES[byte] as number;
}

/** Longest word that is looked at closely, characters. */
const LONGEST = 32;

export interface Word {
  /** As in the text. */
  exact: string;
  lower: string;
  wordClass: number;
  /** Flags of the gazetteers. */
  flags: number;
  hash: number;
  /** What stands for the word in rows: the hash of one in a list, of any other its class. */
  lexical: number;
}

const OWN_CASE = /^(?:\p{Lu}[\p{Ll}\p{M}\p{Lo}]+)$/u;
const ALL_CAPITALS = /^[\p{Lu}\p{M}]+$/u;
const LOWER_CASE = /^[\p{Ll}\p{M}]+$/u;
const ASCII_LOWER = /^[a-z]+$/;
const ASCII_CAPITAL = /^[A-Z][a-z]+$/;
const MARKS_OF_LETTERS = /\p{M}/gu;

/** Lower case without accents: how the gazetteers spell. */
export function folded(lower: string): string {
  for (let i = 0; i < lower.length; i++)
    if (lower.charCodeAt(i) > 0x7f)
      return lower
        .normalize('NFD')
        .replace(MARKS_OF_LETTERS, '')
        .replaceAll('ł', 'l')
        .replaceAll('ß', 'ss')
        .replaceAll('ø', 'o');
  return lower;
}

export function describe(exact: string, gazetteer: Gazetteer): Word {
  // What is no UTF-8 is no word either.
  if (exact.length > LONGEST || exact.includes('\ufffd'))
    return { exact: '', lower: '', wordClass: LETTERS_AND_DIGITS, flags: 0, hash: 0, lexical: LETTERS_AND_DIGITS };
  const lower = exact.toLowerCase();
  const flags = gazetteer.flags(folded(lower));
  const wordClass = classOf(exact, gazetteer.isCommon(flags));
  const hash = hashOf(lower, 0);
  return { exact, lower, wordClass, flags, hash, lexical: flags === 0 ? wordClass : hash };
}

function classOf(word: string, isCommon: boolean): number {
  if (ASCII_LOWER.test(word)) return isCommon ? LOWER_COMMON : LOWER_UNKNOWN;
  if (ASCII_CAPITAL.test(word)) return isCommon ? CAPITAL_COMMON : CAPITAL_UNKNOWN;
  const first = word.charCodeAt(0);
  if (first >= 0x30 && first <= 0x39 && /^\d+$/.test(word))
    return word.length <= 2 ? DIGITS_FEW : word.length <= 5 ? DIGITS_SOME : DIGITS_MANY;
  if (word.includes('_')) return SNAKE;
  if (/\d/.test(word)) return LETTERS_AND_DIGITS;
  if (ALL_CAPITALS.test(word))
    return word.length === 1
      ? INITIAL
      : isCommon
        ? CAPITALS_COMMON
        : word.length <= 4
          ? CAPITALS_SHORT
          : CAPITALS_UNKNOWN;
  if (OWN_CASE.test(word)) return isCommon ? CAPITAL_COMMON : CAPITAL_UNKNOWN;
  if (LOWER_CASE.test(word)) return isCommon ? LOWER_COMMON : LOWER_UNKNOWN;
  return /\p{Lu}/u.test(word) ? MIXED : OTHER_SCRIPT;
}

function plain(text: string, wordClass: number): Word {
  const hash = hashOf(text, 0);
  return { exact: text, lower: text, wordClass, flags: 0, hash, lexical: hash };
}

/** What a mark counts as; of one beyond ASCII the last byte is known. */
export function markOf(byte: number): Word {
  return plain(String.fromCharCode(byte), classOfMark(byte));
}

/** One line end, or several. */
export function lineOf(lines: number): Word {
  return lines > 1 ? plain('\n\n', PARAGRAPH) : plain('\n', LINE_BREAK);
}

/** What stands before the first and after the last token. */
export const THE_EDGE: Word = { exact: '', lower: '', wordClass: EDGE, flags: 0, hash: 7, lexical: 77 };

/** FNV-1a over UTF-16, with a finish that spreads to all bits. */
export function hashOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash, seed);
}

export function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ (b * 0x9e3779b1), 0x85ebca6b);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

/** Places of a word relative to the token that is labelled. */
export const OFFSETS = [0, -1, 1, -2, 2] as const;

/** Kinds of rows; the number is part of the hash. */
const LEXICAL = 1;
const EXACT = 2;
const SHAPE = 3;
const PREFIX = 4;
const SUFFIX = 8;
const FLAGS = 12;
const FLAG = 13;

/** Appends the rows of a word seen at `OFFSETS[place]`; without `isLexical` the word itself is left out. */
export function wordRows(word: Word, place: number, isLexical: boolean, rows: number[]): void {
  const { lower, exact, wordClass, flags, lexical } = word;
  const isKnown = lexical < 0 || lexical >= CLASSES;
  if (isLexical && isKnown) rows.push(mix(lexical, LEXICAL * 8 + place));
  rows.push(mix(wordClass * 16 + Math.min(12, lower.length), SHAPE * 8 + place));
  rows.push(mix(flags * CLASSES + wordClass, FLAGS * 8 + place));
  if (place > 2 || lower.length === 0) return;
  const isWord = wordClass < LINE_BREAK;
  if (isWord) {
    rows.push(mix(hashOf(lower.slice(-3), wordClass), (SUFFIX + 3) * 8 + place));
    if (place > 0) {
      rows.push(mix(hashOf(lower.slice(0, 3), 0), (PREFIX + 3) * 8 + place));
      return;
    }
    if (isLexical && isKnown) rows.push(mix(hashOf(exact, 0), EXACT * 8));
    for (let n = 1; n <= 4; n++) {
      if (n > lower.length) break;
      rows.push(mix(hashOf(lower.slice(0, n), n > 2 ? 0 : wordClass), (PREFIX + n) * 8 + 5));
      rows.push(mix(hashOf(lower.slice(-n), n > 2 ? 0 : wordClass), (SUFFIX + n) * 8 + 5));
    }
    for (let bit = 1; bit < 256; bit <<= 1) if ((flags & bit) !== 0) rows.push(mix(bit, FLAG * 8 + 5));
  }
}

const TRIGRAM = 101;
const TECHNICAL = 102;
const PAIR = 103;
const BEFORE = 104;
const AFTER = 105;

/** Appends the five rows of a token's surroundings; the last one, for names of two words, only where `pair` is not 0. */
export function contextRows(
  before: number,
  own: number,
  after: number,
  glue: number,
  technical: number,
  hashBefore: number,
  hashAfter: number,
  pair: number,
  rows: Int32Array,
): number {
  rows[0] = mix((((before * CLASSES + own) * CLASSES + after) << 2) | glue, TRIGRAM);
  rows[1] = mix(technical * CLASSES + own, TECHNICAL);
  rows[2] = mix(hashBefore ^ (own << 3), BEFORE);
  rows[3] = mix(hashAfter ^ (own << 3), AFTER);
  if (pair === 0) return 4;
  rows[4] = mix(pair * CLASSES + own, PAIR);
  return 5;
}

/** Marks of code; brackets, quotes and slashes stand in prose too, but seldom many in a line. */
const CODE_MARKS = '{}[]()<>=;_/\\|&$*+~^%"`';
const IS_CODE = Uint8Array.from({ length: 256 }, (_, byte) => (CODE_MARKS.includes(String.fromCharCode(byte)) ? 1 : 0));

/** 1 for a token that prose seldom has: by its class, of a mark by its byte. */
export function technicalOf(wordClass: number, byte: number): number {
  if (wordClass > EDGE) return byte < 256 ? (IS_CODE[byte] as number) : 0;
  return wordClass === SNAKE || wordClass === MIXED || wordClass === LETTERS_AND_DIGITS ? 1 : 0;
}
