/** OpenAI keys: all since 2022 hold `T3BlbkFJ` (base64 of OpenAI); the project, service-account and admin forms are known by their prefix. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const MARK = 'T3BlbkFJ';

const user = assembled('sk', '-', exampleBody(20), 'T3Blbk', 'FJ', exampleBody(20, 3));
const project = assembled('sk', '-proj-', exampleBody(74), 'T3Blbk', 'FJ', exampleBody(74, 3));
const service = assembled('sk', '-svcacct-', exampleBody(58), 'T3Blbk', 'FJ', exampleBody(58, 3));
const old = assembled('sk', '-', exampleBody(48, 5));

export const openaiKey = tokenRecognizer({
  name: 'openai-key',
  entity: 'OPENAI_KEY',
  prefixes: ['sk-'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 32,
  max: 260,
  score(body) {
    if (body.startsWith('ant-') || body.startsWith('or-')) return 0;
    const isNamed = /^(?:proj|svcacct|admin|None)-/.test(body);
    if (body.includes(MARK)) return isNamed || body.length === 48 ? 0.98 : 0.85;
    if (isNamed) return body.length >= 40 && isMixed(body) ? 0.85 : 0;
    // Before the mark, and at vendors that copied the form.
    return /^[a-zA-Z0-9]+$/.test(body) && isMixed(body) ? 0.7 : 0;
  },
  hits: [
    { text: `OPENAI_API_KEY=${user}`, value: user, atLeast: 0.8 },
    { text: `Authorization: Bearer ${project}`, value: project, atLeast: 0.8 },
    { text: `key ${service}.`, value: service, atLeast: 0.8 },
    { text: `"${old}"`, value: old },
  ],
  misses: [
    { text: assembled('sk', '-', 'x'.repeat(48)) },
    { text: 'class="sk-circle-fade-dot-animation-wrapper-element"' },
    { text: `ri${assembled('sk', '-', exampleBody(48))}` },
    { text: 'sk-proj-your-key-here-please-replace-it-before-you-run' },
  ],
});

function isMixed(body: string): boolean {
  return /[a-z]/.test(body) && /\d.*\d/.test(body) && (/[A-Z]/.test(body) || /^[0-9a-f]+$/.test(body));
}
