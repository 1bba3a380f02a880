/** Figma: personal access tokens and OAuth tokens, by prefix. */
import { assignedToken } from '../../scan/assigned-token.ts';
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

const named = assembled('fig', 'd_', exampleBody(34, 5).toLowerCase(), 'abcdef');

/** Under the name also such as have been made by hand. */
export const figmaNamed = assignedToken({
  name: 'figma-named',
  entity: 'FIGMA',
  words: ['figma'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 40,
  max: 66,
  shape: (value) => /^fig(?:[dou]|[do]r|[du]h|ur)_(?=.*\d)[\w-]{36,60}$/.test(value),
  near: 0.8,
  hits: [{ text: `figma access token: ${named}`, value: named, atLeast: 0.8 }],
  misses: [{ text: assembled('figma token: fig', 'd_', 'x'.repeat(40)) }, { text: `token: ${named}` }],
});

const elder = '1394-0ca7a5be-8e22-40ee-8c40-778d41ab2313';

/** Tokens of before were a number and a UUID. */
export const figmaElder = assignedToken({
  name: 'figma-elder',
  entity: 'FIGMA',
  words: ['figma'],
  body: byteSet('a-f0-9-'),
  min: 38,
  max: 46,
  shape: (value) => /^\d{1,9}-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value),
  hits: [{ text: `--header='X-Figma-Token: ${elder}'`, value: elder, atLeast: 0.8 }],
  misses: [{ text: `figma node ${elder}` }, { text: 'figma_token: 0ca7a5be-8e22-40ee-8c40-778d41ab2313' }],
});
