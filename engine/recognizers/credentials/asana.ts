/** Asana: personal access tokens (`1/number:` or `2/number/number:` and 32 hexadecimal digits), and elder ones beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isWord, runEnd } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import { type NumberChain, SLASH } from '../../scan/numbers.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { looksRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const token = assembled('1/', '1204837465019283', ':9f01726eebe77df2', 'c096a65e95acdd02');
const later = assembled('2/', '7204837465019283', '/7209876543210987', ':9f01726eebe77df2c096a65e95acdd02');

export const asana: Recognizer = {
  name: 'asana',
  entity: 'ASANA',
  category: 'credential',
  countries: [],
  numbers: { minDigits: 13, maxDigits: 24, minGroups: 2, maxGroups: 2, separators: SLASH },
  cues: Array.from({ length: 9 }, (_, at) => ({ literal: `2/${at + 1}`, startsWord: true })),
  context: contextWords('asana'),
  findInNumbers(passage: Passage, chain: NumberChain, first: number, last: number): void {
    if (chain.digits(first) !== 1) return;
    reportAt(passage, chain.start(first), chain.end(last));
  },
  findAtCue(passage: Passage, start: number): void {
    reportAt(passage, start, runEnd(passage.text, start, byteSet('0-9/'), 45));
  },
  hits: [
    { text: `Authorization: Bearer ${token}`, value: token, atLeast: 0.8 },
    { text: `ASANA_PAT="${later}"`, value: later, atLeast: 0.8 },
  ],
  misses: [
    { text: '1/1204837465019283' },
    { text: `1/1204837465019283:${'0'.repeat(32)}` },
    { text: '2/12/2024: paid' },
  ],
};

function reportAt(passage: Passage, start: number, colon: number): void {
  const text = passage.text;
  if (byteAt(text, colon) !== 0x3a || colon - start < 14) return;
  const end = runEnd(text, colon + 1, byteSet('a-z0-9'), 33);
  if (end - colon !== 33 || isWord(byteAt(text, end)) || isPlaceholder(passage.ascii(colon + 1, end))) return;
  passage.report(asana, start, end, 0.95, 0.98);
}

const secret = '9f01726eebe77df2c096a65e95acdd02';

export const asanaNamed = assignedToken({
  name: 'asana-named',
  entity: 'ASANA',
  words: ['asana'],
  // Elder tokens begin with a number and a slash.
  body: byteSet('a-zA-Z0-9/'),
  min: 32,
  max: 60,
  shape: (value) => /^(?:\d\/)?[a-zA-Z0-9]{1,4}\/?[a-zA-Z0-9]{28,}$/.test(value) && looksRandom(value),
  hits: [{ text: `ASANA_CLIENT_SECRET=${secret}`, value: secret, atLeast: 0.8 }],
  misses: [{ text: `asana_task_id = ${secret}` }, { text: `asana: ${exampleBody(31)}` }],
});
