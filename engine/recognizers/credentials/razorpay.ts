/** Razorpay: key ids (`rzp_live_`, which name the account) and, beside the name, key secrets. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const live = assembled('rzp', '_live_', exampleBody(14));

export const razorpay = tokenRecognizer({
  name: 'razorpay',
  entity: 'RAZORPAY',
  prefixes: ['rzp_live_', 'rzp_test_'],
  body: byteSet('a-zA-Z0-9'),
  min: 14,
  max: 40,
  score: (body, prefix) => (body.length === 14 ? (prefix === 'rzp_live_' ? 0.9 : 0.75) : 0.5),
  hits: [
    { text: `key_id: "${live}"`, value: live, atLeast: 0.8 },
    {
      text: `RAZORPAY_KEY_ID=${assembled('rzp', '_test_', exampleBody(14, 5))}`,
      value: assembled('rzp', '_test_', exampleBody(14, 5)),
    },
  ],
  misses: [{ text: assembled('rzp', '_live_', 'x'.repeat(14)) }, { text: 'rzp_test_key' }],
});
