/** Honeycomb: ingest, configuration and management keys by prefix; classic keys of 32 hexadecimal digits beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const ingest = assembled('hca', 'ik_', exampleBody(58).toLowerCase());

export const honeycomb = tokenRecognizer({
  name: 'honeycomb',
  entity: 'HONEYCOMB',
  prefixes: ['hcaik_', 'hcxik_', 'hcbik_', 'hcalk_', 'hcxlk_', 'hcamk_', 'hcxmk_'],
  body: byteSet('a-z0-9'),
  min: 26,
  max: 64,
  score: (body) => (/\d/.test(body) ? 0.95 : 0.3),
  hits: [{ text: `x-honeycomb-team: ${ingest}`, value: ingest, atLeast: 0.8 }],
  misses: [{ text: assembled('hca', 'ik_', 'x'.repeat(58)) }, { text: 'hcaik_name' }],
});

const classic = '9f01726eebe77df2c096a65e95acdd02';

export const honeycombNamed = assignedToken({
  name: 'honeycomb-named',
  entity: 'HONEYCOMB',
  words: ['honeycomb'],
  body: byteSet('a-zA-Z0-9'),
  min: 22,
  max: 32,
  lengths: [22, 32],
  hits: [
    { text: `HONEYCOMB_API_KEY=${classic}`, value: classic, atLeast: 0.8 },
    { text: `honeycomb key: ${exampleBody(22)}`, value: exampleBody(22), atLeast: 0.8 },
  ],
  misses: [{ text: `honeycomb trace_id: ${classic}` }],
});
