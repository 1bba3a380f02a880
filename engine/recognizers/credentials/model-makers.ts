/** Makers of models whose keys are plain runs of letters and digits: Cohere, DeepSeek, ElevenLabs, Mistral, Together. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const ALNUM = byteSet('a-zA-Z0-9');
const HEX = byteSet('0-9a-f');

const cohereKey = exampleBody(40, 13);

export const cohere = assignedToken({
  name: 'cohere',
  entity: 'COHERE',
  words: ['cohere', 'co_api_key'],
  body: ALNUM,
  min: 40,
  max: 40,
  hits: [
    { text: `COHERE_API_KEY=${cohereKey}`, value: cohereKey, atLeast: 0.8 },
    { text: `co = cohere.Client("${cohereKey}")`, value: cohereKey },
    { text: cohereKey, label: 'CO_API_KEY', value: cohereKey, atLeast: 0.8 },
  ],
  misses: [
    { text: `cohere commit ${exampleBody(40, 3, HEX_DIGITS)}` },
    { text: 'COHERE_API_KEY=your-cohere-api-key' },
    { text: cohereKey },
  ],
});

const deepSeekKey = assembled('s', 'k-', exampleBody(32, 17, HEX_DIGITS));

export const deepSeek = tokenRecognizer({
  name: 'deepseek',
  entity: 'DEEPSEEK',
  prefixes: ['sk-'],
  body: HEX,
  min: 32,
  max: 32,
  // Others copied the form; without the name it is OpenAI's as much as DeepSeek's.
  score: (body, _prefix, isInContext) => (isInContext && isRandom(body) ? 0.95 : 0.4),
  context: contextWords('deepseek', 'deep seek'),
  hits: [
    { text: `DEEPSEEK_API_KEY=${deepSeekKey}`, value: deepSeekKey, atLeast: 0.8 },
    { text: deepSeekKey, label: 'deepseekKey', value: deepSeekKey, atLeast: 0.8 },
  ],
  misses: [{ text: `key ${deepSeekKey}` }, { text: `deepseek ${assembled('s', 'k-', 'a'.repeat(32))}` }],
});

const elevenLabsHex = exampleBody(32, 19, HEX_DIGITS);

export const elevenLabsNamed = assignedToken({
  name: 'elevenlabs-named',
  entity: 'ELEVENLABS',
  words: ['elevenlabs', 'eleven_labs', 'eleven_api', 'xi-api-key', 'xi_api_key'],
  body: HEX,
  min: 32,
  max: 32,
  hits: [
    { text: `xi-api-key: ${elevenLabsHex}`, value: elevenLabsHex, atLeast: 0.8 },
    { text: `ELEVENLABS_API_KEY="${elevenLabsHex}"`, value: elevenLabsHex, atLeast: 0.8 },
  ],
  misses: [{ text: `elevenlabs voice_id: ${elevenLabsHex}` }, { text: `elevenlabs ${elevenLabsHex}` }],
});

const mistralKey = exampleBody(32, 23);

export const mistral = assignedToken({
  name: 'mistral',
  entity: 'MISTRAL',
  words: ['mistral', 'codestral'],
  body: ALNUM,
  min: 32,
  max: 32,
  hits: [
    { text: `MISTRAL_API_KEY=${mistralKey}`, value: mistralKey, atLeast: 0.8 },
    { text: `client = Mistral(api_key='${mistralKey}')`, value: mistralKey, atLeast: 0.8 },
    {
      text: `curl https://api.mistral.ai/v1/models -H "Authorization: Bearer ${mistralKey}"`,
      value: mistralKey,
      atLeast: 0.8,
    },
  ],
  misses: [
    { text: `mistral model sha: ${exampleBody(32, 3, HEX_DIGITS)}` },
    { text: 'MISTRAL_API_KEY=${MISTRAL_API_KEY}' },
    { text: mistralKey },
  ],
});

const togetherHex = exampleBody(64, 29, HEX_DIGITS);

export const togetherNamed = assignedToken({
  name: 'together-named',
  entity: 'TOGETHER',
  words: ['together api', 'together ai', 'together.xyz', 'together key', 'together token'],
  body: HEX,
  min: 64,
  max: 64,
  hits: [
    { text: `TOGETHER_API_KEY=${togetherHex}`, value: togetherHex, atLeast: 0.8 },
    {
      text: `curl -H "Authorization: Bearer ${togetherHex}" https://api.together.xyz/v1`,
      value: togetherHex,
      atLeast: 0.8,
    },
  ],
  misses: [{ text: `together.ai sha256: ${togetherHex}` }, { text: `put together: ${togetherHex}` }],
});
