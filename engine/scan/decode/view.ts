/**
 * Another reading of a piece of a text: with escapes undone, with look-alikes folded, or decoded from base64. It is
 * scanned like a text of its own, and what is found in it has its place in the text that it was read from.
 */

export interface View {
  readonly text: Buffer;
  /** The bytes of the source that were read. */
  readonly from: number;
  readonly to: number;
  /** Span in the source of a span in `text`, widened to whole encoded units. */
  place(start: number, end: number): { readonly start: number; readonly end: number };
}

/** How much may still be decoded, bytes, for one text and all the views in its views. */
export class Budget {
  #left: number;
  /** Something was left undecoded for want of budget. */
  isSpent = false;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** True where `bytes` more may be decoded; they are then taken off. */
  take(bytes: number): boolean {
    if (bytes > this.#left) {
      this.isSpent = true;
      return false;
    }
    this.#left -= bytes;
    return true;
  }
}

/** Builds a view by copying runs of the source and putting other bytes in place of units of it. */
export class Rewriting {
  readonly #source: Buffer;
  readonly #from: number;
  readonly #out: Buffer;
  #length = 0;
  #copied: number;
  /** Quadruples: place in the view, bytes there, place in the source, bytes there; of the units, in order. */
  readonly #units: number[] = [];

  /** `room`: bytes of the view at most. */
  constructor(source: Buffer, from: number, room: number) {
    this.#source = source;
    this.#from = from;
    this.#copied = from;
    this.#out = Buffer.allocUnsafe(room);
  }

  /** The unit `start`..`end` of the source reads as `bytes`; what lies between it and the unit before stands as it is. */
  replace(start: number, end: number, bytes: Uint8Array | readonly number[]): void {
    this.#copyTo(start);
    this.#units.push(this.#length, bytes.length, start, end - start);
    for (let i = 0; i < bytes.length; i++) this.#out[this.#length++] = bytes[i] as number;
    this.#copied = end;
  }

  get units(): number {
    return this.#units.length / 4;
  }

  done(to: number): View {
    this.#copyTo(to);
    return new RewrittenView(this.#out.subarray(0, this.#length), this.#from, to, this.#units);
  }

  #copyTo(place: number): void {
    this.#length += this.#source.copy(this.#out, this.#length, this.#copied, place);
    this.#copied = place;
  }
}

class RewrittenView implements View {
  readonly text: Buffer;
  readonly from: number;
  readonly to: number;
  readonly #units: readonly number[];

  constructor(text: Buffer, from: number, to: number, units: readonly number[]) {
    this.text = text;
    this.from = from;
    this.to = to;
    this.#units = units;
  }

  place(start: number, end: number): { start: number; end: number } {
    return { start: this.#sourceOf(start, false), end: this.#sourceOf(end, true) };
  }

  /** Place in the source of a place in the view: within a unit its start, or its end where the place ends a span. */
  #sourceOf(at: number, isEnd: boolean): number {
    // The last unit that begins before the place, or at it where a span begins there.
    let low = 0;
    let high = this.#units.length / 4;
    while (low < high) {
      const middle = (low + high) >> 1;
      const begins = this.#units[middle * 4] as number;
      if (begins < at || (begins === at && !isEnd)) low = middle + 1;
      else high = middle;
    }
    // Units that read as nothing (a zero-width space) before a span that begins here are left out of it.
    const index = low - 1;
    if (index < 0) return this.from + at;
    const begins = this.#units[index * 4] as number;
    const length = this.#units[index * 4 + 1] as number;
    const source = this.#units[index * 4 + 2] as number;
    const width = this.#units[index * 4 + 3] as number;
    if (at >= begins + length) return source + width + (at - begins - length);
    return isEnd ? source + width : source;
  }
}
