/**
 * Private keys in PEM (RFC 7468 and its elders), OpenSSH, PGP and PuTTY form: the whole block, also with its line ends
 * written as `\n`. A block that is cut off counts as far as it goes.
 */
import { byteAt, byteSet, isSpace, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

/** Longest block, bytes: an RSA key of 16384 bits has 13,000. */
const MAX_BLOCK = 32_768;
const HEADER = byteSet('A-Z0-9 ');
/** What stands in a block cut off or quoted in source: base64, headers, line ends and their escapes, string quotes. */
const BODY = byteSet('A-Za-z0-9+/=\\ \n\r\t,:."\'-');
const BASE64 = byteSet('A-Za-z0-9+/=');
const LETTERS = byteSet('A-Za-z0-9+/');
const PADDING = byteSet('=');

/** A block that has begun and not ended, its opening line perhaps not whole; three words of a sentence in it make it none. */
const OPENS = new RegExp(
  [
    '---- [A-Z]{0,5}',
    '-----BEGIN [A-Z0-9 ]{0,40}-{0,4}',
    '-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----(?![\\s\\S]*-----END [A-Z0-9 ]{1,48}-----)(?![\\s\\S]*[a-z]{2,20} [a-z]{2,20} [a-z]{2,20} )[\\s\\S]*',
    'PuTTY-User-Key-File-[0-9](?![\\s\\S]*Private-MAC: ?[0-9a-f]{40})[\\s\\S]*',
    '---- BEGIN SSH2 (?![\\s\\S]*---- END SSH2 ENCRYPTED PRIVATE KEY ----)[\\s\\S]*',
  ]
    .map((one) => `(?:${one})$`)
    .join('|'),
);
const CLOSES = /-----END [A-Z0-9 ]{1,48}-----|---- END SSH2 ENCRYPTED PRIVATE KEY ----/;

const rsa = [
  assembled('-----BEGIN RSA ', 'PRIVATE KEY-----'),
  exampleBody(64),
  exampleBody(64, 3),
  '-----END RSA PRIVATE KEY-----',
];

const pgp = [
  assembled('-----BEGIN PGP ', 'PRIVATE KEY BLOCK-----'),
  '',
  exampleBody(64),
  '=aB3d',
  '-----END PGP PRIVATE KEY BLOCK-----',
].join('\n');
const putty = [
  assembled('PuTTY-User-', 'Key-File-3: ssh-ed25519'),
  'Encryption: none',
  'Comment: demo',
  'Public-Lines: 1',
  exampleBody(64),
  'Private-Lines: 1',
  exampleBody(44, 3),
  'Private-MAC: 9f01726eebe77df2c096a65e95acdd02107b2c1e',
].join('\n');
const ssh2 = [
  assembled('---- BEGIN SSH2 ', 'ENCRYPTED PRIVATE KEY ----'),
  'Comment: "demo"',
  exampleBody(70),
  '---- END SSH2 ENCRYPTED PRIVATE KEY ----',
].join('\n');
const encoded = Buffer.from(rsa.join('\n')).toString('base64');

export const privateKey: Recognizer = {
  name: 'private-key',
  entity: 'PRIVATE_KEY_PEM',
  category: 'credential',
  countries: [],
  reach: {
    maxLength: MAX_BLOCK,
    opens: OPENS,
    closes: CLOSES,
  },
  isWhole: true,
  cues: [
    { literal: '-----BEGIN ', exact: true },
    { literal: 'PuTTY-User-Key-File-', exact: true },
    { literal: '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY', exact: true },
    { literal: 'LS0tLS1CRUdJTi', exact: true },
  ],
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const first = byteAt(text, start);
    if (first === 0x50) findPutty(passage, start, end);
    else if (first === 0x4c) findEncoded(passage, start);
    else if (byteAt(text, start + 4) === 0x20) findSsh2(passage, start, end);
    if (byteAt(text, start + 4) !== 0x2d) return;
    const nameEnd = runEnd(text, end, HEADER, 40);
    if (passage.ascii(nameEnd, nameEnd + 5) !== '-----') return;
    const name = passage.ascii(end, nameEnd);
    if (!name.includes('PRIVATE KEY')) return;
    const bodyStart = nameEnd + 5;
    // Searched for without the name: one literal, so that all openings of a text together read it once.
    const closingAt = passage.indexOf('-----END ', bodyStart);
    const closingEnd = closingAt + `-----END ${name}-----`.length;
    const isClosed =
      closingAt !== -1 &&
      closingAt - bodyStart <= MAX_BLOCK &&
      passage.ascii(closingAt + 9, closingEnd) === `${name}-----` &&
      !holdsOpening(passage, bodyStart, closingAt);
    if (isClosed) {
      if (holdsKey(text, bodyStart, closingAt, 24))
        passage.report(privateKey, start, closingEnd, isWellFormed(passage, bodyStart, closingAt) ? 1 : 0.95);
      return;
    }
    const dashes = passage.indexOf('-----', bodyStart);
    let bodyEnd = runEnd(text, bodyStart, BODY, dashes === -1 ? MAX_BLOCK : Math.min(MAX_BLOCK, dashes - bodyStart));
    while (bodyEnd > bodyStart && (isSpace(byteAt(text, bodyEnd - 1)) || byteAt(text, bodyEnd - 1) === 0x22)) bodyEnd--;
    if (holdsKey(text, bodyStart, bodyEnd, 40)) passage.report(privateKey, start, bodyEnd, 0.9);
  },
  hits: [
    { text: `key:\n${rsa.join('\n')}\n`, value: rsa.join('\n'), atLeast: 0.8 },
    { text: `{"k":"${rsa.join('\\n')}\\n"}`, value: rsa.join('\\n'), atLeast: 0.8 },
    { text: rsa.join('\r\n'), value: rsa.join('\r\n') },
    { text: rsa.slice(0, 3).join('\n'), value: rsa.slice(0, 3).join('\n') },
    { text: rsa.join('\n').replaceAll('RSA', 'OPENSSH'), value: rsa.join('\n').replaceAll('RSA', 'OPENSSH') },
    { text: `"${rsa.join('\n').replaceAll('RSA ', '')}"`, value: rsa.join('\n').replaceAll('RSA ', '') },
    { text: rsa.join('\n').replaceAll('RSA', 'EC'), value: rsa.join('\n').replaceAll('RSA', 'EC') },
    { text: pgp, value: pgp, atLeast: 0.8 },
    { text: `${putty}\n`, value: putty, atLeast: 0.8 },
    { text: ssh2, value: ssh2, atLeast: 0.8 },
    { text: `KEY_B64=${encoded}`, value: encoded, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('-----BEGIN ', 'PRIVATE KEY-----', '\n...\n-----END PRIVATE KEY-----') },
    { text: assembled('a file that begins with -----BEGIN ', 'PRIVATE KEY----- and so on') },
    { text: `-----BEGIN CERTIFICATE-----\n${exampleBody(64)}\n-----END CERTIFICATE-----` },
    { text: `-----BEGIN PUBLIC KEY-----\n${exampleBody(64)}\n-----END PUBLIC KEY-----` },
  ],
};

function holdsOpening(passage: Passage, from: number, to: number): boolean {
  const next = passage.indexOf('-----BEGIN ', from);
  return next !== -1 && next < to;
}

/** A run of base64 of some length stands in the span; a bare `...` or a sentence does not. */
function holdsKey(text: Buffer, from: number, to: number, least: number): boolean {
  let run = 0;
  for (let i = from; i < to; i++) {
    const byte = text[i] ?? 0;
    // The n or r of an escape is not part of the run.
    run = BASE64[byte] === 1 && byteAt(text, i - 1) !== 0x5c ? run + 1 : 0;
    if (run >= least) return true;
  }
  return false;
}

function findPutty(passage: Passage, start: number, end: number): void {
  const at = passage.indexOf('Private-Lines: ', end);
  if (at === -1 || at - end > MAX_BLOCK || !holdsKey(passage.text, at, Math.min(passage.text.length, at + 200), 40))
    return;
  const macAt = passage.indexOf('Private-MAC:', at);
  const to = macAt !== -1 && macAt - at <= MAX_BLOCK ? runEnd(passage.text, macAt + 12, byteSet(' a-f0-9'), 80) : -1;
  if (to !== -1) passage.report(privateKey, start, to, 0.98);
}

/** The body of a block is DER whose outer sequence (X.690 §8.9) is as long as it says, or an OpenSSH key by its first bytes. */
function isWellFormed(passage: Passage, from: number, to: number): boolean {
  const body = passage
    .ascii(from, to)
    .replace(/\\[nrt]/g, '')
    .replace(/[^A-Za-z0-9+/=]/g, '');
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('latin1', 0, 14) === 'openssh-key-v1') return true;
  if (bytes[0] !== 0x30) return false;
  const first = bytes[1] ?? 0;
  if (first < 0x80) return bytes.length === first + 2;
  const size = first & 0x7f;
  return size >= 1 && size <= 3 && bytes.length === bytes.readUIntBE(2, size) + 2 + size;
}

/** A block in base64 as a whole, as variables of build servers hold it. */
function findEncoded(passage: Passage, start: number): void {
  const text = passage.text;
  if (isBase64(byteAt(text, start - 1)) && byteAt(text, start - 2) !== 0x5c && byteAt(text, start - 1) !== 0x3d) return;
  // Padding ends a value, so that no two read the same bytes.
  const end = runEnd(text, runEnd(text, start, LETTERS, MAX_BLOCK), PADDING, 2);
  const head = Buffer.from(passage.ascii(start, start + 64), 'base64').toString('latin1');
  if (end - start >= 120 && /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(head))
    passage.report(privateKey, start, end, 0.98);
}

function isBase64(byte: number): boolean {
  return BASE64[byte] === 1;
}

function findSsh2(passage: Passage, start: number, end: number): void {
  const closing = '---- END SSH2 ENCRYPTED PRIVATE KEY ----';
  const at = passage.indexOf(closing, end);
  const next = passage.indexOf('---- BEGIN SSH2 ', end);
  if (next !== -1 && next < at) return;
  if (at === -1 || at - end > MAX_BLOCK || !holdsKey(passage.text, end, at, 40)) return;
  passage.report(privateKey, start, at + closing.length, 0.98);
}
