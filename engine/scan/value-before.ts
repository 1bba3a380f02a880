/**
 * Values that stand before their name: `X12345678 is my passport`, `they gave me X12345678 as passport number`. Between
 * the two is a word that says they are the same, and perhaps an article and an adjective; nothing else.
 */
import { byteAt, isAlnum, isDigit, isLetter } from './bytes.ts';
import type { Passage } from './passage.ts';

/** Bytes before the link that are looked at. */
const REACH = 48;
/** Words between two spaces that a value may have. */
const MAX_PARTS = 4;
/** Words between the link and the name: an article, adjectives. */
const MAX_WORDS = 3;
const MAX_WORD = 12;

/** Read one byte a character: `\xc3\xa8` is `è`. */
const LINKS = new Set(
  'is,are,as,was,ist,war,als,est,comme,es,como,come,jest,jako,\xc3\xa9,\xc3\xa8,\xc3\x89,\xc3\x88'.split(','),
);

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the text before a link to the name ends; -1 where there is no link. `cueStart` may lie within the name. */
function linkBefore(passage: Passage, cueStart: number): number {
  const text = passage.text;
  let at = cueStart;
  // A cue may begin within the word: `hrerschein` of `Führerschein`.
  while (cueStart - at < 2 * MAX_WORD && isInWord(byteAt(text, at - 1))) at--;
  at = skipQuotes(text, at);
  for (let words = 0; words <= MAX_WORDS; words++) {
    if (byteAt(text, at - 1) !== 0x20) return -1;
    const end = at - 1;
    let start = end;
    while (start > 0 && end - start <= MAX_WORD && isWordByte(byteAt(text, start - 1))) start--;
    if (start === end || end - start > MAX_WORD) return -1;
    const word = passage.ascii(start, end);
    if (LINKS.has(word) || LINKS.has(word.toLowerCase())) {
      if (byteAt(text, start - 1) !== 0x20) return -1;
      let before = start - 1;
      if (byteAt(text, before - 1) === 0x2c) before--;
      return skipQuotes(text, before);
    }
    at = start;
  }
  return -1;
}

function skipQuotes(text: Uint8Array, from: number): number {
  let at = from;
  while (at > 0 && from - at < 3 && isQuote(byteAt(text, at - 1))) at--;
  return at;
}

/** Quotation marks, marks of Markdown, a closing bracket. */
function isQuote(byte: number): boolean {
  return byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x2a || byte === 0x29;
}

function isInWord(byte: number): boolean {
  return isAlnum(byte) || byte >= 0x80;
}

function isWordByte(byte: number): boolean {
  return isLetter(byte) || byte === 0x27 || byte >= 0x80;
}

/**
 * What may be the value before a name: its last word, its last two, and so on; none where there is no link, or no digit
 * where values have one.
 */
export function valuesBefore(passage: Passage, cueStart: number, hasDigit: boolean): readonly Span[] {
  const end = linkBefore(passage, cueStart);
  if (end < 1) return [];
  const text = passage.text;
  const first = Math.max(0, end - REACH);
  const spans: Span[] = [];
  let isTold = !hasDigit;
  let at = end;
  for (; at > first && spans.length < MAX_PARTS; at--) {
    const byte = byteAt(text, at - 1);
    if (isDigit(byte)) isTold = true;
    const isLine = byte === 0x0a || byte === 0x3a;
    if ((isLine || byte === 0x20 || byte === 0x28 || isQuote(byte)) && at < end && isTold)
      spans.push({ start: at, end });
    if (isLine) return spans;
  }
  if (at === 0 && end > 0 && isTold && spans.length < MAX_PARTS) spans.push({ start: 0, end });
  return spans;
}
