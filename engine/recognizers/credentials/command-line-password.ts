/**
 * Passwords on command lines, where a flag of one letter or a place says what they are: `curl -u user:…`, `mysql -p…`,
 * `sshpass -p …`, `psexec -u … -p …`, `net use … /user:… …`. The flag means other things elsewhere, so each belongs to its program.
 */
import { byteAt, isAlnum } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

/** Longest command line that is read, bytes. */
const MAX_LINE = 400;
const WORD = `"([^"\\n]{3,80})"|'([^'\\n]{3,80})'|([^\\s"'|;&<>()]{3,80})`;

/** By the program's name: what stands before its password, which is the last group that matched. */
const FORMS: Readonly<Record<string, RegExp>> = {
  'curl ':
    /\s(?:-u|--user|--proxy-user)[ =]*(?:"[^"\s:]+:([^"\n]{3,80})"|'[^'\s:]+:([^'\n]{3,80})'|[^\s"':]+:([^\s"'|;&<>()]{3,80}))/,
  mysql: new RegExp(`\\s-p(?:${WORD})`),
  'sshpass ': new RegExp(`\\s-p\\s*(?:${WORD})`),
  psexec: new RegExp(`\\s-u\\s+\\S+\\s+-p\\s+(?:${WORD})`, 'i'),
  'net use ': new RegExp(`/user:\\S+\\s+(?:${WORD})`, 'i'),
  'smbclient ': new RegExp(`\\s(?:-U|--user=?)\\s*\\S*?%(?:${WORD})`),
  'redis-cli ': new RegExp(`\\s-a\\s+(?:${WORD})`),
  'ldapsearch ': new RegExp(`\\s-w\\s+(?:${WORD})`),
  'docker login ': new RegExp(`\\s-p\\s+(?:${WORD})`),
};

const STOCK =
  /^(?:pass(?:word|wd)?|pwd|my_?pass(?:word)?|mypw|secret|root|admin|user|test|example|xxx+|\*+|token|%\w+%|database|db_?name|your\S*)$/i;

const secret = assembled('h7Kd', '2Lm9!x');

export const commandLinePassword: Recognizer = {
  name: 'command-line-password',
  entity: 'PASSWORD_ASSIGNMENT',
  category: 'credential',
  countries: [],
  cues: Object.keys(FORMS).map((literal) => ({ literal })),
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    const { text } = passage;
    if (isAlnum(byteAt(text, start - 1)) || passage.isRead('command-line-password', start)) return;
    const stop = passage.indexOf('\n', end);
    const last = Math.min(text.length, end + MAX_LINE, stop === -1 ? text.length : stop);
    // The space that ends the program's name is the one before a flag.
    const from = byteAt(text, end - 1) === 0x20 ? end - 1 : end;
    const written = passage.ascii(from, last);
    const match = FORMS[cue.literal]?.exec(written);
    passage.markRead('command-line-password', match === null ? Math.max(end, last - MAX_LINE / 2) : end);
    const value = match?.slice(1).find((group) => group !== undefined);
    if (match === null || match === undefined || value === undefined) return;
    const at = from + match.index + match[0].lastIndexOf(value);
    if (STOCK.test(value) || isPlaceholder(value) || isReference(value) || /^[$%{]/.test(value)) return;
    const hasNoLetters = /^[\d.,]+$/.test(value);
    passage.report(
      commandLinePassword,
      at,
      at + value.length,
      hasNoLetters ? 0.4 : /\d|[^\w.-]/.test(value) ? 0.8 : 0.6,
    );
  },
  hits: [
    { text: `curl -u deploy:${secret} https://ci.corp/job`, value: secret, atLeast: 0.8 },
    { text: `curl --user 'anna:${secret}' -X POST https://x`, value: secret, atLeast: 0.8 },
    { text: `mysql -u root -p${secret} shop < dump.sql`, value: secret, atLeast: 0.8 },
    { text: `sshpass -p '${secret}' ssh deploy@10.0.0.5`, value: secret, atLeast: 0.8 },
    { text: `psexec \\\\10.0.0.5 -u Administrator -p ${secret} cmd`, value: secret, atLeast: 0.8 },
    { text: `net use Z: \\\\srv\\share /user:corp\\anna ${secret}`, value: secret },
  ],
  misses: [
    { text: 'curl -u user:password https://x' },
    { text: 'curl -u "$USER:$PASS" https://x' },
    { text: 'mysql -u root -p shop' },
    { text: 'psexec \\\\host -u user -p %PASSWORD% cmd' },
    { text: 'docker login -p $TOKEN' },
    { text: 'curl --url http://example.com:8080/path' },
  ],
};
