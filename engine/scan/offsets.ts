/**
 * Byte offsets of UTF-8 text as readers outside count: UTF-16 code units, code points, and lines with columns. Meant
 * for the edge, once, after everything has been found.
 */

/** Offsets in UTF-16 code units of byte offsets given in rising order; one pass over the bytes. An invalid byte counts as one unit. */
export function utf16Offsets(text: Uint8Array, byteOffsets: readonly number[]): number[] {
  const offsets: number[] = [];
  let unit = 0;
  let i = 0;
  for (const wanted of byteOffsets) {
    for (; i < wanted && i < text.length; i++) {
      const byte = text[i] ?? 0;
      // A continuation byte adds nothing; the lead of four bytes stands for a surrogate pair.
      if ((byte & 0xc0) !== 0x80) unit += byte >= 0xf0 ? 2 : 1;
    }
    offsets.push(unit);
  }
  return offsets;
}

/** Offsets in code points of byte offsets given in rising order, as Python and Go's runes count. An invalid byte counts as one. */
export function codePointOffsets(text: Uint8Array, byteOffsets: readonly number[]): number[] {
  const offsets: number[] = [];
  let points = 0;
  let i = 0;
  for (const wanted of byteOffsets) {
    for (; i < wanted && i < text.length; i++) if (((text[i] ?? 0) & 0xc0) !== 0x80) points++;
    offsets.push(points);
  }
  return offsets;
}

export interface TextPlace {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
}

/** Lines and columns of byte offsets given in rising order. A line ends with a line feed. */
export function placesOf(text: Uint8Array, byteOffsets: readonly number[]): TextPlace[] {
  const places: TextPlace[] = [];
  let line = 1;
  let column = 1;
  let i = 0;
  for (const wanted of byteOffsets) {
    for (; i < wanted && i < text.length; i++) {
      const byte = text[i] ?? 0;
      if (byte === 0x0a) {
        line++;
        column = 1;
      } else if ((byte & 0xc0) !== 0x80) column += byte >= 0xf0 ? 2 : 1;
    }
    places.push({ line, column });
  }
  return places;
}
