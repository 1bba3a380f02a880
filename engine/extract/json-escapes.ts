/**
 * Escapes of JSON strings (RFC 8259 §7): undone over bytes, put back, and the places before and after told from one
 * another. It checks one escape at a time; whether a whole string is well-formed is for the reader to say.
 */

/** Bytes that the escape at `at` takes (2 or 6); 0 where it is none. */
export function escapeWidth(bytes: Buffer, at: number, end: number): number {
  if (bytes[at] !== 0x5c || at + 1 >= end) return 0;
  switch (bytes[at + 1]) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return 2;
    case 0x75:
      return at + 6 <= end && hex4(bytes, at + 2) >= 0 ? 6 : 0;
    default:
      return 0;
  }
}

function hex4(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] as number;
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57;
    else return -1;
  }
  return value;
}

/** UTF-8 bytes of the inside of a JSON string, escapes undone. `raw` must be such an inside. */
export function unescapeJson(raw: Buffer): Buffer {
  return raw.includes(0x5c) ? withoutEscapes(raw, 0, raw.length) : raw;
}

/** A run of plain text is copied byte by byte so far; what is longer is worth two calls out of JavaScript. */
const SHORT_RUN = 16;

/** The bytes from `start` to `end`, an inside that the reader has checked, with the escapes undone. */
export function withoutEscapes(bytes: Buffer, start: number, end: number): Buffer {
  // Every escape is longer than what it stands for.
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; ) {
    const near = Math.min(end, at + SHORT_RUN);
    while (at < near && bytes[at] !== 0x5c) out[length++] = bytes[at++] as number;
    if (at === end) break;
    if (bytes[at] !== 0x5c) {
      const slash = bytes.indexOf(0x5c, at);
      const runEnd = slash === -1 || slash > end ? end : slash;
      length += bytes.copy(out, length, at, runEnd);
      at = runEnd;
    } else if (bytes[at + 1] !== 0x75) {
      out[length++] = UNESCAPED[bytes[at + 1] as number] as number;
      at += 2;
    } else {
      const point = pointAt(bytes, at, end);
      length += writePoint(out, length, point >= 0xd800 && point < 0xe000 ? 0xfffd : point);
      at += point > 0xffff ? 12 : 6;
    }
  }
  return out.subarray(0, length);
}

/** What the byte behind a backslash stands for. */
const UNESCAPED = new Uint8Array(256).map((_, byte) => {
  const at = 'bfnrt'.indexOf(String.fromCharCode(byte));
  return at === -1 ? byte : '\b\f\n\r\t'.charCodeAt(at);
});

/** The code point of the escape `\uXXXX` at `at`, or of two that are a surrogate pair. */
function pointAt(bytes: Buffer, at: number, end: number): number {
  const unit = hex4(bytes, at + 2);
  if (unit < 0xd800 || unit >= 0xdc00 || at + 12 > end || bytes[at + 6] !== 0x5c || bytes[at + 7] !== 0x75) return unit;
  const low = hex4(bytes, at + 8);
  return low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit;
}

/** Bytes of a code point in UTF-8; a lone surrogate counts as the U+FFFD that stands for it. */
function widthOf(point: number): number {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/** Writes a code point as UTF-8 (RFC 3629 §3); the number of bytes. */
function writePoint(out: Buffer, at: number, point: number): number {
  const width = widthOf(point);
  let rest = point;
  for (let i = width - 1; i > 0; i--) {
    out[at + i] = 0x80 | (rest & 0x3f);
    rest >>= 6;
  }
  out[at] = width === 1 ? point : (0xf00 >> width) | rest;
  return width;
}

/**
 * The offset in the inside of a JSON string at which the decoded text has `offset` bytes behind it; -1 where that
 * lies within a character. `from` is a place known from an earlier call: {raw, decoded} that belong together.
 */
export function rawOffset(raw: Buffer, offset: number, from: { raw: number; decoded: number }): number {
  let at = from.raw;
  let decoded = from.decoded;
  while (decoded < offset && at < raw.length) {
    if (raw[at] !== 0x5c) {
      at++;
      decoded++;
      continue;
    }
    if (raw[at + 1] !== 0x75) {
      at += 2;
      decoded++;
      continue;
    }
    const point = pointAt(raw, at, raw.length);
    at += point > 0xffff ? 12 : 6;
    decoded += widthOf(point);
  }
  from.raw = at;
  from.decoded = decoded;
  return decoded === offset ? at : -1;
}

/** The inside of a JSON string that reads as `text`; what is not well-formed UTF-16 is escaped. */
export function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
