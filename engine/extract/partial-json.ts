/**
 * The keys of a JSON object of which perhaps only the beginning has come: those at the top, and those of objects in
 * a list (or object) right below. Reads no values, follows RFC 8259 loosely, is linear and bounded.
 */

export interface PartialKeys {
  /** `messages`, and `messages.role` for a key of an object within `messages`. */
  readonly names: ReadonlySet<string>;
  /** The object was closed. */
  readonly complete: boolean;
}

/** More different names than this tell nothing further. */
const MAX_NAMES = 1000;
const MAX_NAME_BYTES = 64;

/** Null where the bytes cannot be the beginning of a JSON object. */
export function partialKeys(bytes: Buffer): PartialKeys | null {
  const names = new Set<string>();
  // What stands open, outermost first: `{` or `[`. Only its depth and the last kinds matter.
  const open: number[] = [];
  let topKey = '';
  // A string is a key where it follows `{` or a comma within an object.
  let expectsKey = false;
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (open.length === 0 && byte !== 0x7b && !isSpace(byte)) return null;
    switch (byte) {
      case 0x7b:
      case 0x5b:
        open.push(byte);
        expectsKey = byte === 0x7b;
        break;
      case 0x7d:
      case 0x5d: {
        const opener = open.pop();
        if (opener !== byte - 2) return null;
        if (open.length === 0) return { names, complete: true };
        expectsKey = false;
        break;
      }
      case 0x2c:
        expectsKey = open[open.length - 1] === 0x7b;
        break;
      case 0x22: {
        const end = endOfString(bytes, at);
        if (end === -1) return { names, complete: false };
        if (expectsKey && isNear(open)) {
          const name = nameOf(bytes, at, end);
          if (open.length === 1) topKey = name;
          if (names.size < MAX_NAMES) names.add(open.length === 1 ? name : `${topKey}.${name}`);
        }
        expectsKey = false;
        at = end - 1;
        break;
      }
    }
    at++;
  }
  return { names, complete: false };
}

/** At the top, or in an object right below it, in a list or not. */
function isNear(open: readonly number[]): boolean {
  return open.length === 1 || open.length === 2 || (open.length === 3 && open[1] === 0x5b);
}

function endOfString(bytes: Buffer, start: number): number {
  for (let at = start + 1; ; ) {
    const quote = bytes.indexOf(0x22, at);
    if (quote === -1) return -1;
    let slashes = 0;
    while (bytes[quote - 1 - slashes] === 0x5c) slashes++;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

function nameOf(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, Math.min(end, start + MAX_NAME_BYTES * 6));
  if (!raw.includes('\\')) return raw.slice(1, -1);
  try {
    return JSON.parse(raw) as string;
  } catch {
    return '';
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
