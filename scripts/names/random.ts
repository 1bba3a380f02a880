/** Numbers that look random and are the same in every run with the same seed (mulberry32). */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** At least 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** Whole, at least 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  isWithin(share: number): boolean {
    return this.next() < share;
  }

  oneOf<T>(some: readonly T[]): T {
    const one = some[this.below(some.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }

  shuffle<T>(some: T[]): T[] {
    for (let i = some.length - 1; i > 0; i--) {
      const k = this.below(i + 1);
      const own = some[i] as T;
      some[i] = some[k] as T;
      some[k] = own;
    }
    return some;
  }
}
