/** GitLab tokens: personal ones (also the routable form, which ends in a length and a CRC) and the other kinds by prefix. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const BODY = byteSet('a-zA-Z0-9_.-');

const personal = assembled('gl', 'pat-', exampleBody(20));
const routable = assembled('gl', 'pat-', exampleBody(27), '.01.', 'ab1c2d3e4');

export const gitlabPat = tokenRecognizer({
  name: 'gitlab-pat',
  entity: 'GITLAB_PAT',
  prefixes: ['glpat-'],
  body: BODY,
  min: 20,
  max: 320,
  score: (body) => (body.length === 20 || /\.[0-9a-z]{2}\.?[0-9a-z]{7}$/.test(body) ? 0.95 : 0.8),
  hits: [
    { text: `token: ${personal}`, value: personal, atLeast: 0.8 },
    { text: `--build-arg 'T=${personal}' \\`, value: personal },
    { text: `"${routable}"`, value: routable },
    { text: `It is ${personal}.`, value: personal },
  ],
  misses: [
    { text: assembled('gl', 'pat-', 'x'.repeat(20)) },
    { text: 'glpat-short' },
    { text: 'glpat-your-token-goes-here-now' },
  ],
});

const pipeline = assembled('gl', 'ptt-', '0d66598d696a02da33fb65e2a041f607c68ea50d');
const registration = assembled('GR', '1348941', '_', exampleBody(19));

export const gitlabOther = tokenRecognizer({
  name: 'gitlab-other',
  entity: 'GITLAB_OTHER',
  prefixes: [
    'glptt-',
    'glrt-',
    'glrtr-',
    'gldt-',
    'glft-',
    'glsoat-',
    'glimt-',
    'glagent-',
    'glcbt-',
    'glffct-',
    'gloas-',
    'glwt-',
    'GR1348941',
  ],
  body: BODY,
  min: 20,
  max: 320,
  score: () => 0.9,
  hits: [
    { text: `-F token=${pipeline} \\`, value: pipeline, atLeast: 0.8 },
    { text: `--registration-token "${registration}"`, value: registration },
  ],
  misses: [{ text: 'glrt-token-name' }, { text: assembled('gl', 'dt-', 'a'.repeat(20)) }],
});
