/**
 * Hosts of models whose keys have a prefix of their own: Cerebras, Fireworks, Groq, Hugging Face, NVIDIA, OpenRouter,
 * Perplexity, Replicate, Together, xAI.
 */

import { byteSet } from '../../scan/bytes.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS, tokenRecognizer } from '../../scan/token.ts';

const ALNUM = byteSet('a-zA-Z0-9');
const WORD = byteSet('a-zA-Z0-9_-');
const HEX = byteSet('0-9a-f');

const cerebrasKey = assembled('cs', 'k-', exampleBody(48, 5).toLowerCase());

export const cerebras = tokenRecognizer({
  name: 'cerebras',
  entity: 'CEREBRAS',
  prefixes: ['csk-'],
  body: ALNUM,
  min: 40,
  max: 64,
  score: (body) => (isRandom(body) ? (body.length === 48 ? 0.95 : 0.8) : 0.3),
  hits: [{ text: `CEREBRAS_API_KEY=${cerebrasKey}`, value: cerebrasKey, atLeast: 0.8 }],
  misses: [{ text: 'csk-your-key' }, { text: assembled('cs', 'k-', 'x'.repeat(48)) }],
});

const fireworksKey = assembled('f', 'w_', exampleBody(24, 9));

export const fireworks = tokenRecognizer({
  name: 'fireworks',
  entity: 'FIREWORKS',
  prefixes: ['fw_', 'fpk_'],
  body: ALNUM,
  min: 22,
  max: 40,
  score: (body) => (isRandom(body) && /[a-z]/.test(body) && /[A-Z]/.test(body) ? 0.85 : 0.3),
  hits: [{ text: `FIREWORKS_API_KEY="${fireworksKey}"`, value: fireworksKey, atLeast: 0.8 }],
  misses: [{ text: 'fw_update_available' }, { text: assembled('f', 'w_', 'x'.repeat(24)) }],
});

const groqKey = assembled('gs', 'k_', exampleBody(52, 3));

export const groq = tokenRecognizer({
  name: 'groq',
  entity: 'GROQ',
  prefixes: ['gsk_'],
  body: ALNUM,
  min: 48,
  max: 60,
  score: (body) => (isRandom(body) ? (body.length === 52 ? 0.98 : 0.8) : 0.3),
  hits: [{ text: `{"api_key": "${groqKey}"}`, value: groqKey, atLeast: 0.8 }],
  misses: [{ text: 'gsk_...' }, { text: assembled('gs', 'k_', 'x'.repeat(52)) }],
});

const LETTERS = 'aBdEfGhJkLmNpQrStUvWxYzCiOo';
const huggingFaceToken = assembled('h', 'f_', exampleBody(34, 7, LETTERS));
const organisationToken = assembled('api', '_org_', exampleBody(34, 5, LETTERS));

export const huggingFace = tokenRecognizer({
  name: 'huggingface',
  entity: 'HUGGINGFACE',
  prefixes: ['hf_', 'api_org_', 'hf_oauth_', 'hf_jwt_'],
  body: byteSet('a-zA-Z0-9_.-'),
  min: 30,
  max: 2000,
  score(body, prefix) {
    if (prefix === 'hf_oauth_' || prefix === 'hf_jwt_') return body.startsWith('eyJ') ? 0.98 : 0.6;
    if (!/^[a-zA-Z0-9]{30,40}$/.test(body) || !/[a-z]/.test(body) || !/[A-Z]/.test(body)) return 0;
    return body.length === 34 ? 0.95 : 0.75;
  },
  hits: [
    { text: `HF_TOKEN:"${huggingFaceToken}"`, value: huggingFaceToken, atLeast: 0.8 },
    { text: `--token ${organisationToken}`, value: organisationToken, atLeast: 0.8 },
  ],
  misses: [
    { text: 'hf_hub_download_with_a_name_that_is_long' },
    { text: assembled('h', 'f_', 'x'.repeat(34)) },
    { text: 'hf_your_token_here' },
  ],
});

const nvidiaKey = assembled('nva', 'pi-', exampleBody(40, 3), '-', exampleBody(23, 5));

export const nvidiaNgc = tokenRecognizer({
  name: 'nvidia-ngc',
  entity: 'NVIDIA_NGC',
  prefixes: ['nvapi-'],
  body: WORD,
  min: 55,
  max: 100,
  score: (body) => (isRandom(body) ? 0.98 : 0.3),
  hits: [{ text: `NVIDIA_API_KEY=${nvidiaKey}`, value: nvidiaKey, atLeast: 0.8 }],
  misses: [{ text: 'nvapi-your-key-here' }, { text: assembled('nva', 'pi-', 'x'.repeat(64)) }],
});

const openRouterKey = assembled('sk', '-or-v1-', exampleBody(64, 3, HEX_DIGITS));

export const openRouter = tokenRecognizer({
  name: 'openrouter',
  entity: 'OPENROUTER',
  prefixes: ['sk-or-v1-', 'sk-or-'],
  body: ALNUM,
  min: 32,
  max: 80,
  score: (body) => (/^[0-9a-f]{64}$/.test(body) ? 0.98 : isRandom(body) ? 0.8 : 0.3),
  hits: [{ text: `Bearer ${openRouterKey}`, value: openRouterKey, atLeast: 0.8 }],
  misses: [{ text: 'sk-or-v1-your-key' }, { text: assembled('sk', '-or-v1-', 'x'.repeat(64)) }],
});

const perplexityKey = assembled('pp', 'lx-', exampleBody(48, 3));

export const perplexity = tokenRecognizer({
  name: 'perplexity',
  entity: 'PERPLEXITY',
  prefixes: ['pplx-'],
  body: ALNUM,
  min: 40,
  max: 64,
  score: (body) => (isRandom(body) ? (body.length === 48 || body.length === 56 ? 0.98 : 0.8) : 0.3),
  hits: [{ text: `PPLX_KEY=${perplexityKey}`, value: perplexityKey, atLeast: 0.8 }],
  misses: [{ text: 'pplx-7b-online' }, { text: assembled('pp', 'lx-', 'x'.repeat(48)) }],
});

const replicateToken = assembled('r', '8_', exampleBody(37, 3));

export const replicate = tokenRecognizer({
  name: 'replicate',
  entity: 'REPLICATE',
  prefixes: ['r8_'],
  body: ALNUM,
  min: 35,
  max: 48,
  score: (body) => (isRandom(body) ? (body.length === 37 ? 0.95 : 0.75) : 0.3),
  hits: [{ text: `REPLICATE_API_TOKEN=${replicateToken}`, value: replicateToken, atLeast: 0.8 }],
  misses: [{ text: 'r8_register' }, { text: assembled('r', '8_', 'x'.repeat(37)) }],
});

const xaiKey = assembled('xa', 'i-', exampleBody(80, 3));

export const xai = tokenRecognizer({
  name: 'xai',
  entity: 'XAI',
  prefixes: ['xai-'],
  body: WORD,
  min: 60,
  max: 120,
  score: (body) => (isRandom(body) ? (body.length === 80 ? 0.98 : 0.85) : 0.3),
  hits: [{ text: `XAI_API_KEY=${xaiKey}`, value: xaiKey, atLeast: 0.8 }],
  misses: [{ text: 'xai-your-api-key' }, { text: assembled('xa', 'i-', 'x'.repeat(80)) }],
});

const togetherKey = assembled('tg', 'p_v1_', exampleBody(43, 3));

export const together = tokenRecognizer({
  name: 'together',
  entity: 'TOGETHER',
  prefixes: ['tgp_v1_'],
  body: WORD,
  min: 40,
  max: 60,
  score: (body) => (isRandom(body) ? 0.98 : 0.3),
  hits: [{ text: `TOGETHER_API_KEY=${togetherKey}`, value: togetherKey, atLeast: 0.8 }],
  misses: [{ text: 'tgp_v1_your_key' }, { text: assembled('tg', 'p_v1_', 'x'.repeat(43)) }],
});

const elevenLabsKey = assembled('s', 'k_', exampleBody(48, 11, HEX_DIGITS));

export const elevenLabs = tokenRecognizer({
  name: 'elevenlabs',
  entity: 'ELEVENLABS',
  prefixes: ['sk_'],
  body: HEX,
  min: 48,
  max: 48,
  score: (body) => (isRandom(body) ? 0.9 : 0.3),
  hits: [{ text: `xi-api-key: ${elevenLabsKey}`, value: elevenLabsKey, atLeast: 0.8 }],
  misses: [
    { text: assembled('s', 'k_', 'a'.repeat(48)) },
    { text: assembled('s', 'k_', exampleBody(47, 3, HEX_DIGITS)) },
  ],
});
