/**
 * What sources have used of their limits lately: counts in memory, a row of short intervals for each source under each
 * rule. Where several processes carry traffic each tells the others what it lets through, so that all come to one
 * count. It outlives a change of policies and not the process.
 */
import type { LimitUse, UsageKey, Used } from '../engine/decide/limit.ts';
import type { UsageLedger } from '../engine/inspect.ts';

/** A window slides by a sixtieth of its length. */
const INTERVALS = 60;
/** Sources come from outside: past so many rows, the one that was idle longest is forgotten. */
const MAX_ROWS = 50_000;

/** All that is counted, as it passes between processes. */
export type UsageRows = readonly (readonly [name: string, row: Row])[];

interface Row {
  readonly requests: Float64Array;
  readonly bytes: Float64Array;
  readonly findings: Float64Array;
  /** The interval that was counted in last, since 1970. */
  latest: number;
}

export class SharedUsage implements UsageLedger {
  readonly #now: () => number;
  readonly #tell: ((uses: readonly LimitUse[]) => void) | null;
  readonly #maxRows: number;
  /** The one that was idle longest comes first. */
  readonly #rows: Map<string, Row>;

  /** `tell` hears what is let through here, for the other processes to `learn`. */
  constructor(
    now: () => number,
    tell: ((uses: readonly LimitUse[]) => void) | null = null,
    rows: UsageRows = [],
    maxRows = MAX_ROWS,
  ) {
    this.#now = now;
    this.#tell = tell;
    this.#maxRows = maxRows;
    this.#rows = new Map(rows);
  }

  /** For a process that begins now, and is told of what comes later. */
  rows(): UsageRows {
    return [...this.#rows];
  }

  used(key: UsageKey): Used {
    const row = this.#rows.get(nameOf(key));
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
      const row = this.#rows.get(name) ?? this.#made();
      this.#rows.delete(name);
      this.#rows.set(name, row);
      const at = this.#slide(row, use.perMs);
      row.requests[at] = (row.requests[at] ?? 0) + use.adds.requests;
      row.bytes[at] = (row.bytes[at] ?? 0) + use.adds.bytes;
      row.findings[at] = (row.findings[at] ?? 0) + use.adds.findings;
    }
  }

  #made(): Row {
    const [oldest] = this.#rows.keys();
    if (oldest !== undefined && this.#rows.size >= this.#maxRows) this.#rows.delete(oldest);
    const empty = (): Float64Array => new Float64Array(INTERVALS);
    return { requests: empty(), bytes: empty(), findings: empty(), latest: 0 };
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

/** With its time: a rule whose `per` was changed begins to count anew. */
function nameOf({ policy, rule, source, perMs }: UsageKey): string {
  return `${policy}\n${rule}\n${perMs}\n${source}`;
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
