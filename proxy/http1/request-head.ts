/**
 * Reads the head of an ordinary request of HTTP/1.1 (RFC 9112): what nearly every client sends, whole and in one piece.
 * It is stricter than any other reader on the way, so that nobody behind it can read the same bytes differently, and it
 * refuses nothing: whatever is not ordinary, or not well-formed, is left to node:http, which says what is wrong with it.
 * Pure.
 */
import { lowerName, sameName } from '../../flow/message.ts';
import { isBlank, TOKEN, VALUE } from '../field-bytes.ts';

export interface RequestHead {
  readonly method: string;
  /** The request target: a path, an absolute form, or the authority of a CONNECT. */
  readonly target: string;
  /** Flat list of names and values, as received. */
  readonly headers: readonly string[];
  /** `Content-Length`; null where there is none, and with it no body. */
  readonly length: number | null;
  /** The client asks for nothing more on this connection. */
  readonly isLast: boolean;
  /** The head's own bytes, its empty line included. */
  readonly bytes: number;
}

/** PRI begins HTTP/2; whatever else there is, is rare. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT']);
/** As many as node:http keeps; it would drop those behind. */
const MAX_FIELDS = 1000;

const VERSION = ' HTTP/1.1\r\n';
const [SPACE, COLON, RETURN, FEED, HASH, LAST_VISIBLE] = [0x20, 0x3a, 0x0d, 0x0a, 0x23, 0x7e];

/**
 * The head that `bytes` begin with; null for one that is not whole yet, is larger than `maxBytes`, is not well-formed,
 * or asks for more than to be answered (an upgrade, `Expect`, chunks).
 */
export function readRequestHead(bytes: Buffer, maxBytes: number): RequestHead | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1 || end + 4 > maxBytes) return null;
  let at = 0;
  while (TOKEN[bytes[at] as number] === 1) at++;
  if (bytes[at] !== SPACE) return null;
  const text = bytes.toString('latin1', 0, end + 2);
  const method = text.slice(0, at);
  if (!METHODS.has(method)) return null;
  const from = ++at;
  while (isOfTarget(bytes[at] as number)) at++;
  if (at === from || !text.startsWith(VERSION, at)) return null;
  const target = text.slice(from, at);
  return readFields(bytes, text, at + VERSION.length, method, target);
}

/** `text` ends with the line end of the last field. */
function readFields(bytes: Buffer, text: string, first: number, method: string, target: string): RequestHead | null {
  const end = text.length;
  const headers: string[] = [];
  let hosts = 0;
  let length: number | null = null;
  let isLast = false;
  for (let at = first; at < end; at += 2) {
    const start = at;
    while (TOKEN[bytes[at] as number] === 1) at++;
    if (at === start || bytes[at] !== COLON) return null;
    const name = sameName(text.slice(start, at++));
    while (isBlank(bytes[at] as number)) at++;
    const from = at;
    while (VALUE[bytes[at] as number] === 1) at++;
    if (bytes[at] !== RETURN || bytes[at + 1] !== FEED) return null;
    let to = at;
    while (to > from && isBlank(bytes[to - 1] as number)) to--;
    const value = text.slice(from, to);
    headers.push(name, value);
    switch (kindOf(name)) {
      case 'host':
        hosts++;
        break;
      case 'length':
        if (length !== null || !/^\d{1,15}$/.test(value)) return null;
        length = Number(value);
        break;
      case 'connection':
        if (/(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value)) isLast = true;
        break;
      case 'other-way':
        return null;
    }
  }
  if (hosts !== 1 || headers.length > 2 * MAX_FIELDS) return null;
  // CONNECT has no body, and what stands behind it is the tunnel's.
  if (method === 'CONNECT' && length !== null) return null;
  return { method, target, headers, length, isLast, bytes: end + 2 };
}

type Kind = 'host' | 'length' | 'connection' | 'other-way' | null;

/** By length first: most names are none of these. */
function kindOf(name: string): Kind {
  switch (name.length) {
    case 4:
      return lowerName(name) === 'host' ? 'host' : null;
    case 6:
      return lowerName(name) === 'expect' ? 'other-way' : null;
    case 7:
      return lowerName(name) === 'upgrade' ? 'other-way' : null;
    case 10:
      return lowerName(name) === 'connection' ? 'connection' : null;
    case 14:
      return lowerName(name) === 'content-length' ? 'length' : null;
    case 16:
      return lowerName(name) === 'proxy-connection' ? 'connection' : null;
    case 17:
      return lowerName(name) === 'transfer-encoding' ? 'other-way' : null;
    default:
      return null;
  }
}

/** Visible, and not the beginning of a fragment, which belongs to the client alone. */
function isOfTarget(byte: number): boolean {
  return byte > SPACE && byte <= LAST_VISIBLE && byte !== HASH;
}
