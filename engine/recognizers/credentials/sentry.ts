/** Sentry: tokens of organisations and users by prefix, elder ones of 64 hexadecimal digits beside the name. A DSN is public. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const hex = '9f01726eebe77df2c096a65e95acdd02107b2c1e9f01726eebe77df2c096a65e';
const user = assembled('snt', 'ryu_', hex);
const organisation = assembled(
  'snt',
  'rys_',
  Buffer.from('{"iat":1700000000.123,"url":"https://sentry.io","org":"demo"}').toString('base64'),
  '_',
  exampleBody(43),
);

export const sentry = tokenRecognizer({
  name: 'sentry',
  entity: 'SENTRY',
  prefixes: ['sntrys_', 'sntryu_', 'sntrya_', 'sntryi_', 'sntryr_'],
  body: byteSet('a-zA-Z0-9_+/=-'),
  min: 40,
  max: 600,
  score: (body, prefix) =>
    prefix === 'sntrys_' ? (body.startsWith('eyJ') ? 0.98 : 0.6) : /^[0-9a-f]{64}$/.test(body) ? 0.98 : 0.6,
  hits: [
    { text: `SENTRY_AUTH_TOKEN=${user}`, value: user, atLeast: 0.8 },
    { text: `token=${organisation}\n`, value: organisation, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('snt', 'ryu_', '0'.repeat(64)) }, { text: 'sntrys_token' }],
});

export const sentryNamed = assignedToken({
  name: 'sentry-named',
  entity: 'SENTRY',
  words: ['sentry'],
  body: byteSet('a-f0-9'),
  min: 64,
  max: 64,
  hits: [{ text: `sentry_token=${hex}`, value: hex, atLeast: 0.8 }],
  misses: [{ text: `sentry release=${hex}` }, { text: hex }],
});
