/** Anthropic keys: API, admin, and the access and refresh tokens of its coding agent. */
import { byteSet } from '../../scan/bytes.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const api = assembled('sk', '-ant-', 'api03-', exampleBody(93), 'AA');
const admin = assembled('sk', '-ant-', 'admin01-', exampleBody(93, 3), 'AA');

export const anthropicKey = tokenRecognizer({
  name: 'anthropic-key',
  entity: 'ANTHROPIC_KEY',
  prefixes: ['sk-ant-'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 32,
  max: 260,
  score(body) {
    const form = /^(?:api|admin|oat|ort|sid)\d{2,3}-(.*)$/s.exec(body);
    if (form === null) return /\d/.test(body) && /[A-Z]/.test(body) ? 0.75 : 0;
    return form[1]?.length === 95 && body.endsWith('AA') ? 0.98 : 0.85;
  },
  hits: [
    { text: `x-api-key: ${api}`, value: api, atLeast: 0.8 },
    { text: `ANTHROPIC_ADMIN_KEY='${admin}'`, value: admin, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled('sk', '-ant-', 'api03-', 'x'.repeat(95)) },
    { text: 'sk-ant-api03-your-api-key-here-and-more-of-it-until-long' },
    { text: 'sk-ant-api03-...' },
  ],
});
