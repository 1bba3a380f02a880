import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { BrokenProtocol } from '../../../proxy/websocket/close.ts';
import { AT_ONCE_BYTES, Deflater, Inflater } from '../../../proxy/websocket/deflate.ts';
import { acceptOffer, readAnswer } from '../../../proxy/websocket/extensions.ts';

const TERMS = { sendBits: 15, sendsInContext: true, receivesInContext: true };
const LARGE = (): number => 32 * 1024 * 1024;

async function inPieces(inflater: Inflater, bytes: Buffer, size: number): Promise<Buffer> {
  const message = inflater.pieces();
  const texts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) texts.push(await message.push(bytes.subarray(at, at + size)));
  texts.push(await message.end());
  return Buffer.concat(texts);
}

function event(i: number, length = 30): Buffer {
  return Buffer.from(JSON.stringify({ type: 'response.output_text.delta', i, delta: `piece ${i} `.repeat(length) }));
}

test('messages come back whole, at once and in pieces of any size, looking back at those before', async () => {
  const deflater = new Deflater(15, true);
  const atOnce = new Inflater(TERMS, LARGE);
  const pieces = new Inflater(TERMS, LARGE);
  let first = 0;
  for (let i = 0; i < 40; i++) {
    const message = event(i % 7, 60);
    const bytes = await deflater.deflate(message);
    assert.ok(bytes !== null);
    if (i === 0) first = bytes.length;
    if (i > 7) assert.ok(bytes.length < first / 2, 'the context is used');
    assert.ok(atOnce.whole(bytes).equals(message));
    assert.ok((await inPieces(pieces, bytes, (i % 5) + 1)).equals(message));
  }
});

test('without context takeover each message stands alone', async () => {
  const deflater = new Deflater(15, false);
  const sizes: number[] = [];
  for (let i = 0; i < 3; i++) {
    const bytes = await deflater.deflate(event(1));
    assert.ok(bytes !== null);
    sizes.push(bytes.length);
    assert.ok(new Inflater({ ...TERMS, receivesInContext: false }, LARGE).whole(bytes).equals(event(1)));
  }
  assert.equal(new Set(sizes).size, 1);
});

test('a window of any size that was agreed on is kept to', async () => {
  for (const bits of [9, 12, 15]) {
    const deflater = new Deflater(bits, true);
    const inflater = new Inflater(TERMS, LARGE);
    for (let i = 0; i < 5; i++) {
      const message = Buffer.concat(Array.from({ length: 50 }, (_, k) => event(i * k)));
      const bytes = await deflater.deflate(message);
      assert.ok(bytes !== null);
      assert.ok((await inPieces(inflater, bytes, 1000)).equals(message));
    }
  }
});

test('the examples of RFC 7692 §7.2.3: fixed blocks, context, no compression, a last block, two blocks', async () => {
  const inflater = new Inflater(TERMS, LARGE);
  const hello = (...bytes: number[]) => assert.equal(inflater.whole(Buffer.from(bytes)).toString(), 'Hello');
  hello(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00);
  hello(0xf2, 0x00, 0x11, 0x00, 0x00);
  hello(0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00);
  hello(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00);
  hello(0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00);
});

test('what stands behind a last block is part of the message too', async () => {
  const block = deflateRawSync(Buffer.from('Hello'));
  const bytes = Buffer.concat([block, block, block, Buffer.from([0])]);
  const inflater = new Inflater(TERMS, LARGE);
  assert.equal(inflater.whole(bytes).toString(), 'HelloHelloHello');
  for (const size of [1, 2, 8, 100])
    assert.equal((await inPieces(inflater, bytes, size)).toString(), 'HelloHelloHello');
});

test('what cannot be decompressed is 1007, what becomes too large 1009', async () => {
  const is = (code: number) => (error: unknown) => error instanceof BrokenProtocol && error.code === code;
  const broken = Buffer.from([0xff, 0xff, 0xff]);
  assert.throws(() => new Inflater(TERMS, LARGE).whole(broken), is(1007));
  await assert.rejects(inPieces(new Inflater(TERMS, LARGE), broken, 1), is(1007));
  const bomb = deflateRawSync(Buffer.alloc(30_000_000), { finishFlush: constants.Z_SYNC_FLUSH });
  assert.throws(() => new Inflater(TERMS, LARGE).whole(bomb), is(1009));
  await assert.rejects(inPieces(new Inflater(TERMS, LARGE), bomb, 4096), is(1009));
  const small = deflateRawSync(Buffer.alloc(5000, 0x61), { finishFlush: constants.Z_SYNC_FLUSH });
  await assert.rejects(inPieces(new Inflater(TERMS, () => 4000), small, 4096), is(1009));
});

test('a large message is compressed elsewhere, a small or random one not at all', async () => {
  const deflater = new Deflater(15, true);
  const large = Buffer.concat(Array.from({ length: AT_ONCE_BYTES / 10 }, (_, i) => event(i, 1)));
  const bytes = await deflater.deflate(large);
  assert.ok(bytes !== null && bytes.length < large.length / 4);
  assert.ok((await inPieces(new Inflater(TERMS, LARGE), bytes, 65_536)).equals(large));
  assert.equal(await deflater.deflate(Buffer.from('short')), null);
});

const ACCEPTED: readonly (readonly [string, string | null])[] = [
  ['permessage-deflate', 'permessage-deflate'],
  ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
  ['x-webkit-deflate-frame, permessage-deflate', 'permessage-deflate'],
  ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
  ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
  ['permessage-deflate; server_max_window_bits="10"', 'permessage-deflate; server_max_window_bits=10'],
  ['permessage-deflate; server_max_window_bits=8', null],
  ['permessage-deflate; server_max_window_bits=8, permessage-deflate', 'permessage-deflate'],
  ['permessage-deflate; server_max_window_bits', null],
  ['permessage-deflate; server_max_window_bits=16', null],
  ['permessage-deflate; server_max_window_bits=010', null],
  ['permessage-deflate; client_max_window_bits=7', null],
  ['permessage-deflate; server_no_context_takeover=1', null],
  ['permessage-deflate; unknown', null],
  ['permessage-deflate; client_max_window_bits; client_max_window_bits', null],
  ['permessage-bzip2', null],
  ['', null],
];

for (const [offer, answer] of ACCEPTED) {
  test(`the offer "${offer}" is answered ${answer ?? 'without an extension'}`, () => {
    assert.equal(acceptOffer(offer === '' ? [] : [offer])?.answer ?? null, answer);
  });
}

test('an upstream’s answer binds us, and may hold nothing that was not offered', () => {
  assert.equal(readAnswer([], true), null);
  assert.deepEqual(readAnswer(['permessage-deflate'], true), TERMS);
  assert.deepEqual(
    readAnswer(
      [
        'permessage-deflate; client_max_window_bits=10; client_no_context_takeover; server_no_context_takeover; server_max_window_bits=9',
      ],
      true,
    ),
    { sendBits: 10, sendsInContext: false, receivesInContext: false },
  );
  assert.deepEqual(readAnswer(['permessage-deflate; client_max_window_bits=8'], true), { ...TERMS, sendBits: null });
  for (const value of [
    'permessage-deflate, permessage-deflate',
    'x-other',
    'permessage-deflate; other',
    'permessage-deflate; client_max_window_bits',
    '=',
  ]) {
    assert.equal(readAnswer([value], true), 'unknown', value);
  }
  assert.equal(readAnswer(['permessage-deflate'], false), 'unknown');
});
