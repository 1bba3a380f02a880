/**
 * What is counted and measured while Weir runs: plain numbers under a name and a few labels, so that a thread or a
 * process hands them on as a message. No label holds what a client chose: no value, path, app label or unknown host.
 */

/** One counter or gauge. `labels` are the values alone, in the order that the metric's description names them. */
export interface Figure {
  readonly name: string;
  readonly labels: readonly string[];
  readonly value: number;
}

/** How long something took, by buckets. `counts` has one more entry than `bounds`: what lies above all of them. */
export interface Spread {
  readonly name: string;
  readonly labels: readonly string[];
  /** Upper ends in seconds, inclusive, rising. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  /** Seconds. */
  readonly sum: number;
}

export interface Figures {
  readonly values: readonly Figure[];
  readonly spreads: readonly Spread[];
}

/** A whole exchange may wait for a model for minutes. */
export const EXCHANGE_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600,
];
/** A stage of our own is over in milliseconds. */
export const STAGE_BOUNDS: readonly number[] = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30,
];

/** Gathers durations into buckets; cheap enough for every call. */
export class Durations {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(seconds: number): void {
    let at = 0;
    while (at < this.#bounds.length && seconds > (this.#bounds[at] ?? 0)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += seconds;
  }

  read(name: string, labels: readonly string[]): Spread {
    return { name, labels, bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
