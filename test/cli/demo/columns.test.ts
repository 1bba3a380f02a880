import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headings, sideBySide, wrap } from '../../../cli/demo/columns.ts';

const COLUMNS = [
  { title: 'left', text: 'one two three four five six seven eight nine ten eleven twelve' },
  { title: 'middle', text: 'short' },
  { title: 'right', text: `${'x'.repeat(90)} end` },
];
const plain = (text: string): string => text;

test('columns stand side by side from 100 characters on and never use more than 120', () => {
  for (const width of [100, 120, 300]) {
    const lines = sideBySide(COLUMNS, width, plain).split('\n');
    assert.ok(lines[0]?.startsWith('one two three'));
    assert.match(lines[0] ?? '', /short {2,}x+$/);
    assert.ok(lines.every((line) => line.length <= Math.min(width, 120)));
  }
});

test('below 100 characters the columns stand one below the other, each under its title', () => {
  const text = sideBySide(COLUMNS, 60, (title) => `*${title}*`);
  assert.deepEqual(
    text.split('\n').filter((line) => line.includes('*')),
    ['  *left*', '  *middle*', '  *right*'],
  );
  assert.ok(text.split('\n').every((line) => line.length <= 60 + 2));
  assert.equal(headings(['left'], 60, plain), '');
});

test('a line is broken at spaces, inside a word only where it has to be, and what is broken off is set in', () => {
  assert.deepEqual(wrap('a bb ccc', 5), ['a bb', '  ccc']);
  assert.deepEqual(wrap('  in set\nnext', 8), ['  in set', 'next']);
  assert.deepEqual(wrap('0123456789abc', 6), ['012345', '  6789', '  abc']);
  assert.deepEqual(wrap('', 6), ['']);
});
