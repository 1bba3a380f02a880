/** 1Password: the secret key of an account (`A3-…`) and tokens of service accounts (`ops_` and base64 of JSON). */
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const account = assembled('A3', '-ASWWYB-798JRY', '-LJVD4-23DC2-86TVM-H43EB');
const service = assembled(
  'op',
  's_',
  Buffer.from(
    `{"signInAddress":"corp.1password.com","userAuth":{"method":"SRPg-4096"},"secretKey":"${exampleBody(160)}"}`,
  ).toString('base64url'),
);

export const onepassword = tokenRecognizer({
  name: 'onepassword',
  entity: 'ONEPASSWORD',
  prefixes: ['A3-', 'ops_'],
  body: byteSet('a-zA-Z0-9_=-'),
  min: 31,
  max: 2000,
  context: contextWords('1password, onepassword, op, secret key, emergency kit'),
  score(body, prefix, isInContext) {
    if (prefix === 'ops_') return body.startsWith('eyJ') && body.length >= 200 ? 0.98 : 0;
    const isKey = /^[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}$/.test(
      body,
    );
    return isKey ? (isInContext ? 0.97 : 0.85) : 0;
  },
  hits: [
    { text: `secret key: ${account}`, value: account, atLeast: 0.8 },
    { text: `OP_SERVICE_ACCOUNT_TOKEN=${service}`, value: service, atLeast: 0.8 },
  ],
  misses: [
    { text: 'A3-XXXXXX-XXXXXX-XXXXX-XXXXX-XXXXX-XXXXX' },
    { text: 'ops_manager' },
    { text: 'A3-paper in A4-format' },
  ],
});
