/** SendGrid keys: `SG.`, 22 characters, a dot and 43. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const key = assembled('SG', '.', exampleBody(22), '.', exampleBody(43, 5));

export const sendgrid = tokenRecognizer({
  name: 'sendgrid',
  entity: 'SENDGRID',
  prefixes: ['SG.'],
  body: byteSet('a-zA-Z0-9_.-'),
  min: 66,
  max: 66,
  score: (body) => (/^[\w-]{20,24}\.[\w-]{39,50}$/.test(body) ? 0.97 : 0),
  hits: [
    { text: `SENDGRID_API_KEY='${key}'`, value: key, atLeast: 0.8 },
    { text: `sgMail.setApiKey('${key}')`, value: key, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('SG', '.', 'x'.repeat(22), '.', 'x'.repeat(43)) },
    { text: 'SG.your-key' },
    { text: `MSG.${exampleBody(66)}` },
  ],
});
