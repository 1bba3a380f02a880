/** Clients that turn the certificate down: what is recorded of them, and what they are told to set. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import type { WeirEvent } from '../../flow/event.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, type Wire, wireOf } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

/** Each test has a host of its own: what one source did to one host is remembered for a minute. */
let hosts = 0;
const newHost = (): string => `pinned-${++hosts}.weir-test.example`;

async function tunnel(host: string, headers = ''): Promise<Wire> {
  const wire = await connectPlain(weir.port);
  wire.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n${headers}\r\n`);
  assert.equal((await wire.answer('CONNECT')).status, 200);
  wire.socket.removeAllListeners('data');
  return wire;
}

/** As Node does it when it does not trust the certificate: the connection is closed, without an alert. */
async function leave(host: string, version: 'TLSv1.2' | 'TLSv1.3', headers = ''): Promise<void> {
  const { socket } = await tunnel(host, headers);
  const secure = tls.connect({ socket, servername: host, maxVersion: version, minVersion: version });
  const [error] = (await once(secure, 'error')) as [Error];
  assert.match(String('code' in error ? error.code : ''), /SELF_SIGNED|UNABLE_TO/);
  if (!socket.closed) await once(socket, 'close');
}

/** A client that trusts it, and sends a request. */
async function stay(host: string): Promise<void> {
  const { socket } = await tunnel(host);
  const secure = tls.connect({ socket, servername: host, ca: weir.ca });
  await once(secure, 'secureConnect');
  const wire = wireOf(secure);
  wire.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await wire.answer();
  await wire.ended();
  if (!socket.closed) await once(socket, 'close');
}

/** The event of a host that was turned down twice, once it is there: the proxy hears of it after the client. */
function rejection(host: string): Promise<WeirEvent> {
  return weir.eventWhere(`a rejection of ${host}`, (event) => event.destination.host === host && isRejection(event));
}

function isRejection({ reason }: WeirEvent): boolean {
  return reason?.startsWith('client_rejected_ca') === true;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a client that leaves without a request, twice, leaves an event that says what to set: ${version}`, async () => {
    const host = newHost();
    for (let i = 0; i < 2; i++) await leave(host, version);
    const event = await rejection(host);
    assert.equal(event.outcome, 'client_aborted');
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'tls' });
    for (const what of [
      'NODE_EXTRA_CA_CERTS',
      'REQUESTS_CA_BUNDLE',
      'SSL_CERT_FILE',
      'trust store',
      `bypass: ["${host}"]`,
    ])
      assert.ok(event.reason?.includes(what), what);
  });
}

test('the remedy is that of the runtime which CONNECT names', async () => {
  for (const [agent, remedy, other] of [
    ['python-requests/2.32', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
    ['node', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE'],
    ['Java/21.0.2', 'keytool', 'REQUESTS_CA_BUNDLE'],
    ['curl/8.5.0', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'],
  ] as const) {
    const host = newHost();
    for (let i = 0; i < 2; i++) await leave(host, 'TLSv1.3', `User-Agent: ${agent}\r\n`);
    const event = await rejection(host);
    assert.ok(event.reason?.includes(remedy), agent);
    assert.ok(event.reason?.includes(other) === false, agent);
  }
});

test('one host turned down and another, or a call that works in between, is nothing of the kind', async () => {
  const [one, other] = [newHost(), newHost()];
  await leave(one, 'TLSv1.3');
  await leave(other, 'TLSv1.3');
  await stay(one);
  await leave(one, 'TLSv1.3');
  // What comes after it is there when all before it is.
  const last = newHost();
  for (let i = 0; i < 2; i++) await leave(last, 'TLSv1.3');
  await rejection(last);
  const rejected = (await weir.events(1)).filter(isRejection).map(({ destination }) => destination.host);
  assert.ok(!rejected.includes(one) && !rejected.includes(other));
});

test('curl says so by an alert, and the second time leaves the event', async (context) => {
  const run = (host: string): Promise<string> =>
    new Promise((resolve) => {
      const args = ['-sS', '-x', `http://127.0.0.1:${weir.port}`, `https://${host}/`];
      execFile('curl', args, { env: { PATH: process.env['PATH'] ?? '' } }, (error, _out, text) =>
        resolve(`${error?.code} ${text}`),
      );
    });
  const host = newHost();
  const first = await run(host);
  if (first.startsWith('ENOENT')) return context.skip('curl is not installed');
  assert.match(first, /^60 /);
  await run(host);
  assert.ok((await rejection(host)).reason?.includes('CURL_CA_BUNDLE'));
});
