/** A median with its 95 % interval, by order statistics: nothing is taken for granted about how the figures are spread. */

export interface Interval {
  readonly median: number;
  /** Ends of the interval; those of all figures where they are too few for 95 %. */
  readonly low: number;
  readonly high: number;
}

/** Of the order statistics the widest pair whose binomial probability of being past the median is at most 2.5 % a side. */
export function intervalOf(figures: readonly number[]): Interval {
  const sorted = figures.toSorted((a, b) => a - b);
  const { length } = sorted;
  const middle = Math.floor(length / 2);
  const median = length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  let below = 0;
  let probability = 0.5 ** length;
  let sum = probability;
  // While as few as `below` + 1 figures under the median would still be a surprise.
  while (sum <= 0.025 && below < middle) {
    below++;
    probability = (probability * (length - below + 1)) / below;
    sum += probability;
  }
  const at = Math.max(0, below - 1);
  return { median, low: sorted[at] ?? 0, high: sorted[length - 1 - at] ?? 0 };
}
