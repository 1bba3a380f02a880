/**
 * Host names in the one spelling that look-ups, policies and records use, so that no other spelling of a name slips
 * past a rule. Refuses what is not a host; resolves nothing.
 */
import { isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

const PLAIN = /^(?:[a-z0-9_-]{1,63}\.)*[a-z](?:[a-z0-9_-]{0,62})$/;
const LABELS = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;
/** What a URL parser would drop, decode or end the host at: a host with one of these is not what it seems. */
const FORBIDDEN = /[\u0000-\u0020\u007f%/\\?#@<>^|*:[\]]/;

/**
 * Lower case, no trailing dot, punycode (UTS 46); every numeric spelling of IPv4 (`0x7f.1`, `2130706433`) as four
 * decimal numbers; IPv6 in RFC 5952 form, with or without brackets in, without brackets out. Null when not a host: the
 * host parser of the WHATWG URL standard decides, and no port, zone id, percent sign or empty label is taken.
 */
export function canonicalHost(host: string): string | null {
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  if (isBracketed || host.includes(':')) return canonicalIPv6(isBracketed ? host.slice(1, -1) : host);
  const lower = host.toLowerCase();
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  if (name.length > 253) return null;
  if (PLAIN.test(name) && !name.includes('xn--')) return name;
  if (name === '' || FORBIDDEN.test(name)) return null;
  const ascii = domainToASCII(name);
  return ascii.length <= 253 && LABELS.test(ascii) ? ascii : null;
}

function canonicalIPv6(address: string): string | null {
  if (!isIPv6(address) || address.includes('%')) return null;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

/** A host and a port. `host` is canonical. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with an IPv6 address in brackets; null when it is not that. Ports 0 to 65535. */
export function parseHostPort(text: string): HostPort | null {
  const [, name, digits] = /^(\[[^\]]*\]|[^:[\]]*):([0-9]{1,5})$/.exec(text) ?? [];
  const host = name === undefined ? null : canonicalHost(name);
  const port = Number(digits);
  return host === null || port > 65_535 ? null : { host, port };
}

/** The reverse: `127.0.0.1:80`, `[::1]:80`. */
export function hostPortText(place: HostPort): string {
  return place.host.includes(':') ? `[${place.host}]:${place.port}` : `${place.host}:${place.port}`;
}

/** A host glob taken apart: `*` is any run of characters, none and dots included; nothing else is special. */
export interface HostGlob {
  /** Canonical but for its stars. */
  readonly glob: string;
  /** Null where the glob holds for every port. */
  readonly port: number | null;
}

/** `*.corp.example`, `db1:5432`, `[::1]:8080`, `::1`; null when it is no host glob. Upper case and non-ASCII are folded. */
export function parseHostGlob(text: string): HostGlob | null {
  const isAddress = text.split(':').length > 2 && !text.startsWith('[');
  const [, name, digits] = isAddress ? [null, text] : (/^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]{1,5}))?$/.exec(text) ?? []);
  const port = digits === undefined ? null : Number(digits);
  if (name === undefined || (port !== null && (port < 1 || port > 65_535))) return null;
  const glob = canonicalGlob(name);
  return glob === null ? null : { glob, port };
}

function canonicalGlob(name: string): string | null {
  if (!name.includes('*')) return canonicalHost(name);
  // A star may stand for part of a label, which punycode cannot be made of: such a label must be ASCII as it is.
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  const canonical = labels.map((label) =>
    label.includes('*') || /^[0-9]+$/.test(label) ? label : canonicalHost(label),
  );
  const glob = canonical.join('.');
  const isHostLike = canonical.every((label) => label !== null && /^[a-z0-9_*-]{1,63}$/.test(label));
  return isHostLike && glob.length <= 253 ? glob : null;
}

/** A test of canonical hosts against one glob; linear in the host. */
export function globMatcher(glob: string): (host: string) => boolean {
  const parts = glob.split('*');
  const [head = ''] = parts;
  if (parts.length === 1) return (host) => host === glob;
  const tail = parts.at(-1) ?? '';
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (host) => {
    if (host.length < head.length + tail.length || !host.startsWith(head) || !host.endsWith(tail)) return false;
    const end = host.length - tail.length;
    let at = head.length;
    for (const part of middle) {
      const found = host.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
