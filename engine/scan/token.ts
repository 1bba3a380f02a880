/**
 * Credentials of one shape: a literal prefix that an issuer chose, then a run of characters of known length. The run
 * must end there, and must not be a placeholder.
 */
import type { Category } from '../../flow/finding.ts';
import { byteAt, isIn } from './bytes.ts';
import type { ContextWords } from './context.ts';
import type { Passage } from './passage.ts';
import { isPlaceholder } from './placeholders.ts';
import { runEndOnce } from './read-once.ts';
import type { HitExample, MissExample, Recognizer } from './recognizer.ts';
import { UNSAID_LENGTH } from './unfinished.ts';

export interface TokenSpec {
  readonly name: string;
  readonly entity: string;
  readonly category?: Category;
  /** Written exactly so, at the start of a word. */
  readonly prefixes: readonly string[];
  /** Characters of what follows the prefix. */
  readonly body: Uint8Array;
  /** Length of what follows the prefix. */
  readonly min: number;
  readonly max: number;
  /** Equals signs at the end belong to the token, and count in its length. */
  readonly isPadded?: boolean;
  /** Words of the issuer, for `isInContext`. */
  readonly context?: ContextWords;
  /** Score of a token with this body (what follows the prefix), and with the issuer named near it; 0 is no finding. */
  score(body: string, prefix: string, isInContext: boolean): number;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** Stops behind a token of the greatest length: a longer run is none, and need not be read. */
const MAX_STOPS = 4;
/** Of a longer body the start tells whether it is a placeholder. */
const MAX_JUDGED = 128;

export function tokenRecognizer(spec: TokenSpec): Recognizer {
  const runs = `${spec.name} runs`;
  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: spec.category ?? 'credential',
    countries: [],
    cues: spec.prefixes.map((literal) => ({ literal, exact: true, startsWord: true })),
    reach: {
      maxLength: Math.max(UNSAID_LENGTH, spec.max + MAX_STOPS + Math.max(...spec.prefixes.map((one) => one.length))),
    },
    ...(spec.context === undefined ? {} : { context: spec.context }),
    findAtCue(passage: Passage, start: number, bodyStart: number): void {
      const text = passage.text;
      const limit = spec.max + MAX_STOPS;
      let end = runEndOnce(passage, runs, bodyStart, spec.body, limit);
      if (end - bodyStart === limit) return;
      if (spec.isPadded === true) while (end < bodyStart + spec.max && byteAt(text, end) === 0x3d) end++;
      // A sentence's full stop, or a dash that ends a clause, is not part of it.
      while (end > bodyStart && (text[end - 1] === 0x2e || text[end - 1] === 0x2d)) end--;
      const length = end - bodyStart;
      if (length < spec.min || length > spec.max) return;
      const next = byteAt(text, end);
      if (length === spec.max && isIn(spec.body, next) && next !== 0x2e && next !== 0x2d) return;
      const body = passage.ascii(bodyStart, end);
      if (isPlaceholder(body.length > MAX_JUDGED ? body.slice(0, MAX_JUDGED) : body)) return;
      const prefix = passage.ascii(start, bodyStart);
      const isInContext = spec.context !== undefined && passage.hasContext(start, end, spec.context);
      passage.report(recognizer, start, end, spec.score(body, prefix, isInContext));
    },
    hits: spec.hits,
    misses: spec.misses,
  };
  return recognizer;
}

const MIXED = 'aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW0xYzCiOo';
export const HEX_DIGITS = '0123456789abcdef';

/** Letters and digits that make a body for examples, `length` of them; the same every time, and no real token. */
export function exampleBody(length: number, seed = 7, alphabet = MIXED): string {
  let state = seed;
  let body = '';
  for (let i = 0; i < length; i++) {
    state = (state * 48271) % 2147483647;
    body += alphabet[state % alphabet.length] ?? '';
  }
  return body;
}
