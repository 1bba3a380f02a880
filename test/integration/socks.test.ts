import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, type Wire } from '../support/wire.ts';

const TOKEN = 'socks-token-of-desk';
const APPS = [{ name: 'desk', token: `sha256:${createHash('sha256').update(TOKEN).digest('hex')}` }];
const BANK = 'www.bank.example';
const PLAIN = 'plain.weir-test.example';

const GREETING = Buffer.from([5, 1, 0]);
const GREETING_WITH_PASSWORD = Buffer.from([5, 2, 0, 2]);

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({
    hosts: [`${BANK}:443`],
    config: { proxy: { bypass: ['*.bank.example'] }, apps: APPS },
  });
});
after(async () => {
  await weir.close();
});

function credential(app: string, token: string): Buffer {
  return Buffer.from(`\x01${String.fromCharCode(app.length)}${app}${String.fromCharCode(token.length)}${token}`);
}

function asking(host: string, port: number, command = 1): Buffer {
  return Buffer.concat([
    Buffer.from([5, command, 0, 3, host.length]),
    Buffer.from(host),
    Buffer.from([port >> 8, port & 0xff]),
  ]);
}

/** Reads so many bytes, and leaves the rest to whoever comes next. */
async function bytesOf(wire: Wire, count: number): Promise<number[]> {
  const { socket } = wire;
  socket.removeAllListeners('data');
  let got = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    got = Buffer.concat([got, chunk]);
    if (got.length >= count) break;
  }
  assert.equal(got.length, count, got.toString('hex'));
  return [...got];
}

const SUCCEEDED = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

async function opened(host: string, port: number): Promise<Wire> {
  const wire = await connectPlain(weir.port);
  wire.write(GREETING);
  assert.deepEqual(await bytesOf(wire, 2), [5, 0]);
  wire.write(asking(host, port));
  assert.deepEqual(await bytesOf(wire, 10), SUCCEEDED);
  return wire;
}

/** One chat call with TLS inside of a tunnel; the head and body of its answer. */
async function chat(wire: Wire, content: string): Promise<string> {
  const secure = tls.connect({ socket: wire.socket, servername: OPENAI, ca: weir.ca, ALPNProtocols: ['http/1.1'] });
  await once(secure, 'secureConnect');
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
  secure.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  let answer = '';
  for await (const chunk of secure) answer += String(chunk);
  return answer;
}

test('a call through SOCKS5 is inspected like one through CONNECT', async () => {
  assert.match(await chat(await opened(OPENAI, 443), 'Name three rivers.'), /^HTTP\/1.1 200 /);
  const reached = weir.standIn.requests.length;
  const refused = await chat(await opened(OPENAI, 443), `card ${CARD}`);
  assert.match(refused, /^HTTP\/1.1 400 .*weir_blocked/s);
  assert.equal(weir.standIn.requests.length, reached);
});

test('a handshake that comes byte by byte, or all at once, is read all the same', async () => {
  const slow = await connectPlain(weir.port);
  slow.socket.setNoDelay(true);
  for (const byte of GREETING) slow.write(Buffer.from([byte]));
  assert.deepEqual(await bytesOf(slow, 2), [5, 0]);
  for (const byte of asking(OPENAI, 443)) slow.write(Buffer.from([byte]));
  assert.deepEqual(await bytesOf(slow, 10), SUCCEEDED);
  assert.match(await chat(slow, 'hello'), /^HTTP\/1.1 200 /);

  const hasty = await connectPlain(weir.port);
  hasty.write(Buffer.concat([GREETING, asking(OPENAI, 443)]));
  assert.deepEqual(await bytesOf(hasty, 12), [5, 0, ...SUCCEEDED]);
  assert.match(await chat(hasty, 'hello'), /^HTTP\/1.1 200 /);
});

test('user name and password are app and token, and a wrong one is refused with an event', async () => {
  const wire = await connectPlain(weir.port);
  wire.write(GREETING_WITH_PASSWORD);
  assert.deepEqual(await bytesOf(wire, 2), [5, 2]);
  wire.write(credential('desk', TOKEN));
  assert.deepEqual(await bytesOf(wire, 2), [1, 0]);
  wire.write(asking(OPENAI, 443));
  assert.deepEqual(await bytesOf(wire, 10), SUCCEEDED);
  const id = /x-weir-event: (\S+)/i.exec(await chat(wire, 'hello'))?.[1] ?? null;
  const { source } = await weir.event(id);
  assert.deepEqual([source.app, source.verified], ['desk', true]);

  const wrong = await connectPlain(weir.port);
  wrong.write(GREETING_WITH_PASSWORD);
  assert.deepEqual(await bytesOf(wrong, 2), [5, 2]);
  wrong.write(credential('desk', 'of-somebody-else'));
  assert.deepEqual(await bytesOf(wrong, 2), [1, 1]);
  const event = await weir.eventWhere('a wrong token', ({ status, reason }) => {
    return status === 407 && reason?.includes('socks5h://APP:TOKEN') === true;
  });
  assert.deepEqual([event.outcome, event.source.app], ['refused', null]);
});

test('off loopback nobody goes on without a token', async () => {
  const off = await startUnderTest({ config: { proxy: { listen: '0.0.0.0:0' }, apps: APPS } });
  try {
    const wire = await connectPlain(off.port);
    wire.write(GREETING);
    assert.deepEqual(await bytesOf(wire, 2), [5, 0]);
    wire.write(asking(OPENAI, 443));
    assert.deepEqual((await bytesOf(wire, 10)).slice(0, 2), [5, 2]);
    await off.eventWhere('a client without a token', ({ status, outcome }) => status === 407 && outcome === 'refused');
  } finally {
    await off.close();
  }
});

for (const [what, bytes, reply, status] of [
  ['BIND', asking(OPENAI, 443, 2), 7, 405],
  ['UDP ASSOCIATE', asking(OPENAI, 443, 3), 7, 405],
  ['a type of address that there is not', Buffer.from([5, 1, 0, 7, 0, 0, 0]), 8, 400],
  ['a name that is none', asking('a b', 443), 1, 400],
  ['the proxy itself', Buffer.alloc(0), 2, 403],
] as const) {
  test(`${what} is answered with a reply of its own and an event`, async () => {
    const wire = await connectPlain(weir.port);
    wire.write(GREETING);
    assert.deepEqual(await bytesOf(wire, 2), [5, 0]);
    const events = await weir.recordsOf(async () => {
      wire.write(bytes.length > 0 ? bytes : asking('localhost', weir.port));
      assert.deepEqual((await bytesOf(wire, 10)).slice(0, 2), [5, reply]);
    });
    assert.deepEqual(
      events.map((event) => event.status),
      [status],
    );
  });
}

test('a host under bypass is tunnelled, and one that cannot be reached is said to be', async () => {
  const wire = await opened(BANK, 443);
  const secure = tls.connect({ socket: wire.socket, servername: BANK, rejectUnauthorized: false });
  await once(secure, 'secureConnect');
  secure.destroy();
  const event = await weir.eventWhere('a tunnel', ({ destination }) => destination.host === BANK);
  assert.deepEqual(event.coverage, { level: 'opaque', reason: 'tunnelled' });

  const lost = await connectPlain(weir.port);
  lost.write(GREETING);
  assert.deepEqual(await bytesOf(lost, 2), [5, 0]);
  lost.write(asking('nowhere.bank.example', 443));
  assert.deepEqual((await bytesOf(lost, 10)).slice(0, 2), [5, 4]);
});

test('HTTP in clear within the tunnel is read as such', async () => {
  const wire = await opened(PLAIN, 80);
  wire.socket.write(`GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n`);
  let answer = '';
  for await (const chunk of wire.socket) answer += String(chunk);
  // The name in Host is another than the tunnel's.
  assert.match(answer, /^HTTP\/1.1 421 /);
});

test('what is no handshake ends the connection with one event', async () => {
  for (const bytes of [Buffer.from([5, 0]), Buffer.concat([GREETING, Buffer.from('GET / HTTP/1.1\r\n')])]) {
    const events = await weir.recordsOf(async () => {
      const wire = await connectPlain(weir.port);
      const closed = once(wire.socket, 'close');
      wire.write(bytes);
      await closed;
    });
    assert.deepEqual(
      events.map(({ outcome, status }) => [outcome, status]),
      [['malformed', 400]],
    );
  }
});

test('a handshake that is left unfinished ends with its connection, without an event', async () => {
  const events = await weir.recordsOf(async () => {
    const wire = await connectPlain(weir.port);
    wire.write(GREETING);
    await bytesOf(wire, 2);
    wire.destroy();
  });
  assert.deepEqual(events, []);
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;

test('curl goes through with a name of its own choosing', {
  skip: hasCurl ? false : 'curl is not installed',
}, async () => {
  const caFile = join(weir.folder, 'weir-ca.pem');
  writeFileSync(caFile, weir.ca);
  const call = async (content: string): Promise<string> => {
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--max-time', '20', '--cacert', caFile],
      ...['--proxy', `socks5h://desk:${TOKEN}@127.0.0.1:${weir.port}`, '--write-out', ' %{http_code}'],
      ...['--json', JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] })],
      `https://${OPENAI}/v1/chat/completions`,
    ]);
    return stdout;
  };
  assert.match(await call('Name three rivers.'), / 200$/);
  assert.match(await call(`card ${CARD}`), /weir_blocked.* 400$/s);
});
