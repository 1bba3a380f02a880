/** Which lines of a file a change has added: ranges in rising order. */

export class AddedLines {
  /** First and last line of each range, from 1. */
  readonly #ranges: (readonly [number, number])[] = [];

  /** Ranges come in rising order, as hunks do. */
  add(first: number, count: number): void {
    if (count > 0) this.#ranges.push([first, first + count - 1]);
  }

  /** Whether one of the lines `first` to `last` was added. */
  touches(first: number, last: number): boolean {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < first) low = middle + 1;
      else high = middle;
    }
    const range = this.#ranges[low];
    return range !== undefined && range[0] <= last;
  }
}
