/** Bodies of which the end was not heard: what comes before it is undone, and is the beginning of the whole. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { decodeBody } from '../../../engine/extract/encodings.ts';

/** Hard to make small, so that a cut leaves much on both sides; several blocks of zstd. */
const TEXT = Buffer.from(`the beginning of it; ${randomBytes(250_000).toString('hex')}`);

for (const [coding, packed] of [
  ['gzip', gzipSync(TEXT)],
  ['deflate', deflateSync(TEXT)],
  ['deflate', deflateRawSync(TEXT)],
  ['br', brotliCompressSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
] as const) {
  test(`${coding}, cut in its middle`, () => {
    const cut = packed.subarray(0, Math.floor(packed.length * 0.8));
    const headers = ['content-encoding', coding];
    const undone = decodeBody(cut, headers, { maxDecodedBytes: 2 ** 22, takesCut: true });
    assert.ok(undone !== null && undone.body.length > TEXT.length / 3);
    assert.ok(TEXT.subarray(0, undone.body.length).equals(undone.body));
    assert.equal(decodeBody(cut, headers, { maxDecodedBytes: 2 ** 22 }), null, 'a whole body is asked for');
    const small = decodeBody(cut, headers, { maxDecodedBytes: 1000, takesCut: true });
    assert.equal(small, null, 'larger than it may be');
  });
}

test('of which nothing can be undone yet, or that is none, nothing is read', () => {
  for (const coding of ['br', 'zstd']) {
    const decoded = decodeBody(Buffer.from([0x28]), ['content-encoding', coding], {
      maxDecodedBytes: 1000,
      takesCut: true,
    });
    assert.equal(decoded, null);
  }
});
