import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codePointOffsets, placesOf, utf16Offsets } from '../../../engine/scan/offsets.ts';

describe('byte offsets', () => {
  it('become UTF-16 offsets: slicing the string by them gives what slicing the bytes gives', () => {
    const text = 'a ß 漢字 😀 e\u0301 𝒳 end \ud800 x';
    const bytes = Buffer.from(text);
    const cuts = [...text.matchAll(/\S+/g)].map((match) => match.index);
    const byteCuts = cuts.map((cut) => Buffer.byteLength(text.slice(0, cut)));
    assert.deepEqual(utf16Offsets(bytes, byteCuts), cuts);
    assert.deepEqual(utf16Offsets(bytes, [bytes.length]), [text.length]);
  });

  it('become offsets in code points: slicing the characters by them gives what slicing the bytes gives', () => {
    const text = 'a ß 漢字 😀 e\u0301 𝒳 end \ud800 x';
    const bytes = Buffer.from(text);
    const cuts = [...text.matchAll(/\S+/g)].map((match) => match.index);
    const byteCuts = cuts.map((cut) => Buffer.byteLength(text.slice(0, cut)));
    assert.deepEqual(
      codePointOffsets(bytes, byteCuts),
      cuts.map((cut) => [...text.slice(0, cut)].length),
    );
  });

  it('become lines and columns from 1, whatever the line ends', () => {
    const bytes = Buffer.from('ab\r\n😀x\n\nq');
    const at = [0, 4, 8, 11].map((start) => start);
    assert.deepEqual(placesOf(bytes, at), [
      { line: 1, column: 1 },
      { line: 2, column: 1 },
      { line: 2, column: 3 },
      { line: 4, column: 1 },
    ]);
  });
});
