import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Base64Reader, EnvelopeReader, envelope, type Piece } from '../../../engine/extract/envelopes.ts';
import { isGenaiService, messageCoding, messageProtocolOf } from '../../../engine/extract/message-protocols.ts';
import { everySplit, seeded } from '../../support/every-split.ts';

const shown = (piece: Piece): string =>
  piece.kind === 'message' ? `${piece.flags} ${piece.payload}` : piece.kind === 'large' ? `large ${piece.length}` : '';

test('messages come out whole and in order however the bytes are cut', () => {
  const bytes = Buffer.concat([
    envelope(0, Buffer.from('one')),
    envelope(1, Buffer.alloc(0)),
    envelope(0x80, Buffer.from('grpc-status: 0\r\n')),
  ]);
  everySplit(bytes, (chunks) => {
    const reader = new EnvelopeReader(100);
    const pieces = chunks.flatMap((chunk) => reader.push(chunk));
    assert.deepEqual(pieces.map(shown), ['0 one', '1 ', '128 grpc-status: 0\r\n']);
    assert.equal(reader.isWithin, false);
    assert.equal(reader.heldBytes, 0);
  });
});

test('a message that is too large comes in pieces, none of which is kept', () => {
  const bytes = Buffer.concat([envelope(1, Buffer.alloc(11, 'x')), envelope(0, Buffer.alloc(10, 'y'))]);
  everySplit(bytes, (chunks) => {
    const reader = new EnvelopeReader(10);
    const out: Buffer[] = [];
    for (const chunk of chunks) {
      for (const piece of reader.push(chunk)) {
        if (piece.kind === 'large') out.push(piece.head);
        else if (piece.kind === 'rest') out.push(piece.bytes);
        else out.push(envelope(piece.flags, piece.payload));
      }
      assert.ok(reader.heldBytes <= 15);
    }
    assert.deepEqual(Buffer.concat(out), bytes);
  });
});

test('a message that is cut off is known to be', () => {
  const bytes = envelope(0, Buffer.from('words'));
  for (let end = 1; end < bytes.length; end++) {
    const reader = new EnvelopeReader(100);
    assert.deepEqual(reader.push(bytes.subarray(0, end)), []);
    assert.equal(reader.isWithin, true);
    assert.equal(reader.heldBytes, end);
  }
});

test('random bytes are only ever cut, never changed, and nothing past the limit is kept', () => {
  const random = seeded(3);
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(
      Array.from({ length: Math.floor(random() * 400) }, () => Math.floor(random() * (round % 2 === 0 ? 256 : 4))),
    );
    const reader = new EnvelopeReader(64);
    let out = 0;
    for (let at = 0; at < bytes.length; ) {
      const next = at + 1 + Math.floor(random() * 50);
      for (const piece of reader.push(bytes.subarray(at, next))) {
        out += piece.kind === 'message' ? 5 + piece.payload.length : piece.kind === 'large' ? 5 : piece.bytes.length;
      }
      at = next;
      assert.ok(reader.heldBytes <= 69);
    }
    assert.ok(out <= bytes.length && out + 69 >= bytes.length);
  }
});

test('base64 with padding within is read as one run of bytes, and nothing else is', () => {
  const text = ['one', 'fo', 'fives', ''].map((part) => Buffer.from(part).toString('base64')).join('');
  everySplit(Buffer.from(text), (chunks) => {
    const reader = new Base64Reader();
    assert.equal(Buffer.concat(chunks.map((chunk) => reader.push(chunk) ?? Buffer.from('?'))).toString(), 'onefofives');
    assert.equal(reader.isWithin, false);
  });
  for (const bad of ['ab c', 'a=bc', '====', 'a-_b', '=abc'])
    assert.equal(new Base64Reader().push(Buffer.from(bad)), null, bad);
  const cut = new Base64Reader();
  cut.push(Buffer.from('YWJ'));
  assert.equal(cut.isWithin, true);
});

test('the protocol follows from the content type, the coding from its own header', () => {
  const of = (type: string | null) => {
    const found = messageProtocolOf(type);
    return found === null ? null : `${found.kind}${found.isBase64 ? ' base64' : ''} ${found.messageType.slice(12)}`;
  };
  assert.equal(of('application/grpc'), 'grpc proto');
  assert.equal(of('Application/gRPC+proto; charset=x'), 'grpc proto');
  assert.equal(of('application/grpc+json'), 'grpc json');
  assert.equal(of('application/grpc+thrift'), 'grpc proto');
  assert.equal(of('application/grpc-web+proto'), 'grpc-web proto');
  assert.equal(of('application/grpc-web-text'), 'grpc-web base64 proto');
  assert.equal(of('application/connect+json'), 'connect json');
  assert.equal(of('application/connect+proto'), 'connect proto');
  for (const other of [null, '', 'application/connect', 'application/proto', 'application/json', 'application/grpcx']) {
    assert.equal(of(other), null, String(other));
  }
  const grpc = messageProtocolOf('application/grpc');
  const connect = messageProtocolOf('application/connect+json');
  assert.ok(grpc !== null && connect !== null);
  assert.equal(messageCoding(grpc, ['Grpc-Encoding', ' GZIP ', 'connect-content-encoding', 'br']), 'gzip');
  assert.equal(messageCoding(connect, ['grpc-encoding', 'gzip', 'connect-content-encoding', 'deflate']), 'deflate');
  assert.equal(messageCoding(grpc, ['grpc-encoding', 'identity']), null);
});

test('services of LLMs are known by their path', () => {
  assert.ok(isGenaiService('/google.ai.generativelanguage.v1beta.GenerativeService/StreamGenerateContent'));
  assert.ok(isGenaiService('/inference.GRPCInferenceService/ModelInfer'));
  assert.ok(!isGenaiService('/grpc.health.v1.Health/Check'));
});
