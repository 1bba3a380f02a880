import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DASH, DOT, NumberChain, PAREN, SPACE } from '../../../engine/scan/numbers.ts';

function read(text: string, at = 0): { groups: string[]; separators: number[]; end: number; overflows: boolean } {
  const bytes = Buffer.from(text);
  const chain = new NumberChain();
  const end = chain.read(bytes, at);
  const groups = Array.from({ length: chain.count }, (_, i) => bytes.toString('utf8', chain.start(i), chain.end(i)));
  const separators = groups.slice(1).map((_, i) => chain.joined(i, i + 1));
  return { groups, separators, end, overflows: chain.overflows };
}

describe('a chain of digits', () => {
  it('has the groups and the separators between them', () => {
    assert.deepEqual(read('4111 1111-1111.1111 x').groups, ['4111', '1111', '1111', '1111']);
    assert.deepEqual(read('4111 1111-1111.1111 x').separators, [SPACE, DASH, DOT]);
    assert.deepEqual(read('415) 555-2671').separators, [PAREN | SPACE, DASH]);
    assert.deepEqual(read('12\u00a034\u202f56\u20117').separators, [SPACE, SPACE, DASH]);
  });

  it('ends at anything else, and at digits that run on into a word', () => {
    assert.deepEqual(read('12, 34').groups, ['12']);
    assert.deepEqual(read('12\n34').groups, ['12']);
    assert.deepEqual(read('12 34th').groups, ['12']);
    assert.deepEqual(read('12  34').groups, ['12']);
    assert.deepEqual(read('12--34').groups, ['12']);
    assert.deepEqual(read('3fa9').groups, []);
  });

  it('reads a long row in pieces, each where the last one ended', () => {
    const row = Buffer.from('1 '.repeat(200));
    const chain = new NumberChain();
    let at = 0;
    let groups = 0;
    for (let pieces = 0; at < row.length - 1; pieces++) {
      assert.ok(pieces < 20, 'it gets on');
      at = chain.read(row, at);
      groups += chain.count;
      if (!chain.overflows) break;
    }
    assert.equal(groups, 200);
  });
});
