/** Figures, moments and sizes as people read them. Times are the reader's own, and say so where it matters. */
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat('en');
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const HOUR = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const MOMENT = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const MINUTE_OF_DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** `12,345`; from 100,000 on `123.5K`. */
export function count(value: number): string {
  return Math.abs(value) < 100_000 ? WHOLE.format(value) : COMPACT.format(value);
}

/** `1 call`, `2 calls`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 MiB`. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

/** `35 %`; what is more than none is never `0 %`. */
export function percent(part: number, whole: number): string {
  if (whole <= 0 || part <= 0) return '0 %';
  const share = (100 * part) / whole;
  return share < 1 ? '< 1 %' : `${Math.round(share)} %`;
}

export function moment(time: string | null): string {
  return time === null ? 'never' : MOMENT.format(new Date(time));
}

export function minute(time: number): string {
  return MINUTE_OF_DAY.format(new Date(time));
}

/** A moment on an axis: the hour, and the day where a day begins or where buckets are that long. */
export function onAxis(time: number, stepMs: number): string {
  const at = new Date(time);
  if (stepMs >= 43_200_000 || (at.getHours() === 0 && at.getMinutes() === 0)) return SHORT_DAY.format(at);
  return HOUR.format(at);
}

export function day(time: string | null): string {
  return time === null ? 'never' : DATE.format(new Date(time));
}

const STEPS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** `3 min ago`. */
export function ago(time: string | null, now: number): string {
  if (time === null) return 'never';
  const ms = now - Date.parse(time);
  for (const [step, unit] of STEPS) if (ms >= step) return `${Math.floor(ms / step)} ${unit} ago`;
  return 'just now';
}

/** `45 ms`, `1.2 s`, `15 min`. */
export function duration(ms: number): string {
  if (ms >= 7_200_000) return `${Math.round(ms / 3_600_000)} h`;
  if (ms >= 120_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

/** `false_positive` as people say it. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}
