import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextNonAscii, quadsOf } from '../../../engine/encodings/quads.ts';

test('the next byte beyond ASCII is found at any offset and alignment', () => {
  const memory = Buffer.from(`${'x'.repeat(40)}é${'y'.repeat(23)}ü`);
  for (let from = 0; from < 12; from++) {
    const text = memory.subarray(from);
    for (let at = 0; at <= text.length; at++) {
      let expected = at;
      while (expected < text.length && (text[expected] ?? 0) < 0x80) expected++;
      assert.equal(nextNonAscii(text, at, quadsOf(text)), expected);
    }
  }
});
