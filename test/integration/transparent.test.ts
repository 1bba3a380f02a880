/** Connections that the kernel redirects, and PROXY headers of load balancers on either listener. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { freePort, portOf } from '../support/corp-proxy.ts';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type Wire, wireOf } from '../support/wire.ts';

const PLAIN = 'plain.weir-test.example';
const BANK = 'www.bank.example';
const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };
const TOKEN = 'token-of-desk';
const APPS = [{ name: 'desk', token: `sha256:${createHash('sha256').update(TOKEN).digest('hex')}` }];

const got: string[] = [];
const origin = http.createServer((request, response) => {
  got.push(`${request.headers.host} ${request.url}`);
  request.resume();
  response.writeHead(200, { 'content-length': '2' }).end('ok');
});
before(async () => {
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
});
after(() => {
  origin.close();
  origin.closeAllConnections();
});

/** TLS straight to the listener, as a redirected client speaks it. */
async function secure(port: number, ca: string, servername: string, before = ''): Promise<Wire> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  if (before !== '') socket.write(before, 'latin1');
  const secured = tls.connect({ socket, servername, ca, ALPNProtocols: ['http/1.1'] });
  await once(secured, 'secureConnect');
  return wireOf(secured);
}

describe('redirected connections', () => {
  let weir: UnderTest;
  let port: number;
  before(async () => {
    port = await freePort();
    weir = await startUnderTest({
      hosts: [`${BANK}:443`, `${UNNAMED}:8443`],
      config: {
        proxy: {
          transparent: `127.0.0.1:${port}`,
          bypass: ['*.bank.example'],
          resolve: {
            [`${PLAIN}:80`]: `127.0.0.1:${portOf(origin)}`,
            [`${PLAIN}:8080`]: `127.0.0.1:${portOf(origin)}`,
          },
        },
        apps: APPS,
      },
    });
  });
  after(() => weir.close());

  test('TLS leads where SNI says, is inspected, and its edge says how the name is known', async () => {
    const wire = await secure(port, weir.ca, OPENAI);
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
    const answer = await wire.answer('POST');
    assert.equal(answer.status, 200, answer.text);
    wire.write(
      jsonRequest('POST', '/v1/chat/completions', OPENAI, { ...CHAT, messages: [{ role: 'user', content: CARD }] }),
    );
    assert.equal((await wire.answer('POST')).status, 400);
    wire.destroy();
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual([event.destination.host, event.destination.port], [OPENAI, 443]);
    assert.deepEqual([event.source.app, event.source.verified], [null, false]);
    const edges = (await weir.edges()).filter((edge) => edge.destination.host === OPENAI);
    assert.ok(edges.length > 0 && edges.every((edge) => edge.via === 'sni'));
  });

  test('a Host that is not the SNI is 421 with an event; its port is the port', async () => {
    const wire = await secure(port, weir.ca, OPENAI);
    wire.write(`GET /v1/models HTTP/1.1\r\nHost: other.example\r\n\r\n`);
    const answer = await wire.answer();
    assert.equal(answer.status, 421);
    wire.destroy();
    assert.equal((await weir.event(answer.header('x-weir-event'))).outcome, 'refused');
    const other = await secure(port, weir.ca, UNNAMED);
    other.write(`GET /v1/models HTTP/1.1\r\nHost: ${UNNAMED}:8443\r\n\r\n`);
    const event = await weir.event((await other.answer()).header('x-weir-event'));
    assert.equal(event.destination.port, 8443);
    other.destroy();
  });

  test('plain HTTP leads where Host says', async () => {
    const wire = await connectPlain(port);
    wire.write(`GET /a HTTP/1.1\r\nHost: ${PLAIN.toUpperCase()}\r\n\r\n`);
    assert.equal((await wire.answer()).text, 'ok');
    wire.write(`GET /b HTTP/1.1\r\nHost: ${PLAIN}:8080\r\n\r\n`);
    const answer = await wire.answer();
    assert.equal(answer.text, 'ok');
    wire.destroy();
    assert.deepEqual(got.slice(-2), [`${PLAIN} /a`, `${PLAIN}:8080 /b`]);
    await weir.event(answer.header('x-weir-event'));
    const edge = (await weir.edges()).find(({ destination }) => destination.port === 8080);
    assert.equal(edge?.via, 'sni');
  });

  test('a name that leads to this host gets nobody there', async () => {
    const wire = await connectPlain(port);
    wire.write(`GET /a HTTP/1.1\r\nHost: 127.0.0.1:${portOf(origin)}\r\n\r\n`);
    const answer = await wire.answer();
    assert.equal(answer.status, 403);
    wire.destroy();
  });

  test('a host under bypass is tunnelled by its name', async () => {
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-length': '2', connection: 'close' }).end('ok');
    });
    const socket = net.connect({ port, host: '127.0.0.1' });
    const secured = tls.connect({ socket, servername: BANK, rejectUnauthorized: false });
    await once(secured, 'secureConnect');
    const wire = wireOf(secured);
    wire.write(`GET /pay HTTP/1.1\r\nHost: ${BANK}\r\n\r\n`);
    const answer = await wire.answer();
    assert.deepEqual([answer.text, answer.header('x-weir-event')], ['ok', null]);
    await wire.ended();
    const event = await weir.eventWhere('a tunnel', ({ destination }) => destination.host === BANK);
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'tunnelled' });
  });

  test('what has no name goes nowhere, with an event', async () => {
    const events = await weir.recordsOf(async () => {
      for (const bytes of ['SSH-2.0-x\r\n', '\x05\x01\x00', '\x16\x03\x01\x00\x00']) {
        const wire = await connectPlain(port);
        wire.write(Buffer.from(bytes, 'latin1'));
        assert.equal(await wire.ended(), '');
      }
      const socket = net.connect({ port, host: '127.0.0.1' });
      // Without `servername`: no SNI.
      const secured = tls.connect({ socket, rejectUnauthorized: false });
      await assert.rejects(once(secured, 'secureConnect'));
    });
    assert.deepEqual(
      events.map(({ outcome, status, destination }) => [outcome, status, destination.host]),
      new Array(4).fill(['refused', 421, null]),
    );
  });

  test('a gateway path or the pages of the proxy are not there', async () => {
    const wire = await connectPlain(port);
    wire.write(`GET /openai/v1/models HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
    assert.equal((await wire.answer()).text, 'ok');
    wire.destroy();
    assert.equal(got.at(-1), `${PLAIN} /openai/v1/models`);
  });

  test('a PROXY header from somebody who is not trusted with one is a malformed request', async () => {
    for (const [at, header] of [
      [port, 'PROXY TCP4 192.0.2.7 10.0.0.1 49153 443\r\n'],
      [weir.port, 'PROXY TCP4 192.0.2.7 10.0.0.1 49153 443\r\n'],
      [weir.port, '\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00'],
    ] as const) {
      const wire = await connectPlain(at);
      wire.write(Buffer.from(`${header}GET http://${PLAIN}/x HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`, 'latin1'));
      assert.match(await wire.ended(), at === port ? /^$/ : /^HTTP\/1\.1 400 /);
    }
    assert.ok(!got.includes(`${PLAIN} /x`));
  });
});

describe('behind a load balancer that sends PROXY headers', () => {
  let weir: UnderTest;
  let port: number;
  const header = (to: number, peer = '192.0.2.7'): string => `PROXY TCP4 ${peer} 203.0.113.9 49153 ${to}\r\n`;
  before(async () => {
    port = await freePort();
    weir = await startUnderTest({
      hosts: [`${OPENAI}:8443`],
      config: {
        proxy: {
          transparent: `127.0.0.1:${port}`,
          proxyProtocol: { from: ['127.0.0.0/8'] },
          resolve: { [`${PLAIN}:8080`]: `127.0.0.1:${portOf(origin)}`, [`${PLAIN}:80`]: `127.0.0.1:${portOf(origin)}` },
        },
      },
    });
  });
  after(() => weir.close());

  test('client and port are those of the header, and Host may name no other port', async () => {
    const wire = await secure(port, weir.ca, OPENAI, header(8443));
    wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
    const answer = await wire.answer('POST');
    assert.equal(answer.status, 200, answer.text);
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual([event.source.host, event.destination.port], ['192.0.2.7', 8443]);
    wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${OPENAI}:443\r\n\r\n`);
    assert.equal((await wire.answer()).status, 421);
    wire.destroy();
    const plain = await connectPlain(port);
    plain.write(`${header(8080)}GET /p HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
    assert.equal((await plain.answer()).text, 'ok');
    assert.equal(got.at(-1), `${PLAIN}:8080 /p`);
    plain.destroy();
  });

  test('on the forward port the header is taken off, in one piece with the request or byte by byte', async () => {
    const slow = await connectPlain(weir.port);
    slow.socket.setNoDelay(true);
    for (const byte of Buffer.from(header(8787, '192.0.2.8'))) slow.write(Buffer.from([byte]));
    slow.write(`GET http://${PLAIN}/s HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
    const answer = await slow.answer();
    assert.equal(answer.text, 'ok');
    slow.destroy();
    assert.equal((await weir.event(answer.header('x-weir-event'))).source.host, '192.0.2.8');

    const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
    const local = await connectPlain(weir.port);
    local.write(Buffer.concat([signature, Buffer.from([0x20, 0, 0, 0])]));
    local.write(`GET http://${PLAIN}/l HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
    assert.equal((await local.answer()).text, 'ok');
    local.destroy();
  });

  test('inside of a tunnel the client is still the one of the header', async () => {
    const plain = await connectPlain(weir.port);
    plain.write(`${header(8787, '192.0.2.9')}CONNECT ${OPENAI}:443 HTTP/1.1\r\nHost: ${OPENAI}:443\r\n\r\n`);
    assert.equal((await plain.answer('CONNECT')).status, 200);
    plain.socket.removeAllListeners('data');
    const secured = tls.connect({ socket: plain.socket, servername: OPENAI, ca: weir.ca });
    await once(secured, 'secureConnect');
    const wire = wireOf(secured);
    wire.write('BROKEN\r\n\r\n');
    const answer = await wire.answer();
    assert.equal(answer.status, 400);
    assert.equal((await weir.event(answer.header('x-weir-event'))).source.host, '192.0.2.9');
  });

  test('who has to send a header and does not is ended, with an event; who sends nothing leaves none', async () => {
    const silent = await connectPlain(weir.port);
    silent.socket.end();
    await silent.ended();
    const wire = await connectPlain(weir.port);
    wire.write(`GET http://${PLAIN}/n HTTP/1.1\r\nHost: ${PLAIN}\r\n\r\n`);
    assert.equal(await wire.ended(), '');
    await weir.eventWhere(
      'no header',
      ({ outcome, reason }) => outcome === 'malformed' && /PROXY header/.test(reason ?? ''),
    );
    assert.ok(!got.includes(`${PLAIN} /n`));
    assert.equal((await weir.events(1)).filter(({ outcome }) => outcome === 'malformed').length, 2);
  });
});

test('without a header the forward port works as ever beside a transparent one', async () => {
  const weir = await startUnderTest({ config: { proxy: { transparent: `127.0.0.1:${await freePort()}` } } });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
  assert.equal((await wire.answer('POST')).status, 200);
  wire.destroy();
  await weir.close();
});
