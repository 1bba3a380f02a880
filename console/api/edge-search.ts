/** What is asked of the map: which flows fit the filters of a query and its search. Pure; what it cannot read it says. */
import { type Action, actionRank } from '../../flow/decision.ts';
import type { MergedFlow } from '../../map/merged-flows.ts';
import { entitiesNamed } from './event-search.ts';
import type { Words } from './records.ts';
import type { Of } from './schema.ts';
import { compares, fitsPattern, momentOf, readSearch, type Term, valuesOf } from './search.ts';
import type { edgeListQuery } from './shapes.ts';

export type EdgeAsk = Omit<Of<typeof edgeListQuery>, 'cursor' | 'limit' | 'sort'>;

export interface RatedFlow extends MergedFlow {
  readonly risk: number | null;
}

export type Test = (flow: RatedFlow) => boolean;

/** By the name of the facet that it belongs to, so that a facet can be counted without its own filter. */
export interface FlowSearch {
  readonly tests: ReadonlyMap<string, readonly Test[]>;
  readonly problem: string | null;
}

export const FACETS = ['class', 'app', 'owner', 'vendor', 'category', 'country', 'channel'] as const;
export type Facet = (typeof FACETS)[number];

/** Of one flow, the values of a facet. */
export function facetValues(flow: RatedFlow, facet: Facet): readonly string[] {
  const { workload, place } = flow;
  switch (facet) {
    case 'class':
      return Object.keys(flow.entities);
    case 'app':
      return [workload.label];
    case 'owner':
      return [...new Set([workload.owner, place.owner].filter((owner) => owner !== null))];
    case 'vendor':
      return place.vendor === null ? [] : [place.vendor];
    case 'category':
      return [place.category];
    case 'country':
      return place.country === null ? [] : [place.country];
    case 'channel':
      return flow.channels;
  }
}

export function flowSearch(ask: EdgeAsk, words: Words, now: Date): FlowSearch {
  const tests = new Map<string, Test[]>();
  const add = (of: string, test: Test): void => {
    const known = tests.get(of);
    if (known === undefined) tests.set(of, [test]);
    else known.push(test);
  };
  const any = (of: Facet, values: readonly string[] | undefined): void => {
    if (values !== undefined && values.length > 0) add(of, hasAny(of, values));
  };
  any('class', ask.class === undefined ? undefined : entitiesNamed(ask.class, words));
  any('app', ask.app);
  any('owner', ask.owner);
  any('vendor', ask.vendor);
  any('category', ask.category);
  any('country', ask.country);
  any('channel', ask.channel);
  const { host: hosts, direction, sanctioned, newSince } = ask;
  if (hosts !== undefined && hosts.length > 0) add('host', ({ place }) => hosts.some((host) => isAt(host, place)));
  if (direction !== undefined) add('direction', (flow) => flow.direction === direction);
  if (sanctioned !== undefined) add('sanctioned', ({ place }) => place.sanctioned === sanctioned);
  if (newSince !== undefined) add('new', isNewSince(new Date(newSince)));
  const problems: string[] = [];
  for (const term of readSearch(ask.q ?? '')) {
    const test = testOf(term, words, now);
    if (typeof test === 'string') problems.push(test);
    else add('q', term.isNegated ? (flow) => !test(flow) : test);
  }
  return { tests, problem: problems.length === 0 ? null : problems.join('; ') };
}

/** Whether a flow fits; `but`: without the filters of one facet. */
export function fits(flow: RatedFlow, { tests }: FlowSearch, but: string | null = null): boolean {
  for (const [of, each] of tests) if (of !== but && !each.every((test) => test(flow))) return false;
  return true;
}

function hasAny(facet: Facet, values: readonly string[]): Test {
  const lower = new Set(values.map((value) => value.toLowerCase()));
  return (flow) => facetValues(flow, facet).some((value) => lower.has(value.toLowerCase()));
}

function isAt(pattern: string, place: MergedFlow['place']): boolean {
  if (place.host === null) return false;
  return fitsPattern(pattern, place.host) || fitsPattern(pattern, `${place.host}:${place.port}`);
}

function isNewSince(since: Date): Test {
  const text = since.toISOString();
  return ({ firstSeen }) => firstSeen >= text;
}

function testOf(term: Term, words: Words, now: Date): Test | string {
  const values = valuesOf(term);
  const among = (of: (flow: RatedFlow) => readonly (string | null)[]): Test => {
    return (flow) => of(flow).some((one) => one !== null && values.some((value) => fitsPattern(value, one)));
  };
  const number = (of: (flow: RatedFlow) => number | null): Test | string => {
    if (compares(term, 0) === null) return `"${term.key}" takes a number`;
    return (flow) => compares(term, of(flow)) === true;
  };
  const truth = (of: (flow: RatedFlow) => boolean): Test | string => {
    const [value = ''] = values;
    if (!['true', 'false', 'yes', 'no'].includes(value)) return `"${term.key}" is true or false`;
    const isWanted = value === 'true' || value === 'yes';
    return (flow) => of(flow) === isWanted;
  };
  switch (term.key) {
    case null: {
      const word = `*${term.value}*`;
      return (flow) => textsOf(flow).some((text) => fitsPattern(word, text));
    }
    case 'class':
    case 'entity': {
      const named = entitiesNamed(values, words);
      return (flow) =>
        named.some((pattern) => Object.keys(flow.entities).some((entity) => fitsPattern(pattern, entity)));
    }
    case 'app':
    case 'source':
    case 'from':
      return among(({ workload }) => [workload.label, workload.app]);
    case 'host':
      return (flow) => values.some((value) => isAt(value, flow.place));
    case 'to':
    case 'destination':
      return (flow) =>
        values.some(
          (value) =>
            isAt(value, flow.place) ||
            [flow.place.label, flow.place.vendor, flow.place.store].some(
              (name) => name !== null && fitsPattern(value, name),
            ),
        );
    case 'store':
      return among(({ place }) => [place.store]);
    case 'owner':
      return values.includes('none')
        ? ({ place }) => place.owner === null
        : among(({ workload, place }) => [workload.owner, place.owner]);
    case 'vendor':
      return among(({ place }) => [place.vendor]);
    case 'category':
      return among(({ place }) => [place.category]);
    case 'kind':
      return among(({ place }) => [place.type.replace('_', '')]);
    case 'country':
      return among(({ place }) => [place.country]);
    case 'channel':
      return among(({ channels }) => channels);
    case 'protocol':
      return among(({ protocols }) => protocols);
    case 'direction':
      return among(({ direction }) => [direction]);
    case 'model':
      return among(({ models }) => models);
    case 'action':
      return among(({ actions }) => Object.keys(actions));
    case 'edge':
      return (flow) => values.some((value) => flow.edges.includes(value));
    case 'sanctioned':
      return truth(({ place }) => place.sanctioned);
    case 'shadow':
      return truth(({ place }) => place.isShadow);
    case 'plaintext':
      return truth(({ isPlaintext }) => isPlaintext);
    case 'sensitive':
      return truth(({ entities }) => Object.keys(entities).length > 0);
    case 'stopped':
      return truth(({ actions }) =>
        Object.keys(actions).some((one) => actionRank(one as Action) > actionRank('alert')),
      );
    case 'risk':
      return number(({ risk }) => risk);
    case 'calls':
      return number(({ calls }) => calls);
    case 'bytes':
      return number(({ bytesOut, bytesIn }) => bytesOut + bytesIn);
    case 'new':
    case 'since': {
      const since = momentOf(term.value, now);
      if (since === null) return `"${term.key}" takes such as 24h, 7d or 2026-01-31`;
      return term.key === 'new' ? isNewSince(since) : ({ lastSeen }) => lastSeen >= since.toISOString();
    }
    default:
      return `there is no key "${term.key.slice(0, 20)}"`;
  }
}

function textsOf({ workload, place, entities, address }: RatedFlow): readonly string[] {
  const texts = [
    workload.label,
    workload.owner,
    place.label,
    place.vendor,
    place.owner,
    address,
    ...Object.keys(entities),
  ];
  return texts.filter((text) => text !== null);
}

/** Keys of the map's search, for whoever completes it. */
export const EDGE_KEYS: readonly { readonly key: string; readonly text: string; readonly values: readonly string[] }[] =
  [
    { key: 'class', text: 'a class of data', values: [] },
    { key: 'app', text: 'where it comes from', values: [] },
    { key: 'to', text: 'where it goes: host, vendor or store', values: [] },
    { key: 'owner', text: 'of either end; `none` for a destination without', values: ['none'] },
    { key: 'vendor', text: 'of the destination', values: [] },
    { key: 'kind', text: 'of the destination', values: ['llm', 'datastore', 'thirdparty', 'internal', 'unknown'] },
    { key: 'country', text: 'of the destination', values: [] },
    { key: 'channel', text: 'who saw it', values: ['proxy', 'sensor', 'log'] },
    { key: 'direction', text: 'of the data', values: ['out', 'in'] },
    { key: 'protocol', text: '', values: [] },
    { key: 'sanctioned', text: '', values: ['true', 'false'] },
    { key: 'shadow', text: 'a data store that nobody has listed', values: ['true', 'false'] },
    { key: 'plaintext', text: 'travels in clear', values: ['true', 'false'] },
    { key: 'sensitive', text: 'something was found', values: ['true', 'false'] },
    { key: 'stopped', text: 'some of it was blocked or changed', values: ['true', 'false'] },
    { key: 'new', text: 'seen first since, such as 7d', values: [] },
    { key: 'risk', text: 'such as risk>50', values: [] },
    { key: 'calls', text: 'such as calls>=100', values: [] },
  ];
