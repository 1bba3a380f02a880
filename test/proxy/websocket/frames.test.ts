import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BrokenProtocol, closePayload, readClose } from '../../../proxy/websocket/close.ts';
import { type FramePiece, FrameReader } from '../../../proxy/websocket/frame-reader.ts';
import { frame, frameHead, masked, newMask } from '../../../proxy/websocket/frame-writer.ts';
import { TextCheck } from '../../../proxy/websocket/text-check.ts';
import { everySplit, everyTextSplit, seeded } from '../../support/every-split.ts';

/** What a reader makes of bytes: `OPCODE fin|more LENGTH PAYLOAD`, pieces of a frame joined. */
function read(chunks: readonly Buffer[], isMasked = true, mayCompress = false): string[] {
  const reader = new FrameReader({ isMasked, mayCompress });
  const frames: string[] = [];
  let pieces: Buffer[] = [];
  const take = ({ opcode, isFinal, isCompressed, length, at, bytes }: FramePiece): void => {
    pieces.push(Buffer.from(bytes));
    if (at + bytes.length < length) return;
    const mark = `${opcode} ${isFinal ? 'fin' : 'more'}${isCompressed ? ' deflated' : ''} ${length}`;
    frames.push(`${mark} ${Buffer.concat(pieces).toString('latin1')}`);
    pieces = [];
  };
  for (const chunk of chunks) for (const piece of reader.read(Buffer.from(chunk))) take(piece);
  return frames;
}

function written(opcode: number, payload: Buffer | string, isMasked: boolean, isFinal = true): Buffer {
  const bytes = Buffer.from(payload);
  return frame({ opcode, isFinal, isCompressed: false, length: bytes.length }, bytes, isMasked);
}

test('frames are the same however their bytes are cut, masked or not', () => {
  for (const isMasked of [true, false]) {
    const bytes = Buffer.concat([
      written(1, 'a beginning, ', isMasked, false),
      written(9, 'ping', isMasked),
      written(0, '', isMasked, false),
      written(0, 'and its end', isMasked),
      written(2, '', isMasked),
      written(2, Buffer.alloc(126, 0x61), isMasked),
      written(8, closePayload({ code: 1000, reason: 'bye' }), isMasked),
    ]);
    const whole = read([bytes], isMasked);
    assert.deepEqual(
      whole.map((one) => one.split(' ').slice(0, 3).join(' ')),
      ['1 more 13', '9 fin 4', '0 more 0', '0 fin 11', '2 fin 0', '2 fin 126', '8 fin 5'],
    );
    everySplit(bytes, (chunks) => assert.deepEqual(read(chunks, isMasked), whole));
  }
});

test('lengths of 16 and 64 bits, and payloads sent in pieces under one mask', () => {
  for (const length of [125, 126, 65_535, 65_536, 70_001]) {
    const payload = Buffer.from(Array.from({ length }, (_, i) => i % 251));
    const mask = newMask();
    const head = frameHead({ opcode: 2, isFinal: true, isCompressed: false, length }, mask);
    assert.equal(head.length - 4, length < 126 ? 2 : length < 65_536 ? 4 : 10);
    const pieces = [payload.subarray(0, 3), payload.subarray(3, 4), payload.subarray(4)];
    let at = 0;
    const sent = pieces.map((piece) => {
      const bytes = masked(piece, mask, at);
      at += piece.length;
      return bytes;
    });
    const expected = [`2 fin ${length} ${payload.toString('latin1')}`];
    assert.deepEqual(read([head, ...sent]), expected);
    assert.deepEqual(read([written(2, payload, false)], false), expected);
  }
});

test('the payload given to be written is left as it is', () => {
  const payload = Buffer.from('unchanged');
  written(1, payload, true);
  masked(payload, newMask(), 0);
  assert.equal(payload.toString(), 'unchanged');
});

const MASK = [1, 2, 3, 4];
const BROKEN: readonly (readonly [string, readonly number[], boolean?])[] = [
  ['a reserved bit', [0x91, 0x80, ...MASK]],
  ['RSV1 without compression', [0xc1, 0x80, ...MASK]],
  ['a frame of a client without a mask', [0x81, 0x00]],
  ['a masked frame of a server', [0x81, 0x80, ...MASK], false],
  ['opcode 3', [0x83, 0x80, ...MASK]],
  ['opcode 11', [0x8b, 0x80, ...MASK]],
  ['a ping in fragments', [0x09, 0x80, ...MASK]],
  ['a ping of 126 bytes', [0x89, 0xfe, 0x00, 0x7e, ...MASK]],
  ['a fragment without a beginning', [0x80, 0x80, ...MASK]],
  ['a message within another', [0x01, 0x80, ...MASK, 0x81, 0x80, ...MASK]],
  ['a short length in 16 bits', [0x82, 0xfe, 0x00, 0x7d, ...MASK]],
  ['a 16 bit length in 64', [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...MASK]],
  ['a length with its highest bit', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, ...MASK]],
  ['a compressed fragment', [0x41, 0x80, ...MASK, 0xc0, 0x80, ...MASK]],
];

for (const [what, bytes, isMasked = true] of BROKEN) {
  test(`${what} breaks the protocol`, () => {
    const mayCompress = what === 'a compressed fragment';
    everySplit(Buffer.from(bytes), (chunks) => {
      assert.throws(
        () => read(chunks, isMasked, mayCompress),
        (error) => error instanceof BrokenProtocol && error.code === 1002,
      );
    });
  });
}

test('what came before a broken frame is still told', () => {
  const bytes = Buffer.concat([written(1, 'good', true), Buffer.from([0xff])]);
  const reader = new FrameReader({ isMasked: true, mayCompress: false });
  const seen: string[] = [];
  assert.throws(() => {
    for (const piece of reader.read(Buffer.concat([bytes, Buffer.alloc(8)]))) seen.push(piece.bytes.toString());
  }, BrokenProtocol);
  assert.deepEqual(seen, ['good']);
});

test('random bytes never hang a reader or make it grow', () => {
  const random = seeded(7);
  for (let round = 0; round < 2000; round++) {
    const reader = new FrameReader({ isMasked: random() < 0.5, mayCompress: random() < 0.5 });
    try {
      for (let i = 0; i < 4; i++) {
        const chunk = Buffer.from(Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)));
        let size = 0;
        for (const { bytes } of reader.read(Buffer.from(chunk))) size += bytes.length;
        assert.ok(size <= 200);
      }
    } catch (error) {
      assert.ok(error instanceof BrokenProtocol);
    }
  }
});

test('close frames: codes that may be sent, reasons that are text, and those that are cut to fit', () => {
  assert.deepEqual(readClose(Buffer.alloc(0)), { code: null, reason: '' });
  for (const code of [1000, 1001, 1011, 1014, 3000, 4999]) {
    assert.deepEqual(readClose(closePayload({ code, reason: 'weil ä' })), { code, reason: 'weil ä' });
  }
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]) {
    assert.throws(
      () => readClose(closePayload({ code, reason: '' })),
      (error) => error instanceof BrokenProtocol && error.code === 1002,
    );
  }
  assert.throws(() => readClose(Buffer.from([3])), BrokenProtocol);
  assert.throws(
    () => readClose(Buffer.from([3, 232, 0xff])),
    (error) => error instanceof BrokenProtocol && error.code === 1007,
  );
  const long = closePayload({ code: 1008, reason: 'ä'.repeat(100) });
  assert.ok(long.length <= 125);
  assert.equal(readClose(long).reason, 'ä'.repeat(61));
  assert.equal(closePayload({ code: null, reason: '' }).length, 0);
});

test('UTF-8 is the same however it is cut, and what is none is found', () => {
  const text = 'aä€\u{1f600}z';
  const check = (chunks: readonly Buffer[]): boolean => {
    const one = new TextCheck();
    return chunks.every((chunk) => one.take(chunk)) && one.isWhole;
  };
  everySplit(Buffer.from(text), (chunks) => assert.ok(check(chunks)));
  for (const pieces of everyTextSplit(text)) assert.ok(check(pieces.map((piece) => Buffer.from(piece))));
  for (const bad of [
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0x80],
    [0xe2, 0x82],
    [0xf0, 0x9f, 0x98, 0x41],
  ]) {
    everySplit(Buffer.from([0x61, ...bad]), (chunks) => assert.ok(!check(chunks)));
  }
});
