/** Snyk: API tokens, which are UUIDs, beside the name; tokens of users and service accounts by prefix. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { UUID } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const guid = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';
const user = assembled('sny', 'k_uat.', '1a2b3c4d', '.', exampleBody(60));

export const snyk = assignedToken({
  name: 'snyk',
  entity: 'SNYK',
  words: ['snyk'],
  body: byteSet('a-fA-F0-9-'),
  min: 36,
  max: 36,
  shape: (value) => UUID.test(value),
  hits: [{ text: `SNYK_TOKEN=${guid}`, value: guid, atLeast: 0.8 }],
  misses: [{ text: `SNYK_ORG_ID=${guid}` }, { text: `snyk project ${guid}` }],
});

export const snykToken = tokenRecognizer({
  name: 'snyk-token',
  entity: 'SNYK',
  prefixes: ['snyk_uat.', 'snyk_sat.'],
  body: byteSet('a-zA-Z0-9_.-'),
  min: 40,
  max: 300,
  score: () => 0.97,
  hits: [{ text: `SNYK_TOKEN=${user}`, value: user, atLeast: 0.8 }],
  misses: [{ text: 'snyk_uat.token' }, { text: assembled('sny', 'k_sat.', 'x'.repeat(60)) }],
});
