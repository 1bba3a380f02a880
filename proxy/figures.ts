/**
 * What this proxy counts and measures of itself beside its events: failures of its own, dialling, the time that stages
 * take, and what is open now. Cheap enough for every call; it knows no host, path, label or value.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Durations, type Figure, type Figures, STAGE_BOUNDS } from '../flow/figures.ts';
import type { Dialer } from './dialer.ts';

/** Where Weir itself failed: it could not write a record, had no room, met a body too large, or broke down. */
export type FailedWhere = (typeof FAILED_WHERE)[number];
const FAILED_WHERE = ['record', 'room', 'size', 'inspection'] as const;

/** `hold`: a body is taken in. `inspect`: extract to transform. `record`: the opening is written. `forward`: until the answer's head. */
export type Stage = 'hold' | 'inspect' | 'record' | 'forward';

/** What is open now; read when somebody asks. */
export interface OpenNow {
  readonly connections: number;
  readonly exchanges: number;
  readonly heldBytes: number;
  readonly heldWaiting: number;
}

/** Finer would cost more wake-ups than it shows. */
const DELAY_RESOLUTION_MS = 20;
const QUANTILES = [50, 99, 99.9, 100] as const;

export class ProxyFigures {
  readonly #counts = new Map<string, { readonly name: string; readonly labels: readonly string[]; value: number }>();
  readonly #stages: Readonly<Record<Stage, Durations>> = {
    hold: new Durations(STAGE_BOUNDS),
    inspect: new Durations(STAGE_BOUNDS),
    record: new Durations(STAGE_BOUNDS),
    forward: new Durations(STAGE_BOUNDS),
  };
  #delay: ReturnType<typeof monitorEventLoopDelay> | null = null;

  /** All that an alert may watch is there from the start: a counter that begins with its first count shows no increase. */
  constructor() {
    for (const name of ['weir_fail_opens_total', 'weir_fail_closed_total']) {
      for (const where of FAILED_WHERE) this.#count(name, where, 0);
    }
  }

  failedOpen(where: FailedWhere): void {
    this.#count('weir_fail_opens_total', where);
  }

  failedClosed(where: FailedWhere): void {
    this.#count('weir_fail_closed_total', where);
  }

  /** `since` is what `performance.now()` said when the stage began. */
  passed(stage: Stage, since: number): void {
    this.#stages[stage].observe((performance.now() - since) / 1000);
  }

  /** The same dialer; a connection that fails is counted by its code. */
  counting(dialer: Dialer): Dialer {
    return {
      ...dialer,
      dial: async (...target) => {
        try {
          return await dialer.dial(...target);
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
          this.#count('weir_upstream_failures_total', code);
          throw error;
        }
      },
    };
  }

  /** All of it. The event loop is watched from the first look on: nobody who does not look pays for that. */
  read(now: OpenNow): Figures {
    const cpu = process.cpuUsage();
    const values: Figure[] = [
      ...[...this.#counts.values()].map((count) => ({ ...count })),
      { name: 'weir_open_connections', labels: [], value: now.connections },
      { name: 'weir_open_exchanges', labels: [], value: now.exchanges },
      { name: 'weir_held_bytes', labels: [], value: now.heldBytes },
      { name: 'weir_held_waiting', labels: [], value: now.heldWaiting },
      { name: 'weir_resident_bytes', labels: [], value: process.memoryUsage.rss() },
      { name: 'weir_cpu_seconds_total', labels: [], value: (cpu.user + cpu.system) / 1e6 },
      ...this.#delays(),
    ];
    const stages = Object.entries(this.#stages);
    return { values, spreads: stages.map(([stage, times]) => times.read('weir_stage_seconds', [stage])) };
  }

  stop(): void {
    this.#delay?.disable();
    this.#delay = null;
  }

  #delays(): Figure[] {
    if (this.#delay === null) {
      this.#delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
      this.#delay.enable();
      return [];
    }
    const delay = this.#delay;
    if (delay.count === 0) return [];
    const figures = QUANTILES.map((quantile) => {
      // What it measures is the whole interval, of which its own length is no delay.
      const late = Math.max(0, delay.percentile(quantile) / 1e9 - DELAY_RESOLUTION_MS / 1000);
      return { name: 'weir_event_loop_delay_seconds', labels: [String(quantile / 100)], value: late };
    });
    delay.reset();
    return figures;
  }

  #count(name: string, label: string, by = 1): void {
    const known = this.#counts.get(`${name} ${label}`);
    if (known === undefined) this.#counts.set(`${name} ${label}`, { name, labels: [label], value: by });
    else known.value += by;
  }
}
