/** HTTP/2 and HTTP/1.1 towards client and upstream, each independent of the other: what passes, and what is done to it. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Received, StandInExchange } from '../../cli/demo/stand-in.ts';
import { loadConfig } from '../../config/load.ts';
import { answerOf, type Http2Client, http2Plain, http2PlainThrough, http2Through } from '../support/http2-client.ts';
import { AWS_KEY, CARD, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { ANTHROPIC, OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough } from '../support/wire.ts';

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | object;
  readonly trailers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  header(name: string): string | null;
  readonly text: string;
  readonly body: Buffer;
  /** Lines `name: value`. */
  readonly trailers: readonly string[];
  readonly interim: readonly number[];
}

interface Client {
  ask(asked: Asked): Promise<Answered>;
  close(): void;
}

type Connect = (weir: UnderTest, host: string) => Promise<Client>;

const connectHttp2: Connect = async (weir, host) => {
  const client = await http2Through(weir.port, host, weir.ca);
  return {
    async ask({ method = 'GET', path = '/', headers = {}, body, trailers }) {
      const answer = await client.ask({ ':method': method, ':path': path, ...headers }, body, trailers);
      assert.equal(answer.reset, 0, 'the stream was reset');
      return { ...answer, trailers: lines(answer.trailers) };
    },
    close: () => client.close(),
  };
};

const connectHttp1: Connect = async (weir, host) => {
  const wire = await connectThrough(weir.port, host, weir.ca);
  return {
    async ask({ method = 'GET', path = '/', headers = {}, body, trailers = {} }) {
      const bytes = bytesOf(body);
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const isChunked = Object.keys(trailers).length > 0;
      const framing = isChunked
        ? 'transfer-encoding: chunked\r\n'
        : bytes === null
          ? ''
          : `content-length: ${bytes.length}\r\n`;
      const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${fields.join('')}${framing}\r\n`;
      wire.write(Buffer.from(head, 'latin1'));
      if (!isChunked && bytes !== null) wire.write(bytes);
      if (isChunked) {
        if (bytes !== null)
          wire.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
        wire.write(
          `0\r\n${Object.entries(trailers)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join('')}\r\n`,
        );
      }
      const interim: number[] = [];
      for (;;) {
        const answer = await wire.answer(method);
        if (answer.status < 200) interim.push(answer.status);
        else return { ...answer, trailers: lines(answer.trailers), interim };
      }
    },
    close: () => wire.destroy(),
  };
};

function lines(fields: readonly string[]): string[] {
  return fields.flatMap((name, i) => (i % 2 === 0 ? [`${name.toLowerCase()}: ${fields[i + 1]}`] : []));
}

function bytesOf(body: Asked['body']): Buffer | null {
  if (body === undefined) return null;
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function chat(text: string, more: object = {}): Asked {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: { model: 'gpt-5', messages: [{ role: 'user', content: text }], ...more },
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const CURL_SKIP = /HTTP2/.test(spawnSync('curl', ['--version']).stdout?.toString() ?? '')
  ? false
  : 'there is no curl that speaks HTTP/2';

const CLIENTS: readonly (readonly [string, Connect])[] = [
  ['HTTP/2', connectHttp2],
  ['HTTP/1.1', connectHttp1],
];
const UPSTREAMS: readonly (readonly [string, readonly string[]])[] = [
  ['HTTP/1.1', ['http/1.1']],
  ['HTTP/2', ['h2']],
];

for (const [upstream, alpn] of UPSTREAMS) {
  describe(`to an upstream of ${upstream}`, () => {
    let weir: UnderTest;
    before(async () => {
      weir = await startUnderTest({ alpn });
    });
    beforeEach(() => weir.standIn.use(providerAnswers()));
    after(() => weir.close());

    const lastReceived = (): Received => {
      const request = weir.standIn.requests.at(-1);
      assert.ok(request, 'nothing reached the upstream');
      return request;
    };

    for (const [kind, connect] of CLIENTS) {
      const withClient = async (host: string, use: (client: Client) => Promise<void>): Promise<void> => {
        const client = await connect(weir, host);
        try {
          await use(client);
        } finally {
          client.close();
        }
      };
      const name = (what: string): string => `a client of ${kind}: ${what}`;

      test(name('a request arrives as it was sent, and so does its answer'), () =>
        withClient(UNNAMED, async (client) => {
          weir.standIn.use(async ({ response, received }) => {
            await received;
            response
              .writeHead(203, { 'content-type': 'text/plain', 'x-b': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] })
              .end('all of it');
          });
          const answer = await client.ask({
            path: '/a/b?c=d%20e',
            headers: { 'x-own': 'caf\xe9', cookie: 'a=1; b=2', te: 'trailers' },
          });
          assert.equal(answer.status, 203);
          assert.equal(answer.text, 'all of it');
          assert.equal(answer.header('content-type'), 'text/plain');
          assert.ok((answer.header('x-weir-event') ?? '') !== '');
          const { method, target, headers } = lastReceived();
          assert.deepEqual([method, target], ['GET', '/a/b?c=d%20e']);
          const fields = lines(headers);
          const isNew = upstream === 'HTTP/2';
          for (const field of [
            isNew ? `:authority: ${UNNAMED}` : `host: ${UNNAMED}`,
            'x-own: caf\xe9',
            'cookie: a=1; b=2',
            'te: trailers',
          ]) {
            assert.ok(fields.includes(field), `${field} of ${fields.join(' | ')}`);
          }
        }),
      );

      test(name('HEAD, 204 and 304 have no body, and the connection goes on'), () =>
        withClient(UNNAMED, async (client) => {
          weir.standIn.use(async ({ request, response, received }) => {
            await received;
            const status = Number(request.url?.slice(1));
            response
              .writeHead(status, status === 200 ? { 'content-length': '12', etag: '"v"' } : { etag: '"v"' })
              .end();
          });
          for (const [method, status] of [
            ['HEAD', 200],
            ['GET', 204],
            ['GET', 304],
          ] as const) {
            const answer = await client.ask({ method, path: `/${status}` });
            assert.deepEqual([answer.status, answer.body.length, answer.header('etag')], [status, 0, '"v"']);
            if (method === 'HEAD') assert.equal(answer.header('content-length'), '12');
          }
        }),
      );

      test(name('what a rule tokenizes is put back, whole and in a stream'), () =>
        withClient(OPENAI, async (client) => {
          for (const stream of [false, true]) {
            const answer = await client.ask(chat(SENTENCE, { stream }));
            assert.equal(answer.status, 200);
            assert.equal(answer.header('x-weir-action'), 'tokenize');
            const sent = lastReceived().body.toString();
            assert.ok(!sent.includes(MAIL) && !sent.includes(PERSON) && sent.includes('<EMAIL_ADDRESS_1>'));
            const text = stream
              ? answer.text
                  .split('\n')
                  .filter((line) => line.startsWith('data: {'))
                  .map((line) => deltaOf(line))
                  .join('')
              : answer.text;
            assert.ok(text.includes(SENTENCE), text);
          }
        }),
      );

      test(name('a block is the error of the provider, and nothing is sent'), () =>
        withClient(OPENAI, async (client) => {
          const before = weir.standIn.requests.length;
          const answer = await client.ask(chat(`my card is ${CARD}`));
          assert.equal(answer.status, 400);
          const { error } = JSON.parse(answer.text) as { error: { code: string } };
          assert.equal(error.code, 'weir_blocked');
          assert.equal(weir.standIn.requests.length, before);
          const event = await weir.event(answer.header('x-weir-event'));
          assert.deepEqual([event.outcome, event.status, event.action], ['blocked', 400, 'block']);
          assert.equal((await client.ask(chat('hello'))).status, 200);
        }),
      );

      test(name('large bodies pass whole both ways'), () =>
        withClient(UNNAMED, async (client) => {
          const body = Buffer.alloc(6_000_000, 'weir ');
          weir.standIn.use(async ({ response, received }) => {
            const { body: given } = await received;
            response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': given.length });
            response.end(given);
          });
          const answer = await client.ask({
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body,
          });
          assert.equal(lastReceived().sha256, sha256(body));
          assert.equal(sha256(answer.body), sha256(body));
        }),
      );

      test(name('trailers pass both ways, but those that may not stand there'), () =>
        withClient(UNNAMED, async (client) => {
          weir.standIn.use(async ({ response, received }) => {
            await received;
            response.writeHead(200, { 'content-type': 'application/octet-stream', trailer: 'grpc-status' });
            response.write('message');
            response.addTrailers({ 'grpc-status': '0', 'x-weir-action': 'allow' });
            response.end();
          });
          const answer = await client.ask({
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream', te: 'trailers' },
            body: 'request',
            trailers: { 'x-sum': '1', 'x-weir-app': 'a:b' },
          });
          assert.equal(answer.text, 'message');
          assert.deepEqual(answer.trailers, ['grpc-status: 0']);
          assert.deepEqual(lines(lastReceived().trailers), ['x-sum: 1']);
          assert.equal(lastReceived().body.toString(), 'request');
        }),
      );

      test(name('trailers that are announced pass from behind a declared length, which HTTP/1.1 does not have'), () =>
        withClient(UNNAMED, async (client) => {
          weir.standIn.use(async ({ response, received }) => {
            await received;
            const length = upstream === 'HTTP/2' ? { 'content-length': '7' } : {};
            response.writeHead(200, { 'content-type': 'application/octet-stream', trailer: 'x-sum', ...length });
            response.write('message');
            response.addTrailers({ 'x-sum': '2' });
            response.end();
          });
          const length = kind === 'HTTP/2' ? { 'content-length': '7' } : {};
          const answer = await client.ask({
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream', trailer: 'x-sum', ...length },
            body: 'request',
            trailers: { 'x-sum': '1' },
          });
          assert.equal(answer.text, 'message');
          assert.deepEqual(answer.trailers, ['x-sum: 2']);
          assert.deepEqual(lines(lastReceived().trailers), ['x-sum: 1']);
          assert.equal(lastReceived().body.toString(), 'request');
        }),
      );

      test(name('trailers follow an answer that was changed, whole and in a stream'), () =>
        withClient(OPENAI, async (client) => {
          for (const stream of [false, true]) {
            weir.standIn.use(async ({ response, received }) => {
              const { messages } = JSON.parse((await received).body.toString()) as { messages: { content: string }[] };
              const content = messages[0]?.content;
              const choices = [
                stream ? { index: 0, delta: { content } } : { index: 0, message: { role: 'assistant', content } },
              ];
              const type = stream ? 'text/event-stream' : 'application/json';
              response.writeHead(200, { 'content-type': type, trailer: 'x-sum' });
              const text = JSON.stringify({ object: 'chat.completion', choices });
              response.write(stream ? `data: ${text}\n\ndata: [DONE]\n\n` : text);
              response.addTrailers({ 'x-sum': '1' });
              response.end();
            });
            const answer = await client.ask(chat(SENTENCE, { stream }));
            assert.ok(answer.text.includes(SENTENCE), answer.text);
            assert.deepEqual(answer.trailers, ['x-sum: 1']);
          }
        }),
      );

      test(name('trailers of a body that is held are inspected as its headers are'), () =>
        withClient(OPENAI, async (client) => {
          const before = weir.standIn.requests.length;
          const blocked = await client.ask({ ...chat('hello'), trailers: { 'x-note': AWS_KEY, 'x-sum': '1' } });
          assert.equal(blocked.status, 400);
          assert.equal(weir.standIn.requests.length, before);
          const event = await weir.event(blocked.header('x-weir-event'));
          assert.deepEqual(
            event.findings.map(({ path }) => path),
            ['/header/x-note'],
          );
          const passed = await client.ask({ ...chat('hello'), trailers: { 'x-note': MAIL, 'x-sum': '1' } });
          assert.equal(passed.status, 200);
          assert.deepEqual(lines(lastReceived().trailers), ['x-note: <EMAIL_ADDRESS_1>', 'x-sum: 1']);
        }),
      );

      test(name('interim answers pass: 100 of the proxy, 103 of the upstream'), () =>
        withClient(UNNAMED, async (client) => {
          weir.standIn.use(async ({ response, received }) => {
            await received;
            response.writeEarlyHints({ link: '</style.css>; rel=preload' });
            response.writeHead(200, { 'content-type': 'text/plain' }).end('final');
          });
          const answer = await client.ask({
            method: 'POST',
            headers: { expect: '100-continue', 'content-type': 'text/plain' },
            body: 'x',
          });
          assert.deepEqual([answer.status, answer.text], [200, 'final']);
          assert.deepEqual(answer.interim, [100, 103]);
        }),
      );

      test(name('an answer that the upstream breaks off does not look complete, and is recorded'), async () => {
        weir.standIn.use(async ({ response, received }) => {
          await received;
          response.writeHead(200, { 'content-type': 'text/plain' });
          response.write('the beginning', () => breakOff(response));
        });
        const records = await weir.recordsOf(() =>
          withClient(UNNAMED, async (client) => {
            await assert.rejects(client.ask({ path: '/broken' }));
          }),
        );
        assert.deepEqual(
          records.map(({ outcome, route }) => [outcome, route]),
          [['upstream_failed', 'GET /broken']],
        );
      });
    }
  });
}

describe('a client of HTTP/2', () => {
  let weir: UnderTest;
  let client: Http2Client;
  before(async () => {
    weir = await startUnderTest({ alpn: ['h2', 'http/1.1'] });
  });
  beforeEach(async () => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.end('ok');
    });
    client = await http2Through(weir.port, UNNAMED, weir.ca);
  });
  afterEach(() => client.close());
  after(() => weir.close());

  /** An answer of the proxy's own, its event, and that nothing reached the upstream. */
  const refused = async (headers: OutgoingHttpHeaders): Promise<readonly [number, string | null]> => {
    const before = weir.standIn.requests.length;
    const answer = await client.ask({ ':method': 'GET', ':path': '/', ...headers });
    assert.equal(weir.standIn.requests.length, before);
    const event = await weir.event(answer.header('x-weir-event'));
    assert.equal(event.status, answer.status);
    return [answer.status, event.outcome];
  };

  test(':authority of another host than the tunnel leads to is misdirected', async () => {
    assert.deepEqual(await refused({ ':authority': OPENAI }), [421, 'refused']);
    assert.deepEqual(await refused({ ':authority': `${UNNAMED}:8443` }), [421, 'refused']);
  });

  test('Host that is not :authority is malformed', async () => {
    assert.deepEqual(await refused({ ':authority': UNNAMED, host: OPENAI }), [400, 'malformed']);
  });

  test('a :scheme that is not spoken here is misdirected', async () => {
    assert.deepEqual(await refused({ ':scheme': 'http' }), [421, 'refused']);
  });

  test('CONNECT within a tunnel is not served', async () => {
    const stream = client.session.request(
      { ':method': 'CONNECT', ':authority': `${UNNAMED}:443` },
      { endStream: true },
    );
    assert.equal((await answerOf(stream)).status, 501);
  });

  test('a head beyond limits.headerBytes is answered 431, and the connection goes on', async () => {
    const { headerBytes } = loadConfig({ file: weir.configFile, env: {}, cwd: weir.folder }).proxy.limits;
    assert.deepEqual(await refused({ 'x-large': 'x'.repeat(headerBytes) }), [431, 'refused']);
    assert.equal((await client.ask({ ':path': '/' })).status, 200);
  });

  test('streams at once are an event each, and share one connection to the upstream', async () => {
    const all = await Promise.all(Array.from({ length: 40 }, (_, n) => client.ask({ ':path': `/n${n}` })));
    const ids = new Set(all.map((answer) => answer.header('x-weir-event')));
    assert.equal(ids.size, 40);
    const events = await Promise.all([...ids].map((id) => weir.event(id)));
    assert.deepEqual(new Set(events.map(({ outcome }) => outcome)), new Set(['completed']));
    assert.equal(weir.standIn.connections, 1);
  });

  test('a stream that the client resets is client_aborted, and the upstream is told', async () => {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    weir.standIn.use(({ request, response }) => {
      streamOf(request)?.on('close', () => resolve());
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('the beginning');
    });
    const records = await weir.recordsOf(async () => {
      const stream = client.open({ ':path': '/slow' });
      await once(stream, 'data');
      stream.close(constants.NGHTTP2_CANCEL);
      await gone;
    });
    assert.deepEqual(
      records.map(({ outcome, route, status }) => [outcome, route, status]),
      [['client_aborted', 'GET /slow', 200]],
    );
  });

  test('a client that goes away in the middle of its body is client_aborted, and the upstream does not take it for whole', async () => {
    const { promise: failed, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    weir.standIn.use(({ received }) => {
      received.then(() => assert.fail('it looked complete'), resolve);
      arrive();
    });
    const records = await weir.recordsOf(async () => {
      const other = await http2Through(weir.port, UNNAMED, weir.ca);
      const stream = other.open({ ':method': 'POST', ':path': '/upload', 'content-type': 'text/plain' });
      stream.write('the beginning');
      await arrived;
      other.close();
      await failed;
    });
    assert.deepEqual(
      records.map(({ outcome, route }) => [outcome, route]),
      [['client_aborted', 'POST /upload']],
    );
  });

  test('a slow client does not make the proxy keep its answer', async () => {
    let sent = 0;
    const total = 24 * 1024 * 1024;
    const { promise: blocked, resolve } = Promise.withResolvers<void>();
    weir.standIn.use(({ request, response }) => {
      if (request.url !== '/large') {
        response.end('small');
        return;
      }
      const piece = Buffer.alloc(64 * 1024, 'x');
      const more = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (response.write(piece)) continue;
          if (sent > 256 * 1024) resolve();
          response.once('drain', more);
          return;
        }
        response.end();
      };
      more();
    });
    const stream = client.open({ ':path': '/large' });
    await once(stream, 'response');
    await blocked;
    // What else passes meanwhile is the clock.
    for (let i = 0; i < 30; i++) assert.equal((await client.ask({ ':path': '/small' })).text, 'small');
    assert.ok(sent < 8 * 1024 * 1024, `${sent} bytes were taken`);
    const { body } = await answerOf(stream);
    assert.equal(body.length, total);
  });

  test('a request and its answer flow at once', async () => {
    weir.standIn.use(({ request, response }) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      request.pipe(response);
    });
    const stream = client.open({ ':method': 'POST', ':path': '/echo', 'content-type': 'application/octet-stream' });
    for (const piece of ['one', 'two', 'three']) {
      stream.write(piece);
      const [echo] = (await once(stream, 'data')) as [Buffer];
      assert.equal(echo.toString(), piece);
    }
    stream.end();
    await once(stream, 'close');
    assert.equal(stream.rstCode, 0);
  });

  test('an answer before the body is whole reaches the client, which is asked to stop', async () => {
    weir.standIn.use(({ response }) => {
      response.writeHead(413, { 'content-type': 'text/plain' }).end('too large');
    });
    const stream = client.open({ ':method': 'POST', ':path': '/upload', 'content-type': 'application/octet-stream' });
    const answered = answerOf(stream);
    stream.write(Buffer.alloc(300_000));
    const { status, text, reset } = await answered;
    assert.deepEqual([status, text, reset], [413, 'too large', constants.NGHTTP2_NO_ERROR]);
  });

  test('an upstream that ends a session says so to those alone whose answers it broke off', async () => {
    weir.standIn.use(async ({ request, response, received }) => {
      await received;
      if (request.url === '/last') (request as unknown as Http2ServerRequest).stream.session?.goaway();
      response.end('ok');
    });
    for (const path of ['/first', '/last', '/next']) assert.equal((await client.ask({ ':path': path })).text, 'ok');
  });

  test('a client of HTTP/1.1 beside it is served in HTTP/1.1 by an upstream that speaks both', async () => {
    weir.standIn.use(async ({ request, response, received }) => {
      await received;
      response.end(request.httpVersion);
    });
    assert.equal((await client.ask({ ':path': '/' })).text, '2.0');
    const old = await connectHttp1(weir, UNNAMED);
    assert.equal((await old.ask({})).text, '1.1');
    old.close();
  });

  test('an upstream that asks for HTTP/1.1 gets it, for what it refused and from then on', async () => {
    let refusals = 0;
    weir.standIn.use(async ({ request, response, received }) => {
      const stream = streamOf(request);
      if (stream !== null) {
        refusals++;
        received.catch(() => {});
        return stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED);
      }
      await received;
      response.end(request.httpVersion);
    });
    const other = await http2Through(weir.port, ANTHROPIC, weir.ca);
    const ask = () => other.ask({ ':method': 'POST', ':path': '/v1/x', 'content-type': 'application/json' }, {});
    for (let i = 0; i < 2; i++) assert.equal((await ask()).text, '1.1');
    assert.equal(refusals, 1);
    other.close();
  });

  test('curl speaks HTTP/2 through the proxy', { skip: CURL_SKIP }, async () => {
    weir.standIn.use(async ({ response, received }) => {
      const { body } = await received;
      response.writeHead(200, { 'content-type': 'text/plain' }).end(`got ${body.length}`);
    });
    const ca = join(weir.folder, 'ca-for-curl.pem');
    writeFileSync(ca, weir.ca);
    const args = ['-sS', '--http2', '--cacert', ca, '-x', `http://127.0.0.1:${weir.port}`, '-w', ' by %{http_version}'];
    const { stdout } = await promisify(execFile)('curl', [...args, '-d', 'x'.repeat(100_000), `https://${UNNAMED}/`]);
    assert.equal(stdout, 'got 100000 by 2');
    args[args.indexOf('-x') + 1] = `socks5h://127.0.0.1:${weir.port}`;
    const bySocks = await promisify(execFile)('curl', [...args, `https://${UNNAMED}/`]);
    assert.equal(bySocks.stdout, 'got 0 by 2');
  });
});

describe('HTTP/2 without TLS', () => {
  let weir: UnderTest;
  let upstream: Http2Server;
  let place = '';
  before(async () => {
    upstream = createServer();
    upstream.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.end(`${headers[':authority']} ${headers[':path']}`);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    place = `127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    weir = await startUnderTest({ config: { proxy: { resolve: { 'plain.weir-test.example:80': place } } } });
  });
  after(async () => {
    await weir.close();
    upstream.close();
  });

  test('by prior knowledge in a tunnel it goes on to the upstream as HTTP/2', async () => {
    const client = await http2PlainThrough(weir.port, 'plain.weir-test.example', 80);
    const answer = await client.ask({ ':path': '/a' });
    assert.deepEqual([answer.status, answer.text], [200, 'plain.weir-test.example /a']);
    assert.equal((await client.ask({ ':path': '/', ':authority': OPENAI })).status, 421);
    client.close();
  });

  test('the proxy itself and the gateway answer it', async () => {
    const client = await http2Plain(weir.port);
    const own = await client.ask({ ':path': '/.well-known/weir' });
    assert.deepEqual([own.status, JSON.parse(own.text).name], [200, 'weir']);
    const body = { model: 'gpt-5', messages: [{ role: 'user', content: SENTENCE }] };
    const head = { ':method': 'POST', ':path': '/openai/v1/chat/completions', 'content-type': 'application/json' };
    const answer = await client.ask(head, body);
    assert.equal(answer.status, 200);
    assert.ok(answer.text.includes(SENTENCE));
    assert.ok(!weir.standIn.requests.at(-1)?.body.includes(MAIL));
    const foreign = await client.ask({ ':path': '/', ':authority': OPENAI });
    assert.equal(foreign.status, 421);
    client.close();
  });
});

test('a proxy that closes lets streams end, and leaves no connection behind', async () => {
  const open = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  const before = open();
  const weir = await startUnderTest({ alpn: ['h2'] });
  const { promise: begun, resolve } = Promise.withResolvers<() => void>();
  weir.standIn.use(({ response }) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('the beginning');
    resolve(() => response.end(', the end'));
  });
  const client = await http2Through(weir.port, UNNAMED, weir.ca);
  const goaway = once(client.session, 'goaway');
  const answered = client.ask({ ':path': '/' });
  const end = await begun;
  const closed = weir.weir.close();
  await goaway;
  end();
  assert.equal((await answered).text, 'the beginning, the end');
  await closed;
  client.close();
  await weir.remove();
  assert.equal(open(), before);
});

/** The text of one event of a stream. */
function deltaOf(line: string): string {
  const event = JSON.parse(line.slice('data: '.length)) as { choices?: { delta?: { content?: string } }[] };
  return event.choices?.[0]?.delta?.content ?? '';
}

/** Ends an answer in its middle: the connection of HTTP/1.1, the stream of HTTP/2. */
function breakOff(response: StandInExchange['response']): void {
  const stream = streamOf(response);
  if (stream === null) response.destroy();
  else stream.close(2);
}

function streamOf(of: object): ServerHttp2Stream | null {
  return 'stream' in of ? ((of as Http2ServerRequest).stream as ServerHttp2Stream) : null;
}
