/** Hosts of applications: Fly.io, Netlify, Render. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const WORD = byteSet('a-zA-Z0-9_-');

const macaroon = assembled('fm', '2_', 'lJPECAAAAAAA', exampleBody(120, 3), '==');
const organisation = assembled('fo', '1_', exampleBody(43, 5));

export const flyio = tokenRecognizer({
  name: 'flyio',
  entity: 'FLYIO',
  prefixes: ['fm1r_', 'fm1a_', 'fm2_', 'fo1_'],
  body: byteSet('a-zA-Z0-9+/_-'),
  isPadded: true,
  min: 43,
  max: 4000,
  score: (body, prefix) =>
    !isRandom(body) ? 0 : prefix === 'fo1_' ? (body.length === 43 ? 0.95 : 0.4) : body.length >= 80 ? 0.98 : 0.7,
  hits: [
    { text: `FLY_API_TOKEN="FlyV1 ${macaroon},${macaroon}"`, value: macaroon, atLeast: 0.8 },
    { text: `fly auth --access-token ${organisation}`, value: organisation, atLeast: 0.8 },
  ],
  misses: [{ text: 'fm2_band_radio_station' }, { text: assembled('fo', '1_', 'x'.repeat(43)) }],
});

const netlifyToken = assembled('nf', 'p_', exampleBody(36, 3));

export const netlify = tokenRecognizer({
  name: 'netlify',
  entity: 'NETLIFY',
  prefixes: ['nfp_', 'nfc_', 'nfo_', 'nfb_', 'nfu_'],
  body: byteSet('a-zA-Z0-9'),
  min: 34,
  max: 48,
  score: (body) => (!isRandom(body) ? 0 : body.length === 36 ? 0.95 : 0.75),
  hits: [{ text: `NETLIFY_AUTH_TOKEN=${netlifyToken}`, value: netlifyToken, atLeast: 0.8 }],
  misses: [{ text: 'nfc_reader_enabled' }, { text: assembled('nf', 'p_', 'x'.repeat(36)) }],
});

const netlifyHex = exampleBody(64, 5, HEX_DIGITS);
const netlifyBefore = exampleBody(43, 7);

export const netlifyNamed = assignedToken({
  name: 'netlify-named',
  entity: 'NETLIFY',
  words: ['netlify'],
  body: WORD,
  min: 43,
  max: 64,
  lengths: [43, 44, 45, 46, 63, 64],
  hits: [
    { text: `netlify_token=${netlifyHex}`, value: netlifyHex, atLeast: 0.8 },
    { text: `NETLIFY_AUTH_TOKEN: ${netlifyBefore}`, value: netlifyBefore, atLeast: 0.8 },
  ],
  misses: [{ text: `netlify deploy id: ${netlifyHex}` }, { text: `netlify build sha256=${netlifyHex}` }],
});

const renderKey = assembled('rn', 'd_', exampleBody(28, 3));

export const render = tokenRecognizer({
  name: 'render',
  entity: 'RENDER',
  prefixes: ['rnd_'],
  body: byteSet('a-zA-Z0-9'),
  min: 24,
  max: 40,
  score: (body) => (!isRandom(body) || !/[A-Z]/.test(body) ? 0.3 : body.length >= 28 ? 0.9 : 0.7),
  hits: [{ text: `RENDER_API_KEY=${renderKey}`, value: renderKey, atLeast: 0.8 }],
  misses: [{ text: 'rnd_seed_of_the_generator' }, { text: assembled('rn', 'd_', 'x'.repeat(28)) }],
});
