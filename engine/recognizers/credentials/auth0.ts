/** Auth0: client secrets of 64 characters beside the name or the domain. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { exampleBody } from '../../scan/token.ts';

const secret = exampleBody(64);

export const auth0 = assignedToken({
  name: 'auth0',
  entity: 'AUTH0',
  words: ['auth0'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 43,
  max: 90,
  hits: [
    { text: `AUTH0_CLIENT_SECRET=${secret}`, value: secret, atLeast: 0.8 },
    { text: `url = "https://demo.eu.auth0.com/oauth/token"\nclient_secret: "${secret}"`, value: secret, atLeast: 0.8 },
  ],
  misses: [{ text: `AUTH0_AUDIENCE_ID=${secret}` }, { text: 'AUTH0_CLIENT_SECRET=your-client-secret' }],
});
