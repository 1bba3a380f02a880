/**
 * Paths of one class of data over hops, by a search in rounds: each round goes one hop further, and a place is looked
 * at again only where data can be there earlier than known. So every place is found by a path of the fewest hops, time
 * runs forwards along it, and a cycle ends by itself.
 */
import type { MapEnd } from './ends.ts';
import type { Hop } from './hops.ts';

/** `confirmed`: the same value was seen on both sides of every place between. `possible`: the same class was. */
export type Certainty = 'confirmed' | 'possible';

/** One hop of a path, last one first reached. */
export interface Trail {
  readonly hop: Hop;
  readonly before: Trail | null;
  readonly length: number;
  /** Milliseconds since 1970, or negated where the search goes back in time: the earliest moment of arrival. */
  readonly arrival: number;
}

/** Longer paths are not followed. */
export const MAX_HOPS = 16;

/**
 * Places where a class that comes in may be the class that goes out: what happens inside another company or at an
 * unknown address is believed only where the same value came back.
 */
const PASSES: ReadonlySet<MapEnd['type']> = new Set(['workload', 'datastore', 'internal']);

/** A search over the hops of one class, along the data or against it. */
export class TrailSearch {
  readonly #isBack: boolean;
  readonly #onward = new Map<string, Hop[]>();
  /** By place and fingerprint. */
  readonly #withValue = new Map<string, Hop[]>();

  constructor(hops: readonly Hop[], direction: 'forward' | 'back') {
    this.#isBack = direction === 'back';
    for (const hop of hops) {
      const { key } = this.#tail(hop);
      put(this.#onward, key, hop);
      for (const fingerprint of hop.values.keys()) put(this.#withValue, `${key} ${fingerprint}`, hop);
    }
  }

  /** The place that a hop leads to, in the direction of the search. */
  head(hop: Hop): MapEnd {
    return this.#isBack ? hop.from : hop.to;
  }

  #tail(hop: Hop): MapEnd {
    return this.#isBack ? hop.to : hop.from;
  }

  /** Going back in time, the last moment is the first one. */
  #span(hop: Hop): readonly [number, number] {
    return this.#isBack ? [-hop.last, -hop.first] : [hop.first, hop.last];
  }

  hasOnward(end: MapEnd): boolean {
    return this.#onward.has(end.key);
  }

  /** The best path to every place that data from `start` comes to, `start` left out. */
  from(start: MapEnd, certainty: Certainty): ReadonlyMap<string, Trail> {
    const best = new Map<string, Trail>();
    const arrivals = new Map<Hop, number>();
    const atPlace = new Map<string, number>();
    let frontier: Trail[] = (this.#onward.get(start.key) ?? []).map((hop) => ({
      hop,
      before: null,
      length: 1,
      arrival: this.#span(hop)[0],
    }));
    for (let round = 1; frontier.length > 0 && round <= MAX_HOPS; round++) {
      const next: Trail[] = [];
      for (const trail of frontier) {
        const place = this.head(trail.hop);
        if (place.key === start.key || trail.arrival >= (arrivals.get(trail.hop) ?? Infinity)) continue;
        arrivals.set(trail.hop, trail.arrival);
        if (!best.has(place.key)) best.set(place.key, trail);
        // What did not arrive goes no further: only the last hop of a path may have been held back.
        if (round === MAX_HOPS || (!this.#isBack && trail.hop.isHeld)) continue;
        const isEarlier = trail.arrival < (atPlace.get(place.key) ?? Infinity);
        for (const hop of this.#onwardFrom(trail, place, certainty, isEarlier)) {
          const [first, last] = this.#span(hop);
          if (trail.arrival > last || (this.#isBack && hop.isHeld)) continue;
          next.push({ hop, before: trail, length: trail.length + 1, arrival: Math.max(trail.arrival, first) });
        }
        if (isEarlier) atPlace.set(place.key, trail.arrival);
      }
      frontier = next;
    }
    return best;
  }

  #onwardFrom(trail: Trail, place: MapEnd, certainty: Certainty, isEarlier: boolean): Iterable<Hop> {
    if (certainty === 'possible' && PASSES.has(place.type)) {
      // By whichever hop it came: only an earlier arrival can lead to more.
      return isEarlier ? (this.#onward.get(place.key) ?? []) : [];
    }
    const onward = new Set<Hop>();
    for (const fingerprint of trail.hop.values.keys()) {
      for (const hop of this.#withValue.get(`${place.key} ${fingerprint}`) ?? []) {
        const [before, after] = this.#isBack ? [hop, trail.hop] : [trail.hop, hop];
        if (isCarriedOn(before, after, fingerprint)) onward.add(hop);
      }
    }
    return onward;
  }
}

/** Whether a value was there before it was last seen to go on. */
export function isCarriedOn(before: Hop, after: Hop, fingerprint: string): boolean {
  const [came, went] = [before.values.get(fingerprint), after.values.get(fingerprint)];
  return came !== undefined && went !== undefined && came.first <= went.last;
}

/** How certain it is that the second of two hops carries on what the first brought. */
export function joinOf(before: Hop, after: Hop): Certainty {
  const fewer = before.values.size < after.values.size ? before.values : after.values;
  for (const fingerprint of fewer.keys()) if (isCarriedOn(before, after, fingerprint)) return 'confirmed';
  return 'possible';
}

function put(map: Map<string, Hop[]>, key: string, hop: Hop): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [hop]);
  else list.push(hop);
}
