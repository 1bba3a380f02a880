/**
 * Words near a value. A window before and after it, or the label of its field, is turned into plain words (lower case,
 * `customerSsn` and `DB_PASSWORD` split), among which context words are looked up whole.
 */
import { isAlnum, isDigit, isUpper } from './bytes.ts';

/** How far context reaches, bytes before and after the value. */
export const BEFORE = 96;
export const AFTER = 48;
/** Bytes of the longest word that counts as context. */
export const MAX_WORD = 64;

/** Words of a text in order, and joined: ` customer ssn `. */
export interface Words {
  readonly list: readonly string[];
  readonly text: string;
}

export const NO_WORDS: Words = { list: [], text: ' ' };

/** Words to look up: single ones by a set, phrases of several words one by one. */
export interface ContextWords {
  /** Of this list alone. */
  readonly id: number;
  readonly single: ReadonlySet<string>;
  readonly phrases: readonly string[];
}

/** Lists made so far: each has a number of its own, by which an index knows it faster than by a map. */
let made = 0;

/** Lower case; the words of a phrase separated by one space. One text may name several, with commas between. */
export function contextWords(...lists: readonly string[]): ContextWords {
  const words = lists.flatMap((list) => list.split(',')).map((word) => word.trim());
  return {
    id: made++,
    single: new Set(words.filter((word) => !word.includes(' '))),
    phrases: words.filter((word) => word.includes(' ')).map((phrase) => ` ${phrase} `),
  };
}

export function hasContextWord(words: Words, wanted: ContextWords): boolean {
  for (let i = 0; i < words.list.length; i++) if (wanted.single.has(words.list[i] ?? '')) return true;
  for (let i = 0; i < wanted.phrases.length; i++) if (words.text.includes(wanted.phrases[i] ?? '')) return true;
  return false;
}

const CAMEL = /([\p{Ll}\p{N}])(\p{Lu})/gu;
const ACRONYM = /(\p{Lu})(\p{Lu}\p{Ll})/gu;
const NOT_WORD = /[^\p{L}\p{M}\p{N}]+/gu;

export function wordsOf(text: string): Words {
  const plain = text.replace(CAMEL, '$1 $2').replace(ACRONYM, '$1 $2').replace(NOT_WORD, ' ').trim().toLowerCase();
  return plain === '' ? NO_WORDS : { list: plain.split(' '), text: ` ${plain} ` };
}

/** The words round a span, the span itself left out. A word cut by the window's edge is dropped. */
export function wordsRound(text: Buffer, start: number, end: number): Words {
  const from = Math.max(0, start - BEFORE);
  const to = Math.min(text.length, end + AFTER);
  const length = plainWords(text, from, start, end, to);
  if (length === -1) return wordsRoundUnicode(text, from, start, end, to);
  const plain = SCRATCH.toString('latin1', 0, length).trim();
  return plain === '' ? NO_WORDS : { list: plain.split(' '), text: ` ${plain} ` };
}

const SCRATCH = Buffer.alloc(2 * (BEFORE + AFTER) + 8);

/** Writes the words of both windows, of ASCII alone, to SCRATCH; their length, or -1 where there is more than ASCII. */
function plainWords(text: Buffer, from: number, start: number, end: number, to: number): number {
  let length = 0;
  let isGap = true;
  let isCut = from > 0;
  for (let i = from; i < to; i++) {
    if (i === start) {
      i = end;
      if (!isGap) SCRATCH[length++] = 0x20;
      isGap = true;
      isCut = false;
      if (i >= to) break;
    }
    const byte = text[i] ?? 0;
    if (byte >= 0x80) return -1;
    if (!isAlnum(byte)) {
      if (!isGap) SCRATCH[length++] = 0x20;
      isGap = true;
      isCut = false;
      continue;
    }
    if (isCut) continue;
    if (isUpper(byte)) {
      const before = i > from && i !== end ? (text[i - 1] ?? 0) : 0;
      const after = i + 1 < to && i + 1 !== start ? (text[i + 1] ?? 0) : 0;
      const isCamel = before >= 0x61 || isDigit(before) || (isUpper(before) && after >= 0x61);
      if (!isGap && isCamel) SCRATCH[length++] = 0x20;
      SCRATCH[length++] = byte + 0x20;
    } else SCRATCH[length++] = byte;
    isGap = false;
  }
  if (to < text.length && !isGap) while (length > 0 && SCRATCH[length - 1] !== 0x20) length--;
  return length;
}

function wordsRoundUnicode(text: Buffer, from: number, start: number, end: number, to: number): Words {
  let before = text.toString('utf8', from, start);
  let after = text.toString('utf8', end, to);
  if (from > 0) before = before.replace(/^[\p{L}\p{N}\uFFFD]+/u, '');
  if (to < text.length) after = after.replace(/[\p{L}\p{N}\uFFFD]+$/u, '');
  return wordsOf(`${before} ${after}`);
}
