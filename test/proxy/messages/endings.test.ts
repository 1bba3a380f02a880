import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Base64Reader, EnvelopeReader } from '../../../engine/extract/envelopes.ts';
import { type MessageProtocol, messageProtocolOf } from '../../../engine/extract/message-protocols.ts';
import { type Ending, encodeStatusMessage, forUnary, wholeEnding } from '../../../proxy/messages/endings.ts';

const ENDING: Ending = {
  code: 'permission_denied',
  text: 'Blocked: 100 % of “it”',
  eventId: 'EVENT',
  outcome: 'blocked',
  reason: null,
};

function of(type: string, ending = ENDING) {
  const protocol = messageProtocolOf(type) as MessageProtocol;
  const { refusal, trailers } = wholeEnding(protocol, ending, type);
  const bytes = protocol.isBase64 ? (new Base64Reader().push(refusal.body) ?? Buffer.alloc(0)) : refusal.body;
  const frames = new EnvelopeReader(10_000).push(bytes).map((piece) => {
    assert.equal(piece.kind, 'message');
    return piece.kind === 'message' ? [piece.flags, piece.payload.toString()] : [];
  });
  return { ...refusal, trailers, frames };
}

test('gRPC: trailers say it, and there is no body', () => {
  const { status, headers, trailers, body } = of('application/grpc+proto');
  assert.equal(status, 200);
  assert.deepEqual(headers.slice(0, 2), ['content-type', 'application/grpc+proto']);
  assert.deepEqual(trailers, [
    ['grpc-status', '7'],
    ['grpc-message', 'Blocked: 100 %25 of %E2%80%9Cit%E2%80%9D'],
    ['x-weir-event', 'EVENT'],
    ['x-weir-action', 'block'],
  ]);
  assert.equal(body.length, 0);
});

test('gRPC-web: a last frame says it, in base64 where the client asks for that', () => {
  for (const type of ['application/grpc-web+proto', 'application/grpc-web-text']) {
    const { frames, trailers, headers } = of(type);
    assert.deepEqual(trailers, []);
    assert.equal(headers[1], type);
    assert.deepEqual(frames, [
      [
        0x80,
        'grpc-status: 7\r\ngrpc-message: Blocked: 100 %25 of %E2%80%9Cit%E2%80%9D\r\nx-weir-event: EVENT\r\nx-weir-action: block\r\n',
      ],
    ]);
  }
});

test('Connect: JSON ends the stream', () => {
  const { frames } = of('application/connect+proto');
  assert.equal(frames[0]?.[0], 2);
  assert.deepEqual(JSON.parse(String(frames[0]?.[1])), {
    error: { code: 'permission_denied', message: ENDING.text },
    metadata: { 'x-weir-event': ['EVENT'], 'x-weir-action': ['block'] },
  });
});

test('only a block is called one', () => {
  const { trailers } = of('application/grpc', { ...ENDING, code: 'unavailable', outcome: 'upstream_failed' });
  assert.deepEqual(
    trailers.map(([name]) => name),
    ['grpc-status', 'grpc-message', 'x-weir-event'],
  );
  assert.equal(trailers[0]?.[1], '14');
});

test('a status in words keeps to visible ASCII, and no line break gets through', () => {
  assert.equal(encodeStatusMessage('a\r\nb%é'), 'a%0D%0Ab%25%C3%A9');
});

test('a refusal of a single call of Connect has its shape, by the status it comes with; others keep theirs', () => {
  const refusal = { status: 413, headers: [], body: Buffer.from('{}'), text: 'too large' };
  const connect = ['connect-protocol-version', '1'];
  const codeOf = (status: number, outcome: 'blocked' | 'failed') =>
    JSON.parse(forUnary({ ...refusal, status }, connect, outcome).body.toString()).code;
  assert.equal(codeOf(400, 'blocked'), 'permission_denied');
  assert.equal(codeOf(413, 'failed'), 'resource_exhausted');
  assert.equal(codeOf(503, 'failed'), 'unavailable');
  assert.equal(codeOf(500, 'failed'), 'internal');
  assert.equal(forUnary(refusal, ['content-type', 'application/json'], 'failed'), refusal);
  assert.match(forUnary(refusal, ['Content-Type', 'application/proto'], 'failed').body.toString(), /too large/);
});
