/**
 * What sources have used of their limits lately: counts in memory, a row of short intervals for each source under each
 * rule. Where several processes carry traffic each tells the others what it lets through, so that all come to one
 * count. It outlives a change of policies; what is kept of it for the next start goes by digests, so that nobody's name is
 * written down for it.
 */
import type { LimitUse, UsageKey, Used } from '../engine/decide/limit.ts';
import type { UsageLedger } from '../engine/inspect.ts';

/** A window slides by a sixtieth of its length. */
export const INTERVALS = 60;
/** Sources come from outside: past so many rows, the one that was idle longest is forgotten. */
const MAX_ROWS = 50_000;

/** All that is counted, as it passes between processes. */
export type UsageRows = readonly (readonly [name: string, row: Row])[];

/** One source under one rule: how much in each interval. */
export interface Row {
  readonly requests: Float64Array;
  readonly bytes: Float64Array;
  readonly findings: Float64Array;
  /** The interval that was counted in last, since 1970. */
  latest: number;
  readonly perMs: number;
}

export interface UsageOptions {
  readonly maxRows?: number;
  readonly digestOf?: ((name: string) => string) | null;
}

export class SharedUsage implements UsageLedger {
  readonly #now: () => number;
  readonly #tell: ((uses: readonly LimitUse[]) => void) | null;
  readonly #maxRows: number;
  /** The one that was idle longest comes first. */
  readonly #rows: Map<string, Row>;
  /** What an earlier run has kept a row under; null: nothing was kept. */
  readonly #digestOf: ((name: string) => string) | null;
  /** Rows that go by a digest still. */
  #unnamed: number;
  /** Names of rows that have changed since they were last taken; null where nobody takes them. */
  #changed: Set<string> | null = null;

  /**
   * `tell` hears what is let through here, for the other processes to `learn`. `digestOf` tells under what name an earlier run
   * may have kept a row.
   */
  constructor(
    now: () => number,
    tell: ((uses: readonly LimitUse[]) => void) | null = null,
    rows: UsageRows = [],
    { maxRows = MAX_ROWS, digestOf = null }: UsageOptions = {},
  ) {
    this.#now = now;
    this.#tell = tell;
    this.#maxRows = maxRows;
    this.#rows = new Map(rows);
    this.#digestOf = digestOf;
    this.#unnamed = digestOf === null ? 0 : rows.filter(([name]) => isDigest(name)).length;
  }

  /** For a process that begins now, and is told of what comes later. */
  rows(): UsageRows {
    return [...this.#rows];
  }

  /** Those that have changed since this was last asked, by digest; for whoever keeps them. From the first time on it is kept account of. */
  changed(): UsageRows {
    const rows = [...(this.#changed ?? [])].flatMap((name) => {
      const row = this.#rows.get(name);
      return row === undefined ? [] : [[this.#kept(name), row] as const];
    });
    this.#changed = new Set();
    return rows;
  }

  /** All, by digest. */
  kept(): UsageRows {
    return [...this.#rows].map(([name, row]) => [this.#kept(name), row]);
  }

  #kept(name: string): string {
    return isDigest(name) || this.#digestOf === null ? name : this.#digestOf(name);
  }

  /** A row by its name, or by what an earlier run has called it. */
  #row(name: string): Row | undefined {
    const row = this.#rows.get(name);
    if (row !== undefined || this.#unnamed === 0 || this.#digestOf === null) return row;
    const digest = this.#digestOf(name);
    const kept = this.#rows.get(digest);
    if (kept === undefined) return undefined;
    this.#rows.delete(digest);
    this.#rows.set(name, kept);
    this.#unnamed--;
    return kept;
  }

  used(key: UsageKey): Used {
    const row = this.#row(nameOf(key));
    if (row === undefined) return { requests: 0, bytes: 0, findings: 0 };
    this.#slide(row, key.perMs);
    return { requests: sum(row.requests), bytes: sum(row.bytes), findings: sum(row.findings) };
  }

  add(uses: readonly LimitUse[]): void {
    if (uses.length === 0) return;
    this.learn(uses);
    this.#tell?.(uses);
  }

  /** What another process has let through. */
  learn(uses: readonly LimitUse[]): void {
    for (const use of uses) {
      const name = nameOf(use);
      const row = this.#row(name) ?? this.#made(use.perMs);
      this.#rows.delete(name);
      this.#rows.set(name, row);
      this.#changed?.add(name);
      const at = this.#slide(row, use.perMs);
      row.requests[at] = (row.requests[at] ?? 0) + use.adds.requests;
      row.bytes[at] = (row.bytes[at] ?? 0) + use.adds.bytes;
      row.findings[at] = (row.findings[at] ?? 0) + use.adds.findings;
    }
  }

  #made(perMs: number): Row {
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined && this.#rows.size >= this.#maxRows) {
      this.#rows.delete(oldest);
      if (isDigest(oldest) && this.#unnamed > 0) this.#unnamed--;
    }
    const empty = (): Float64Array => new Float64Array(INTERVALS);
    return { requests: empty(), bytes: empty(), findings: empty(), latest: 0, perMs };
  }

  /** Clears what has left the window; the place of the present interval. */
  #slide(row: Row, perMs: number): number {
    const interval = Math.floor((this.#now() * INTERVALS) / perMs);
    // A clock that was set back counts on where it was.
    const present = Math.max(interval, row.latest);
    for (let gone = Math.max(row.latest + 1, present - INTERVALS + 1); gone <= present; gone++) {
      for (const counts of [row.requests, row.bytes, row.findings]) counts[gone % INTERVALS] = 0;
    }
    row.latest = present;
    return present % INTERVALS;
  }
}

/** A name has lines, a digest is one. */
function isDigest(name: string): boolean {
  return !name.includes('\n');
}

/** With its time: a rule whose `per` was changed begins to count anew. */
function nameOf({ policy, rule, source, perMs }: UsageKey): string {
  return `${policy}\n${rule}\n${perMs}\n${source}`;
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
