import assert from 'node:assert/strict';
import test from 'node:test';
import { LineCutter } from '../../../cli/flows/log-lines.ts';
import { everyTextSplit } from '../../support/every-split.ts';

function cut(pieces: readonly string[], maxChars = 100): readonly (string | null)[] {
  const lines = new LineCutter(maxChars);
  return [...pieces.flatMap((piece) => [...lines.add(piece)]), ...lines.end()];
}

test('lines end with LF, CR LF or CR, wherever the text is cut, and an empty one stays a line', () => {
  for (const pieces of everyTextSplit('one\r\ntwo\n\rthree\r\r\n\n fo\u2028ur 😀\nlast')) {
    assert.deepEqual(cut(pieces), ['one', 'two', '', 'three', '', '', ' fo\u2028ur 😀', 'last']);
  }
  assert.deepEqual(cut([]), []);
  assert.deepEqual(cut(['a\n']), ['a']);
});

test('a line that is too long is none, and those around it are whole', () => {
  for (const pieces of everyTextSplit(`ok\n${'x'.repeat(11)}\nfine\r\n${'y'.repeat(10)}\n${'z'.repeat(12)}`)) {
    assert.deepEqual(cut(pieces, 10), ['ok', null, 'fine', 'y'.repeat(10), null]);
  }
});
