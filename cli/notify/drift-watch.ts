/**
 * Drift as it comes: compares what edges changed with what is allowed, and tells each item once. Without a baseline only what
 * is wrong by itself is drift. It reads and remembers; whoever asks records and tells.
 */
import type { Edge } from '../../flow/edge.ts';
import type { EventBody } from '../../flow/event.ts';
import type { Baseline } from '../../map/baseline.ts';
import { type Drift, type DriftKind, driftOf } from '../../map/drift.ts';
import type { Knowledge } from '../../map/knowledge.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { bypassesOf } from '../flows/bypasses.ts';
import { busiestDays } from '../flows/peaks.ts';
import { driftEvent } from './notices.ts';

const STANDING: ReadonlySet<DriftKind> = new Set(['bypass', 'shadow_store', 'pci_fence', 'plaintext']);
/** A look; what is more comes with the next. */
const MAX_NEW = 100;
const MAX_KEYS = 50_000;
const MAX_HOSTS = 200;
const PEAKS_MS = 60_000;
/** A record may be committed a little after its time. */
const LATE_MS = 120_000;
/** What was not seen for so long is told again. */
const FORGET_MS = 30 * 86_400_000;

export class DriftWatch {
  /** When each item was there last, Unix ms. */
  readonly #told: Map<string, number>;
  #since: Date | null = null;
  #baseline: Baseline | null | undefined;
  #peaks: { readonly at: number; readonly of: Awaited<ReturnType<typeof busiestDays>> } | null = null;

  constructor(told: Readonly<Record<string, number>> = {}) {
    this.#told = new Map(Object.entries(told));
  }

  get told(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#told);
  }

  /** Events for what is new. With another baseline all edges are looked at, else those that changed since the last look. */
  async look(
    reader: StoreReader,
    baseline: Baseline | null,
    knowledge: Knowledge,
    now: Date,
  ): Promise<readonly EventBody[]> {
    if (this.#baseline !== baseline) {
      this.#baseline = baseline;
      this.#since = null;
    }
    const edges = await this.#edges(reader);
    if (edges.length === 0) return [];
    const from = this.#since;
    const bypasses = await bypassesOf(reader, new Date(now.getTime() - 86_400_000));
    const known = this.#peaks !== null && now.getTime() - this.#peaks.at <= PEAKS_MS ? this.#peaks : null;
    const peaks = known ?? { at: now.getTime(), of: await busiestDays(reader, now, null) };
    this.#peaks = peaks;
    const context = { knowledge, now, bypasses, peakOf: peaks.of };
    const found = driftOf(baseline ?? { flows: [] }, edges, context).filter(
      ({ kind }) => baseline !== null || STANDING.has(kind),
    );
    const fresh: Drift[] = [];
    for (const drift of found) {
      const isTold = this.#told.has(drift.key);
      if (!isTold && fresh.length === MAX_NEW) continue;
      this.#told.set(drift.key, now.getTime());
      if (!isTold) fresh.push(drift);
    }
    // There is more than one look takes: everything is looked at again.
    if (fresh.length < MAX_NEW) this.#since = new Date(now.getTime() - LATE_MS);
    else this.#since = from;
    this.#forget(now.getTime());
    const byId = new Map(edges.map((edge) => [edge.id, edge]));
    return fresh.map((drift) => driftEvent(drift, byId.get(drift.edges[0] ?? '')));
  }

  /** Whole flows: what other channels and hosts saw of the same counts too. */
  async #edges(reader: StoreReader): Promise<readonly Edge[]> {
    if (this.#since === null) return await reader.edges({}, 'summary');
    const changed = await reader.edges({ since: this.#since });
    const hosts = [...new Set(changed.flatMap(({ destination }) => destination.host ?? []))];
    if (hosts.length === 0) return changed;
    return await reader.edges(hosts.length > MAX_HOSTS ? {} : { destinations: hosts }, 'summary');
  }

  #forget(now: number): void {
    for (const [key, at] of this.#told) if (now - at > FORGET_MS) this.#told.delete(key);
    for (const key of this.#told.keys()) {
      if (this.#told.size <= MAX_KEYS) return;
      this.#told.delete(key);
    }
  }
}
