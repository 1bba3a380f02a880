/** So many at once, and so many more each second: what a peer may do that costs us and brings it nothing. */

export class Allowance {
  readonly #most: number;
  readonly #eachSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /** `now` in ms, of a clock that does not go back. */
  constructor(
    { most, eachSecond }: { readonly most: number; readonly eachSecond: number },
    now: () => number = () => performance.now(),
  ) {
    this.#most = most;
    this.#eachSecond = eachSecond;
    this.#now = now;
    this.#left = most;
    this.#at = now();
  }

  /** Takes one; false when none is left. */
  take(): boolean {
    const now = this.#now();
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1000) * this.#eachSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
