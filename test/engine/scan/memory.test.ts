import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remembering } from '../../../engine/scan/memory.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';

const key = Buffer.alloc(32, 7);
const filler = 'nothing to see here, '.repeat(60);
const hints = { label: null, role: null };

test('a text that was scanned before is not scanned again, and has the same findings', () => {
  const scanner = remembering(createScanner(), { key });
  const text = Buffer.from(`${filler} card 4111 1111 1111 1111`);
  const first = scanner.scan(text, hints);
  assert.equal(scanner.scan(Buffer.from(text), hints), first);
  assert.deepEqual(scanner.counts, { known: 1, unknown: 1 });
  assert.deepEqual(first, createScanner().scan(text, hints));
});

test('another label, role or reading of base64 is another text', () => {
  const scanner = remembering(createScanner(), { key });
  const text = Buffer.from(`536228145 ${filler}`);
  const isFound = (label: string | null): boolean =>
    scanner.scan(text, { label, role: null }).some((one) => one.entity === 'US_SSN' && one.score >= 0.5);
  assert.ok(!isFound(null));
  assert.ok(isFound('ssn'));
  scanner.scan(text, { label: null, role: 'user' });
  scanner.scan(text, { label: null, role: null, isBase64Read: true });
  assert.equal(scanner.counts.known, 0);
});

test('a decoded value is never remembered', () => {
  const scanner = remembering(createScanner(), { key });
  const text = Buffer.from(`${filler} ${Buffer.from('card 4111111111111111 on file').toString('base64')}`);
  for (let turn = 0; turn < 2; turn++) {
    const card = scanner.scan(text, hints).find((one) => one.entity === 'CREDIT_CARD');
    assert.ok(card !== undefined && scanner.isDecoded(card));
    assert.equal(scanner.valueOf(text, card), '4111111111111111');
  }
  assert.equal(scanner.counts.known, 0);
});

test('no more texts are remembered than asked for; the one not met for longest goes', () => {
  const scanner = remembering(createScanner(), { key, maxTexts: 2 });
  const scan = (name: string): void => void scanner.scan(Buffer.from(`${name} ${filler}`), hints);
  for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) scan(name);
  assert.deepEqual(scanner.counts, { known: 2, unknown: 4 });
});
