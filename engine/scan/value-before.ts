/**
 * Values that stand before their name: `X12345678 is my passport`, `they gave me X12345678 as passport number`. Between
 * the two is a word that says they are the same, and perhaps an article and an adjective; nothing else.
 */
import { byteAt, isAlnum } from './bytes.ts';
import type { Passage } from './passage.ts';

/** Bytes before the name that are looked at. */
const REACH = 72;
/** Words between two spaces that a value may have. */
const MAX_PARTS = 4;

/** Bytes are read as Latin-1: `\xc3\xa8` is `è`. */
const LINK =
  /["'`*)]{0,3},? (?:is|are|as|was|ist|war|als|est|comme|es|como|\xc3\xa9|\xc3\xa8|come|jest|jako)(?: [A-Za-z']{1,12}){0,3} ["'`*]{0,2}$/i;

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The text before the link that ends where a name begins: its place, or null where there is no link. */
export function linkedBefore(passage: Passage, cueStart: number): Span | null {
  let nameStart = cueStart;
  // A cue may begin within the word: `hrerschein` of `Führerschein`.
  while (cueStart - nameStart < 24 && isInWord(byteAt(passage.text, nameStart - 1))) nameStart--;
  const before = byteAt(passage.text, nameStart - 1);
  if (before !== 0x20 && before !== 0x22 && before !== 0x27 && before !== 0x60 && before !== 0x2a) return null;
  const start = Math.max(0, nameStart - REACH);
  const at = passage.ascii(start, nameStart).search(LINK);
  return at < 1 ? null : { start, end: start + at };
}

function isInWord(byte: number): boolean {
  return isAlnum(byte) || byte >= 0x80;
}

/** What may be the value before a name: its last word, its last two, and so on; none where there is no link. */
export function valuesBefore(passage: Passage, nameStart: number): readonly Span[] {
  const whole = linkedBefore(passage, nameStart);
  if (whole === null) return [];
  const text = passage.text;
  const spans: Span[] = [];
  for (let at = whole.end; at > whole.start && spans.length < MAX_PARTS; at--) {
    const byte = byteAt(text, at - 1);
    if (byte === 0x0a || byte === 0x3a) {
      if (at < whole.end) spans.push({ start: at, end: whole.end });
      break;
    }
    if (byte === 0x20 || byte === 0x22 || byte === 0x27 || byte === 0x60 || byte === 0x2a || byte === 0x28) {
      if (at < whole.end) spans.push({ start: at, end: whole.end });
    } else if (at === 1) spans.push({ start: 0, end: whole.end });
  }
  return spans;
}
