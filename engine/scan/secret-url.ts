/**
 * Addresses that are secrets themselves: whoever knows the URL may post, or read. A literal of its path is the cue; the
 * whole URL round it must have the issuer's form.
 */
import { byteAt, byteSet, runEnd, runStart } from './bytes.ts';
import type { Passage } from './passage.ts';
import { isStandIn } from './placeholders.ts';
import type { HitExample, MissExample, Recognizer } from './recognizer.ts';

/** Characters of a URL (RFC 3986 §2), without those that as often close a quotation round it. */
const URL_BYTES = byteSet('a-zA-Z0-9._~%!$&*+,;=:@/?#-');
const MAX_BEFORE = 300;
const MAX_AFTER = 1200;

export interface SecretUrlSpec {
  readonly name: string;
  readonly entity: string;
  /** Literals of the host or path. */
  readonly cues: readonly string[];
  /** What the URL must begin with, scheme included. */
  readonly form: RegExp;
  readonly score: number;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

export function secretUrl(spec: SecretUrlSpec): Recognizer {
  const recognizer: Recognizer = {
    name: spec.name,
    entity: spec.entity,
    category: 'credential',
    countries: [],
    reach: { maxLength: MAX_BEFORE + MAX_AFTER },
    isWhole: true,
    cues: spec.cues.map((literal) => ({ literal })),
    findAtCue(passage: Passage, at: number, cueEnd: number): void {
      if (passage.isRead(spec.name, at)) return;
      const url = readUrl(passage, at, cueEnd);
      passage.markRead(spec.name, url.end);
      const written = passage.ascii(url.start, url.end);
      if (!spec.form.test(written) || isStandIn(written.slice(-40))) return;
      passage.report(recognizer, url.start, url.end, spec.score);
    },
    hits: spec.hits,
    misses: spec.misses,
  };
  return recognizer;
}

/** The URL that holds the bytes `at`..`to`; its scheme is where it begins, and a stop that ends a sentence is no part of it. */
export function readUrl(passage: Passage, at: number, to: number): { start: number; end: number } {
  const text = passage.text;
  let start = runStart(text, at, URL_BYTES, MAX_BEFORE);
  const scheme = text.subarray(start, at + 3).lastIndexOf('://');
  if (scheme > 0) {
    let from = start + scheme;
    while (from > start && /[a-z]/i.test(String.fromCharCode(byteAt(text, from - 1)))) from--;
    // `\nhttps://`: the letter of an escape.
    if (byteAt(text, from - 1) === 0x5c && /^[nrt]/.test(passage.ascii(from, from + 1))) from++;
    start = from;
  }
  let end = runEnd(text, to, URL_BYTES, MAX_AFTER);
  while (end > to && /[.,;:!?]/.test(String.fromCharCode(byteAt(text, end - 1)))) end--;
  return { start, end };
}
