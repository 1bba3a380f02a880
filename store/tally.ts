/**
 * Counts events as they are committed, for the metrics: each event once, whichever process wrote it. Kept between two
 * commits only. A label is a word of ours, a vendor of the catalog or an entity of the policies, never what a client sent.
 */
import { actionRank } from '../flow/decision.ts';
import type { EventBody } from '../flow/event.ts';
import { Durations, EXCHANGE_BOUNDS, type Figure, type Figures } from '../flow/figures.ts';
import { MEDIUM } from '../flow/finding.ts';

export class Tally {
  #counts = new Map<string, { readonly name: string; readonly labels: readonly string[]; value: number }>();
  #times = new Map<string, Durations>();

  /** What was counted since the last call; null when nothing was. */
  take(): Figures | null {
    if (this.#counts.size === 0) return null;
    const values: Figure[] = [...this.#counts.values()];
    const spreads = [...this.#times].map(([category, times]) => times.read('weir_exchange_seconds', [category]));
    this.#counts = new Map();
    this.#times = new Map();
    return { values, spreads };
  }

  add(event: EventBody): void {
    this.#count('weir_events_total', [event.kind]);
    if (event.kind !== 'exchange') return;
    const { vendor, category } = event.destination;
    const outcome = event.outcome ?? 'unknown';
    const action = event.enforced ? event.action : 'allow';
    this.#count('weir_exchanges_total', [vendor ?? 'unknown', category, outcome, action, statusClass(event.status)]);
    if (outcome === 'worker_lost') this.#count('weir_worker_lost_total', []);
    for (const { direction, action: decided, mode } of event.decisions) {
      if (actionRank(decided) > 0) this.#count('weir_decisions_total', [direction, decided, mode]);
    }
    for (const { entity, direction, scores } of event.findings) {
      let found = 0;
      for (const [score, count] of Object.entries(scores)) if (Number(score) >= MEDIUM) found += count;
      if (found > 0) this.#count('weir_findings_total', [entity, direction], found);
    }
    const { level, reason } = event.coverage;
    // How much was lost is no label.
    this.#count('weir_coverage_total', [level, reason?.replace(/^lost \d+ bytes$/, 'lost') ?? 'none']);
    if (event.bytes.out > 0) this.#count('weir_body_bytes_total', ['out', category], event.bytes.out);
    if (event.bytes.in > 0) this.#count('weir_body_bytes_total', ['in', category], event.bytes.in);
    if (event.latencyMs !== null) this.#time(category, event.latencyMs / 1000);
  }

  /** Records that made room in the outbox. */
  dropped(action: 'allow' | 'alert', count: number): void {
    this.#count('weir_outbox_dropped_total', [action], count);
  }

  #count(name: string, labels: readonly string[], by = 1): void {
    const key = `${name}\n${labels.join('\n')}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { name, labels, value: by });
    else known.value += by;
  }

  #time(category: string, seconds: number): void {
    let times = this.#times.get(category);
    if (times === undefined) {
      times = new Durations(EXCHANGE_BOUNDS);
      this.#times.set(category, times);
    }
    times.observe(seconds);
  }
}

/** `2xx` … `5xx`; `none` where the client got no answer. */
function statusClass(status: number | null): string {
  return status === null ? 'none' : `${Math.trunc(status / 100)}xx`;
}
