import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { decodeBody } from '../../../engine/extract/encodings.ts';
import { undoBrotli } from '../../../proxy/undo-brotli.ts';

const TEXT = Buffer.from('the quick brown fox '.repeat(20));
const MAX = 1 << 24;
const LIMITS = { maxDecodedBytes: MAX };
/** Hardly compressible, the same each time. */
const NOISE = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (Math.imul(i, 2654435761) >>> 13) & 0xff));

function decoded(body: Buffer, coding: string, max = MAX): Buffer | null {
  return decodeBody(body, ['Content-Encoding', coding], { maxDecodedBytes: max, undoBrotli })?.body ?? null;
}

test('undoes gzip, deflate in both forms, identity, and stacks of them', () => {
  assert.deepEqual(decoded(gzipSync(TEXT), 'gzip'), TEXT);
  assert.deepEqual(decoded(gzipSync(TEXT), 'X-GZIP'), TEXT);
  assert.deepEqual(decoded(deflateSync(TEXT), 'deflate'), TEXT);
  assert.deepEqual(decoded(deflateRawSync(TEXT), 'deflate'), TEXT);
  assert.deepEqual(decoded(TEXT, 'identity'), TEXT);
  assert.deepEqual(decoded(gzipSync(deflateSync(TEXT)), 'deflate, gzip'), TEXT);
  assert.deepEqual(decoded(Buffer.concat([gzipSync(TEXT), gzipSync(TEXT)]), 'gzip'), Buffer.concat([TEXT, TEXT]));
});

test('says whether there was a coding to undo', () => {
  assert.equal(decodeBody(TEXT, [], LIMITS)?.changed, false);
  assert.equal(decodeBody(gzipSync(TEXT), ['content-encoding', 'gzip'], LIMITS)?.changed, true);
});

test('does not read what it cannot undo to the last byte', () => {
  for (const tail of ['x', '\0', '\0hidden', 'hidden text behind']) {
    assert.equal(decoded(Buffer.concat([gzipSync(TEXT), Buffer.from(tail)]), 'gzip'), null);
    assert.equal(decoded(Buffer.concat([deflateSync(TEXT), Buffer.from(tail)]), 'deflate'), null);
    assert.equal(decoded(Buffer.concat([deflateRawSync(TEXT), Buffer.from(tail)]), 'deflate'), null);
    assert.equal(decoded(Buffer.concat([brotliCompressSync(TEXT), Buffer.from(tail)]), 'br'), null);
    assert.equal(decoded(Buffer.concat([zstdCompressSync(TEXT), Buffer.from(tail)]), 'zstd'), null);
  }
  for (const [coding, bytes] of [
    ['gzip', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
  ] as const) {
    for (let cut = 1; cut < bytes.length; cut++) assert.equal(decoded(bytes.subarray(0, -cut), coding), null);
  }
  const twice = Buffer.concat([brotliCompressSync(TEXT), brotliCompressSync(TEXT)]);
  assert.equal(decoded(twice, 'br'), null, 'brotli has one stream only');
});

test('undoes br and zstd, alone and stacked', () => {
  assert.deepEqual(decoded(brotliCompressSync(TEXT), 'br'), TEXT);
  assert.deepEqual(decoded(zstdCompressSync(TEXT), 'zstd'), TEXT);
  assert.deepEqual(decoded(gzipSync(brotliCompressSync(TEXT)), 'br, gzip'), TEXT);
  assert.deepEqual(decoded(brotliCompressSync(zstdCompressSync(TEXT)), 'zstd, BR'), TEXT);
  for (const empty of [brotliCompressSync(''), zstdCompressSync('')]) {
    const coding = empty.readUInt8(0) === 0x28 ? 'zstd' : 'br';
    assert.deepEqual(decoded(empty, coding), Buffer.alloc(0));
  }
});

test('undoes every frame of zstd, with and without checksum and size', () => {
  const checked = zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const unsized = zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  const runs = zstdCompressSync(Buffer.alloc(300_000, 'a'));
  const noise = zstdCompressSync(NOISE);
  const all = Buffer.concat([checked, unsized, runs, zstdCompressSync(''), noise]);
  const text = Buffer.concat([TEXT, TEXT, Buffer.alloc(300_000, 'a'), NOISE]);
  assert.ok(decoded(all, 'zstd')?.equals(text));
  checked.writeUInt8(checked.readUInt8(checked.length - 1) ^ 1, checked.length - 1);
  assert.equal(decoded(checked, 'zstd'), null, 'the checksum is checked');
});

test('does not read zstd in which something may be hidden: skippable frames, dictionaries, wide windows', () => {
  const frame = zstdCompressSync(TEXT);
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 6, 0, 0, 0, ...Buffer.from('hidden')]);
  assert.equal(decoded(Buffer.concat([skippable, frame]), 'zstd'), null);
  assert.equal(decoded(Buffer.concat([frame, skippable]), 'zstd'), null);
  assert.equal(decoded(skippable, 'zstd'), null);
  const descriptor = frame.readUInt8(4);
  const withDictionary = Buffer.concat([frame.subarray(0, 4), Buffer.from([descriptor | 1]), frame.subarray(5)]);
  assert.equal(decoded(withDictionary, 'zstd'), null);
  const windowed = zstdCompressSync(TEXT, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  for (const [log, isRead] of [
    [23, true],
    [24, false],
  ] as const) {
    windowed.writeUInt8((log - 10) << 3, 5);
    assert.equal(decoded(windowed, 'zstd') !== null, isRead, 'RFC 9659: 8 MiB at most');
  }
});

test('does not read brotli without a decoder for it', () => {
  assert.equal(decodeBody(brotliCompressSync(TEXT), ['Content-Encoding', 'br'], LIMITS), null);
});

test('does not read brotli of a large window, which is no part of the standard', () => {
  const params = { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 28 };
  assert.equal(decoded(brotliCompressSync(TEXT, { params }), 'br'), null);
});

test('never throws nor goes on for ever, whatever stands there', () => {
  for (const whole of [brotliCompressSync(NOISE), zstdCompressSync(NOISE), gzipSync(NOISE), NOISE]) {
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(whole.subarray(0, 2000));
      const at = (i * 7919) % bytes.length;
      bytes.writeUInt8((bytes.readUInt8(at) + 1 + i) & 0xff, at);
      for (const coding of ['br', 'zstd', 'gzip', 'deflate']) decoded(bytes, coding, 1 << 20);
    }
  }
});

test('does not read unknown codings, nor more than four', () => {
  for (const coding of ['made-up', 'gzip, made-up', 'compress', 'dcb', 'dcz']) {
    assert.equal(decoded(gzipSync(TEXT), coding), null);
  }
  for (const coding of ['br', 'zstd']) assert.equal(decoded(gzipSync(TEXT), coding), null, 'of another coding');
  assert.equal(decoded(TEXT, 'gzip, gzip, gzip, gzip, gzip'), null);
});

test('is bounded in size and in ratio', () => {
  const zeros = Buffer.alloc(4 << 20);
  for (const [coding, bytes] of [
    ['br', brotliCompressSync(zeros)],
    ['zstd', zstdCompressSync(zeros)],
    ['zstd', Buffer.concat([zstdCompressSync(zeros.subarray(0, 1 << 20)), zstdCompressSync('x')])],
  ] as const) {
    assert.equal(decoded(bytes, coding, 1 << 20), null);
  }
  assert.equal(decoded(brotliCompressSync(zeros), 'br', 1 << 30), null, 'more than 100 times past 1 MiB');
  const large = gzipSync(Buffer.alloc(4 << 20));
  assert.equal(decoded(large, 'gzip', 1 << 20), null);
  assert.equal(decoded(large, 'gzip', 1 << 30), null, 'more than 100 times past 1 MiB');
  assert.equal(decoded(gzipSync(Buffer.alloc(1 << 20)), 'gzip', 1 << 30)?.length, 1 << 20);
});
