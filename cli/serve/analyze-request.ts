/** The body of `POST /analyze`, read into what is asked for. Keys that Presidio does not know are passed over, as it does. */
import { type Words, wordsOf } from '../../engine/scan/context.ts';
import type { AdHocSet, AdHocSets } from './ad-hoc.ts';
import { allowList } from './allow-list.ts';
import { isObject, isTextList, type JsonObject, member } from './json-value.ts';
import { Refusal } from './refusal.ts';

export interface AnalyzeRequest {
  /** A single text is a list of one. */
  readonly texts: readonly string[];
  readonly isBatch: boolean;
  /** Null asks for all. */
  readonly entities: ReadonlySet<string> | null;
  /** Null where the request sets none. */
  readonly scoreThreshold: number | null;
  readonly isExplained: boolean;
  readonly adHoc: AdHocSet | null;
  /** Words that hold for the whole text. */
  readonly context: Words;
  /** The same as they came, joined; null where there are none. */
  readonly label: string | null;
  readonly isAllowed: ((value: string) => boolean) | null;
}

const MAX_TEXTS = 10_000;
const MAX_CONTEXT = 1000;

/** Flags of Python's re module that a request gives as a sum. */
const [IGNORECASE, LOCALE, MULTILINE, DOTALL, UNICODE, VERBOSE, ASCII] = [2, 4, 8, 16, 32, 64, 256];
const DEFAULT_FLAGS = DOTALL | MULTILINE | IGNORECASE;

/** Throws Refusal, with the status that Presidio answers with. */
export function readAnalyzeRequest(body: JsonObject, sets: AdHocSets): AnalyzeRequest {
  const text = member(body, 'text') ?? '';
  if (text === '' || (Array.isArray(text) && text.length === 0)) throw new Refusal(500, 'No text provided');
  if (typeof text !== 'string' && !isTextList(text)) throw refused('text', 'expected a string or a list of strings');
  if (typeof text !== 'string' && text.length > MAX_TEXTS) throw refused('text', `more than ${MAX_TEXTS} texts`);
  checkLanguage(member(body, 'language') ?? '');
  const entities = texts(body, 'entities', MAX_TEXTS);
  const flags = inlineFlags(member(body, 'regex_flags') ?? DEFAULT_FLAGS);
  const adHoc = member(body, 'ad_hoc_recognizers') ?? [];
  const context = texts(body, 'context', MAX_CONTEXT);
  const joined = context.join(' ');
  return {
    texts: typeof text === 'string' ? [text] : text,
    isBatch: typeof text !== 'string',
    entities: entities.length === 0 ? null : new Set(entities),
    scoreThreshold: threshold(member(body, 'score_threshold') ?? null),
    isExplained: isTrue(member(body, 'return_decision_process')),
    adHoc: Array.isArray(adHoc) && adHoc.length === 0 ? null : sets.setOf(adHoc, flags),
    context: wordsOf(joined),
    label: joined === '' ? null : joined,
    isAllowed: allowList(body, flags),
  };
}

/** Whether a language can be one at all: what Weir finds does not depend on it. Throws Refusal 500, as Presidio refuses one that it lacks. */
export function checkLanguage(language: unknown): void {
  if (language === '') throw new Refusal(500, 'No language provided');
  if (typeof language !== 'string' || !/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/.test(language)) {
    throw new Refusal(500, 'No matching recognizers were found to serve the request.');
  }
}

function refused(place: string, what: string): Refusal {
  return new Refusal(400, `Failed to parse /analyze request: ${place}: ${what}`);
}

function texts(body: JsonObject, key: string, most: number): readonly string[] {
  const list = member(body, key) ?? [];
  if (!isTextList(list) || list.length > most) throw refused(key, `expected a list of at most ${most} strings`);
  return list;
}

function threshold(value: unknown): number | null {
  if (value === null) return null;
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw refused('score_threshold', 'expected a number from 0 to 1');
}

/** Python's truth: clients send `1` for true. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** LOCALE and UNICODE say nothing to RE2, and ASCII is what it does; VERBOSE would change what a pattern means. */
function inlineFlags(value: unknown): string {
  const known = IGNORECASE | LOCALE | MULTILINE | DOTALL | UNICODE | ASCII;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw refused('regex_flags', 'expected a whole number');
  if ((value & VERBOSE) !== 0) throw refused('regex_flags', 'VERBOSE is not taken: RE2 has no such mode');
  if ((value & ~known) !== 0) throw refused('regex_flags', 'expected a sum of flags of re');
  const letters: readonly [number, string][] = [
    [IGNORECASE, 'i'],
    [MULTILINE, 'm'],
    [DOTALL, 's'],
  ];
  return letters.map(([flag, letter]) => ((value & flag) !== 0 ? letter : '')).join('');
}
