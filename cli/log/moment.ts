/** Moments as users write them: so long ago, a day, or RFC 3339. The clock is an argument. */
import { UsageError } from '../command.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const AGO = /^(\d{1,9})([smhdw])$/;
/** RFC 3339 §5.6, and a date alone, which means its beginning in UTC. */
const RFC3339 = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** `24h`, `7d`, `2026-11-23`, `2026-11-23T08:00:00Z`; null for null. Throws UsageError, which names the option. */
export function parseMoment(option: string, text: string | null, now: Date): Date | null {
  if (text === null) return null;
  const [, count, unit] = AGO.exec(text) ?? [];
  const seconds = UNITS[unit ?? ''];
  const moment =
    seconds === undefined ? new Date(readable(text)) : new Date(now.getTime() - Number(count) * seconds * 1000);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(`--${option} must be like 24h, 7d, 2026-11-23 or 2026-11-23T08:00:00Z`);
}

/** Date.parse also takes other forms, and days that a month does not have. */
function readable(text: string): number {
  if (!RFC3339.test(text)) return Number.NaN;
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const isReal = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
  return isReal ? Date.parse(text.toUpperCase().replace(' ', 'T')) : Number.NaN;
}
