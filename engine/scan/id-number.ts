/**
 * Identification numbers: a printed form, a check, and words that stand beside them. A spec says what the number is
 * and how rarely chance passes its check; the score follows from that alone, by the same rule for all:
 *
 * - alone it is low; medium where chance passes in at most 1 of 1,000 or the form is unmistakable (`evidence: 'own'`)
 * - a context word within the window lifts it one band; so does the id's own printed form together with a check
 * - one that needs context (`evidence: 'context'`) stays low without a word, however it is written
 * - one that is cut otherwise than any of its forms loses a band, and what falls below low is nothing
 * - a plain run that reads as a timestamp, amount, version or counter loses a band
 */
import type { Category, ScoreReason } from '../../flow/finding.ts';
import type { CodeChain } from './codes.ts';
import type { ContextWords } from './context.ts';
import { withCountry } from './country-words.ts';
import { asciiDigits } from './decode/folds.ts';
import { isBesideCode, isPartOfIdentifier } from './edges.ts';
import { type ContextMatch, chanceDetail, contextDetail, reasonsOf, type Step } from './explain.ts';
import { compileForms, type Fit, type Form, fitOf } from './forms.ts';
import { DOT, MAX_PART_GROUPS, type NumberChain, SPACE } from './numbers.ts';
import type { Passage } from './passage.ts';
import type { HitExample, MissExample, Recognizer } from './recognizer.ts';

export interface IdNumberSpec {
  /** kebab-case, unique. */
  readonly name: string;
  readonly entity: string;
  readonly category: Category;
  /** ISO 3166-1 alpha-2. */
  readonly countries: readonly string[];
  /** A wider class that each of them is as well: an alternative of equal score. */
  readonly alsoEntity?: string;
  /**
   * How it is written: `#` a digit, `@` a letter, `*` either; capital letters and digits stand for themselves; space,
   * `-`, `.`, `/`, `(` and `)` separate groups. The forms may have different lengths. The form without separators is
   * always read as well. 31 characters at most without separators, and at least one digit or `*`.
   */
  readonly forms: readonly string[];
  /** The value without separators, letters in upper case, of one of the forms. Absent: the shape is all there is. */
  readonly isValid?: (compact: string) => boolean;
  /**
   * Share of random strings of its shape that pass `isValid` (1 without one), to one significant figure; a test measures
   * it. A form without separators and a literal prefix are not counted: they are not random.
   */
  readonly chance: number;
  /**
   * `own`: medium alone, as its form is unmistakable. `check`: as rare as its check is. `context`: never without a word.
   */
  readonly evidence: 'own' | 'check' | 'context';
  /** Letters count only in upper case, unless the value has a check and a word beside it. For short codes that lower-case words would fill. */
  readonly isUpperCase?: boolean;
  /** Words beside it or in its key, by `contextWords`; the language of its country and English. */
  readonly context: ContextWords;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** A recognizer whose check can be asked by itself. */
export interface IdRecognizer extends Recognizer {
  readonly id: IdNumberSpec;
  /** Whether a value, written in any of its forms, is one. */
  accepts(written: string): boolean;
}

const BANDS = [0.2, 0.55, 0.85] as const;
/** Chance at or below which a value is medium by itself. */
const RARE = 1 / 1000;

/** Within a band, what is named, by a word or by letters of its own, goes before what is not: the kind that was told wins. */
const NAMED = 0.1;

/** Chance above which a check says no more than a shape does. */
const WEAK = 1 / 20;

/** The score of a band, a little higher the rarer chance passes, so that of several kinds the best checked wins. */
export function bandScore(band: number, chance: number, isNamed = false): number {
  const within = Math.min(BANDS.length - 1, Math.max(0, band));
  return (BANDS[within] ?? 0) + 0.03 * Math.min(3, -Math.log10(Math.max(chance, 1e-9))) + (isNamed ? NAMED : 0);
}

function whyIdNumber(
  spec: IdNumberSpec,
  first: number,
  byForm: number,
  context: ContextMatch | null,
  isPlain: boolean,
  isLettered: boolean,
): readonly ScoreReason[] {
  const { chance } = spec;
  const own = spec.evidence === 'own' ? 1 : 0;
  const steps: Step[] = [['pattern', own === 1 ? 'a form that is unmistakable' : 'one of its forms', BANDS[own]]];
  steps.push([
    'validator',
    chance < 1 ? chanceDetail(chance) : 'it has no check',
    bandScore(first, chance, isLettered),
  ]);
  let band = first;
  const step = (what: ScoreReason['what'], detail: string, by: number): void => {
    band += by;
    steps.push([what, detail, bandScore(band, chance, isLettered || context !== null)]);
  };
  if (context !== null) step('context', contextDetail(context), 1);
  else steps.push(['context', 'none of its words near it', bandScore(band, chance, isLettered)]);
  if (byForm !== 0) step('form', byForm > 0 ? 'written as it is printed' : 'cut otherwise than it is printed', byForm);
  if (isPlain) step('plain', 'reads as a time, an amount, a version or a counter', -1);
  return reasonsOf(steps);
}

function isHostAddress(passage: Passage, chain: NumberChain, first: number): boolean {
  if (chain.joined(first, first + 3) !== DOT) return false;
  for (let group = first; group < first + 4; group++)
    if (chain.digits(group) > 3 || Number(passage.ascii(chain.start(group), chain.end(group))) > 255) return false;
  return true;
}

export function idNumber(spec: IdNumberSpec): IdRecognizer {
  const words = withCountry(spec.context, spec.countries, spec.category);
  const forms = compileForms(spec.forms, spec.name);
  const digitForms = forms.filter((form) => form.isDigits);
  const codeForms = forms.filter((form) => !form.isDigits);
  const lengths = digitForms.map((form) => form.length);

  const first = spec.evidence === 'own' || (spec.evidence === 'check' && spec.chance <= RARE) ? 1 : 0;

  const hasLettered = forms.some((form) => form.hasLetters);

  const scoresAlone = (isLettered: boolean): { compact: number; printed: number } => ({
    compact: bandScore(first, spec.chance, isLettered),
    printed: bandScore(spec.evidence === 'context' ? first : first + 1, spec.chance, isLettered),
  });
  const isNamedAt = (passage: Passage, start: number, end: number): boolean => passage.hasContext(start, end, words);

  const judge = (passage: Passage, start: number, end: number, compact: string, fit: Fit): void => {
    const hasCheck = spec.chance < 1;
    if (spec.isValid !== undefined && !spec.isValid(compact)) return;
    if (fit === 'compact' && isPartOfIdentifier(passage.text, start, end)) return;
    const isNamed = isNamedAt(passage, start, end);
    const byForm =
      fit === 'other' ? -1 : fit === 'printed' && hasCheck && (isNamed || spec.evidence !== 'context') ? 1 : 0;
    let band = first + byForm + (isNamed ? 1 : 0);
    if (band < 0) return;
    const isPlain = band > 0 && !isNamed && passage.readsAsPlain(start, end);
    if (isPlain) band--;
    const isLettered = hasLettered && forms.some((form) => form.hasLetters && form.takes(compact));
    if (passage.isExplaining) {
      const context = isNamed ? passage.contextOf(start, end, words) : null;
      passage.explainNext(whyIdNumber(spec, first, byForm, context, isPlain, isLettered));
    }
    passage.report(recognizer, start, end, bandScore(band, spec.chance, isNamed || isLettered));
  };

  const recognizer: IdRecognizer = {
    name: spec.name,
    entity: spec.entity,
    category: spec.category,
    countries: spec.countries,
    ...(spec.alsoEntity === undefined ? {} : { alsoEntity: spec.alsoEntity }),
    context: words,
    asksAlone: true,
    // A shape alone, or one with a weak check, says nothing: without a word nothing more is asked of it.
    asksContext: spec.evidence === 'context' && spec.chance > WEAK,
    scoreAlone: scoresAlone(false),
    codeScoreAlone: scoresAlone(hasLettered),
    ...(digitForms.length === 0
      ? {}
      : {
          numbers: {
            minDigits: Math.min(...lengths),
            maxDigits: Math.max(...lengths),
            minGroups: 1,
            maxGroups: MAX_PART_GROUPS,
            forms: digitForms,
            asksContextIfOdd: first === 0,
          },
          findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
            const start = chain.start(first);
            const end = chain.end(last);
            const compact = passage.compact(start, end);
            let fit = fitOf(digitForms, chain, first, last, compact);
            // Groups that spaces alone part say nothing within a longer row of them: a table, a dump, a phone number.
            const isSpaced = fit === 'printed' && chain.joined(first, last) === SPACE;
            const isWholeRow = first === 0 && last === chain.count - 1;
            if (isSpaced && (!isWholeRow || isBesideCode(passage.text, start, end))) fit = 'compact';
            // Four groups with dots between are an address of a host before they are anything else.
            if (
              fit !== 'none' &&
              last - first === 3 &&
              isHostAddress(passage, chain, first) &&
              !isNamedAt(passage, start, end)
            )
              return;
            if (fit !== 'none') judge(passage, start, end, compact, fit);
          },
        }),
    ...(codeForms.length === 0
      ? {}
      : {
          codes: codeForms,
          mayBeCode(compact: string, isUpper: boolean): boolean {
            if (spec.isUpperCase === true && spec.chance === 1 && !isUpper) return false;
            return codeForms.some((form) => form.takes(compact)) && (spec.isValid?.(compact) ?? true);
          },
          findInCodes(passage: Passage, chain: CodeChain, first: number, last: number): void {
            const start = chain.start(first);
            const end = chain.end(last);
            const written = passage.compact(start, end);
            if (spec.isUpperCase === true && written !== written.toUpperCase()) {
              if (spec.chance === 1 || !passage.hasContext(start, end, words)) return;
            }
            const compact = written.toUpperCase();
            const fit = fitOf(codeForms, chain, first, last, compact);
            if (fit !== 'none') judge(passage, start, chain.closedEnd(last, passage.text), compact, fit);
          },
        }),
    id: spec,
    accepts(written: string): boolean {
      const compact = asciiDigits(written)
        .replace(/[^0-9A-Za-z]/g, '')
        .toUpperCase();
      return forms.some((form: Form) => form.takes(compact)) && (spec.isValid === undefined || spec.isValid(compact));
    },
    hits: spec.hits,
    misses: spec.misses,
  };
  return recognizer;
}
