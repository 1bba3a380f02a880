/**
 * IP addresses, version 4 and 6 (RFC 4291 §2.2 text forms). Addresses that name no host (loopback, unspecified, masks)
 * and four numbers that read as a version stay low.
 */

import { byteAt, isAlnum, isDigit, isHex, isWord, numberIn, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords, hasContextWord, wordsOf } from '../../scan/context.ts';
import { DOT, type NumberChain } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const CONTEXT =
  contextWords(`ip, ips, ipv4, ipv6, address, host, hostname, server, client, remote, peer, gateway, subnet, dns,
ping, ssh, listen, addr, network, router, firewall, source, destination, src, dst, from, login,
adresse`);
const VERSION_WORDS =
  contextWords(`version, versions, ver, v, release, releases, section, sections, chapter, clause, rev, build,
changelog, updated, upgrade, upgraded, bump, package, kernel, firmware, assembly, rfc, annex, update,
v8, deps, openssl, npm, oid, objectidentifier, figure, table, structure, since, format`);

export const ipAddress: Recognizer = {
  name: 'ip-address',
  entity: 'IP_ADDRESS',
  category: 'network',
  countries: [],
  numbers: { minDigits: 4, maxDigits: 12, minGroups: 4, maxGroups: 4, separators: DOT },
  cues: [{ literal: '::' }, { literal: ':', inHex: true }],
  context: CONTEXT,
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    const text = passage.text;
    const octets: number[] = [];
    for (let group = first; group <= last; group++) {
      const digits = chain.digits(group);
      if (digits > 3 || (digits > 1 && byteAt(text, chain.start(group)) === 0x30)) return;
      octets.push(numberIn(text, chain.start(group), chain.end(group)));
    }
    if (octets.some((octet) => octet > 255)) return;
    const start = chain.start(first);
    const end = chain.end(last);
    // `v1.2.3.4`, `1.2.3.4-beta`, `-1.2.3.4.tgz`, `1.2.3.4.5`
    const before = byteAt(text, start - 1);
    const after = byteAt(text, end);
    if (isWord(before) || (before === 0x2e && isDigit(byteAt(text, start - 2)))) return;
    if (isWord(after) || (after === 0x2e && isAlnum(byteAt(text, end + 1)))) return;
    if ((after === 0x2d || after === 0x2b || after === 0x7e) && isAlnum(byteAt(text, end + 1))) return;
    passage.report(ipAddress, start, end, ...scoresOf(passage, octets, start, end));
  },
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const isDouble = end - start === 2;
    // Only the first colon of an address is looked at: what stands before it holds none.
    let from = start;
    while (from > 0 && start - from <= 4 && isHex(text[from - 1] ?? 0)) from--;
    const groupBefore = start - from;
    if (groupBefore > 4 || (groupBefore === 0) !== (isDouble && groupBefore === 0)) return;
    if (touchesWordBefore(text, from) || byteAt(text, from - 1) === 0x3a) return;
    if (!isDouble && !isHex(byteAt(text, end))) return;
    const to = readV6(text, from);
    if (to === -1) return;
    const address = passage.ascii(from, to);
    const groups = address.split(':').filter((group) => group !== '');
    const hasShort = address.includes('::');
    // `::1`, `a::b`: C++ scopes and slices look the same.
    if (hasShort && groups.length < 3) {
      if (groups.length === 2 && groups.every((group) => /\d/.test(group)) && groups.join('').length >= 5)
        passage.report(ipAddress, from, to, 0.4, 0.6);
      return;
    }
    const isNamed = groups.some((group) => /[a-f]/i.test(group)) || groups.length === 8;
    passage.report(ipAddress, from, to, isNamed && address.length >= 8 ? 0.7 : 0.3, 0.85);
  },
  hits: [
    { text: 'from 203.0.113.7 port 22', value: '203.0.113.7' },
    { text: 'host=10.20.30.40', value: '10.20.30.40' },
    { text: '192.168.1.10:8080', value: '192.168.1.10' },
    { text: '2001:db8:85a3:0:0:8a2e:370:7334', value: '2001:db8:85a3:0:0:8a2e:370:7334' },
    { text: 'fe80::1ff:fe23:4567:890a%eth0', value: 'fe80::1ff:fe23:4567:890a' },
    { text: 'from 8.8.8.8.', value: '8.8.8.8' },
    { text: '[2001:db8::ff00:42:8329]:443', value: '2001:db8::ff00:42:8329' },
    { text: "UPDATE orders SET client_ip = '114.16.73.9'", value: '114.16.73.9' },
  ],
  misses: [
    { text: 'version 10.2.33.4' },
    { text: 'v1.2.3.4' },
    { text: '1.2.3.4.5' },
    { text: '256.1.1.1' },
    { text: 'at 12:34:56' },
    { text: 'std::vector' },
    { text: 'section 1.2.3.4' },
    { text: '127.0.0.1' },
    { text: 'lib-1.2.3.4.tar.gz' },
    { text: 'a::b' },
    { text: 'ratio 1:2:3:4' },
    { text: '2024-05-06T12:34:56' },
    { text: 'mask 255.255.255.0' },
    { text: 'add:face:dead' },
  ],
};

const NAMES = contextWords(
  'ip, ips, ipv4, ipaddr, host, hosts, addr, address, adresse, client, subnet, gateway, peer, remote',
);
/** How far before the number a word speaks of it and not of something else, bytes. */
const CLOSE = 28;

/** A word for addresses stands close before it, or no release has such large numbers and no word for one is as close. */
function saysAddress(passage: Passage, octets: readonly number[], start: number, end: number): boolean {
  const isNamed = passage.hasContext(start, end, NAMES);
  const areLarge = octets.filter((octet) => octet >= 32).length >= 3;
  if (!isNamed && !areLarge) return false;
  const before = wordsOf(passage.slice(Math.max(0, start - CLOSE), start));
  return (isNamed && hasContextWord(before, NAMES)) || (areLarge && !hasContextWord(before, VERSION_WORDS));
}

/** Alone, and in context. */
function scoresOf(passage: Passage, octets: readonly number[], start: number, end: number): [number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  if (a === 127 || a === 0 || a >= 224 || (a === 255 && b === 255)) return [0.2, 0.3];
  const isSmall = a < 30 && b < 30 && c < 30 && d < 30 && a !== 10;
  const isPrivate = a === 10 || (a === 192 && b === 168) || (a === 172 && b >= 16 && b < 32);
  // A published resolver's address is made of small numbers as well.
  const isKnown = (a === b && b === c && c === d) || (a === 8 && b === 8) || (a === 1 && b === 1);
  const readsAsVersion = passage.hasContext(start, end, VERSION_WORDS) && !saysAddress(passage, octets, start, end);
  if (readsAsVersion) return isPrivate && a !== 10 ? [0.5, 0.6] : [0.3, 0.3];
  if (isSmall) return [0.3, isKnown ? 0.6 : 0.4];
  // One large number at least: `7.1.4.34` is as often a release.
  if (!isPrivate && octets.filter((octet) => octet >= 60).length < 1) return [0.4, 0.7];
  return isPrivate ? [0.55, 0.7] : [0.6, 0.85];
}

/** End of an IPv6 address that begins at `from`; -1 where none does. */
function readV6(text: Uint8Array, from: number): number {
  let i = from;
  let groups = 0;
  let hasShort = false;
  for (;;) {
    let end = i;
    while (end - i < 5 && isHex(byteAt(text, end))) end++;
    if (end - i > 4) return -1;
    if (end > i) groups++;
    i = end;
    if (groups === 8) break;
    if (byteAt(text, i) !== 0x3a) break;
    if (byteAt(text, i + 1) === 0x3a) {
      if (hasShort) return -1;
      hasShort = true;
      i += 2;
      if (!isHex(byteAt(text, i))) break;
    } else {
      if (!isHex(byteAt(text, i + 1))) break;
      i++;
    }
  }
  if (isWord(byteAt(text, i)) || (byteAt(text, i) === 0x3a && isHex(byteAt(text, i + 1)))) return -1;
  return groups === 8 || (hasShort && groups >= 1 && groups < 8) ? i : -1;
}
