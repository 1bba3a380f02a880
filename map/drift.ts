/**
 * What is seen beside what is allowed: a pure comparison of edges with a baseline, for `weir flows diff` and for live
 * alerts. It keeps nothing; asked again with the same, it says the same.
 */
import type { CoverageLevel } from '../flow/coverage.ts';
import type { Severity } from '../flow/decision.ts';
import type { Edge, EdgeDirection } from '../flow/edge.ts';
import type { AllowedFlow, Baseline, PeakOf, Range } from './baseline.ts';
import { type Acceptable, breachesOf, meanDay, standing } from './baseline.ts';
import { canHaveArrived } from './fence.ts';
import type { Knowledge } from './knowledge.ts';
import { type MergedFlow, mergedFlows } from './merged-flows.ts';
import { nameMatcher } from './named-ends.ts';

export const DRIFT_KINDS = [
  'new_destination',
  'new_class',
  'new_workload_to_llm',
  'volume',
  'bypass',
  'shadow_store',
  'pci_fence',
  'cross_border',
  'plaintext',
  'coverage_lost',
  'expired',
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

export interface Drift {
  readonly kind: DriftKind;
  readonly severity: Severity;
  /** The same for the same drift, whenever it is asked for: kind, ends, direction, class. */
  readonly key: string;
  readonly source: string;
  readonly destination: string;
  readonly direction: EdgeDirection;
  readonly entity: string | null;
  /** Ids of edges. */
  readonly edges: readonly string[];
  /** Of kind `bypass`: the events that tell of it. */
  readonly events: readonly string[];
  readonly lastSeen: string;
  /** What is wrong, in one line and without values. */
  readonly text: string;
  /** What to do. */
  readonly remedy: string;
}

export interface DriftContext {
  readonly knowledge: Knowledge;
  readonly now: Date;
  /** Of the busiest day since the baseline was approved; by the mean over the edge's life without. */
  readonly peakOf?: PeakOf;
  /** Events of kind `bypass`, by edge. */
  readonly bypasses?: ReadonlyMap<string, readonly string[]>;
}

/** The gravest first; then by source, destination and class. */
export function driftOf(baseline: Baseline, edges: Iterable<Edge>, context: DriftContext): readonly Drift[] {
  const known = allowedBy(baseline, context.knowledge);
  return mergedFlows(edges, context.knowledge)
    .flatMap((flow) => driftOfFlow(flow, known, context))
    .toSorted((a, b) => RANK[a.severity] - RANK[b.severity] || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

const RANK: Readonly<Record<Severity, number>> = { critical: 0, high: 1, medium: 2, low: 3, info: 4 };

function driftOfFlow(flow: MergedFlow, known: AllowedFlows, context: DriftContext): readonly Drift[] {
  const named = known.entriesOf(flow);
  const entries = named.filter(({ expires }) => !isOver(expires, context.now));
  const isKnown = entries.length > 0;
  const found: Drift[] = [];
  if (!isKnown) found.push(...(named.length > 0 ? expired(flow, named) : [unknownFlow(flow, known)]));
  else found.push(...newClasses(flow, entries, context), ...volume(flow, entries, context), ...lost(flow, entries));
  found.push(...border(flow, entries, known), ...standingDrift(flow, entries, context));
  return found;
}

/** A day is allowed to its end, UTC. */
function isOver(expires: string | null, now: Date): boolean {
  return expires !== null && now.getTime() > Date.parse(`${expires}T23:59:59.999Z`);
}

function unknownFlow(flow: MergedFlow, known: AllowedFlows): Drift {
  const classes = Object.keys(flow.entities);
  const seen = classes.length === 0 ? 'nothing sensitive was seen on it' : `seen: ${classes.toSorted().join(', ')}`;
  const isToLlm = flow.place.type === 'llm' && !known.sendsToLlm(flow.workload.label);
  if (isToLlm) {
    return item(flow, 'new_workload_to_llm', 'high', {
      text: `it sent nothing to any LLM before; ${seen}`,
      remedy: 'find out who runs it; add the flow to the baseline, or stop it with a rule',
    });
  }
  return item(flow, 'new_destination', classes.length === 0 ? 'medium' : 'high', {
    text: `not in the baseline; ${seen}`,
    remedy: 'add the flow to the baseline with an owner, or stop it with a rule',
  });
}

function expired(flow: MergedFlow, entries: readonly AllowedFlow[]): readonly Drift[] {
  const until = entries.map(({ expires }) => expires ?? '').reduce((a, b) => (a > b ? a : b));
  const owner = entries.find((entry) => entry.owner !== null)?.owner ?? null;
  return [
    item(flow, 'expired', 'low', {
      text: `its entry ran out after ${until}${owner === null ? '' : ` (owner ${owner})`}`,
      remedy: 'ask its owner: extend the entry, or stop the flow and take it out',
    }),
  ];
}

const GRAVE: ReadonlySet<string> = new Set(['credential', 'health', 'financial', 'government_id']);

function newClasses(flow: MergedFlow, entries: readonly AllowedFlow[], { knowledge }: DriftContext): readonly Drift[] {
  const allowed = new Set(entries.flatMap(({ entities }) => entities));
  if (allowed.has('*')) return [];
  return Object.entries(flow.entities)
    .filter(([entity]) => !allowed.has(entity))
    .map(([entity, count]) => {
      const severity = GRAVE.has(knowledge.categoryOf(entity)) ? 'high' : 'medium';
      return item(flow, 'new_class', severity, {
        entity,
        text: `${entity} was not seen on it before (${count} now)`,
        remedy: `allow ${entity} in the entry of the baseline, or stop it with a rule`,
      });
    });
}

function volume(flow: MergedFlow, entries: readonly AllowedFlow[], { peakOf }: DriftContext): readonly Drift[] {
  const day = peakOf?.(flow.edges) ?? meanDay(flow);
  const out = [
    outOf(day.calls, rangesOf(entries, 'callsPerDay'), 'calls'),
    outOf(day.bytes, rangesOf(entries, 'bytesPerDay'), 'bytes'),
  ].filter((text) => text !== null);
  if (out.length === 0) return [];
  return [
    item(flow, 'volume', 'medium', {
      text: out.join('; '),
      remedy: 'find out why; widen the range in the baseline if it is meant, or set a limit with a rule',
    }),
  ];
}

/** Null where some entry has no range: then any volume is allowed. */
function rangesOf(entries: readonly AllowedFlow[], key: 'callsPerDay' | 'bytesPerDay'): readonly Range[] | null {
  const ranges = entries.map((entry) => entry[key]);
  return ranges.includes(null) ? null : ranges.filter((range) => range !== null);
}

function outOf(value: number, ranges: readonly Range[] | null, what: string): string | null {
  if (ranges === null || ranges.some(([from, to]) => value >= from && value <= to)) return null;
  const allowed = ranges.map(([from, to]) => `${from} to ${to}`).join(' or ');
  return `${Math.round(value)} ${what} a day, allowed ${allowed}`;
}

const LEVEL: Readonly<Record<CoverageLevel, number>> = { full: 0, truncated: 1, opaque: 2 };

function lost(flow: MergedFlow, entries: readonly AllowedFlow[]): readonly Drift[] {
  const least = Math.max(...entries.map(({ coverage }) => (coverage === null ? LEVEL.opaque : LEVEL[coverage])));
  const { level, reason } = flow.coverage;
  if (LEVEL[level] <= least) return [];
  return [
    item(flow, 'coverage_lost', 'medium', {
      text: `it could be looked into before, and cannot now: ${level}${reason === null ? '' : `, ${reason}`}`,
      remedy: '`weir doctor` tells what keeps it from being seen; or lower `coverage` in its entry',
    }),
  ];
}

function border(flow: MergedFlow, entries: readonly AllowedFlow[], known: AllowedFlows): readonly Drift[] {
  const { country } = flow.place;
  const carries = Object.keys(flow.entities).length > 0 || flow.coverage.level === 'opaque';
  if (country === null || flow.direction !== 'out' || !carries || !canHaveArrived(flow)) return [];
  const isAllowed =
    entries.length > 0
      ? entries.some((entry) => entry.country === country || entry.country === null)
      : known.countries.has(country);
  if (isAllowed) return [];
  const before = entries.flatMap((entry) => entry.country ?? []).toSorted();
  return [
    item(flow, 'cross_border', 'high', {
      text: `data goes to ${country}${before.length === 0 ? ', where none went before' : `, before to ${before.join(', ')}`}`,
      remedy: 'find out on what ground data may go there; name the country in the entry, or stop it with a rule',
    }),
  ];
}

const STANDING: Readonly<
  Record<Acceptable, { readonly severity: Severity; readonly text: string; readonly remedy: string }>
> = {
  bypass: {
    severity: 'high',
    text: 'calls to an LLM went round the proxy: no rule could act on them',
    remedy: 'route it through the proxy (docs/routing.md), or have the sensor steer it',
  },
  shadow_store: {
    severity: 'high',
    text: 'a data store that nobody has listed',
    remedy: 'list it under `stores` with its owner, or move the data and shut it down',
  },
  pci_fence: {
    severity: 'critical',
    text: 'card data leaves `environments.pci`',
    remedy: 'stop it with a rule; if both ends belong inside, add them to `environments.pci`',
  },
  plaintext: {
    severity: 'medium',
    text: 'it travels in clear',
    remedy: 'turn TLS on at both ends',
  },
};

function standingDrift(
  flow: MergedFlow,
  entries: readonly AllowedFlow[],
  { knowledge, bypasses }: DriftContext,
): readonly Drift[] {
  const accepted = new Set(entries.flatMap(({ accepts }) => accepts));
  const events = flow.edges.flatMap((edge) => bypasses?.get(edge) ?? []);
  const holds = { ...standing(flow, knowledge) };
  if (events.length > 0) holds.bypass = true;
  const found: Drift[] = [];
  for (const [kind, rule] of Object.entries(STANDING) as [Acceptable, (typeof STANDING)[Acceptable]][]) {
    if (!holds[kind] || accepted.has(kind)) continue;
    if (kind === 'pci_fence') {
      const isHeld = !canHaveArrived(flow);
      const text = isHeld ? 'card data was on its way out of `environments.pci`, and was held back' : rule.text;
      for (const entity of breachesOf(flow, knowledge, 'pci')) {
        found.push(
          item(flow, kind, isHeld ? 'medium' : rule.severity, { ...rule, entity, text: `${text}: ${entity}` }),
        );
      }
      continue;
    }
    const carries = Object.keys(flow.entities).length > 0;
    const severity = kind === 'plaintext' && carries ? 'high' : rule.severity;
    const isByEvent = kind === 'bypass';
    found.push(item(flow, kind, severity, { ...rule, events: isByEvent ? events.slice(0, MAX_EVENTS) : [] }));
  }
  return found;
}

const MAX_EVENTS = 20;

function item(
  flow: MergedFlow,
  kind: DriftKind,
  severity: Severity,
  more: {
    readonly text: string;
    readonly remedy: string;
    readonly entity?: string;
    readonly events?: readonly string[];
  },
): Drift {
  const { workload, address, direction, edges, lastSeen } = flow;
  const { text, remedy, entity = null, events = [] } = more;
  const key = [kind, workload.label, address, direction, entity ?? ''].join(' ');
  const ends = { source: workload.label, destination: address, direction };
  return { kind, severity, key, ...ends, entity, edges, events, lastSeen, text, remedy };
}

/** The entries of a baseline, found in a few look-ups where they name their ends without `*`. */
class AllowedFlows {
  readonly #exact = new Map<string, AllowedFlow[]>();
  readonly #globs: {
    readonly entry: AllowedFlow;
    readonly isSource: (name: string) => boolean;
    readonly isDestination: (name: string) => boolean;
  }[] = [];
  /** Those that may send to the host of some LLM. */
  readonly #llmSources: ((name: string) => boolean)[] = [];
  readonly countries: ReadonlySet<string>;

  constructor({ flows }: Baseline, knowledge: Knowledge) {
    this.countries = new Set(flows.flatMap(({ country }) => country ?? []));
    for (const entry of flows) {
      const { source, destination, direction } = entry;
      const isSource = nameMatcher(source);
      const host = destination.replace(/:\d+$/, '');
      const isToLlm = direction === 'out' && knowledge.destinationAt(host, null)?.category === 'genai';
      if (isToLlm) this.#llmSources.push(isSource);
      if (source.includes('*') || destination.includes('*')) {
        this.#globs.push({ entry, isSource, isDestination: nameMatcher(destination) });
        continue;
      }
      const key = exactKey(source, destination, direction);
      const alike = this.#exact.get(key);
      if (alike === undefined) this.#exact.set(key, [entry]);
      else alike.push(entry);
    }
  }

  entriesOf({ workload, address, place, direction }: MergedFlow): readonly AllowedFlow[] {
    const names = [address, place.host ?? 'unknown', ...(place.store === null ? [] : [place.store])];
    const exact = names.flatMap((name) => this.#exact.get(exactKey(workload.label, name, direction)) ?? []);
    const globs = this.#globs.filter(
      ({ entry, isSource, isDestination }) =>
        entry.direction === direction && isSource(workload.label) && names.some(isDestination),
    );
    return [...exact, ...globs.map(({ entry }) => entry)];
  }

  /** Whether some entry lets it send to an LLM's host. */
  sendsToLlm(label: string): boolean {
    return this.#llmSources.some((isSource) => isSource(label));
  }
}

function exactKey(source: string, destination: string, direction: string): string {
  return [source.toLowerCase(), destination.toLowerCase(), direction].join('\0');
}

/** Live alerts ask again and again with the same two. */
const indexed = new WeakMap<Baseline, { readonly knowledge: Knowledge; readonly flows: AllowedFlows }>();

function allowedBy(baseline: Baseline, knowledge: Knowledge): AllowedFlows {
  const known = indexed.get(baseline);
  if (known?.knowledge === knowledge) return known.flows;
  const flows = new AllowedFlows(baseline, knowledge);
  indexed.set(baseline, { knowledge, flows });
  return flows;
}
