/**
 * All that /metrics shows: totals of what was committed, and what each process that carries traffic reports of itself.
 * A metric has a description here or is not shown. However many labels come in, a metric keeps a bounded number of them.
 */
import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValueWithName,
  Registry,
} from 'prom-client';
import type { Figure, Figures, Spread } from '../flow/figures.ts';

interface Description {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

/** In the order in which they are shown; docs/operating.md lists the same. A gauge has the label `worker` as well. */
export const METRICS: Readonly<Record<string, Description>> = {
  weir_build_info: { kind: 'gauge', help: 'Always 1; the version is a label.', labels: ['version'] },
  weir_part_ready: { kind: 'gauge', help: '1 where the part works, as /readyz says.', labels: ['part'] },
  weir_exchanges_total: {
    kind: 'counter',
    help: 'Exchanges that ended, by what was carried out.',
    labels: ['vendor', 'category', 'outcome', 'action', 'status'],
  },
  weir_exchange_seconds: {
    kind: 'histogram',
    help: 'From the head of a request to the last byte of its answer.',
    labels: ['category'],
  },
  weir_decisions_total: {
    kind: 'counter',
    help: 'Decisions above allow, those in monitor mode included.',
    labels: ['direction', 'action', 'mode'],
  },
  weir_findings_total: { kind: 'counter', help: 'Findings of score 0.5 or higher.', labels: ['entity', 'direction'] },
  weir_coverage_total: { kind: 'counter', help: 'Exchanges by how much was looked at.', labels: ['level', 'reason'] },
  weir_body_bytes_total: {
    kind: 'counter',
    help: 'Bytes of bodies, out to the destination and in from it.',
    labels: ['direction', 'category'],
  },
  weir_events_total: { kind: 'counter', help: 'Events committed, by kind.', labels: ['kind'] },
  weir_worker_lost_total: { kind: 'counter', help: 'Exchanges whose process died before their end.', labels: [] },
  weir_fail_opens_total: {
    kind: 'counter',
    help: 'Times that something passed because Weir failed and onError is open.',
    labels: ['where'],
  },
  weir_fail_closed_total: {
    kind: 'counter',
    help: 'Times that something was stopped because Weir failed and onError is closed.',
    labels: ['where'],
  },
  weir_upstream_failures_total: { kind: 'counter', help: 'Connections to upstreams that failed.', labels: ['code'] },
  weir_stage_seconds: { kind: 'histogram', help: 'Time that exchanges spent in a stage.', labels: ['stage'] },
  weir_open_connections: { kind: 'gauge', help: 'Client connections open now.', labels: [] },
  weir_open_exchanges: { kind: 'gauge', help: 'Exchanges under way, streams included.', labels: [] },
  weir_held_bytes: { kind: 'gauge', help: 'Bytes of bodies held now (limits.heldBytes).', labels: [] },
  weir_held_waiting: { kind: 'gauge', help: 'Bodies that wait for room.', labels: [] },
  weir_event_loop_delay_seconds: {
    kind: 'gauge',
    help: 'How late timers ran since the last look.',
    labels: ['quantile'],
  },
  weir_resident_bytes: { kind: 'gauge', help: 'Memory of the process.', labels: [] },
  weir_cpu_seconds_total: { kind: 'counter', help: 'CPU time, user and system.', labels: [] },
  weir_outbox_dropped_total: {
    kind: 'counter',
    help: 'Records that made room in the outbox (outbox.maxBytes), by their action.',
    labels: ['action'],
  },
  weir_outbox_records: { kind: 'gauge', help: 'Records and observations that nobody has acknowledged.', labels: [] },
  weir_outbox_bytes: { kind: 'gauge', help: 'Bytes of the outbox (outbox.maxBytes).', labels: [] },
  weir_outbox_oldest_seconds: { kind: 'gauge', help: 'Age of the oldest record in the outbox.', labels: [] },
  weir_outbox_sent_total: { kind: 'counter', help: 'Records and observations that were acknowledged.', labels: [] },
  weir_outbox_held: { kind: 'gauge', help: 'Records that are too large for the bus, and stay.', labels: [] },
  weir_bus_connected: { kind: 'gauge', help: '1 while the bus, or without one the store, takes records.', labels: [] },
  weir_collect_added_total: { kind: 'counter', help: 'Records that a collector has stored.', labels: [] },
  weir_collect_duplicates_total: { kind: 'counter', help: 'Records that came again, and were known.', labels: [] },
  weir_collect_batches_total: { kind: 'counter', help: 'Transactions of a collector.', labels: [] },
  weir_collect_retries_total: { kind: 'counter', help: 'Batches that the store did not take at once.', labels: [] },
  weir_chain_faults_total: { kind: 'counter', help: 'Faults of chains as they arrived, by kind.', labels: ['kind'] },
  weir_chain_gaps: { kind: 'gauge', help: 'Runs of records that have been missing for minutes.', labels: [] },
  weir_chain_missing_records: { kind: 'gauge', help: 'Records that have been missing for minutes.', labels: [] },
  weir_dead_letters_total: { kind: 'counter', help: 'Records that no store will keep.', labels: [] },
  weir_siem_sent_total: { kind: 'counter', help: 'Events handed to a sink of `siem`.', labels: ['sink'] },
  weir_siem_refused_total: { kind: 'counter', help: 'Events that a sink refused for good.', labels: ['sink'] },
  weir_siem_lag_events: { kind: 'gauge', help: 'Committed events that a sink has not had yet.', labels: ['sink'] },
  weir_siem_failing: { kind: 'gauge', help: '1 while a sink takes nothing.', labels: ['sink'] },
  weir_fleet_certificate_seconds_left: {
    kind: 'gauge',
    help: "Until this node's certificate ends; below 0 it has.",
    labels: [],
  },
  weir_fleet_centre_seconds: { kind: 'gauge', help: 'Since the centre last answered; -1 before.', labels: [] },
  weir_fleet_centre_failing: { kind: 'gauge', help: '1 while the centre is away or refuses.', labels: [] },
  weir_fleet_clock_skew_seconds: { kind: 'gauge', help: "How far this clock is ahead of the centre's.", labels: [] },
  weir_fleet_duplicate: { kind: 'gauge', help: "1 while two processes use this node's identity.", labels: [] },
  weir_sensor_records_total: {
    kind: 'counter',
    help: "The sensor's records by what became of them in the kernel.",
    labels: ['kind', 'what'],
  },
  weir_sensor_exchanges_total: { kind: 'counter', help: 'Exchanges that the sensor heard.', labels: [] },
  weir_sensor_restarts_total: {
    kind: 'counter',
    help: "Times that the sensor's loader was started again.",
    labels: [],
  },
  weir_sensor_handles: { kind: 'gauge', help: 'TLS handles that are open now.', labels: [] },
  weir_sensor_connections: { kind: 'gauge', help: 'Connections that the sensor sees open now.', labels: [] },
  weir_sensor_kept_bytes: { kind: 'gauge', help: 'Bytes of what was heard that are kept now.', labels: [] },
  weir_sensor_probes: { kind: 'gauge', help: 'Probes that are set in files now.', labels: [] },
  weir_spool_bytes: { kind: 'gauge', help: 'Records on disk that the database may not have yet.', labels: [] },
};

/** Label sets of one metric; what comes past them is added up under `other`. */
const MAX_SERIES = 1000;
/** A word of ours, an entity, a vendor of the catalog: none is longer. */
const MAX_LABEL = 64;

interface Series {
  readonly values: Map<string, Figure>;
  readonly spreads: Map<string, Spread>;
}

export class Metrics {
  readonly #committed: Series = { values: new Map(), spreads: new Map() };
  readonly #reported = new Map<string, Figures>();
  readonly #version: string;

  constructor(version: string) {
    this.#version = version;
  }

  /** Adds what was counted since the last call: of committed events, or of a process that has ended. */
  add(figures: Figures): void {
    addUp(this.#committed, figures);
  }

  /** What a process says of itself; its counters grow from its start, and the latest report holds. */
  report(worker: string, figures: Figures): void {
    this.#reported.set(worker, figures);
  }

  /** A process has ended: what it had counted stays, what it had open does not. */
  retire(worker: string): void {
    const last = this.#reported.get(worker);
    this.#reported.delete(worker);
    if (last === undefined) return;
    this.add({ values: last.values.filter(({ name }) => METRICS[name]?.kind === 'counter'), spreads: last.spreads });
  }

  /** The text of /metrics (Prometheus text format 0.0.4). `parts`: each with whether it works. */
  async text(parts: readonly { readonly name: string; readonly isWorking: boolean }[]): Promise<string> {
    const shown: Series = { values: new Map(), spreads: new Map() };
    addUp(shown, { values: [...this.#committed.values.values()], spreads: [...this.#committed.spreads.values()] });
    for (const [worker, { values, spreads }] of this.#reported) {
      const isGauge = ({ name }: Figure): boolean => METRICS[name]?.kind === 'gauge';
      addUp(shown, { values: values.filter((value) => !isGauge(value)), spreads });
      const gauges = values.filter(isGauge).map((value) => ({ ...value, labels: [...value.labels, worker] }));
      addUp(shown, { values: gauges, spreads: [] });
    }
    const own = parts.map(({ name, isWorking }) => figure('weir_part_ready', [name, 'main'], isWorking ? 1 : 0));
    addUp(shown, { values: [figure('weir_build_info', [this.#version, 'main'], 1), ...own], spreads: [] });
    return registryOf(shown).metrics();
  }
}

function figure(name: string, labels: readonly string[], value: number): Figure {
  return { name, labels, value };
}

function addUp(into: Series, { values, spreads }: Figures): void {
  for (const one of values) {
    if (METRICS[one.name] === undefined) continue;
    const labels = boundedLabels(into.values, one);
    const key = keyOf(one.name, labels);
    const before = into.values.get(key)?.value ?? 0;
    into.values.set(key, { name: one.name, labels, value: before + one.value });
  }
  for (const one of spreads) {
    if (METRICS[one.name] === undefined) continue;
    const labels = boundedLabels(into.spreads, one);
    const key = keyOf(one.name, labels);
    const before = into.spreads.get(key);
    into.spreads.set(key, before === undefined ? { ...one, labels } : together(before, one));
  }
}

function together(a: Spread, b: Spread): Spread {
  return { ...a, counts: a.counts.map((count, at) => count + (b.counts[at] ?? 0)), sum: a.sum + b.sum };
}

function keyOf(name: string, labels: readonly string[]): string {
  return `${name}\n${labels.join('\n')}`;
}

function boundedLabels(
  known: ReadonlyMap<string, unknown>,
  { name, labels }: { readonly name: string; readonly labels: readonly string[] },
): readonly string[] {
  const short = labels.map((label) => (label.length > MAX_LABEL ? 'other' : label));
  if (known.size < MAX_SERIES || known.has(keyOf(name, short))) return short;
  return labels.map(() => 'other');
}

/** Made anew for each look: what is shown is what is held above, in one place. */
function registryOf({ values, spreads }: Series): Registry {
  const registry = new Registry();
  for (const [name, { kind, help, labels }] of Object.entries(METRICS)) {
    const of = [...values.values()].filter((one) => one.name === name);
    const options = {
      name,
      help,
      labelNames: kind === 'gauge' ? [...labels, 'worker'] : labels,
      registers: [registry],
    };
    if (kind === 'histogram') {
      new Spreads(
        options,
        [...spreads.values()].filter((one) => one.name === name),
      );
    } else if (kind === 'counter') {
      const counter = new Counter(options);
      for (const one of of) counter.labels(...one.labels).inc(one.value);
    } else {
      const gauge = new Gauge(options);
      for (const one of of) gauge.labels(...one.labels).set(one.value);
    }
  }
  return registry;
}

/** A histogram whose buckets were counted elsewhere. */
class Spreads extends Histogram {
  readonly #empty: Histogram;
  readonly #name: string;
  readonly #labelNames: readonly string[];
  readonly #spreads: readonly Spread[];

  constructor(
    options: { name: string; help: string; labelNames: readonly string[]; registers: Registry[] },
    spreads: readonly Spread[],
  ) {
    super(options);
    this.#empty = new Histogram({ ...options, registers: [] });
    this.#name = options.name;
    this.#labelNames = options.labelNames;
    this.#spreads = spreads;
  }

  /** What the library writes the text from, where a metric has it. */
  getForPromString(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    return this.get();
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const name = this.#name;
    const values = this.#spreads.flatMap(({ labels, bounds, counts, sum }) => {
      const named = Object.fromEntries(this.#labelNames.map((label, at) => [label, labels[at] ?? '']));
      let below = 0;
      const buckets = counts.map((count, at) => {
        below += count;
        return { metricName: `${name}_bucket`, labels: { le: bounds[at] ?? '+Inf', ...named }, value: below };
      });
      return [
        ...buckets,
        { metricName: `${name}_sum`, labels: named, value: sum },
        { metricName: `${name}_count`, labels: named, value: below },
      ];
    });
    return { ...(await this.#empty.get()), values };
  }
}
