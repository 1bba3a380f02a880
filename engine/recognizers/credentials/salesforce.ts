/** Salesforce: session ids and access tokens, which begin with the id of the organisation (`00D…!`), and refresh tokens. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const session = assembled('00', 'D5e0000012abc', '!', 'AQ', exampleBody(48), '.', exampleBody(45, 3));
const refresh = assembled('5Ae', 'p861', exampleBody(80));

export const salesforce = tokenRecognizer({
  name: 'salesforce',
  entity: 'SALESFORCE',
  prefixes: ['00D', '5Aep861'],
  body: byteSet('a-zA-Z0-9!._'),
  min: 60,
  max: 220,
  score(body, prefix) {
    if (prefix !== '00D') return body.length >= 70 ? 0.9 : 0.5;
    return /^[A-Za-z0-9]{12,15}![A-Za-z0-9._]{60,150}$/.test(body) ? 0.97 : 0;
  },
  hits: [
    { text: `Authorization: Bearer ${session}`, value: session, atLeast: 0.8 },
    { text: `"refresh_token":"${refresh}"`, value: refresh, atLeast: 0.8 },
  ],
  misses: [
    { text: '00D5e0000012abc' },
    { text: assembled('00', 'D5e0000012abc', '!', 'x'.repeat(96)) },
    { text: `00D${exampleBody(60)}` },
  ],
});
