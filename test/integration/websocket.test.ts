import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import type { WebSocket } from 'ws';
import { acceptOf } from '../../proxy/websocket/handshake.ts';
import { type Client, startWebSocketPlace, type WebSocketPlace } from '../support/websocket-place.ts';

/** A host that no rule names, and one of a provider. */
const PLAIN = 'wss://files.weir-test.example/socket';
const REALTIME = 'wss://api.openai.com/v1/realtime?model=gpt-realtime';

let place: WebSocketPlace;
before(async () => {
  place = await startWebSocketPlace();
});
after(() => place.close());

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

async function closeEvent(url: string) {
  const { host, pathname } = new URL(url);
  return place.weir.eventWhere(
    `the end of ${host}`,
    (event) => event.status === 101 && event.route === `GET ${pathname}`,
  );
}

for (const url of [PLAIN, REALTIME]) {
  test(`messages of every size pass in both directions at once, text and binary (${url})`, async () => {
    place.serve((socket) => {
      echo(socket);
      for (let i = 0; i < 20; i++) socket.send(`from the server ${i}`);
    });
    const client = await place.open(url);
    const sent: string[] = [];
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
      sent.push('x'.repeat(size));
      client.socket.send('x'.repeat(size));
    }
    for (let i = 0; i < 20; i++) assert.equal(await client.next(), `from the server ${i}`);
    for (const text of sent) assert.equal((await client.next()).length, text.length);
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7) % 256));
    const [[data, isBinary]] = await Promise.all([once(client.socket, 'message'), client.socket.send(bytes)]);
    assert.ok(isBinary === true && Buffer.isBuffer(data) && data.equals(bytes));
    client.socket.close(1000, 'done');
    assert.deepEqual(await client.closed, { code: 1000, reason: 'done' });
  });

  test(`fragments are one message, with a ping between them (${url})`, async () => {
    const heard: string[] = [];
    place.serve((socket) => {
      socket.on('ping', (data) => heard.push(`ping ${data}`));
      socket.on('message', (data, isBinary) => {
        heard.push(`${isBinary ? 'binary' : 'text'} ${data}`);
        socket.send('it came');
      });
    });
    const client = await place.open(url);
    const pong = once(client.socket, 'pong');
    client.socket.send('one, ', { fin: false });
    client.socket.ping('are you there');
    client.socket.send('tw\u00f6, ', { fin: false });
    client.socket.send('three', { fin: true });
    assert.equal(await client.next(), 'it came');
    assert.equal(String((await pong)[0]), 'are you there');
    assert.deepEqual(heard, ['ping are you there', 'text one, tw\u00f6, three']);
    client.socket.terminate();
  });

  test(`the server's pings are answered by the client, and its close code and reason come through (${url})`, async () => {
    const answered = Promise.withResolvers<string>();
    place.serve((socket) => {
      socket.on('pong', (data) => {
        answered.resolve(String(data));
        socket.close(4001, 'enough of it');
      });
      socket.ping('server asks');
    });
    const client = await place.open(url);
    assert.equal(await answered.promise, 'server asks');
    assert.deepEqual(await client.closed, { code: 4001, reason: 'enough of it' });
  });

  test(`the subprotocol that the server chooses is the client's (${url})`, async () => {
    place.serve(echo, { handleProtocols: (protocols) => [...protocols][1] ?? false });
    const client = await place.open(url, { protocols: ['first', 'second', 'third'] });
    assert.equal(client.socket.protocol, 'second');
    client.socket.close();
    // A close without a code stays without one.
    assert.equal((await client.closed).code, 1005);
  });
}

const DEFLATE = { threshold: 0, serverNoContextTakeover: false, clientNoContextTakeover: false } as const;

for (const [what, client, server, expected] of [
  ['on both sides', DEFLATE, DEFLATE, [true, true]],
  ['on the client’s side only', DEFLATE, false, [true, false]],
  ['on no side where the client does not offer it', false, DEFLATE, [false, false]],
  [
    'without context takeover',
    { threshold: 0, clientNoContextTakeover: true, serverNoContextTakeover: true },
    { threshold: 0, serverNoContextTakeover: true },
    [true, true],
  ],
  ['on the upstream’s side only', { threshold: 0, serverMaxWindowBits: 8 }, DEFLATE, [false, true]],
] as const) {
  for (const url of [PLAIN, REALTIME]) {
    test(`permessage-deflate ${what} (${url})`, async () => {
      const negotiated = Promise.withResolvers<string>();
      place.serve(
        (socket) => {
          negotiated.resolve(socket.extensions);
          echo(socket);
        },
        { perMessageDeflate: server },
      );
      const { socket, next } = await place.open(url, { perMessageDeflate: client });
      assert.deepEqual([socket.extensions !== '', (await negotiated.promise) !== ''], expected);
      for (let i = 0; i < 30; i++) {
        const text = JSON.stringify({ i, words: `the same words again and again ${i % 3} `.repeat(1 + 40 * (i % 4)) });
        socket.send(text);
        assert.ok((await next()) === text);
      }
      // In fragments, and larger than what is decompressed at once.
      const large = Array.from({ length: 30_000 }, (_, i) =>
        ((i * 7919) % 9973).toString(2).replaceAll('0', 'no ').replaceAll('1', 'yes '),
      ).join(' ');
      socket.send(large.slice(0, 1000), { fin: false });
      socket.send(large.slice(1000, 90_000), { fin: false });
      socket.send(large.slice(90_000), { fin: true });
      assert.ok((await next()) === large);
      socket.send(large);
      assert.ok((await next()) === large);
      socket.close(1000);
    });
  }
}

test('the upstream is asked in our own name: key, version and extensions are ours, the rest is the client’s', async () => {
  place.serve(echo);
  const client = await place.open(PLAIN, {
    headers: { 'x-own': 'kept', 'sec-websocket-extensions': 'x-custom' },
    origin: 'https://app.example',
  });
  const { headers } = place.requests.at(-1) ?? assert.fail('no request');
  assert.equal(headers['x-own'], 'kept');
  assert.equal(headers.origin, 'https://app.example');
  assert.equal(headers['sec-websocket-version'], '13');
  assert.equal(headers['sec-websocket-extensions'], undefined);
  client.socket.terminate();
});

test('a stream’s end is one event and one edge for each direction', async () => {
  place.serve(echo);
  const records = await place.weir.recordsOf(async () => {
    const client = await place.open('wss://llm.weir-test.example/socket');
    client.socket.send('hello');
    await client.next();
    client.socket.close(1000);
    await client.closed;
  });
  assert.equal(records.length, 1);
  const [end] = records;
  assert.equal(end?.outcome, 'completed');
  assert.equal(end?.status, 101);
  assert.equal(end?.route, 'GET /socket');
  assert.deepEqual(end?.coverage, { level: 'full', reason: null });
  assert.ok((end?.bytes.out ?? 0) >= 5 && (end?.bytes.in ?? 0) >= 5);
  const edges = (await place.weir.edges()).filter(({ destination }) => destination.host === 'llm.weir-test.example');
  assert.deepEqual(edges.map(({ protocol, direction, calls }) => `${protocol} ${direction} ${calls}`).sort(), [
    'websocket in 1',
    'websocket out 1',
  ]);
});

test('a client that vanishes is a goodbye of 1001 to the upstream', async () => {
  const closed = Promise.withResolvers<number>();
  place.serve((socket) => {
    socket.on('close', (code) => closed.resolve(code));
    socket.send('hello');
  });
  const client = await place.open(`${PLAIN}/vanish`);
  await client.next();
  client.socket.terminate();
  assert.equal(await closed.promise, 1001);
  const event = await closeEvent(`${PLAIN}/vanish`);
  assert.equal(event.outcome, 'client_aborted');
});

test('an upstream that vanishes is a goodbye of 1011 to the client', async () => {
  place.serve((socket) => {
    socket.send('hello');
    socket.on('message', () => socket.terminate());
  });
  const client = await place.open(`${PLAIN}/gone`);
  await client.next();
  client.socket.send('now');
  assert.equal((await client.closed).code, 1011);
  const event = await closeEvent(`${PLAIN}/gone`);
  assert.equal(event.outcome, 'upstream_failed');
});

test('a client that breaks the protocol is told so, and the upstream hears goodbye', async () => {
  const closed = Promise.withResolvers<number>();
  place.serve((socket) => socket.on('close', (code) => closed.resolve(code)));
  const client = await place.open(`${PLAIN}/broken`);
  raw(client).write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));
  assert.equal((await client.closed).code, 1002);
  assert.equal(await closed.promise, 1001);
  assert.equal((await closeEvent(`${PLAIN}/broken`)).outcome, 'malformed');
});

for (const url of [PLAIN, REALTIME]) {
  test(`text that is not UTF-8 is 1007, in fragments as well (${url})`, async () => {
    place.serve(() => {});
    for (const frames of [
      [[0x81, 0x81, 0, 0, 0, 0, 0xff]],
      [
        [0x01, 0x81, 0, 0, 0, 0, 0xc3],
        [0x80, 0x81, 0, 0, 0, 0, 0x28],
      ],
    ]) {
      const client = await place.open(url);
      for (const frame of frames) raw(client).write(Buffer.from(frame));
      assert.equal((await client.closed).code, 1007);
    }
  });
}

test('an upstream that breaks the protocol ends the client with 1011', async () => {
  place.serveRaw((request, socket) => {
    switchTo(request, socket);
    socket.write(Buffer.from([0x81, 0x80, 0, 0, 0, 0]));
  });
  const client = await place.open(PLAIN);
  assert.equal((await client.closed).code, 1011);
});

test('a slow reader costs no more than buffers, and what was sent comes whole', async () => {
  const size = 256 * 1024;
  const count = 200;
  let sent = 0;
  const flood = async (socket: WebSocket): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await new Promise<void>((done) => socket.send(Buffer.alloc(size, i), () => done()));
      sent++;
    }
    socket.close(1000);
  };
  place.serve((socket, { url }) => {
    if (url === '/flood') void flood(socket);
    else echo(socket);
  });
  const other = await place.open(PLAIN);
  const client = await place.open('wss://files.weir-test.example/flood');
  client.socket.pause();
  // Once nothing has moved over several round trips of another stream, nothing will.
  for (let still = 0, before = -1; still < 20; still = sent === before ? still + 1 : 0, before = sent) {
    other.socket.send('still there?');
    await other.next();
  }
  assert.ok(sent < count / 2, `${sent} of ${count} messages were taken`);
  let received = 0;
  client.socket.on('message', (data: Buffer) => {
    received += data.length;
  });
  client.socket.resume();
  assert.equal((await client.closed).code, 1000);
  assert.equal(received, size * count);
  other.socket.close();
});

function raw(client: Client): { write(bytes: Buffer): void } {
  const socket: unknown = Reflect.get(client.socket, '_socket');
  assert.ok(typeof socket === 'object' && socket !== null && 'write' in socket && typeof socket.write === 'function');
  const write = socket.write.bind(socket);
  return { write: (bytes) => void write(bytes) };
}

export function switchTo(
  request: { headers: Record<string, string | string[] | undefined> },
  socket: { write(text: string): void },
  extra = '',
): void {
  const key = String(request.headers['sec-websocket-key']);
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n${extra}\r\n`,
  );
}
