/**
 * The widths of time that roll-ups are kept in, and how a range of time is put together from them: the fewer rows a
 * question reads, the faster it is answered. Times are UTC.
 */

export const HOUR_MS = 3_600_000;

/** In hours, each a multiple of the one before: an hour, a day, four days and so on. */
export const SPANS = [1, 24, 96, 384, 1536] as const;
export type Span = (typeof SPANS)[number];
export const HOUR: Span = 1;
export const DAY: Span = 24;

/** Buckets of one span, the end exclusive. */
export interface Segment {
  readonly span: Span;
  readonly from: number;
  readonly to: number;
}

/** Of a range without beginning or end: past every bucket there is, and exact in SQL and JavaScript. */
const FAR = Number.MAX_SAFE_INTEGER;

/** The number of the bucket that a moment lies in. */
export function bucketOf(timeMs: number, span: Span): number {
  return Math.floor(timeMs / (span * HOUR_MS));
}

/** When a bucket begins, Unix ms. */
export function startOf(bucket: number, span: Span): number {
  return bucket * span * HOUR_MS;
}

/**
 * The fewest buckets that cover a range, in whole hours: it begins with the hour that `since` lies in and ends with the
 * one before `until` ends. Null is no bound.
 */
export function segmentsOf(sinceMs: number | null, untilMs: number | null): readonly Segment[] {
  let from = sinceMs === null ? -Infinity : Math.floor(sinceMs / HOUR_MS);
  let to = untilMs === null ? Infinity : Math.ceil(untilMs / HOUR_MS);
  const segments: Segment[] = [];
  const add = (span: Span, start: number, end: number): void => {
    if (start < end) segments.push({ span, from: Math.max(start, -FAR), to: Math.min(end, FAR) });
  };
  for (const [i, span] of SPANS.entries()) {
    const wider = SPANS[i + 1];
    const ratio = wider === undefined ? Infinity : wider / span;
    const [first, last] = wider === undefined ? [0, 0] : [Math.ceil(from / ratio), Math.floor(to / ratio)];
    if (wider === undefined || first >= last) {
      add(span, from, to);
      break;
    }
    add(span, from, first * ratio);
    add(span, last * ratio, to);
    [from, to] = [first, last];
  }
  return segments;
}
