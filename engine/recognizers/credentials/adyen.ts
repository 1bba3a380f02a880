/** Adyen: API keys (`AQE`, then blocks of base64 joined by dashes) and HMAC keys of 64 hexadecimal digits beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const key = assembled('AQ', 'Eyhmfx', exampleBody(70), '==-', exampleBody(43, 3), '=-', exampleBody(16, 5));

export const adyen = tokenRecognizer({
  name: 'adyen',
  entity: 'ADYEN',
  prefixes: ['AQE', 'AQF'],
  body: byteSet('a-zA-Z0-9+/={}(),.<>$&~[:;?@|^%*!-'),
  min: 80,
  max: 260,
  context: contextWords('adyen'),
  score(body, _prefix, isInContext) {
    const isKey = /^[A-Za-z0-9+/]{20,}={0,2}-[A-Za-z0-9+/]{20,}={0,2}-/.test(body);
    return isKey ? (isInContext ? 0.98 : 0.9) : isInContext ? 0.6 : 0;
  },
  hits: [
    { text: `ADYEN_API_KEY="${key}"`, value: key, atLeast: 0.8 },
    { text: `x-API-key: ${key}`, value: key, atLeast: 0.8 },
  ],
  misses: [{ text: `AQE${exampleBody(90)}` }, { text: 'AQEDUCT' }],
});

const hmac = '9F01726EEBE77DF2C096A65E95ACDD02107B2C1E9F01726EEBE77DF2C096A65E';

export const adyenHmac = assignedToken({
  name: 'adyen-hmac',
  entity: 'ADYEN',
  words: ['adyen'],
  body: byteSet('A-Fa-f0-9'),
  min: 64,
  max: 64,
  hits: [{ text: `ADYEN_HMAC_KEY=${hmac}`, value: hmac, atLeast: 0.8 }],
  misses: [{ text: `adyen checksum ${hmac}` }],
});
