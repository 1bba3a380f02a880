/**
 * Counts through a text that is read a window at a time: line, column and offset in UTF-16 code units of byte offsets
 * that rise. Each byte is looked at once.
 */

export interface Place {
  /** From 1; a line ends with a line feed. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** In UTF-16 code units from the start of the text. */
  readonly offset: number;
}

export class PlaceCounter {
  #at = 0;
  #line = 1;
  #column = 1;
  #offset = 0;

  /** The place of byte `to` of the present window; not before the one asked for last. */
  placeAt(window: Uint8Array, to: number): Place {
    let [line, column, offset] = [this.#line, this.#column, this.#offset];
    let at = this.#at;
    for (; at < to && at < window.length; at++) {
      const byte = window[at] as number;
      if (byte === 0x0a) {
        line++;
        column = 1;
        offset++;
      } else if ((byte & 0xc0) !== 0x80) {
        // A continuation byte adds nothing; the lead of four bytes stands for a surrogate pair.
        const units = byte >= 0xf0 ? 2 : 1;
        column += units;
        offset += units;
      }
    }
    [this.#at, this.#line, this.#column, this.#offset] = [at, line, column, offset];
    return { line, column, offset };
  }

  /** The next window begins `by` bytes on in the present one. */
  moveOn(window: Uint8Array, by: number): void {
    this.placeAt(window, by);
    this.#at -= by;
  }
}
