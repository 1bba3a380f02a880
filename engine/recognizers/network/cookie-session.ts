/**
 * Sessions in cookies (RFC 6265 §4): in a Cookie or Set-Cookie header, or under the names that frameworks give them. Whoever
 * has the value is signed in.
 */
import { byteAt, byteSet, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { looksRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

/** cookie-octet and what frameworks encode theirs with. */
const VALUE = byteSet('A-Za-z0-9!#$%&()*+./:<=>?@^_`{|}~-');
const NAME = byteSet('A-Za-z0-9_.-');
const MAX_VALUE = 4096;
const MAX_HEADER = 8192;
const SESSION = /(?:sess(?:ion)?|sid|auth|token|jwt|login|remember|identity|sso)(?:[_.-]?(?:id|key|me|v?\d+))?$/i;

const value = exampleBody(26).toLowerCase();
const long = exampleBody(40);

export const cookieSession: Recognizer = {
  name: 'cookie-session',
  entity: 'COOKIE_SESSION',
  category: 'credential',
  countries: [],
  cues: [
    { literal: 'cookie:' },
    { literal: 'cookie": "' },
    { literal: 'phpsessid=' },
    { literal: 'jsessionid=' },
    { literal: 'sessionid=' },
    { literal: 'session_id=' },
    { literal: 'connect.sid=' },
    { literal: '_session=' },
  ],
  findAtCue(passage: Passage, start: number, end: number): void {
    if (passage.isRead('cookie-session', start)) return;
    if (byteAt(passage.text, end - 1) === 0x3d) findNamed(passage, start, end);
    else findHeader(passage, end);
  },
  hits: [
    { text: `Cookie: theme=dark; PHPSESSID=${value}; lang=de`, value, atLeast: 0.8 },
    { text: `Set-Cookie: auth_token=${long}; Path=/; HttpOnly`, value: long, atLeast: 0.8 },
    { text: `curl -b "JSESSIONID=${value.toUpperCase()}" https://x`, value: value.toUpperCase() },
    { text: `"cookie": "connect.sid=s%3A${long}.${long}"`, value: `s%3A${long}.${long}`, atLeast: 0.8 },
  ],
  misses: [
    { text: 'Cookie: sessionid=<your session>' },
    { text: 'Set-Cookie: theme=dark; Path=/' },
    { text: 'sessionid=abc123' },
    { text: 'Cookie: name=value; name2=value2' },
    { text: assembled('Cookie: PHPSESSID=', 'x'.repeat(26)) },
  ],
};

function findNamed(passage: Passage, start: number, end: number): void {
  const from = runStart(passage.text, start, NAME, 40);
  passage.markRead('cookie-session', reportValue(passage, passage.ascii(from, end - 1), end, 0.6));
}

function findHeader(passage: Passage, from: number): void {
  const text = passage.text;
  const last = Math.min(text.length, from + MAX_HEADER);
  let at = from;
  while (at < last) {
    at = runEnd(text, at, byteSet(' ;"\''), 4);
    const nameEnd = runEnd(text, at, NAME, 80);
    if (nameEnd === at || byteAt(text, nameEnd) !== 0x3d) break;
    const end = reportValue(passage, passage.ascii(at, nameEnd), nameEnd + 1, 0.85);
    if (byteAt(text, end) !== 0x3b) {
      at = end;
      break;
    }
    at = end + 1;
  }
  passage.markRead('cookie-session', at);
}

/** Reports a session's value that begins at `at`; returns where the value ends. */
function reportValue(passage: Passage, name: string, at: number, score: number): number {
  const end = runEnd(passage.text, at, VALUE, MAX_VALUE);
  const written = passage.ascii(at, Math.min(end, at + 300));
  if (end - at < 16 || !SESSION.test(name) || /csrf|xsrf/i.test(name)) return end;
  if (isPlaceholder(written) || isReference(written) || !looksRandom(written)) return end;
  passage.report(cookieSession, at, end, score);
  return end;
}
