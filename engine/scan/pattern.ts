/**
 * RE2 patterns on bytes. A call costs about half a microsecond and allocates nothing, as long as no groups are asked
 * for (node-re2 copies each group, ten microseconds a match); so patterns are matched at a known place, and say where
 * they end.
 */
import RE2 from 're2';
import { WeirError } from '../../flow/errors.ts';

export class Pattern {
  readonly #expression: RE2;

  /** `flags`: of `i`, `m`, `s`. `^` and `$` hold at the ends of the text, `\b` is ASCII. */
  constructor(source: string, flags = '') {
    this.#expression = new RE2(source, `${flags}uy`);
  }

  /** End of the match that begins at `at`; -1 when none begins there. */
  endAt(text: Buffer, at: number): number {
    this.#expression.lastIndex = at;
    return this.#expression.test(text) ? this.#expression.lastIndex : -1;
  }
}

/**
 * What is against searching with a pattern, without the pattern; null when nothing is. RE2 refuses repetitions over
 * 1,000 and what compiles to more than it has room for (8 MiB).
 */
export function patternProblem(pattern: string): string | null {
  try {
    new RE2(pattern, 'u');
    return null;
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    // `invalid perl operator: (?=`; what follows may be the whole pattern, which may hold a value, and is cut then.
    const [reason = '', fragment = ''] = text.split(/: (.*)/s);
    return `RE2 refuses this pattern: ${fragment.length <= 12 && fragment !== pattern ? text : reason}`;
  }
}

const MATCHES_EMPTY = 'it matches the empty text, and so everywhere';

/** The same for a pattern that finds something: one that matches the empty text finds it everywhere. */
export function searchProblem(pattern: string): string | null {
  const problem = patternProblem(pattern);
  if (problem !== null) return problem;
  return new RE2(pattern, 'u').test('') ? MATCHES_EMPTY : null;
}

/** A pattern searched for in a whole text; for policies' own recognizers. */
export class SearchPattern {
  readonly #search: RE2;

  /** Throws WeirError `pattern_invalid` with RE2's reason after `what`. */
  constructor(source: string, what: string) {
    try {
      this.#search = new RE2(source, 'gu');
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WeirError('pattern_invalid', `${what}: ${reason}`, { cause });
    }
    if (this.#search.test('')) throw new WeirError('pattern_invalid', `${what}: ${MATCHES_EMPTY}`);
  }

  /** Calls `found` with every match, from left to right, without overlaps. */
  each(text: Buffer, found: (start: number, end: number) => void): void {
    let from = 0;
    while (from < text.length) {
      this.#search.lastIndex = from;
      const match = this.#search.exec(text);
      if (match === null) return;
      const start = match.index;
      const end = this.#search.lastIndex;
      if (end > start) found(start, end);
      from = end > start ? end : end + 1;
    }
  }
}
