/**
 * Which addresses the proxy refuses to reach. A client that may use the proxy must not gain what only the proxy's
 * host can reach: its loopback, its link, its cloud's metadata service, and, when the listener is open to others,
 * its private networks. Pure: it looks at addresses and resolves nothing.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

const ALWAYS = new BlockList();
const PRIVATE = new BlockList();

/** IANA special-purpose registries (RFC 6890): never a public upstream. */
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  ALWAYS.addSubnet(net, prefix, 'ipv4');
}
/** Alibaba's, Oracle's and Azure's services for their machines lie outside link-local. */
ALWAYS.addAddress('100.100.100.200', 'ipv4');
ALWAYS.addAddress('192.0.0.192', 'ipv4');
ALWAYS.addAddress('168.63.129.16', 'ipv4');
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['100::', 64],
  // Translation of a network's own choice: who knows where in it the IPv4 address lies (RFC 8215).
  ['64:ff9b:1::', 48],
  // Teredo, benchmarking, ORCHID and whatever else protocols were given.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  // AWS and Google.
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
] as const) {
  ALWAYS.addSubnet(net, prefix, 'ipv6');
}
/** RFC 1918, RFC 6598 (carrier NAT), RFC 4193. */
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(net, prefix, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

export type AddressVerdict = 'allowed' | 'forbidden';

/**
 * Judges one IP address. `isListenerLocal`: the proxy listens on loopback only, so that its clients are on this
 * host and reach private networks without it anyway.
 */
export function judgeAddress(address: string, isListenerLocal: boolean): AddressVerdict {
  const bare = address.replace(/%.*$/, '');
  const embedded = unmapped(bare);
  const isForbidden = (one: string): boolean => {
    if (isIP(one) === 0) return true;
    const family = isIPv6(one) ? 'ipv6' : 'ipv4';
    return ALWAYS.check(one, family) || (!isListenerLocal && PRIVATE.check(one, family));
  };
  return isForbidden(bare) || (embedded !== bare && isForbidden(embedded)) ? 'forbidden' : 'allowed';
}

/** True for `localhost` and all below it (RFC 6761 §6.3), which whoever resolves it takes for itself. */
export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** True for 127.0.0.0/8 and ::1, in any spelling that `isIP` takes. */
export function isLoopback(address: string): boolean {
  const plain = unmapped(address.replace(/%.*$/, ''));
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/**
 * The IPv4 address inside an IPv6 one that stands for it (mapped ::ffff:a.b.c.d, translated ::ffff:0:a.b.c.d and
 * 64:ff9b::/96, 6to4 2002::/16, ISATAP, compatible ::a.b.c.d), since connecting to it reaches that address; else the
 * address itself. Without a zone id.
 */
function unmapped(bare: string): string {
  if (!isIPv6(bare)) return bare;
  const groups = expand(bare);
  if (groups === null) return bare;
  const dotted = (high: number, low: number): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const zeros = a === 0 && b === 0 && c === 0 && d === 0 && e === 0;
  if (zeros && f === 0xffff) return dotted(g, h);
  if (zeros && f === 0 && (g !== 0 || h > 1)) return dotted(g, h);
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0xffff && f === 0) return dotted(g, h);
  if (a === 0x64 && b === 0xff9b) return dotted(g, h);
  if ((e & 0xfdff) === 0 && f === 0x5efe) return dotted(g, h);
  if (a === 0x2002) return dotted(b, c);
  return bare;
}

function expand(address: string): number[] | null {
  let text = address.toLowerCase();
  const v4 = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (v4 !== null) {
    const [, before = '', p = '0', q = '0', r = '0', s = '0'] = v4;
    text = `${before}${((Number(p) << 8) | Number(q)).toString(16)}:${((Number(r) << 8) | Number(s)).toString(16)}`;
  }
  const [left = '', right] = text.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const head = parse(left);
  if (right === undefined) return head.length === 8 ? head : null;
  const rest = parse(right);
  const gap = 8 - head.length - rest.length;
  return gap < 0 ? null : [...head, ...new Array<number>(gap).fill(0), ...rest];
}
