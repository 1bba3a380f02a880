/** Shopify: tokens of apps, private apps and partners, and shared secrets; a prefix of its own each, then 32 hexadecimal digits. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const admin = assembled('shp', 'at_', '9f01726eebe77df2c096a65e95acdd02');
const shared = assembled('shp', 'ss_', '7b4b39ab0c003bce81e2d0fb33b19ffa');

export const shopify = tokenRecognizer({
  name: 'shopify',
  entity: 'SHOPIFY',
  prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shptka_', 'shpua_', 'shprt_', 'shpit_', 'atkn_2.'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 32,
  max: 160,
  score: (body, prefix) =>
    prefix === 'atkn_2.' ? (/\d/.test(body) ? 0.7 : 0) : /^[0-9a-fA-F]{32}$/.test(body) ? 0.98 : 0.6,
  hits: [
    { text: `X-Shopify-Access-Token: ${admin}`, value: admin, atLeast: 0.8 },
    { text: `app_secret: "${shared}"`, value: shared, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('shp', 'at_', 'x'.repeat(32)) }, { text: 'shpat_token' }, { text: `a${admin}` }],
});
