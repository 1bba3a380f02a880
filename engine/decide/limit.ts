/**
 * How much a source may do within a time. The engine keeps no count: what was used before comes in as an argument, and
 * what a message adds goes out as a value, for whoever keeps the ledger.
 */

export interface Limit {
  readonly requests: number | null;
  readonly bytes: number | null;
  readonly findings: number | null;
  readonly per: number;
}

export interface Used {
  readonly requests: number;
  readonly bytes: number;
  readonly findings: number;
}

/** What is counted for itself: one source under one rule, over the latest `perMs`. */
export interface UsageKey {
  readonly policy: string;
  readonly rule: string;
  readonly source: string;
  readonly perMs: number;
}

/** What a message that is let through adds. */
export interface LimitUse extends UsageKey {
  readonly adds: Used;
}

/** What was used before. */
export interface Usage {
  used(key: UsageKey): Used;
}

const KINDS = ['requests', 'bytes', 'findings'] as const;

/** `101 requests in 1h, limit 100` for each that is exceeded; empty while none is. */
export function excesses(limit: Limit, before: Used, adds: Used): readonly string[] {
  return KINDS.flatMap((kind) => {
    const most = limit[kind];
    const used = before[kind] + adds[kind];
    return most === null || used <= most ? [] : [`${used} ${kind} in ${durationText(limit.per)}, limit ${most}`];
  });
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** `90m`, `1h`: in the largest unit that leaves no rest. */
export function durationText(ms: number): string {
  for (const [unit, length] of UNITS) if (ms % length === 0) return `${ms / length}${unit}`;
  return `${ms}ms`;
}
