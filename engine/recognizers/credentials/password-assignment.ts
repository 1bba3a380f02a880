/**
 * Passwords beside their name: `password = "…"`, `DB_PASSWORD=…`, `"pwd": "…"`, `<password>…</password>`,
 * `--password …`, `my password is …`. Only the value is reported. Types, variables, templates, form fields and the
 * words that documentation puts there are none.
 */

import { behindName } from '../../scan/behind-name.ts';
import { byteAt, byteSet, isAlnum, isIn, runEnd, runStart } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { noiseOf, UUID } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { QUOTED_BEHIND_NAME } from '../../scan/unfinished.ts';

const NAME = byteSet('a-zA-Z0-9_.-');
const BARE = byteSet('a-zA-Z0-9_.~!@#$%^*+=?:/|{}[]()<>&\\-');
const MAX_VALUE = 128;

/** Words that stand where a password would, in code, schemas, forms and sentences. */
const STOCK = new Set(
  `string str text none null nil true false undefined void type char bytes object any unknown number integer boolean
required optional default invalid incorrect wrong missing empty blank changed reset forgot forgotten hidden visible show
hide enabled disabled on off yes no ask prompt stdin file env input field form label name username user email login secret
key token value data hash hashed encrypted plain plaintext plain_text basic bearer digest md5 sha1 sha256 sha512 bcrypt
pass passwd password passwords pwd passphrase passcode currentpassword newpassword oldpassword confirmpassword admin root
test testing example sample demo dummy fake foo bar baz qux new old current confirm confirmation again repeat retype
mypass mypassword writeonly write_only readonly masked option options params param argument arguments
must should may will can cannot is was has have for and the this that with not from your you only your-password
strong weak short long minimum maximum length characters match matches mismatch expired protected auth
authentication authenticator credential credentials policy manager generator prompting-for change changeme update
current-password new-password one-time-code self process config settings opts get set return const let var function`.split(
    /\s+/,
  ),
);

/** How the name and the value are joined. */
type Joint = 'code' | 'shell' | 'yaml' | 'prose' | 'xml' | 'option';

interface Place {
  readonly joint: Joint;
  readonly at: number;
}

function skipSpaces(text: Buffer, from: number): number {
  let i = from;
  while (i < from + 24 && (byteAt(text, i) === 0x20 || byteAt(text, i) === 0x09)) i++;
  return i;
}

/** Where a value begins after the name that ends at `end`; null where none is assigned. */
function placeOf(passage: Passage, nameStart: number, end: number): Place | null {
  const text = passage.text;
  let i = end;
  // `["password"]`, `'password'`, and the same with escaped quotes.
  if (byteAt(text, i) === 0x5c) i++;
  if (isQuote(byteAt(text, i))) i++;
  if (byteAt(text, i) === 0x5d) i++;
  const first = byteAt(text, i);
  if (first === 0x3e && i === end && byteAt(text, nameStart - 1) === 0x3c) return { joint: 'xml', at: i + 1 };
  const gap = skipSpaces(text, i);
  const sign = byteAt(text, gap);
  if (sign === 0x3d) {
    const next = byteAt(text, gap + 1);
    // A comparison is no assignment; `=>` is one.
    if (next === 0x3d || next === 0x7e) return null;
    const at = skipSpaces(text, gap + (next === 0x3e ? 2 : 1));
    return { joint: gap === end && at === gap + 1 ? 'shell' : 'code', at };
  }
  if (sign === 0x3a) {
    const next = byteAt(text, gap + 1);
    if (next === 0x3a) return null;
    const at = skipSpaces(text, gap + (next === 0x3d ? 2 : 1));
    return { joint: i > end || next === 0x3d ? 'code' : 'yaml', at };
  }
  if (gap === i || i > end) return null;
  if (passage.ascii(nameStart, nameStart + 2) === '--') return { joint: 'option', at: gap };
  const words = /^(?:(?:for|to|of|on)\s+(?:\S+\s+){1,5}?)?(?:is|was|are|ist|lautet|est|es|è|is now)(?:\s*:)?\s+/i.exec(
    passage.slice(gap, Math.min(text.length, gap + 80)),
  );
  if (words !== null) return { joint: 'prose', at: gap + Buffer.byteLength(words[0]) };
  // netrc: `login NAME password VALUE`.
  if (/\blogin\s+\S+\s+$/.test(passage.slice(Math.max(0, nameStart - 60), nameStart)))
    return { joint: 'option', at: gap };
  return null;
}

function isQuote(byte: number): boolean {
  return byte === 0x22 || byte === 0x27 || byte === 0x60;
}

/** Bytes of the value that begins at `at`, and whether it stands in quotes; null where it is empty or too long. */
function valueAt(text: Buffer, at: number, joint: Joint): { start: number; end: number; isQuoted: boolean } | null {
  let start = at;
  const isEscaped = byteAt(text, start) === 0x5c && isQuote(byteAt(text, start + 1));
  if (isEscaped) start++;
  const quote = byteAt(text, start);
  if (isQuote(quote)) {
    start++;
    const last = Math.min(text.length, start + MAX_VALUE + 1);
    for (let i = start; i < last; i++) {
      const byte = text[i] ?? 0;
      if (byte === 0x0a || byte === 0x0d) return null;
      if (byte === quote) return { start, end: isEscaped && byteAt(text, i - 1) === 0x5c ? i - 1 : i, isQuoted: true };
      if (byte === 0x5c && !isEscaped) i++;
    }
    return null;
  }
  let end = runEnd(text, start, BARE, MAX_VALUE + 1);
  if (end - start > MAX_VALUE) return null;
  if (joint === 'xml') {
    const close = text.indexOf(0x3c, start);
    if (close === -1 || close > end) return null;
    return { start, end: close, isQuoted: true };
  }
  // In a query or form the next field follows; the end of a line may be written as an escape; a sentence has its stop.
  for (let i = start; i < end; i++) {
    const byte = text[i] ?? 0;
    const next = byteAt(text, i + 1);
    if (
      (byte === 0x26 && joint === 'shell') ||
      (byte === 0x5c && (next === 0x6e || next === 0x72 || next === 0x74 || isQuote(next)))
    )
      end = i;
  }
  while (end > start && /[.,:?)\]}>]/.test(String.fromCharCode(byteAt(text, end - 1))) && joint !== 'shell') end--;
  return { start, end, isQuoted: false };
}

/** Score of a value by how it is written; 0 is no password. */
function scoreOf(value: string, joint: Joint, isQuoted: boolean, name: string): number {
  if (value.length < 4 || isPlaceholder(value) || isReference(value)) return 0;
  const lower = value.toLowerCase();
  if (STOCK.has(lower) || (STOCK.has(lower.replace(/[^a-z]/g, '')) && !/\d{2}|[^\w\s.-]/.test(value)) || lower === name)
    return 0;
  if (/\s/.test(value)) return /\d/.test(value) && /[^\w\s.,'"-]/.test(value) && value.length <= 40 ? 0.5 : 0.2;
  if (/^[&:<;,|]|&(?:quot|lt|gt|amp|#)|^0x[0-9a-f]+$/i.test(value)) return 0;
  // Names of types.
  if (/^(?:big)?(?:u?int|float)\d*(?:clamped)?(?:array)?$/i.test(value)) return 0;
  const hasDigit = /\d/.test(value);
  if (joint === 'prose' && !hasDigit && !/[!@#$%^*]/.test(value)) return 0;
  const hasLetter = /[a-z]/i.test(value);
  const hasSymbol = /[^\w.-]/.test(value);
  const isIdentifier = /^[A-Za-z_$][\w$]*$/.test(value);
  const isConstant = /^[A-Z][A-Z0-9_]*$/.test(name);
  const kinds = Number(/[a-z]/.test(value)) + Number(/[A-Z]/.test(value)) + Number(hasDigit) + Number(hasSymbol);
  if (
    !isQuoted &&
    joint !== 'shell' &&
    joint !== 'prose' &&
    joint !== 'option' &&
    /pass|pwd/.test(lower) &&
    isIdentifier &&
    !/\d\d/.test(value)
  )
    return 0;
  if (/^[\d.,]+$/.test(value)) return joint === 'prose' || value.length < 6 ? 0.3 : 0.55;
  // A path or address to where the password stands.
  if (/^(?:\.{0,2}|~)\/|^[a-z]+:\/\//i.test(value)) return 0;
  if (
    kinds >= 3 ||
    (kinds === 2 && hasDigit && hasLetter && value.length >= 6) ||
    (hasSymbol && hasLetter && value.length >= 6 && !/[()[\]{}<>]/.test(value))
  ) {
    if (isQuoted) return kinds >= 3 || hasSymbol ? 0.85 : 0.8;
    // Bare code: `password = row2` is more often a variable than a secret.
    if (joint === 'code') return hasSymbol && hasDigit ? 0.6 : 0.4;
    if (/[()[\]{}<>;|\\]/.test(value)) return 0.4;
    return isIdentifier && !hasDigit ? (joint === 'shell' && isConstant ? 0.6 : 0.3) : 0.75;
  }
  // One word of letters alone.
  if (isQuoted) return value.length >= 6 && !/[A-Z]/.test(value.slice(1)) && isConstant ? 0.6 : 0.4;
  return joint === 'shell' && isConstant && value.length >= 6 ? 0.6 : joint === 'option' ? 0.4 : 0;
}

/** Before the name, where what follows is not the password itself. */
const HASH_OF = /\b(?:sha-?\d*|md5|hash|checksum|digest|length|number) of (?:the |a |given |your )*$/i;
/** What may follow the name before a password that nothing assigns: the end of a cell, a tag, a line, a quotation, a space. */
const LEADS_ON = byteSet(' \t\r\n|<"\'`*\\&');

/** A password in the next cell or line, or after a space: only what nobody would write for anything else. */
function reportBeside(passage: Passage, nameStart: number, nameEnd: number): void {
  const { text } = passage;
  if (!isIn(LEADS_ON, byteAt(text, nameEnd))) return;
  const behind = behindName(passage, nameEnd);
  // Of signs only those of a page: `| password | …`, `**password**: …`.
  const isMarkdown = /^(?: ?\||[*`]{1,3}:)/.test(passage.ascii(nameEnd, nameEnd + 4));
  if (behind === null || (behind.joint === 'sign' && !isMarkdown)) return;
  // `Pass …` is what a reader is told to do.
  if (behind.joint !== 'markup' && /^pass$/i.test(passage.ascii(nameStart, nameEnd))) return;
  const isQuoted = isQuote(byteAt(text, behind.at - 1));
  const isXml = !isQuoted && behind.joint === 'markup';
  const value = valueAt(text, isQuoted ? behind.at - 1 : behind.at, isXml ? 'xml' : 'prose');
  if (value === null || value.end - value.start < 6) return;
  const written = passage.slice(value.start, value.end);
  if (!isTelling(written)) return;
  const score = scoreOf(written, 'prose', value.isQuoted, passage.ascii(nameStart, nameEnd));
  passage.report(passwordAssignment, value.start, value.end, Math.min(score, behind.joint === 'markup' ? 0.8 : 0.6));
}

/** Letters of both cases or signs with digits among them, and no word with a number. */
function isTelling(value: string): boolean {
  if (!/\d/.test(value) || !/[a-z]/i.test(value) || UUID.test(value)) return false;
  if (/[^\w\s.,:;/-]/.test(value)) return value.length >= 8;
  return /[a-z]/.test(value) && /[A-Z]/.test(value) && noiseOf(value) >= Math.max(6, value.length * 0.4);
}

const strong = assembled('h7Kd', '2Lm9!x');

export const passwordAssignment: Recognizer = {
  name: 'password-assignment',
  entity: 'PASSWORD_ASSIGNMENT',
  category: 'credential',
  countries: [],
  reach: { opens: QUOTED_BEHIND_NAME },
  cues: [
    { literal: 'password' },
    { literal: 'passwd' },
    { literal: 'passphrase' },
    { literal: 'passcode' },
    { literal: 'pwd' },
    { literal: 'pass', endsWord: true },
    { literal: 'passwort' },
    { literal: 'kennwort' },
    { literal: 'mot de passe' },
    { literal: 'contrase' },
    { literal: 'senha', startsWord: true },
  ],
  labels: contextWords(`password, passwd, passphrase, passcode, pwd, pass, passwort, kennwort, contraseña, senha`),
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    const text = passage.text;
    // Within a value that was read already a name is part of it.
    if (passage.isRead('password-assignment', start)) return;
    let nameEnd = cue.literal === 'contrase' ? end + Buffer.byteLength('ña') : end;
    // `passwordHash`, `password_file`, `password-policy` name something else; a plural or a number is still the name.
    nameEnd = runEnd(text, nameEnd, byteSet('0-9sS'), 2);
    if (isAlnum(byteAt(text, nameEnd)) || byteAt(text, nameEnd) === 0x5f) return;
    if (isIn(NAME, byteAt(text, nameEnd)) && byteAt(text, nameEnd) !== 0x2e) return;
    const nameStart = runStart(text, start, NAME, 40);
    const before = byteAt(text, start - 1);
    // `compass`, `bypass`, `encompass`; a capital or a joint begins a new word of the name.
    if (cue.literal.startsWith('pass') && cue.literal === 'pass' && isAlnum(before) && byteAt(text, start) !== 0x50)
      return;
    if (HASH_OF.test(passage.ascii(Math.max(0, nameStart - 24), nameStart))) return;
    const place = placeOf(passage, nameStart, nameEnd);
    if (place === null) {
      reportBeside(passage, nameStart, nameEnd);
      return;
    }
    const value = valueAt(text, place.at, place.joint);
    if (value === null) {
      // A quotation without an end, or one word too long for a password.
      passage.markRead('password-assignment', place.at + MAX_VALUE / 2);
      return;
    }
    if (value.end <= value.start) return;
    if (place.joint === 'shell') passage.markRead('password-assignment', value.end);
    if (!value.isQuoted && byteAt(text, value.end) === 0x28) return;
    const written = passage.slice(value.start, value.end);
    const score = scoreOf(written, place.joint, value.isQuoted, passage.ascii(nameStart, nameEnd));
    // `.env` lines and settings begin a line; in the middle of a sentence of code it is as often an argument.
    passage.report(passwordAssignment, value.start, value.end, score);
  },
  findLabelled(passage: Passage): void {
    const text = passage.text;
    // `password hash`, `password reset`: the label's last word must be the name itself.
    if (
      !/ (?:password|passwd|passphrase|passcode|pwd|pass|passwort|kennwort|contraseña|senha)s? ?\d? $/.test(
        passage.label.text,
      )
    )
      return;
    if (text.length < 4 || text.length > MAX_VALUE) return;
    const value = passage.slice(0, text.length);
    if (/\s/.test(value.trim())) return;
    const score = scoreOf(value, 'code', true, '');
    passage.report(
      passwordAssignment,
      0,
      text.length,
      score >= 0.4 && value.length >= 6 ? Math.max(score, 0.6) : score,
    );
  },
  hits: [
    { text: `password = "${strong}"`, value: strong, atLeast: 0.8 },
    { text: `DB_PASSWORD=${strong}\nX=1`, value: strong },
    { text: `  db_password: ${strong}\r\n`, value: strong },
    { text: `{"user":"a","pwd":"${strong}"}`, value: strong, atLeast: 0.8 },
    { text: `{\\"pwd\\":\\"${strong}\\"}`, value: strong },
    { text: `my password is ${strong}.`, value: strong },
    { text: `<password>${strong}</password>`, value: strong },
    { text: `login --password ${strong} --x`, value: strong },
    { text: assembled('password: hun', 'ter2'), value: assembled('hun', 'ter2') },
    { text: assembled('REACT_APP_AUTH_PASSWORD=', 'whiteduke'), value: 'whiteduke' },
    { text: `machine h login me password ${strong}`, value: strong },
    { text: strong, label: 'dbPassword', value: strong, atLeast: 0.8 },
    { text: `a=1&password=${strong}&b=2`, value: strong },
    { text: assembled('Das Passwort lautet: ', strong), value: strong },
    { text: `We could not find db password ${strong} in the list`, value: strong },
    { text: `here is the password you asked for: ${strong}`, value: strong },
    { text: `Subject: password\n\nThe one on file is ${strong}. Regards`, value: strong },
    { text: `<th>password</th><td>${strong}</td>`, value: strong },
    { text: `| password | ${strong} |`, value: strong },
    { text: `* **password**: \`${strong}\``, value: strong },
    { text: `<input name="password" value="${strong}">`, value: strong },
    { text: assembled('password => "', 'super$', 'ecret"'), value: assembled('super$', 'ecret') },
  ],
  misses: [
    { text: 'password = "${DB_PASSWORD}"' },
    { text: 'password: <password>' },
    { text: 'PASSWORD=xxxxxxxx' },
    { text: 'password = process.env.DB_PASSWORD' },
    { text: 'password: string;' },
    { text: 'password=changeme' },
    { text: 'def login(user, password=None):' },
    { text: '<input type="password" name="password" id="pw1">' },
    { text: 'const password = getPassword(user1);' },
    { text: 'this.password = password2;' },
    { text: '"password": "Enter your password"' },
    { text: 'The password is required.' },
    { text: 'password: "********"' },
    { text: 'if (password == "abc123def") {' },
    { text: 'export DB_PASSWORD=$OTHER_PASSWORD' },
    { text: 'autocomplete: "current-password"' },
    { text: 'compass: north-by-1' },
    { text: 'password_hash = "9f01726eebe77df2c096"' },
    { text: 'string', label: 'password' },
    { text: 'Password must be at least 8 characters' },
    { text: 'password = config["db"].password' },
    { text: '## Password\n\nOAuth2 has none' },
    { text: '<th>password</th><td>at least 8 characters</td>' },
    { text: 'the password Base64Encoder2 made' },
    { text: '* Pass `--cxxopt=-std=c++17` to it' },
    { text: 'unknown user (SHA1 of given password: f638ff)' },
    { text: 'print(app_password)\n\n"Project_0_is_up_to_date_but_6400"' },
  ],
};
