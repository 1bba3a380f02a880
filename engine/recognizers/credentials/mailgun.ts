/** Mailgun: `key-` and 32 hexadecimal digits, and what replaced it, three groups of 32, 8 and 8. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const hex = 'ad13dfc23adf55fa404a91e76d96f472';
const elder = assembled('ke', 'y-', hex);
const current = assembled(hex, '-1b2c3d4e', '-5f607182');

export const mailgun = tokenRecognizer({
  name: 'mailgun',
  entity: 'MAILGUN',
  prefixes: ['key-'],
  body: byteSet('a-z0-9'),
  min: 32,
  max: 32,
  context: contextWords('mailgun, mg'),
  score: (body, _prefix, isInContext) =>
    isInContext ? 0.95 : /^[0-9a-f]{32}$/.test(body) ? 0.8 : /\d.*\d.*\d/.test(body) ? 0.6 : 0,
  hits: [
    { text: `MAILGUN_API_KEY=${elder}`, value: elder, atLeast: 0.8 },
    { text: `auth=("api", "${elder}")`, value: elder },
  ],
  misses: [{ text: assembled('ke', 'y-', '0'.repeat(32)) }, { text: 'key-value-store' }, { text: `mon${elder}` }],
});

export const mailgunKey = assignedToken({
  name: 'mailgun-key',
  entity: 'MAILGUN',
  words: ['mailgun'],
  body: byteSet('a-f0-9-'),
  min: 50,
  max: 72,
  shape: (value) => /^[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}$|^[0-9a-f]{72}$/.test(value),
  assigned: 0.95,
  near: 0.85,
  hits: [
    { text: `mailgun.api_key = "${current}"`, value: current, atLeast: 0.8 },
    { text: `MAILGUN_SIGNING_KEY=${current}`, value: current, atLeast: 0.8 },
  ],
  misses: [{ text: `MAILGUN_ID=${current}` }, { text: `mailgun_api_key = "${hex}"` }],
});
