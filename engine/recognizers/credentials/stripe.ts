/** Stripe: secret and restricted keys, live and test, and webhook signing secrets. Publishable keys (`pk_`) are public. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const live = assembled('sk', '_live_', exampleBody(24));
const restricted = assembled('rk', '_live_', exampleBody(99, 3));
const test = assembled('sk', '_test_', exampleBody(24, 5));
const signing = assembled('wh', 'sec_', exampleBody(32, 9));

export const stripe = tokenRecognizer({
  name: 'stripe',
  entity: 'STRIPE',
  prefixes: ['sk_live_', 'rk_live_', 'sk_test_', 'rk_test_', 'sk_org_live_', 'sk_org_test_', 'whsec_'],
  body: byteSet('a-zA-Z0-9+/='),
  min: 15,
  max: 247,
  score: (body, prefix) => (prefix === 'whsec_' && body.length < 32 ? 0 : prefix.includes('test') ? 0.75 : 0.95),
  hits: [
    { text: `stripe.api_key = "${live}"`, value: live, atLeast: 0.8 },
    { text: restricted, value: restricted, atLeast: 0.8 },
    { text: `STRIPE_SECRET=${test}`, value: test },
    { text: `'${signing}'`, value: signing },
  ],
  misses: [
    { text: assembled('pk', '_live_', exampleBody(24)) },
    { text: assembled('sk', '_live_', 'x'.repeat(24)) },
    { text: assembled('sk', '_test_', '...') },
    { text: 'task_live_abcdefghijklmnopqrstuvwx' },
  ],
});
