import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest } from '../support/wire.ts';

const PLAIN = 'plain.weir-test.example';

interface Got {
  readonly target: string;
  readonly host: string;
  readonly headers: readonly string[];
  readonly body: string;
}

const got: Got[] = [];
/** An upstream that speaks plain HTTP and says what it was asked. */
const upstream = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  got.push({ target: request.url ?? '', host: request.headers.host ?? '', headers: request.rawHeaders, body });
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '2' }).end('ok');
});

let weir: UnderTest;
before(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  const place = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  weir = await startUnderTest({ config: { proxy: { resolve: { [`${PLAIN}:80`]: place, [`${OPENAI}:80`]: place } } } });
});
after(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await weir.close();
});

const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: `card ${CARD}` }] };

test('a request in absolute form is passed on in origin form to the host that it names', async () => {
  const wire = await connectPlain(weir.port);
  wire.write(
    `GET http://${PLAIN}/a/b?c=d HTTP/1.1\r\nHost: ${PLAIN.toUpperCase()}.:80\r\nProxy-Connection: keep-alive\r\n\r\n`,
  );
  assert.equal((await wire.answer()).text, 'ok');
  assert.deepEqual({ target: got.at(-1)?.target, host: got.at(-1)?.host }, { target: '/a/b?c=d', host: PLAIN });
  assert.ok(!got.at(-1)?.headers.some((name) => /^proxy-/i.test(name)));
  wire.write(`GET http://${PLAIN}/again HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
  assert.equal((await wire.answer()).text, 'ok');
  wire.destroy();
});

test('a card in a plain call to a provider is blocked, in absolute form and inside CONNECT', async () => {
  const before = got.length;
  const wire = await connectPlain(weir.port);
  wire.write(jsonRequest('POST', `http://${OPENAI}/v1/chat/completions`, OPENAI, CHAT));
  assert.equal((await wire.answer('POST')).status, 400);
  wire.destroy();
  const tunnel = await connectPlain(weir.port);
  tunnel.write(`CONNECT ${OPENAI}:80 HTTP/1.1\r\nHost: ${OPENAI}:80\r\n\r\n`);
  assert.equal((await tunnel.answer('CONNECT')).status, 200);
  tunnel.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
  assert.equal((await tunnel.answer('POST')).status, 400);
  tunnel.destroy();
  assert.equal(got.length, before);
});

test('inside a tunnel a Host that is not the one of CONNECT is 421: no front for another host', async () => {
  const before = weir.standIn.requests.length;
  const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
  const answer = await wire.answer('POST');
  wire.destroy();
  assert.equal(answer.status, 421);
  assert.equal(weir.standIn.requests.length, before);
});
