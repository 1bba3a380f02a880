/** MaxMind licence keys: six letters and digits, 29 more, and `_mmk`. */
import { byteAt, byteSet, isWord, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isStandIn } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const key = assembled(exampleBody(6), '_', exampleBody(29), '_m', 'mk');

export const maxmind: Recognizer = {
  name: 'maxmind',
  entity: 'MAXMIND',
  category: 'credential',
  countries: [],
  cues: [{ literal: '_mmk', exact: true, endsWord: true }],
  findAtCue(passage: Passage, at: number, end: number): void {
    const start = runStart(passage.text, at, byteSet('A-Za-z0-9_'), 37);
    if (at - start !== 36 || isWord(byteAt(passage.text, start - 1))) return;
    const written = passage.ascii(start, at);
    if (/^[A-Za-z0-9]{6}_[A-Za-z0-9]{29}$/.test(written) && /\d/.test(written) && !isStandIn(written))
      passage.report(maxmind, start, end, 0.95);
  },
  hits: [{ text: `license_key: ${key}`, value: key, atLeast: 0.8 }],
  misses: [{ text: `${'x'.repeat(6)}_${'x'.repeat(29)}_mmk` }, { text: 'size_mmk' }],
};
