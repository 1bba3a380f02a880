/** Clients' connections of HTTP/1.1: one request after the other, whole answers, and everything else handed over untouched. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Call, createClientConnections } from '../../../proxy/http1/client-connections.ts';

const LIMITS = { headerBytes: 1000, clientHeadMs: 60_000, idleMs: 60_000 };
const get = (path: string, fields = ''): string => `GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

interface Serving {
  readonly stop: AbortController;
  /** What was handed over: how, and the bytes of it. */
  readonly over: { how: 'connect' | 'other'; text: string; socket: Socket }[];
  open(): Promise<Client>;
}

async function serve(t: TestContext, onCall: (call: Call) => void, limits = LIMITS): Promise<Serving> {
  const stop = new AbortController();
  const over: Serving['over'] = [];
  const connections = createClientConnections<null>({
    limits: () => limits,
    stopping: stop.signal,
    onCall,
    onConnect: (head, socket, behind) => over.push({ how: 'connect', text: `${head.target} ${behind}`, socket }),
    onOther: (socket, bytes) => over.push({ how: 'other', text: bytes.toString('latin1'), socket }),
  });
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    connections.serve(socket, null, null);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    stop,
    over,
    async open() {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.on('error', () => {});
      t.after(() => socket.destroy());
      await once(socket, 'connect');
      return new Client(socket);
    },
  };
}

class Client {
  readonly socket: Socket;
  #text = '';
  #tell = (): void => {};
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#tell();
    });
    socket.on('close', () => {
      this.#isClosed = true;
      this.#tell();
    });
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Everything received, once it ends so. */
  async until(end: string): Promise<string> {
    while (!this.#text.endsWith(end)) {
      assert.ok(!this.#isClosed, `closed behind ${JSON.stringify(this.#text)}`);
      await this.#more();
    }
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Everything received until the connection ended. */
  async closed(): Promise<string> {
    while (!this.#isClosed) await this.#more();
    return this.#text;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#tell = resolve;
    });
  }
}

/** The body, read as the proxy reads it. */
function bodyOf({ request }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    request.on('end', () => resolve(text));
    request.on('close', () => reject(new Error('broke off')));
  });
}

function reply({ response }: Call, text: string, fields: string[] = []): void {
  response.sendDate = false;
  response.writeHead(200, 'Fine', ['Content-Length', String(text.length), ...fields]);
  response.end(Buffer.from(text));
}

const KEPT = 'Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\n';

/** Says what it was asked, with the body. */
const echo = (call: Call): void =>
  void bodyOf(call).then(
    (body) => reply(call, `${call.request.method} ${call.request.url} ${body}.`),
    () => {},
  );

test('a request and its body, cut anywhere behind the head, are the same, and the connection goes on', async (t) => {
  const { open } = await serve(t, echo);
  const client = await open();
  const [text, body] = [post('/a', 'hello world'), 'hello world'];
  for (let cut = text.length - body.length; cut < text.length; cut += 1) {
    client.write(text.slice(0, cut));
    // What is written apart may still arrive together; either way the answer is the same.
    await new Promise((resolve) => setImmediate(resolve));
    client.write(text.slice(cut));
    const answer = await client.until('.');
    assert.equal(answer, `HTTP/1.1 200 Fine\r\nContent-Length: 20\r\n${KEPT}POST /a hello world.`);
  }
});

test('what is sent ahead waits for its turn', async (t) => {
  const calls: Call[] = [];
  let come = (): void => {};
  const { open } = await serve(t, (call) => {
    calls.push(call);
    come();
  });
  const client = await open();
  client.write(post('/1', 'abc') + get('/2') + post('/3', 'xyz'));
  for (const path of ['/1', '/2', '/3']) {
    while (calls.length === 0) await new Promise<void>((resolve) => (come = resolve));
    const call = calls.shift();
    assert.ok(call);
    assert.equal(call.request.url, path);
    if (call.hasBody) assert.equal((await bodyOf(call)).length, 3);
    // Time in which the next would come if it did not wait.
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls.length, 0);
    reply(call, `${path}.`);
    assert.ok((await client.until('.')).endsWith(`\r\n\r\n${path}.`));
  }
});

test('a body that came with its head can be taken at once, and only by the first who reads', async (t) => {
  const bodies: (string | null)[] = [];
  const { open } = await serve(t, (call) => {
    bodies.push(call.request.takeBody()?.toString() ?? null, call.request.takeBody()?.toString() ?? null);
    assert.ok(call.request.readableEnded && call.request.complete);
    reply(call, '.');
  });
  const client = await open();
  client.write(post('/', 'abc'));
  await client.until('.');
  assert.deepEqual(bodies, ['abc', null]);
});

test('a body that nobody reads stops the client, and once it is answered the rest is thrown away', async (t) => {
  const size = 32 << 20;
  let seen = null as Call | null;
  const { open } = await serve(t, (call) => {
    if (call.request.method === 'GET') return reply(call, 'next.');
    seen = call;
  });
  const client = await open();
  client.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
  client.socket.write(Buffer.alloc(1000));
  while (seen?.request.isHeldBack !== true) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(seen.request.socket.isPaused() && !seen.request.complete);
  client.socket.write(Buffer.alloc(size - 1000));
  reply(seen, 'early.');
  await client.until('early.');
  client.write(get('/next'));
  assert.ok((await client.until('next.')).startsWith('HTTP/1.1 200'));
});

test('each answer is framed as its head says', async (t) => {
  const { open } = await serve(t, ({ request, response }) => {
    response.sendDate = false;
    switch (request.url) {
      case '/chunks':
        response.writeHead(200, ['X-A', 'b']);
        response.write(Buffer.from('abc'));
        response.addTrailers([['X-Sum', '1']]);
        response.end(Buffer.from('0123456789abcdef'));
        break;
      case '/hints':
        response.writeEarlyHints({ link: ['</a>; rel=preload', '</b>'] });
        response.writeProcessing();
        response.writeHead(200, ['Content-Length', '0', 'Connection', 'close']);
        response.end();
        break;
      case '/none':
        response.writeHead(304, ['ETag', '"1"']);
        response.end();
        break;
      default:
        response.writeHead(200, ['Content-Length', '5']);
        response.write(Buffer.from('never'));
        response.end(Buffer.from('never'));
    }
  });
  const client = await open();
  client.write(get('/chunks'));
  assert.equal(
    await client.until('\r\n0\r\nX-Sum: 1\r\n\r\n'),
    `HTTP/1.1 200 OK\r\nX-A: b\r\n${KEPT.slice(0, -2)}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX-Sum: 1\r\n\r\n`,
  );
  client.write(get('/none'));
  assert.equal(await client.until('\r\n\r\n'), `HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n${KEPT}`);
  client.write(get('/head').replace('GET', 'HEAD'));
  assert.equal(await client.until('\r\n\r\n'), `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${KEPT}`);
  client.write(get('/hints'));
  const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload, </b>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n';
  assert.equal(await client.closed(), `${interim}HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
});

test('a client that asks for nothing more has its answer and the end', async (t) => {
  const { open } = await serve(t, echo);
  const client = await open();
  client.write(get('/', 'Connection: close\r\n'));
  assert.match(await client.closed(), /\r\nConnection: close\r\n\r\nGET \/ \.$/);
});

test('no header leaves that would be read as two', async (t) => {
  const failures: unknown[] = [];
  const { open } = await serve(t, (call) => {
    for (const fields of [
      ['A', 'b\r\nC: d'],
      ['A b', 'c'],
      ['A\n', 'c'],
      ['', 'c'],
    ]) {
      try {
        call.response.writeHead(200, fields);
      } catch (error) {
        failures.push(error);
      }
    }
    reply(call, '.');
  });
  const client = await open();
  client.write(get('/'));
  await client.until('.');
  assert.equal(failures.length, 4);
});

test('what is not an ordinary request is handed over with every byte of it', async (t) => {
  const { open, over } = await serve(t, echo);
  const client = await open();
  client.write(get('/'));
  await client.until('.');
  const other = 'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n';
  client.write(other);
  while (over.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [handed] = over;
  assert.ok(handed?.how === 'other' && handed.text === other && handed.socket.isPaused());
  const tunnel = await open();
  tunnel.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\nbehind');
  while (over.length === 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(over[1]?.text, 'a.example:443 behind');
});

test('a client that is gone breaks its call off', async (t) => {
  for (const leave of ['end', 'destroy'] as const) {
    let gone = (): void => {};
    const told = new Promise<void>((resolve) => (gone = resolve));
    let isBrokenOff = false;
    const { open } = await serve(t, (call) => {
      bodyOf(call).catch(() => {
        isBrokenOff = true;
      });
      call.response.on('close', () => {
        assert.ok(call.response.destroyed && call.request.destroyed);
        gone();
      });
      client.socket[leave]();
    });
    const client = await open();
    client.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc');
    await told;
    while (!isBrokenOff) await new Promise((resolve) => setImmediate(resolve));
  }
});

test('who says nothing is let go of, before the first request and between two', async (t) => {
  const silent = await (await serve(t, echo, { ...LIMITS, clientHeadMs: 50 })).open();
  assert.equal(await silent.closed(), '');
  const idle = await (await serve(t, echo, { ...LIMITS, idleMs: 50 })).open();
  idle.write(get('/'));
  assert.match(await idle.closed(), /GET \/ \.$/);
});

test('when the proxy stops, what waits is ended and what is under way is the last', async (t) => {
  const calls: Call[] = [];
  const { open, stop } = await serve(t, (call) => calls.push(call));
  const [waiting, busy] = [await open(), await open()];
  busy.write(get('/'));
  while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  assert.equal(await waiting.closed(), '');
  const [call] = calls;
  assert.ok(call);
  reply(call, 'done.');
  assert.match(await busy.closed(), /\r\nConnection: close\r\n\r\ndone\.$/);
});
