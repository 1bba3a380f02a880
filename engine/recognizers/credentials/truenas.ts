/** TrueNAS API keys: the key's number, a dash and 64 letters and digits. */
import { byteAt, byteSet, isWord, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const key = assembled('8', '-', exampleBody(64));

export const truenas: Recognizer = {
  name: 'truenas',
  entity: 'TRUENAS',
  category: 'credential',
  countries: [],
  runs: { min: 64, max: 64 },
  findRun(passage: Passage, at: number, end: number): void {
    const text = passage.text;
    if (byteAt(text, at - 1) !== 0x2d || isWord(byteAt(text, end))) return;
    const start = runStart(text, at - 1, byteSet('0-9'), 4);
    if (start === at - 1 || at - start > 4 || isWord(byteAt(text, start - 1)) || byteAt(text, start - 1) === 0x2d)
      return;
    const written = passage.ascii(at, end);
    if (!/[a-z]/.test(written) || !/[A-Z]/.test(written) || !/\d.*\d/.test(written) || isPlaceholder(written)) return;
    passage.report(truenas, start, end, 0.85);
  },
  hits: [
    { text: `"params":["${key}"]`, value: key, atLeast: 0.8 },
    { text: `Authorization: Bearer ${key}`, value: key, atLeast: 0.8 },
  ],
  misses: [{ text: `sha256-${exampleBody(64)}` }, { text: `8-${'0123456789abcdef'.repeat(4)}` }],
};
