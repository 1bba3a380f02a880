/**
 * The PROXY protocol, versions 1 and 2: what a load balancer puts before a connection to say whose it is. Reads the
 * header alone, and only what there is of it so far. Pure; who may send one is for the caller to know.
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 */
import { isIPv4, isIPv6 } from 'node:net';

/** What stands in a header: the client's address, and the port that it connected to. */
export interface ProxiedConnection {
  readonly peer: string;
  readonly port: number;
}

/**
 * `header`: `length` bytes of it; `connection` is null where the sender speaks for itself (`LOCAL`, as its health
 * checks do) or does not know (`UNKNOWN`, a Unix socket). `none`: these bytes are not a header.
 */
export type ProxyHeader =
  | { readonly kind: 'header'; readonly length: number; readonly connection: ProxiedConnection | null }
  | { readonly kind: 'need-more' }
  | { readonly kind: 'none' };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED_BYTES = 16;
/** With its line end. */
const MAX_LINE = 107;
const VERSION_2 = 2;
const [LOCAL, PROXY] = [0, 1];
const CRC32C = 3;
/** Family in the high half, protocol in the low one: TCP over IPv4, TCP over IPv6. */
const [TCP4, TCP6] = [0x11, 0x21];

const NEED_MORE: ProxyHeader = { kind: 'need-more' };
const NONE: ProxyHeader = { kind: 'none' };

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (bytes.length === 0) return NEED_MORE;
  return bytes[0] === SIGNATURE[0] ? readBinary(bytes) : readLine(bytes);
}

function readBinary(bytes: Buffer): ProxyHeader {
  const there = Math.min(bytes.length, SIGNATURE.length);
  if (!bytes.subarray(0, there).equals(SIGNATURE.subarray(0, there))) return NONE;
  if (bytes.length < FIXED_BYTES) return NEED_MORE;
  const version = (bytes[12] ?? 0) >> 4;
  const command = (bytes[12] ?? 0) & 15;
  if (version !== VERSION_2 || (command !== LOCAL && command !== PROXY)) return NONE;
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (bytes.length < length) return NEED_MORE;
  const family = bytes[13];
  const header = bytes.subarray(0, length);
  const isOfTcp = family === TCP4 || family === TCP6;
  const width = family === TCP4 ? 4 : 16;
  const ports = FIXED_BYTES + 2 * width;
  if (isOfTcp && command === PROXY && length < ports + 4) return NONE;
  if (isOfTcp && length >= ports + 4 && !isWhole(header, ports + 4)) return NONE;
  if (command === LOCAL || !isOfTcp) return { kind: 'header', length, connection: null };
  const address = bytes.subarray(FIXED_BYTES, FIXED_BYTES + width);
  const peer = family === TCP4 ? address.join('.') : groupsOf(address);
  return { kind: 'header', length, connection: { peer, port: bytes.readUInt16BE(ports + 2) } };
}

/**
 * Whether the fields behind the addresses (TLVs, §2.2) are, and a checksum among them (PP2_TYPE_CRC32C, §2.2.3) fits: a
 * receiver that knows it has to end a connection whose header it does not fit.
 */
function isWhole(header: Buffer, from: number): boolean {
  for (let at = from; at < header.length; ) {
    if (at + 3 > header.length) return false;
    const length = header.readUInt16BE(at + 1);
    const value = at + 3;
    if (value + length > header.length) return false;
    if (header[at] === CRC32C) {
      if (length !== 4) return false;
      const blank = Buffer.from(header);
      blank.fill(0, value, value + 4);
      if (crc32c(blank) !== header.readUInt32BE(value)) return false;
    }
    at = value + length;
  }
  return true;
}

/** CRC-32C (RFC 9260 appendix A), its polynomial reflected. A header is short, and few have one. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function groupsOf(address: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, group) => address.readUInt16BE(2 * group).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function readLine(bytes: Buffer): ProxyHeader {
  const text = bytes.toString('latin1', 0, MAX_LINE);
  if (!text.startsWith('PROXY '.slice(0, text.length))) return NONE;
  const end = text.indexOf('\r\n');
  if (end === -1) return text.length < MAX_LINE ? NEED_MORE : NONE;
  const length = end + 2;
  const [, family, peer = '', to = '', fromPort = '', port = '', ...rest] = text.slice(0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'header', length, connection: null };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false;
  const areAddresses = isAddress(peer) && isAddress(to) && !peer.includes('%') && !to.includes('%');
  if (rest.length > 0 || !areAddresses || !isPort(fromPort) || !isPort(port)) return NONE;
  return { kind: 'header', length, connection: { peer, port: Number(port) } };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}
