/**
 * Grafana: service-account tokens (which end in a CRC-32 in hexadecimal), access-policy tokens of its cloud and the API
 * keys of before, base64 of a JSON object. A right CRC is certain; a wrong one does not hide the token.
 */
import { crc32 } from 'node:zlib';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const secret = exampleBody(32);
const account = assembled('gl', 'sa_', secret, '_', checksumOf(`glsa_${secret}`));
const cloud = assembled(
  'gl',
  'c_',
  Buffer.from(`{"o":"123456","n":"ci-token","k":"${exampleBody(24)}","m":{"r":"us"}}`).toString('base64'),
);
const legacy = Buffer.from(`{"k":"${exampleBody(32)}","n":"ci","id":1}`).toString('base64');

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

export const grafana = tokenRecognizer({
  name: 'grafana',
  entity: 'GRAFANA',
  prefixes: ['glsa_', 'glc_', 'eyJrIjoi'],
  body: byteSet('a-zA-Z0-9_+/='),
  min: 32,
  max: 400,
  score(body, prefix) {
    if (prefix === 'glsa_') {
      const form = /^([A-Za-z0-9]{32})_([0-9a-f]{8})$/i.exec(body);
      if (form === null) return 0.5;
      const sum = form[2]?.toLowerCase();
      return sum === checksumOf(`glsa_${form[1]}`) || sum === checksumOf(form[1] ?? '') ? 1 : 0.85;
    }
    if (prefix === 'glc_') return body.startsWith('eyJ') ? 0.95 : 0.6;
    const json = Buffer.from(prefix + body, 'base64').toString('latin1');
    return /^\{"k":"[^"]{20,}","n":"/.test(json) ? 0.95 : 0;
  },
  hits: [
    { text: `Authorization: Bearer ${account}`, value: account, atLeast: 1 },
    {
      text: `GRAFANA_TOKEN=${assembled('gl', 'sa_', secret, '_', '0a1b2c3d')}`,
      value: assembled('gl', 'sa_', secret, '_', '0a1b2c3d'),
    },
    { text: `"${cloud}"`, value: cloud, atLeast: 0.8 },
    { text: `api key ${legacy}`, value: legacy, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('gl', 'sa_', 'x'.repeat(32), '_', '00000000') },
    { text: 'glc_version' },
    { text: 'eyJrIjoiYWJj' },
  ],
});
