/** LaunchDarkly: SDK keys and API tokens (`sdk-`, `api-` and a UUID); a mobile key is shipped with every app and stays low. */

import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { issuerRecognizer } from '../../scan/issuer-table.ts';
import { UUID } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const guid = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';
const sdk = assembled('sd', 'k-', guid);
const api = assembled('ap', 'i-', guid);

export const launchdarkly = tokenRecognizer({
  name: 'launchdarkly',
  entity: 'LAUNCHDARKLY',
  prefixes: ['sdk-', 'api-', 'mob-'],
  body: byteSet('a-f0-9-'),
  min: 36,
  max: 36,
  context: contextWords('launchdarkly, launch darkly, ld, ldclient, feature flag, feature flags'),
  score(body, prefix, isInContext) {
    if (!UUID.test(body)) return 0;
    return prefix === 'mob-' ? (isInContext ? 0.5 : 0.3) : isInContext ? 0.95 : 0.75;
  },
  hits: [
    { text: `LAUNCHDARKLY_SDK_KEY=${sdk}`, value: sdk, atLeast: 0.8 },
    { text: `token: ${api}`, value: api },
  ],
  misses: [
    { text: 'sdk-beta and api-gateway' },
    { text: assembled('sd', 'k-', '00000000-0000-0000-0000-000000000000') },
    { text: `my${sdk}` },
  ],
});

/** Tokens without a prefix count beside the name. */
export const launchdarklyNamed = issuerRecognizer({ entity: 'LAUNCHDARKLY', words: 'launchdarkly', min: 32, max: 44 });
