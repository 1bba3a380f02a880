/** A held body is put together as it comes, a large one in memory that threads share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatheredBody, SHARED_BYTES } from '../../proxy/gathered-body.ts';

const MOST = 8 << 20;

function pieces(count: number, bytes: number): Buffer[] {
  // With memory of its own, as what comes off a socket.
  return Array.from({ length: count }, (_, at) => Buffer.from(new ArrayBuffer(bytes)).fill(at % 251));
}

test('a large body is whole in shared memory with its last piece, and its pieces are let go', () => {
  const body = new GatheredBody();
  const given = pieces(200, 16_384);
  const expected = Buffer.concat(given);
  for (const piece of given) body.push(piece, MOST);
  assert.ok(body.bytes().equals(expected));
  assert.ok(body.bytes().buffer instanceof SharedArrayBuffer);
  assert.equal(body.bytes().buffer, body.bytes().buffer, 'asked twice, it is not put together twice');
  assert.ok(given.every(({ length }) => length === 0));
  assert.deepEqual(
    body.pieces().map(({ length }) => length),
    [expected.length],
  );
});

test('memory is taken for what has come, not for what may', () => {
  const body = new GatheredBody();
  for (const piece of pieces(4, SHARED_BYTES)) body.push(piece, MOST);
  const { buffer } = body.bytes();
  assert.ok(buffer instanceof SharedArrayBuffer && buffer.byteLength <= 1 << 20);
});

test('a small body, and one that may not be shared, stays in the pieces that came', () => {
  for (const [count, most] of [
    [1, MOST],
    [40, 0],
  ] as const) {
    const body = new GatheredBody();
    const given = pieces(count, 1000);
    for (const piece of given) body.push(piece, most);
    assert.deepEqual(body.pieces(), given);
    assert.ok(body.bytes().equals(Buffer.concat(given)));
  }
});

test('a body that becomes more than it might goes on in pieces, and in shared memory where it may be more after all', () => {
  const body = new GatheredBody();
  const given = pieces(30, 20_000);
  const expected = Buffer.concat(given);
  given.forEach((piece, at) => {
    body.push(piece, at < 10 ? 100_000 : at < 20 ? 0 : MOST);
    assert.equal(body.size, (at + 1) * 20_000);
    if (at === 9) assert.ok(!(body.pieces().at(-1)?.buffer instanceof SharedArrayBuffer));
  });
  assert.ok(body.bytes().equals(expected));
  assert.ok(body.bytes().buffer instanceof SharedArrayBuffer);
  body.clear();
  assert.deepEqual([body.size, body.bytes().length], [0, 0]);
});
