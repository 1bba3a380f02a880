import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gathered } from '../../../proxy/websocket/gathered.ts';
import { seeded } from '../../support/every-split.ts';

test('what was gathered is what came, in pieces of any size', () => {
  const random = seeded(3);
  const gathered = new Gathered();
  for (let round = 0; round < 50; round++) {
    const pieces = Array.from({ length: 1 + Math.floor(random() * 200) }, () => {
      const size = Math.floor(random() ** 6 * 100_000);
      return Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + round) % 256));
    });
    for (const piece of pieces) gathered.add(piece);
    const whole = Buffer.concat(pieces);
    assert.equal(gathered.length, whole.length);
    assert.ok(gathered.bytes().equals(whole));
    // Asked for, it may still grow.
    gathered.add(Buffer.from('end'));
    assert.ok(gathered.bytes().equals(Buffer.concat([whole, Buffer.from('end')])));
    gathered.clear();
    assert.equal(gathered.bytes().length, 0);
  }
});

test('small pieces are copied: what they were read with may go', () => {
  const gathered = new Gathered();
  const read = Buffer.alloc(64 * 1024, 0x61);
  for (let i = 0; i < 1000; i++) gathered.add(read.subarray(i, i + 1));
  read.fill(0x62);
  assert.equal(gathered.bytes().toString(), 'a'.repeat(1000));
});
