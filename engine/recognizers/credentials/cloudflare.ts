/**
 * Cloudflare: API keys and tokens of today's form (prefix, 40 characters, a checksum of 8 hexadecimal digits), keys of
 * the origin CA, and the forms before, which are plain runs beside the name.
 */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { crc32Hex } from '../../scan/checksums.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const WORD = byteSet('a-zA-Z0-9_-');

function valid(prefix: string): string {
  const body = exampleBody(40, 3);
  return assembled(prefix, '_', body, crc32Hex(body));
}

const unchecked = assembled('cf', 'at_', exampleBody(40, 5), '0123beef');

export const cloudflare = tokenRecognizer({
  name: 'cloudflare',
  entity: 'CLOUDFLARE',
  prefixes: ['cfk_', 'cfut_', 'cfat_'],
  body: WORD,
  min: 40,
  max: 64,
  score(body, prefix) {
    if (!isRandom(body)) return 0;
    const checked = body.slice(0, -8);
    // It is not published whether the checksum covers the prefix.
    if ([checked, prefix + checked].some((text) => crc32Hex(text) === body.slice(-8))) return 1;
    return /^[a-zA-Z0-9_-]{40}[0-9a-f]{8}$/.test(body) ? 0.95 : 0.8;
  },
  hits: [
    { text: `CF_API_TOKEN=${valid('cfut')}`, value: valid('cfut'), atLeast: 1 },
    { text: `X-Auth-Key: ${valid('cfk')}`, value: valid('cfk'), atLeast: 1 },
    { text: `"${unchecked}"`, value: unchecked, atLeast: 0.8 },
  ],
  misses: [{ text: 'cfk_config_of_the_worker' }, { text: assembled('cf', 'ut_', 'x'.repeat(48)) }],
});

const originKey = assembled('v1', '.0-', exampleBody(24, 3, HEX_DIGITS), '-', exampleBody(146, 5, HEX_DIGITS));

export const cloudflareOrigin = tokenRecognizer({
  name: 'cloudflare-origin-ca',
  entity: 'CLOUDFLARE',
  prefixes: ['v1.0-'],
  body: byteSet('0-9a-f-'),
  min: 160,
  max: 400,
  score: () => 0.9,
  hits: [{ text: `X-Auth-User-Service-Key: ${originKey}`, value: originKey, atLeast: 0.8 }],
  misses: [{ text: 'v1.0-beta' }, { text: `v1.0-${exampleBody(40, 3, HEX_DIGITS)}` }],
});

const tokenBefore = exampleBody(40, 7);
const globalKey = exampleBody(37, 9, HEX_DIGITS);

export const cloudflareNamed = assignedToken({
  name: 'cloudflare-named',
  entity: 'CLOUDFLARE',
  words: ['cloudflare', 'cf_api', 'cf_token', 'x-auth-key'],
  body: WORD,
  min: 37,
  max: 42,
  lengths: [37, 40, 42],
  shape: (value) => isRandom(value) && (value.length !== 37 || /^[0-9a-f]+$/.test(value)),
  hits: [
    { text: `CLOUDFLARE_API_TOKEN='${tokenBefore}'`, value: tokenBefore, atLeast: 0.8 },
    { text: `X-Auth-Key: ${globalKey}`, value: globalKey, atLeast: 0.8 },
    {
      text: `curl https://api.cloudflare.com/client/v4 -H "Authorization: Bearer ${tokenBefore}"`,
      value: tokenBefore,
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: `cloudflare commit ${exampleBody(40, 3, HEX_DIGITS)}` },
    { text: 'CLOUDFLARE_API_TOKEN=your-cloudflare-api-token-goes-right-here' },
  ],
});
