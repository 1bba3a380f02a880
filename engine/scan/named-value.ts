/**
 * Values that say nothing by themselves and stand directly behind their name: `CVV: 123`, `age of 34`, `plate no. AB-12`.
 * Between the two there may be a few signs and words such as `number` or `is`; anything else is no such value. It may
 * stand before its name too, as `value-before.ts` tells. A number
 * with a check of its own is an `idNumber`.
 */
import type { Category } from '../../flow/finding.ts';
import { byteAt, isDigit, isLetter, isUpper } from './bytes.ts';
import { type ContextWords, contextWords } from './context.ts';
import type { Passage } from './passage.ts';
import type { Cue, HitExample, MissExample, Reach, Recognizer } from './recognizer.ts';
import { valuesBefore } from './value-before.ts';

export interface NamedValueSpec {
  /** kebab-case, unique. */
  readonly name: string;
  readonly entity: string;
  readonly category: Category;
  /** ISO 3166-1 alpha-2; empty where it belongs to no country. */
  readonly countries: readonly string[];
  /** Names that it stands behind, lower case; `*` before one: at the end of a word as well (`cardCvv`). */
  readonly names: readonly string[];
  /** Labels that a value alone may have; the names unless said. */
  readonly labels?: readonly string[];
  /** The value, a pattern over bytes (letters beyond ASCII as `[\x80-\xff]`), without groups that capture. */
  readonly value: string;
  /** Whether upper and lower case differ in the value. */
  readonly isExact?: boolean;
  readonly isValue?: (value: string) => boolean;
  /** A minus directly before it is its own. */
  readonly isSigned?: boolean;
  readonly score: number;
  /** Score where the value is a field of its own, with such a label; `score` unless said. */
  readonly labelled?: number;
  /** Words that lift the score to `inContext`. */
  readonly context?: ContextWords;
  readonly inContext?: number;
  readonly reach?: Reach;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** Bytes behind the name that are looked at. */
const NEAR = 96;
const FILLERS = 'numbers?|no|nr|num|nbr|code|codes|id|is|was|are|ist|est|es|era|of|de|del|value|in|on|n|an?|the';
/** `, you asked for: `, or a sentence that ends in `is`. */
const SENTENCE = "(?:\\s{1,3}(?:[A-Za-z']{1,12} ){0,5}(?:(?:is|was|are) ?|[a-z]{1,12}: ?))?";
/** `</th><td>`, `" value="`. */
const MARKUP = '(?:["\']{0,2}</?[a-z][^<>]{0,24}>\\s?){0,4}(?:["\'] value=)?';
const SIGNS = '[\\s:=#"\'|>.(\\[\\]*`,\\\\/-]{0,8}(?:\\xc2[\\xb0\\xba])?[\\s:=#"\'|>-]{0,3}';
const FILLED = `s?(?:[ \\t_.]{0,2}(?:${FILLERS})(?![A-Za-z0-9]))*`;
const GAP = `${FILLED}${SENTENCE}${MARKUP}${SIGNS}`;
/** Without a sentence, which would take the value itself for one of its words: `SWIFT code BNPAFRPP is right`. */
const SHORT_GAP = `${FILLED}${MARKUP}${SIGNS}`;
/** A gap that is longer holds words. */
const MAX_SIGNS = 3;
/** `change the age to 49`. */
const CHANGE = /\b(?:set|updat|chang|correct|modif|edit|switch|mov|amend)[a-z]{0,5} [^.\n]{0,20}$/i;
const TO = /^(?: [a-z]{1,12}){0,2} (?:to|as) ["'`*]{0,2}/i;

export function namedValue(spec: NamedValueSpec): Recognizer {
  const gap = new RegExp(`^${GAP}`, 'i');
  const shortGap = new RegExp(`^${SHORT_GAP}`, 'i');
  const value = new RegExp(
    `^(?:${spec.value})(?![A-Za-z0-9_]|[\\xc3-\\xd4][\\x80-\\xbf])`,
    spec.isExact === true ? '' : 'i',
  );
  const whole = new RegExp(`^(?:${spec.value})$`, spec.isExact === true ? '' : 'i');
  const isValue = spec.isValue ?? (() => true);

  const report = (passage: Passage, start: number, end: number, score: number): void =>
    passage.report(recognizer, start, end, score, Math.max(score, spec.inContext ?? 0));

  /** Reports the value that stands `skipped` bytes behind a name that ends at `end`, where there is one. */
  const reportBehind = (passage: Passage, end: number, behind: string, skipped: number): boolean => {
    if (skipped === 0) return false;
    const found = value.exec(behind.slice(skipped))?.[0];
    // The text goes on past what was looked at, and perhaps the value with it.
    if (found === undefined || skipped + found.length === NEAR || !isValue(found)) return false;
    const from = end + skipped;
    const isNegative = spec.isSigned === true && skipped > 1 && byteAt(passage.text, from - 1) === 0x2d;
    report(passage, isNegative ? from - 1 : from, from + found.length, spec.score);
    return true;
  };

  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: spec.category,
    countries: spec.countries,
    ...(spec.reach === undefined ? {} : { reach: spec.reach }),
    cues: spec.names.flatMap(cuesOf),
    labels: contextWords(...(spec.labels ?? spec.names.map((name) => name.replace('*', '')))),
    ...(spec.context === undefined ? {} : { context: spec.context }),
    findAtCue(passage: Passage, start: number, end: number): void {
      // `max-age`, `data-title` are other names; `--age` is an option.
      const isJoined = byteAt(passage.text, start - 1) === 0x2d && byteAt(passage.text, start - 2) !== 0x2d;
      if (isJoined || goesOn(passage.text, end)) return;
      const behind = passage.ascii(end, Math.min(passage.text.length, end + NEAR));
      const signs = signsBehindKey(behind);
      const skipped = signs === -1 ? (gap.exec(behind)?.[0].length ?? 0) : signs;
      if (reportBehind(passage, end, behind, skipped)) return;
      // Words that were taken for a sentence.
      const isLong = signs === -1 && skipped > MAX_SIGNS;
      const less = isLong ? (shortGap.exec(behind)?.[0].length ?? 0) : skipped;
      if (less < skipped && reportBehind(passage, end, behind, less)) return;
      const to = behind.startsWith(' ') ? (TO.exec(behind)?.[0].length ?? 0) : 0;
      if (
        to > 0 &&
        CHANGE.test(passage.ascii(Math.max(0, start - 40), start)) &&
        reportBehind(passage, end, behind, to)
      )
        return;
      for (const before of valuesBefore(passage, start, false)) {
        const written = passage.ascii(before.start, before.end);
        if (!whole.test(written) || !isValue(written)) continue;
        report(passage, before.start, before.end, spec.score);
        return;
      }
    },
    findLabelled(passage: Passage): void {
      const length = passage.text.length;
      if (length > NEAR) return;
      const written = passage.ascii(0, length);
      if (whole.test(written) && isValue(written)) report(passage, 0, length, spec.labelled ?? spec.score);
    },
    hits: spec.hits,
    misses: spec.misses,
  };
  return recognizer;
}

/**
 * Length of the signs behind a name in quotes: `": "`, what either gap is where it begins with a quote and a colon. -1 where
 * it begins otherwise, or there are as many signs as a gap may have.
 */
function signsBehindKey(behind: string): number {
  const quote = behind.charCodeAt(0);
  if ((quote !== 0x22 && quote !== 0x27) || behind.charCodeAt(1) !== 0x3a) return -1;
  let length = 2;
  while (length < MOST_SIGNS && GAP_SIGNS.has(behind.charCodeAt(length))) length++;
  return length === MOST_SIGNS || behind.charCodeAt(length) === 0xc2 ? -1 : length;
}

/** Of `SIGNS`: the most in a row, and which they are. */
const MOST_SIGNS = 8;
const GAP_SIGNS: ReadonlySet<number> = new Set(
  Array.from({ length: 256 }, (_, code) => code).filter((code) =>
    /[\s:=#"'|>.([\]*`,\\/-]/.test(String.fromCharCode(code)),
  ),
);

/** The name goes on: `agent`, `zipper`; but for a plural's s and the hump of a key. */
function goesOn(text: Uint8Array, end: number): boolean {
  const after = byteAt(text, end);
  if (isDigit(after)) return true;
  if (!isLetter(after) || (isUpper(after) && !isUpper(byteAt(text, end - 1)))) return false;
  return !(after === 0x73 && !isLetter(byteAt(text, end + 1)));
}

/** As a name is written in prose, and in keys: `job title`, `job_title`, `jobTitle`. */
function cuesOf(written: string): readonly Cue[] {
  if (written.startsWith('*')) return [{ literal: written.slice(1) }];
  const cues: Cue[] = [{ literal: written, startsWord: true }];
  // The gate folds ASCII alone: `MATRÍCULA` is another literal than `matrícula`.
  if (/[^ -~]/.test(written)) cues.push({ literal: written.toUpperCase(), startsWord: true });
  if (written.includes(' ')) {
    cues.push({ literal: written.replaceAll(' ', '_') }, { literal: written.replaceAll(' ', '') });
    if (!written.includes('.')) cues.push({ literal: written.replaceAll(' ', '-'), startsWord: true });
  }
  return cues;
}
