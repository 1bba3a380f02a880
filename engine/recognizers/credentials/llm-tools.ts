/** Tools round models: LangSmith (tracing), Pinecone (vectors). */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { isRandom, UUID } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const personal = assembled('lsv2', '_pt_', exampleBody(32, 3, HEX_DIGITS), '_', exampleBody(10, 5, HEX_DIGITS));
const service = assembled('lsv2', '_sk_', exampleBody(32, 7, HEX_DIGITS), '_', exampleBody(10, 9, HEX_DIGITS));
const older = assembled('ls', '__', exampleBody(32, 11, HEX_DIGITS));

export const langSmith = tokenRecognizer({
  name: 'langsmith',
  entity: 'LANGSMITH',
  prefixes: ['lsv2_pt_', 'lsv2_sk_', 'ls__'],
  body: byteSet('0-9a-f_'),
  min: 32,
  max: 43,
  score: (body) => (/^[0-9a-f]{32}(?:_[0-9a-f]{10})?$/.test(body) ? 0.98 : 0.4),
  hits: [
    { text: `LANGSMITH_API_KEY=${personal}`, value: personal, atLeast: 0.8 },
    { text: `"x-api-key": "${service}"`, value: service, atLeast: 0.8 },
    { text: `LANGCHAIN_API_KEY=${older}`, value: older, atLeast: 0.8 },
  ],
  misses: [{ text: 'lsv2_pt_your_key' }, { text: assembled('lsv2', '_pt_', 'a'.repeat(32)) }],
});

const pineconeKey = assembled('pc', 'sk_', exampleBody(6, 3), '_', exampleBody(63, 5));

export const pinecone = tokenRecognizer({
  name: 'pinecone',
  entity: 'PINECONE',
  prefixes: ['pcsk_'],
  body: byteSet('a-zA-Z0-9_'),
  min: 50,
  max: 90,
  score: (body) => (isRandom(body) ? 0.98 : 0.3),
  hits: [{ text: `PINECONE_API_KEY=${pineconeKey}`, value: pineconeKey, atLeast: 0.8 }],
  misses: [{ text: 'pcsk_your_key' }, { text: assembled('pc', 'sk_', 'x'.repeat(70)) }],
});

const pineconeUuid = '7f3c1a9e-42b8-4d06-9e5b-c81d70f2a364';

export const pineconeNamed = assignedToken({
  name: 'pinecone-named',
  entity: 'PINECONE',
  words: ['pinecone'],
  body: byteSet('0-9a-f-'),
  min: 36,
  max: 36,
  shape: (value) => UUID.test(value),
  near: 0.4,
  hits: [
    { text: `PINECONE_API_KEY=${pineconeUuid}`, value: pineconeUuid, atLeast: 0.8 },
    { text: `pinecone.init(api_key="${pineconeUuid}")`, value: pineconeUuid, atLeast: 0.8 },
  ],
  misses: [{ text: `pinecone index id: ${pineconeUuid}` }, { text: `pinecone: ${pineconeUuid}` }],
});
