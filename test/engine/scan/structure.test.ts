/** Values in tables, quotes, diffs, code and logs, against what is expected of each file. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assembled } from '../../../engine/scan/recognizer.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import { exampleBody } from '../../../engine/scan/token.ts';

const folder = new URL('../../corpus/structure/', import.meta.url);
const scanner = createScanner();

function found(text: Buffer): [string, string][] {
  return scanner
    .scan(text, { label: null, role: null })
    .filter((one) => one.score >= 0.5)
    .map((one) => [one.entity, one.category === 'content' ? '' : text.toString('utf8', one.start, one.end)]);
}

for (const name of readdirSync(folder)) {
  if (name.endsWith('.txt')) {
    test(`${name} holds what is expected`, () => {
      const expected: unknown = name.startsWith('clean.')
        ? []
        : JSON.parse(readFileSync(new URL(name.replace(/txt$/, 'json'), folder), 'utf8'));
      assert.deepEqual(found(readFileSync(new URL(name, folder))), expected);
    });
  }
}

test('a private key is found whole through the prefixes of a log, a quote and a diff', () => {
  const key = [
    assembled('-----BEGIN RSA ', 'PRIVATE KEY-----'),
    exampleBody(64),
    exampleBody(64, 3),
    exampleBody(64, 5),
    assembled('-----END RSA ', 'PRIVATE KEY-----'),
  ];
  for (const prefix of ['> ', '+', 'app-1  | ', '2026-03-01T12:00:00Z app: ']) {
    const text = Buffer.from(`${prefix}start\n${key.map((line) => `${prefix}${line}\n`).join('')}${prefix}end\n`);
    const keys = scanner.scan(text, { label: null, role: null }).filter((one) => one.entity === 'PRIVATE_KEY_PEM');
    assert.equal(keys.length, 1, prefix);
    const left = `${text.toString('utf8', 0, keys[0]?.start)}${text.toString('utf8', keys[0]?.end)}`;
    assert.ok(
      key.every((line) => !left.includes(line)),
      prefix,
    );
  }
});

test('lines of a list and of a log that are whole are not read on into each other', () => {
  const dsn = 'Server=db.acme-corp.com;Database=shop;User Id=shop;Password=VA4PKI340C919T;';
  const list = Buffer.from(`- record: open\n- dsn: ${dsn}\n- member: 84\n`);
  assert.deepEqual(found(list), [['CONNECTION_STRING', dsn]]);
  const line = (took: number): string => `2026-03-01T12:00:00.123Z INFO request=5f8a took=${took}ms bytes=${took}17\n`;
  let truncations = 0;
  const log = Buffer.from(Array.from({ length: 9_000 }, (_, row) => line(row)).join(''));
  scanner.scan(log, { label: null, role: null, onTruncated: () => void truncations++ });
  assert.equal(truncations, 0, 'no line of it is decoded');
});

test('a table of many rows costs time in proportion to its length', () => {
  const row = '1001,536228145,2019-03-01,778812345\n';
  const text = (rows: number): Buffer => Buffer.from(`employee,ssn,started,badge\n${row.repeat(rows)}`);
  for (const rows of [10, 1000]) {
    const findings = scanner.scan(text(rows), { label: null, role: null });
    assert.equal(findings.filter((one) => one.entity === 'US_SSN' && one.score >= 0.8).length, rows);
    assert.equal(findings.filter((one) => one.entity === 'BULK_CSV_TABLE').length, 1, `${rows} rows`);
  }
});
