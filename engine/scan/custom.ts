/**
 * Recognizers that a policy brings along: patterns for RE2, whole words, a validator by name, context words. Each
 * pattern is searched for in the whole text; words go through the gate.
 */
import { WeirError } from '../../flow/errors.ts';
import type { Category } from '../../flow/finding.ts';
import { contextWords } from './context.ts';
import type { Passage } from './passage.ts';
import { SearchPattern } from './pattern.ts';
import type { Reach, Recognizer } from './recognizer.ts';
import { UNSAID_LENGTH } from './unfinished.ts';
import { checksumNames, type Validator, validatorNamed } from './validators.ts';

/** As in a policy's `recognizers`; all fields filled. */
export interface CustomRecognizer {
  readonly entity: string;
  readonly category: Category;
  readonly patterns: readonly string[];
  readonly words: readonly string[];
  /** One of `validatorNames`. */
  readonly validator: string | null;
  readonly context: readonly string[];
  readonly score: number;
  readonly hits: readonly string[];
  readonly misses: readonly string[];
}

/** How far a context word lifts a score: from low to medium, from medium to high. */
const LIFT = 0.35;

export interface CompiledCustom {
  readonly recognizer: Recognizer;
  search(passage: Passage): void;
}

/** Throws WeirError `pattern_invalid` that names the entity, the pattern's index and RE2's reason. */
export function compileCustom(custom: CustomRecognizer): CompiledCustom {
  const what = `recognizer ${custom.entity}`;
  const patterns = custom.patterns.map((source, index) => new SearchPattern(source, `${what}, patterns[${index}]`));
  const validator = validatorOf(custom, what);
  const inContext = custom.context.length === 0 ? custom.score : Math.min(1, custom.score + LIFT);
  const recognizer: Recognizer = {
    name: `custom:${custom.entity.toLowerCase().replaceAll('_', '-')}`,
    entity: custom.entity,
    category: custom.category,
    countries: [],
    reach: reachOf(custom),
    context: contextWords(
      ...custom.context.map((word) =>
        word
          .toLowerCase()
          .trim()
          .replace(/[^\p{L}\p{N}]+/gu, ' '),
      ),
    ),
    hits: custom.hits.map((text) => ({ text, value: text })),
    misses: custom.misses.map((text) => ({ text })),
  };
  const report = (passage: Passage, start: number, end: number): void => {
    if (validator !== null && !validator(passage.slice(start, end))) return;
    passage.report(recognizer, start, end, custom.score, inContext);
  };
  const words = wordPatterns(custom.words, what);
  return {
    recognizer,
    search(passage) {
      for (const pattern of patterns) pattern.each(passage.text, (start, end) => report(passage, start, end));
      for (const pattern of words) pattern.each(passage.text, (start, end) => report(passage, start, end));
    },
  };
}

/** A pattern that could match white space may match it anywhere: then nothing is let go within its length. */
function reachOf({ patterns, words }: CustomRecognizer): Reach {
  if (patterns.some(mayHoldSpace)) return { words: UNSAID_LENGTH, maxLength: UNSAID_LENGTH };
  const phrases = words.filter((word) => /\s/.test(word.trim()));
  if (phrases.length === 0) return {};
  return {
    words: Math.max(...phrases.map((phrase) => phrase.trim().split(/\s+/).length)),
    maxLength: Math.max(UNSAID_LENGTH, ...phrases.map((phrase) => 2 * Buffer.byteLength(phrase))),
  };
}

/** Errs on the safe side: a blank, a dot, a negated class, a class or escape that may stand for white space. */
function mayHoldSpace(pattern: string): boolean {
  const plain = pattern.replace(/\\[bBdwAzQE.\\()[\]{}?*+|^$/"'#@:;,<>=!%&~_-]/g, '');
  return /[\s.]|\\|\[\^|\[\[:|\(\?[a-z]*s/.test(plain);
}

function validatorOf(custom: CustomRecognizer, what: string): Validator | null {
  if (custom.validator === null) return null;
  const validator = validatorNamed(custom.validator);
  if (validator === null) {
    throw new WeirError(
      'pattern_invalid',
      `${what}: there is no validator "${custom.validator}"; checksums are ${checksumNames.join(', ')}; docs/entities.md lists all`,
    );
  }
  return validator;
}

function wordPatterns(words: readonly string[], what: string): SearchPattern[] {
  const written = words.filter((word) => word.trim() !== '');
  return written.length === 0 ? [] : [new SearchPattern(`(?i)${wordsSource(written)}`, `${what}, words`)];
}

/** A pattern of RE2 that finds each of the words whole; the longest first, so that it wins. */
export function wordsSource(words: readonly string[]): string {
  const longestFirst = words.map((word) => word.trim()).sort((a, b) => b.length - a.length);
  return `(?:${longestFirst.map(escapeWord).join('|')})`;
}

function escapeWord(word: string): string {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+');
  return `${/^\w/.test(word) ? '\\b' : ''}${escaped}${/\w$/.test(word) ? '\\b' : ''}`;
}
