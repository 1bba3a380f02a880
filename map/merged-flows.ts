/**
 * Edges as flows between a workload and an address: what several channels, hosts of one app and protocols showed of one
 * flow, joined. The grain of baseline, drift and reports.
 */
import { worseCoverage } from '../flow/coverage.ts';
import type { Edge } from '../flow/edge.ts';
import { endsReader, type Place, type Workload } from './ends.ts';
import { type JoinedEdge, joinEdges } from './graph.ts';
import type { Knowledge } from './knowledge.ts';
import { LoggedFlows } from './logged-flows.ts';
import { isPlaintext } from './sight.ts';

export interface MergedFlow extends Omit<JoinedEdge, 'protocol'> {
  readonly workload: Workload;
  readonly place: Place;
  /** `host:port` as it stands in a baseline. */
  readonly address: string;
  readonly protocols: readonly string[];
  readonly isPlaintext: boolean;
  /** When each channel saw it last. */
  readonly lastByChannel: Readonly<Record<string, string>>;
  readonly models: readonly string[];
  /** Ids of the edges on which each class was seen. */
  readonly edgesWith: Readonly<Record<string, readonly string[]>>;
}

/** By source, then address, then direction: the same for the same edges in any order. */
export function mergedFlows(edges: Iterable<Edge>, knowledge: Knowledge): readonly MergedFlow[] {
  const endsOf = endsReader(knowledge);
  const groups = new Map<string, { readonly workload: Workload; place: Place; readonly edges: Edge[] }>();
  const logged = new LoggedFlows();
  for (const edge of logged.last(edges)) {
    const { workload, place } = endsOf(edge);
    if (edge.channel === 'log' && logged.isSeen(edge, workload)) continue;
    const key = JSON.stringify([workload.key, edge.destination.host, edge.destination.port, edge.direction]);
    logged.see(edge, workload, key);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { workload, place, edges: [edge] });
      continue;
    }
    group.edges.push(edge);
    // One edge may be the only one that tells what stands there.
    if (place.type === 'datastore') group.place = place;
  }
  return [...groups.values()].map(({ workload, place, edges: seen }) => merged(workload, place, seen)).toSorted(byName);
}

function merged(workload: Workload, place: Place, edges: readonly Edge[]): MergedFlow {
  // Edges of one channel (hosts of one app) add up; what two channels saw of the same calls does not.
  const byChannel = Map.groupBy(
    edges.toSorted((a, b) => compare(a.id, b.id)),
    (edge) => edge.channel,
  );
  const sums = [...byChannel].toSorted(([a], [b]) => compare(a, b)).map(([, ofChannel]) => summed(ofChannel));
  const { protocol: _, ...joined } = joinEdges(sums);
  const protocols = [...new Set(edges.map(({ protocol }) => protocol))].toSorted();
  return {
    ...joined,
    edges: edges.map(({ id }) => id).toSorted(),
    workload,
    place,
    address: addressText(place.host, place.port),
    protocols,
    isPlaintext: edges.some(isPlaintext),
    lastByChannel: Object.fromEntries(sums.map(({ channel, lastSeen }) => [channel, lastSeen])),
    models: [...new Set(edges.flatMap(({ models }) => models ?? []))].toSorted(),
    edgesWith: edgesWith(edges),
  };
}

function edgesWith(edges: readonly Edge[]): Readonly<Record<string, readonly string[]>> {
  const ids: Record<string, string[]> = Object.create(null);
  for (const { id, entities } of edges) {
    for (const entity of Object.keys(entities)) {
      const known = ids[entity];
      if (known === undefined) ids[entity] = [id];
      else known.push(id);
    }
  }
  return ids;
}

/** Edges that one channel saw, of several hosts or protocols, as one with their sums. */
function summed(edges: readonly Edge[]): Edge {
  const [first, ...others] = edges;
  if (first === undefined) throw new Error('a flow without an edge');
  let sum = first;
  for (const edge of others) sum = sumOf(sum, edge);
  return sum;
}

function sumOf(a: Edge, b: Edge): Edge {
  const { firstSeen, lastSeen, details } = joinEdges([a, b]);
  return {
    ...a,
    entities: added(a.entities, b.entities),
    actions: added(a.actions, b.actions),
    calls: a.calls + b.calls,
    bytesOut: a.bytesOut + b.bytesOut,
    bytesIn: a.bytesIn + b.bytesIn,
    firstSeen,
    lastSeen,
    details,
    // Different calls, unlike what two channels saw of the same: the lesser coverage holds.
    coverage: worseCoverage(a.coverage, b.coverage),
  };
}

function added(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sums: Record<string, number> = Object.assign(Object.create(null), a);
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

/** `api.openai.com:443`, `[::1]:8080`, `unknown`. */
export function addressText(host: string | null, port: number | null): string {
  const name = host === null ? 'unknown' : host.includes(':') ? `[${host}]` : host;
  return port === null ? name : `${name}:${port}`;
}

function byName(a: MergedFlow, b: MergedFlow): number {
  return (
    compare(a.workload.label, b.workload.label) ||
    compare(a.workload.key, b.workload.key) ||
    compare(a.address, b.address) ||
    compare(a.direction, b.direction)
  );
}

/** By code unit: the same on every system, whatever its locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
