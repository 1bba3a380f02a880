import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WordSet } from '../../../engine/extract/word-set.ts';

test('every word is known by its bytes, and nothing that is nearly one', () => {
  const words = Array.from({ length: 300 }, (_, i) => `w${i}${'x'.repeat(i % 7)}`);
  const set = new WordSet(words.join('\n '));
  for (const word of words) {
    const bytes = Buffer.from(`"${word}"`);
    assert.equal(set.at(bytes, 1, bytes.length - 1), word);
    assert.equal(set.has(word), true);
    for (const near of [`${word}y`, `y${word}`, word.toUpperCase()]) {
      assert.equal(set.at(Buffer.from(near), 0, near.length), null);
    }
  }
  assert.equal(set.at(Buffer.from('w1'), 0, 0), null);
});
