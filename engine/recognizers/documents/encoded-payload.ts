/**
 * Texts that somebody packed: runs of base64 or hexadecimal that decode to a text of some length, or to an archive or
 * program; and texts of which every byte is escaped.
 */
import { isText, opensText } from '../../encodings/base64.ts';
import { isAlnum, isHex } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';
import { BACKSLASHES, PERCENTS } from '../../scan/traits.ts';

/** Letters of a run that is worth telling. */
const MIN_LETTERS = 80;
/** What is decoded to see what it is, letters. */
const HEAD = 256;

/** How archives and programs begin; pictures, fonts and sounds, which pages embed, are left out. */
const MAGIC: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68, 0x39]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf]],
  ['ELF', [0x7f, 0x45, 0x4c, 0x46]],
  ['PDF', [0x25, 0x50, 0x44, 0x46]],
];

const escaped = [...Buffer.from('the quick brown fox jumps over it')].map((byte) => `%${byte.toString(16)}`).join('');

export const encodedPayload: Recognizer = {
  name: 'encoded-payload',
  entity: 'ENCODED_PAYLOAD',
  category: 'content',
  countries: [],
  finish(passage: Passage): void {
    const { text } = passage;
    if (text.length < MIN_LETTERS) return;
    for (const run of passage.letterRuns) {
      if (run.end - run.start < MIN_LETTERS || isPartOfToken(text, run.start, run.end)) continue;
      const head = decodedHead(text, run.start, run.end);
      if (head !== null && (isMagic(head) || isProse(head)))
        passage.reportWhole(encodedPayload, run.start, run.end, 0.7);
    }
    if (passage.has(PERCENTS | BACKSLASHES)) for (const opener of OPENERS) findEscaped(passage, opener);
  },
  hits: [
    {
      text: `run ${Buffer.from('the quick brown fox jumps over the lazy dog and away it goes, far away').toString('base64')}`,
      value: Buffer.from('the quick brown fox jumps over the lazy dog and away it goes, far away').toString('base64'),
    },
    {
      text: Buffer.from('the quick brown fox jumps over the lazy dog').toString('hex'),
      value: Buffer.from('the quick brown fox jumps over the lazy dog').toString('hex'),
    },
    { text: `q=${escaped} end`, value: escaped },
  ],
  misses: [
    {
      text: 'https://ru.example.org/wiki/%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82_%D0%BC%D0%B8%D1%80%D1%83_%D0%BC%D0%B8%D1%80',
    },
    { text: 'sha512-A2d6yBnXIKv5rkHBIiHmqKKwlXBLA4uQUlrFCe2zBzr1SOfbHPnD1WUpvBDBYcRr4zRh1b0HDgmE1fNHGuvNmw==' },
    { text: 'da39a3ee5e6b4b0d3255bfef95601890afd80709da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    { text: 'aVeryLongIdentifierInSomeGeneratedSourceFileThatGoesOnAndOnWithoutAnySpaceAtAllInItself' },
  ],
};

/** A part of a signed token, which is told by its own name: `eyJ… . eyJ… . …`. */
function isPartOfToken(text: Buffer, start: number, end: number): boolean {
  if (text[end] !== 0x2e && text[start - 1] !== 0x2e) return false;
  return text[start] === 0x65 && text[start + 1] === 0x79 && text[start + 2] === 0x4a;
}

/** How a byte is written when all of a text is escaped; two hexadecimal digits follow. */
const OPENERS = ['%', '\\x', '\\u00'].map((opener) => Buffer.from(opener));

/** Stretches in which byte after byte is escaped, most of them letters and digits that need no escape. */
function findEscaped(passage: Passage, opener: Buffer): void {
  const { text } = passage;
  const width = opener.length + 2;
  for (let from = text.indexOf(opener); from !== -1; ) {
    let end = from;
    let plain = 0;
    while (isEscapeAt(text, end, opener)) {
      if (isAlnum(Number.parseInt(text.toString('latin1', end + width - 2, end + width), 16))) plain++;
      end += width;
    }
    if (end - from >= MIN_LETTERS && plain * 2 * width >= end - from)
      passage.reportWhole(encodedPayload, from, end, 0.7);
    from = text.indexOf(opener, Math.max(end, from + 1));
  }
}

function isEscapeAt(text: Buffer, at: number, opener: Buffer): boolean {
  for (let i = 0; i < opener.length; i++) if (text[at + i] !== opener[i]) return false;
  return isHex(text[at + opener.length] ?? 0) && isHex(text[at + opener.length + 1] ?? 0);
}

/** Letters that tell the start of an archive from that of a hash. */
const OPENING = 8;

/** Whether the first letters may be those of a text, of hexadecimal or of what MAGIC names: most runs are hashes. */
function mayBeTold(text: Buffer, start: number): boolean {
  if (opensText(text, start)) return true;
  let hex = 0;
  while (hex < OPENING && isHex(text[start + hex] as number)) hex++;
  return hex === OPENING || isMagic(Buffer.from(text.toString('latin1', start, start + OPENING), 'base64'));
}

/** The first bytes that a run decodes to; null where it is neither base64 nor hexadecimal. */
function decodedHead(text: Buffer, start: number, end: number): Buffer | null {
  if (!mayBeTold(text, start)) return null;
  const head = text.toString('latin1', start, Math.min(end, start + HEAD)).replace(/[\r\n]+/g, '');
  if ([...head].every((letter) => isHex(letter.charCodeAt(0))))
    return Buffer.from(head.slice(0, head.length & ~1), 'hex');
  const isUrlSafe = /[-_]/.test(head);
  if (isUrlSafe && /[+/]/.test(head)) return null;
  return Buffer.from(head.slice(0, head.length & ~3), isUrlSafe ? 'base64url' : 'base64');
}

function isMagic(head: Buffer): boolean {
  return MAGIC.some(([, bytes]) => bytes.every((byte, i) => head[i] === byte));
}

/** A text, cut where it may be in the middle of a character, that holds spaces or line ends as texts do. */
function isProse(head: Buffer): boolean {
  const whole = head.subarray(0, Math.max(0, head.length - 3));
  if (!isText(whole)) return false;
  const spaces = whole.filter((byte) => byte === 0x20 || byte === 0x0a || byte === 0x2c).length;
  return spaces * 25 >= whole.length;
}
