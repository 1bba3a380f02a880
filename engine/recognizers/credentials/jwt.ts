/**
 * JSON Web Tokens (RFC 7519, compact form): the header must be base64url of a JSON object with `alg` (RFC 7515), or
 * `enc` for an encrypted one. An unsigned token is one too.
 */
import { byteAt, byteSet, isIn, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const BASE64URL = byteSet('A-Za-z0-9_-');
/** Longest part, bytes. Claims with groups or certificates reach some ten thousand. */
const MAX_PART = 65_536;
const MAX_HEADER = 4096;

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: '1234567890', name: 'demo' })}.${exampleBody(43)}`;
const unsigned = `${part({ alg: 'none' })}.${part({ sub: 'demo', admin: true })}.`;

export const jwt: Recognizer = {
  name: 'jwt',
  entity: 'JWT',
  category: 'credential',
  countries: [],
  reach: { maxLength: 16_384 },
  isWhole: true,
  cues: [
    { literal: 'eyJ', exact: true },
    { literal: 'ewog', exact: true },
  ],
  findAtCue(passage: Passage, start: number): void {
    const text = passage.text;
    const before = byteAt(text, start - 1);
    const isEscaped = byteAt(text, start - 2) === 0x5c;
    // The second part of a token begins in the same way.
    if ((isIn(BASE64URL, before) && !isEscaped) || before === 0x2e) return;
    const headerEnd = runEnd(text, start, BASE64URL, MAX_HEADER);
    if (byteAt(text, headerEnd) !== 0x2e) return;
    const claimsEnd = runEnd(text, headerEnd + 1, BASE64URL, MAX_PART);
    if (byteAt(text, claimsEnd) !== 0x2e) return;
    let end = runEnd(text, claimsEnd + 1, BASE64URL, MAX_PART);
    const header = headerOf(passage.ascii(start, headerEnd));
    if (header === null) return;
    if (header === 'encrypted') {
      for (let more = 0; more < 2 && byteAt(text, end) === 0x2e; more++)
        end = runEnd(text, end + 1, BASE64URL, MAX_PART);
    } else if (claimsEnd - headerEnd < 6) return;
    const isSigned = end - claimsEnd - 1 >= 16;
    const isLasting = isSigned && livesOn(passage, headerEnd + 1, claimsEnd);
    if (header === 'unknown' || (header === 'signed' && !isSigned)) passage.report(jwt, start, end, 0.6);
    else passage.report(jwt, start, end, isLasting ? 0.95 : 0.93);
  },
  hits: [
    { text: `Authorization: Bearer ${signed}`, value: signed, atLeast: 0.8 },
    { text: `{"t":"${signed}"}`, value: signed, atLeast: 0.8 },
    { text: `token=${unsigned} `, value: unsigned },
    { text: `x\\n${signed}`, value: signed },
  ],
  misses: [
    { text: 'eyJ0eXAiOiJKV1Qi.eyJzdWIiOiJ4In0.abcdefghijklmnopqrstuvwxyz' },
    { text: 'eyJhbGciOiJIUzI1NiJ9' },
    { text: 'eyJhbGciOiJIUzI1NiJ9.x' },
    { text: 'keyJar.eyJob.eyJoy' },
  ],
};

/** Algorithms of RFC 7518 §3.1 and §4.1, RFC 8037 and what is in use beside them. */
const ALGORITHMS = /^(?:[HREP]S(?:256|384|512)|ES256K|EdDSA|none|RSA|A\d{3}|dir|ECDH|PBES2|Ed(?:25519|448)|ML-DSA)/i;

function headerOf(encoded: string): 'signed' | 'encrypted' | 'unknown' | null {
  const json = Buffer.from(encoded, 'base64url').toString('utf8').trim();
  if (!json.startsWith('{')) return null;
  try {
    const header: unknown = JSON.parse(json);
    if (typeof header !== 'object' || header === null || !('alg' in header) || typeof header.alg !== 'string')
      return null;
    if (!ALGORITHMS.test(header.alg)) return 'unknown';
    return 'enc' in header ? 'encrypted' : 'signed';
  } catch {
    // Not JSON, so not a header; an altered one (a masked sample) still names its algorithm.
    return /^\{"alg":"(?:HS|RS|ES|PS)\d{3}"/.test(json) ? 'signed' : null;
  }
}

/** Claims that never expire, or not for a year after they were issued: such a token is as good as a password. */
function livesOn(passage: Passage, from: number, to: number): boolean {
  if (to - from > MAX_HEADER) return false;
  try {
    const claims: unknown = JSON.parse(Buffer.from(passage.ascii(from, to), 'base64url').toString('utf8'));
    if (typeof claims !== 'object' || claims === null) return false;
    if (!('exp' in claims) || typeof claims.exp !== 'number') return true;
    return 'iat' in claims && typeof claims.iat === 'number' && claims.exp - claims.iat > YEAR_S;
  } catch {
    // Claims that are no JSON say nothing about how long the token lives.
    return false;
  }
}

const YEAR_S = 366 * 24 * 3600;
