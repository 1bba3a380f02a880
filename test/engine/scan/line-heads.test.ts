import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HEADS_PIECE, type LineHeads, lineHeads } from '../../../engine/scan/line-heads.ts';
import { eachTable } from '../../../engine/scan/tables.ts';
import { seeded } from '../../support/every-split.ts';

/** Every line, as a host without WebAssembly has it. */
function everyLine(text: Buffer): LineHeads {
  return { next: (from) => (from < text.length ? from : -1) };
}

function tablesOf(text: Buffer, lines: LineHeads): string[] {
  const seen: string[] = [];
  eachTable(
    text,
    (names, at) => {
      seen.push(`${at} ${names.join('/')}`);
      return at % 3 === 0 ? null : (row) => seen.push(`${row.start}-${row.end} ${row.count}`);
    },
    (start, end) => seen.push(`rows ${start}-${end}`),
    lines,
  );
  return seen;
}

function linesOf(text: Buffer): number[] {
  const lines = lineHeads(text);
  const told: number[] = [];
  for (let at = lines.next(0); at !== -1; at = lines.next(text.indexOf('\n', at) + 1)) told.push(at);
  return told;
}

describe('lines that may be of names', () => {
  it('leave no table out, whatever stands in a text and wherever it is cut', () => {
    const random = seeded(41);
    const parts = [...'aaabbbccc,,,;|\t\n\n\n {1-é:', 'name', '\r\n', ',\n', '":', '"a"', 'a,b\n1,2\n', '|-|\n'];
    let tables = 0;
    for (let round = 0; round < 60; round++) {
      const longest = round % 4 === 0 ? 40_000 : 1500;
      const made: string[] = [];
      for (let length = 0; length < longest; length++) made.push(parts[Math.floor(random() * parts.length)] ?? '');
      if (round % 4 === 0) made.splice(7000, 0, 'x,'.repeat(HEADS_PIECE));
      const text = Buffer.from(made.join(''));
      const asked = tablesOf(text, lineHeads(text));
      assert.deepEqual(asked, tablesOf(text, everyLine(text)));
      tables += asked.length;
    }
    assert.ok(tables > 1000, `${tables} calls`);
  });

  it('are none of JSON and of source code, and the one above rows', () => {
    const json = JSON.stringify({ name: 'x', list: ['a', 'b'], deep: { key: 'a, b', other: 'c;d' } }, null, 2);
    assert.deepEqual(linesOf(Buffer.from(json.repeat(20))), []);
    const code = 'if (a) {\n  call(one, two);\n  const x = 1;\n}\n';
    assert.deepEqual(linesOf(Buffer.from(`${code.repeat(10)}id,name\n1,{}\n`)), [code.length * 10]);
  });

  it('are told of a text after another was read in between', () => {
    const [one, other] = [Buffer.from('a,b\n{\n'.repeat(100)), Buffer.from('{\n\nc,d\n'.repeat(100))];
    const [first, second] = [lineHeads(one), lineHeads(other)];
    for (let i = 0; i < 100; i++) {
      assert.equal(first.next(i * 6), i * 6);
      assert.equal(second.next(i * 7), i * 7 + 3);
    }
    assert.equal(first.next(99 * 6 + 4), -1);
  });
});
