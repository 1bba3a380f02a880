/** Lines of `.env` files whose name says secret: `STRIPE_KEY=…`, `export DB_PASS=…`. Less sure of a value than its own kinds are. */
import { byteAt, byteSet, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { noiseOf } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

const NAME = byteSet('A-Z0-9_');
const MAX_VALUE = 2000;
const SECRET =
  /(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD|PASS|PWD|CREDENTIALS?|PASSPHRASE|PEPPER|SALT|APIKEY|PAT|SIGNING|ENCRYPTION)(?:_(?:PROD|PRODUCTION|DEV|LIVE|TEST|STAGING|BASE|BASE64|B64|\d+))?$/;
const HARMLESS = /PUBLIC|PUBLISHABLE|SITE_KEY|KEY_ID|SORT_KEY|CACHE_KEY|ANON/;

const value = assembled('h7Kd2', 'Lm9-x4');

export const dotenvAssignment: Recognizer = {
  name: 'dotenv-assignment',
  entity: 'DOTENV_ASSIGNMENT',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_VALUE },
  cues: [
    'KEY=',
    'SECRET=',
    'TOKEN=',
    'PASSWORD=',
    '_PASS=',
    '_PWD=',
    'CREDENTIALS=',
    'PASSPHRASE=',
    'SALT=',
    'PEPPER=',
    '_BASE=',
    '_PROD=',
    '_PAT=',
  ].map((literal) => ({ literal, exact: true })),
  findAtCue(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const from = runStart(text, start, NAME, 60);
    const before = byteAt(text, from - 1);
    const isLine =
      from === 0 ||
      before === 0x0a ||
      (before === 0x6e && byteAt(text, from - 2) === 0x5c) ||
      /(?:^|\n|\\n)[ \t]*(?:export|set|ENV|ARG) +$/.test(passage.ascii(from - 12, from));
    if (!isLine) return;
    const quote = byteAt(text, end);
    const isQuoted = quote === 0x22 || quote === 0x27;
    const at = isQuoted ? end + 1 : end;
    let to = at;
    const last = Math.min(text.length, at + MAX_VALUE);
    while (
      to < last &&
      (isQuoted ? text[to] !== quote && text[to] !== 0x0a : (text[to] ?? 0) > 0x20 && text[to] !== 0x5c)
    )
      to++;
    if (to - at < 8 || to === last) return;
    const name = passage.ascii(from, end - 1);
    const written = passage.slice(at, to);
    if (!SECRET.test(name) || HARMLESS.test(name) || isPlaceholder(written) || isReference(written)) return;
    if (/^(?:\.{0,2}|~)\/|:\/\//.test(written)) return;
    const noise = noiseOf(written);
    if (noise < 5 || noise < written.length * 0.3) return;
    passage.report(dotenvAssignment, at, to, /\d/.test(written) ? 0.52 : 0.5);
  },
  hits: [
    { text: `NODE_ENV=production\nSESSION_SALT=${value}\nPORT=1`, value },
    { text: `export VENDOR_KEY="${value}"`, value },
  ],
  misses: [
    { text: 'API_KEY=your-api-key-here' },
    { text: 'SECRET_KEY=${SECRET_KEY}' },
    { text: 'KEY=some-plain-words-only' },
    { text: `const X = { KEY=${value} }` },
    { text: 'PASSWORD=password' },
    { text: `RECAPTCHA_SITE_KEY=${value}` },
  ],
};
