/**
 * Credentials of HTTP's Authorization header (RFC 9110 §11.6.2): `Bearer` with a token (RFC 6750) and `Basic` with user
 * and password in base64 (RFC 7617), in a header, in a command, or in code that makes one.
 */
import { byteAt, byteSet, isWord, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { looksRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const TOKEN = byteSet('A-Za-z0-9._~+/=%-');
const BASE64 = byteSet('A-Za-z0-9+/=_-');
const MAX_TOKEN = 4096;
const HEADER = contextWords('authorization, auth, header, headers, curl, token, access token, proxy authorization');

const token = exampleBody(40);

export const bearerAuthHeader: Recognizer = {
  name: 'bearer-auth-header',
  entity: 'BEARER_AUTH_HEADER',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_TOKEN },
  cues: [{ literal: 'bearer ' }],
  context: HEADER,
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (touchesWordBefore(text, start)) return;
    let to = runEnd(text, end, TOKEN, MAX_TOKEN);
    while (to > end && /[.,~%-]/.test(passage.ascii(to - 1, to))) to--;
    if (to - end < 16 || byteAt(text, to) === 0x28) return;
    const written = passage.ascii(end, Math.min(to, end + 200));
    if (isPlaceholder(written) || isReference(written) || !looksRandom(written)) return;
    passage.report(bearerAuthHeader, end, to, 0.6, 0.8);
  },
  hits: [
    { text: `Authorization: Bearer ${token}`, value: token, atLeast: 0.8 },
    { text: `curl -H "authorization: bearer ${token}" https://x`, value: token, atLeast: 0.8 },
    { text: `headers = {"Authorization": "Bearer ${token}"}`, value: token, atLeast: 0.8 },
  ],
  misses: [
    { text: 'Authorization: Bearer <token>' },
    { text: 'uses a Bearer token-based authentication_scheme_for_all' },
    { text: 'Authorization: Bearer ${process.env.API_TOKEN}' },
    { text: 'Authorization: Bearer YOUR_ACCESS_TOKEN_HERE' },
    { text: 'Bearer 9da5da9c-4218-4c22-aed6-b5c8baebfff5' },
  ],
};

const pair = Buffer.from(assembled('deploy:', 'h7Kd2Lm9')).toString('base64');

/** Documentation's users and passwords. */
const STOCK =
  /^(?:user(?:name)?|admin|root|test|foo|name|login|me|x|client_?id):(?:pass(?:word|wd)?|pwd|secret|test|admin|bar|1234?5?6?|client_?secret)$/i;

export const basicAuthHeader: Recognizer = {
  name: 'basic-auth-header',
  entity: 'BASIC_AUTH_HEADER',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_TOKEN },
  cues: [{ literal: 'basic ', startsWord: true }],
  context: HEADER,
  findAtCue(passage: Passage, _start: number, end: number): void {
    const text = passage.text;
    const to = runEnd(text, end, BASE64, 512);
    if (to - end < 8 || isWord(byteAt(text, to))) return;
    const written = passage.ascii(end, to);
    // A word of a sentence has no digit, capital or sign behind its first letter.
    if (!/[A-Z0-9+/=]/.test(written.slice(1))) return;
    const decoded = Buffer.from(written, 'base64').toString('latin1');
    if (!/^[\x21-\x7e]*[^:]?:[\x20-\x7e]*$/.test(decoded) || decoded.indexOf(':') < 0) return;
    const password = decoded.slice(decoded.indexOf(':') + 1);
    if (decoded.length < 5 || (password !== '' && isPlaceholder(password)) || isReference(password)) return;
    passage.report(basicAuthHeader, end, to, STOCK.test(decoded) ? 0.3 : 0.75, STOCK.test(decoded) ? 0.4 : 0.95);
  },
  hits: [
    { text: `Authorization: Basic ${pair}`, value: pair, atLeast: 0.8 },
    { text: `{"Authorization":"Basic ${pair}"}`, value: pair, atLeast: 0.8 },
  ],
  misses: [
    { text: `Authorization: Basic ${Buffer.from('user:password').toString('base64')}` },
    { text: 'some basic JavaScript and basic Authentication' },
    { text: 'Authorization: Basic <base64>' },
  ],
};
