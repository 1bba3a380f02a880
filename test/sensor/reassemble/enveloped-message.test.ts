/** Streams of messages, as gRPC's own library sends them and as gRPC-web and Connect stand on the wire. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { envelope } from '../../../engine/extract/envelopes.ts';
import { coverageText, FULL } from '../../../flow/coverage.ts';
import { headerOf } from '../../../flow/message.ts';
import type { HeardExchange, Way } from '../../../sensor/reassemble/heard.ts';
import { everySplit } from '../../support/every-split.ts';
import { Listener, type Piece } from '../../support/heard-transcripts.ts';
import { frame, headersFrame, PREFACE } from '../../support/http2-frames.ts';
import { observing } from '../../support/observing.ts';
import { CARD } from '../../support/planted.ts';
import { protobuf } from '../../support/protobuf.ts';
import { tlsDataFrame, tlsNameFrame, tlsOpenFrame } from '../../support/sensor-frames.ts';

const SERVICE = '/google.ai.generativelanguage.v1beta.GenerativeService';
const asIs = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean): grpc.MethodDefinition<Buffer, Buffer> {
  const codec = {
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  return { path: `${SERVICE}/${name}`, requestStream, responseStream, ...codec };
}

const ONCE = method('GenerateContent', false, false);
const TALK = method('BidiGenerateContent', true, true);
const prompt = (text: string): Buffer =>
  protobuf(
    [1, 'models/gemini'],
    [
      2,
      [
        [1, [[1, text]]],
        [2, 'user'],
      ],
    ],
  );

/** Real calls of the library over a socket, as the client's end has them. */
async function recorded(call: (client: grpc.Client) => Promise<void>): Promise<readonly Piece[]> {
  const server = new grpc.Server();
  server.addService(
    { once: ONCE, talk: TALK },
    {
      once: ((given, done) => done(null, given.request)) satisfies grpc.handleUnaryCall<Buffer, Buffer>,
      talk: ((both) => {
        both.on('data', (message: Buffer) => both.write(message));
        both.on('end', () => both.end());
      }) satisfies grpc.handleBidiStreamingCall<Buffer, Buffer>,
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    ),
  );
  const pieces: Piece[] = [];
  const relay = net.createServer((client) => {
    const upstream = net.connect(port, '127.0.0.1');
    const carry = (way: Way, from: net.Socket, to: net.Socket): void => {
      from.on('data', (bytes: Buffer) => {
        pieces.push({ way, bytes: Buffer.from(bytes) });
        to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    };
    carry('out', client, upstream);
    carry('in', upstream, client);
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const address = relay.address();
  assert.ok(typeof address === 'object' && address !== null);
  const client = new grpc.Client(`127.0.0.1:${address.port}`, grpc.credentials.createInsecure(), {
    'grpc.default_authority': 'generativelanguage.googleapis.com',
  });
  try {
    await call(client);
  } finally {
    client.close();
    server.forceShutdown();
    relay.close();
  }
  return pieces;
}

function unary(client: grpc.Client, message: Buffer): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = ONCE;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}

async function talk(client: grpc.Client, messages: readonly Buffer[]): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = TALK;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  for (const message of messages) {
    call.write(message);
    await once(call, 'data');
  }
  call.end();
  await once(call.resume(), 'end');
}

const isMessage = ({ isWithinStream }: HeardExchange): boolean => isWithinStream;
const bodies = (exchanges: readonly HeardExchange[], side: 'request' | 'response'): readonly Buffer[] =>
  exchanges.filter(isMessage).flatMap((one) => one[side]?.body ?? []);

describe('gRPC, as its library sends it', () => {
  let once_: readonly Piece[] = [];
  let talked: readonly Piece[] = [];
  const said = [prompt('the first of two'), prompt('x'.repeat(40_000))];

  before(async () => {
    once_ = await recorded((client) => unary(client, prompt('a single one')));
    talked = await recorded((client) => talk(client, said));
  });
  after(() => {
    once_ = talked = [];
  });

  test('a call is its messages, and then itself without them, however it is cut', () => {
    const whole = Buffer.concat(once_.flatMap(({ way, bytes }) => (way === 'out' ? [bytes] : [])));
    everySplit(whole, (pieces) => {
      const listener = new Listener({ hearsAnswers: false });
      for (const piece of pieces) listener.say('out', piece);
      listener.end();
      assert.deepEqual(bodies(listener.exchanges, 'request'), [prompt('a single one')]);
      const [message, call, ...more] = listener.exchanges;
      assert.deepEqual(more, []);
      assert.deepEqual([message?.authority, call?.authority], Array(2).fill('generativelanguage.googleapis.com'));
      assert.deepEqual([message?.request?.target, call?.request?.target], Array(2).fill(ONCE.path));
      assert.deepEqual(message?.request?.headers, ['content-type', 'application/proto']);
      assert.equal(headerOf(call?.request?.headers ?? [], 'content-type'), 'application/grpc');
      assert.deepEqual([call?.isWithinStream, call?.request?.body.length, call?.request?.bytes], [false, 0, 0]);
      assert.equal(message?.request?.bytes, prompt('a single one').length + 5);
      assert.equal(listener.room.usedBytes, 0);
    });
  });

  test('each message of a stream is told when it is whole, in both directions, long before its end', () => {
    const listener = new Listener();
    let heardBeforeTheEnd = 0;
    for (const { way, bytes } of talked) {
      listener.say(way, bytes);
      // As long as nothing is said the stream stays, and none of it is told twice.
      listener.settle();
      if (!listener.exchanges.some((one) => !isMessage(one))) heardBeforeTheEnd = listener.exchanges.length;
    }
    listener.end();
    assert.equal(heardBeforeTheEnd, 4);
    assert.deepEqual(bodies(listener.exchanges, 'request'), said);
    assert.deepEqual(bodies(listener.exchanges, 'response'), said);
    const call = listener.exchanges.find((one) => !isMessage(one));
    assert.equal(call?.response?.status, 200);
    assert.equal(headerOf(call.response.headers, 'grpc-status'), '0');
    assert.equal(listener.room.usedBytes, 0);
  });

  test('a message larger than what is kept of one is told so far, and the next one is whole', () => {
    const listener = new Listener({ limits: { maxBodyBytes: 1000 }, hearsAnswers: false });
    for (const { way, bytes } of talked) if (way === 'out') listener.say('out', bytes);
    const [first, second] = listener.exchanges;
    assert.equal(first?.request?.body.length, said[0]?.length);
    assert.deepEqual(
      [second?.request?.body.length, coverageText(second?.request?.coverage ?? FULL)],
      [1000, 'truncated: limit'],
    );
    assert.equal(second?.request?.bytes, (said[1]?.length ?? 0) + 5);
  });

  test('a card number is an event of its message, and the call is counted once', () => {
    const card = prompt(`the card is ${CARD}`);
    const { frames, tick, closings, edges } = observing();
    const handle = { tgid: 77, address: 0x1000, generation: 1, role: 1 };
    frames(tlsNameFrame(handle, 'generativelanguage.googleapis.com'), tlsOpenFrame(handle));
    const data = [
      PREFACE,
      headersFrame(1, grpcHead('generativelanguage.googleapis.com'), false),
      frame('data', 0, 1, envelope(0, card)),
      frame('data', 1, 1, envelope(0, prompt('and no more of it'))),
    ];
    let offset = 0;
    for (const [call, bytes] of data.entries()) {
      frames(tlsDataFrame({ ...handle, offset, call, sequence: call, bytes }));
      offset += bytes.length;
    }
    const answer = headersFrame(1, [':status', '200', 'content-type', 'application/grpc']);
    frames(tlsDataFrame({ ...handle, way: 'in', bytes: answer }));
    tick();
    assert.deepEqual(
      closings.map(({ event }) => [event.action, event.destination.host, event.findings.map(({ entity }) => entity)]),
      [['block', 'generativelanguage.googleapis.com', ['CREDIT_CARD']]],
    );
    const all = [...closings.flatMap((one) => one.edges), ...edges].filter(({ direction }) => direction === 'out');
    assert.equal(
      all.reduce((sum, { calls }) => sum + (calls ?? 1), 0),
      1,
    );
    assert.equal(
      all.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
      card.length + prompt('and no more of it').length + 10,
    );
  });
});

const grpcHead = (authority: string): string[] => [
  ...[':method', 'POST', ':scheme', 'https', ':path', ONCE.path, ':authority', authority],
  ...['content-type', 'application/grpc+proto', 'te', 'trailers'],
];

test('a compressed message says by which coding', () => {
  const listener = new Listener({ hearsAnswers: false }).say('out', PREFACE);
  listener.say('out', headersFrame(1, [...grpcHead('llm.example'), 'grpc-encoding', 'gzip'], false));
  listener.say('out', frame('data', 0, 1, envelope(1, Buffer.from('not looked at here')))).end();
  assert.deepEqual(listener.exchanges[0]?.request?.headers, [
    ...['content-type', 'application/proto', 'content-encoding', 'gzip'],
  ]);
});

test('a gap ends the open message, and nothing behind it is joined to it', () => {
  const listener = new Listener({ hearsAnswers: false }).say('out', PREFACE);
  listener.say('out', headersFrame(1, grpcHead('llm.example'), false));
  listener.say('out', frame('data', 0, 1, envelope(0, Buffer.from('whole'))));
  listener.say('out', frame('data', 0, 1, envelope(0, Buffer.from('cut in two')).subarray(0, 8)));
  listener.miss('out', 16);
  listener.say('out', frame('data', 1, 1, Buffer.from('in two'))).end();
  const told = listener.exchanges.map(({ request, isComplete }) => [
    request?.body.toString(),
    coverageText(request?.coverage ?? FULL),
    isComplete,
  ]);
  assert.deepEqual(told.slice(0, 2), [
    ['whole', 'full', true],
    ['cut', 'truncated: lost 16 bytes', false],
  ]);
  assert.deepEqual(told[2]?.slice(0, 2), ['', 'truncated: lost 16 bytes']);
});

test('messages are told apart though the head was before we listened', () => {
  const listener = new Listener({ isFromStart: false, hearsAnswers: false });
  listener.say('out', frame('data', 0, 5, envelope(0, prompt('said late'))));
  listener.say('out', frame('data', 1, 5, envelope(0, prompt('said last')))).end();
  assert.deepEqual(bodies(listener.exchanges, 'request'), [prompt('said late'), prompt('said last')]);
  const call = listener.exchanges.find((one) => !isMessage(one));
  assert.equal(coverageText(call?.request?.coverage ?? FULL), 'opaque: hpack');
  const text = new Listener({ isFromStart: false, hearsAnswers: false });
  text.say('out', frame('data', 1, 5, Buffer.from('{"content":"json"}'))).end();
  assert.equal(text.exchanges[0]?.request?.body.toString(), '{"content":"json"}');
});

test('gRPC-web as base64, and Connect with the end of its stream, over HTTP/1.1', () => {
  const spoken = (type: string, body: Buffer): string =>
    `POST ${ONCE.path} HTTP/1.1\r\nhost: llm.example\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body.toString('latin1')}`;
  const answer = (type: string, body: Buffer): string =>
    `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body.toString('latin1')}`;
  const pieces = [prompt('first'), prompt('second!')].map((each) => envelope(0, each).toString('base64')).join('');
  const listener = new Listener();
  listener.say('out', spoken('application/grpc-web-text+proto', Buffer.from(pieces)));
  listener.say(
    'in',
    answer(
      'application/grpc-web-text',
      Buffer.from(envelope(0x80, Buffer.from('grpc-status: 0\r\n')).toString('base64')),
    ),
  );
  listener.say('out', spoken('application/connect+json', envelope(0, Buffer.from('{"text":"asked"}'))));
  listener.say('in', answer('application/connect+json', envelope(2, Buffer.from('{"metadata":{}}'))));
  listener.say('out', spoken('application/grpc-web-text', Buffer.from('no base64: {}'))).end();
  const messages = listener.exchanges.filter(isMessage);
  assert.deepEqual(bodies(messages, 'request'), [prompt('first'), prompt('second!'), Buffer.from('{"text":"asked"}')]);
  assert.deepEqual(
    messages.flatMap(({ request, response }) => headerOf((request ?? response)?.headers ?? [], 'content-type')),
    ['application/proto', 'application/proto', 'text/plain', 'application/json', 'application/json'],
  );
  const calls = listener.exchanges.filter((one) => !isMessage(one));
  assert.deepEqual(
    calls.map(({ authority, request }) => [authority, coverageText(request?.coverage ?? FULL)]),
    [
      ['llm.example', 'full'],
      ['llm.example', 'full'],
      ['llm.example', 'opaque: encoded'],
    ],
  );
});
