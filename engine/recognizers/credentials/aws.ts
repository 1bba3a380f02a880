/**
 * AWS access keys. The id has a fixed prefix and an alphabet of base 32. The secret is 40 characters of base64 and
 * nothing else, so it counts only under a name that says so, or close to an id.
 */

import { assignedToken } from '../../scan/assigned-token.ts';
import { behindName } from '../../scan/behind-name.ts';
import { byteAt, byteSet, isAlnum, isIn, runEnd } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

/** The provider's published examples. */
const EXAMPLE_ID = assembled('AK', 'IA', 'IOSFODNN7', 'EXAMPLE');
const EXAMPLE_SECRET = assembled('wJalrXUtnFEMI', '/K7MDENG/', 'bPxRfiCYEXAMPLEKEY');

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * The account that an access key id names, of 12 digits: 40 bits of what base 32 holds behind the prefix. Null for ids
 * of the older form, which name none, and for such as no account has.
 */
export function awsAccountOf(body: string): string | null {
  // Ids since 2019 have the highest bit set, so they go on with Q or a later sign.
  if (!/^[Q-Z2-7][A-Z2-7]{15}$/.test(body)) return null;
  let bits = 0n;
  for (const sign of body.slice(0, 10)) bits = (bits << 5n) | BigInt(BASE32.indexOf(sign));
  const account = (bits >> 9n) & 0xffffffffffn;
  return account > 999_999_999_999n ? null : account.toString().padStart(12, '0');
}

/** Base 32 has no 0, 1, 8 or 9; older ids and the published example keep to it as well. */
function scoreOfId(body: string): number {
  if (/[0189]/.test(body)) return 0.4;
  if (awsAccountOf(body) !== null) return 0.98;
  // An id of today's form that names no possible account is one of a test, or none.
  if (/^[Q-Z2-7]/.test(body)) return /[2-7]/.test(body) ? 0.8 : 0.5;
  return /[2-7]/.test(body) ? 0.95 : 0.7;
}

export const awsAccessKeyId = tokenRecognizer({
  name: 'aws-access-key-id',
  entity: 'AWS_ACCESS_KEY_ID',
  prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
  body: byteSet('A-Z0-9'),
  min: 16,
  max: 16,
  score: scoreOfId,
  hits: [
    { text: `aws_access_key_id = ${EXAMPLE_ID}`, value: EXAMPLE_ID, atLeast: 0.8 },
    { text: `{"id":"${assembled('AS', 'IA', 'OZW6VBVAZFJHJLQA')}"}`, value: assembled('AS', 'IA', 'OZW6VBVAZFJHJLQA') },
    { text: `密钥${EXAMPLE_ID}。`, value: EXAMPLE_ID },
    { text: `key\\n${EXAMPLE_ID}\\n`, value: EXAMPLE_ID },
  ],
  misses: [
    { text: assembled('AK', 'IA', 'X'.repeat(16)) },
    { text: assembled('AK', 'IA', 'IOSFODNN7EXAMPLEX') },
    { text: assembled('XAK', 'IA', 'IOSFODNN7EXAMPLE') },
    { text: assembled('AK', 'IA', 'iosfodnn7example') },
  ],
});

const BASE64 = byteSet('A-Za-z0-9+/');

/** Forty characters of base64 that are neither a hash in hexadecimal nor a path. */
function isSecret(value: string): boolean {
  if (!/[a-z]/.test(value) || !/[A-Z]/.test(value) || !/\d/.test(value)) return false;
  return !/^[0-9a-fA-F]+$/.test(value) && (value.match(/\//g)?.length ?? 0) <= 6 && !isPlaceholder(value);
}

/** The secret that begins at `at`; 0 where none does. */
function secretEnd(passage: Passage, at: number): number {
  const text = passage.text;
  if (isIn(BASE64, byteAt(text, at - 1)) && byteAt(text, at - 2) !== 0x5c) return 0;
  const end = runEnd(text, at, BASE64, 41);
  if (end - at !== 40 || byteAt(text, end) === 0x3d || byteAt(text, end) === 0x5f) return 0;
  return isSecret(passage.ascii(at, end)) ? end : 0;
}

const AWS_WORDS = contextWords('aws', 'amazon', 'iam', 's3', 'boto', 'boto3');

export const awsSecretKey: Recognizer = {
  name: 'aws-secret-key',
  entity: 'AWS_SECRET_KEY',
  category: 'credential',
  countries: [],
  cues: [
    { literal: 'secret_access_key' },
    { literal: 'secretaccesskey' },
    { literal: 'secret-access-key' },
    { literal: 'secret access key' },
    { literal: 'secretkey' },
    { literal: 'secret_key' },
    { literal: 'secret key' },
    { literal: 'aws_secret' },
    { literal: 'aws secret' },
    { literal: 'aws-secret' },
    { literal: 'awssecret' },
    { literal: 'AKIA', exact: true, startsWord: true },
    { literal: 'ASIA', exact: true, startsWord: true },
  ],
  labels: contextWords('secret access key', 'aws secret', 'aws secret key', 'secret key'),
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    const text = passage.text;
    if (cue.exact === true) {
      findNear(passage, end);
      return;
    }
    const at = behindName(passage, runEnd(text, end, byteSet('A-Za-z0-9_-'), 20))?.at ?? end;
    const valueEnd = secretEnd(passage, at);
    if (valueEnd === 0) return;
    const isNamed = cue.literal.includes('access') || cue.literal.startsWith('aws');
    passage.report(awsSecretKey, at, valueEnd, isNamed ? 0.95 : passage.hasContext(start, end, AWS_WORDS) ? 0.9 : 0.6);
  },
  findLabelled(passage: Passage): void {
    const end = secretEnd(passage, 0);
    if (end > 0 && end === passage.text.length) passage.report(awsSecretKey, 0, end, 0.95);
  },
  hits: [
    { text: `aws_secret_access_key = ${EXAMPLE_SECRET}`, value: EXAMPLE_SECRET, atLeast: 0.8 },
    { text: `"SecretAccessKey": "${EXAMPLE_SECRET}"`, value: EXAMPLE_SECRET, atLeast: 0.8 },
    { text: `${EXAMPLE_ID},${EXAMPLE_SECRET}\r\n`, value: EXAMPLE_SECRET },
    { text: EXAMPLE_SECRET, label: 'secretAccessKey', value: EXAMPLE_SECRET, atLeast: 0.8 },
    { text: `the AWS secret key is ${EXAMPLE_SECRET}`, value: EXAMPLE_SECRET },
    { text: `| aws secret key | ${EXAMPLE_SECRET} |`, value: EXAMPLE_SECRET, atLeast: 0.8 },
    { text: `<input name="aws_secret_access_key" value="${EXAMPLE_SECRET}">`, value: EXAMPLE_SECRET, atLeast: 0.8 },
    { text: `here is the AWS secret access key you asked for: ${EXAMPLE_SECRET}`, value: EXAMPLE_SECRET },
  ],
  misses: [
    { text: EXAMPLE_SECRET },
    { text: `integrity ${exampleBody(40)}` },
    { text: 'secret_key = da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    { text: `secret_key = ${EXAMPLE_SECRET}a` },
    { text: 'AWS_SECRET_ACCESS_KEY=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' },
  ],
};

/** How far from an id its secret is looked for, bytes. */
const NEAR = 200;

/** Beside an id: in the next line, field or sentence. */
function findNear(passage: Passage, from: number): void {
  const text = passage.text;
  const last = Math.min(text.length, from + NEAR);
  let at = from;
  while (at < last) {
    if (!isIn(BASE64, byteAt(text, at)) || isAlnum(byteAt(text, at - 1))) {
      at++;
      continue;
    }
    const end = runEnd(text, at, BASE64, NEAR);
    if (end - at === 40 && secretEnd(passage, at) === end) {
      passage.report(awsSecretKey, at, end, 0.85);
      return;
    }
    at = end + 1;
  }
}

/** Base64 of what session tokens of the token service begin with. */
const SESSION_STARTS = [
  'IQoJb3JpZ2lu',
  'FwoGZXIvYXdz',
  'FQoGZXIvYXdz',
  'FQoDYXdz',
  'AQoDYXdz',
  'AgoJb3JpZ2lu',
  'AgoGZXIvYXdz',
];
const SESSION_BODY = byteSet('A-Za-z0-9+/');

const session = assembled('IQoJ', 'b3JpZ2lu', 'X2VjE', exampleBody(300, 3), '+', exampleBody(40, 5), '==');

export const awsSessionToken = tokenRecognizer({
  name: 'aws-session-token',
  entity: 'AWS_SESSION_TOKEN',
  prefixes: SESSION_STARTS,
  body: SESSION_BODY,
  isPadded: true,
  min: 90,
  max: 4000,
  score: () => 0.97,
  hits: [
    { text: `AWS_SESSION_TOKEN=${session}`, value: session, atLeast: 0.8 },
    { text: `"SessionToken": "${session}"`, value: session, atLeast: 0.8 },
  ],
  misses: [{ text: `IQoJb3JpZ2lu${exampleBody(20)}` }, { text: session.slice(12) }],
});

const otherSession = exampleBody(160, 7);

/** Session tokens of others that speak the same protocol: under the name alone. */
export const awsSessionTokenNamed = assignedToken({
  name: 'aws-session-token-named',
  entity: 'AWS_SESSION_TOKEN',
  words: ['aws_session_token', 'aws_security_token', 'sessiontoken', 'x-amz-security-token'],
  body: byteSet('A-Za-z0-9+/_.%-'),
  isPadded: true,
  isWhole: true,
  min: 100,
  max: 4000,
  assigned: 0.96,
  near: 0.4,
  hits: [{ text: `export AWS_SESSION_TOKEN="${otherSession}"`, value: otherSession, atLeast: 0.8 }],
  misses: [{ text: 'AWS_SESSION_TOKEN=$TOKEN' }, { text: `sessionTokenHash: ${otherSession}` }],
});
