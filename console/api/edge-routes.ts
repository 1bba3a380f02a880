/** The map by the API: flows drawn and as a table, one with its evidence, and where data came from and went. */
import type { Baseline } from '../../map/baseline.ts';
import { driftOf } from '../../map/drift.ts';
import { lineageOf } from '../../map/lineage.ts';
import { type MergedFlow, mergedFlows } from '../../map/merged-flows.ts';
import { riskOf } from '../../map/risk.ts';
import { type Handlers, Refusal } from './desk.ts';
import {
  type EdgeAsk,
  FACETS,
  type Facet,
  type FlowSearch,
  facetValues,
  fits,
  flowSearch,
  type RatedFlow,
} from './edge-search.ts';
import { eventRow } from './event-rows.ts';
import { drawMap, NODES } from './flow-map.ts';
import type { FlowRange, FlowsOfRange } from './flows.ts';
import { destinationParty, type Records, sourceParty } from './records.ts';
import type { EdgeDetail, EdgeRow, FlowMap } from './shapes.ts';
import { lossesOf } from './situation.ts';
import { spanOf, stepMsOf, type TimeRange } from './time-range.ts';

export interface EdgeDesk extends Records {
  readonly flows: FlowsOfRange;
  /** What is allowed; null where nothing was approved. */
  readonly baseline: () => Baseline | null;
}

type EdgeRoutes = 'map' | 'edges' | 'edge' | 'lineage';

const PAGE = 50;
const MAX_FACET = 200;
const DAY_MS = 86_400_000;
/** What was seen first within a day is new, unless a question says otherwise. */
const NEW_MS = DAY_MS;
const MAX_PATHS = 50;
const MAX_LINEAGE = 50;
const MAX_REACHED = 500;

export function edgeRoutes(desk: EdgeDesk): Handlers<EdgeRoutes> {
  return {
    map: async ({ query: { group, limit, ...ask } }) => {
      const now = desk.now();
      const all = await desk.flows.read(rangeAsked(ask));
      const search = flowSearch(ask, desk.words(), now);
      const flows = all.filter((flow) => fits(flow, search));
      const knowledge = desk.knowledge();
      const drawn = drawMap(flows, {
        group: group ?? null,
        limit: limit ?? NODES,
        newSince:
          ask.newSince === undefined
            ? new Date(now.getTime() - NEW_MS).toISOString()
            : new Date(ask.newSince).toISOString(),
        categoryOf: (entity) => knowledge.categoryOf(entity),
      });
      const kept = await keptRange(desk, now);
      const span = spanOf(kept);
      return {
        range: { from: ask.from ?? kept.from.toISOString(), to: ask.to ?? now.toISOString() },
        ...drawn,
        total: {
          edges: flows.length,
          sources: new Set(flows.map(({ workload }) => workload.key)).size,
          destinations: new Set(flows.map(({ place }) => place.key)).size,
          calls: flows.reduce((sum, { calls }) => sum + calls, 0),
        },
        facets: facetsOf(all, search),
        losses: flows.some(({ channels }) => channels.includes('sensor')) ? lossesOf(desk.situation()) : [],
        history: await historyOf(desk, kept),
        stepMs: stepMsOf(span),
        problem: search.problem,
      };
    },
    edges: async ({ query: { sort = 'lastSeen', cursor, limit = PAGE, ...ask } }) => {
      const now = desk.now();
      const search = flowSearch(ask, desk.words(), now);
      const flows = (await desk.flows.read(rangeAsked(ask))).filter((flow) => fits(flow, search));
      const keyed = flows.map((flow) => ({ flow, value: sortValue(flow, sort), id: flow.edges[0] ?? '' }));
      keyed.sort((a, b) => compare(b.value, a.value) || compare(a.id, b.id));
      const start = cursor === undefined ? 0 : startAfter(keyed, cursorRead(cursor));
      const page = keyed.slice(start, start + limit);
      const last = page.at(-1);
      const newSince = new Date(now.getTime() - NEW_MS).toISOString();
      return {
        edges: page.map(({ flow }) => rowOf(flow, desk, ask.newSince ?? newSince)),
        next: start + limit < keyed.length && last !== undefined ? cursorText(last) : null,
        total: { value: keyed.length, isExact: true },
        problem: search.problem,
      };
    },
    edge: ({ parts }) => detailOf(desk, parts['id'] ?? ''),
    lineage: async ({ query: { entity, from, to, limit = MAX_LINEAGE } }) => {
      const asked = { entity: entity?.toUpperCase() ?? null, from: from ?? null, to: to ?? null, limit };
      const reader = desk.reader();
      const edges = await reader.edges({}, 'whole');
      const found = lineageOf(edges, desk.knowledge(), asked, await reader.sharedValues());
      const { chains, total, reach, isKnown, notSeen } = found;
      return {
        paths: chains.map(({ certainty, entity: of, hops }) => ({
          certainty,
          entities: [of],
          hops: hops.map((hop) => ({
            from: hop.from.label,
            to: hop.to.label,
            edge: hop.edges[0] ?? '',
            certainty: hop.join ?? ('seen' as const),
            firstSeen: hop.firstSeen,
            lastSeen: hop.lastSeen,
          })),
        })),
        isComplete: total <= chains.length,
        reach:
          reach
            ?.slice(0, MAX_REACHED)
            .map(({ type, ...place }) => ({ ...place, kind: type === 'third_party' ? 'thirdparty' : type })) ?? null,
        isKnown,
        notSeen,
      };
    },
  };
}

function rangeAsked({ from, to }: EdgeAsk): FlowRange {
  const range = { from: from === undefined ? null : new Date(from), to: to === undefined ? null : new Date(to) };
  if (range.from !== null && range.to !== null && range.from >= range.to) {
    throw new Refusal('bad_request', 'query.from: expected a moment before `to`');
  }
  return range;
}

/** From the first that was seen until now. */
async function keptRange(desk: EdgeDesk, now: Date): Promise<TimeRange> {
  const flows = await desk.flows.read({ from: null, to: null });
  let first = new Date(now.getTime() - DAY_MS).toISOString();
  for (const { firstSeen } of flows) if (firstSeen < first) first = firstSeen;
  return { from: new Date(first), to: now };
}

async function historyOf(desk: EdgeDesk, range: TimeRange): Promise<FlowMap['history']> {
  const span = spanOf(range);
  const stepMs = stepMsOf(span);
  const fresh = new Map<number, number>();
  for (const { firstSeen } of await desk.flows.read({ from: null, to: null })) {
    const bucket = Math.floor(Date.parse(firstSeen) / stepMs);
    fresh.set(bucket, (fresh.get(bucket) ?? 0) + 1);
  }
  const points = await desk.reader().series({ since: range.from, until: range.to, span });
  return points.map(({ time, calls }) => ({
    start: time,
    calls,
    newEdges: fresh.get(Math.floor(Date.parse(time) / stepMs)) ?? 0,
  }));
}

/** Of each facet, what there would be without its own filter: so that a choice can be widened. */
function facetsOf(flows: readonly RatedFlow[], search: FlowSearch): FlowMap['facets'] {
  // Those that fit every filter fit without one of them; the others are asked for the facets that have a filter.
  const fitting = flows.filter((flow) => fits(flow, search));
  const of = (facet: Facet): FlowMap['facets'][Facet] => {
    const counts = new Map<string, number>();
    const asked = search.tests.has(facet) ? flows.filter((flow) => fits(flow, search, facet)) : fitting;
    for (const flow of asked) {
      for (const value of facetValues(flow, facet)) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return [...counts]
      .map(([value, count]) => ({ value, label: null, count }))
      .toSorted((a, b) => b.count - a.count || compare(a.value, b.value))
      .slice(0, MAX_FACET);
  };
  return Object.fromEntries(FACETS.map((facet) => [facet, of(facet)])) as unknown as FlowMap['facets'];
}

type Sort = 'risk' | 'calls' | 'lastSeen' | 'firstSeen' | 'bytesOut';

function sortValue(flow: RatedFlow, sort: Sort): number | string {
  return sort === 'risk' ? (flow.risk ?? -1) : flow[sort];
}

interface Keyed {
  readonly value: number | string;
  readonly id: string;
}

function cursorText({ value, id }: Keyed): string {
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

function cursorRead(cursor: string): Keyed {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(read) && read.length === 2) {
      const [value, id]: readonly unknown[] = read;
      if ((typeof value === 'number' || typeof value === 'string') && typeof id === 'string') return { value, id };
    }
  } catch {
    // Not one of ours: said below.
  }
  throw new Refusal('bad_request', 'query.cursor: is none of a page');
}

function startAfter(keyed: readonly Keyed[], { value, id }: Keyed): number {
  const at = keyed.findIndex((one) => (compare(value, one.value) || compare(one.id, id)) > 0);
  return at < 0 ? keyed.length : at;
}

/** Of one kind; a cursor of another sort finds a place all the same. */
function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [String(a), String(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

function rowOf(flow: RatedFlow, desk: EdgeDesk, newSince: string): EdgeRow {
  const { workload, place, protocols, direction, channels, edges, entities, calls, bytesOut, bytesIn } = flow;
  const { actions, firstSeen, lastSeen, coverage, risk } = flow;
  const source = { app: workload.app, verified: workload.verified, host: null, pid: null, process: null, exe: null };
  const { host, port, vendor, category, country } = place;
  const seen = { entities, calls, bytesOut, bytesIn, actions, firstSeen, lastSeen, coverage, risk };
  return {
    id: edges[0] ?? '',
    source: {
      ...sourceParty({ ...source, user: null, container: null, credential: null }, desk.knowledge()),
      label: workload.label,
      owner: workload.owner,
    },
    destination: {
      ...destinationParty({ host, port, vendor, category, country }, desk.knowledge()),
      label: place.label,
      owner: place.owner,
    },
    protocol: protocols.join(', '),
    direction,
    channels,
    edges,
    ...seen,
    isNew: firstSeen >= newSince,
  };
}

/** By any of the edges that a flow joins. */
async function detailOf(desk: EdgeDesk, id: string): Promise<EdgeDetail> {
  const all = await desk.flows.read({ from: null, to: null });
  const found = all.find(({ edges }) => edges.includes(id));
  if (found === undefined) throw new Refusal('not_found', 'there is no such edge');
  const knowledge = desk.knowledge();
  const now = desk.now();
  const edges = await desk.reader().edges({ ids: found.edges }, 'whole');
  const flow: MergedFlow = mergedFlows(edges, knowledge)[0] ?? found;
  const { risk, terms } = riskOf(flow, flow.place, flow.channels, { knowledge, now });
  const range = { from: new Date(Date.parse(flow.firstSeen)), to: now };
  const span = spanOf(range);
  const points = await desk
    .reader()
    .series({ ids: flow.edges, since: range.from, until: now, span, directions: [flow.direction] });
  const { events } = await desk.reader().page({ filter: { edges: flow.edges }, limit: 10 });
  const baseline = desk.baseline();
  const source = edges[0]?.source;
  const row = rowOf({ ...flow, risk }, desk, new Date(now.getTime() - NEW_MS).toISOString());
  return {
    row: { ...row, id, source: source === undefined ? row.source : { ...sourceParty(source, knowledge) } },
    via: edges[0]?.via ?? 'none',
    entities: Object.entries(flow.entities)
      .map(([entity, count]) => {
        const detail = flow.details[entity];
        return {
          entity,
          category: knowledge.categoryOf(entity),
          count,
          maxScore: detail?.maxScore ?? null,
          lastSeen: detail?.lastSeen ?? null,
          fingerprints: detail?.values ?? detail?.fingerprints.length ?? 0,
          paths: (detail?.paths ?? []).slice(0, MAX_PATHS).map((path) => ({ path, count: null })),
        };
      })
      .toSorted((a, b) => b.count - a.count),
    risk:
      risk === null || terms === null
        ? null
        : {
            score: risk,
            terms: Object.entries(terms).map(([name, { factor, why }]) => ({ name, value: factor, text: why })),
          },
    series: points.map(({ time, calls, entities }) => ({
      start: time,
      calls,
      findings: Object.values(entities).reduce((sum, one) => sum + one, 0),
    })),
    stepMs: stepMsOf(span),
    events: events.map((event) => eventRow(event, knowledge)),
    suggestion: null,
    isInBaseline: baseline === null ? null : isAllowed(baseline, edges, desk),
  };
}

function isAllowed(baseline: Baseline, edges: Parameters<typeof driftOf>[1], desk: EdgeDesk): boolean {
  const drift = driftOf(baseline, edges, { knowledge: desk.knowledge(), now: desk.now() });
  return !drift.some(({ kind }) => kind === 'new_destination' || kind === 'new_workload_to_llm' || kind === 'expired');
}
