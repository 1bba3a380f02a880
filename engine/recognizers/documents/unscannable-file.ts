/** Files that nobody can look into: encrypted archives, messages and vaults, by how they begin. */
import { byteSet, isSpace, runEnd } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Cue, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const BODY = byteSet('A-Za-z0-9+/=.;\r\n');
/** Header lines of armour (RFC 9580 §6.2): `Version: …`, `Comment: …`. */
const HEADERS = /^(?:\r?\n[A-Z][A-Za-z-]{1,20}: [^\r\n]{0,100})*/;
const MAX_BLOCK = 65_536;

/** Armour in clear, and the base64 of what encrypted files begin with. */
const ARMOURED = [
  '-----BEGIN PGP MESSAGE-----',
  '-----BEGIN AGE ENCRYPTED FILE-----',
  '-----BEGIN PKCS7-----',
  '-----BEGIN CMS-----',
  '$ANSIBLE_VAULT;',
  'age-encryption.org/v1',
];
/** `Salted__` (openssl enc), 7z, and the files of LUKS and KeePass. */
const ENCODED = ['U2FsdGVkX1', 'N3q8ryccAA', 'TFVLU7q+', 'A9mimmf7'];

export const unscannableFile: Recognizer = {
  name: 'encrypted-file',
  entity: 'ENCRYPTED_OR_UNSCANNABLE_FILE',
  category: 'content',
  countries: [],
  cues: [...ARMOURED, ...ENCODED].map((literal) => ({ literal, exact: true, startsWord: /^\w/.test(literal) })),
  findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
    const { text } = passage;
    // What an earlier one holds is part of it.
    if (passage.isRead('encrypted-file', start)) return;
    const isArmoured = ARMOURED.includes(cue.literal);
    const bodyAt = end + (HEADERS.exec(passage.ascii(end, end + 400))?.[0].length ?? 0);
    let from = bodyAt;
    while (from < bodyAt + 8 && isSpace(text[from] ?? 0)) from++;
    let to = runEnd(text, from, BODY, MAX_BLOCK);
    // A blank line ends it, as its end line would.
    const blank = passage.indexOf('\n\n', from);
    if (blank !== -1 && blank < to) to = blank;
    passage.markRead('encrypted-file', to);
    while (to > from && isSpace(text[to - 1] as number)) to--;
    if (to - from < (isArmoured ? 20 : 24)) return;
    passage.reportWhole(unscannableFile, start, isArmoured ? to : tokenEnd(text, end), isArmoured ? 0.9 : 0.8);
  },
  hits: [
    {
      text: assembled('-----BEGIN PGP ', 'MESSAGE-----\n\n', exampleBody(64)),
      value: assembled('-----BEGIN PGP ', 'MESSAGE-----\n\n', exampleBody(64)),
      atLeast: 0.8,
    },
    { text: `x U2FsdGVkX1${exampleBody(40)}`, value: `U2FsdGVkX1${exampleBody(40)}`, atLeast: 0.8 },
    {
      text: `$ANSIBLE_VAULT;1.1;AES256\n${'6162'.repeat(20)}`,
      value: `$ANSIBLE_VAULT;1.1;AES256\n${'6162'.repeat(20)}`,
    },
  ],
  misses: [{ text: 'see -----BEGIN PGP MESSAGE----- in the manual' }, { text: 'U2FsdGVkX1 is what it begins with' }],
};

const LETTERS = byteSet('A-Za-z0-9+/=');

function tokenEnd(text: Buffer, from: number): number {
  return runEnd(text, from, LETTERS, MAX_BLOCK);
}
