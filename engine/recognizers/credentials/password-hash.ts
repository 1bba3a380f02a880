/**
 * Hashes of passwords as systems store them: modular crypt formats (`$1$`, `$2b$`, `$5$`, `$6$`, `$y$`, argon2, scrypt,
 * PBKDF2, Cisco's), Kerberos responses, LDAP's `{SSHA}` and pairs of LM and NT hashes in dumps. Each can be guessed at
 * leisure, so each is a secret.
 */
import { byteAt, byteSet, isAlnum, isHex, isIn, isWord, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { runEndOnce } from '../../scan/read-once.ts';
import { assembled, type HitExample, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const BODY = byteSet('A-Za-z0-9./+=,$_*@:#-');
const MAX_HASH = 4096;
/** All but those of Kerberos, which hold a ticket. */
const MAX_CRYPT = 600;

/** The whole of a hash, from its first dollar sign on. */
const FORMS: readonly RegExp[] = [
  /^\$(?:1|apr1)\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}/,
  /^\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}/,
  /^\$5\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}/,
  /^\$6\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}/,
  /^\$(?:y|gy|7)\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}/,
  /^\$argon2(?:id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}/,
  /^\$scrypt\$ln=\d+,r=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{20,}/,
  /^\$pbkdf2(?:-sha(?:1|256|512))?\$\d+\$[A-Za-z0-9+/.]{8,}\$[A-Za-z0-9+/.]{20,}/,
  /^\$8\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}/,
  /^\$9\$[./A-Za-z0-9]{14}\$[./A-Za-z0-9]{43}/,
  /^\$(?:S|P|H)\$[./A-Za-z0-9]{31}(?:[./A-Za-z0-9]{21})?(?![./A-Za-z0-9])/,
  /^\$krb5(?:tgs|asrep|pa)\$(?:\d+\$)?[*\w.@/$:-]{1,200}\$[0-9a-fA-F]{32,}(?:\$[0-9a-fA-F]{20,})?/,
];

const bcrypt = assembled('$2b', '$12$', exampleBody(53));
const sha512 = assembled('$6', '$q9Lk2mPq$', exampleBody(86));
const argon = assembled('$argon2', 'id$v=19$m=65536,t=3,p=4$', exampleBody(22), '$', exampleBody(43, 5));
const django = assembled('pbkdf2_', 'sha256$600000$', exampleBody(22), '$', exampleBody(43, 3), '=');
const ldap = assembled('{SS', 'HA}', Buffer.from(exampleBody(28)).toString('base64'));
const ntlm = assembled('aad3b435b51404eeaad3b435b51404ee', ':', '9f01726eebe77df2c096a65e95acdd02');

function example(value: string): HitExample {
  return { text: `password_hash: "${value}"`, value, atLeast: 0.8 };
}

export const passwordHash: Recognizer = {
  name: 'password-hash',
  entity: 'PASSWORD_HASH',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_HASH },
  isWhole: true,
  cues: [
    ...[
      '$1$',
      '$apr1$',
      '$2a$',
      '$2b$',
      '$2x$',
      '$2y$',
      '$5$',
      '$6$',
      '$7$',
      '$8$',
      '$9$',
      '$y$',
      '$gy$',
      '$argon2',
    ].map((literal) => ({
      literal,
      exact: true,
    })),
    ...['$scrypt$', '$pbkdf2', '$S$', '$P$', '$H$', '$krb5'].map((literal) => ({ literal, exact: true })),
    { literal: 'pbkdf2_sha', exact: true },
    { literal: 'SSHA', exact: true, startsWord: true },
    { literal: 'SMD5', exact: true, startsWord: true },
    { literal: 'aad3b435b51404ee:' },
  ],
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    const text = passage.text;
    if (passage.isRead('password-hash', start)) return;
    const first = byteAt(text, start);
    if (first === 0x53) findLdap(passage, start - 1, end);
    else if (cue.literal === 'aad3b435b51404ee:') findNtlm(passage, end);
    else if (first === 0x70) {
      const to = runEnd(text, end, BODY, 300);
      if (
        /^(?:1|256|512)\$\d+\$[\w+/=.-]+\$[A-Za-z0-9+/]{20,}={0,2}$/.test(passage.ascii(end, to)) &&
        !isWord(byteAt(text, start - 1))
      )
        passage.report(passwordHash, start, to, 0.95);
    } else if (first === 0x24) {
      if (isAlnum(byteAt(text, start - 1)) || byteAt(text, start - 1) === 0x24) return;
      const to = runEndOnce(passage, 'password-hash-run', start, BODY, MAX_HASH);
      passage.markRead('password-hash', start + 3);
      const longest = cue.literal === '$krb5' ? MAX_HASH : MAX_CRYPT;
      const written = passage.ascii(start, Math.min(to, start + longest));
      for (const form of FORMS) {
        const match = form.exec(written)?.[0];
        if (match === undefined) continue;
        const isShort = match.length < 35 || /^\$[SPH]\$/.test(match);
        if (isAlnum(byteAt(text, start + match.length)) || isPlaceholder(match.slice(match.lastIndexOf('$') + 1)))
          return;
        passage.report(passwordHash, start, start + match.length, isShort ? 0.85 : 0.95);
        reportLine(passage, start, start + match.length);
        passage.markRead('password-hash', start + match.length);
        return;
      }
    }
  },
  hits: [bcrypt, sha512, argon, django, ldap, ntlm].map(example),
  misses: [
    { text: 'cost $1$ and $2 each' },
    { text: 'regex.replace(/(a)(b)/, "$1$2")' },
    { text: assembled('$2b', '$12$', 'x'.repeat(53)) },
    { text: '{SHA} is a prefix' },
    { text: assembled('aad3b435b51404eeaad3b435b51404ee', ':', '31d6cfe0d16ae931b73c59d7e0c089c0') },
  ],
};

/** A line of a file of accounts that holds a hash: of /etc/shadow with its seven further fields, of htpasswd with the user alone. */
function reportLine(passage: Passage, start: number, end: number): void {
  const text = passage.text;
  if (byteAt(text, start - 1) !== 0x3a) return;
  let from = runStart(text, start - 1, USER, 64);
  // The n of a line end that is written as an escape.
  if (byteAt(text, from - 1) === 0x5c && from < start - 2) from++;
  const before = byteAt(text, from - 1);
  if (from === start - 1 || before === 0x3a || before === 0x2f || before === 0x2b) return;
  const rest = /^(?::\d*){1,6}(?::\d*)?:?/.exec(passage.ascii(end, end + 60))?.[0] ?? '';
  if ((rest.match(/:/g)?.length ?? 0) >= 5) passage.report(shadow, from, end + rest.length, 0.97);
  else if (!isIn(HASH_GOES_ON, byteAt(text, end))) passage.report(htpasswd, from, end, 0.95);
}

/** Behind a hash: it is part of something longer. */
const HASH_GOES_ON = byteSet('A-Za-z0-9/:$+=');
const USER = byteSet('A-Za-z0-9_.@$-');
const shadowLine = assembled('root:', sha512, ':19700:0:99999:7:::');
const userLine = assembled('anna:', '$ap', 'r1$q9Lk2mPq$', exampleBody(22));

/** Found by `passwordHash`, which reads a hash once and reports the line that it stands in. */
export const shadow: Recognizer = {
  name: 'shadow',
  entity: 'SHADOW',
  category: 'credential',
  countries: [],
  isWhole: true,
  alsoEntity: 'PASSWORD_HASH',
  hits: [{ text: `${shadowLine}\nbin:*:19700:0:99999:7:::\n`, value: shadowLine, atLeast: 0.8 }],
  misses: [{ text: 'root:*:19700:0:99999:7:::' }, { text: userLine }],
};

export const htpasswd: Recognizer = {
  name: 'htpasswd',
  entity: 'HTPASSWD',
  category: 'credential',
  countries: [],
  isWhole: true,
  alsoEntity: 'PASSWORD_HASH',
  hits: [
    { text: `${userLine}\n`, value: userLine, atLeast: 0.8 },
    { text: `entry=${userLine}, as given`, value: userLine, atLeast: 0.8 },
    { text: `<td>${userLine}</td>`, value: userLine, atLeast: 0.8 },
    { text: `"a\\n${userLine}\\n"`, value: userLine, atLeast: 0.8 },
  ],
  misses: [{ text: 'anna:password' }, { text: shadowLine }],
};

function findLdap(passage: Passage, start: number, end: number): void {
  const text = passage.text;
  const close = runEnd(text, end, byteSet('0-9'), 4) + 1;
  if (byteAt(text, start) !== 0x7b || byteAt(text, close - 1) !== 0x7d) return;
  const to = runEnd(text, close, byteSet('A-Za-z0-9+/=$.'), 160);
  const body = passage.ascii(close, to);
  if (body.length < 28 || !/\d/.test(body) || !/[A-Z]/.test(body) || isPlaceholder(body)) return;
  passage.report(passwordHash, start, to, 0.92);
}

/** An LM hash of nothing (which is what is stored today), a colon and the NT hash; that of the empty password is none. */
function findNtlm(passage: Passage, ntAt: number): void {
  const text = passage.text;
  const start = runStart(text, ntAt - 1, byteSet('0-9a-fA-F'), 33);
  const to = runEnd(text, ntAt, byteSet('0-9a-fA-F'), 33);
  if (ntAt - 1 - start !== 32 || to - ntAt !== 32 || isHex(byteAt(text, to))) return;
  if (passage.ascii(ntAt, to).toLowerCase() !== '31d6cfe0d16ae931b73c59d7e0c089c0')
    passage.report(passwordHash, start, to, 0.95);
}
