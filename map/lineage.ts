/**
 * Where a class of data came from and where it went: what a service reads joined with what it sends. A join is
 * *possible* where the class is the same and the times allow it, *confirmed* where the same value (its fingerprint) was
 * seen on both sides; a chain is as certain as its weakest join. It is made of what was observed, and says what was not.
 */
import type { Edge } from '../flow/edge.ts';
import type { Channel } from '../flow/parties.ts';
import type { Sighting } from '../store/sightings.ts';
import type { MapEnd, NodeType } from './ends.ts';
import { type Hop, type Hops, hopsOf, type Span } from './hops.ts';
import type { Knowledge } from './knowledge.ts';
import { endMatcher } from './named-ends.ts';
import { type Certainty, isCarriedOn, joinOf, type Trail, TrailSearch } from './trails.ts';

export interface LineageQuery {
  readonly entity: string | null;
  /** Names as `endMatcher` takes them; null for any. */
  readonly from: string | null;
  readonly to: string | null;
  /** Most chains that are given. */
  readonly limit: number;
}

export interface ChainEnd {
  readonly type: NodeType;
  readonly label: string;
  readonly owner: string | null;
}

export interface ChainHop {
  readonly from: ChainEnd;
  readonly to: ChainEnd;
  /** How certain it is that this hop carries on what the one before it brought; null for the first. */
  readonly join: Certainty | null;
  readonly count: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly channels: readonly Channel[];
  /** Every call was blocked, or its findings were replaced: nothing arrived as it was. */
  readonly isHeld: boolean;
  /** Ids of edges. */
  readonly edges: readonly string[];
}

export interface Chain {
  readonly entity: string;
  readonly certainty: Certainty;
  readonly from: ChainEnd;
  readonly to: ChainEnd;
  readonly hops: readonly ChainHop[];
  /** Its last hop was held back: what was found on it did not arrive as it was. */
  readonly isHeld: boolean;
  /** Values (of those whose fingerprints are kept) that went all the way: seen on every hop, and there before they went on. */
  readonly values: number;
}

/** A place in the blast radius. */
export interface Reached extends ChainEnd {
  readonly hops: number;
  /** By no path did anything arrive there as it was. */
  readonly isHeld: boolean;
  readonly entities: Readonly<Record<string, Certainty>>;
}

export interface Lineage {
  /** What was held back comes last; confirmed ones first, of these the ones that lead outside, then those of several hops. */
  readonly chains: readonly Chain[];
  /** How many there are, those beyond the limit included. */
  readonly total: number;
  /**
   * The blast radius, where one side was asked for: with `from`, every place that its data can have come to; with `to`,
   * every place whose data can have come there. Null otherwise.
   */
  readonly reach: readonly Reached[] | null;
  /** Whether anything on the map has the names asked for. */
  readonly isKnown: { readonly from: boolean; readonly to: boolean };
  readonly notSeen: readonly string[];
}

/**
 * Follows what was asked for. Of two places and a class, the shortest of the most certain paths is given. `sightings`:
 * values that were seen on several edges, with their times, beside the fingerprints in the edges' details.
 */
export function lineageOf(
  edges: Iterable<Edge>,
  knowledge: Knowledge,
  query: LineageQuery,
  sightings: Iterable<Sighting> = [],
): Lineage {
  const hops = hopsOf(edges, knowledge, query.entity, sightings);
  const isFrom = query.from === null ? null : endMatcher(query.from);
  const isTo = query.to === null ? null : endMatcher(query.to);
  const kept = new BestChains(query.limit);
  const isBack = isFrom === null && isTo !== null;
  const isOneSided = (isFrom === null) !== (isTo === null);
  const reach = isOneSided ? new Reach(isBack) : null;
  for (const [entity, list] of hops.byEntity) {
    const search = new TrailSearch(list, isBack ? 'back' : 'forward');
    const sides = new Sides(list);
    const starts = isBack
      ? sides.ends().filter((end) => isTo(end))
      : sides.ends().filter((end) => (isFrom === null ? sides.isOrigin(end) : isFrom(end)));
    for (const start of starts) {
      const confirmed = search.from(start, 'confirmed');
      const possible = search.from(start, 'possible');
      for (const [key, trail] of possible) {
        const sure = confirmed.get(key);
        const best = sure ?? trail;
        const end = search.head(best.hop);
        reach?.add(end, entity, certaintyOf(best, isBack), best);
        const isEnd = isBack
          ? sides.isBeginning(end, -best.arrival)
          : isTo === null
            ? best.hop.isHeld || sides.isEnd(end, best.arrival)
            : isTo(end);
        if (isEnd) kept.add(chainOf(best, isBack));
      }
    }
  }
  const { chains, total } = kept.best();
  const known = [...hops.ends.values()];
  const isKnown = { from: isFrom === null || known.some(isFrom), to: isTo === null || known.some(isTo) };
  return { chains, total, reach: reach?.list() ?? null, isKnown, notSeen: notSeenOf(hops) };
}

/** Which places have hops of one class on which side, and when. */
class Sides {
  readonly #ends = new Map<string, MapEnd>();
  readonly #sent = new Map<string, Span>();
  readonly #got = new Map<string, Span>();

  constructor(hops: readonly Hop[]) {
    for (const { from, to, first, last, isHeld } of hops) {
      this.#ends.set(from.key, from).set(to.key, to);
      widen(this.#sent, from.key, first, last);
      // What did not arrive was not got.
      if (!isHeld) widen(this.#got, to.key, first, last);
    }
  }

  ends(): readonly MapEnd[] {
    return [...this.#ends.values()];
  }

  /** Data begins here: a data store or another party, or a service that sent some before it got any. */
  isOrigin(end: MapEnd): boolean {
    const sent = this.#sent.get(end.key);
    if (sent === undefined) return false;
    return !isService(end) || sent.first < (this.#got.get(end.key)?.first ?? Infinity);
  }

  /** A path ends here: data comes to rest or leaves the house, or a service sends none on after the moment of arrival. */
  isEnd(end: MapEnd, arrival: number): boolean {
    return !isService(end) || (this.#sent.get(end.key)?.last ?? -Infinity) < arrival;
  }

  /** A path that is followed back ends here: a store or another party, or a service that got none before that moment. */
  isBeginning(end: MapEnd, moment: number): boolean {
    return !isService(end) || (this.#got.get(end.key)?.first ?? Infinity) > moment;
  }
}

function widen(spans: Map<string, Span>, key: string, first: number, last: number): void {
  const known = spans.get(key);
  spans.set(key, { first: Math.min(first, known?.first ?? first), last: Math.max(last, known?.last ?? last) });
}

function isService({ type }: MapEnd): boolean {
  return type === 'workload' || type === 'internal';
}

class BestChains {
  readonly #limit: number;
  #chains: Chain[] = [];
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(chain: Chain): void {
    this.#total += 1;
    this.#chains.push(chain);
    // Cut now and then, so that no more than twice as many are held as are wanted.
    if (this.#chains.length > 2 * this.#limit + 1000) this.#cut();
  }

  #cut(): void {
    this.#chains = this.#chains.toSorted(byUrgency).slice(0, this.#limit);
  }

  best(): { readonly chains: readonly Chain[]; readonly total: number } {
    this.#cut();
    return { chains: this.#chains, total: this.#total };
  }
}

const OUTSIDE: ReadonlySet<NodeType> = new Set(['llm', 'third_party', 'unknown']);

function byUrgency(a: Chain, b: Chain): number {
  const rank = ({ certainty, to, hops, isHeld }: Chain) =>
    (isHeld ? 8 : 0) + (certainty === 'confirmed' ? 0 : 4) + (OUTSIDE.has(to.type) ? 0 : 2) + (hops.length > 1 ? 0 : 1);
  const name = ({ entity, from, to }: Chain) => `${entity}\0${from.label}\0${to.label}`;
  return rank(a) - rank(b) || (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0);
}

class Reach {
  readonly #isBack: boolean;
  readonly #reached = new Map<
    string,
    { readonly end: MapEnd; hops: number; isHeld: boolean; readonly entities: Map<string, Certainty> }
  >();

  constructor(isBack: boolean) {
    this.#isBack = isBack;
  }

  add(end: MapEnd, entity: string, certainty: Certainty, trail: Trail): void {
    const known = this.#reached.get(end.key) ?? {
      ...{ end, hops: trail.length, isHeld: true },
      entities: new Map<string, Certainty>(),
    };
    this.#reached.set(end.key, known);
    known.hops = Math.min(known.hops, trail.length);
    if (!lastOf(trail, this.#isBack).isHeld) known.isHeld = false;
    if (known.entities.get(entity) !== 'confirmed') known.entities.set(entity, certainty);
  }

  list(): readonly Reached[] {
    return [...this.#reached.values()]
      .map(({ end, hops, isHeld, entities }) => ({
        ...chainEnd(end),
        hops,
        isHeld,
        entities: Object.fromEntries([...entities].toSorted()),
      }))
      .toSorted((a, b) => a.hops - b.hops || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
  }
}

/** Of the hops of a path in the order of the data. */
function hopsAlong(trail: Trail, isBack: boolean): readonly Hop[] {
  const hops: Hop[] = [];
  for (let one: Trail | null = trail; one !== null; one = one.before) hops.push(one.hop);
  return isBack ? hops : hops.reverse();
}

/** The hop at the end of the data's way. */
function lastOf(trail: Trail, isBack: boolean): Hop {
  let one = trail;
  while (isBack && one.before !== null) one = one.before;
  return one.hop;
}

/** One hop is what was seen itself. */
function certaintyOf(trail: Trail, isBack: boolean): Certainty {
  for (let one = trail; one.before !== null; one = one.before) {
    const [before, after] = isBack ? [one.hop, one.before.hop] : [one.before.hop, one.hop];
    if (joinOf(before, after) === 'possible') return 'possible';
  }
  return 'confirmed';
}

function chainOf(trail: Trail, isBack: boolean): Chain {
  const along = hopsAlong(trail, isBack);
  const hops = along.map((hop, i): ChainHop => {
    const before = along[i - 1];
    return {
      from: chainEnd(hop.from),
      to: chainEnd(hop.to),
      join: before === undefined ? null : joinOf(before, hop),
      count: hop.count,
      firstSeen: new Date(hop.first).toISOString(),
      lastSeen: new Date(hop.last).toISOString(),
      channels: hop.channels,
      isHeld: hop.isHeld,
      edges: hop.edges,
    };
  });
  const [first, last] = [along[0] ?? trail.hop, along.at(-1) ?? trail.hop];
  const isCarried = (value: string) => along.every((hop, i) => i === 0 || isCarriedOn(along[i - 1] ?? hop, hop, value));
  const shared = [...first.values.keys()].filter(isCarried);
  const certainty = certaintyOf(trail, isBack);
  return {
    entity: trail.hop.entity,
    certainty,
    from: chainEnd(first.from),
    to: chainEnd(last.to),
    hops,
    isHeld: last.isHeld,
    values: shared.length,
  };
}

function chainEnd({ type, label, owner }: MapEnd): ChainEnd {
  return { type, label, owner };
}

function notSeenOf({ blind, inward, edges }: Hops): readonly string[] {
  const said: string[] = [];
  if (blind > 0) said.push(`${blind} of ${edges} edges could not be looked into: what they carried is in no chain`);
  if (inward === 0 && edges > 0)
    said.push('no edge has data that came in: what services read from data stores is known where the sensor sees it');
  return said;
}
