/** Stores of build results: Artifactory and Docker Hub. */

import { byteSet } from '../../scan/bytes.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const apiKey = assembled('AK', 'Cp', exampleBody(69, 3));
/** A reference token is base64 of `reftkn:01:…`. */
const reference = assembled('cmVm', 'dGtu', 'OjAxO', exampleBody(51, 5));

export const artifactory = tokenRecognizer({
  name: 'artifactory',
  entity: 'ARTIFACTORY',
  prefixes: ['AKCp', 'cmVmdGtuOj'],
  body: byteSet('a-zA-Z0-9'),
  min: 50,
  max: 80,
  score: (body, prefix) => (!isRandom(body) ? 0.2 : prefix === 'AKCp' ? (body.length === 69 ? 0.98 : 0.75) : 0.95),
  hits: [
    { text: `jfrog rt dl --apikey=${apiKey} generic-local/x`, value: apiKey, atLeast: 0.8 },
    { text: `Authorization: Bearer ${reference}`, value: reference, atLeast: 0.8 },
  ],
  misses: [{ text: 'AKCp8' }, { text: assembled('AK', 'Cp', 'x'.repeat(69)) }],
});

const personal = assembled('dckr', '_pat_', exampleBody(27, 3));
const organisation = assembled('dckr', '_oat_', exampleBody(32, 5));

export const dockerHub = tokenRecognizer({
  name: 'dockerhub',
  entity: 'DOCKERHUB',
  prefixes: ['dckr_pat_', 'dckr_oat_'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 26,
  max: 48,
  score: (body) => (isRandom(body) || /[A-Z]/.test(body.slice(1)) ? 0.98 : 0.3),
  hits: [
    { text: `docker login -u demo -p ${personal}`, value: personal, atLeast: 0.8 },
    { text: `DOCKER_TOKEN=${organisation}`, value: organisation, atLeast: 0.8 },
  ],
  misses: [{ text: 'dckr_pat_your_token' }, { text: assembled('dckr', '_pat_', 'x'.repeat(27)) }],
});
