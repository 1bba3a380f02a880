import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { eachTable } from '../../../engine/scan/tables.ts';
import { MEDIUM } from '../../../flow/finding.ts';

/** `name=value` of every cell. */
function cellsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const seen: string[] = [];
  eachTable(bytes, (names) => (row) => {
    for (let column = 0; column < row.count; column++) {
      const cell = bytes.toString('utf8', row.starts[column], row.ends[column]);
      if (cell !== '') seen.push(`${names[column]}=${cell}`);
    }
  });
  return seen;
}

describe('tables in a text', () => {
  it('names the cells of CSV with commas, semicolons, tabs and quotes by their columns', () => {
    assert.deepEqual(cellsOf('id,full name\n1,Ada\n2,"Smith, Bo"\nend'), [
      'id=1',
      'full name=Ada',
      'id=2',
      'full name=Smith, Bo',
    ]);
    assert.deepEqual(cellsOf('a;b\r\n1;2\r\n'), ['a=1', 'b=2']);
    assert.deepEqual(cellsOf('a\tb\n1\t2'), ['a=1', 'b=2']);
  });

  it('names the cells of Markdown', () => {
    assert.deepEqual(cellsOf('| a | b |\n| --- | --- |\n| 1 | 2 |\n\ntext'), ['a=---', 'b=---', 'a=1', 'b=2']);
  });

  it('takes no row of a table of Markdown for the names of those below, where no column is asked for', () => {
    const asked: (readonly string[])[] = [];
    eachTable(
      Buffer.from('| a | b |\n| --- | --- |\n| password | x |\n| account | y |\n\n| c | d |\n| 1 | 2 |\n'),
      (names) => {
        asked.push(names);
        return null;
      },
    );
    assert.deepEqual(
      asked.map((names) => names.filter((name) => name !== '').join()),
      ['a,b', 'c,d'],
    );
  });

  it('names the values of an INSERT by its list of columns, of several rows as well', () => {
    assert.deepEqual(cellsOf("INSERT INTO t (a, `b`) VALUES (1, 'x, (y)'), (2, 'it''s');"), [
      'a=1',
      'b=x, (y)',
      'a=2',
      "b=it''s",
    ]);
    assert.deepEqual(cellsOf("insert into t (a) values ('x')"), ['a=x']);
  });

  it('takes no prose, no numbers and no uneven lines for a table', () => {
    assert.deepEqual(cellsOf('First, we go home and then we look at all of it again, I think.\nThen, we stay.'), []);
    assert.deepEqual(cellsOf('1,2\n3,4\n'), []);
    assert.deepEqual(cellsOf('a,b\n1,2,3\n'), []);
  });

  it('makes the name of a column evidence for each of its values, however far below', () => {
    const rows = Array.from({ length: 300 }, (_, row) => `${row},${536220000 + row},open and paid`);
    const text = Buffer.from(`row,ssn,state\n${rows.join('\n')}\n`);
    const found = createScanner()
      .scan(text, { label: null, role: null })
      .filter(({ entity, score }) => entity === 'US_SSN' && score >= MEDIUM);
    assert.equal(found.length, 299, 'all but the one whose serial is 0000');
  });

  it('hands a cell to the recognizers that its column wants', () => {
    const scanner = createScanner();
    for (const text of [
      'row;password\n1;tr0ub4dor3x',
      "INSERT INTO users (row, password) VALUES (1, 'tr0ub4dor3x');",
    ]) {
      const found = scanner.scan(Buffer.from(text), { label: null, role: null });
      const cell = found.find(({ entity }) => entity === 'PASSWORD_ASSIGNMENT');
      assert.equal(text.slice(cell?.start, cell?.end), 'tr0ub4dor3x', text);
    }
  });

  it('reads lines without a table in time that grows with their length', () => {
    for (const unit of [
      'a,b\n',
      'a\tb\n1',
      '(a) VALUES ',
      'VALUES (a,',
      ') VALUES ',
      '(a) VALUES (1,',
      '"a,b\n',
      '|',
      'values(',
    ]) {
      const time = (count: number): number => {
        const text = Buffer.alloc(count, unit);
        const before = process.cpuUsage();
        eachTable(text, () => () => undefined);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      time(200_000);
      assert.ok(time(400_000) < 1000, `${JSON.stringify(unit)} takes too long`);
    }
  });
});
