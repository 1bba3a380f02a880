/**
 * Atlassian and Bitbucket. Tokens end in a CRC-32 of all that stands before it, in hexadecimal: a right one is certain,
 * a wrong one does not hide the token. The forms before are plain runs beside the name.
 */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { crc32Hex } from '../../scan/checksums.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const TOKEN = byteSet('a-zA-Z0-9_=-');

function endsInHexCrc(token: string): boolean {
  return crc32Hex(token.slice(0, -8)) === token.slice(-8).toLowerCase();
}

/** A token whose checksum is right. */
function valid(...start: readonly string[]): string {
  const token = assembled(...start);
  return token + crc32Hex(token).toUpperCase();
}

const cloud = valid('ATA', 'TT3xFfGF0', exampleBody(150, 3), '=');
const unchecked = assembled('ATA', 'TT3xFfGF0', exampleBody(150, 5), '=', '0BADBEEF');

export const atlassian = tokenRecognizer({
  name: 'atlassian',
  entity: 'ATLASSIAN',
  prefixes: ['ATATT3', 'ATSTT3', 'ATOTT3'],
  body: TOKEN,
  min: 60,
  max: 800,
  score: (body, prefix) =>
    endsInHexCrc(prefix + body) ? 1 : /=[0-9A-F]{8}$/.test(body) ? 0.98 : isRandom(body) ? 0.85 : 0,
  hits: [
    { text: `JIRA_API_TOKEN=${cloud}`, value: cloud, atLeast: 1 },
    { text: `auth = ("a@corp.net", "${unchecked}")`, value: unchecked, atLeast: 0.8 },
  ],
  misses: [{ text: 'ATATT3xFfGF0...' }, { text: assembled('ATA', 'TT3xFfGF0', 'x'.repeat(180)) }],
});

const before = exampleBody(24, 7);

export const atlassianNamed = assignedToken({
  name: 'atlassian-named',
  entity: 'ATLASSIAN',
  words: ['atlassian', 'jira', 'confluence'],
  body: byteSet('a-zA-Z0-9'),
  min: 24,
  max: 24,
  // One in sixty has no digit.
  shape: (value) => /[a-z]/.test(value) && (/\d/.test(value) || /[A-Z]{2}[a-z]|[a-z][A-Z](?![a-z])/.test(value)),
  near: 0.4,
  hits: [
    { text: `ATLASSIAN_API_TOKEN: "${before}"`, value: before, atLeast: 0.8 },
    { text: `Here is my Jira token: ${before}`, value: before, atLeast: 0.8 },
  ],
  misses: [{ text: `jira account id: ${before}` }, { text: 'jira_key = PROJ' }, { text: `token: ${before}` }],
});

const repository = valid('ATC', 'TT3xFfGN0', exampleBody(160, 9), '=');
const appPassword = valid('AT', 'BB', exampleBody(24, 11));
const server = assembled('BB', 'DC-', 'M', exampleBody(15, 3), 'Oj', exampleBody(26, 5));

export const bitbucket = tokenRecognizer({
  name: 'bitbucket',
  entity: 'BITBUCKET',
  prefixes: ['ATCTT3', 'ATBB', 'BBDC-'],
  body: byteSet('a-zA-Z0-9_=+/-'),
  min: 32,
  max: 800,
  score(body, prefix) {
    if (prefix === 'BBDC-') return body.length === 44 && isRandom(body) ? 0.95 : 0.3;
    if (endsInHexCrc(prefix + body)) return 1;
    if (prefix === 'ATCTT3') return /=[0-9A-F]{8}$/.test(body) ? 0.98 : isRandom(body) ? 0.8 : 0;
    return /^[a-zA-Z0-9]{24}[0-9A-F]{8}$/.test(body)
      ? 0.9
      : /^[a-zA-Z0-9]{32}$/.test(body) && isRandom(body)
        ? 0.75
        : 0;
  },
  hits: [
    { text: `BITBUCKET_TOKEN=${repository}`, value: repository, atLeast: 1 },
    { text: `https://x-token-auth:${appPassword}`, value: appPassword, atLeast: 1 },
    { text: `Authorization: Bearer ${server}`, value: server, atLeast: 0.8 },
  ],
  misses: [{ text: 'ATBBxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }, { text: 'BBDC-token' }],
});

const oauthSecret = exampleBody(32, 13);

export const bitbucketNamed = assignedToken({
  name: 'bitbucket-named',
  entity: 'BITBUCKET',
  words: ['bitbucket'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 32,
  max: 64,
  near: 0.4,
  hits: [
    { text: `bitbucket_client_secret=${oauthSecret}`, value: oauthSecret, atLeast: 0.8 },
    { text: `BITBUCKET_OAUTH_SECRET: ${exampleBody(44, 15)}`, value: exampleBody(44, 15), atLeast: 0.8 },
  ],
  misses: [{ text: `bitbucket_client_id=${oauthSecret}` }, { text: `bitbucket commit: ${exampleBody(40, 3)}` }],
});
