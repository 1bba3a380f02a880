/**
 * What a line of somebody else's log says of a flow, before names are looked up: the common result of all readers of
 * logs. A log knows who spoke to whom and how much, and nothing of the data.
 */
import type { EdgeDirection, Via } from '../../flow/edge.ts';

/** One flow in one direction. Hosts are as the log spells them. */
export interface LoggedFlow {
  readonly source: { readonly host: string | null; readonly user: string | null };
  readonly destination: { readonly host: string; readonly port: number };
  readonly via: Via;
  /** `https`, `http`, `tunnel`, `tcp`, `udp`, `tls`. */
  readonly protocol: string;
  readonly direction: EdgeDirection;
  readonly bytes: number;
  /** RFC 3339, UTC. */
  readonly time: string;
}

export type Entry =
  /** The flows of one call: none, where nothing went anywhere. */
  | { readonly kind: 'flows'; readonly flows: readonly LoggedFlow[] }
  /** A line that is as it should be and tells of no flow, with a short fixed reason: `header`, `rejected`, `no data`. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** A line that is not of the format. The reason quotes nothing of it. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Reads the lines of one file, in order; it may remember a header. */
export type LineReader = (line: string) => readonly Entry[];

export interface ReadingOptions {
  /** The server whose log it is, for formats that do not name it. */
  readonly host: string;
}

export const skipped = (reason: string): readonly Entry[] => [{ kind: 'skipped', reason }];
export const broken = (reason: string): readonly Entry[] => [{ kind: 'broken', reason }];
export const flows = (all: readonly LoggedFlow[]): readonly Entry[] => [{ kind: 'flows', flows: all }];

/** What a call is before it is split by direction. */
export interface LoggedCall extends Omit<LoggedFlow, 'direction' | 'bytes'> {
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** A call as its two flows; the answer only where it had bytes. */
export function callFlows({ bytesOut, bytesIn, ...rest }: LoggedCall): readonly Entry[] {
  const out: LoggedFlow = { ...rest, direction: 'out', bytes: bytesOut };
  return flows(bytesIn > 0 ? [out, { ...rest, direction: 'in', bytes: bytesIn }] : [out]);
}

/** Digits as a number of bytes or a port; `-`, empty and absent are 0, anything else null. */
export function countOf(text: string | number | undefined | null): number | null {
  if (text === undefined || text === null || text === '-' || text === '') return 0;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A port, 1 to 65535; null for anything else. */
export function portOf(text: string | number | undefined | null): number | null {
  const value = text === undefined || text === null || text === '' ? Number.NaN : Number(text);
  return Number.isInteger(value) && value >= 1 && value <= 65_535 ? value : null;
}

const FIRST_SECOND = 0;
/** 2100-01-01: what a log calls a later time is milliseconds or nonsense. */
const LAST_SECOND = 4_102_444_800;

/** Seconds since 1970, with a fraction where there is one, as RFC 3339; null outside 1970 to 2100. */
export function timeOfSeconds(text: string | number | undefined): string | null {
  const seconds = text === undefined || text === '' ? Number.NaN : Number(text);
  if (!(seconds >= FIRST_SECOND && seconds < LAST_SECOND)) return null;
  return new Date(Math.round(seconds * 1000)).toISOString();
}

/** A date that JavaScript reads, ISO 8601 among them, as RFC 3339; null for none. */
export function timeOfText(text: unknown): string | null {
  if (typeof text !== 'string' || text.length < 8) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const CLF_TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;

/** The time of the Common Log Format, `26/Nov/2026:10:00:00 +0000`, as RFC 3339; null for none. */
export function timeOfClf(text: string): string | null {
  const [, day, month = '', year, clock, hours, minutes] = CLF_TIME.exec(text) ?? [];
  const index = MONTHS.indexOf(month);
  if (index === -1) return null;
  return timeOfText(`${year}-${String(index + 1).padStart(2, '0')}-${day}T${clock}${hours}:${minutes}`);
}

/** `host:port`, `[::1]:port`, or a host alone with the port given; null for none. */
export function placeOf(text: string | undefined | null, defaultPort: number): LoggedFlow['destination'] | null {
  if (text === undefined || text === null || text === '' || text === '-') return null;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? (/^[0-9a-f:.]+$/i.test(text) ? text : undefined);
  const port = digits === undefined ? defaultPort : portOf(digits);
  return host === undefined || port === null ? null : { host, port };
}

/** Fields of a line, apart by spaces, with `"…"` and `[…]` as one field without their marks. `\"` stays in a quoted one. */
export function splitFields(line: string): readonly string[] | null {
  const fields: string[] = [];
  for (let at = 0; at < line.length; ) {
    const first = line[at];
    if (first === ' ' || first === '\t') {
      at++;
      continue;
    }
    const close = first === '"' ? '"' : first === '[' ? ']' : null;
    if (close === null) {
      let end = at;
      while (end < line.length && line[end] !== ' ' && line[end] !== '\t') end++;
      fields.push(line.slice(at, end));
      at = end;
      continue;
    }
    let end = at + 1;
    while (end < line.length && line[end] !== close) end += line[end] === '\\' ? 2 : 1;
    if (end >= line.length) return null;
    fields.push(line.slice(at + 1, end));
    at = end + 1;
  }
  return fields;
}

/** A JSON object, or null: a line of a log in JSON. */
export function objectOf(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null; // The caller names the line as broken.
  }
}

/** The first of some keys that holds text or a number, as text. */
export function textOf(object: Readonly<Record<string, unknown>>, ...keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = object[key];
    if (typeof value === 'string' && value !== '' && value !== '-') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}
