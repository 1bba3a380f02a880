/** One request at a time over kept connections: what is reused, what is not, and how each way of breaking off is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex, PassThrough, type Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { WeirError } from '../../flow/errors.ts';
import type { Dialer } from '../../proxy/dialer.ts';
import { type Call, createForwarder, type Forwarder, type ResponseSink } from '../../proxy/forward.ts';
import { UpstreamConnection } from '../../proxy/upstream-connection.ts';

interface Upstream {
  readonly forwarder: Forwarder;
  /** Connections that were dialled. */
  readonly dialled: () => number;
  /** All that arrived, over all connections. */
  readonly received: () => string;
  readonly origin: { readonly scheme: 'http'; readonly host: string; readonly port: number };
}

type Answerer = (socket: Socket, request: string, serial: number) => void;

/** An upstream that answers each head that it has read whole, with what `answer` writes. */
async function start(t: TestContext, answer: Answerer, firstByteMs = 5000): Promise<Upstream> {
  let dialled = 0;
  let received = '';
  let serial = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let held = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      held += chunk.toString('latin1');
      if (!held.includes('\r\n\r\n')) return;
      const request = held;
      held = '';
      answer(socket, request, serial++);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dialer: Dialer = {
    async dial() {
      dialled++;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      return socket;
    },
  };
  const forwarder = createForwarder(dialer, { firstByteMs, headerBytes: 16 * 1024 });
  t.after(() => {
    forwarder.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const origin = { scheme: 'http', host: 'upstream.example', port: 80 } as const;
  return { forwarder, dialled: () => dialled, received: () => received, origin };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly error: WeirError | null;
}

interface Sent {
  readonly answer: Promise<Answer>;
  readonly call: Call;
}

function send(
  { forwarder, origin }: Upstream,
  method = 'GET',
  body: Buffer | Readable | null = null,
  headers: readonly string[] = [],
  sentTrailers: readonly string[] = [],
): Sent {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let status = 0;
  let text = '';
  let trailers: readonly string[] = [];
  const sink: ResponseSink = {
    information() {},
    head(given) {
      status = given;
    },
    data(chunk) {
      text += chunk.toString('latin1');
    },
    trailers(fields) {
      trailers = fields;
    },
    end: () => resolve({ status, body: text, trailers, error: null }),
    error: (error) => resolve({ status, body: text, trailers, error }),
  };
  const head = ['host', origin.host, ...headers];
  const request = { origin, method, path: '/x', headers: head, body, trailers: () => sentTrailers, offersHttp2: false };
  const call = forwarder.send(request, sink);
  return { answer: promise, call };
}

const ok = (text: string, head = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n${head}\r\n${text}`;

test('requests one after another take the same connection, and requests at once a connection each', async (t) => {
  const upstream = await start(t, (socket, _, serial) => socket.write(ok(`n${serial}`)));
  for (const expected of ['n0', 'n1', 'n2']) assert.equal((await send(upstream).answer).body, expected);
  assert.equal(upstream.dialled(), 1);
  await Promise.all([send(upstream).answer, send(upstream).answer, send(upstream).answer]);
  assert.equal(upstream.dialled(), 3);
});

test('a head and its body arrive as they were given, with a length that is true', async (t) => {
  const upstream = await start(t, (socket) => socket.write(ok('')));
  await send(upstream, 'POST', Buffer.from('{"a":1}'), ['X-Own', 'caf\xe9']).answer;
  assert.equal(
    upstream.received(),
    'POST /x HTTP/1.1\r\nhost: upstream.example\r\nX-Own: caf\xe9\r\nconnection: keep-alive\r\ncontent-length: 7\r\n\r\n{"a":1}',
  );
});

test('trailers follow a body in chunks, whether it was there whole or came by and by', async (t) => {
  const upstream = await start(t, (socket, request) => {
    const look = (): void => {
      if (!upstream.received().endsWith('0\r\nx-sum: 1\r\n\r\n')) return;
      socket.off('data', look);
      socket.write(ok(''));
    };
    socket.on('data', look);
    if (request.includes('x-sum: 1')) look();
  });
  const body = new PassThrough();
  body.end('abc');
  await send(upstream, 'POST', body, ['te', 'trailers'], ['x-sum', '1']).answer;
  await send(upstream, 'POST', Buffer.from('abc'), ['te', 'trailers'], ['x-sum', '1']).answer;
  const once = `POST /x HTTP/1.1\r\nhost: upstream.example\r\nte: trailers\r\nconnection: keep-alive, te\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n`;
  assert.equal(upstream.received(), once + once);
});

test('trailers of an answer in chunks are handed on', async (t) => {
  const upstream = await start(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nGrpc-Status: 0\r\n\r\n'),
  );
  const { body, trailers } = await send(upstream).answer;
  assert.deepEqual([body, trailers], ['ok', ['Grpc-Status', '0']]);
});

test('a trailer that would end its line early is not sent', async (t) => {
  const upstream = await start(t, (socket) => socket.write(ok('')));
  const { error } = await send(upstream, 'POST', Buffer.from('a'), [], ['x-a', 'b\r\nc: d']).answer;
  assert.equal(error?.code, 'upstream_reset');
});

test('a body larger than what is joined with its head arrives whole', async (t) => {
  const large = 'x'.repeat(300_000);
  const upstream = await start(t, (socket) => {
    const look = (): void => {
      if (!upstream.received().endsWith(large)) return;
      socket.off('data', look);
      socket.write(ok('got it'));
    };
    socket.on('data', look);
    look();
  });
  const { answer } = send(upstream, 'POST', Buffer.from(large));
  assert.equal((await answer).status, 200);
  assert.ok(upstream.received().includes(`content-length: ${large.length}\r\n`));
});

test('POST without a body says so, GET says nothing', async (t) => {
  const upstream = await start(t, (socket) => socket.write(ok('')));
  await send(upstream, 'POST').answer;
  await send(upstream, 'GET').answer;
  assert.equal(upstream.received().split('content-length: 0').length, 2);
});

const unkept: readonly (readonly [why: string, answer: string])[] = [
  ['the upstream says close', ok('a', 'Connection: close\r\n')],
  ['the upstream is about to close', ok('a', 'Keep-Alive: timeout=1\r\n')],
  ['it is HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na'],
  ['bytes stand behind the answer', `${ok('a')}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
];
for (const [why, bytes] of unkept) {
  test(`a connection is not used again where ${why}`, async (t) => {
    const upstream = await start(t, (socket) => socket.write(bytes));
    for (let i = 0; i < 2; i++) assert.equal((await send(upstream).answer).body, 'a');
    assert.equal(upstream.dialled(), 2);
  });
}

test('bytes that nobody asked for, between two answers, end a connection', async (t) => {
  const upstream = await start(t, (socket, _, serial) => {
    socket.write(ok('a'));
    if (serial === 0) setImmediate(() => socket.write(ok('forged')));
  });
  assert.equal((await send(upstream).answer).body, 'a');
  // Until they have arrived: another connection takes its time.
  const { body } = await send({ ...upstream, origin: { ...upstream.origin, port: 81 } }).answer;
  assert.equal(body, 'a');
  assert.equal((await send(upstream).answer).body, 'a');
});

function none(): void {}

test('such bytes end it before they have been looked at', async () => {
  const socket = new Duplex({ read: none, write: (_chunk, _encoding, done) => done() });
  const limits = { firstByteMs: 60_000, headerBytes: 16_384 };
  const connection = new UpstreamConnection(socket as Socket, limits, none, none);
  await new Promise<void>((end) => {
    const sink = { information: none, head: none, data: none, trailers: none, end, fail: none };
    connection.send({ method: 'GET', path: '/', headers: [], body: null, trailers: () => [] }, sink, false);
    socket.push(ok('a'));
  });
  assert.ok(connection.isUsable(performance.now()));
  const forged = once(socket, 'data');
  socket.push(ok('forged'));
  await forged;
  assert.ok(!connection.isUsable(performance.now()));
  if (!socket.destroyed) await once(socket, 'close');
});

test('an answer that breaks off is an error, however far it came', async (t) => {
  const cut = ['', 'HTTP/1.1 200 OK\r\nContent-', ok('whole').slice(0, -2)];
  const upstream = await start(t, (socket, _, serial) => socket.end(cut[serial] ?? ''));
  for (const _ of cut) {
    const { error } = await send(upstream, 'POST', Buffer.from('x')).answer;
    assert.equal(error?.code, 'upstream_reset');
  }
});

test('an answer without a length ends with its connection', async (t) => {
  const upstream = await start(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'));
  assert.deepEqual(await send(upstream).answer, { status: 200, body: 'all of it', trailers: [], error: null });
});

test('malformed answers are told as such', async (t) => {
  const upstream = await start(t, (socket) => socket.write(ok('a', 'Content-Length: 2\r\n')));
  assert.equal((await send(upstream).answer).error?.code, 'upstream_malformed');
});

test('silence past the limit is a timeout, and a connection that was quick before is held to it as well', async (t) => {
  const upstream = await start(t, (socket, _, serial) => serial < 2 && socket.write(ok('a')), 150);
  await send(upstream).answer;
  await send(upstream).answer;
  const begun = performance.now();
  const { error } = await send(upstream, 'POST', Buffer.from('x')).answer;
  assert.equal(error?.code, 'upstream_timeout');
  assert.ok(performance.now() - begun >= 145);
});

test('GET is sent again where a kept connection had ended, POST only with an Idempotency-Key', async (t) => {
  const ended = new WeakSet<Socket>();
  const upstream = await start(t, (socket) => {
    if (ended.has(socket)) return void socket.destroy();
    ended.add(socket);
    socket.write(ok('a'));
  });
  const outcomes: string[] = [];
  const calls = [
    ['GET', []],
    ['POST', []],
    ['GET', []],
    ['GET', []],
    ['GET', []],
    ['POST', ['Idempotency-Key', 'k']],
  ] as const;
  for (const [method, headers] of calls) {
    const { error } = await send(upstream, method, method === 'POST' ? Buffer.from('x') : null, headers).answer;
    outcomes.push(error?.code ?? 'answered');
  }
  assert.deepEqual(outcomes, ['answered', 'upstream_reset', 'answered', 'answered', 'answered', 'answered']);
  assert.ok(upstream.received().includes('connection: close'));
});

test('a streamed body is chunked, or of the length that was declared', async (t) => {
  const upstream = await start(t, (socket, request) => {
    if (request.includes('0\r\n\r\n') || request.includes('hello')) socket.write(ok('a'));
    else socket.once('data', () => socket.write(ok('a')));
  });
  for (const headers of [[], ['content-length', '5']]) {
    const body = new PassThrough();
    const { answer } = send(upstream, 'PUT', body, headers);
    body.write('hel');
    body.end('lo');
    assert.equal((await answer).status, 200);
  }
  assert.match(upstream.received(), /transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n/);
  assert.match(upstream.received(), /content-length: 5\r\nconnection: keep-alive\r\n\r\nhello/);
});

for (const [what, sent] of [
  ['longer', 'hello!'],
  ['shorter', 'hell'],
] as const) {
  test(`a streamed body that is ${what} than declared ends the connection`, async (t) => {
    const upstream = await start(t, () => {});
    const body = new PassThrough();
    const { answer } = send(upstream, 'PUT', body, ['content-length', '5']);
    body.end(sent);
    assert.equal((await answer).error?.code, 'upstream_reset');
    assert.ok(!upstream.received().includes('hello!'));
  });
}

test('an answer before the end of a streamed body lets go of the body, and the connection is not used again', async (t) => {
  const upstream = await start(t, (socket) => socket.write(ok('too much')));
  const body = new PassThrough();
  const { answer } = send(upstream, 'PUT', body, ['content-length', '1000']);
  body.write('begin');
  assert.equal((await answer).body, 'too much');
  assert.ok(body.destroyed);
  await send(upstream).answer;
  assert.equal(upstream.dialled(), 2);
});

test('a head that would be read as two is not sent', async (t) => {
  const upstream = await start(t, (socket) => socket.write(ok('a')));
  const { error } = await send(upstream, 'GET', null, ['X-A', 'b\r\nX-Forged: c']).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.equal(upstream.received(), '');
});

test('after an abort the sink hears no more, and the next request gets a connection of its own', async (t) => {
  const upstream = await start(t, (socket, _, serial) => serial > 0 && socket.write(ok('a')));
  const { answer, call } = send(upstream, 'POST', Buffer.from('x'));
  let isHeard = false;
  void answer.then(() => {
    isHeard = true;
  });
  while (upstream.received() === '') await new Promise((resolve) => setImmediate(resolve));
  call.abort();
  assert.equal((await send(upstream).answer).body, 'a');
  assert.equal(upstream.dialled(), 2);
  assert.ok(!isHeard);
});
