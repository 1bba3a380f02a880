/**
 * Numbers of documents whose shape says too little to be told by: a passport, a driving licence, an identity card. They
 * are looked for only behind a word that names the document, on the same line, before one (`X is my passport`), or in a
 * field with such a label. A number that can be checked, or that has words of its kind on any side, is an `idNumber`.
 */
import type { Category } from '../../flow/finding.ts';
import { alnumEnd, byteAt, hasDigit, isAlnum, isWord, touchesWordBefore } from './bytes.ts';
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
  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: spec.category,
    countries: spec.countries,
    cues: words.flatMap(cuesOf),
    labels: contextWords(...words.map((word) => partsOf(word).join(' '))),
    findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
      const most = shared.has(cue.literal) ? SURE - SHARED : SURE;
      const candidates = candidatesAt(passage, start, end);
      for (let k = 0; k < candidates.length; k++) {
        const one = candidates[k] as Candidate;
        if (!spec.isValue(one.compact)) continue;
        passage.report(recognizer, one.start, one.end, one.isFar ? most - FAR : most);
        return;
      }
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

/** What may be the number that a word names. */
interface Candidate {
  readonly start: number;
  readonly end: number;
  readonly compact: string;
  readonly isFar: boolean;
}

interface Candidates {
  readonly start: number;
  readonly end: number;
  readonly all: readonly Candidate[];
}

/** Those at the word asked for last: many documents share a word, and each asks for the same. */
const lastAsked = new WeakMap<Passage, Candidates>();

/** What may be the number that the word `start`..`end` names: first what stands behind it, from left to right, then before it. */
function candidatesAt(passage: Passage, start: number, end: number): readonly Candidate[] {
  const asked = lastAsked.get(passage);
  if (asked !== undefined && asked.start === start && asked.end === end) return asked.all;
  const all: Candidate[] = [];
  const text = passage.text;
  const last = Math.min(text.length, end + NEAR);
  // Every document's number has a digit: most texts that speak of one hold none.
  const isTold = hasDigit(text, end, Math.min(text.length, last + MAX_LENGTH));
  for (let i = end, words = 0; isTold && i < last && words <= MAX_WORDS; ) {
    const byte = text[i] ?? 0;
    if (byte === 0x0a && i > end + (text[i - 1] === 0x2e ? SENTENCE : SAME_LINE)) break;
    if (!isAlnum(byte)) {
      i++;
      continue;
    }
    addValues(passage, i, i - end > CLOSE, all);
    words++;
    i = alnumEnd(text, i);
  }
  for (const span of valuesBefore(passage, start, true)) {
    const written = passage.ascii(span.start, span.end);
    if (span.end - span.start <= MAX_LENGTH && !isProse(written))
      all.push({ ...span, compact: compactOf(written), isFar: false });
  }
  lastAsked.set(passage, { start, end, all });
  return all;
}

/** Values that begin at `from`: of one token, or of several with single spaces between. */
function addValues(passage: Passage, from: number, isFar: boolean, to: Candidate[]): void {
  const text = passage.text;
  if (touchesWordBefore(text, from)) return;
  let end = from;
  for (let parts = 0; parts < MAX_PARTS; parts++) {
    end = alnumEnd(text, end);
    if (end - from > MAX_LENGTH || isWord(byteAt(text, end))) return;
    const written = passage.ascii(from, end);
    if (!goesOn(text, end)) to.push({ start: from, end, compact: compactOf(written), isFar });
    if (byteAt(text, end) !== 0x20 || !isAlnum(byteAt(text, end + 1)) || isProse(written)) return;
    end++;
  }
}

/** Parts of a value hold a digit each, or are a few letters in capitals. */
function isProse(written: string): boolean {
  return written.split(' ').some((part) => !/\d/.test(part) && !/^[A-Z]{1,3}$/.test(part));
}

function compactOf(value: string): string {
  return value.replaceAll(' ', '').toUpperCase();
}

/** The token goes on behind a dash, dot or slash: a date, a UUID, a version. */
function goesOn(text: Uint8Array, end: number): boolean {
  const after = byteAt(text, end);
  return (after === 0x2d || after === 0x2e || after === 0x2f) && isAlnum(byteAt(text, end + 1));
}
