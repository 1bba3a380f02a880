import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { CARD } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain } from '../support/wire.ts';

const BANK = 'www.bank.example';

/** Says back what it is sent, in clear. */
const echo = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
});

let weir: UnderTest;
before(async () => {
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const address = echo.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  weir = await startUnderTest({
    hosts: [`${BANK}:443`],
    config: { proxy: { bypass: ['*.bank.example'], resolve: { 'tcp.weir-test.example:5000': `127.0.0.1:${port}` } } },
  });
});
after(async () => {
  echo.close();
  await weir.close();
});

test('a host under bypass is tunnelled untouched, with one event and an edge', async () => {
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-length': '2', connection: 'close' }).end('ok');
  });
  const events = await weir.recordsOf(async () => {
    const plain = await connectPlain(weir.port);
    plain.write(`CONNECT ${BANK}:443 HTTP/1.1\r\nHost: ${BANK}:443\r\n\r\n`);
    assert.equal((await plain.answer('CONNECT')).status, 200);
    plain.socket.removeAllListeners('data');
    const secure = tls.connect({ socket: plain.socket, servername: BANK, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    // What answers is the upstream itself: the certificate is none of the proxy's.
    const certificate = secure.getPeerX509Certificate();
    assert.equal(certificate?.checkIssued(new X509Certificate(weir.ca)), false);
    secure.write(`POST /pay HTTP/1.1\r\nHost: ${BANK}\r\nContent-Length: ${CARD.length}\r\n\r\n${CARD}`);
    const [answer] = await once(secure, 'data');
    assert.match(String(answer), /^HTTP\/1.1 200/);
    assert.doesNotMatch(String(answer), /x-weir/i);
    const closed = once(secure, 'close');
    secure.end();
    await closed;
  });
  assert.equal(weir.standIn.requests.at(-1)?.body.toString(), CARD);
  assert.equal(events.length, 1);
  const [event] = events;
  assert.equal(event?.kind, 'exchange');
  assert.deepEqual(event?.coverage, { level: 'opaque', reason: 'tunnelled' });
  assert.equal(event?.destination.host, BANK);
  const edges = (await weir.edges()).filter((edge) => edge.destination.host === BANK);
  assert.ok(edges.some((edge) => edge.direction === 'out' && edge.protocol === 'tunnel'));
});

test('what is not TLS and not HTTP passes through CONNECT as it is, to a host that no rule names', async () => {
  const wire = await connectPlain(weir.port);
  wire.write('CONNECT tcp.weir-test.example:5000 HTTP/1.1\r\nHost: tcp.weir-test.example:5000\r\n\r\n');
  assert.equal((await wire.answer('CONNECT')).status, 200);
  wire.write('\x00\x01binary');
  await wire.until('\x00\x01binary');
  wire.destroy();
});
