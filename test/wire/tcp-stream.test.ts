import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TcpPiece, TcpStream } from '../../wire/tcp-stream.ts';
import { seeded } from '../support/every-split.ts';

const TEXT = Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789');
const START = 0xffff_fff0; // wraps within the text

function segment(from: number, to: number, atMs = 0) {
  return { sequence: (START + from) >>> 0, bytes: TEXT.subarray(from, to), length: to - from, atMs };
}

function shown(pieces: readonly TcpPiece[]): string {
  return pieces.map((piece) => (piece.kind === 'bytes' ? piece.bytes.toString() : `<${piece.length}>`)).join('');
}

/** The pieces follow one another without overlap, and say where they stand. */
function checkOffsets(pieces: readonly TcpPiece[]): void {
  let at = 0;
  for (const piece of pieces) {
    assert.equal(piece.offset, at);
    at += piece.kind === 'bytes' ? piece.bytes.length : piece.length;
  }
}

test('packets in any order, repeated and overlapping, make the stream, across the wrap of the sequence number', () => {
  const random = seeded(5);
  for (let round = 0; round < 500; round++) {
    const stream = new TcpStream({ waitMs: 1000 });
    stream.begin((START - 1) >>> 0);
    const segments = [];
    for (let at = 0; at < TEXT.length; ) {
      const end = Math.min(TEXT.length, at + 1 + Math.floor(random() * 7));
      segments.push(segment(Math.max(0, at - Math.floor(random() * 3)), end));
      if (random() < 0.3) segments.push(segment(at, end));
      at = end;
    }
    segments.sort(() => random() - 0.5);
    const pieces = segments.flatMap((one) => stream.push(one));
    assert.equal(shown(pieces), TEXT.toString());
    checkOffsets(pieces);
    assert.equal(stream.heldBytes, 0);
  }
});

test('without a SYN the first packet is the beginning', () => {
  const stream = new TcpStream();
  assert.equal(shown(stream.push(segment(10, 13))), 'klm');
  assert.equal(shown(stream.push(segment(13, 15))), 'no');
});

test('what is missing is a gap once a later packet has waited long enough', () => {
  const stream = new TcpStream({ waitMs: 200 });
  stream.begin((START - 1) >>> 0);
  assert.equal(shown(stream.push(segment(0, 3, 0))), 'abc');
  assert.equal(shown(stream.push(segment(6, 9, 10))), '');
  assert.equal(shown(stream.settle(209)), '');
  assert.equal(shown(stream.settle(210)), '<3>ghi');
  assert.equal(shown(stream.push(segment(3, 6, 220))), '', 'what was given up is not taken back');
});

test('at the end nothing waits any more', () => {
  const stream = new TcpStream();
  stream.push(segment(0, 3));
  stream.push(segment(6, 9));
  stream.push(segment(12, 13));
  assert.equal(shown(stream.end()), '<3>ghi<3>m');
});

test('more than may be held is not waited for', () => {
  const stream = new TcpStream({ heldBytes: 6, waitMs: 1000 });
  stream.push(segment(0, 1));
  assert.equal(shown(stream.push(segment(3, 6))), '');
  assert.equal(shown(stream.push(segment(8, 12))), '<2>def');
  assert.equal(stream.heldBytes, 4);
});

test('of a packet that was taken in part, the rest is a gap', () => {
  const stream = new TcpStream();
  const pieces = stream.push({ sequence: START, bytes: TEXT.subarray(0, 4), length: 10, atMs: 0 });
  assert.equal(shown([...pieces, ...stream.push(segment(10, 13))]), 'abcd<6>klm');
});

test('a jump far ahead is a gap at once, and a forged one is undone by the packets that go on', () => {
  const stream = new TcpStream({ aheadBytes: 100 });
  stream.push(segment(0, 2));
  const forged = { sequence: (START + 1_000_000) >>> 0, bytes: Buffer.from('X'), length: 1, atMs: 0 };
  assert.equal(shown(stream.push(forged)), '<999998>X');
  const pieces = [2, 4, 6, 8, 10].flatMap((at) => stream.push(segment(at, at + 2)));
  assert.equal(shown(pieces), '<100>ijkl');
});

test('memory stays bounded whatever comes, and every byte is told once', () => {
  const random = seeded(7);
  const stream = new TcpStream({ heldBytes: 4096 });
  let at = 0;
  for (let round = 0; round < 20_000; round++) {
    const length = Math.floor(random() * 1500);
    const pieces = stream.push({
      sequence: Math.floor(random() * 2 ** 32),
      bytes: Buffer.alloc(Math.floor(random() * (length + 1))),
      length,
      atMs: round,
    });
    for (const piece of pieces) {
      assert.equal(piece.offset, at);
      at += piece.kind === 'bytes' ? piece.bytes.length : piece.length;
    }
    assert.ok(stream.heldBytes <= 4096);
  }
});
