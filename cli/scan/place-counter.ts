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
    while (at < to && at < window.length) {
      const byte = window[at] as number;
      if (byte < 0x80) {
        at++;
        offset++;
        if (byte !== 0x0a) column++;
        else {
          line++;
          column = 1;
        }
        continue;
      }
      const length = characterLength(window, at);
      const units = length === 4 ? 2 : 1;
      at += Math.abs(length);
      column += units;
      offset += units;
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

/**
 * Bytes of the character of more than one byte at `at`. Negative where it is none: as many bytes as decoders put one
 * U+FFFD for (WHATWG Encoding, UTF-8 decoder).
 */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  const wanted =
    lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xc2 && lead < 0xe0 ? 2 : 1;
  if (wanted === 1) return -1;
  // The second byte's range leaves out overlong forms, surrogates and what lies above U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return -1;
  for (let i = 2; i < wanted; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return -i;
  return wanted;
}
