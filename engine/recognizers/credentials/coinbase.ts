/** Coinbase: API keys and secrets of the elder kinds beside the name, and the names of cloud keys, which say where the private key belongs. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { exampleBody } from '../../scan/token.ts';

const key = exampleBody(64);
const short = exampleBody(16);

export const coinbase = assignedToken({
  name: 'coinbase',
  entity: 'COINBASE',
  words: ['coinbase', 'cb-access-', 'cb_access_'],
  body: byteSet('a-zA-Z0-9+/'),
  isPadded: true,
  min: 16,
  max: 88,
  lengths: [16, 32, 43, 44, 64, 86, 88],
  hits: [
    { text: `COINBASE_SECRET=${key}`, value: key, atLeast: 0.8 },
    { text: `coinbase_api_key: "${short}"`, value: short, atLeast: 0.8 },
  ],
  misses: [{ text: 'coinbase_api_key = my_coinbase_key1' }, { text: `coinbase_account_id = ${short}` }],
});
