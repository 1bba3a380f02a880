/**
 * The opening of a WebSocket (RFC 6455 §4), as a server towards the client and as a client towards the upstream: keys,
 * version, subprotocol and extensions are this hop's own. Pure.
 */
import { createHash } from 'node:crypto';
import { valuesOf } from '../head.ts';
import type { DeflateTerms } from './extensions.ts';
import { readAnswer } from './extensions.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** Headers of the opening that hold for one hop. */
const OF_ONE_HOP = new Set([
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-accept',
]);
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const VERSION = '13';

/** `Sec-WebSocket-Accept` for a key. */
export function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${GUID}`).digest('base64');
}

export interface Asked {
  /** The client's Sec-WebSocket-Key; empty over HTTP/2, which has none (RFC 8441 §5). */
  readonly key: string;
  /** Subprotocols that the client can speak, as it prefers them. */
  readonly protocols: readonly string[];
  /** Values of Sec-WebSocket-Extensions. */
  readonly extensions: readonly string[];
}

/** The status and sentence that a client is refused with. */
export interface NotAsked {
  readonly status: 400 | 426;
  readonly text: string;
}

/** What a client asks for; else why it gets none. */
export function readAsked(method: string, version: string, headers: readonly string[]): Asked | NotAsked {
  if (version !== '1.1') return { status: 400, text: 'a WebSocket is opened in HTTP/1.1 (RFC 6455 §4.1)' };
  if (method !== 'GET') return { status: 400, text: 'a WebSocket is opened with GET (RFC 6455 §4.1)' };
  const asked = readStreamAsked(headers);
  if ('status' in asked) return asked;
  const [key, ...others] = valuesOf(headers, 'sec-websocket-key');
  if (key === undefined || others.length > 0 || !KEY.test(key)) {
    return { status: 400, text: 'Sec-WebSocket-Key is missing or is none (RFC 6455 §4.1)' };
  }
  return { ...asked, key };
}

/** The same over a stream of HTTP/2, where method and protocol have been looked at (RFC 8441 §5). */
export function readStreamAsked(headers: readonly string[]): Asked | NotAsked {
  // What follows the head are frames; a body in between would be read as such.
  if (
    valuesOf(headers, 'transfer-encoding').length > 0 ||
    valuesOf(headers, 'content-length').some((one) => one !== '0')
  ) {
    return { status: 400, text: 'the request for a WebSocket has no body' };
  }
  const versions = valuesOf(headers, 'sec-websocket-version');
  if (versions.length !== 1 || versions[0] !== VERSION) {
    return { status: 426, text: 'version 13 of WebSocket is spoken here (RFC 6455 §4.4)' };
  }
  return { key: '', protocols: protocolsOf(headers), extensions: valuesOf(headers, 'sec-websocket-extensions') };
}

/** Subprotocols that a head names, in its order. */
export function protocolsOf(headers: readonly string[]): string[] {
  return valuesOf(headers, 'sec-websocket-protocol')
    .flatMap((value) => value.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A head without what holds for one hop only. */
export function withoutHop(headers: readonly string[]): string[] {
  return headers.filter((_, i) => !OF_ONE_HOP.has((headers[i - (i % 2)] as string).toLowerCase()));
}

export interface Switched {
  readonly protocol: string | null;
  /** Null without compression. */
  readonly terms: DeflateTerms | null;
}

/**
 * An upstream's 101 to what it was sent: `key` and `protocols` are ours. Else a sentence that says what is wrong with it:
 * not one byte of the client's may go to a server that has not understood (§4.1).
 */
export function readSwitched(
  headers: readonly string[],
  sent: { readonly key: string; readonly protocols: readonly string[]; readonly offersDeflate: boolean },
): Switched | string {
  if (!hasOption(headers, 'upgrade', 'websocket')) return 'its 101 does not upgrade to WebSocket';
  if (!hasOption(headers, 'connection', 'upgrade')) return 'its 101 does not upgrade the connection';
  const accepts = valuesOf(headers, 'sec-websocket-accept');
  if (accepts.length !== 1 || accepts[0] !== acceptOf(sent.key)) return 'its 101 does not answer the key';
  return readTerms(headers, sent);
}

/** What an acceptance agrees on, in either version of HTTP; else a sentence that says what is wrong with it. */
export function readTerms(
  headers: readonly string[],
  sent: { readonly protocols: readonly string[]; readonly offersDeflate: boolean },
): Switched | string {
  const [protocol = null, ...others] = valuesOf(headers, 'sec-websocket-protocol');
  if (others.length > 0 || (protocol !== null && !sent.protocols.includes(protocol))) {
    return 'its acceptance names a subprotocol that was not asked for';
  }
  const terms = readAnswer(valuesOf(headers, 'sec-websocket-extensions'), sent.offersDeflate);
  if (terms === 'unknown') return 'its acceptance names an extension that was not offered';
  return { protocol, terms };
}

/** A comma-separated option of a header, case aside. */
function hasOption(headers: readonly string[], name: string, option: string): boolean {
  return valuesOf(headers, name).some((value) => value.split(',').some((item) => item.trim().toLowerCase() === option));
}
