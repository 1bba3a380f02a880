/**
 * Recognizers that come with a request (`ad_hoc_recognizers`): patterns and words to find, with their scores and
 * context words. Patterns run on RE2, in time linear in the text, and all of them are bounded, since anyone who reaches
 * the port may send them.
 */
import { createHash } from 'node:crypto';
import {
  type ContextWords,
  contextWords,
  hasContextWord,
  type Words,
  wordsOf,
  wordsRound,
} from '../../engine/scan/context.ts';
import { wordsSource } from '../../engine/scan/custom.ts';
import { patternProblem, SearchPattern } from '../../engine/scan/pattern.ts';
import { isObject, isTextList, type JsonObject, member } from './json-value.ts';
import { Refusal } from './refusal.ts';

/** How Presidio raises a score by context: by this much, and to no less than that. */
const LIFT = 0.35;
const LEAST_IN_CONTEXT = 0.4;

const MAX_RECOGNIZERS = 100;
const MAX_PATTERNS = 200;
const MAX_PATTERN_CHARS = 10_000;
const MAX_WORDS = 10_000;
const MAX_WORD_CHARS = 200;
/** All patterns of a request may take this long to compile: RE2 needs up to 0.1 s to refuse one as too large. */
const MAX_COMPILE_MS = 2000;
const MAX_KEPT = 8;

/** One match. `start` and `end` are bytes of the text. */
export interface AdHocMatch {
  readonly entity: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly originalScore: number;
  readonly recognizer: string;
  readonly patternName: string;
  readonly pattern: string;
  readonly contextWord: string;
}

interface Searched {
  readonly name: string;
  readonly source: string;
  readonly score: number;
  readonly search: SearchPattern;
  readonly isWords: boolean;
}

interface AdHocRecognizer {
  readonly name: string;
  readonly entity: string;
  readonly context: readonly { readonly word: string; readonly wanted: ContextWords }[];
  readonly searched: readonly Searched[];
}

/** Compiled sets by digest of what they were made from: a client sends the same ones with every request. */
export class AdHocSets {
  readonly #kept = new Map<string, AdHocSet>();

  /** `flags` are inline flags of RE2, such as `ims`. Throws Refusal. */
  setOf(value: unknown, flags: string): AdHocSet {
    const key = createHash('sha256')
      .update(`${flags}\n${JSON.stringify(value)}`)
      .digest('base64');
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    const set = kept ?? new AdHocSet(value, flags);
    this.#kept.set(key, set);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return set;
  }
}

export class AdHocSet {
  readonly #recognizers: readonly AdHocRecognizer[];

  /** Throws Refusal. */
  constructor(value: unknown, flags: string) {
    if (!Array.isArray(value)) throw refused('ad_hoc_recognizers', 'expected a list');
    if (value.length > MAX_RECOGNIZERS) throw refused('ad_hoc_recognizers', `more than ${MAX_RECOGNIZERS}`);
    const budget: Budget = { patterns: MAX_PATTERNS, words: MAX_WORDS, until: Date.now() + MAX_COMPILE_MS };
    this.#recognizers = value.map((one: unknown, index) => recognizerOf(one, index, flags, budget));
  }

  get entities(): readonly string[] {
    return this.#recognizers.map((one) => one.entity);
  }

  /** All matches in a text; `context` are further words that hold for all of it. `isWanted` picks the entities. */
  find(text: Buffer, context: Words, isWanted: (entity: string) => boolean): AdHocMatch[] {
    const matches: AdHocMatch[] = [];
    for (const recognizer of this.#recognizers) {
      if (!isWanted(recognizer.entity)) continue;
      for (const searched of recognizer.searched) {
        searched.search.each(text, (start, end) => {
          if (searched.isWords && (endsInsideWord(text, end) || startsInsideWord(text, start))) return;
          const match = matchOf(recognizer, searched, start, end, text, context);
          if (match.score > 0) matches.push(match);
        });
      }
    }
    return matches;
  }
}

interface Budget {
  patterns: number;
  words: number;
  readonly until: number;
}

function refused(place: string, what: string): Refusal {
  return new Refusal(400, `Failed to parse /analyze request: ${place}: ${what}`);
}

function recognizerOf(value: unknown, index: number, flags: string, budget: Budget): AdHocRecognizer {
  const place = `ad_hoc_recognizers[${index}]`;
  if (!isObject(value)) throw refused(place, 'expected an object');
  const entity = member(value, 'supported_entity') ?? firstOf(member(value, 'supported_entities'));
  if (typeof entity !== 'string' || entity === '' || entity.length > 100) {
    throw refused(place, 'expected supported_entity, the name of an entity');
  }
  const name = member(value, 'name') ?? 'PatternRecognizer';
  if (typeof name !== 'string' || name.length > 200) throw refused(place, 'expected a name');
  const patterns = listOf(value, 'patterns', place).map((one, at) =>
    searchedOf(one, `${place}.patterns[${at}]`, flags, budget),
  );
  const words = textsOf(value, 'deny_list', place);
  if (patterns.length === 0 && words.length === 0) throw refused(place, 'expected patterns or a deny_list');
  const context = textsOf(value, 'context', place).map((word) => ({ word, wanted: contextWords(plain(word)) }));
  const searched = words.length === 0 ? patterns : [...patterns, wordsOfList(value, words, place, flags, budget)];
  return { name, entity, context, searched };
}

function firstOf(value: unknown): unknown {
  return isTextList(value) ? value[0] : undefined;
}

function searchedOf(value: unknown, place: string, flags: string, budget: Budget): Searched {
  if (!isObject(value)) throw refused(place, 'expected an object');
  const source = member(value, 'regex');
  const score = scoreOf(member(value, 'score'), place);
  const name = member(value, 'name') ?? '';
  if (typeof source !== 'string') throw refused(place, 'expected regex, a string');
  if (typeof name !== 'string' || name.length > 200) throw refused(place, 'expected a name');
  return { name, source, score, search: compiled(source, `${place}.regex`, flags, budget), isWords: false };
}

/** A word of a deny list is found whole; what it is made of is taken as it stands. */
function wordsOfList(
  value: JsonObject,
  words: readonly string[],
  place: string,
  flags: string,
  budget: Budget,
): Searched {
  budget.words -= words.length;
  if (budget.words < 0) throw refused('ad_hoc_recognizers', `more than ${MAX_WORDS} words`);
  if (words.some((word) => word.length > MAX_WORD_CHARS)) {
    throw refused(`${place}.deny_list`, `a word longer than ${MAX_WORD_CHARS} characters`);
  }
  const written = words.filter((word) => word.trim() !== '');
  if (written.length === 0) throw refused(`${place}.deny_list`, 'expected words');
  const score = scoreOf(member(value, 'deny_list_score') ?? 1, place);
  const search = searchPattern(wordsSource(written), `${place}.deny_list`, flags, budget);
  return { name: 'deny_list', source: 'deny_list', score, search, isWords: true };
}

function scoreOf(value: unknown, place: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw refused(place, 'expected a score from 0 to 1');
}

function compiled(source: string, place: string, flags: string, budget: Budget): SearchPattern {
  if (source.length > MAX_PATTERN_CHARS) throw refused(place, `longer than ${MAX_PATTERN_CHARS} characters`);
  const problem = patternProblem(source);
  if (problem !== null) throw refused(place, `${problem}. RE2 has no look-around and no back-references`);
  return searchPattern(source, place, flags, budget);
}

function searchPattern(source: string, place: string, flags: string, budget: Budget): SearchPattern {
  if (budget.patterns-- <= 0) throw refused('ad_hoc_recognizers', `more than ${MAX_PATTERNS} patterns`);
  if (Date.now() > budget.until) throw refused('ad_hoc_recognizers', 'the patterns take too long to compile');
  try {
    return new SearchPattern(flags === '' ? source : `(?${flags})${source}`, place);
  } catch {
    // The reason may quote the pattern, and a pattern may hold a value.
    throw refused(place, 'it matches the empty text, or is too large to compile');
  }
}

function listOf(value: JsonObject, key: string, place: string): readonly unknown[] {
  const list = member(value, key) ?? [];
  if (!Array.isArray(list)) throw refused(place, `expected ${key}, a list`);
  return list;
}

function textsOf(value: JsonObject, key: string, place: string): readonly string[] {
  const list = member(value, key) ?? [];
  if (!isTextList(list) || list.length > MAX_WORDS) throw refused(place, `expected ${key}, a list of strings`);
  return list;
}

function plain(word: string): string {
  return wordsOf(word).text.trim();
}

function matchOf(
  recognizer: AdHocRecognizer,
  searched: Searched,
  start: number,
  end: number,
  text: Buffer,
  context: Words,
): AdHocMatch {
  const contextWord = contextWordOf(recognizer, start, end, text, context);
  const originalScore = searched.score;
  const lifted = Math.min(1, Math.max(originalScore + LIFT, LEAST_IN_CONTEXT));
  const score = contextWord === '' ? originalScore : Math.round(lifted * 1e6) / 1e6;
  const { entity, name } = recognizer;
  const [patternName, pattern] = [searched.name, searched.source];
  return { entity, start, end, score, originalScore, recognizer: name, patternName, pattern, contextWord };
}

/** The first context word that stands near, or is given with the request; empty where none does. */
function contextWordOf(recognizer: AdHocRecognizer, start: number, end: number, text: Buffer, context: Words): string {
  if (recognizer.context.length === 0) return '';
  const near = wordsRound(text, start, end);
  const found = recognizer.context.find(
    ({ wanted }) => hasContextWord(near, wanted) || hasContextWord(context, wanted),
  );
  return found?.word ?? '';
}

/** A letter beyond ASCII continues a word too, but not in scripts that put no spaces between words. */
const IN_WORD = /^[\p{L}\p{N}_]$/u;
const SPACELESS = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]$/u;

function continuesWord(character: string): boolean {
  return IN_WORD.test(character) && !SPACELESS.test(character);
}

function startsInsideWord(text: Buffer, start: number): boolean {
  if (start === 0 || !continuesWord([...text.toString('utf8', start, start + 4)][0] ?? '')) return false;
  return continuesWord([...text.toString('utf8', Math.max(0, start - 4), start)].at(-1) ?? '');
}

function endsInsideWord(text: Buffer, end: number): boolean {
  if (!continuesWord([...text.toString('utf8', Math.max(0, end - 4), end)].at(-1) ?? '')) return false;
  return continuesWord([...text.toString('utf8', end, end + 4)][0] ?? '');
}
