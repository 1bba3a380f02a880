/** Codings undone while they come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createZstdCompress,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { streamDecoder } from '../../proxy/stream-decoder.ts';

/** What a Brotli stream of these pieces gives, and how it ends. */
function undone(pieces: readonly Buffer[]): { text: string[]; end: string } {
  const text: string[] = [];
  let end = '';
  const decoder = streamDecoder('br');
  decoder?.start({
    data: (bytes) => text.push(bytes.toString()),
    ended: () => {
      end = 'ended';
    },
    failed: (why) => {
      end = why;
    },
  });
  for (const piece of pieces) decoder?.push(piece);
  if (end === '') decoder?.end();
  return { text, end };
}

test('Brotli is given as far as it has come, an event as soon as it is flushed', async () => {
  const encoder = createBrotliCompress();
  const pieces: Buffer[] = [];
  encoder.on('data', (piece: Buffer) => pieces.push(piece));
  const flush = (text: string): Promise<void> =>
    new Promise((resolve) => {
      encoder.write(text);
      encoder.flush(constants.BROTLI_OPERATION_FLUSH, resolve);
    });
  await flush('data: one\n\n');
  const first = undone(pieces);
  assert.deepEqual(first, { text: ['data: one\n\n'], end: 'ended' });
  await flush('data: two\n\n');
  assert.equal(undone(pieces).text.join(''), 'data: one\n\ndata: two\n\n');
});

test('however Brotli is cut it gives the same', () => {
  const text = 'data: {"text":"three rivers"}\n\n'.repeat(20);
  const whole = brotliCompressSync(text);
  for (let cut = 1; cut < whole.length; cut++) {
    const { text: got, end } = undone([whole.subarray(0, cut), whole.subarray(cut)]);
    assert.equal(got.join(''), text, `cut ${cut}`);
    assert.equal(end, 'ended');
  }
});

test('what is no Brotli, goes on behind its end, asks for a large window or grows without measure ends with a failure', () => {
  const whole = brotliCompressSync('data: one\n\n');
  assert.match(undone([Buffer.from('no brotli at all, but words')]).end, /not in the coding|behind its end/);
  assert.match(undone([whole, Buffer.from('x')]).end, /behind its end/);
  assert.match(undone([Buffer.concat([whole, whole])]).end, /behind its end/);
  assert.match(undone([Buffer.from([0x11, 0, 0])]).end, /window/);
  assert.match(undone([brotliCompressSync(Buffer.alloc(8 * 1024 * 1024))]).end, /grows too much/);
});

/** What a stream of these pieces in these codings gives, and how it ends. */
function comes(coding: string, pieces: readonly Buffer[]): Promise<{ text: string; end: string }> {
  const given: Buffer[] = [];
  const text = (): string => Buffer.concat(given).toString();
  return new Promise((resolve) => {
    const decoder = streamDecoder(coding) ?? assert.fail(coding);
    decoder.start({
      data: (bytes) => given.push(bytes),
      ended: () => resolve({ text: text(), end: 'ended' }),
      failed: (why) => resolve({ text: text(), end: why }),
    });
    for (const piece of pieces) decoder.push(piece);
    decoder.end();
  });
}

test('Zstandard is given as far as it has come, an event as soon as it is flushed', { timeout: 60_000 }, async () => {
  const encoder = createZstdCompress({ flush: constants.ZSTD_e_flush });
  const decoder = streamDecoder('zstd') ?? assert.fail();
  let got = '';
  let arrived = Promise.withResolvers<void>();
  decoder.start({
    data: (bytes) => {
      got += bytes.toString();
      arrived.resolve();
    },
    ended: () => undefined,
    failed: (why) => assert.fail(why),
  });
  encoder.on('data', (piece: Buffer) => decoder.push(piece));
  for (const event of ['data: one\n\n', 'data: two\n\n']) {
    encoder.write(event);
    await arrived.promise;
    assert.ok(got.endsWith(event), got);
    arrived = Promise.withResolvers<void>();
  }
  decoder.pause();
  encoder.write('data: three\n\n');
  decoder.resume();
  await arrived.promise;
  assert.ok(got.endsWith('data: three\n\n'));
  decoder.stop();
});

test('however Zstandard is cut it gives the same, over all its frames', async () => {
  const checked = zstdCompressSync('data: one\n\n', { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const whole = Buffer.concat([checked, zstdCompressSync(''), zstdCompressSync('data: two\n\n'.repeat(30)), checked]);
  const text = `data: one\n\n${'data: two\n\n'.repeat(30)}data: one\n\n`;
  for (let cut = 1; cut < whole.length; cut++) {
    const got = await comes('zstd', [whole.subarray(0, cut), whole.subarray(cut)]);
    assert.deepEqual(got, { text, end: 'ended' }, `cut ${cut}`);
  }
  const cutOff = await comes('zstd', [whole.subarray(0, checked.length + 20)]);
  assert.deepEqual(cutOff, { text: 'data: one\n\n', end: 'ended' }, 'what came of one that is cut off is given');
});

test('what is no Zstandard, hides something, asks for a large window or grows without measure ends with a failure', async () => {
  const frame = zstdCompressSync('data: one\n\n');
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);
  const unsized = zstdCompressSync('data: one\n\n', { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } });
  const wide = Buffer.from(unsized);
  wide.writeUInt8((24 - 10) << 3, 5);
  const spoiled = zstdCompressSync('data: one\n\n', { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  spoiled.writeUInt8(spoiled.readUInt8(spoiled.length - 1) ^ 1, spoiled.length - 1);
  const named = /not in the coding/;
  for (const [bytes, why] of [
    [Buffer.from('no frame at all, but words'), named],
    [Buffer.concat([skippable, frame]), named],
    [Buffer.concat([frame, skippable]), named],
    [Buffer.concat([frame, Buffer.from('tail')]), named],
    [Buffer.concat([frame.subarray(0, 4), Buffer.from([0x21, 7]), frame.subarray(5)]), named],
    [wide, named],
    [spoiled, named],
    [zstdCompressSync(Buffer.alloc(8 * 1024 * 1024)), /grows too much/],
  ] as const) {
    assert.match((await comes('zstd', [bytes])).end, why);
  }
});

test('codings on top of each other are undone as they come, and grow together no more than one may', async () => {
  const text = 'data: {"text":"three rivers"}\n\n'.repeat(20);
  const whole = zstdCompressSync(brotliCompressSync(gzipSync(text)));
  for (const cut of [1, 9, 40, whole.length - 1]) {
    const got = await comes('gzip, identity, BR, zstd', [whole.subarray(0, cut), whole.subarray(cut)]);
    assert.deepEqual(got, { text, end: 'ended' });
  }
  const twice = zstdCompressSync(zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)));
  assert.match((await comes('zstd, zstd', [twice])).end, /grows too much/);
  assert.match((await comes('gzip, zstd', [zstdCompressSync('no gzip at all')])).end, /not in the coding/);
});

test('a coding that is not known is left to whoever holds the whole, as are too many of them', () => {
  for (const coding of ['compress', 'gzip, compress', 'identity', '', 'gzip, gzip, gzip, gzip, gzip']) {
    assert.equal(streamDecoder(coding), null);
  }
});
