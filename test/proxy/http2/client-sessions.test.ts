/** What a client of HTTP/2 may cost, over real connections with frames written by hand, and what each stream is told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createClientSessions, isHttp2Preface, type StreamAsked } from '../../../proxy/http2/client-sessions.ts';
import { answerOf } from '../../support/http2-client.ts';
import {
  fieldBlock,
  frame,
  headersFrame,
  PREFACE,
  readFrames,
  rstFrame,
  type SeenFrame,
} from '../../support/http2-frames.ts';

interface Server {
  readonly port: number;
  readonly streams: StreamAsked[];
  readonly abuses: string[];
  /** Connections that are open now. */
  readonly open: () => number;
  readonly stop: AbortController;
}

const LIMITS = { headerBytes: 4096, idleMs: 60_000 };
const LINE = [':method', 'GET', ':scheme', 'http', ':authority', 'a.example', ':path', '/'];
const ENHANCE_YOUR_CALM = 11;

async function serve(t: TestContext, onStream: (asked: StreamAsked) => void, limits = LIMITS): Promise<Server> {
  const streams: StreamAsked[] = [];
  const abuses: string[] = [];
  const sockets = new Set<Socket>();
  const stop = new AbortController();
  const sessions = createClientSessions({
    limits: () => limits,
    stopping: stop.signal,
    onStream: (asked) => {
      streams.push(asked);
      onStream(asked);
    },
    onAbuse: (what) => abuses.push(what),
  });
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    sessions.serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, streams, abuses, open: () => sockets.size, stop };
}

/** A connection whose frames the test writes; preface and empty settings are sent. */
async function connectRaw(t: TestContext, port: number) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  t.after(() => socket.destroy());
  const frames = readFrames(socket);
  socket.write(Buffer.concat([PREFACE, frame('settings', 0, 0)]));
  return { socket, ...frames };
}

function connect(t: TestContext, port: number, settings: http2.Settings = {}): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`, { settings });
  session.on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

function answerAll({ response }: StreamAsked): void {
  response.writeHead(200, ['Content-Type', 'text/plain', 'Connection', 'close']);
  response.end('ok');
}

function codeOf({ payload }: SeenFrame): number {
  return payload.readUInt32BE(payload.length === 4 ? 0 : 4);
}

test('the preface is told from every method', () => {
  assert.equal(isHttp2Preface(PREFACE), true);
  for (const line of ['PRINT / HTTP/1.1', 'PUT / HTTP/1.1', 'GET / HTTP/1.1']) {
    assert.equal(isHttp2Preface(Buffer.from(line)), false);
  }
});

test('what belongs to a connection of HTTP/1.1 is left out of an answer', async (t) => {
  const { port } = await serve(t, answerAll);
  const stream = connect(t, port).request({ ':path': '/' });
  const { status, header, text } = await answerOf(stream);
  assert.deepEqual([status, header('content-type'), header('connection'), text], [200, 'text/plain', null, 'ok']);
});

test('extended CONNECT and the limits are announced', async (t) => {
  const { port } = await serve(t, answerAll);
  const [settings] = (await once(connect(t, port), 'remoteSettings')) as [http2.Settings];
  assert.equal(settings.enableConnectProtocol, true);
  assert.equal(settings.maxConcurrentStreams, 100);
  assert.equal(settings.maxHeaderListSize, 2 * LIMITS.headerBytes);
});

test('a head beyond the limit is a request with status 431, and one far beyond is not handed on', async (t) => {
  const { port, streams } = await serve(t, ({ response, fields }) => {
    response.writeHead('status' in fields ? fields.status : 200, []);
    response.end();
  });
  const session = connect(t, port);
  await once(session, 'remoteSettings');
  const ask = (bytes: number) => answerOf(session.request({ ':path': '/', 'x-large': 'x'.repeat(bytes) }));
  assert.equal((await ask(1000)).status, 200);
  assert.equal((await ask(5000)).status, 431);
  const before = streams.length;
  const refused = await ask(20_000);
  assert.deepEqual([refused.status, refused.reset !== 0], [0, true]);
  assert.equal(streams.length, before);
  assert.equal((await ask(10)).status, 200);
});

for (const [what, fields] of [
  ['a header of a connection', [...LINE, 'connection', 'close']],
  ['te of anything but trailers', [...LINE, 'te', 'gzip']],
  ['a name in upper case', [...LINE, 'X-A', '1']],
  ['no :path', LINE.slice(0, 6)],
] as const) {
  test(`${what} is refused, and the connection goes on`, async (t) => {
    const { port, streams } = await serve(t, ({ fields: given, ...asked }) => {
      if ('status' in given) {
        asked.response.writeHead(given.status, []);
        asked.response.end();
      } else answerAll({ fields: given, ...asked });
    });
    const { socket, when } = await connectRaw(t, port);
    socket.write(headersFrame(1, fields));
    socket.write(headersFrame(3, LINE));
    await when('an answer', ({ type, stream }) => type === 'headers' && stream === 3);
    const asRequests = streams.filter(({ fields: given }) => !('status' in given));
    assert.equal(asRequests.length, 1);
    await when('a refusal', ({ type, stream }) => (type === 'rst' || type === 'headers') && stream === 1);
  });
}

test('a header with a line feed in its value is left out before anybody sees it', async (t) => {
  const { port, streams } = await serve(t, answerAll);
  const { socket, when } = await connectRaw(t, port);
  socket.write(headersFrame(1, [...LINE, 'x-a', '1\nb: 2', 'x-c', '3']));
  await when('an answer', ({ type }) => type === 'headers');
  assert.deepEqual(streams[0]?.request.rawHeaders, ['host', 'a.example', 'x-c', '3']);
});

for (const sent of ['ab', 'abcd']) {
  test(`a body of ${sent.length} bytes where 3 were announced does not look complete`, async (t) => {
    const ends: string[] = [];
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { port } = await serve(t, ({ request }) => {
      request.on('end', () => ends.push('end')).on('error', () => {});
      request.on('close', () => resolve()).resume();
    });
    const { socket } = await connectRaw(t, port);
    const fields = [':method', 'POST', ...LINE.slice(2), 'content-length', '3'];
    socket.write(Buffer.concat([headersFrame(1, fields, false), frame('data', 1, 1, Buffer.from(sent))]));
    await closed;
    assert.deepEqual(ends, []);
  });
}

test('streams that are reset as they come end the connection, after a bounded number', async (t) => {
  const { port, streams, abuses } = await serve(t, () => {});
  const { socket, when, closed } = await connectRaw(t, port);
  const parts: Buffer[] = [];
  for (let stream = 1; stream < 8000; stream += 2) parts.push(headersFrame(stream, LINE), rstFrame(stream));
  socket.write(Buffer.concat(parts));
  const goaway = await when('GOAWAY', ({ type }) => type === 'goaway');
  assert.equal(codeOf(goaway), ENHANCE_YOUR_CALM);
  await closed();
  assert.ok(streams.length < 1000, `${streams.length} streams`);
  assert.equal(abuses.length, 1);
});

test('streams that the client makes us reset count as well', async (t) => {
  const { port, streams, abuses } = await serve(t, () => {});
  const { socket, closed } = await connectRaw(t, port);
  const parts: Buffer[] = [];
  const nothing = Buffer.alloc(4);
  for (let stream = 1; stream < 8000; stream += 2) {
    parts.push(headersFrame(stream, LINE), frame('windowUpdate', 0, stream, nothing));
  }
  socket.write(Buffer.concat(parts));
  await closed();
  assert.ok(streams.length < 1000, `${streams.length} streams`);
  assert.equal(abuses.length, 1);
});

test('a client that cancels what is under way now and then is served on', async (t) => {
  const { port, abuses } = await serve(t, (asked) => {
    if (asked.request.url === '/now') answerAll(asked);
  });
  const session = connect(t, port);
  for (let i = 0; i < 100; i++) {
    const stream = session.request({ ':path': '/slow' });
    stream.on('error', () => {});
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await once(stream, 'close');
  }
  assert.equal((await answerOf(session.request({ ':path': '/now' }))).status, 200);
  assert.deepEqual(abuses, []);
});

test('answers that are broken off on this side are not held against the client', async (t) => {
  const { port, abuses } = await serve(t, (asked) => {
    if (asked.request.url === '/now') return answerAll(asked);
    asked.response.writeHead(200, []);
    asked.response.flushHeaders();
    asked.response.destroy();
  });
  const session = connect(t, port);
  for (let i = 0; i < 300; i++) {
    const { status, reset } = await answerOf(session.request({ ':path': '/broken' }));
    if (i === 0) assert.deepEqual([status, reset], [200, http2.constants.NGHTTP2_INTERNAL_ERROR]);
  }
  assert.equal((await answerOf(session.request({ ':path': '/now' }))).status, 200);
  assert.deepEqual(abuses, []);
});

test('a head that cannot be sent ends its stream, and no other', async (t) => {
  const { port } = await serve(t, (asked) => {
    if (asked.request.url === '/now') return answerAll(asked);
    assert.throws(() => asked.response.writeHead(200, ['x-a', 'b\r\nc: d']), RangeError);
    assert.throws(() => asked.response.writeHead(999, []), RangeError);
    asked.response.addTrailers([[':status', '500']]);
    asked.response.writeHead(200, []);
    asked.response.end('ok');
  });
  const session = connect(t, port);
  assert.equal((await answerOf(session.request({ ':path': '/' }))).reset, http2.constants.NGHTTP2_INTERNAL_ERROR);
  assert.equal((await answerOf(session.request({ ':path': '/now' }))).status, 200);
});

test('more streams at once than allowed are refused, and not handed on', async (t) => {
  const { port, streams } = await serve(t, () => {});
  const { socket, when } = await connectRaw(t, port);
  for (let stream = 1; stream <= 2 * 101; stream += 2) socket.write(headersFrame(stream, LINE));
  const refused = await when('a refusal', ({ type }) => type === 'rst');
  assert.deepEqual([refused.stream, codeOf(refused)], [201, http2.constants.NGHTTP2_REFUSED_STREAM]);
  assert.equal(streams.length, 100);
});

for (const [what, flood] of [
  ['pings', frame('ping', 0, 0, Buffer.alloc(8))],
  ['settings', frame('settings', 0, 0)],
] as const) {
  test(`a flood of ${what} ends the connection`, async (t) => {
    const { port, abuses } = await serve(t, answerAll);
    const { socket, closed } = await connectRaw(t, port);
    socket.write(Buffer.concat(Array.from({ length: 5000 }, () => flood)));
    await closed();
    assert.equal(abuses.length, 1);
  });
}

test('a head that never ends is ended', async (t) => {
  const { port, streams } = await serve(t, answerAll);
  const { socket, closed } = await connectRaw(t, port);
  const block = fieldBlock(['x-more', 'y'.repeat(1000)]);
  const parts = [frame('headers', 0, 1, fieldBlock(LINE))];
  for (let i = 0; i < 500; i++) parts.push(frame('continuation', 0, 1, block));
  socket.write(Buffer.concat(parts));
  await closed();
  assert.equal(streams.length, 0);
});

test('what is no HTTP/2 behind the preface ends the connection, and is told once', async (t) => {
  const { port, abuses } = await serve(t, answerAll);
  const { socket, closed } = await connectRaw(t, port);
  socket.write(frame('data', 0, 0, Buffer.from('x')));
  await closed();
  assert.equal(abuses.length, 1);
});

test('an idle connection is told to go, and one with a stream is not', async (t) => {
  let answer = (): void => {};
  const { port } = await serve(
    t,
    (asked) => {
      answer = () => answerAll(asked);
    },
    { ...LIMITS, idleMs: 100 },
  );
  const idle = connect(t, port);
  const busy = connect(t, port);
  const stream = busy.request({ ':path': '/' });
  await once(busy, 'remoteSettings');
  await once(idle, 'close');
  assert.equal(busy.destroyed, false);
  const answered = answerOf(stream);
  answer();
  assert.equal((await answered).text, 'ok');
  await once(busy, 'close');
});

test('a client that does not go when it is told to is let go of', async (t) => {
  const { port, open } = await serve(t, answerAll, { ...LIMITS, idleMs: 100 });
  const { socket } = await connectRaw(t, port);
  socket.pause();
  assert.equal(open(), 1);
  await once(socket.resume(), 'close');
});

test('a connection that is gone already is not served', () => {
  const sessions = createClientSessions({
    limits: () => LIMITS,
    stopping: new AbortController().signal,
    onStream: assert.fail,
    onAbuse: assert.fail,
  });
  sessions.serve(new net.Socket().destroy());
});

test('a proxy that stops takes no stream more, and lets those end that are open', async (t) => {
  const { promise: begun, resolve } = Promise.withResolvers<StreamAsked>();
  const { port, stop, open } = await serve(t, resolve);
  const session = connect(t, port);
  const stream = session.request({ ':path': '/' });
  const answered = answerOf(stream);
  const asked = await begun;
  const goaway = once(session, 'goaway');
  stop.abort();
  assert.equal((await goaway)[0], http2.constants.NGHTTP2_NO_ERROR);
  answerAll(asked);
  assert.equal((await answered).text, 'ok');
  if (!session.destroyed) await once(session, 'close');
  assert.ok(open() <= 1);
});

test('a client that has its answer is asked to stop sending its body', async (t) => {
  const { port } = await serve(t, (asked) => answerAll(asked));
  const stream = connect(t, port).request({ ':method': 'POST', ':path': '/' }, { endStream: false });
  stream.write('the beginning');
  const { status, text, reset } = await answerOf(stream);
  assert.deepEqual([status, text, reset], [200, 'ok', http2.constants.NGHTTP2_NO_ERROR]);
});
