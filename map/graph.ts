/**
 * The map: sources and destinations as nodes, flows between them. What several channels saw of one flow is joined into
 * one, so that a call seen twice is not counted twice. It draws nothing and reads no store.
 */
import { type Coverage, worseCoverage } from '../flow/coverage.ts';
import type { Edge, EdgeDirection } from '../flow/edge.ts';
import type { Channel, Source } from '../flow/parties.ts';

export interface SourceNode {
  readonly id: string;
  readonly kind: 'source';
  readonly label: string;
  readonly source: Source;
}

export interface DestinationNode {
  readonly id: string;
  readonly kind: 'destination';
  readonly label: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly vendor: string | null;
  readonly category: string;
  readonly country: string | null;
}

export type MapNode = SourceNode | DestinationNode;

/** A flow. `from` and `to` are ids of nodes, in the direction in which the data went. */
export interface MapEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly direction: EdgeDirection;
  readonly protocol: string;
  readonly channels: readonly Channel[];
  /** Ids of the edges that were joined. */
  readonly edges: readonly string[];
  readonly entities: Readonly<Record<string, number>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly coverage: Coverage;
}

export interface FlowGraph {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

/** Nodes `s1`, `s2` … and `d1` …, numbered by label so that the same edges give the same map. */
export function buildGraph(edges: Iterable<Edge>): FlowGraph {
  const sources = new Map<string, Omit<SourceNode, 'id'>>();
  const destinations = new Map<string, Omit<DestinationNode, 'id'>>();
  const flows = new Map<string, { readonly from: string; readonly to: string; readonly edges: Edge[] }>();
  for (const edge of edges) {
    const sourceKey = keyOfSource(edge.source);
    const destinationKey = JSON.stringify([edge.destination.host, edge.destination.port]);
    sources.set(sourceKey, { kind: 'source', label: sourceLabel(edge.source), source: edge.source });
    destinations.set(destinationKey, { kind: 'destination', label: destinationLabel(edge), ...edge.destination });
    const key = JSON.stringify([sourceKey, destinationKey, edge.protocol, edge.direction]);
    const flow = flows.get(key) ?? { from: sourceKey, to: destinationKey, edges: [] };
    flow.edges.push(edge);
    flows.set(key, flow);
  }
  const sourceIds = numbered(sources, 's');
  const destinationIds = numbered(destinations, 'd');
  const joined = [...flows.values()].map(({ from, to, edges: seen }) => {
    const source = sourceIds.get(from)?.id ?? '';
    const destination = destinationIds.get(to)?.id ?? '';
    return join(seen, source, destination);
  });
  const nodes = [...sourceIds.values(), ...destinationIds.values()];
  return { nodes, edges: joined.toSorted(byEnds).map((edge, i) => ({ ...edge, id: `e${i + 1}` })) };
}

/** `billing`, `curl on build-7`, `10.0.0.7`: the best name there is. A label without its token is marked as a claim. */
export function sourceLabel({ app, verified, process, host, user, container }: Source): string {
  if (app !== null) return verified ? app : `${app} (unverified)`;
  const what = process ?? container ?? user;
  if (what === null) return host ?? 'unknown source';
  return host === null ? what : `${what} on ${host}`;
}

function destinationLabel({ destination: { host, port, vendor } }: Edge): string {
  const address = port === null || port === 443 ? (host ?? 'unknown destination') : `${host ?? 'unknown'}:${port}`;
  return vendor === null ? address : `${vendor} ${address}`;
}

/** Without the pid, as the key of an edge. */
function keyOfSource({ app, verified, host, process, exe, user, container }: Source): string {
  return JSON.stringify([app, verified, host, process, exe, user, container]);
}

function numbered<T extends { readonly label: string }>(
  nodes: ReadonlyMap<string, T>,
  letter: string,
): ReadonlyMap<string, T & { readonly id: string }> {
  const sorted = [...nodes].toSorted(([a, one], [b, other]) => compare(one.label, other.label) || compare(a, b));
  return new Map(sorted.map(([key, node], i) => [key, { ...node, id: `${letter}${i + 1}` }]));
}

function join(edges: readonly Edge[], source: string, destination: string): MapEdge {
  const [first, ...others] = edges;
  if (first === undefined) throw new Error('a flow without an edge');
  const [from, to] = first.direction === 'out' ? [source, destination] : [destination, source];
  let joined: MapEdge = { ...first, from, to, channels: [first.channel], edges: [first.id] };
  for (const edge of others) {
    joined = {
      ...joined,
      channels: joined.channels.includes(edge.channel) ? joined.channels : [...joined.channels, edge.channel],
      edges: [...joined.edges, edge.id],
      // Each channel counts the same calls on its own: the one that saw the most of a kind is the nearest to the truth.
      entities: greatest(joined.entities, edge.entities),
      actions: greatest(joined.actions, edge.actions),
      calls: Math.max(joined.calls, edge.calls),
      bytesOut: Math.max(joined.bytesOut, edge.bytesOut),
      bytesIn: Math.max(joined.bytesIn, edge.bytesIn),
      firstSeen: joined.firstSeen < edge.firstSeen ? joined.firstSeen : edge.firstSeen,
      lastSeen: joined.lastSeen > edge.lastSeen ? joined.lastSeen : edge.lastSeen,
      coverage: betterCoverage(joined.coverage, edge.coverage),
    };
  }
  const { id, direction, protocol, channels, entities, actions, calls, bytesOut, bytesIn } = joined;
  const { edges: ids, firstSeen, lastSeen, coverage } = joined;
  const ends = { id, from, to, direction, protocol, channels, edges: ids };
  return { ...ends, entities, actions, calls, bytesOut, bytesIn, firstSeen, lastSeen, coverage };
}

/** What one channel could not see and another did was seen. */
function betterCoverage(a: Coverage, b: Coverage): Coverage {
  return worseCoverage(a, b) === a ? b : a;
}

function greatest(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = Object.create(null);
  for (const [name, count] of [...Object.entries(a), ...Object.entries(b)])
    counts[name] = Math.max(counts[name] ?? 0, count);
  return counts;
}

/** By number and not by text, so that s10 follows s9. */
function byEnds(a: MapEdge, b: MapEdge): number {
  const order = (id: string) => id.charAt(0) + id.slice(1).padStart(9, '0');
  const key = (edge: MapEdge) => [order(edge.from), order(edge.to), edge.protocol].join(' ');
  return compare(key(a), key(b));
}

/** By code unit: the same on every system, whatever its locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
