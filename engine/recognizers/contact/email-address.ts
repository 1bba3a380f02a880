/**
 * E-mail addresses (RFC 5321 dot-strings, with letters beyond ASCII as RFC 6531 allows): a host whose last label is a
 * top-level domain. `pkg@1.2.3`, `logo@2x.png` and the user part of a URL are none.
 */
import { byteAt, byteSet, isAlnum, isDigit, isIn, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { isTopLevelDomain } from './top-level-domains.ts';

const MAX_LOCAL = 64;
const MAX_HOST = 253;
const AT = 0x40;

const LOCAL = withLatin(byteSet("a-zA-Z0-9._%+'&-"));
const HOST = withLatin(byteSet('a-zA-Z0-9.-'));

/** Bytes of two-byte characters are let in: `jürgen@müller.de`. */
function withLatin(ascii: Uint8Array): Uint8Array {
  const set = ascii.slice();
  for (let b = 0x80; b <= 0xbf; b++) set[b] = 1;
  for (let b = 0xc3; b <= 0xca; b++) set[b] = 1;
  return set;
}

/** A local part begins with a letter, digit, underscore or a letter beyond ASCII. */
function isStart(byte: number): boolean {
  return isAlnum(byte) || byte === 0x5f || byte >= 0xc3;
}

/** `scheme://user:password@host`: what stands before the @ is no mailbox. */
function isUserPart(text: Buffer, start: number): boolean {
  const before = byteAt(text, start - 1);
  if (before === 0x2f) return byteAt(text, start - 2) === 0x2f;
  if (before !== 0x3a) return false;
  const from = Math.max(0, start - 80);
  for (let i = start - 2; i > from; i--) {
    const byte = byteAt(text, i);
    if (byte === 0x2f) return byteAt(text, i - 1) === 0x2f && byteAt(text, i - 2) === 0x3a;
    if (byte <= 0x20 || byte === 0x22) return false;
  }
  return false;
}

function endsInNumber(text: Buffer, from: number, end: number): boolean {
  let start = end;
  while (start > from && isDigit(byteAt(text, start - 1))) start--;
  return byteAt(text, start - 1) === 0x2e;
}

/** End of a host with a top-level domain that begins at `from`; -1 where there is none. */
export function hostEnd(text: Buffer, from: number): number {
  let end = runEnd(text, from, HOST, MAX_HOST);
  if (end === from + MAX_HOST || end - from < 4) return -1;
  while (end > from && !isAlnum(byteAt(text, end - 1)) && byteAt(text, end - 1) < 0x80) end--;
  // `lodash@4.17.21`: no domain is digits alone, and versions are what mostly stands behind an @.
  if (isDigit(byteAt(text, end - 1)) && endsInNumber(text, from, end)) return -1;
  const host = text.toString('utf8', from, end);
  if (!/^[\p{L}\p{N}](?:[\p{L}\p{N}-]*\.)+[\p{L}\p{N}-]+$/u.test(host) || /\.[.-]|-\./.test(host)) return -1;
  return isTopLevelDomain(host.slice(host.lastIndexOf('.') + 1)) ? end : -1;
}

/**
 * Names of algorithms, which SSH writes with the domain of whoever made them (RFC 4251 §6), and Mozilla's ids of messages.
 */
const NO_MAILBOX =
  /^[a-z0-9-]*(?:cbc|ctr|gcm|mac|sha|ripemd|chacha|curve|ssh|ecdsa|ed25519|rsa|kex|zlib|cert|auth|sntrup|strict|hostkeys)[a-z0-9-]*@(?:openssh\.com|lysator\.liu\.se|libssh\.org|ssh\.com|tinyssh\.org)$|^[0-9A-F]{8}\.\d{7}@/;

/** Longest word and number in the local part of a plain address; longer ones may be a key or an id of a message. */
const PLAIN_WORD = 16;
const PLAIN_NUMBER = 5;
const PLAIN_LOCAL = 40;

/**
 * Where the @ stands in `start`..`end`, if that is an address of plain words and numbers, of which the host alone decides
 * whether it is one; -1 otherwise.
 */
export function plainMailbox(text: Uint8Array, start: number, end: number): number {
  if (start >= end || !isAlnum(text[start] as number)) return -1;
  const last = Math.min(end, start + PLAIN_LOCAL + 1);
  let word = 0;
  let number = 0;
  let i = start;
  for (; i < last; i++) {
    const byte = text[i] as number;
    if (isAlnum(byte)) {
      word++;
      number = byte <= 0x39 ? number + 1 : 0;
      if (word > PLAIN_WORD || number > PLAIN_NUMBER) return -1;
      continue;
    }
    // One sign between two words, and none before the host.
    if (word === 0) return -1;
    if (byte === AT) break;
    if (byte !== 0x2e && byte !== 0x5f && byte !== 0x2d) return -1;
    word = 0;
    number = 0;
  }
  if (i >= last) return -1;
  const at = i;
  for (i++; i < end; i++) {
    const byte = text[i] as number;
    if (!isAlnum(byte) && byte !== 0x2e && byte !== 0x2d) return -1;
  }
  return end - at > 3 ? at : -1;
}

/** Of an address with this host no name before the @ makes anything else. */
export function isPlainHost(text: Buffer, start: number, end: number): boolean {
  return !/ssh|lysator/i.test(text.toString('latin1', start, end));
}

export const emailAddress: Recognizer = {
  name: 'email-address',
  entity: 'EMAIL_ADDRESS',
  category: 'personal',
  countries: [],
  reach: { maxLength: MAX_LOCAL + MAX_HOST + 1 },
  cues: [{ literal: '@' }],
  findAtCue(passage: Passage, at: number): void {
    const text = passage.text;
    if (!isIn(LOCAL, byteAt(text, at - 1)) || !isIn(HOST, byteAt(text, at + 1))) return;
    let start = runStart(text, at, LOCAL, MAX_LOCAL + 1);
    if (at - start > MAX_LOCAL) return;
    while (start < at && !isStart(byteAt(text, start))) start++;
    if (start === at || byteAt(text, at - 1) === 0x2e || passage.ascii(start, at).includes('..')) return;
    const end = hostEnd(text, at + 1);
    if (end === -1 || byteAt(text, end) === AT || byteAt(text, start - 1) === AT) return;
    if (isUserPart(text, start)) return;
    // `git@github.com:owner/name` names a repository.
    const isRemote = byteAt(text, end) === 0x3a && at - start === 3 && passage.ascii(start, at) === 'git';
    const isName = NO_MAILBOX.test(passage.ascii(start, end));
    passage.report(emailAddress, start, end, isRemote || isName ? 0.2 : 0.9);
  },
  hits: [
    { text: 'mail jane.doe@example.com today', value: 'jane.doe@example.com', atLeast: 0.8 },
    { text: 'a@b.co', value: 'a@b.co' },
    { text: '<first+tag@sub.domain.co.uk>', value: 'first+tag@sub.domain.co.uk' },
    { text: 'ssh 2 of rsa@openssh.example', value: 'rsa@openssh.example' },
    { text: 'Schreib an jürgen@müller.de.', value: 'jürgen@müller.de' },
    { text: '联系 wang@example.cn。', value: 'wang@example.cn' },
    { text: 'mailto:x_y@example.org?subject=a', value: 'x_y@example.org' },
    { text: "o'brien@example.ie", value: "o'brien@example.ie" },
    { text: 'to=ops-team@corp.example.io\r\n', value: 'ops-team@corp.example.io' },
    { text: 'a@example.com,b@example.com', value: 'b@example.com' },
  ],
  misses: [
    { text: 'aes128-ctr,rijndael-cbc@lysator.liu.se,hmac-sha2-256-etm@openssh.com' },
    { text: 'npm i lodash@4.17.21' },
    { text: 'logo@2x.png' },
    { text: '@decorator.name' },
    { text: 'user@localhost' },
    { text: 'git@github.com:owner/name.git' },
    { text: 'https://me:pw@example.com/' },
    { text: 'a@@b.com' },
    { text: 'a@b..com' },
    { text: 'ssh://deploy@example.com/x' },
    { text: 'import x from "@scope/pkg@next.js"' },
  ],
};
