import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Script } from '../../cli/demo/stand-in.ts';
import { CARD } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { ANTHROPIC, OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type Wire, type WireAnswer } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
beforeEach(() => weir.standIn.use(providerAnswers()));
after(() => weir.close());

/** A provider, which inspection touches, and a host that nothing names: both must speak the same HTTP. */
const HOSTS = [OPENAI, UNNAMED];

async function withWire<T>(host: string, use: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  try {
    return await use(wire);
  } finally {
    wire.destroy();
  }
}

/** Sends one request and gives its answer. */
function ask(host: string, bytes: string | Buffer, method = 'GET'): Promise<WireAnswer> {
  return withWire(host, (wire) => {
    wire.write(bytes);
    return wire.answer(method);
  });
}

function lastReceived() {
  const request = weir.standIn.requests.at(-1);
  assert.ok(request, 'nothing reached the upstream');
  return request;
}

/** Values of a header as the upstream got it, in order. */
function receivedHeader(name: string): string[] {
  const { headers } = lastReceived();
  return headers.filter((_, index) => index % 2 === 1 && headers[index - 1]?.toLowerCase() === name);
}

function valuesOf(answer: WireAnswer, name: string): string[] {
  return answer.headers.filter((_, index) => index % 2 === 1 && answer.headers[index - 1]?.toLowerCase() === name);
}

const plain =
  (status: number, headers: Record<string, string | string[]>, body = ''): Script =>
  async ({ response, received }) => {
    await received;
    response.writeHead(status, headers).end(body);
  };

for (const host of HOSTS) {
  test(`HEAD keeps the length and has no body, and the connection goes on (${host})`, async () => {
    weir.standIn.use(async ({ request, response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '12' });
      response.end(request.method === 'HEAD' ? undefined : '{"a":"bcde"}');
    });
    await withWire(host, async (wire) => {
      wire.write(`HEAD /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const head = await wire.answer('HEAD');
      assert.equal(head.status, 200);
      assert.equal(head.header('content-length'), '12');
      wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      assert.equal((await wire.answer()).text, '{"a":"bcde"}');
    });
  });

  for (const status of [204, 304]) {
    test(`${status} has no body and no length made up, and the connection goes on (${host})`, async () => {
      weir.standIn.use(plain(status, { etag: '"v1"' }));
      await withWire(host, async (wire) => {
        for (let i = 0; i < 2; i += 1) {
          wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
          const answer = await wire.answer();
          assert.equal(answer.status, status);
          assert.equal(answer.header('etag'), '"v1"');
          assert.equal(answer.header('transfer-encoding'), null);
          assert.ok(status === 304 || answer.header('content-length') === null);
        }
      });
    });
  }

  test(`206 keeps its range (${host})`, async () => {
    weir.standIn.use(
      plain(206, { 'content-type': 'text/plain', 'content-range': 'bytes 2-4/10', 'content-length': '3' }, 'cde'),
    );
    const answer = await ask(host, `GET /v1/files/f/content HTTP/1.1\r\nHost: ${host}\r\nRange: bytes=2-4\r\n\r\n`);
    assert.equal(answer.status, 206);
    assert.equal(answer.header('content-range'), 'bytes 2-4/10');
    assert.equal(answer.text, 'cde');
    assert.deepEqual(receivedHeader('range'), ['bytes=2-4']);
  });

  test(`an interim answer does not take the place of the final one (${host})`, async () => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(200, { 'content-type': 'text/plain' }).end('final');
    });
    await withWire(host, async (wire) => {
      wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      let answer = await wire.answer();
      if (answer.status === 103) answer = await wire.answer();
      assert.equal(answer.status, 200);
      assert.equal(answer.text, 'final');
    });
  });

  test(`repeated Set-Cookie stay apart and in order, and a header's case is kept (${host})`, async () => {
    weir.standIn.use(
      plain(200, { 'Set-Cookie': ['a=1; Path=/', 'b=2, 3'], 'X-CaseKept': 'Yes', 'content-length': '0' }),
    );
    const answer = await ask(host, `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assert.deepEqual(valuesOf(answer, 'set-cookie'), ['a=1; Path=/', 'b=2, 3']);
    assert.ok(answer.headers.includes('X-CaseKept'));
  });

  for (const method of ['DELETE', 'GET']) {
    test(`a body on ${method} arrives whole, whether by length or chunked (${host})`, async () => {
      weir.standIn.use(plain(200, { 'content-type': 'application/json', 'content-length': '2' }, '{}'));
      const body = '{"id":"abc"}';
      assert.equal((await ask(host, jsonRequest(method, '/v1/files/f', host, body))).status, 200);
      assert.equal(lastReceived().body.toString(), body);
      const head = `${method} /v1/files/f HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      const answer = await ask(host, `${head}6\r\n{"id":\r\n6\r\n"abc"}\r\n0\r\n\r\n`);
      assert.equal(answer.status, 200);
      assert.equal(lastReceived().method, method);
      assert.equal(lastReceived().body.toString(), body);
    });
  }

  test(`chunked bodies arrive whole, and behind them the trailers that may stand there (${host})`, async () => {
    weir.standIn.use(plain(200, { 'content-length': '0' }));
    const head = `POST /v1/things HTTP/1.1\r\nHost: ${host}\r\nContent-Type: text/plain\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answer = await ask(host, `${head}5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\nX-Sum: 1\r\nHost: other\r\n\r\n`, 'POST');
    assert.equal(answer.status, 200);
    assert.equal(lastReceived().body.toString(), 'hello!');
    assert.deepEqual(lastReceived().trailers, ['X-Sum', '1']);
  });

  test(`trailers of an answer reach the client (${host})`, async () => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum' });
      response.write('final');
      response.addTrailers({ 'x-sum': '1', 'x-weir-action': 'allow' });
      response.end();
    });
    await withWire(host, async (wire) => {
      wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const all = await wire.until('\r\n0\r\nx-sum: 1\r\n\r\n');
      assert.ok(all.includes('final'));
      wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      await wire.until('Connection: close');
    });
  });

  test(`what Connection names goes no further, nor does an upgrade to h2c (${host})`, async () => {
    weir.standIn.use(plain(200, { 'content-length': '0', 'x-end': '1' }));
    const answer = await ask(
      host,
      `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: x-foo, keep-alive, Upgrade, HTTP2-Settings\r\nX-Foo: gone\r\nX-Bar: kept\r\n` +
        'Keep-Alive: timeout=5\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    );
    assert.equal(answer.status, 200);
    for (const name of ['x-foo', 'upgrade', 'http2-settings', 'keep-alive'])
      assert.deepEqual(receivedHeader(name), [], name);
    assert.deepEqual(receivedHeader('x-bar'), ['kept']);
  });

  test(`names, order, case and repeats of a request's headers are kept (${host})`, async () => {
    weir.standIn.use(plain(200, { 'content-length': '0' }));
    await ask(host, `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nX-b: 1\r\nx-A: 2\r\nX-b: 3\r\nAccept: */*\r\n\r\n`);
    const { headers } = lastReceived();
    const own = headers.flatMap((name, index) =>
      index % 2 === 0 && /^x-[ab]$/i.test(name) ? [`${name}: ${headers[index + 1]}`] : [],
    );
    assert.deepEqual(own, ['X-b: 1', 'x-A: 2', 'X-b: 3']);
  });

  test(`Expect: 100-continue is answered by the proxy, and the body follows (${host})`, async () => {
    weir.standIn.use(plain(200, { 'content-length': '0' }));
    await withWire(host, async (wire) => {
      wire.write(
        `POST /v1/things HTTP/1.1\r\nHost: ${host}\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
      );
      assert.equal((await wire.answer('POST')).status, 100);
      wire.write('hello');
      assert.equal((await wire.answer('POST')).status, 200);
      assert.equal(lastReceived().body.toString(), 'hello');
      assert.deepEqual(receivedHeader('expect'), []);
    });
  });

  test(`OPTIONS * asks the server that it is sent to: it is answered, and not forwarded (${host})`, async () => {
    const before = weir.standIn.requests.length;
    const answer = await ask(host, `OPTIONS * HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'OPTIONS');
    assert.equal(answer.status, 501);
    assert.equal(weir.standIn.requests.length, before);
  });

  test(`a chunked answer that comes in one piece with its end is passed on in order (${host})`, async () => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      // Node writes head, chunk and last chunk of this at once.
      response.writeHead(200, { 'content-type': 'text/plain', 'transfer-encoding': 'chunked' }).end('final');
    });
    await withWire(host, async (wire) => {
      for (let i = 0; i < 2; i += 1) {
        wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        assert.equal((await wire.answer()).text, 'final');
      }
    });
  });

  test(`requests sent without waiting are answered in order (${host})`, async () => {
    weir.standIn.use(async ({ request, response, received }) => {
      await received;
      const body = request.url ?? '';
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': String(body.length) }).end(body);
    });
    await withWire(host, async (wire) => {
      wire.write([1, 2, 3].map((n) => `GET /v1/n${n} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).join(''));
      for (const n of [1, 2, 3]) assert.equal((await wire.answer()).text, `/v1/n${n}`);
    });
  });
}

test('Expect: 100-continue with a head that is refused gets its refusal without the body', async () => {
  const before = weir.standIn.requests.length;
  await withWire(OPENAI, async (wire) => {
    const target = `/v1/things?card=${CARD.replaceAll(' ', '')}`;
    wire.write(
      `POST ${target} HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
    );
    assert.equal((await wire.answer('POST')).status, 400);
  });
  assert.equal(weir.standIn.requests.length, before);
});

for (const early of [413, 401]) {
  test(`an early ${early} during an upload reaches the client`, async () => {
    weir.standIn.use(({ response }) => {
      const body = '{"error":{"message":"no"}}';
      response.writeHead(early, {
        'content-type': 'application/json',
        'content-length': String(body.length),
        connection: 'close',
      });
      response.end(body, () => response.socket?.destroySoon());
    });
    await withWire(UNNAMED, async (wire) => {
      wire.write(
        `POST /upload HTTP/1.1\r\nHost: ${UNNAMED}\r\nContent-Type: application/octet-stream\r\nContent-Length: 50000000\r\n\r\n`,
      );
      wire.write(Buffer.alloc(1_000_000, 'x'));
      const answer = await wire.answer('POST');
      assert.equal(answer.status, early);
      assert.equal(answer.text, '{"error":{"message":"no"}}');
    });
  });
}

/** Closes the connection without an answer on its second request, as a server does whose idle time ran out. */
function closesKept(): Script {
  const seen = new WeakSet<object>();
  return async ({ request, response, received }) => {
    await received;
    if (seen.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    seen.add(request.socket);
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '2' }).end('ok');
  };
}

test('a kept connection that the upstream closed: GET is sent once more on a fresh one', async () => {
  weir.standIn.use(closesKept());
  await withWire(ANTHROPIC, async (wire) => {
    for (let i = 0; i < 3; i += 1) {
      wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${ANTHROPIC}\r\n\r\n`);
      assert.equal((await wire.answer()).status, 200);
    }
  });
});

test('a kept connection that the upstream closed: POST is a 502, unless it has an Idempotency-Key', async () => {
  weir.standIn.use(closesKept());
  await withWire(ANTHROPIC, async (wire) => {
    const post = (head: string) => jsonRequest('POST', '/v1/things', ANTHROPIC, { a: 'b' }, head);
    const statuses: number[] = [];
    for (const head of ['', '', 'Idempotency-Key: k1\r\n', 'Idempotency-Key: k2\r\n']) {
      wire.write(post(head));
      statuses.push((await wire.answer('POST')).status);
    }
    // The second may find the connection of an earlier test: what counts is that it was not sent twice.
    assert.equal(statuses.filter((status) => status === 502).length, 1);
    assert.deepEqual(statuses.slice(2), [200, 200]);
  });
});

test('a client that ends its side behind its request gets its answer all the same', async () => {
  const wire = await connectPlain(weir.port);
  wire.socket.end(`GET /.well-known/weir HTTP/1.1\r\nHost: 127.0.0.1:${weir.port}\r\n\r\n`);
  assert.equal((await wire.answer()).status, 200);
});
