/**
 * Twilio: API keys (`SK` and 32 hexadecimal digits) with their secrets, and the auth token of an account. An account's
 * SID (`AC…`) is no secret; it reaches medium only where Twilio is named.
 */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isWord, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const hex = '9b4cc552783500ace5414a1ed3e9fd1a';
const key = assembled('S', 'K', hex);

export const twilioSid: Recognizer = {
  name: 'twilio-sid',
  entity: 'TWILIO',
  category: 'credential',
  countries: [],
  runs: { min: 34, max: 34 },
  context: contextWords('twilio, account sid, api key sid'),
  findRun(passage: Passage, start: number, end: number): void {
    const text = passage.text;
    const second = byteAt(text, start + 1);
    const isKey = byteAt(text, start) === 0x53 && second === 0x4b;
    if (!isKey && !(byteAt(text, start) === 0x41 && second === 0x43)) return;
    if (touchesWordBefore(text, start) || isWord(byteAt(text, end))) return;
    const digits = passage.ascii(start + 2, end);
    if (!/^(?:[0-9a-f]{32}|[0-9A-F]{32})$/.test(digits) || isPlaceholder(digits)) return;
    if (isKey) passage.report(twilioSid, start, end, 0.75, 0.95);
    else passage.report(twilioSid, start, end, 0.3, 0.55);
  },
  hits: [
    { text: `TWILIO_API_KEY=${key}`, value: key, atLeast: 0.8 },
    { text: `sid: '${key}'`, value: key },
  ],
  misses: [{ text: assembled('A', 'C', hex) }, { text: `SK${'0'.repeat(32)}` }, { text: `SK${exampleBody(32)}` }],
};

const secret = exampleBody(32);

export const twilioSecret = assignedToken({
  name: 'twilio-secret',
  entity: 'TWILIO',
  words: ['twilio'],
  body: byteSet('a-zA-Z0-9'),
  min: 32,
  max: 32,
  hits: [
    { text: `TWILIO_AUTH_TOKEN=${hex}`, value: hex, atLeast: 0.8 },
    { text: `const twilioApiKeySecret = '${secret}';`, value: secret, atLeast: 0.8 },
  ],
  misses: [{ text: `TWILIO_FLOW_ID=${hex}` }, { text: 'twilio_auth_token = "your_auth_token"' }],
});
