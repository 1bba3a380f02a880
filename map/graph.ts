/**
 * The map: sources and destinations as nodes, flows between them. What several channels saw of one flow is joined into
 * one, so that a call seen twice is not counted twice. It draws nothing and reads no store.
 */
import { type Coverage, worseCoverage } from '../flow/coverage.ts';
import type { Edge, EdgeDetail, EdgeDirection } from '../flow/edge.ts';
import type { Channel, Source } from '../flow/parties.ts';
import { endsReader, type Place, sourceKey, sourceLabel, type Workload } from './ends.ts';
import { type Knowledge, NOTHING_KNOWN } from './knowledge.ts';
import { LoggedFlows } from './logged-flows.ts';
import { type RiskTerms, riskOf } from './risk.ts';
import { sightOf, type TlsSight } from './sight.ts';

export interface SourceNode {
  readonly id: string;
  readonly kind: 'source';
  readonly type: 'workload';
  readonly label: string;
  readonly source: Source;
  readonly owner: string | null;
}

export interface DestinationNode extends Omit<Place, 'key' | 'app'> {
  readonly id: string;
  readonly kind: 'destination';
  /** Of an LLM provider: models that were asked for. */
  readonly models: readonly string[];
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
  readonly details: Readonly<Record<string, EdgeDetail>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly coverage: Coverage;
  readonly tls: TlsSight;
  readonly risk: number | null;
  readonly riskTerms: RiskTerms | null;
}

export interface FlowGraph {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

/** What is known of the parties, and the moment from which the map is looked at. */
export interface MapView {
  readonly knowledge: Knowledge;
  readonly now: Date;
}

/** Nodes `s1`, `s2` … and `d1` …, numbered by label so that the same edges give the same map. */
export function buildGraph(edges: Iterable<Edge>, view: MapView | null = null): FlowGraph {
  const knowledge = view?.knowledge ?? NOTHING_KNOWN;
  const endsOf = endsReader(knowledge);
  const sources = new Map<string, Omit<SourceNode, 'id'>>();
  const destinations = new Map<string, Omit<DestinationNode, 'id'>>();
  const flows = new Map<string, Flow>();
  const logged = new LoggedFlows();
  for (const edge of logged.last(edges)) {
    const { workload, place } = endsOf(edge);
    if (edge.channel === 'log' && logged.isSeen(edge, workload)) continue;
    const from = sourceKey(edge.source);
    const to = JSON.stringify([edge.destination.host, edge.destination.port]);
    sources.set(from, sourceNode(edge.source, workload));
    destinations.set(to, destinationNode(place, edge, destinations.get(to)));
    const key = JSON.stringify([from, to, edge.protocol, edge.direction]);
    const flow = flows.get(key) ?? { from, to, place, edges: [] };
    flow.edges.push(edge);
    flows.set(key, flow);
    logged.see(edge, workload, key);
  }
  const sourceIds = numbered(sources, 's');
  const destinationIds = numbered(destinations, 'd');
  const joined = [...flows].map(([key, flow]) => {
    const source = sourceIds.get(flow.from)?.id ?? '';
    const destination = destinationIds.get(flow.to)?.id ?? '';
    const one = logged.joinTo(joinEdges(flow.edges), key);
    const [from, to] = one.direction === 'out' ? [source, destination] : [destination, source];
    const { risk, terms } =
      view === null ? { risk: null, terms: null } : riskOf(one, flow.place, one.channels, { knowledge, now: view.now });
    const { tls } = sightOf(one, one.channels);
    return { id: '', from, to, ...one, tls, risk, riskTerms: terms };
  });
  const nodes = [...sourceIds.values(), ...destinationIds.values()];
  return { nodes, edges: joined.toSorted(byEnds).map((edge, i) => ({ ...edge, id: `e${i + 1}` })) };
}

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly place: Place;
  readonly edges: Edge[];
}

function sourceNode(source: Source, workload: Workload): Omit<SourceNode, 'id'> {
  const label = workload.app === null ? sourceLabel(source) : workload.label;
  return { kind: 'source', type: 'workload', label, source, owner: workload.owner };
}

const MAX_MODELS = 20;

function destinationNode(
  place: Place,
  edge: Edge,
  before: Omit<DestinationNode, 'id'> | undefined,
): Omit<DestinationNode, 'id'> {
  const { label, host, port, vendor, category, country, sanctioned, owner, note, store, isShadow } = place;
  // A store may be known by the protocol of one edge only: the other edges to it say no less.
  const type = before?.type === 'datastore' ? 'datastore' : place.type;
  const models = [...new Set([...(before?.models ?? []), ...(edge.models ?? [])])].toSorted().slice(0, MAX_MODELS);
  const known = { label, host, port, vendor, category, country, sanctioned, owner, note, store };
  return { kind: 'destination', type, ...known, isShadow: isShadow || before?.isShadow === true, models };
}

function numbered<T extends { readonly label: string }>(
  nodes: ReadonlyMap<string, T>,
  letter: string,
): ReadonlyMap<string, T & { readonly id: string }> {
  const sorted = [...nodes].toSorted(([a, one], [b, other]) => compare(one.label, other.label) || compare(a, b));
  return new Map(sorted.map(([key, node], i) => [key, { ...node, id: `${letter}${i + 1}` }]));
}

export type JoinedEdge = Omit<MapEdge, 'id' | 'from' | 'to' | 'tls' | 'risk' | 'riskTerms'>;

/** Edges of one flow that several channels saw, as one. */
export function joinEdges(edges: readonly Edge[]): JoinedEdge {
  const [first, ...others] = edges;
  if (first === undefined) throw new Error('a flow without an edge');
  let joined = { ...first, channels: [first.channel], edges: [first.id], details: first.details ?? {} };
  for (const edge of others) {
    joined = {
      ...joined,
      channels: joined.channels.includes(edge.channel) ? joined.channels : [...joined.channels, edge.channel],
      edges: [...joined.edges, edge.id],
      // Each channel counts the same calls on its own: the one that saw the most of a kind is the nearest to the truth.
      entities: greatest(joined.entities, edge.entities),
      details: joinDetails(joined.details, edge.details ?? {}),
      actions: greatest(joined.actions, edge.actions),
      calls: Math.max(joined.calls, edge.calls),
      bytesOut: Math.max(joined.bytesOut, edge.bytesOut),
      bytesIn: Math.max(joined.bytesIn, edge.bytesIn),
      firstSeen: earlier(joined.firstSeen, edge.firstSeen),
      lastSeen: later(joined.lastSeen, edge.lastSeen),
      coverage: betterCoverage(joined.coverage, edge.coverage),
    };
  }
  const { direction, protocol, channels, entities, details, actions, calls, bytesOut, bytesIn } = joined;
  const { edges: ids, firstSeen, lastSeen, coverage } = joined;
  const seen = { direction, protocol, channels, edges: ids, entities, details, actions };
  return { ...seen, calls, bytesOut, bytesIn, firstSeen, lastSeen, coverage };
}

const MAX_LISTED = 1000;

/** What is known of each entity on either side. */
export function joinDetails(
  a: Readonly<Record<string, EdgeDetail>>,
  b: Readonly<Record<string, EdgeDetail>>,
): Readonly<Record<string, EdgeDetail>> {
  const joined: Record<string, EdgeDetail> = Object.assign(Object.create(null), a);
  for (const [entity, detail] of Object.entries(b)) {
    const known = joined[entity];
    joined[entity] =
      known === undefined
        ? detail
        : {
            maxScore: Math.max(known.maxScore, detail.maxScore),
            firstSeen: earlier(known.firstSeen, detail.firstSeen),
            lastSeen: later(known.lastSeen, detail.lastSeen),
            fingerprints: [...new Set([...known.fingerprints, ...detail.fingerprints])].slice(0, MAX_LISTED),
            paths: [...new Set([...known.paths, ...detail.paths])].slice(0, MAX_LISTED),
          };
  }
  return joined;
}

function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

function later(a: string, b: string): string {
  return a > b ? a : b;
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
