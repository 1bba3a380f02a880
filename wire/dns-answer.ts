/**
 * Reads a DNS answer (RFC 1035, RFC 3596) just far enough to know which name was asked for and at which addresses it is,
 * over UDP or TCP. It asks nobody, keeps nothing, and refuses what is not plainly an answer; it never throws.
 */

/** `name` is lower case, without a trailing dot: what was asked for, whatever aliases led from there to the addresses. */
export interface DnsAnswer {
  readonly name: string;
  readonly addresses: readonly DnsAddress[];
}

/** IPv4 as four decimal numbers, IPv6 as in RFC 5952. `ttl` in seconds: the least of the address and of the aliases before it. */
export interface DnsAddress {
  readonly address: string;
  readonly ttl: number;
}

const HEADER_BYTES = 12;
const A = 1;
const CNAME = 5;
const AAAA = 28;
const INTERNET = 1;
/** RFC 2181 §8: a TTL with its top bit set is none. */
const MAX_TTL = 2 ** 31 - 1;
/** Resolvers follow fewer. */
const MAX_ALIASES = 16;
/** Far more than an answer over TCP (65,535 bytes) has of any use. */
const MAX_RECORDS = 512;
const MAX_NAME_CHARS = 253;

interface Name {
  /** Null where it is no host name; reading goes on behind it all the same. */
  readonly text: string | null;
  readonly end: number;
}

interface Alias {
  readonly to: string;
  readonly ttl: number;
}

interface Found extends DnsAddress {
  readonly name: string;
}

/**
 * One message, without the length that stands before it over TCP. Null for a query, an error, an answer without an address,
 * and for what is no DNS. Of an answer that was cut off (TC) the records that are whole count.
 */
export function readDnsAnswer(bytes: Buffer): DnsAnswer | null {
  if (bytes.length < HEADER_BYTES) return null;
  const flags = bytes.readUInt16BE(2);
  const isAnswer = (flags & 0x8000) !== 0 && (flags & 0x7800) === 0 && (flags & 0x000f) === 0;
  if (!isAnswer || bytes.readUInt16BE(4) !== 1) return null;
  const question = readName(bytes, HEADER_BYTES);
  if (question?.text == null || question.end + 4 > bytes.length) return null;
  const records = readRecords(bytes, question.end + 4, Math.min(bytes.readUInt16BE(6), MAX_RECORDS));
  return records === null ? null : followed(question.text, records.aliases, records.found);
}

function readRecords(
  bytes: Buffer,
  from: number,
  count: number,
): { readonly aliases: ReadonlyMap<string, Alias>; readonly found: readonly Found[] } | null {
  const aliases = new Map<string, Alias>();
  const found: Found[] = [];
  for (let index = 0, at = from; index < count; index++) {
    const owner = readName(bytes, at);
    if (owner === null || owner.end + 10 > bytes.length) break;
    const type = bytes.readUInt16BE(owner.end);
    const isInternet = bytes.readUInt16BE(owner.end + 2) === INTERNET;
    const seconds = bytes.readUInt32BE(owner.end + 4);
    const start = owner.end + 10;
    const end = start + bytes.readUInt16BE(owner.end + 8);
    if (end > bytes.length) break;
    at = end;
    if (owner.text === null || !isInternet) continue;
    const ttl = seconds > MAX_TTL ? 0 : seconds;
    if (type === CNAME) {
      const to = readName(bytes, start);
      // A name that ends beyond its record was never written by a server.
      if (to === null || to.end !== end) return null;
      if (to.text !== null && !aliases.has(owner.text)) aliases.set(owner.text, { to: to.text, ttl });
    } else if (type === A || type === AAAA) {
      const address = addressText(bytes.subarray(start, end), type);
      if (address === null) return null;
      found.push({ name: owner.text, address, ttl });
    }
  }
  return { aliases, found };
}

/** From the name that was asked for, along its aliases, to the addresses; null where there is none or the aliases go in a circle. */
function followed(name: string, aliases: ReadonlyMap<string, Alias>, found: readonly Found[]): DnsAnswer | null {
  let at = name;
  let least = MAX_TTL;
  for (let steps = 0; ; steps++) {
    const alias = aliases.get(at);
    if (alias === undefined) break;
    if (steps === MAX_ALIASES) return null;
    least = Math.min(least, alias.ttl);
    at = alias.to;
  }
  const addresses = found
    .filter((one) => one.name === at)
    .map(({ address, ttl }) => ({ address, ttl: Math.min(ttl, least) }));
  return addresses.length === 0 ? null : { name, addresses };
}

/** A pointer has to point further back than the one before it, so that no name is a loop (RFC 1035 §4.1.4). */
function readName(bytes: Buffer, from: number): Name | null {
  const labels: string[] = [];
  let chars = 0;
  let end: number | null = null;
  let least = from;
  let isHostName = true;
  for (let at = from; ; ) {
    const length = bytes[at];
    if (length === undefined) return null;
    if (length === 0) {
      const text = labels.join('.').toLowerCase();
      return { text: isHostName && text !== '' ? text : null, end: end ?? at + 1 };
    }
    if (length >= 0xc0) {
      if (at + 2 > bytes.length) return null;
      const to = bytes.readUInt16BE(at) & 0x3fff;
      end ??= at + 2;
      if (to >= least || to < HEADER_BYTES) return null;
      least = to;
      at = to;
      continue;
    }
    // 0x40 and 0x80 were tried once and given up (RFC 6891 §5).
    if (length > 63 || at + 1 + length > bytes.length) return null;
    chars += length + 1;
    if (chars - 1 > MAX_NAME_CHARS) return null;
    const label = bytes.toString('latin1', at + 1, at + 1 + length);
    if (!/^[A-Za-z0-9_-]+$/.test(label)) isHostName = false;
    labels.push(label);
    at += 1 + length;
  }
}

function addressText(bytes: Buffer, type: number): string | null {
  if (type === A) return bytes.length === 4 ? bytes.join('.') : null;
  return bytes.length === 16 ? ipv6Text(bytes) : null;
}

/** Sixteen bytes as RFC 5952 writes them; an IPv4-mapped address as IPv4, which is what the socket speaks to. */
export function ipv6Text(bytes: Buffer): string {
  if (bytes.readUInt32BE(0) === 0 && bytes.readUInt32BE(4) === 0 && bytes.readUInt32BE(8) === 0xffff) {
    return bytes.subarray(12, 16).join('.');
  }
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(bytes.readUInt16BE(at).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/** Messages over TCP stand behind their length. Holds at most one message; what is no DNS ends it for good. */
export class DnsOverTcp {
  #held: Buffer = Buffer.alloc(0);
  #isLost = false;

  /** The answers that are whole with these bytes, which follow all that came before. */
  push(bytes: Buffer): readonly DnsAnswer[] {
    if (this.#isLost) return [];
    const answers: DnsAnswer[] = [];
    let held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    while (held.length >= 2) {
      const end = 2 + held.readUInt16BE(0);
      if (end < 2 + HEADER_BYTES) this.lose();
      if (this.#isLost || held.length < end) break;
      const answer = readDnsAnswer(held.subarray(2, end));
      if (answer !== null) answers.push(answer);
      held = held.subarray(end);
    }
    this.#held = this.#isLost ? Buffer.alloc(0) : Buffer.from(held);
    return answers;
  }

  /** Bytes are missing: where the next message begins cannot be known. */
  lose(): void {
    this.#isLost = true;
    this.#held = Buffer.alloc(0);
  }
}
