/** Okta: API tokens, 42 characters that begin with `00`: after `SSWS` in a header, or beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const token = assembled('00', exampleBody(40));

export const okta = assignedToken({
  name: 'okta',
  entity: 'OKTA',
  words: ['okta', 'ssws'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 40,
  max: 64,
  shape: (value) =>
    value.startsWith('00') ? /[a-z]/.test(value) : value.length === 64 && /\d/.test(value) && /[A-Z]/.test(value),
  assigned: 0.95,
  near: 0.85,
  hits: [
    { text: `Authorization: SSWS ${token}`, value: token, atLeast: 0.8 },
    { text: `OKTA_API_TOKEN=${token}`, value: token, atLeast: 0.8 },
  ],
  misses: [{ text: 'okta_api_token = <your-okta-api-token-goes-in-this-place-x>' }, { text: `okta_user_id=${token}` }],
});
