/** Tunnels by what their clients begin with, when they begin, and for which name: nothing gets past inspection by it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { portOf } from '../support/corp-proxy.ts';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, jsonRequest, type Wire, wireOf } from '../support/wire.ts';

const ADDRESS = '93.184.216.34';
const BANK = 'www.bank.example';
const GREETER = 'mail.weir-test.example';
const CHAT = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Name three rivers.' }] };

/** Speaks first, then says back what it is sent. */
const greeter = net.createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('220 mail ready\r\n');
  socket.pipe(socket);
});

let weir: UnderTest;
before(async () => {
  greeter.listen(0, '127.0.0.1');
  await once(greeter, 'listening');
  weir = await startUnderTest({
    hosts: [`${BANK}:443`, `${ADDRESS}:443`, `${ADDRESS}:80`],
    config: {
      proxy: {
        bypass: ['*.bank.example'],
        limits: { clientHelloMs: '900ms' },
        resolve: { [`${GREETER}:25`]: `127.0.0.1:${portOf(greeter)}` },
      },
    },
  });
});
after(async () => {
  greeter.close();
  await weir.close();
});

async function tunnel(authority: string, of = weir): Promise<Wire> {
  const wire = await connectPlain(of.port);
  wire.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  assert.equal((await wire.answer('CONNECT')).status, 200);
  return wire;
}

async function secured(wire: Wire, servername: string, ca = weir.ca): Promise<Wire> {
  wire.socket.removeAllListeners('data');
  const secure = tls.connect({ socket: wire.socket, servername, ca, ALPNProtocols: ['http/1.1'] });
  await once(secure, 'secureConnect');
  return wireOf(secure);
}

/** Longer than a silent client is waited for: here the time itself is what is tested. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a client that waits', () => {
  test('for a server that speaks first gets it, where no rule could hold what it sends', async () => {
    const wire = await tunnel(`${GREETER}:25`);
    await wire.until('220 mail ready');
    wire.write('EHLO x\r\n');
    await wire.until('EHLO x');
    wire.destroy();
    const event = await weir.eventWhere('a tunnel', ({ destination }) => destination.host === GREETER);
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'protocol' });
    assert.deepEqual(event.bytes, { out: 8, in: 24 });
    const edges = (await weir.edges()).filter(({ destination }) => destination.host === GREETER);
    assert.deepEqual([...new Set(edges.map(({ protocol }) => protocol))], ['unknown']);
  });

  test('and begins TLS in the end is inspected', async () => {
    const wire = await tunnel(`${UNNAMED}:443`);
    await pause(500);
    const secure = await secured(wire, UNNAMED);
    secure.write(
      jsonRequest('POST', '/v1/chat/completions', UNNAMED, { ...CHAT, messages: [{ role: 'user', content: CARD }] }),
    );
    const answer = await secure.answer('POST');
    assert.equal(answer.status, 400);
    assert.equal((await weir.event(answer.header('x-weir-event'))).action, 'block');
    secure.destroy();
  });

  test('for a host that rules hold is waited for, and nothing is opened until it begins', async () => {
    const { connections } = weir.standIn;
    const wire = await tunnel(`${OPENAI}:443`);
    await pause(500);
    assert.equal(weir.standIn.connections, connections);
    const secure = await secured(wire, OPENAI);
    secure.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
    assert.equal((await secure.answer('POST')).status, 200);
    secure.destroy();
  });

  test('longer than limits.clientHelloMs for such a host is refused', async () => {
    const events = await weir.recordsOf(async () => {
      const wire = await tunnel(`${OPENAI}:443`);
      assert.equal(await wire.ended(), '');
    });
    assert.deepEqual(
      events.map(({ outcome, destination, reason }) => [outcome, destination.host, reason]),
      [['refused', OPENAI, 'the client sent nothing within limits.clientHelloMs']],
    );
  });

  test('and begins TLS or HTTP after the server has spoken is ended, with an event', async () => {
    for (const beginning of [`GET / HTTP/1.1\r\nHost: ${GREETER}\r\n\r\n`, '\x16\x03\x01\x00\x00']) {
      const events = await weir.recordsOf(async () => {
        const wire = await tunnel(`${GREETER}:25`);
        await wire.until('220 mail ready');
        wire.write(Buffer.from(beginning, 'latin1'));
        assert.equal(await wire.ended(), '220 mail ready\r\n');
      });
      assert.deepEqual(
        events.map(({ outcome }) => outcome),
        ['refused'],
      );
    }
  });
});

describe('a hello', () => {
  test('in pieces of a byte, and cut into records of a byte, is read', async () => {
    const hello = await helloOf(UNNAMED);
    const { connections } = weir.standIn;
    const wire = await tunnel(`${UNNAMED}:443`);
    wire.socket.setNoDelay(true);
    const message = hello.subarray(5);
    for (const byte of message) wire.write(Buffer.from([0x16, 3, 1, 0, 1, byte]));
    // A server's first record: a handshake message.
    const [answer] = await once(wire.socket, 'data');
    assert.equal(answer[0], 0x16);
    assert.equal(weir.standIn.connections, connections);
    wire.destroy();
  });

  test('that stops half-way is refused, even where anything else would pass', async () => {
    const hello = await helloOf(UNNAMED);
    const events = await weir.recordsOf(async () => {
      const wire = await tunnel(`${UNNAMED}:443`);
      wire.write(hello.subarray(0, 60));
      assert.equal(await wire.ended(), '');
    });
    assert.deepEqual(
      events.map(({ outcome, destination }) => [outcome, destination.host]),
      [['refused', UNNAMED]],
    );
  });

  test('that is larger than 16 KiB is refused, even where anything else would pass', async () => {
    const events = await weir.recordsOf(async () => {
      const wire = await tunnel(`${UNNAMED}:443`);
      wire.write(Buffer.concat([Buffer.from([0x16, 3, 1, 0x40, 0, 1, 0, 0x60, 0]), Buffer.alloc(16_380)]));
      await wire.ended();
    });
    assert.deepEqual(
      events.map(({ outcome }) => outcome),
      ['refused'],
    );
  });

  test('for another name than that of the tunnel is 421, in every spelling of both but the same', async () => {
    const same = await secured(await tunnel(`API.OpenAI.com.:443`), 'api.openai.COM');
    same.write(jsonRequest('POST', '/v1/chat/completions', 'Api.openai.com:443', CHAT));
    assert.equal((await same.answer('POST')).status, 200);
    same.destroy();
    const other = await secured(await tunnel(`${UNNAMED}:443`), OPENAI);
    other.write(jsonRequest('POST', '/v1/chat/completions', UNNAMED, CHAT));
    const answer = await other.answer('POST');
    assert.equal(answer.status, 421);
    other.destroy();
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual([event.outcome, event.status, event.destination.host], ['refused', 421, UNNAMED]);
  });

  test('for another name ends a tunnel that is not inspected, with an event', async () => {
    const { connections } = weir.standIn;
    const events = await weir.recordsOf(async () => {
      const wire = await tunnel(`${BANK}:443`);
      wire.write(await helloOf(OPENAI));
      assert.equal(await wire.ended(), '');
    });
    assert.deepEqual(
      events.map(({ outcome, destination }) => [outcome, destination.host]),
      [['refused', BANK]],
    );
    assert.match(events[0]?.reason ?? '', /^421 /);
    assert.equal(weir.standIn.connections, connections);
  });
});

describe('a tunnel to an address', () => {
  test('is known by SNI, whose name the certificate has to be for, and stays at the address', async () => {
    const secure = await secured(await tunnel(`${ADDRESS}:443`), OPENAI);
    secure.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, CHAT));
    const answer = await secure.answer('POST');
    assert.equal(answer.status, 200, answer.text);
    const event = await weir.event(answer.header('x-weir-event'));
    assert.equal(event.destination.host, OPENAI);
    assert.equal(event.destination.category, 'genai');
    secure.write(jsonRequest('POST', '/v1/chat/completions', 'other.example', CHAT));
    assert.equal((await secure.answer('POST')).status, 421);
    secure.destroy();
  });

  test('in plain HTTP has to be where the name of its Host leads: nothing else would prove it', async () => {
    const { connections } = weir.standIn;
    const wire = await tunnel('93.184.216.35:80');
    wire.write(`GET / HTTP/1.1\r\nHost: name.invalid\r\n\r\n`);
    const answer = await wire.answer();
    assert.equal(answer.status, 403, answer.text);
    assert.match(answer.text, /name\.invalid does not lead to 93\.184\.216\.35/);
    wire.destroy();
    assert.equal(weir.standIn.connections, connections);
  });

  test('by the name of a host under bypass has to be where that leads', async () => {
    const { connections } = weir.standIn;
    const events = await weir.recordsOf(async () => {
      const wire = await tunnel('93.184.216.35:443');
      wire.write(await helloOf('made-up.bank.example'));
      assert.equal(await wire.ended(), '');
    });
    assert.deepEqual(
      events.map(({ outcome, destination }) => [outcome, destination.host]),
      [['refused', 'made-up.bank.example']],
    );
    assert.equal(weir.standIn.connections, connections);
  });

  test('is intercepted by its name where only some names are', async () => {
    const some = await startUnderTest({
      hosts: [`${ADDRESS}:443`],
      config: { proxy: { intercept: ['*.openai.com'] } },
    });
    try {
      const secure = await secured(await tunnel(`${ADDRESS}:443`, some), OPENAI, some.ca);
      secure.write(
        jsonRequest('POST', '/v1/chat/completions', OPENAI, { ...CHAT, messages: [{ role: 'user', content: CARD }] }),
      );
      assert.equal((await secure.answer('POST')).status, 400);
      secure.destroy();
      const wire = await tunnel(`${UNNAMED}:443`, some);
      wire.write(await helloOf(OPENAI));
      assert.equal(await wire.ended(), '');
      assert.equal(some.standIn.requests.length, 0);
    } finally {
      await some.close();
    }
  });
});

/** A real client's hello for a name. */
async function helloOf(servername: string): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = tls.connect({ port: portOf(server), host: '127.0.0.1', servername });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}
