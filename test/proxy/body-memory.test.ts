/** Shared memory is V8's to collect all the same, and chunks that were copied are free at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countShared, dropChunk } from '../../proxy/body-memory.ts';

test('shared memory that nobody has any more is collected, though V8 does not count it', async () => {
  let collected = 0;
  const registry = new FinalizationRegistry<number>((bytes) => {
    collected += bytes;
  });
  const hand = (): void => {
    const room = new SharedArrayBuffer(16 << 20);
    countShared(room.byteLength);
    registry.register(room, room.byteLength);
  };
  for (const until = Date.now() + 60_000; collected === 0 && Date.now() < until; ) {
    hand();
    // The collection goes on in turns of its own.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(collected > 0);
});

test('a chunk with memory of its own is let go, any other stays', () => {
  const own = Buffer.from(new ArrayBuffer(100_000));
  const part = Buffer.from(new ArrayBuffer(200_000), 0, 100_000);
  const pooled = Buffer.from('a few bytes');
  const shared = Buffer.from(new SharedArrayBuffer(100_000));
  for (const chunk of [own, part, pooled, shared]) dropChunk(chunk);
  assert.deepEqual(
    [own, part, pooled, shared].map(({ length }) => length),
    [0, 100_000, 11, 100_000],
  );
});
