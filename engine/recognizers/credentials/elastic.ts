/** Elastic: API keys (base64 of an id, a colon and a key) in their header or beside the name, and keys of its cloud (`essu_`). */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const key = Buffer.from(`${exampleBody(20)}:${exampleBody(22, 3)}`).toString('base64');
const cloud = assembled('es', 'su_', Buffer.from(`${exampleBody(20)}:${exampleBody(22, 5)}`).toString('base64'));

function isKey(value: string): boolean {
  return /^[\w-]{18,24}:[\w-]{20,24}$/.test(Buffer.from(value, 'base64').toString('latin1'));
}

export const elastic = assignedToken({
  name: 'elastic',
  entity: 'ELASTIC',
  words: ['elastic', 'apikey ', 'kibana', 'es_api_key'],
  body: byteSet('a-zA-Z0-9+/'),
  isPadded: true,
  min: 54,
  max: 66,
  shape: isKey,
  assigned: 0.97,
  near: 0.9,
  hits: [
    { text: `Authorization: ApiKey ${key}`, value: key, atLeast: 0.8 },
    { text: `ELASTIC_API_KEY=${key}`, value: key, atLeast: 0.8 },
  ],
  misses: [{ text: `elastic_api_key=${exampleBody(60)}` }, { text: 'Authorization: ApiKey your-api-key' }],
});

export const elasticCloud = tokenRecognizer({
  name: 'elastic-cloud',
  entity: 'ELASTIC',
  prefixes: ['essu_'],
  body: byteSet('a-zA-Z0-9+/='),
  min: 40,
  max: 120,
  score: (body) => (isKey(body) ? 0.98 : 0.7),
  hits: [{ text: `EC_API_KEY=${cloud}`, value: cloud, atLeast: 0.8 }],
  misses: [{ text: 'essu_key' }, { text: assembled('es', 'su_', 'x'.repeat(60)) }],
});
