/**
 * Reads the first bytes of a connection just far enough to know whether they begin a TLS handshake, for which name
 * (RFC 6066 §3) and which protocols (RFC 7301). It decrypts nothing, answers nothing, keeps nothing and never throws.
 */
import { isIP } from 'node:net';

/**
 * `serverName` is lower case, without a trailing dot; null when there is none, and also when what stands there is not
 * a host name (an IP address, odd characters): the caller then goes by the host that the client asked the proxy for.
 * `alpn` is in the client's order. `not-tls` also stands for a hello that breaks RFC 8446 §4.1.2.
 */
export type Peek =
  | { readonly kind: 'hello'; readonly serverName: string | null; readonly alpn: readonly string[] }
  | { readonly kind: 'need-more' }
  | { readonly kind: 'not-tls' };

/** Most bytes looked at, record headers included, and the largest record (RFC 8446 §5.1). Browsers send 2 KiB. */
export const MAX_HELLO_BYTES = 16_384;

const RECORD_HEADER = 5;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ALPN = 16;

const NEED_MORE: Peek = { kind: 'need-more' };
const NOT_TLS: Peek = { kind: 'not-tls' };

/** `bytes` is everything received so far; call again with more after `need-more`. */
export function peekClientHello(bytes: Buffer): Peek {
  const header = [0, 0, 0, 0]; // of the handshake message: type, length in three octets
  let have = 0;
  let need = header.length;
  // Called once for each chunk that arrives, so it only counts: a hello in records of one byte has thousands of them.
  for (let at = 0; ; ) {
    if (!couldBeHandshakeRecord(bytes, at)) return NOT_TLS;
    const start = at + RECORD_HEADER;
    if (start > bytes.length) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_HELLO_BYTES) return NOT_TLS;
    const here = Math.min(length, bytes.length - start);
    for (let i = 0; i < here && have + i < header.length; i++) header[have + i] = bytes[start + i] ?? 0;
    have += here;
    const [type, high = 0, middle = 0, low = 0] = header;
    if (have > 0 && type !== CLIENT_HELLO) return NOT_TLS;
    if (have >= header.length) need = header.length + high * 65_536 + middle * 256 + low;
    if (need > MAX_HELLO_BYTES - RECORD_HEADER) return NOT_TLS;
    if (have >= need && have >= header.length) return readHello(messageIn(bytes, need).subarray(header.length));
    if (here < length) break;
    at = start + length;
  }
  return bytes.length >= MAX_HELLO_BYTES ? NOT_TLS : NEED_MORE;
}

/** The first `size` bytes of the handshake message, taken out of its records; they are known to be there. */
function messageIn(bytes: Buffer, size: number): Buffer {
  const message = Buffer.alloc(size);
  for (let at = 0, have = 0; have < size; ) {
    const length = bytes.readUInt16BE(at + 3);
    have += bytes.copy(message, have, at + RECORD_HEADER, at + RECORD_HEADER + length);
    at += RECORD_HEADER + length;
  }
  return message;
}

/** As far as its first three bytes are there: handshake, major version 3, minor 0..4. */
function couldBeHandshakeRecord(bytes: Buffer, at: number): boolean {
  return (bytes[at] ?? HANDSHAKE) === HANDSHAKE && (bytes[at + 1] ?? 3) === 3 && (bytes[at + 2] ?? 0) <= 4;
}

function readHello(body: Buffer): Peek {
  const random = 34; // legacy version and random
  const session = vector(body, random, 1);
  const ciphers = session && vector(body, session.end, 2);
  const compression = ciphers && vector(body, ciphers.end, 1);
  if (compression === null || session === null || session.value.length > 32) return NOT_TLS;
  if (compression.end === body.length) return { kind: 'hello', serverName: null, alpn: [] };
  const extensions = vector(body, compression.end, 2);
  if (extensions === null || extensions.end !== body.length) return NOT_TLS;
  return readExtensions(extensions.value);
}

function readExtensions(bytes: Buffer): Peek {
  const seen = new Set<number>();
  let serverName: string | null = null;
  let alpn: readonly string[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return NOT_TLS;
    const type = bytes.readUInt16BE(at);
    const data = vector(bytes, at + 2, 2);
    // Two of a kind are forbidden, and are how one reader is made to see another name than the next.
    if (data === null || seen.has(type)) return NOT_TLS;
    seen.add(type);
    at = data.end;
    if (type === SERVER_NAME) {
      const name = readServerName(data.value);
      if (name === null) return NOT_TLS;
      serverName = hostName(name);
    } else if (type === ALPN) {
      const protocols = readProtocols(data.value);
      if (protocols === null) return NOT_TLS;
      alpn = protocols;
    }
  }
  return { kind: 'hello', serverName, alpn };
}

/** The one entry of type host_name, empty when only other types are there; null when the list is malformed. */
function readServerName(data: Buffer): Buffer | null {
  const list = vector(data, 0, 2);
  if (list === null || list.end !== data.length || list.value.length === 0) return null;
  let found: Buffer | null = null;
  for (let at = 0; at < list.value.length; ) {
    const type = list.value[at];
    const name = vector(list.value, at + 1, 2);
    if (name === null || name.value.length === 0) return null;
    at = name.end;
    if (type !== 0) continue;
    if (found !== null) return null;
    found = name.value;
  }
  return found ?? Buffer.alloc(0);
}

function readProtocols(data: Buffer): readonly string[] | null {
  const list = vector(data, 0, 2);
  if (list === null || list.end !== data.length || list.value.length === 0) return null;
  const protocols: string[] = [];
  for (let at = 0; at < list.value.length; ) {
    const name = vector(list.value, at, 1);
    if (name === null || name.value.length === 0) return null;
    protocols.push(name.value.toString('latin1'));
    at = name.end;
  }
  return protocols;
}

/** Lower case, no trailing dot; null for what is not a DNS name. Underscores occur in real names and are let be. */
function hostName(bytes: Buffer): string | null {
  const name = bytes.toString('latin1').toLowerCase().replace(/\.$/, '');
  if (name.length > 253 || !/^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/.test(name)) return null;
  // RFC 6066 forbids addresses here; a name that ends in a number is read as an address by URL parsers.
  return isIP(name) !== 0 || /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(name) ? null : name;
}

/** A vector of RFC 8446 §3.4 with a length of `width` octets; null when it reaches past the end. */
function vector(bytes: Buffer, at: number, width: 1 | 2): { readonly value: Buffer; readonly end: number } | null {
  const start = at + width;
  if (start > bytes.length) return null;
  const end = start + bytes.readUIntBE(at, width);
  return end > bytes.length ? null : { value: bytes.subarray(start, end), end };
}
