/**
 * Percent-encoding (RFC 3986 §2.1, and application/x-www-form-urlencoded with `+` for a space). A `%` that two hex
 * digits do not follow stands for itself, as lenient servers take it.
 */

/** Bytes with the encoding undone; the same buffer where there is nothing to undo. */
export function decodePercent(raw: Buffer, plus: boolean): Buffer {
  if (!raw.includes(0x25) && !(plus && raw.includes(0x2b))) return raw;
  const out = Buffer.allocUnsafe(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; length++) {
    const width = widthAt(raw, at);
    if (width === 3) out[length] = Number.parseInt(raw.toString('latin1', at + 1, at + 3), 16);
    else out[length] = plus && raw[at] === 0x2b ? 0x20 : (raw[at] as number);
    at += width;
  }
  return out.subarray(0, length);
}

/** The offset in `raw` that has `offset` decoded bytes before it. `from` is a place known from an earlier call. */
export function percentOffset(raw: Buffer, offset: number, from: { raw: number; decoded: number }): number {
  while (from.decoded < offset && from.raw < raw.length) {
    from.raw += widthAt(raw, from.raw);
    from.decoded++;
  }
  return from.raw;
}

/** Everything but unreserved characters encoded, as UTF-8. */
export function encodePercent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function widthAt(raw: Buffer, at: number): 1 | 3 {
  return raw[at] === 0x25 && isHex(raw[at + 1]) && isHex(raw[at + 2]) ? 3 : 1;
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}
