/** Airtable: personal access tokens (`pat`, 14 characters, a dot and 64 hexadecimal digits); API keys of before beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isWord, touchesWordBefore } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const hex = '9f01726eebe77df2c096a65e95acdd02107b2c1e9f01726eebe77df2c096a65e';
const token = assembled('pa', 't', exampleBody(14), '.', hex);

export const airtable: Recognizer = {
  name: 'airtable',
  entity: 'AIRTABLE',
  category: 'credential',
  countries: [],
  runs: { min: 64, max: 64 },
  findRun(passage: Passage, at: number, end: number): void {
    const text = passage.text;
    const start = at - 18;
    if (byteAt(text, at - 1) !== 0x2e || start < 0 || touchesWordBefore(text, start) || isWord(byteAt(text, end)))
      return;
    const written = passage.ascii(start, end);
    if (/^pat[A-Za-z0-9]{14}\.[0-9a-f]{64}$/.test(written) && !isPlaceholder(written.slice(18)))
      passage.report(airtable, start, end, 0.98);
  },
  hits: [
    { text: `AIRTABLE_TOKEN=${token}`, value: token, atLeast: 0.8 },
    { text: `Bearer ${token}`, value: token, atLeast: 0.8 },
  ],
  misses: [{ text: `path.${hex}` }, { text: assembled('pa', 't', 'x'.repeat(14), '.', '0'.repeat(64)) }],
};

const key = assembled('ke', 'y', exampleBody(14));

export const airtableKey = assignedToken({
  name: 'airtable-key',
  entity: 'AIRTABLE',
  words: ['airtable'],
  body: byteSet('a-zA-Z0-9'),
  min: 17,
  max: 17,
  shape: (value) => /^key[A-Za-z0-9]{14}$/.test(value) && /\d/.test(value),
  assigned: 0.95,
  near: 0.85,
  hits: [{ text: `AIRTABLE_API_KEY=${key}`, value: key, atLeast: 0.8 }],
  misses: [{ text: 'airtable_api_key = keyXXXXXXXXXXXXXX' }, { text: key }],
});
