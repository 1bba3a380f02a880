/** TLS on the proxy's own listener, with certificates of clients and without. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { CARD } from '../support/planted.ts';
import { pemOf, type TestAuthority, testAuthority } from '../support/test-certificates.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, jsonRequest, type Wire, type WireAnswer, wireOf } from '../support/wire.ts';

const SPIFFE = 'spiffe://corp.example/ns/prod/sa/billing';
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };

const folder = mkdtempSync(join(tmpdir(), 'weir-secure-'));
let authority: TestAuthority;
let weir: UnderTest;
before(async () => {
  authority = testAuthority(folder);
  const server = authority.sign('server');
  weir = await startUnderTest({
    reloads: true,
    config: {
      proxy: {
        tls: { cert: server.cert, key: server.key, clients: [authority.cert] },
        proxyProtocol: { from: ['127.0.0.1'] },
      },
      apps: [{ name: 'billing', match: { subject: 'spiffe://corp.example/ns/prod/sa/bill*' } }, { name: 'chat' }],
    },
  });
});
after(async () => {
  await weir.close();
  rmSync(folder, { recursive: true });
});

const FROM_AFAR = 'PROXY TCP4 198.51.100.7 198.51.100.1 40000 8787\r\n';

/** A connection to the listener over TLS, as a client on another host. */
async function secure(options: tls.ConnectionOptions = {}): Promise<{ wire: Wire; socket: tls.TLSSocket }> {
  const plain = await connectPlain(weir.port);
  plain.socket.removeAllListeners('data');
  plain.socket.write(FROM_AFAR);
  const ca = readFileSync(authority.cert, 'utf8');
  const socket = tls.connect({ socket: plain.socket, servername: 'localhost', ca, ...options });
  await once(socket, 'secureConnect');
  return { wire: wireOf(socket), socket };
}

/** CONNECT over that, and the exchange through the tunnel. */
async function chat(body: unknown, options: tls.ConnectionOptions, headers = ''): Promise<WireAnswer> {
  const { wire, socket } = await secure(options);
  wire.write(`CONNECT ${OPENAI}:443 HTTP/1.1\r\nHost: ${OPENAI}:443\r\n${headers}\r\n`);
  const opened = await wire.answer('CONNECT');
  if (opened.status !== 200) return opened;
  socket.removeAllListeners('data');
  const inner = tls.connect({ socket, servername: OPENAI, ca: weir.ca, ALPNProtocols: ['http/1.1'] });
  await once(inner, 'secureConnect');
  const through = wireOf(inner);
  through.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, body));
  const answer = await through.answer('POST');
  through.destroy();
  return answer;
}

const basic = (text: string): string => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;

test('a certificate names its app, and stands in the event without its edge; TLS within TLS is inspected', async () => {
  const answer = await chat(CHAT, pemOf(authority.sign('billing-1', { uri: SPIFFE })));
  assert.equal(answer.status, 200);
  const { source } = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual(
    [source.app, source.verified, source.subject, source.host],
    ['billing', true, SPIFFE, '198.51.100.7'],
  );
  const blocked = await chat(
    { ...CHAT, messages: [{ role: 'user', content: `card ${CARD}` }] },
    pemOf(authority.sign('billing-2', { uri: SPIFFE })),
  );
  assert.equal(blocked.status, 400);
  await weir.event(blocked.header('x-weir-event'));
  const edge = (await weir.edges()).find((one) => one.source.app === 'billing' && one.direction === 'out');
  assert.equal(edge?.calls, 2);
  assert.ok(!('subject' in edge.source));
});

test('without a URI the subject says who it is, and what the client claims besides stays a claim', async () => {
  const files = pemOf(authority.sign('ana'));
  const answer = await chat(CHAT, files, basic('chat:'));
  const { source } = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual([source.app, source.verified, source.subject], ['chat', false, 'CN=ana']);
  const other = await chat(CHAT, pemOf(authority.sign('billing-3', { uri: SPIFFE })), basic('chat:'));
  const claimed = await weir.event(other.header('x-weir-event'));
  assert.deepEqual([claimed.source.app, claimed.source.verified, claimed.source.subject], ['chat', false, SPIFFE]);
  const wrong = await chat(CHAT, pemOf(authority.sign('billing-4', { uri: SPIFFE })), basic('billing:guess'));
  assert.equal(wrong.status, 407);
});

test('no certificate is no name; one of another authority, of a server or of yesterday is refused with the reason', async () => {
  const none = await chat(CHAT, {});
  assert.equal(none.status, 200);
  assert.equal((await weir.event(none.header('x-weir-event'))).source.subject ?? null, null);
  const stranger = testAuthority(folder, 'stranger');
  for (const [files, reason] of [
    [stranger.sign('mallory', { uri: SPIFFE }), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    [authority.sign('old', { uri: SPIFFE, isExpired: true }), /CERT_HAS_EXPIRED/],
    [authority.sign('web', { uri: SPIFFE, usage: 'serverAuth' }), /INVALID_PURPOSE|not made for clients/],
  ] as const) {
    const refused = await chat(CHAT, pemOf(files));
    assert.equal(refused.status, 403);
    assert.match(refused.text, reason);
    const event = await weir.event(refused.header('x-weir-event'));
    assert.deepEqual([event.outcome, event.source.app, event.source.host], ['refused', null, '198.51.100.7']);
  }
});

test('in clear it answers its own host alone, SOCKS included', async () => {
  const near = await connectPlain(weir.port);
  near.write(`PROXY TCP4 127.0.0.1 127.0.0.1 40000 8787\r\n`);
  near.write(jsonRequest('POST', '/openai/v1/chat/completions', `127.0.0.1:${weir.port}`, CHAT));
  assert.equal((await near.answer('POST')).status, 200);
  near.destroy();
  for (const first of ['GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', '\x05\x01\x00']) {
    const afar = await connectPlain(weir.port);
    afar.write(FROM_AFAR + first);
    const answer = await afar.answer();
    assert.equal(answer.status, 426);
    assert.match(answer.text, /spoken to over TLS/);
    afar.destroy();
  }
});

test('a client that gives up the handshake leaves an event and no connection', async () => {
  const plain = await connectPlain(weir.port);
  plain.socket.removeAllListeners('data');
  plain.socket.write(FROM_AFAR);
  const client = tls.connect({ socket: plain.socket, servername: 'localhost' });
  await once(client, 'error');
  plain.destroy();
  const event = await weir.eventWhere('the handshake that failed', ({ reason }) =>
    /did not complete TLS with the listener itself/.test(reason ?? ''),
  );
  assert.equal(event.outcome, 'malformed');
});

test('a new certificate is taken up without a restart, and `required` turns away who shows none', async () => {
  const renewed = authority.sign('renewed');
  const config = JSON.parse(readFileSync(weir.configFile, 'utf8'));
  config.proxy.tls = { cert: renewed.cert, key: renewed.key, clients: [authority.cert], required: true };
  writeFileSync(weir.configFile, JSON.stringify(config));
  const until = performance.now() + 30_000;
  for (;;) {
    const { wire, socket } = await secure();
    const name = socket.getPeerX509Certificate()?.subject;
    wire.destroy();
    if (name === 'CN=renewed') break;
    assert.ok(performance.now() < until, `still ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const none = await chat(CHAT, {});
  assert.equal(none.status, 403);
  assert.match(none.text, /with a certificate alone/);
  assert.equal((await chat(CHAT, pemOf(authority.sign('billing-5', { uri: SPIFFE })))).status, 200);
});

const curl = '/usr/bin/curl';
test('curl goes through it as an HTTPS proxy', { skip: existsSync(curl) ? false : 'no curl here' }, async (t) => {
  const { cert, key } = authority.sign('for-curl');
  const own = await startUnderTest({
    config: { proxy: { tls: { cert, key, clients: [authority.cert], required: true } } },
  });
  t.after(() => own.close());
  const at = join(folder, 'weir.pem');
  writeFileSync(at, own.ca);
  const client = authority.sign('billing-6', { uri: SPIFFE });
  const args = ['-sS', '--proxy', `https://localhost:${own.port}`, '--proxy-cacert', authority.cert];
  args.push('--proxy-cert', client.cert, '--proxy-key', client.key, '--cacert', at, '-m', '60');
  args.push(
    '-H',
    'content-type: application/json',
    '-d',
    JSON.stringify(CHAT),
    `https://${OPENAI}/v1/chat/completions`,
  );
  const { stdout } = await promisify(execFile)(curl, args);
  assert.ok('choices' in JSON.parse(stdout), stdout);
  const [event] = await own.events(1);
  assert.equal(event?.source.subject, SPIFFE);
});
