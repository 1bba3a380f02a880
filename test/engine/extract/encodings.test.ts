import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { decodeBody } from '../../../engine/extract/encodings.ts';

const TEXT = Buffer.from('the quick brown fox '.repeat(20));
const MAX = 1 << 24;

function decoded(body: Buffer, coding: string, max = MAX): Buffer | null {
  return decodeBody(body, ['Content-Encoding', coding], max)?.body ?? null;
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
  assert.equal(decodeBody(TEXT, [], MAX)?.changed, false);
  assert.equal(decodeBody(gzipSync(TEXT), ['content-encoding', 'gzip'], MAX)?.changed, true);
});

test('does not read what it cannot undo to the last byte', () => {
  for (const tail of ['x', '\0', '\0hidden', 'hidden text behind']) {
    assert.equal(decoded(Buffer.concat([gzipSync(TEXT), Buffer.from(tail)]), 'gzip'), null);
    assert.equal(decoded(Buffer.concat([deflateSync(TEXT), Buffer.from(tail)]), 'deflate'), null);
    assert.equal(decoded(Buffer.concat([deflateRawSync(TEXT), Buffer.from(tail)]), 'deflate'), null);
  }
  for (let cut = 1; cut < 30; cut++) assert.equal(decoded(gzipSync(TEXT).subarray(0, -cut), 'gzip'), null);
});

test('does not read br, zstd or unknown codings, nor more than four', () => {
  for (const coding of ['br', 'zstd', 'made-up', 'gzip, br']) assert.equal(decoded(gzipSync(TEXT), coding), null);
  assert.equal(decoded(TEXT, 'gzip, gzip, gzip, gzip, gzip'), null);
});

test('is bounded in size and in ratio', () => {
  const large = gzipSync(Buffer.alloc(4 << 20));
  assert.equal(decoded(large, 'gzip', 1 << 20), null);
  assert.equal(decoded(large, 'gzip', 1 << 30), null, 'more than 100 times past 1 MiB');
  assert.equal(decoded(gzipSync(Buffer.alloc(1 << 20)), 'gzip', 1 << 30)?.length, 1 << 20);
});
