/** Square: access tokens of both forms and OAuth secrets. An application id (`sq0idp-`) is public and stays low. */
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const access = assembled('sq0', 'atp-', exampleBody(22));
const secret = assembled('sq0', 'csp-', exampleBody(43));
const current = assembled('EA', 'AA', exampleBody(60));

export const square = tokenRecognizer({
  name: 'square',
  entity: 'SQUARE',
  prefixes: ['sq0atp-', 'sq0csp-', 'sq0idp-', 'EAAA'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 22,
  max: 64,
  context: contextWords('square, squareup'),
  score(body, prefix, isInContext) {
    if (prefix === 'sq0idp-') return body.length === 22 ? 0.4 : 0;
    if (prefix === 'EAAA') return body.length < 58 ? 0 : isInContext ? 0.95 : 0.6;
    return body.length === (prefix === 'sq0atp-' ? 22 : 43) ? 0.97 : 0.6;
  },
  hits: [
    { text: `access_token: ${access}`, value: access, atLeast: 0.8 },
    { text: `"${secret}"`, value: secret, atLeast: 0.8 },
    { text: `SQUARE_ACCESS_TOKEN=${current}`, value: current, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('sq0', 'idp-', exampleBody(22)) },
    { text: assembled('sq0', 'atp-', 'x'.repeat(22)) },
    { text: `EAAA${exampleBody(30)}` },
  ],
});
