/** The overview, the fleet, and the words that filters are made of. */
import { ACTIONS, SEVERITIES } from '../../flow/decision.ts';
import { EVENT_KINDS, OUTCOMES, REVIEW_STATES } from '../../flow/event.ts';
import { CATEGORIES, type Category } from '../../flow/finding.ts';
import type { Point } from '../../store/series.ts';
import type { Handlers } from './desk.ts';
import type { RatedFlow } from './edge-search.ts';
import { EDGE_KEYS } from './edge-search.ts';
import type { FlowsOfRange } from './flows.ts';
import { destinationParty, type Records, sourceParty } from './records.ts';
import type { Overview, Totals, Vocabulary } from './shapes.ts';
import { healthOf, lossesOf, routingCommands } from './situation.ts';
import { rangeOf, spanOf, stepMsOf, type TimeRange } from './time-range.ts';

export interface OverviewDesk extends Records {
  readonly flows: FlowsOfRange;
}

const TOP = 10;
const HOSTS = 200;
const MAX_CHAINS = 500;

/** What is waiting for somebody to look at it. */
export const WAITING = { kinds: ['exchange'], actions: ['block'], reviews: ['open', 'none'] } as const;

export function overviewRoutes(desk: OverviewDesk): Handlers<'overview' | 'fleet' | 'vocabulary'> {
  return {
    overview: ({ query }) => overviewOf(desk, rangeOf(query, desk.now())),
    fleet: async () => {
      const { host, version, workers, openConnections, sensor, notify, ...situation } = desk.situation();
      const reader = desk.reader();
      const [last] = (await reader.page({ limit: 1 })).events;
      return {
        hosts: [
          {
            host,
            writer: last?.writer ?? null,
            isThis: true,
            version,
            lastSeen: last?.time ?? null,
            events: await reader.count(),
            health: healthOf(situation),
            workers,
            openConnections,
            sensor,
          },
        ],
        chains: await reader.chains(MAX_CHAINS),
        notify,
      };
    },
    vocabulary: () => vocabularyOf(desk),
  };
}

async function overviewOf(desk: OverviewDesk, range: TimeRange): Promise<Overview> {
  const span = spanOf(range);
  const reader = desk.reader();
  const length = range.to.getTime() - range.from.getTime();
  const earlier = { from: new Date(range.from.getTime() - length), to: range.from };
  const points = await reader.series({ since: range.from, until: range.to, span });
  const before = await reader.series({ since: earlier.from, until: earlier.to, span });
  const all = await desk.flows.read({ from: null, to: null });
  const flows = await desk.flows.read(range);
  const knowledge = desk.knowledge();
  const isKept = all.some(({ firstSeen }) => Date.parse(firstSeen) < range.from.getTime());
  const { proxyUrl, certificate, ...situation } = desk.situation();
  return {
    range: { from: range.from.toISOString(), to: range.to.toISOString() },
    totals: await totalsOf(desk, points, all, range),
    before: isKept ? await totalsOf(desk, before, all, earlier) : null,
    openReviews: { value: await reader.count(WAITING), isExact: true },
    series: points.map(({ time, calls, block, redact, tokenize, alert }) => ({
      start: time,
      calls,
      blocked: block,
      redacted: redact,
      tokenized: tokenize,
      alerted: alert,
    })),
    stepMs: stepMsOf(span),
    entities: topEntities(points).map(([entity, count]) => ({
      entity,
      category: knowledge.categoryOf(entity),
      count,
      series: points.map(({ entities }) => entities[entity] ?? 0),
    })),
    destinations: await Promise.all(
      topBy(flows, ({ place }) => place.key).map(async ({ calls, blocked, bytesOut, members, first }) => {
        const ids = members.flatMap(({ edges }) => edges);
        const { host, port, vendor, category, country } = first.place;
        const party = destinationParty({ host, port, vendor, category, country }, knowledge);
        return {
          destination: { ...party, label: first.place.label, owner: first.place.owner },
          calls,
          blocked,
          bytesOut,
          series: (await reader.series({ ids, since: range.from, until: range.to, span })).map((point) => point.calls),
        };
      }),
    ),
    sources: topBy(flows, ({ workload }) => workload.key).map(({ calls, blocked, first: { workload } }) => ({
      source: {
        ...sourceParty({ ...NOWHERE, app: workload.app, verified: workload.verified }, knowledge),
        label: workload.label,
        owner: workload.owner,
      },
      calls,
      blocked,
    })),
    coverage: coverageOf(flows),
    losses: lossesOf(situation),
    health: healthOf(situation),
    hasCalls: all.length > 0 || (await reader.page({ limit: 1, filter: { kinds: ['exchange'] } })).events.length > 0,
    routing: { proxyUrl, certificate, commands: routingCommands(desk.situation()) },
  };
}

const NOWHERE = { host: null, pid: null, process: null, exe: null, user: null, container: null, credential: null };

async function totalsOf(
  desk: OverviewDesk,
  points: readonly Point[],
  all: readonly RatedFlow[],
  range: TimeRange,
): Promise<Totals> {
  const sum = (of: (point: Point) => number): number => points.reduce((total, point) => total + of(point), 0);
  const [from, to] = [range.from.toISOString(), range.to.toISOString()];
  return {
    calls: sum(({ calls }) => calls),
    blocked: sum(({ block }) => block),
    redacted: sum(({ redact }) => redact),
    tokenized: sum(({ tokenize }) => tokenize),
    alerted: sum(({ alert }) => alert),
    newEdges: all.filter(({ firstSeen }) => firstSeen >= from && firstSeen < to).length,
    drift: await desk.reader().count({ kinds: ['drift'], since: range.from, until: range.to }),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    bytesIn: sum(({ bytesIn }) => bytesIn),
  };
}

function topEntities(points: readonly Point[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { entities } of points) {
    for (const [entity, count] of Object.entries(entities)) counts.set(entity, (counts.get(entity) ?? 0) + count);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, TOP);
}

interface Top {
  calls: number;
  blocked: number;
  bytesOut: number;
  readonly first: RatedFlow;
  readonly members: RatedFlow[];
}

/** Of what went out: an answer is of the same call. */
function topBy(flows: readonly RatedFlow[], keyOf: (flow: RatedFlow) => string): readonly Top[] {
  const tops = new Map<string, Top>();
  for (const flow of flows) {
    if (flow.direction !== 'out') continue;
    const key = keyOf(flow);
    const top = tops.get(key) ?? { calls: 0, blocked: 0, bytesOut: 0, first: flow, members: [] };
    tops.set(key, top);
    top.calls += flow.calls;
    top.blocked += flow.actions['block'] ?? 0;
    top.bytesOut += flow.bytesOut;
    top.members.push(flow);
  }
  return [...tops.values()].toSorted((a, b) => b.calls - a.calls).slice(0, TOP);
}

/** Calls by how much of their edge was looked at. */
function coverageOf(flows: readonly RatedFlow[]): Overview['coverage'] {
  const counts = { full: 0, truncated: 0, opaque: 0 };
  const reasons: Record<string, number> = Object.create(null);
  for (const { direction, calls, coverage } of flows) {
    if (direction !== 'out') continue;
    counts[coverage.level] += calls;
    if (coverage.reason !== null) reasons[coverage.reason] = (reasons[coverage.reason] ?? 0) + calls;
  }
  return { ...counts, reasons };
}

async function vocabularyOf(desk: OverviewDesk): Promise<Vocabulary> {
  const { apps, owners, entities, policies } = desk.words();
  const flows = await desk.flows.read({ from: null, to: null });
  const distinct = (values: readonly (string | null)[]): readonly string[] =>
    [...new Set(values.filter((value) => value !== null))].sort();
  const lately = flows.toSorted((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1));
  const hosts = new Set<string>();
  for (const { place } of lately) if (place.host !== null && hosts.size < HOSTS) hosts.add(place.host);
  return {
    entities: Object.entries(entities)
      .map(([entity, category]) => ({ entity, category: categoryNamed(category) }))
      .toSorted((a, b) => (a.entity < b.entity ? -1 : 1)),
    apps: distinct([...apps, ...flows.map(({ workload }) => workload.app)]).slice(0, 1000),
    owners: distinct([...owners, ...flows.flatMap(({ workload, place }) => [workload.owner, place.owner])]),
    vendors: distinct(flows.map(({ place }) => place.vendor)),
    hosts: [...hosts],
    policies,
    keys: [
      ...EDGE_KEYS,
      { key: 'action', text: 'carried out', values: [...ACTIONS] },
      { key: 'severity', text: 'of the rule', values: [...SEVERITIES] },
      { key: 'review', text: '', values: [...REVIEW_STATES] },
      { key: 'outcome', text: 'how it ended', values: [...OUTCOMES] },
      { key: 'event', text: 'what kind of event', values: [...EVENT_KINDS] },
      { key: 'policy', text: '', values: [] },
      { key: 'rule', text: 'policy/rule, or a rule', values: [] },
    ],
  };
}

function categoryNamed(name: string): Category {
  return CATEGORIES.find((category) => category === name) ?? 'custom';
}
