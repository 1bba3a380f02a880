/** Notion integrations: `ntn_` with 11 digits, and the elder `secret_` with 43 characters. */
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const current = assembled('nt', 'n_', '45678901234', exampleBody(35));
const elder = assembled('sec', 'ret_', exampleBody(43));

export const notion = tokenRecognizer({
  name: 'notion',
  entity: 'NOTION',
  prefixes: ['ntn_', 'secret_'],
  body: byteSet('a-zA-Z0-9'),
  min: 40,
  max: 50,
  context: contextWords('notion'),
  score(body, prefix, isInContext) {
    if (prefix === 'ntn_') return /^\d{10,12}[a-zA-Z0-9]{32,36}$/.test(body) ? 0.97 : 0.6;
    const isKey = body.length === 43 && /\d/.test(body) && /[a-z]/.test(body) && /[A-Z]/.test(body);
    return isKey ? (isInContext ? 0.97 : 0.8) : 0;
  },
  hits: [
    { text: `NOTION_TOKEN=${current}`, value: current, atLeast: 0.8 },
    { text: `notion = ${elder}`, value: elder, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('nt', 'n_', 'x'.repeat(46)) },
    { text: 'secret_store_of_the_application_and_of_others' },
    { text: assembled('sec', 'ret_', '9f01726eebe77df2c096a65e95acdd02107b2c1eabc') },
  ],
});
