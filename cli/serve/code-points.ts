/**
 * A text whose places are counted in code points, as Python counts them. JavaScript counts UTF-16 code units: a text
 * without surrogate pairs is its own map.
 */

const SURROGATE = /[\ud800-\udfff]/;

export class CodePointText {
  readonly text: string;
  /** Code points. */
  readonly length: number;
  /** The code unit at which each code point begins, and the end; null where the two counts are the same. */
  readonly #units: Uint32Array | null;

  constructor(text: string) {
    this.text = text;
    if (!SURROGATE.test(text)) {
      this.#units = null;
      this.length = text.length;
      return;
    }
    const units = new Uint32Array(text.length + 1);
    let points = 0;
    for (let unit = 0; unit < text.length; points++) {
      units[points] = unit;
      unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    }
    units[points] = text.length;
    this.#units = units;
    this.length = points;
  }

  /** The code units from code point `start` to `end`, exclusive; both within the text. */
  slice(start: number, end: number): string {
    const units = this.#units;
    return units === null ? this.text.slice(start, end) : this.text.slice(units[start], units[end]);
  }
}

/** Code points of a text. */
export function countCodePoints(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}
