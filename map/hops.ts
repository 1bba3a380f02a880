/**
 * Edges as hops of data: from whom to whom each class went, when, and which values were seen. Parallel edges (several
 * channels, protocols or ports) are one hop. A destination that is known to be an app is that app.
 */
import { type Coverage, worseCoverage } from '../flow/coverage.ts';
import type { Edge } from '../flow/edge.ts';
import type { Channel } from '../flow/parties.ts';
import type { Sighting } from '../store/sightings.ts';
import { endsReader, type MapEnd, type Place } from './ends.ts';
import { canHaveArrived } from './fence.ts';
import type { Knowledge } from './knowledge.ts';

/** Milliseconds since 1970, both inclusive. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface Hop extends Span {
  readonly from: MapEnd;
  readonly to: MapEnd;
  readonly entity: string;
  readonly count: number;
  /** Values by fingerprint, and when each was seen on it; where that is not known, when the class was. */
  readonly values: ReadonlyMap<string, Span>;
  readonly edges: readonly string[];
  readonly channels: readonly Channel[];
  readonly coverage: Coverage;
  /** Every call was blocked, or its findings were replaced: nothing arrived as it was. */
  readonly isHeld: boolean;
}

/** Hops by entity, and what no hop could be made of. */
export interface Hops {
  readonly byEntity: ReadonlyMap<string, readonly Hop[]>;
  readonly ends: ReadonlyMap<string, MapEnd>;
  /** Edges that nobody could look into, and found nothing on. */
  readonly blind: number;
  /** Edges on which data came in. */
  readonly inward: number;
  readonly edges: number;
}

interface Growing {
  readonly from: MapEnd;
  readonly to: MapEnd;
  readonly entity: string;
  count: number;
  first: number;
  last: number;
  readonly values: Map<string, Span>;
  readonly edges: string[];
  /** Calls and what was decided on them, by who saw them. */
  readonly decided: Map<Channel, { calls: number; readonly actions: Record<string, number> }>;
  coverage: Coverage;
}

/** `entity`: only hops of that class. `sightings`: values beside those that the edges have in their details. */
export function hopsOf(
  edges: Iterable<Edge>,
  knowledge: Knowledge,
  entity: string | null = null,
  sightings: Iterable<Sighting> = [],
): Hops {
  const seenOn = new Map<string, Sighting[]>();
  for (const sighting of sightings) {
    const key = `${sighting.edge} ${sighting.entity}`;
    const known = seenOn.get(key);
    if (known === undefined) seenOn.set(key, [sighting]);
    else known.push(sighting);
  }
  const endsOf = endsReader(knowledge);
  const ends = new Map<string, MapEnd>();
  const hops = new Map<string, Map<string, Growing>>();
  let [blind, inward, all] = [0, 0, 0];
  for (const edge of edges) {
    all += 1;
    const { workload, place } = endsOf(edge);
    const other = kept(ends, appEnd(place, knowledge));
    const self = kept(ends, workload);
    const found = Object.entries(edge.entities);
    if (edge.direction === 'in') inward += 1;
    if (found.length === 0 && edge.coverage.level === 'opaque') blind += 1;
    const [from, to] = edge.direction === 'out' ? [self, other] : [other, self];
    if (from.key === to.key) continue;
    for (const [name, count] of found) {
      if (entity !== null && name !== entity) continue;
      add(hops, { from, to, entity: name, count }, edge, seenOn.get(`${edge.id} ${name}`) ?? []);
    }
  }
  const byEntity = new Map([...hops].map(([name, grown]) => [name, [...grown.values()].map(grownHop)] as const));
  return { byEntity, ends, blind, inward, edges: all };
}

function kept(ends: Map<string, MapEnd>, end: MapEnd): MapEnd {
  const known = ends.get(end.key);
  // A verified app that was seen to connect says more than the address at which it answers.
  if (known !== undefined) return known;
  ends.set(end.key, end);
  return end;
}

/** What is sent to an address of an app goes to the app. */
function appEnd(place: Place, knowledge: Knowledge): MapEnd {
  if (place.app === null || place.type === 'datastore') return place;
  const key = JSON.stringify(['app', place.app]);
  const owner = knowledge.ownerOfApp(place.app);
  return { key, type: 'workload', label: place.app, app: place.app, verified: true, owner };
}

function add(
  hops: Map<string, Map<string, Growing>>,
  hop: { readonly from: MapEnd; readonly to: MapEnd; readonly entity: string; readonly count: number },
  edge: Edge,
  sightings: readonly Sighting[],
): void {
  const ofEntity = hops.get(hop.entity) ?? new Map<string, Growing>();
  hops.set(hop.entity, ofEntity);
  const key = `${hop.from.key} ${hop.to.key}`;
  const detail = edge.details?.[hop.entity];
  const first = Date.parse(detail?.firstSeen ?? edge.firstSeen);
  const last = Date.parse(detail?.lastSeen ?? edge.lastSeen);
  const known = ofEntity.get(key);
  const grown: Growing = known ?? {
    ...hop,
    ...{ count: 0, first, last, values: new Map<string, Span>(), edges: [], decided: new Map() },
    coverage: edge.coverage,
  };
  if (known === undefined) ofEntity.set(key, grown);
  grown.count += hop.count;
  grown.first = Math.min(grown.first, first);
  grown.last = Math.max(grown.last, last);
  grown.coverage = worseCoverage(grown.coverage, edge.coverage);
  const decided = grown.decided.get(edge.channel) ?? { calls: 0, actions: {} };
  grown.decided.set(edge.channel, decided);
  decided.calls += edge.calls;
  for (const [action, calls] of Object.entries(edge.actions))
    decided.actions[action] = (decided.actions[action] ?? 0) + calls;
  grown.edges.push(edge.id);
  const timed = new Set<string>();
  for (const { fingerprint, firstSeen, lastSeen } of sightings) {
    timed.add(fingerprint);
    see(grown.values, fingerprint, { first: Date.parse(firstSeen), last: Date.parse(lastSeen) });
  }
  for (const fingerprint of detail?.fingerprints ?? []) {
    if (!timed.has(fingerprint)) see(grown.values, fingerprint, { first, last });
  }
}

function see(values: Map<string, Span>, fingerprint: string, { first, last }: Span): void {
  const known = values.get(fingerprint);
  values.set(fingerprint, {
    first: Math.min(first, known?.first ?? first),
    last: Math.max(last, known?.last ?? last),
  });
}

function grownHop({ decided, ...grown }: Growing): Hop {
  // Two channels saw the same calls: what one decided, the other saw pass by.
  const actions: Record<string, number> = {};
  let calls = 0;
  for (const seen of decided.values()) {
    calls = Math.max(calls, seen.calls);
    for (const [action, count] of Object.entries(seen.actions)) actions[action] = Math.max(actions[action] ?? 0, count);
  }
  return { ...grown, channels: [...decided.keys()].toSorted(), isHeld: !canHaveArrived({ calls, actions }) };
}
