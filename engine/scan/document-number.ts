/**
 * Numbers of documents whose shape says too little to be told by: a passport, a driving licence, an identity card. They
 * are looked for only behind a word that names the document, on the same line, before one (`X is my passport`), or in a
 * field with such a label. A
 * number that can be checked, or that has words of its kind on any side, is an `idNumber`.
 */
import type { Category } from '../../flow/finding.ts';
import { byteAt, isAlnum, isDigit, isWord, touchesWordBefore } from './bytes.ts';
import { contextWords } from './context.ts';
import type { Passage } from './passage.ts';
import type { Cue, HitExample, MissExample, Recognizer } from './recognizer.ts';
import { valuesBefore } from './value-before.ts';

export interface DocumentNumberSpec {
  /** kebab-case, unique. */
  readonly name: string;
  readonly entity: string;
  readonly category: Category;
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** Words that stand before it or label it, lower case. */
  readonly words: readonly string[];
  /** Words that documents of other countries bear as well: a little less sure. */
  readonly sharedWords?: readonly string[];
  /** Whether a value without spaces, letters in upper case, has the document's shape. */
  readonly isValue: (compact: string) => boolean;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** How far behind its word the number may begin, bytes; behind CLOSE it is less sure. */
const NEAR = 64;
const CLOSE = 24;
/** A line that ends sooner behind the word has the number on the next: a heading, a letter. */
const SAME_LINE = 20;
/** The same, where a full stop ends it. */
const SENTENCE = 12;
const MAX_WORDS = 7;
const MAX_LENGTH = 24;
/** Parts of a value that single spaces separate. */
const MAX_PARTS = 4;

const SURE = 0.9;
/** What a shared word, and a longer way, take off. */
const SHARED = 0.08;
const FAR = 0.12;

export function documentNumber(spec: DocumentNumberSpec): Recognizer {
  const shared = new Set<string>(
    (spec.sharedWords ?? []).flatMap((word) => cuesOf(word).map(({ literal }) => literal)),
  );
  const words = [...spec.words, ...(spec.sharedWords ?? [])];
  const reportBefore = (passage: Passage, nameStart: number, score: number): void => {
    for (const { start, end } of valuesBefore(passage, nameStart, true)) {
      const written = passage.ascii(start, end);
      if (end - start > MAX_LENGTH || isProse(written) || !spec.isValue(compactOf(written))) continue;
      passage.report(recognizer, start, end, score);
      return;
    }
  };

  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: spec.category,
    countries: spec.countries,
    cues: words.flatMap(cuesOf),
    labels: contextWords(...words.map((word) => partsOf(word).join(' '))),
    findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
      const most = shared.has(cue.literal) ? SURE - SHARED : SURE;
      const text = passage.text;
      const last = Math.min(text.length, end + NEAR);
      // Every document's number has a digit: most texts that speak of one hold none.
      const isTold = hasDigitIn(text, end, Math.min(text.length, last + MAX_LENGTH));
      for (let i = end, words = 0; isTold && i < last && words <= MAX_WORDS; ) {
        const byte = text[i] ?? 0;
        if (byte === 0x0a && i > end + (text[i - 1] === 0x2e ? SENTENCE : SAME_LINE)) break;
        if (!isAlnum(byte)) {
          i++;
          continue;
        }
        const to = valueEnd(passage, i, spec.isValue);
        if (to !== -1) {
          passage.report(recognizer, i, to, i - end <= CLOSE ? most : most - FAR);
          return;
        }
        words++;
        i = tokenEnd(text, i);
      }
      reportBefore(passage, start, most);
    },
    findLabelled(passage: Passage): void {
      const length = passage.text.length;
      if (length > MAX_LENGTH) return;
      if (spec.isValue(compactOf(passage.slice(0, length)))) passage.report(recognizer, 0, length, SURE);
    },
    hits: spec.hits,
    misses: spec.misses,
  };
  return recognizer;
}

/** Fewest characters of a word that tell it; longer than UNMISTAKABLE it may stand within another: `numero_passaporto`. */
const MIN_CUE = 6;
const UNMISTAKABLE = 8;

function partsOf(word: string): readonly string[] {
  return word.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');
}

/** The word as it is written, and as a key has it: `uk_passport`, `ukPassport`, `uk-passport`. */
function cuesOf(word: string): readonly Cue[] {
  const parts = partsOf(word);
  const written = parts.length < 2 ? [word] : [word, parts.join('_'), parts.join('-'), parts.join('')];
  return [...new Set(written.map(plainRun))].map((literal) => {
    const isBare = /^[\w-]+$/.test(literal) && literal.length < UNMISTAKABLE;
    return word.startsWith(literal) && (isBare || /[ .:]/.test(literal)) ? { literal, startsWord: true } : { literal };
  });
}

/**
 * The longest run of ASCII in a word that has other letters: it is the same in capitals, and the gate has room for few
 * bytes of such letters.
 */
function plainRun(word: string): string {
  const runs = word.split(/[^ -~]+/).sort((a, b) => b.length - a.length);
  return runs[0] !== undefined && runs[0].trim().length >= MIN_CUE ? runs[0] : word;
}

function hasDigitIn(text: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (isDigit(text[i] as number)) return true;
  return false;
}

/** The end of a value that begins at `from`, of one token or of several with single spaces between; -1 where there is none. */
function valueEnd(passage: Passage, from: number, isValue: (compact: string) => boolean): number {
  const text = passage.text;
  if (touchesWordBefore(text, from)) return -1;
  let end = from;
  for (let parts = 0; parts < MAX_PARTS; parts++) {
    end = tokenEnd(text, end);
    if (end - from > MAX_LENGTH || isWord(byteAt(text, end))) return -1;
    if (!goesOn(text, end) && isValue(compactOf(passage.ascii(from, end)))) return end;
    if (byteAt(text, end) !== 0x20 || !isAlnum(byteAt(text, end + 1))) return -1;
    if (isProse(passage.ascii(from, end))) return -1;
    end++;
  }
  return -1;
}

/** Parts of a value hold a digit each, or are a few letters in capitals. */
function isProse(written: string): boolean {
  return written.split(' ').some((part) => !/\d/.test(part) && !/^[A-Z]{1,3}$/.test(part));
}

function compactOf(value: string): string {
  return value.replaceAll(' ', '').toUpperCase();
}

function tokenEnd(text: Uint8Array, from: number): number {
  let end = from;
  while (end < text.length && isAlnum(text[end] ?? 0)) end++;
  return end;
}

/** The token goes on behind a dash, dot or slash: a date, a UUID, a version. */
function goesOn(text: Uint8Array, end: number): boolean {
  const after = byteAt(text, end);
  return (after === 0x2d || after === 0x2e || after === 0x2f) && isAlnum(byteAt(text, end + 1));
}
