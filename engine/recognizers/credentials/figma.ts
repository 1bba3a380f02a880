/** Figma: personal access tokens and OAuth tokens, by prefix. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const personal = assembled('fig', 'd_', exampleBody(40));

export const figma = tokenRecognizer({
  name: 'figma',
  entity: 'FIGMA',
  prefixes: ['figd_', 'figdr_', 'figdh_', 'figo_', 'figor_', 'figu_', 'figuh_', 'figur_'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 36,
  max: 60,
  score: (body) => (/\d/.test(body) && /[A-Z]/.test(body) ? 0.97 : 0.3),
  hits: [
    { text: `X-Figma-Token: ${personal}`, value: personal, atLeast: 0.8 },
    { text: `"figma": "${personal}"`, value: personal, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('fig', 'd_', 'x'.repeat(40)) }, { text: 'figd_token' }],
});
