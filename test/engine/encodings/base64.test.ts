import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBase64 } from '../../../engine/encodings/base64.ts';

test('a run is found wherever in memory it begins and whatever stands around it', () => {
  const encoded = Buffer.from('twelve bytes').toString('base64');
  for (const [before, after] of [
    ['', ''],
    ['some words, ', ' and more words'],
    ['é(', ')é'],
    ['x', '.'],
  ] as const) {
    for (let offset = 0; offset < 9; offset++) {
      const text = Buffer.from(`${'\n'.repeat(offset)}${before} ${encoded} ${after}`).subarray(offset);
      const runs = findBase64(text).map(({ start, end, decoded }) => [text.toString('utf8', start, end), `${decoded}`]);
      assert.deepEqual(runs, [[encoded, 'twelve bytes']], `offset ${offset}`);
    }
  }
});

test('short runs, ids and binary are no base64', () => {
  const binary = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]).toString('base64');
  for (const text of [
    'aGVsbG8gd29ybGQ',
    'chatcmpl-AbCdEfGhIjKlMnOp',
    binary,
    '/usr/local/share/words',
    'x'.repeat(40),
  ]) {
    assert.equal(findBase64(Buffer.from(text)).length, 0);
  }
});
