/** Requests over sessions to an upstream: what is shared, what is sent again and what never, and what is tried first. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2, { type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net';
import { PassThrough, type Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { WeirError } from '../../../flow/errors.ts';
import type { Dialer } from '../../../proxy/dialer.ts';
import { type Call, createForwarder, type Forwarder, type ResponseSink } from '../../../proxy/forward.ts';
import { frame, headersFrame, PREFACE, readFrames } from '../../support/http2-frames.ts';

interface Upstream {
  readonly forwarder: Forwarder;
  readonly dialled: () => number;
  readonly sessions: readonly ServerHttp2Session[];
  /** Streams that arrived, `METHOD PATH`. */
  readonly arrived: readonly string[];
  readonly origin: { readonly scheme: 'http'; readonly host: string; readonly port: number };
}

/** Sockets that were dialled, in order. */
const SOCKETS = new WeakMap<Forwarder, Socket[]>();

type Answerer = (stream: ServerHttp2Stream, serial: number, session: ServerHttp2Session) => void;

async function listening(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function forwardTo(
  t: TestContext,
  port: number,
  firstByteMs: number,
): Pick<Upstream, 'forwarder' | 'dialled' | 'origin'> {
  let dialled = 0;
  const dialer: Dialer = {
    async dial() {
      dialled++;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      SOCKETS.get(forwarder)?.push(socket);
      return socket;
    },
  };
  const forwarder = createForwarder(dialer, { firstByteMs, headerBytes: 16 * 1024 });
  SOCKETS.set(forwarder, []);
  t.after(() => forwarder.close());
  return { forwarder, dialled: () => dialled, origin: { scheme: 'http', host: 'upstream.example', port: 80 } };
}

/** An upstream that speaks HTTP/2 by prior knowledge. */
async function start(
  t: TestContext,
  answer: Answerer,
  settings: http2.Settings = {},
  firstByteMs = 10_000,
): Promise<Upstream> {
  const sessions: ServerHttp2Session[] = [];
  const arrived: string[] = [];
  const server: Http2Server = http2.createServer({ settings });
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    arrived.push(`${headers[':method']} ${headers[':path']}`);
    answer(stream, arrived.length - 1, stream.session as ServerHttp2Session);
  });
  const port = await listening(t, server as unknown as Server);
  return { ...forwardTo(t, port, firstByteMs), sessions, arrived };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly error: WeirError | null;
}

function send(
  { forwarder, origin }: Pick<Upstream, 'forwarder' | 'origin'>,
  {
    method = 'GET',
    body = null,
    headers = [],
  }: { method?: string; body?: Buffer | Readable | null; headers?: string[] } = {},
  onHead: () => void = () => {},
): { readonly answer: Promise<Answer>; readonly call: Call } {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let status = 0;
  let text = '';
  let trailers: readonly string[] = [];
  const sink: ResponseSink = {
    information() {},
    head(given) {
      status = given;
      onHead();
    },
    data(chunk) {
      text += chunk.toString('latin1');
    },
    trailers(given) {
      trailers = given;
    },
    end: () => resolve({ status, body: text, trailers, error: null }),
    error: (error) => resolve({ status, body: text, trailers, error }),
  };
  const call = forwarder.send(
    {
      origin,
      method,
      path: '/x',
      headers: ['host', 'upstream.example', ...headers],
      body,
      trailers: () => [],
      offersHttp2: true,
    },
    sink,
  );
  return { answer: promise, call };
}

function ok(stream: ServerHttp2Stream, text = 'ok'): void {
  stream.respond({ ':status': 200 });
  stream.end(text);
}

test('requests at once share one connection, those that come while it is opened as well', async (t) => {
  const upstream = await start(t, (stream, serial) => ok(stream, `n${serial}`));
  const answers = await Promise.all(Array.from({ length: 30 }, () => send(upstream).answer));
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  assert.equal(new Set(answers.map(({ body }) => body)).size, 30);
  assert.equal(upstream.dialled(), 1);
});

test('beyond what the upstream allows at once, another connection is opened', async (t) => {
  const held: ServerHttp2Stream[] = [];
  const upstream = await start(
    t,
    (stream, serial) => {
      if (serial < 1) return ok(stream);
      held.push(stream);
      if (held.length === 5) for (const one of held) ok(one);
    },
    { maxConcurrentStreams: 2 },
  );
  assert.equal((await send(upstream).answer).status, 200);
  const answers = await Promise.all(Array.from({ length: 5 }, () => send(upstream).answer));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  assert.equal(upstream.dialled(), 3);
});

test('what the upstream refused unseen is sent once more, whatever its method', async (t) => {
  const upstream = await start(t, (stream, serial) => {
    if (serial === 0) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    else ok(stream);
  });
  const { status, error } = await send(upstream, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.deepEqual([status, error], [200, null]);
  assert.deepEqual(upstream.arrived, ['POST /x', 'POST /x']);
});

test('what the upstream refuses twice is an error', async (t) => {
  const upstream = await start(t, (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM));
  const { error } = await send(upstream, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.equal(upstream.arrived.length, 2);
});

test('a body that streamed by is not sent again', async (t) => {
  const upstream = await start(t, (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM));
  const body = new PassThrough();
  body.write('x');
  const { error } = await send(upstream, { method: 'POST', body }).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.equal(upstream.arrived.length, 1);
  assert.equal(body.destroyed, true);
});

test('a POST that the upstream resets after it looked at it is not sent again', async (t) => {
  const upstream = await start(t, (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  const { error } = await send(upstream, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.match(error?.message ?? '', /INTERNAL_ERROR/);
  assert.equal(upstream.arrived.length, 1);
});

test('after GOAWAY what is under way ends in its time, and the next request takes a new connection', async (t) => {
  const { promise: first, resolve } = Promise.withResolvers<ServerHttp2Stream>();
  const upstream = await start(t, (stream, serial, session) => {
    if (serial > 0) return ok(stream, 'second');
    stream.respond({ ':status': 200 });
    stream.write('fir');
    session.goaway(http2.constants.NGHTTP2_NO_ERROR, stream.id);
    resolve(stream);
  });
  const { promise: hasHead, resolve: seen } = Promise.withResolvers<void>();
  const running = send(upstream, {}, seen).answer;
  const stream = await first;
  await hasHead;
  assert.equal((await send(upstream).answer).body, 'second');
  stream.end('st');
  assert.equal((await running).body, 'first');
  assert.equal(upstream.dialled(), 2);
});

test('an upstream that says that it goes, and does not close, is let go of', async (t) => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const frames = readFrames(socket, PREFACE.length);
    socket.write(frame('settings', 0, 0));
    void frames
      .when('a request', ({ type }) => type === 'headers')
      .then(({ stream }) => {
        socket.write(Buffer.concat([frame('goaway', 0, 0, Buffer.from([0, 0, 0, stream, 0, 0, 0, 0]))]));
        socket.write(headersFrame(stream, [':status', '204']));
      });
  });
  const upstream = forwardTo(t, await listening(t, server), 10_000);
  assert.equal((await send(upstream).answer).status, 204);
  const [socket] = SOCKETS.get(upstream.forwarder) ?? [];
  assert.ok(socket);
  if (!socket.closed) await once(socket, 'close');
});

test('a request above the last stream of GOAWAY is sent once more, on a new connection', async (t) => {
  const upstream = await start(t, (stream, serial, session) => {
    if (serial === 0) ok(stream, 'warm');
    else if (serial === 1) session.goaway(http2.constants.NGHTTP2_NO_ERROR, 1);
    else ok(stream, 'again');
  });
  assert.equal((await send(upstream).answer).body, 'warm');
  const { body, error } = await send(upstream, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.deepEqual([body, error], ['again', null]);
  assert.equal(upstream.dialled(), 2);
});

test('a connection that breaks off: what is idempotent is sent once more, and a POST is not', async (t) => {
  const upstream = await start(t, (stream, serial, session) => {
    if (serial % 2 === 0) session.socket.destroy();
    else ok(stream);
  });
  assert.equal((await send(upstream).answer).status, 200);
  const { error } = await send(upstream, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.equal(upstream.arrived.length, 3);
});

test('no answer in time is told as such, and its stream is given up', async (t) => {
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const upstream = await start(t, (stream) => stream.on('close', () => resolve(stream.rstCode)), {}, 100);
  const { error } = await send(upstream).answer;
  assert.equal(error?.code, 'upstream_timeout');
  assert.equal(await closed, http2.constants.NGHTTP2_CANCEL);
});

test('a call that is given up cancels its stream, and the connection goes on', async (t) => {
  const { promise: closed, resolve } = Promise.withResolvers<number>();
  const upstream = await start(t, (stream, serial) => {
    if (serial > 0) return ok(stream);
    stream.on('close', () => resolve(stream.rstCode));
    stream.respond({ ':status': 200 });
    stream.write('x');
  });
  const { promise: hasHead, resolve: seen } = Promise.withResolvers<void>();
  const { call } = send(upstream, {}, seen);
  await hasHead;
  call.abort();
  assert.equal(await closed, http2.constants.NGHTTP2_CANCEL);
  assert.equal((await send(upstream).answer).status, 200);
  assert.equal(upstream.dialled(), 1);
});

test('an answer that is shorter than its length is an error, even where its stream ends without one', async (t) => {
  const upstream = await start(t, (stream) => {
    stream.respond({ ':status': 200, 'content-length': '10' });
    stream.write('abc', () => stream.close(http2.constants.NGHTTP2_NO_ERROR));
  });
  const { status, error } = await send(upstream).answer;
  assert.equal(status, 200);
  assert.equal(error?.code, 'upstream_reset');
});

test('an answer before the whole request ends the request', async (t) => {
  const upstream = await start(t, (stream) => {
    stream.respond({ ':status': 413 });
    stream.end('no');
  });
  const body = new PassThrough();
  body.write('the beginning');
  const { status, text } = await send(upstream, { method: 'POST', body }).answer.then((answer) => ({
    ...answer,
    text: answer.body,
  }));
  assert.deepEqual([status, text], [413, 'no']);
  if (!body.closed) await once(body, 'close');
});

test('a request and its answer flow at once, each message after the other', async (t) => {
  const upstream = await start(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const body = new PassThrough();
  const pieces = ['one', 'two', 'three'];
  let got = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  const next = (): void => {
    const piece = pieces.shift();
    if (piece === undefined) body.end();
    else body.write(piece);
  };
  upstream.forwarder.send(
    {
      origin: upstream.origin,
      method: 'POST',
      path: '/x',
      headers: ['host', 'a'],
      body,
      trailers: () => [],
      offersHttp2: true,
    },
    {
      information() {},
      head: next,
      data(chunk) {
        got += chunk.toString();
        next();
      },
      trailers() {},
      end: resolve,
      error: assert.fail,
    },
  );
  await promise;
  assert.equal(got, 'onetwothree');
});

test('while the reader takes nothing, the upstream can send no more than a window', async (t) => {
  let sent = 0;
  const { promise: blocked, resolve } = Promise.withResolvers<void>();
  const total = 8 * 1024 * 1024;
  const upstream = await start(t, (stream, serial) => {
    if (serial > 0) return ok(stream);
    stream.respond({ ':status': 200 });
    const piece = Buffer.alloc(16 * 1024, 'x');
    const more = (): void => {
      while (sent < total) {
        sent += piece.length;
        if (!stream.write(piece)) {
          // The first time that the window is used up; from then on as it is read.
          if (sent > 256 * 1024) resolve();
          stream.once('drain', more);
          return;
        }
      }
      stream.end();
    };
    more();
  });
  let call: Call | null = null;
  const slow = send(upstream, {}, () => call?.pause());
  call = slow.call;
  await blocked;
  // Others on the same connection are not held up.
  for (let i = 0; i < 20; i++) assert.equal((await send(upstream).answer).status, 200);
  assert.ok(sent < 1024 * 1024, `${sent} bytes were taken`);
  call.resume();
  assert.equal((await slow.answer).body.length, total);
  assert.equal(upstream.dialled(), 1);
});

test('an upstream of HTTP/1.1 that does not know the preface is spoken to in HTTP/1.1, and remembered', async (t) => {
  const server = http.createServer((_request, response) => response.end('old'));
  const port = await listening(t, server);
  const upstream = forwardTo(t, port, 10_000);
  for (let i = 0; i < 3; i++) assert.equal((await send(upstream).answer).body, 'old');
  // The preface, one connection, and no more.
  assert.equal(upstream.dialled(), 2);
});

test('an answer whose head is larger than limits.headerBytes is an error, and the connection goes on', async (t) => {
  const upstream = await start(t, (stream, serial) => {
    if (serial !== 1) return ok(stream);
    stream.respond({ ':status': 200, 'x-large': 'x'.repeat(20_000) });
    stream.end('ok');
  });
  assert.equal((await send(upstream).answer).status, 200);
  const { error } = await send(upstream, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.equal((await send(upstream).answer).status, 200);
  assert.equal(upstream.dialled(), 1);
});

test('a connection that ends before it is used is an error', async (t) => {
  const dialer: Dialer = { dial: () => Promise.resolve(new Socket().destroy()) };
  const forwarder = createForwarder(dialer, { firstByteMs: 10_000, headerBytes: 16 * 1024 });
  t.after(() => forwarder.close());
  const origin = { scheme: 'http', host: 'upstream.example', port: 80 } as const;
  const { error } = await send({ forwarder, origin }, { method: 'POST', body: Buffer.from('x') }).answer;
  assert.equal(error?.code, 'upstream_reset');
});

test('a head that HTTP/2 does not have is an error, and the connection goes on', async (t) => {
  const upstream = await start(t, (stream) => ok(stream));
  assert.equal((await send(upstream).answer).status, 200);
  const { error } = await send(upstream, { headers: ['x-a', 'b\r\nc: d'] }).answer;
  assert.equal(error?.code, 'upstream_reset');
  assert.equal((await send(upstream).answer).status, 200);
  assert.equal(upstream.dialled(), 1);
});
