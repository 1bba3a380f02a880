/**
 * Base64 (RFC 4648 §4 and §5) inside text: which runs of letters decode to text. Short runs and runs that decode to
 * binary are left alone; a word that happens to be base64 nearly never decodes to valid UTF-8 without controls.
 */
import { isUtf8 } from 'node:buffer';
import { endsVisibleAscii, quadsOf } from './quads.ts';

/** A run and what it decodes to; offsets in bytes of the text searched. */
export interface Base64Run {
  readonly start: number;
  readonly end: number;
  readonly urlSafe: boolean;
  readonly decoded: Buffer;
}

/** 16 characters, padding included, hold 11 or 12 bytes: less than any credential, as much as the shortest national id. */
export const MIN_BASE64 = 16;
const MIN_LETTERS = 15;
/** Lines of wrapped base64 (RFC 2045: at most 76) are joined from this length on. */
const MIN_WRAPPED_LINE = 60;

/** 1: a letter of either alphabet. */
const LETTER = new Uint8Array(256).map((_, byte) => (/[A-Za-z0-9+/_-]/.test(String.fromCharCode(byte)) ? 1 : 0));

/** All runs that decode to text, in order. */
export function findBase64(text: Buffer): Base64Run[] {
  const runs: Base64Run[] = [];
  for (const run of letterRuns(text)) {
    const decoded = decodeRun(text, run.start, run.end);
    if (decoded !== null) runs.push(decoded);
  }
  return runs;
}

/** A run of letters of base64 or hexadecimal; offsets in bytes. */
export interface LetterRun {
  readonly start: number;
  readonly end: number;
}

/** All runs that are long enough to hold a text. */
export function letterRuns(text: Buffer): readonly LetterRun[] {
  const runs: LetterRun[] = [];
  if (text.length < MIN_BASE64) return runs;
  const quads = quadsOf(text);
  for (let run = nextLetterRun(text, quads, 0); run !== null; run = nextLetterRun(text, quads, run.end)) runs.push(run);
  return runs;
}

/** The next run of letters of either alphabet from `from` on, MIN_BASE64 or more with the padding and further lines of wrapped base64; null where there is none. */
function nextLetterRun(text: Buffer, quads: Int32Array, from: number): LetterRun | null {
  const { length, byteOffset } = text;
  if (length - from < MIN_BASE64) return null;
  const quadsEnd = (byteOffset + length) >>> 2;
  // A run of MIN_LETTERS covers two quads that begin at one of every 8 places, and in prose most of such pairs
  // hold a space.
  for (let quad = (byteOffset + from + 3) >>> 2; quad + 1 < quadsEnd; ) {
    const probe = quad * 4 - byteOffset;
    quad += 2;
    if (endsVisibleAscii(quads[quad - 2] as number) || endsVisibleAscii(quads[quad - 1] as number)) continue;
    if (LETTER[text[probe] as number] === 0) continue;
    let start = probe;
    while (start > from && LETTER[text[start - 1] as number] === 1) start--;
    let end = probe + 1;
    while (end < length && LETTER[text[end] as number] === 1) end++;
    if (end - start < MIN_LETTERS) continue;
    end = endOfRun(text, start, end);
    if (end - start >= MIN_BASE64) return { start, end };
  }
  return null;
}

/** The end of a run whose first line ends at `lineEnd`: further lines of wrapped base64 and the padding belong to it. */
function endOfRun(text: Buffer, start: number, lineEnd: number): number {
  let lineStart = start;
  for (let at = lineEnd; ; ) {
    const feed = text[at] === 0x0d && text[at + 1] === 0x0a ? 2 : text[at] === 0x0a ? 1 : 0;
    const next = at + feed;
    const wraps =
      feed > 0 && at - lineStart >= MIN_WRAPPED_LINE && next < text.length && LETTER[text[next] as number] === 1;
    if (!wraps) return text[at] === 0x3d ? at + (text[at + 1] === 0x3d ? 2 : 1) : at;
    lineStart = next;
    at = next;
    while (at < text.length && LETTER[text[at] as number] === 1) at++;
  }
}

function decodeRun(text: Buffer, start: number, end: number): Base64Run | null {
  if (!opensText(text, start)) return null;
  const run = text.toString('latin1', start, end);
  const urlSafe = run.includes('-') || run.includes('_');
  if (urlSafe && (run.includes('+') || run.includes('/'))) return null;
  const decoded = Buffer.from(run, urlSafe ? 'base64url' : 'base64');
  return decoded.length >= 8 && isText(decoded) ? { start, end, urlSafe, decoded } : null;
}

/** What a letter stands for; 0 for a byte that is none. */
const SEXTET = new Uint8Array(256).map((_, byte) => {
  const at = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_'.indexOf(String.fromCharCode(byte));
  return at > 63 ? at - 2 : Math.max(0, at);
});

/** Letters that are looked at before a run is decoded: of names in code, which are no base64, one in a thousand opens so. */
const OPENING = 12;

/** Whether the first letters of a run decode to UTF-8 (RFC 3629 §3) without controls, as far as they go. */
export function opensText(text: Buffer, start: number): boolean {
  let continuation = 0;
  for (let i = start; i < start + OPENING; i += 4) {
    const quad =
      ((SEXTET[text[i] as number] as number) << 18) |
      ((SEXTET[text[i + 1] as number] as number) << 12) |
      ((SEXTET[text[i + 2] as number] as number) << 6) |
      (SEXTET[text[i + 3] as number] as number);
    for (let shift = 16; shift >= 0; shift -= 8) {
      const byte = (quad >> shift) & 0xff;
      if (continuation > 0) {
        if ((byte & 0xc0) !== 0x80) return false;
        continuation--;
      } else if (byte < 0x80) {
        if (isControl(byte)) return false;
      } else {
        if (byte < 0xc2 || byte > 0xf4) return false;
        continuation = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      }
    }
  }
  return true;
}

/** Whether `text` from `start` on is base64 to its end and nothing else, line breaks aside. */
export function isBase64(text: Buffer, start = 0): boolean {
  let letters = 0;
  for (let at = start; at < text.length; at++) {
    const byte = text[at] as number;
    if (LETTER[byte] === 1) letters++;
    else if (byte === 0x3d ? text.length - at > 2 : byte !== 0x0a && byte !== 0x0d) return false;
  }
  return letters > 0;
}

/** UTF-8 without control characters other than tab, line feed, form feed and carriage return. */
export function isText(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  for (let i = 0; i < bytes.length; i++) {
    if (isControl(bytes[i] as number)) return false;
  }
  return true;
}

/** A control character other than tab, line feed, form feed and carriage return. */
function isControl(byte: number): boolean {
  return byte < 0x20 ? byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d : byte === 0x7f;
}
