/** The time that a page shows: the last hour to the last 90 days, in the address as `range`. */
import { parameter } from './route.ts';

export const RANGES = [
  { key: '1h', label: '1 h', text: 'the last hour', ms: 3_600_000 },
  { key: '24h', label: '24 h', text: 'the last 24 hours', ms: 86_400_000 },
  { key: '7d', label: '7 d', text: 'the last 7 days', ms: 7 * 86_400_000 },
  { key: '30d', label: '30 d', text: 'the last 30 days', ms: 30 * 86_400_000 },
  { key: '90d', label: '90 d', text: 'the last 90 days', ms: 90 * 86_400_000 },
] as const;
export type Range = (typeof RANGES)[number];

export function chosenRange(): Range {
  const key = parameter('range', '24h');
  return RANGES.find((range) => range.key === key) ?? RANGES[1];
}

/** As `chosenRange`, where all that is kept is shown unless a range is chosen. */
export function chosenRangeOrAll(): Range | null {
  return RANGES.find((range) => range.key === parameter('range')) ?? null;
}

/** From and to as moments, up to now. */
export function momentsOf({ ms }: Range, now = Date.now()): { readonly from: string; readonly to: string } {
  return { from: new Date(now - ms).toISOString(), to: new Date(now).toISOString() };
}
