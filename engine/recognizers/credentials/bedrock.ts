/** API keys of Amazon Bedrock: long-term ones are base64 of `BedrockAPIKey-…`, short-term ones a presigned request. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

/** Base64 of `BedrockAPIKey-`, and of `bedrock.amazonaws.com`, with which they begin. */
const LONG_TERM = 'QmVkcm9ja0FQSUtleS';
const SHORT_TERM = 'YmVkcm9jay5hbWF6b25hd3MuY29t';

const longTerm = assembled('AB', 'SK', LONG_TERM, exampleBody(110, 3), '=');
const shortTerm = assembled('bedrock', '-api-key-', SHORT_TERM, exampleBody(200, 5));

export const awsBedrockKey = tokenRecognizer({
  name: 'aws-bedrock-key',
  entity: 'AWS_BEDROCK_KEY',
  prefixes: ['ABSK', 'bedrock-api-key-'],
  body: byteSet('a-zA-Z0-9+/'),
  isPadded: true,
  min: 80,
  max: 4000,
  score(body, prefix) {
    const isMarked = body.startsWith(prefix === 'ABSK' ? LONG_TERM : SHORT_TERM);
    return isMarked ? 0.99 : prefix === 'ABSK' ? 0.3 : 0.85;
  },
  hits: [
    { text: `AWS_BEARER_TOKEN_BEDROCK=${longTerm}`, value: longTerm, atLeast: 0.8 },
    { text: `Authorization: Bearer ${shortTerm}`, value: shortTerm, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('AB', 'SK', exampleBody(120, 3)) }, { text: 'bedrock-api-key-rotation' }],
});
