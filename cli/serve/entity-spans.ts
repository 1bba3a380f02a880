/**
 * Which of several overlapping results is acted on, as Presidio's anonymizer decides it: results of one entity that
 * overlap become one, a result inside another is dropped, and of two with the same place the higher score stays. What
 * is left may still overlap in part. Time grows with n log n: the results come from outside.
 */

/** A result of an analysis. `start` and `end` count code points, end exclusive. */
export interface EntitySpan {
  readonly entity: string;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

/** The spans to act on, by place. `between` gives the text from one place to another. */
export function resolveSpans(
  spans: readonly EntitySpan[],
  between: (start: number, end: number) => string,
): readonly EntitySpan[] {
  return joinedOverSpaces(withoutContained(joinedByEntity(spans)), between);
}

function byPlace(a: EntitySpan, b: EntitySpan): number {
  return a.start - b.start || a.end - b.end;
}

/** Spans of one entity that overlap become one with the highest of their scores. */
function joinedByEntity(spans: readonly EntitySpan[]): EntitySpan[] {
  const joined: EntitySpan[] = [];
  const lastOf = new Map<string, number>();
  for (const span of spans.toSorted(byPlace)) {
    const at = lastOf.get(span.entity);
    const last = at === undefined ? undefined : joined[at];
    if (at !== undefined && last !== undefined && span.start < last.end) {
      joined[at] = { ...last, end: Math.max(last.end, span.end), score: Math.max(last.score, span.score) };
    } else {
      lastOf.set(span.entity, joined.length);
      joined.push(span);
    }
  }
  return joined;
}

/** Of spans with one place the highest score stays, the last of equal ones; a span inside a longer one goes. */
function withoutContained(spans: readonly EntitySpan[]): EntitySpan[] {
  const kept: EntitySpan[] = [];
  let end = -1;
  // The longer first, so that what contains a span stands before it.
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1);
    if (last !== undefined && last.start === span.start && last.end === span.end) {
      if (span.score >= last.score) kept[kept.length - 1] = span;
    } else if (span.end > end) {
      kept.push(span);
      end = span.end;
    }
  }
  return kept;
}

/** A first and a last name with a space between are one name. */
function joinedOverSpaces(spans: readonly EntitySpan[], between: (start: number, end: number) => string): EntitySpan[] {
  const joined: EntitySpan[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const isOne = last !== undefined && last.entity === span.entity && /^ +$/.test(between(last.end, span.start));
    if (isOne) joined[joined.length - 1] = { ...span, start: last.start };
    else joined.push(span);
  }
  return joined;
}
