/** Braintree access tokens: `access_token$`, the environment, a merchant and 32 hexadecimal digits. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const token = assembled('access_', 'token$production$', 'x2bkz9qh7rm4tw3p$', '9f01726eebe77df2c096a65e95acdd02');

export const braintree = tokenRecognizer({
  name: 'braintree',
  entity: 'BRAINTREE',
  prefixes: ['access_token$production$', 'access_token$sandbox$'],
  body: byteSet('a-z0-9$'),
  min: 40,
  max: 60,
  score: (body) => (/^[0-9a-z]{16}\$[0-9a-f]{32}$/.test(body) ? 0.97 : 0),
  hits: [{ text: `"accessToken": "${token}"`, value: token, atLeast: 0.8 }],
  misses: [
    { text: 'access_token$production$merchant$token' },
    { text: assembled('access_', 'token$sandbox$', 'x'.repeat(16), '$', '0'.repeat(32)) },
  ],
});
