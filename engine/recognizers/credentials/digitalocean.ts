/** DigitalOcean: personal, OAuth and refresh tokens, and keys of its object store. */

import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const token = (prefix: string): string => assembled(prefix, '_v1_', exampleBody(64, 3, HEX_DIGITS));

export const digitalOcean = tokenRecognizer({
  name: 'digitalocean',
  entity: 'DIGITALOCEAN',
  prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
  body: byteSet('0-9a-f'),
  min: 64,
  max: 64,
  score: () => 0.99,
  hits: [
    { text: `token = "${token('dop')}"`, value: token('dop'), atLeast: 0.8 },
    { text: `Authorization: Bearer ${token('doo')}`, value: token('doo'), atLeast: 0.8 },
    { text: `"refresh_token":"${token('dor')}"`, value: token('dor'), atLeast: 0.8 },
  ],
  misses: [{ text: 'dop_v1_token' }, { text: assembled('dop', '_v1_', 'a'.repeat(64)) }],
});

const spacesKey = assembled('DO', '00', exampleBody(16, 5).toUpperCase());

export const digitalOceanSpaces = tokenRecognizer({
  name: 'digitalocean-spaces',
  entity: 'DIGITALOCEAN',
  prefixes: ['DO00', 'DO801'],
  body: byteSet('A-Z0-9'),
  min: 15,
  max: 16,
  score: (body, _prefix, isInContext) => (!isRandom(body) ? 0.2 : isInContext ? 0.9 : 0.6),
  context: contextWords('digitalocean', 'spaces', 'droplet', 's3', 'do'),
  hits: [{ text: `SPACES_ACCESS_KEY_ID=${spacesKey}`, value: spacesKey, atLeast: 0.8 }],
  misses: [{ text: 'DO00' }, { text: `X${spacesKey}` }],
});
