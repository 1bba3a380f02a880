/** Linear: API keys, OAuth tokens and webhook secrets, by prefix. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const api = assembled('lin', '_api_', exampleBody(40));
const oauth = assembled('lin', '_oauth_', '9f01726eebe77df2c096a65e95acdd02107b2c1e9f01726eebe77df2c096a65e');

export const linear = tokenRecognizer({
  name: 'linear',
  entity: 'LINEAR',
  prefixes: ['lin_api_', 'lin_oauth_', 'lin_wh_'],
  body: byteSet('a-zA-Z0-9'),
  min: 24,
  max: 80,
  score: (body) => (/\d/.test(body) ? (body.length >= 32 ? 0.97 : 0.75) : 0.3),
  hits: [
    { text: `LINEAR_API_KEY=${api}`, value: api, atLeast: 0.8 },
    { text: `Authorization: ${oauth}`, value: oauth, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('lin', '_api_', 'x'.repeat(40)) }, { text: 'lin_api_version' }],
});
