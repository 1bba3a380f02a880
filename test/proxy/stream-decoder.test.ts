/** Codings undone while they come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, constants, createBrotliCompress } from 'node:zlib';
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

test('a coding that is not undone like this is left to whoever holds the whole', () => {
  assert.equal(streamDecoder('zstd'), null);
  assert.equal(streamDecoder('gzip, br'), null);
});
