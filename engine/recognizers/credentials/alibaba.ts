/** Alibaba Cloud: access key ids (`LTAI`), and their secrets beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const ALNUM = byteSet('a-zA-Z0-9');
const id = assembled('LT', 'AI', exampleBody(20, 3));

export const alibabaKeyId = tokenRecognizer({
  name: 'alibaba-key-id',
  entity: 'ALIBABA',
  prefixes: ['LTAI'],
  body: ALNUM,
  min: 12,
  max: 20,
  score(body) {
    const isMixed = /[a-z]/.test(body) && /[A-Z]/.test(body) && (/\d/.test(body) || isRandom(body));
    if (isMixed && [12, 16, 20].includes(body.length)) return 0.9;
    return isRandom(body) && /[a-z]/.test(body) ? 0.6 : 0.3;
  },
  hits: [
    { text: `accessKeyId: ${id}`, value: id, atLeast: 0.8 },
    { text: `"${assembled('LT', 'AI', exampleBody(12, 9))}"`, value: assembled('LT', 'AI', exampleBody(12, 9)) },
  ],
  misses: [{ text: assembled('LT', 'AI', 'x'.repeat(20)) }, { text: 'LTAIRLINES' }],
});

const secret = exampleBody(30, 7);

export const alibabaSecret = assignedToken({
  name: 'alibaba-secret',
  entity: 'ALIBABA',
  words: ['alibaba', 'aliyun', 'alicloud', 'accesskeysecret', 'access_key_secret'],
  body: ALNUM,
  min: 30,
  max: 30,
  hits: [
    { text: `ALIBABA_CLOUD_ACCESS_KEY_SECRET=${secret}`, value: secret, atLeast: 0.8 },
    { text: `"accessKeySecret": "${secret}"`, value: secret, atLeast: 0.8 },
    { text: `alibaba_secret = ${secret}`, value: secret, atLeast: 0.8 },
  ],
  misses: [{ text: `alibaba request id: ${secret}` }, { text: `secret = ${secret}` }],
});
