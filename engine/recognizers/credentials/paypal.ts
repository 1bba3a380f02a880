/** PayPal: client secrets of REST applications beside the name; the client id, which is 80 characters that begin with `A`, is half of the pair. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const secret = assembled('E', exampleBody(79));
const id = assembled('A', exampleBody(79, 3));

export const paypal = assignedToken({
  name: 'paypal',
  entity: 'PAYPAL',
  words: ['paypal'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 58,
  max: 90,
  shape: (value) => /^[AE]/.test(value) && /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value.slice(1)),
  allowedNames: ['id'],
  hits: [
    { text: `PAYPAL_SECRET=${secret}`, value: secret, atLeast: 0.8 },
    { text: `paypal_client_id: "${id}"`, value: id },
  ],
  misses: [{ text: 'paypal_secret = YOUR_PAYPAL_SECRET' }, { text: `paypal_url = ${exampleBody(70)}` }],
});
