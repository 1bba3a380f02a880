/** Plaid: access tokens of each environment, and the client secret (30 hexadecimal digits) beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const guid = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';
const access = assembled('acc', 'ess-production-', guid);

export const plaid = tokenRecognizer({
  name: 'plaid',
  entity: 'PLAID',
  prefixes: ['access-sandbox-', 'access-development-', 'access-production-'],
  body: byteSet('a-f0-9-'),
  min: 36,
  max: 36,
  score: (_body, prefix) => (prefix === 'access-sandbox-' ? 0.8 : 0.97),
  hits: [{ text: `"access_token": "${access}"`, value: access, atLeast: 0.8 }],
  misses: [{ text: 'access-production-servers' }, { text: assembled('acc', 'ess-sandbox-', '0'.repeat(36)) }],
});

const secret = '9f01726eebe77df2c096a65e95acdd';

export const plaidSecret = assignedToken({
  name: 'plaid-secret',
  entity: 'PLAID',
  words: ['plaid'],
  body: byteSet('a-f0-9'),
  min: 30,
  max: 30,
  hits: [{ text: `PLAID_SECRET=${secret}`, value: secret, atLeast: 0.8 }],
  misses: [{ text: `plaid_item_id=${secret}` }, { text: 'PLAID_SECRET=<secret>' }],
});
