/**
 * The baseline: flows that are allowed, as YAML that is reviewed in git. It is made from what was seen; what stands in
 * it is what drift is measured against. Its reading, with errors by line, belongs to who opens the file.
 */
import type { CoverageLevel } from '../flow/coverage.ts';
import type { Edge, EdgeDirection } from '../flow/edge.ts';
import { isLoopbackHost } from './ends.ts';
import { CARD_ENTITIES, isInside } from './fence.ts';
import type { Knowledge } from './knowledge.ts';
import { type MergedFlow, mergedFlows } from './merged-flows.ts';

/** Kinds of drift that an entry may take as they are, once somebody has looked at them. */
export const ACCEPTABLE = ['bypass', 'shadow_store', 'pci_fence', 'plaintext'] as const;
export type Acceptable = (typeof ACCEPTABLE)[number];

/** From and to, both inclusive. */
export type Range = readonly [number, number];

export interface AllowedFlow {
  /** As the map names it; `*` is any characters. */
  readonly source: string;
  /** `host:port`, or a host for every port of it; `*` is any characters. */
  readonly destination: string;
  readonly direction: EdgeDirection;
  /** Classes that may be seen on it; `*` for any. */
  readonly entities: readonly string[];
  /** The least that has to be seen of it; null for no matter. */
  readonly coverage: CoverageLevel | null;
  readonly country: string | null;
  readonly callsPerDay: Range | null;
  readonly bytesPerDay: Range | null;
  readonly accepts: readonly Acceptable[];
  readonly owner: string | null;
  /** A day, `2027-06-30`: the last one on which it is allowed; null for no end. */
  readonly expires: string | null;
  readonly note: string | null;
}

export interface Baseline {
  readonly flows: readonly AllowedFlow[];
}

/** How much of a flow there was on its busiest day; null where no days are known. */
export type PeakOf = (edges: readonly string[]) => { readonly calls: number; readonly bytes: number } | null;

export interface BaselineOptions {
  readonly knowledge: Knowledge;
  /** A day: the entries run out then. */
  readonly expires: string;
  readonly peakOf?: PeakOf;
  /** Entries of an earlier baseline that stay as they are; flows that they name get none beside. */
  readonly keep?: Baseline;
}

/** Everything that was seen, as allowed. The same edges give the same entries in the same order. */
export function baselineOf(edges: Iterable<Edge>, options: BaselineOptions): Baseline {
  const kept = options.keep?.flows ?? [];
  const named = new Set(kept.map(keyOf));
  const flows = folded(mergedFlows(edges, options.knowledge)).map((flow) => allowed(flow, options));
  const fresh = flows.filter((flow) => !named.has(keyOf(flow)));
  return { flows: [...kept, ...fresh].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0)) };
}

/** Flows of one source to so many hosts of one domain, known from logs alone, are one entry. */
const MANY = 20;

/**
 * A log names each of a cloud's thousands of buckets, and tells nothing of what goes there: an entry for each would be
 * read by nobody. They stand as `*.` and what their names have in common behind the first label.
 */
function folded(flows: readonly MergedFlow[]): readonly MergedFlow[] {
  const families = Map.groupBy(flows, familyOf);
  return [...families].flatMap(([family, alike]) => {
    const [first] = alike;
    if (family === null || first === undefined || alike.length < MANY) return alike;
    const { calls, bytesOut, bytesIn } = alike.reduce((sum, one) => ({
      ...one,
      calls: sum.calls + one.calls,
      bytesOut: sum.bytesOut + one.bytesOut,
      bytesIn: sum.bytesIn + one.bytesIn,
    }));
    const edges = alike.flatMap((one) => one.edges);
    return [{ ...first, address: first.address.replace(/^[^.]+/, '*'), calls, bytesOut, bytesIn, edges }];
  });
}

/** Null for what stands by itself. */
function familyOf({ workload, address, place, direction, channels, entities }: MergedFlow): string | null {
  const isLogged = channels.every((channel) => channel === 'log') && Object.keys(entities).length === 0;
  if (!isLogged || place.type !== 'datastore' || place.store !== null || !/\.[^.]+\./.test(address)) return null;
  return JSON.stringify([workload.key, address.replace(/^[^.]+/, ''), direction]);
}

function keyOf({ source, destination, direction }: AllowedFlow): string {
  return [source, destination, direction].join('\0');
}

function allowed(flow: MergedFlow, { knowledge, expires, peakOf }: BaselineOptions): AllowedFlow {
  const { workload, place, address, direction, entities, coverage } = flow;
  const day = peakOf?.(flow.edges) ?? meanDay(flow);
  return {
    source: workload.label,
    destination: address,
    direction,
    entities: Object.keys(entities).toSorted(),
    coverage: coverage.level,
    country: place.country,
    callsPerDay: [0, headroom(day.calls, 100)],
    bytesPerDay: [0, headroom(day.bytes, 1_000_000)],
    accepts: ACCEPTABLE.filter((kind) => standing(flow, knowledge)[kind]),
    owner: workload.owner ?? place.owner,
    expires,
    note: null,
  };
}

/** What is wrong with a flow whether or not it is known. */
export function standing(flow: MergedFlow, knowledge: Knowledge): Readonly<Record<Acceptable, boolean>> {
  return {
    bypass: goesRound(flow),
    shadow_store: flow.place.isShadow,
    pci_fence: breachesOf(flow, knowledge, 'pci').length > 0,
    plaintext: flow.isPlaintext && !isLoopbackHost(flow.place.host),
  };
}

const DAY_MS = 86_400_000;

/** A call to an LLM that the sensor saw and the proxy did not, or not any more. */
function goesRound({ place, direction, lastByChannel }: MergedFlow): boolean {
  const { proxy, sensor } = lastByChannel;
  if (place.type !== 'llm' || direction !== 'out' || sensor === undefined) return false;
  return proxy === undefined || Date.parse(sensor) - Date.parse(proxy) > DAY_MS;
}

/**
 * Classes on a flow that belong inside a fence, one of whose ends stands outside; also where they were held back on the
 * way: that somebody tries is to be known. None where there is no such fence.
 */
export function breachesOf(flow: MergedFlow, knowledge: Knowledge, fence: 'pci'): readonly string[] {
  const environment = knowledge.environments.get(fence);
  if (environment === undefined) return [];
  if (isInside(flow.workload, environment) && isInside(flow.place, environment)) return [];
  return Object.keys(flow.entities)
    .filter((entity) => CARD_ENTITIES.has(entity))
    .toSorted();
}

/** Calls and bytes a day over the time in which it was seen, at least a day. */
export function meanDay({
  calls,
  bytesOut,
  bytesIn,
  firstSeen,
  lastSeen,
}: Pick<MergedFlow, 'calls' | 'bytesOut' | 'bytesIn' | 'firstSeen' | 'lastSeen'>): {
  readonly calls: number;
  readonly bytes: number;
} {
  const days = Math.max(1, (Date.parse(lastSeen) - Date.parse(firstSeen)) / DAY_MS);
  return { calls: calls / days, bytes: (bytesOut + bytesIn) / days };
}

/** Five times as much, at least `least`, with one digit that counts: a little more traffic changes no line in git. */
function headroom(value: number, least: number): number {
  const wanted = Math.max(least, value * 5);
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return Math.ceil(wanted / unit) * unit;
}

const HEAD = `# Flows that are allowed: who may send which classes of data to whom. \`weir flows diff\` tells what is seen beside them.
# Take out what is not meant to be, and see to it that each has an owner. Grammar: docs/map.md
apiVersion: weir/v1
kind: Baseline
`;

/** YAML, piece by piece: one key a line, in a fixed order, keys without a value left out. */
export function* baselineYaml({ flows }: Baseline): Generator<string> {
  yield HEAD;
  yield flows.length === 0 ? 'flows: []\n' : 'flows:\n';
  for (const flow of flows) {
    const { source, destination, direction, entities, coverage, country, callsPerDay, bytesPerDay } = flow;
    const lines = [
      `  - source: ${quoted(source)}`,
      `destination: ${quoted(destination)}`,
      `direction: ${direction}`,
      `entities: [${entities.map((one) => (/^[A-Z][A-Z0-9_]*$/.test(one) ? one : quoted(one))).join(', ')}]`,
      coverage === null ? null : `coverage: ${coverage}`,
      country === null ? null : `country: ${quoted(country)}`,
      callsPerDay === null ? null : `callsPerDay: [${callsPerDay.join(', ')}]`,
      bytesPerDay === null ? null : `bytesPerDay: [${bytesPerDay.join(', ')}]`,
      flow.accepts.length === 0 ? null : `accepts: [${flow.accepts.join(', ')}]`,
      flow.owner === null ? null : `owner: ${quoted(flow.owner)}`,
      flow.expires === null ? null : `expires: ${quoted(flow.expires)}`,
      flow.note === null ? null : `note: ${quoted(flow.note)}`,
    ];
    yield `${lines.filter((line) => line !== null).join('\n    ')}\n`;
  }
}

/** A JSON string is a double-quoted one of YAML 1.2; what a terminal would act upon is escaped too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}
