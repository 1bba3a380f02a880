/**
 * Evidence for a kind of document: cues of one recognizer, with their places, and the stretches in which they stand
 * close together. A single cue says nothing; several different ones within a few lines do.
 */

/** Cues that stand close together. */
export interface Cluster {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  /** Different cues. */
  readonly distinct: number;
  /** Bit i: cue number i occurs; of the first 31 cues. */
  readonly kinds: number;
}

/** Places of cues that are kept; a longer document has shown what it is by then. */
const MAX_KEPT = 4096;

export class Tally {
  /** Triples start, end, number of the cue. */
  readonly #hits: number[] = [];

  add(start: number, end: number, cue: number): void {
    if (this.#hits.length < 3 * MAX_KEPT) this.#hits.push(start, end, cue);
  }

  /** Clusters whose cues are at most `gap` bytes apart. */
  clusters(gap: number): readonly Cluster[] {
    const clusters: Cluster[] = [];
    let seen = new Set<number>();
    let start = -1;
    let end = -1;
    let count = 0;
    let kinds = 0;
    const close = (): void => {
      if (count > 0) clusters.push({ start, end, count, distinct: seen.size, kinds });
    };
    for (let i = 0; i < this.#hits.length; i += 3) {
      const from = this.#hits[i] as number;
      const cue = this.#hits[i + 2] as number;
      if (count > 0 && from - end > gap) {
        close();
        seen = new Set();
        count = 0;
        kinds = 0;
      }
      if (count === 0) start = from;
      end = Math.max(count === 0 ? 0 : end, this.#hits[i + 1] as number);
      count++;
      seen.add(cue);
      if (cue < 31) kinds |= 1 << cue;
    }
    close();
    return clusters;
  }
}
