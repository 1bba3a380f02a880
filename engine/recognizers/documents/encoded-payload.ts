/** Texts that somebody packed: runs of base64 or hexadecimal that decode to a text of some length, or to an archive or program. */
import { isText } from '../../encodings/base64.ts';
import { isHex } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

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

export const encodedPayload: Recognizer = {
  name: 'encoded-payload',
  entity: 'ENCODED_PAYLOAD',
  category: 'content',
  countries: [],
  finish(passage: Passage): void {
    const { text } = passage;
    if (text.length < MIN_LETTERS) return;
    for (const run of passage.letterRuns) {
      if (run.end - run.start < MIN_LETTERS) continue;
      const head = decodedHead(text, run.start, run.end);
      if (head !== null && (isMagic(head) || isProse(head)))
        passage.reportWhole(encodedPayload, run.start, run.end, 0.7);
    }
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
  ],
  misses: [
    { text: 'sha512-A2d6yBnXIKv5rkHBIiHmqKKwlXBLA4uQUlrFCe2zBzr1SOfbHPnD1WUpvBDBYcRr4zRh1b0HDgmE1fNHGuvNmw==' },
    { text: 'da39a3ee5e6b4b0d3255bfef95601890afd80709da39a3ee5e6b4b0d3255bfef95601890afd80709' },
    { text: 'aVeryLongIdentifierInSomeGeneratedSourceFileThatGoesOnAndOnWithoutAnySpaceAtAllInItself' },
  ],
};

/** The first bytes that a run decodes to; null where it is neither base64 nor hexadecimal. */
function decodedHead(text: Buffer, start: number, end: number): Buffer | null {
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
