/** New Relic: user, insights, browser and REST keys by prefix, licence keys by their end (`NRAL`), and elder keys beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isWord, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const user = assembled('NR', 'AK-', exampleBody(27).toUpperCase());

export const newrelic = tokenRecognizer({
  name: 'newrelic',
  entity: 'NEWRELIC',
  prefixes: ['NRAK-', 'NRAA-', 'NRRA-', 'NRII-', 'NRIQ-', 'NRJS-', 'NRSP-', 'NRBR-'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 19,
  max: 45,
  // Keys of browser agents stand in every page.
  score: (body, prefix) =>
    prefix === 'NRJS-' || prefix === 'NRBR-' ? 0.5 : /\d/.test(body) && body.length >= 27 ? 0.95 : 0.4,
  hits: [
    { text: `NEW_RELIC_USER_KEY=${user}`, value: user, atLeast: 0.8 },
    { text: `Api-Key: ${user}`, value: user, atLeast: 0.8 },
  ],
  misses: [{ text: assembled('NR', 'AK-', 'X'.repeat(27)) }, { text: 'NRAK-your-key' }],
});

const licence = assembled('9f01726eebe77df2c096a65e95acdd021a2b', 'NR', 'AL');

export const newrelicLicence: Recognizer = {
  name: 'newrelic-licence',
  entity: 'NEWRELIC',
  category: 'credential',
  countries: [],
  cues: [{ literal: 'NRAL', exact: true, endsWord: true }],
  findAtCue(passage: Passage, at: number, end: number): void {
    const start = runStart(passage.text, at, byteSet('a-fA-F0-9x'), 37);
    if (at - start !== 36 || isWord(byteAt(passage.text, start - 1)) || isPlaceholder(passage.ascii(start, at))) return;
    passage.report(newrelicLicence, start, end, 0.97);
  },
  hits: [{ text: `license_key: '${licence}'`, value: licence, atLeast: 0.8 }],
  misses: [{ text: `${'x'.repeat(36)}NRAL` }, { text: 'NRAL' }],
};

const named = '9f01726eebe77df2c096a65e95acdd021a2b3c4d';

export const newrelicNamed = assignedToken({
  name: 'newrelic-named',
  entity: 'NEWRELIC',
  words: ['newrelic', 'new_relic', 'new-relic', 'new relic'],
  body: byteSet('a-zA-Z0-9-'),
  min: 32,
  max: 47,
  lengths: [32, 40, 46, 47],
  hits: [{ text: `NEW_RELIC_LICENSE_KEY=${named}`, value: named, atLeast: 0.8 }],
  misses: [{ text: `newrelic commit=${named}` }, { text: 'new_relic_key = your-new-relic-license-key-goes-here' }],
});
