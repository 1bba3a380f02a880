import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { connect as tlsConnect } from 'node:tls';
import { roundOf, watchBypass } from '../../sensor/bypass.ts';
import { type ObservingOptions, observing } from '../support/observing.ts';
import { connectFrame, execFrame, packetFrame, tlsDataFrame, tlsNameFrame } from '../support/sensor-frames.ts';

const PROXY = { address: '127.0.0.1', port: 8787 };

/** The first bytes that a real client of Node sends. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const client = tlsConnect({ servername, socket, rejectUnauthorized: false });
  client.on('error', () => {}); // it is cut off below
  const [accepted] = await once(server, 'connection');
  const [bytes] = await once(accepted, 'data');
  accepted.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

function watching(options: ObservingOptions = {}) {
  const on = observing({
    watchers: [watchBypass],
    isOwnListener: (address, port) => address === PROXY.address && port === PROXY.port,
    ...options,
  });
  on.frames(execFrame());
  return on;
}

const REQUEST = (() => {
  const body = JSON.stringify({
    model: 'gpt-5',
    messages: [{ role: 'user', content: 'my card is 4111 1111 1111 1111' }],
  });
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
})();
const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');

describe('a call to GenAI', () => {
  test('that goes round the proxy is one event, seen on the wire', async () => {
    const on = watching();
    on.frames(connectFrame({ cookie: 1 }), packetFrame({ cookie: 1, bytes: await helloFor('api.openai.com') }));
    assert.deepEqual(
      on.closings.map(({ event }) => [
        event.kind,
        event.action,
        event.severity,
        event.enforced,
        event.source.process,
        event.destination.host,
      ]),
      [['bypass', 'alert', 'high', false, 'curl', 'api.openai.com']],
    );
    on.frames(connectFrame({ cookie: 2 }), packetFrame({ cookie: 2, bytes: await helloFor('api.openai.com') }));
    assert.equal(on.closings.length, 1, 'the same source and host, within a minute');
  });

  test('through CONNECT is none, and what is read inside its TLS is the call that the proxy saw', async () => {
    const on = watching();
    on.frames(
      connectFrame({ cookie: 1, ...PROXY }),
      packetFrame({
        cookie: 1,
        ...PROXY,
        bytes: Buffer.from('CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n'),
      }),
      packetFrame({ cookie: 1, ...PROXY, bytes: await helloFor('api.openai.com'), sequence: 5000 }),
      // A library that does not know its socket.
      tlsNameFrame({}, 'api.openai.com'),
      tlsDataFrame({ bytes: REQUEST }),
      tlsDataFrame({ way: 'in', bytes: ANSWER }),
    );
    on.tick();
    assert.deepEqual(on.closings, []);
    assert.deepEqual(on.edges, []);
  });

  test('through SOCKS5 is none either', () => {
    const on = watching();
    const name = Buffer.from('api.openai.com');
    const request = Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, Buffer.from([1, 187])]);
    on.frames(
      connectFrame({ cookie: 1, ...PROXY }),
      packetFrame({ cookie: 1, ...PROXY, bytes: Buffer.from([5, 1, 0]) }),
      packetFrame({ cookie: 1, ...PROXY, bytes: request, sequence: 2000 }),
      tlsNameFrame({}, 'api.openai.com'),
      tlsDataFrame({ bytes: REQUEST }),
      tlsDataFrame({ way: 'in', bytes: ANSWER }),
    );
    on.tick();
    assert.deepEqual(on.closings, []);
  });

  test('of Weir itself, or one that is steered, is none', async () => {
    const on = watching();
    const hello = await helloFor('api.openai.com');
    on.frames(connectFrame({ cookie: 1, flags: 4 }), packetFrame({ cookie: 1, bytes: hello }));
    on.frames(connectFrame({ cookie: 2, flags: 8 }), packetFrame({ cookie: 2, bytes: hello }));
    on.tick();
    assert.deepEqual(on.closings, []);
  });

  test('to what is no GenAI is none', async () => {
    const on = watching();
    on.frames(connectFrame({ cookie: 1 }), packetFrame({ cookie: 1, bytes: await helloFor('shop.example') }));
    on.tick();
    assert.deepEqual(on.closings, []);
  });

  test('says in its event whether it went round, and that it is unknown where its ClientHello was not seen', async () => {
    const on = watching();
    on.frames(
      connectFrame({ cookie: 1 }),
      packetFrame({ cookie: 1, bytes: await helloFor('api.openai.com') }),
      tlsNameFrame({ address: 1 }, 'api.openai.com'),
      tlsDataFrame({ address: 1, cookie: 1, bytes: REQUEST }),
      tlsDataFrame({ address: 1, cookie: 1, way: 'in', bytes: ANSWER }),
      tlsNameFrame({ address: 2, tgid: 99 }, 'api.openai.com'),
      tlsDataFrame({ address: 2, tgid: 99, bytes: REQUEST }),
      tlsDataFrame({ address: 2, tgid: 99, way: 'in', bytes: ANSWER }),
    );
    on.tick();
    assert.deepEqual(
      on.closings.map(({ event }) => [event.kind, event.reason]),
      [
        ['bypass', 'went round the proxy'],
        ['exchange', 'went round the proxy'],
        ['exchange', 'unknown whether it went round the proxy'],
      ],
    );
  });
});

test('a name on the handle is no evidence: only the ClientHello is', () => {
  const connection = { isOwn: false, isSteered: false, isAccepted: false, isTls: true, sni: null };
  const isGenai = (host: string): boolean => host === 'api.openai.com';
  assert.equal(roundOf(connection, false, isGenai), 'unknown');
  assert.equal(roundOf({ ...connection, sni: 'api.openai.com' }, false, isGenai), 'bypass');
  assert.equal(roundOf({ ...connection, sni: 'api.openai.com' }, true, isGenai), 'proxied');
  assert.equal(roundOf({ ...connection, sni: 'api.openai.com', isAccepted: true }, false, isGenai), 'unknown');
  assert.equal(roundOf({ ...connection, sni: 'shop.example' }, false, isGenai), 'other');
});
