/**
 * Keys and secrets of nobody known: a name that says secret (`api_key`, `clientSecret`, `X-Auth-Token`, `--token`), a
 * sign, and a value that chance has made. Identifiers, paths, hashes of commits and files, UUIDs and integrity hashes
 * fail the look at the value or at the last word of the name. A value that looks random near such a word, but is not
 * assigned to it, is a HIGH_ENTROPY_STRING and stays low without one.
 */

import { behindName } from '../../scan/behind-name.ts';
import { byteAt, byteSet, isAlnum, isIn, isWord, runEnd, runStart } from '../../scan/bytes.ts';
import { contextWords, wordsOf } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { looksRandom, UUID } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';
import { QUOTED_BEHIND_NAME } from '../../scan/unfinished.ts';

const NAME = byteSet('A-Za-z0-9_.-');
const VALUE = byteSet('A-Za-z0-9_.~+/=!@#^*%-');
const MAX_NAME = 60;
const MAX_VALUE = 300;
const LEAST = 16;

/** Words that a name for a secret ends in, behind what is dropped from its end (`_PROD`, `_V2`, `Value`). */
const SECRET_END =
  /(?:^| )(?:(?:api|app|access|secret|private|auth|client|master|encryption|signing|signature|license|deploy|service|account|shared|storage|admin|session|consumer|hmac|jwt|token|csrf|rest|server|subscription|registry|webhook|integration|provision device|device) key|apikey|appkey|secretkey|accesskey|authkey|secret|token|authtoken|accesstoken|bearer|credentials?|auth|password|passwd|pwd|key base)s?$/;
const DROPPED =
  /(?: (?:prod|production|dev|development|test|testing|staging|stage|live|sandbox|local|default|primary|secondary|current|old|new|value|string|str|base64|b64|hex|raw|plain|v?\d+|here|is))+$/;
/** Names whose values look the same and open nothing. */
const HARMLESS =
  /(?:^| )(?:public|publishable|csrf|xsrf|cache|sort|primary|foreign|partition|row|object|s3|page|pagination|next|continuation|cursor|sync|idempotency|dedup|hash|etag|nonce|site|map|translation|i18n|expected|mock|dummy|fake|example) /;

const hexKey = '951bc382db9abad29c68634761dd6e19';
const key = exampleBody(40);

export const genericApiKey: Recognizer = {
  name: 'generic-api-key',
  entity: 'GENERIC_API_KEY',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_VALUE, opens: QUOTED_BEHIND_NAME },
  cues: [
    ...[
      'api_key',
      'apikey',
      'api-key',
      'api key',
      'access key',
      'secret',
      'token',
      'access_key',
      'accesskey',
      'access-key',
      'auth_key',
      'authkey',
    ].map((literal) => ({
      literal,
    })),
    ...[
      'private_key',
      'privatekey',
      'encryption_key',
      'encryptionkey',
      'signing_key',
      'signingkey',
      'master_key',
      'masterkey',
    ].map((literal) => ({ literal })),
    ...[
      'credential',
      'app_key',
      'appkey',
      'client_key',
      'license_key',
      'licensekey',
      'account_key',
      'devicekey',
      'jwt_key',
      '_auth',
    ].map((literal) => ({ literal })),
  ],
  labels: contextWords(
    `api key, apikey, secret, token, access key, auth key, private key, encryption key, signing key, master key, credential,
credentials, app key, client key, license key`,
  ),
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    if (passage.isRead('generic-api-key', start)) return;
    // Most words that hold a cue have nothing behind them that assigns.
    let at = runEnd(text, end, NAME, MAX_NAME);
    while (at > end && !isAlnum(byteAt(text, at - 1)) && byteAt(text, at - 1) !== 0x5f) at--;
    // `secret key`, of which the first word is a name already.
    if (/^ (?:key|token)\b/i.test(passage.ascii(at, at + 7))) at = runEnd(text, at + 1, NAME, MAX_NAME);
    const sign = signAt(text, at);
    const value = sign === null ? null : valueAt(text, sign);
    const isLong = value !== null && value.end - value.start >= LEAST;
    const read = sign !== null && isLong ? { value, sign } : besideName(passage, start, at);
    passage.markRead('generic-api-key', read === null ? at : read.value.end);
    if (read === null || read.value.end - read.value.start > MAX_VALUE) return;
    const next = byteAt(text, read.value.end);
    if (next === 0x28 || next === 0x5b) return;
    const written = passage.ascii(read.value.start, read.value.end);
    const score = scoreOf(written, nameOf(passage, start, at), read.value.isQuoted, read.sign.isSpace);
    passage.report(genericApiKey, read.value.start, read.value.end, score);
  },
  findLabelled(passage: Passage): void {
    const { text, label } = passage;
    if (text.length < LEAST || text.length > MAX_VALUE || runEnd(text, 0, VALUE, MAX_VALUE) !== text.length) return;
    passage.report(
      genericApiKey,
      0,
      text.length,
      scoreOf(passage.ascii(0, text.length), label.text.trim(), true, false),
    );
  },
  hits: [
    { text: `API_KEY = "${hexKey}"`, value: hexKey },
    {
      text: `private static String CLIENT_SECRET = "${hexKey}${hexKey.slice(0, 8)}";`,
      value: `${hexKey}${hexKey.slice(0, 8)}`,
    },
    { text: `{"provisionDeviceKey": "${exampleBody(20).toLowerCase()}"}`, value: exampleBody(20).toLowerCase() },
    { text: `X-Api-Key: ${key}`, value: key },
    { text: `tool --api-key ${key} run`, value: key },
    { text: `https://x.corp/v1?api_key=${key}&q=1`, value: key },
    { text: `<apiKey>${key}</apiKey>`, value: key },
    { text: `env('VENDOR_API_KEY', '${key}')`, value: key },
    { text: `export APP_SECRET_PROD=${key}`, value: key },
    { text: `my api key is ${key}.`, value: key },
    { text: `{\\"access_token\\": \\"${key}\\"}`, value: key },
    { text: key, label: 'serviceApiKey', value: key },
    { text: `My secret key is ${hexKey}.`, value: hexKey },
    { text: `here is the secret key you asked for: ${key}`, value: key },
    { text: `Subject: api key\n\nThe one on file is ${key}. Regards`, value: key },
    { text: `| api key | ${key} |`, value: key },
    { text: `<th>secret key</th><td>${key}</td>`, value: key },
    { text: `<input name="secret_key" value="${hexKey}">`, value: hexKey },
    { text: `token: ${assembled('q7Lm', '2Pz9Rt4Vx8Kb3Nd6')}`, value: assembled('q7Lm', '2Pz9Rt4Vx8Kb3Nd6') },
  ],
  misses: [
    { text: 'api_key = process.env.VENDOR_API_KEY' },
    { text: 'apiKey: "your-api-key-goes-here-1234567890"' },
    { text: 'const tokenType = "abcdef0123456789abcdef01";' },
    { text: `token_url: https://login.corp.example/${key}` },
    { text: `secretName: ${key}` },
    { text: `publicKey: "${key}"` },
    { text: 'token = nextTokenOfTheStreamReader2()' },
    { text: 'secret: "projects/demo/secrets/db-password-2024/versions/1"' },
    { text: `"integrity": "sha512-${key}=="` },
    { text: 'token: 9da5da9c-4218-4c22-aed6-b5c8baebfff5' },
    { text: 'secret = 2024-05-06T12:34:56.789Z' },
    { text: 'credentials: "same-origin-or-include-depending-on-mode-2"' },
    { text: `author: ${key}` },
    { text: `tokenizer = "${key}"` },
    { text: `pageToken=${key}` },
  ],
};

function nameOf(passage: Passage, start: number, end: number): string {
  const from = runStart(passage.text, start, NAME, MAX_NAME);
  return wordsOf(passage.ascii(from, end)).text.trim();
}

/** Names of which nothing else bears the like, so that a value beside them is theirs where nothing assigns it. */
const STRONG =
  /(?:api|app|secret|private|access|auth|master|encryption|signing|client|license|device|subscription) ?key$|secret$|apikey$|authtoken$/;
/** The same as it is written. */
const WRITTEN_STRONG =
  /(?:(?:api|app|secret|private|access|auth|master|encryption|signing|client|license|device|subscription)[ _-]?key|secret|auth[ _-]?token)$/i;
/** What may follow such a name before a value: the end of a cell, a tag, a line, a quotation, a sentence. */
const LEADS_ON = byteSet(' \t\r\n|<>"\'`*\\&;');

/** A value in the next cell or line, or at the end of the sentence. */
function besideName(
  passage: Passage,
  start: number,
  end: number,
): { readonly value: Value; readonly sign: Sign } | null {
  const { text } = passage;
  if (!isIn(LEADS_ON, byteAt(text, end)) || !WRITTEN_STRONG.test(passage.ascii(Math.max(start - 16, 0), end)))
    return null;
  const behind = behindName(passage, end);
  if (behind === null) return null;
  const sign = { at: behind.at, isSpace: behind.joint !== 'sign' && behind.joint !== 'markup' };
  const value = valueAt(text, sign);
  return value === null || value.end - value.start < LEAST ? null : { value, sign };
}

interface Value {
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
}

interface Sign {
  readonly at: number;
  /** Nothing but space, a word of a sentence or a comma stands between: the name of a flag, prose, a call. */
  readonly isSpace: boolean;
}

/** Where a value begins behind a name that ends at `from`; null where nothing assigns. */
function signAt(text: Buffer, from: number): Sign | null {
  let i = from;
  if (byteAt(text, i) === 0x5c) i++;
  const quote = byteAt(text, i);
  const isQuoted = quote === 0x22 || quote === 0x27 || quote === 0x60;
  if (isQuoted) i++;
  if (byteAt(text, i) === 0x5d) i++;
  let gap = i;
  while (gap < i + 16 && (byteAt(text, gap) === 0x20 || byteAt(text, gap) === 0x09)) gap++;
  const sign = byteAt(text, gap);
  const next = byteAt(text, gap + 1);
  if (sign === 0x3d || sign === 0x3a) {
    // A comparison, a scope of C++.
    if (sign === next || next === 0x7e) return null;
    return { at: gap + (next === 0x3e || next === 0x3d ? 2 : 1), isSpace: false };
  }
  if (sign === 0x3e && gap === from) return { at: gap + 1, isSpace: false };
  if (sign === 0x2c && isQuoted) return { at: gap + 1, isSpace: true };
  if (gap === from || isQuoted) return null;
  // `api key is …`, `--token …`
  const word = text.toString('latin1', gap, gap + 4);
  if (word.startsWith('is ') || word.startsWith('is:')) return { at: gap + 3, isSpace: true };
  return isIn(VALUE, sign) && isAlnum(sign) ? { at: gap, isSpace: true } : null;
}

/** The value that begins at or behind `sign`: in quotes, or up to a byte that no key holds. */
function valueAt(text: Buffer, sign: Sign): Value | null {
  let start = sign.at;
  while (start < sign.at + 16 && (byteAt(text, start) === 0x20 || byteAt(text, start) === 0x09)) start++;
  if (byteAt(text, start) === 0x5c) start++;
  // Gradle writes `'"…"'`.
  let isQuoted = false;
  for (let quotes = 0; quotes < 2; quotes++) {
    const byte = byteAt(text, start);
    if (byte !== 0x22 && byte !== 0x27 && byte !== 0x60) break;
    isQuoted = true;
    start++;
  }
  let end = runEnd(text, start, VALUE, MAX_VALUE + 1);
  const after = byteAt(text, end);
  if (isQuoted) {
    const closes = after === 0x5c ? byteAt(text, end + 1) : after;
    return closes === 0x22 || closes === 0x27 || closes === 0x60 ? { start, end, isQuoted } : null;
  }
  while (end > start && /[.,~!@#^*%-]/.test(String.fromCharCode(byteAt(text, end - 1)))) end--;
  return end === start || isWord(byteAt(text, end)) ? null : { start, end, isQuoted };
}

/** Score of a value under a name of these words; 0 is none. */
function scoreOf(value: string, name: string, isQuoted: boolean, isSpace: boolean): number {
  if (isPlaceholder(value) || isReference(value)) return 0;
  const plain = name.replace(DROPPED, '');
  if (!SECRET_END.test(plain) || HARMLESS.test(` ${name} `)) return 0;
  // A path, an address, a hash that says so.
  if (
    /^(?:\.{0,2}|~)\/|:\/\/|^sha\d+-|^(?:arn|urn|projects|refs|https?)[:/]/i.test(value) ||
    (value.match(/\//g)?.length ?? 0) > 6
  )
    return 0;
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value) && !/\d.*\d/.test(value)) return 0;
  const isStrong = STRONG.test(plain);
  if (UUID.test(value)) return isStrong && !/^0{8}/.test(value) ? 0.55 : 0.3;
  if (!/\d/.test(value) && !(/[a-z].*[A-Z]/.test(value) && value.length >= 24)) return 0;
  if (!looksRandom(value, isStrong ? 12 : 14)) return 0;
  // A name alone in front of a value is a sentence as often as a flag.
  if (isSpace && !isStrong && value.length < 24) return 0.4;
  // Hashes are named token, key and secret as well.
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value) && !isStrong) return 0.5;
  // Below what an issuer's own recognizer says of the same value.
  return isStrong || isQuoted ? 0.58 : 0.54;
}
