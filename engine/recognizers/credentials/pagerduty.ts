/** PagerDuty: REST API keys of 20 characters and integration keys of 32, beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { isRandom } from '../../scan/randomness.ts';
import { exampleBody } from '../../scan/token.ts';

const value = `u+${exampleBody(18)}`;

export const pagerduty = assignedToken({
  name: 'pagerduty',
  entity: 'PAGERDUTY',
  words: ['pagerduty', 'pager_duty', 'pd_key', 'pd_api', 'pd_token'],
  body: byteSet('a-zA-Z0-9_+-'),
  min: 20,
  max: 32,
  lengths: [20, 32],
  // What begins with `u+` is one whatever chance has put behind it.
  shape: (written) => /^u\+[\w-]{18}$/.test(written) || isRandom(written),
  hits: [{ text: `PAGERDUTY_API_KEY=${value}`, value, atLeast: 0.8 }],
  misses: [{ text: `pagerduty_service_id=${value}` }, { text: value }],
});
