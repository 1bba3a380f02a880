/** Postman API keys: `PMAK-`, 24 hexadecimal digits, a dash and 34; access tokens `PMAT-`. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { tokenRecognizer } from '../../scan/token.ts';

const key = assembled('PM', 'AK-', '642a58a823faa300316566d1', '-6715a3a826ce5d5d62be8539d6ac357146');

export const postman = tokenRecognizer({
  name: 'postman',
  entity: 'POSTMAN',
  prefixes: ['PMAK-', 'PMAT-'],
  body: byteSet('a-zA-Z0-9-'),
  min: 24,
  max: 70,
  score: (body, prefix) =>
    prefix === 'PMAT-'
      ? /^[0-9A-Z]{26}$/.test(body)
        ? 0.9
        : 0
      : /^[0-9a-f]{24}-[0-9a-f]{34}$/i.test(body)
        ? 0.98
        : 0.5,
  hits: [
    { text: `X-API-Key: ${key}`, value: key, atLeast: 0.8 },
    { text: `('x-api-key', '${key}')`, value: key, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('PM', 'AK-', 'x'.repeat(24), '-', 'x'.repeat(34)) }, { text: 'PMAK-your-key' }],
});
