/**
 * The map as it is shown: flows joined into nodes and links until there are few enough to be read. However many edges
 * there are, what comes out is bounded; what found no room is joined, and says so.
 */
import { type Coverage, FULL, worseCoverage } from '../../flow/coverage.ts';
import type { MergedFlow } from '../../map/merged-flows.ts';
import type { RatedFlow } from './edge-search.ts';
import { termText } from './search.ts';
import type { FlowMap, GROUPINGS, MapNode } from './shapes.ts';

export type Grouping = (typeof GROUPINGS)[number];
type Side = 'source' | 'destination';

/** Nodes on a side that can be read, unless said otherwise. */
export const NODES = 40;
const MAX_CLASSES = 60;

interface Named {
  readonly key: string;
  readonly label: string;
  /** A search that finds its members. */
  readonly filter: string | null;
}

interface Group {
  readonly named: Named;
  readonly flows: RatedFlow[];
}

export interface Drawn {
  readonly group: FlowMap['group'];
  readonly nodes: FlowMap['nodes'];
  readonly classes: FlowMap['classes'];
  readonly flows: FlowMap['flows'];
}

export interface DrawOptions {
  readonly group: Grouping | null;
  readonly limit: number;
  /** What is first seen from here on is new. */
  readonly newSince: string;
  readonly categoryOf: (entity: string) => string;
}

export function drawMap(flows: readonly RatedFlow[], options: DrawOptions): Drawn {
  const sources = sided(flows, 'source', options);
  const destinations = sided(flows, 'destination', options);
  const links = new Map<string, { readonly from: string; readonly to: string; readonly flows: RatedFlow[] }>();
  for (const flow of flows) {
    const from = sources.nodeOf(flow);
    const to = destinations.nodeOf(flow);
    const key = `${from} ${to} ${flow.direction}`;
    const link = links.get(key);
    if (link === undefined) links.set(key, { from, to, flows: [flow] });
    else link.flows.push(flow);
  }
  const filters = new Map([...sources.nodes, ...destinations.nodes].map(({ id, filter }) => [id, filter]));
  return {
    group: { source: sources.group, destination: destinations.group },
    nodes: [...sources.nodes, ...destinations.nodes],
    classes: classesOf(flows, options),
    flows: [...links.values()].map((link) => linkOf(link, filters, options)),
  };
}

function sided(flows: readonly RatedFlow[], side: Side, options: DrawOptions) {
  const { grouping, groups } = grouped(flows, side, options);
  const ranked = [...groups.values()].toSorted(
    (a, b) => weight(b) - weight(a) || (a.named.label < b.named.label ? -1 : 1),
  );
  const isTooMany = ranked.length > options.limit;
  const shown = isTooMany ? ranked.slice(0, options.limit - 1) : ranked;
  const letter = side === 'source' ? 's' : 'd';
  const ids = new Map<string, string>();
  const nodes: MapNode[] = shown.map((group) => {
    const id = `${letter}:${group.named.key}`;
    ids.set(group.named.key, id);
    return nodeOf(id, side, group, grouping, options);
  });
  const rest = `${letter}:rest`;
  if (isTooMany) {
    const left = ranked.slice(options.limit - 1);
    const named = { key: 'rest', label: `${left.length} more`, filter: null };
    const group = { named, flows: left.flatMap((one) => one.flows) };
    nodes.push({ ...nodeOf(rest, side, group, grouping, options), isRest: true, members: left.length });
  }
  return {
    group: grouping,
    nodes,
    nodeOf: (flow: RatedFlow): string => ids.get(keyOf(flow, side, grouping)) ?? rest,
  };
}

/** What most needs to be seen comes first: risk, then how much. */
function weight({ flows }: Group): number {
  let risk = 0;
  let calls = 0;
  for (const flow of flows) {
    risk = Math.max(risk, flow.risk ?? 0);
    calls += flow.calls;
  }
  return risk * 1000 + Math.log2(1 + calls);
}

/** As asked; else the finest that has few enough, else the one with the fewest. */
function grouped(flows: readonly RatedFlow[], side: Side, { group, limit }: DrawOptions) {
  const choices: readonly Grouping[] =
    side === 'source' ? ['none', 'app', 'owner', 'host'] : ['none', 'vendor', 'category'];
  const fitting: readonly Grouping[] =
    side === 'source' ? ['none', 'app', 'owner', 'host'] : ['none', 'owner', 'vendor', 'category', 'country', 'host'];
  const of = (grouping: Grouping) => {
    const groups = new Map<string, Group>();
    for (const flow of flows) {
      const key = keyOf(flow, side, grouping);
      const known = groups.get(key);
      if (known === undefined) groups.set(key, { named: nameOf(flow, side, grouping), flows: [flow] });
      else known.flows.push(flow);
    }
    return { grouping, groups };
  };
  // What joins one side only leaves the other as it is.
  if (group !== null && fitting.includes(group)) return of(group);
  if (group !== null) return of('none');
  let fewest = of('none');
  for (const grouping of choices) {
    const one = of(grouping);
    if (one.groups.size <= limit) return one;
    if (one.groups.size < fewest.groups.size) fewest = one;
  }
  return fewest;
}

/** The key of `nameOf` alone, which is asked for every flow. */
function keyOf({ workload, place }: MergedFlow, side: Side, grouping: Grouping): string {
  if (side === 'source') {
    if (grouping === 'owner') return `owner:${workload.owner ?? ''}`;
    return grouping === 'host' ? `machine:${machineOf(workload) ?? ''}` : workload.key;
  }
  switch (grouping) {
    case 'owner':
      return `owner:${place.owner ?? ''}`;
    case 'vendor':
      return place.vendor === null ? `kind:${place.type.replace('_', '')}` : `vendor:${place.vendor}`;
    case 'category':
      return `category:${place.category}`;
    case 'country':
      return `country:${place.country ?? ''}`;
    default:
      return place.key;
  }
}

function nameOf({ workload, place }: MergedFlow, side: Side, grouping: Grouping): Named {
  const by = (key: string, value: string | null, none: string): Named =>
    value === null
      ? { key: `${key}:`, label: none, filter: null }
      : { key: `${key}:${value}`, label: value, filter: termText(key, value) };
  if (side === 'source') {
    switch (grouping) {
      case 'owner':
        return by('owner', workload.owner, 'without an owner');
      case 'host':
        return by('machine', machineOf(workload), 'no machine known');
      default:
        return { key: workload.key, label: workload.label, filter: termText('app', workload.label) };
    }
  }
  switch (grouping) {
    case 'owner':
      return by('owner', place.owner, 'without an owner');
    case 'vendor':
      return place.vendor === null ? by('kind', place.type.replace('_', ''), '') : by('vendor', place.vendor, '');
    case 'category':
      return by('category', place.category, 'unknown');
    case 'country':
      return by('country', place.country, 'country unknown');
    default:
      return {
        key: place.key,
        label: place.label,
        filter:
          place.host === null
            ? null
            : termText(place.store === null ? 'host' : 'store', place.store ?? addressOf(place)),
      };
  }
}

function addressOf({ host, port }: MergedFlow['place']): string {
  return port === null || port === 443 ? (host ?? '') : `${host}:${port}`;
}

/** Of a program on a host, the host; an app may run on many. */
function machineOf({ app, label }: MergedFlow['workload']): string | null {
  return app === null && label.includes(' on ') ? (label.split(' on ').at(-1) ?? null) : null;
}

function nodeOf(id: string, side: Side, { named, flows }: Group, grouping: Grouping, options: DrawOptions): MapNode {
  const [first] = flows;
  const members = new Set(flows.map((flow) => (side === 'source' ? flow.workload.key : flow.place.key))).size;
  const one = <T>(of: (flow: RatedFlow) => T): T | null => {
    const values = new Set(flows.map(of));
    const [value] = values;
    return values.size === 1 && value !== undefined ? value : null;
  };
  const kinds = one((flow) => (side === 'source' ? flow.workload.type : flow.place.type));
  const isSource = side === 'source';
  return {
    id,
    side,
    kind: kinds === 'third_party' ? 'thirdparty' : (kinds ?? (isSource ? 'workload' : (kindOf(first) ?? 'unknown'))),
    label: named.label,
    owner: one((flow) => (isSource ? flow.workload.owner : flow.place.owner)),
    vendor: isSource ? null : one((flow) => flow.place.vendor),
    category: isSource ? null : one((flow) => flow.place.category),
    country: isSource ? null : one((flow) => flow.place.country),
    sanctioned: isSource ? null : one((flow) => flow.place.sanctioned),
    isShadow: !isSource && flows.some((flow) => flow.place.isShadow),
    members: grouping === 'none' || grouping === 'app' ? Math.max(1, members) : members,
    isRest: false,
    calls: flows.reduce((sum, { calls }) => sum + calls, 0),
    isNew: flows.every(({ firstSeen }) => firstSeen >= options.newSince),
    risk: highest(flows),
    coverage: flows.reduce((least: Coverage, flow) => worseCoverage(least, flow.coverage), FULL),
    filter: named.filter,
  };
}

function kindOf(flow: RatedFlow | undefined): MapNode['kind'] | null {
  if (flow === undefined) return null;
  return flow.place.type === 'third_party' ? 'thirdparty' : flow.place.type;
}

function highest(flows: readonly RatedFlow[]): number | null {
  const risks = flows.flatMap(({ risk }) => (risk === null ? [] : [risk]));
  return risks.length === 0 ? null : Math.max(...risks);
}

function classesOf(flows: readonly RatedFlow[], { categoryOf }: DrawOptions): FlowMap['classes'] {
  const counts = new Map<string, number>();
  for (const { entities } of flows) {
    for (const [entity, count] of Object.entries(entities)) counts.set(entity, (counts.get(entity) ?? 0) + count);
  }
  return [...counts]
    .map(([entity, count]) => ({ entity, category: categoryOf(entity), count }))
    .toSorted((a, b) => b.count - a.count || (a.entity < b.entity ? -1 : 1))
    .slice(0, MAX_CLASSES);
}

function linkOf(
  { from, to, flows }: { readonly from: string; readonly to: string; readonly flows: readonly RatedFlow[] },
  filters: ReadonlyMap<string, string | null>,
  { newSince }: DrawOptions,
): FlowMap['flows'][number] {
  const entities: Record<string, number> = Object.create(null);
  const actions: Record<string, number> = Object.create(null);
  const add = (into: Record<string, number>, counts: Readonly<Record<string, number>>): void => {
    for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
  };
  const [first] = flows;
  if (first === undefined) throw new Error('a link without a flow');
  let { firstSeen, lastSeen } = first;
  let coverage: Coverage = first.coverage;
  let [calls, bytesOut, bytesIn] = [0, 0, 0];
  for (const flow of flows) {
    add(entities, flow.entities);
    add(actions, flow.actions);
    calls += flow.calls;
    bytesOut += flow.bytesOut;
    bytesIn += flow.bytesIn;
    if (flow.firstSeen < firstSeen) firstSeen = flow.firstSeen;
    if (flow.lastSeen > lastSeen) lastSeen = flow.lastSeen;
    coverage = worseCoverage(coverage, flow.coverage);
  }
  const terms = [filters.get(from), filters.get(to), `direction:${first.direction}`];
  return {
    id: `${from} ${to} ${first.direction}`,
    source: from,
    destination: to,
    direction: first.direction,
    entities,
    calls,
    bytesOut,
    bytesIn,
    actions,
    channels: [...new Set(flows.flatMap(({ channels }) => channels))],
    firstSeen,
    lastSeen,
    coverage,
    risk: highest(flows),
    isNew: flows.every((flow) => flow.firstSeen >= newSince),
    edges: flows.length,
    edge: flows.length === 1 ? (first.edges[0] ?? null) : null,
    filter: terms.filter((term) => term != null).join(' '),
  };
}
