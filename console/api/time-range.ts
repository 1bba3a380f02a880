/** Ranges of time that a query names, and the buckets that they are shown in. */
import { DAY, HOUR, HOUR_MS, SPANS, type Span } from '../../store/spans.ts';
import { Refusal } from './desk.ts';

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 24 * HOUR_MS;
/** More cannot be told apart on a page. */
const MAX_BUCKETS = 120;

/** Refuses a range that ends before it begins. `lengthMs`: of one that names no beginning. */
export function rangeOf(
  ask: { readonly from?: string | undefined; readonly to?: string | undefined },
  now: Date,
  lengthMs = DAY_MS,
): TimeRange {
  const to = ask.to === undefined ? now : new Date(ask.to);
  const from = ask.from === undefined ? new Date(to.getTime() - lengthMs) : new Date(ask.from);
  if (from >= to) throw new Refusal('bad_request', 'query.from: expected a moment before `to`');
  return { from, to };
}

/** The narrowest that gives few enough buckets. */
export function spanOf({ from, to }: TimeRange): Span {
  const hours = (to.getTime() - from.getTime()) / HOUR_MS;
  if (hours <= 72) return HOUR;
  return SPANS.find((span) => span >= DAY && hours / span <= MAX_BUCKETS) ?? SPANS[SPANS.length - 1] ?? DAY;
}

export function stepMsOf(span: Span): number {
  return span * HOUR_MS;
}
