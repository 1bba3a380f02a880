/** Build servers: Buildkite and CircleCI. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const user = assembled('bk', 'ua_', exampleBody(40, 3, HEX_DIGITS));
const job = assembled('bk', 'aj_', exampleBody(80, 5));

export const buildkite = tokenRecognizer({
  name: 'buildkite',
  entity: 'BUILDKITE',
  // User, agent session, job, cluster agent, package registry, portal, test suite and job acquisition tokens.
  prefixes: ['bkua_', 'bkaa_', 'bkaj_', 'bkct_', 'bkat_', 'bkpt_', 'bkps_', 'bkts_', 'bkja_'],
  body: byteSet('a-zA-Z0-9_.-'),
  min: 36,
  max: 600,
  score: (body) => (isRandom(body) ? 0.95 : 0.3),
  hits: [
    { text: `BUILDKITE_API_TOKEN=${user}`, value: user, atLeast: 0.8 },
    { text: `"${job}"`, value: job, atLeast: 0.8 },
  ],
  misses: [{ text: 'bkua_your_token' }, { text: assembled('bk', 'ua_', 'x'.repeat(40)) }],
});

const agent = exampleBody(50, 7).toLowerCase();

export const buildkiteNamed = assignedToken({
  name: 'buildkite-named',
  entity: 'BUILDKITE',
  words: ['buildkite'],
  body: byteSet('a-z0-9'),
  min: 40,
  max: 52,
  near: 0.4,
  hits: [{ text: `BUILDKITE_AGENT_TOKEN=${agent}`, value: agent, atLeast: 0.8 }],
  misses: [{ text: `BUILDKITE_COMMIT=${exampleBody(40, 3, HEX_DIGITS)}` }, { text: `buildkite ${agent}` }],
});

const personal = assembled('CCI', 'PAT_', exampleBody(22, 3), '_', exampleBody(40, 5, HEX_DIGITS));

export const circleCi = tokenRecognizer({
  name: 'circleci',
  entity: 'CIRCLECI',
  prefixes: ['CCIPAT_', 'CCIPRJ_'],
  body: byteSet('a-zA-Z0-9_'),
  min: 40,
  max: 100,
  score: (body) => (isRandom(body) ? 0.98 : 0.3),
  hits: [{ text: `CIRCLE_TOKEN=${personal}`, value: personal, atLeast: 0.8 }],
  misses: [{ text: 'CCIPAT_token' }, { text: assembled('CCI', 'PAT_', 'x'.repeat(63)) }],
});

const before = exampleBody(40, 9, HEX_DIGITS);

export const circleCiNamed = assignedToken({
  name: 'circleci-named',
  entity: 'CIRCLECI',
  words: ['circleci', 'circle_ci', 'circle-token', 'circle_token', 'circletoken'],
  body: byteSet('0-9a-fA-F'),
  min: 40,
  max: 40,
  near: 0.4,
  hits: [
    { text: `circleci_project_secret = '${before}'`, value: before, atLeast: 0.8 },
    { text: `curl -H "Circle-Token: ${before}"`, value: before, atLeast: 0.8 },
    { text: `https://circleci.com/api/v1.1/me?circle-token=${before}`, value: before, atLeast: 0.8 },
  ],
  misses: [{ text: `CIRCLECI_SHA1=${before}` }, { text: `circleci build ${before}` }],
});
