import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { before, describe, it } from 'node:test';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';
import { MAX_HELLO_BYTES, peekClientHello } from '../../wire/client-hello.ts';

/** The first bytes that a real client of Node sends. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const client = tlsConnect({ ...options, socket, rejectUnauthorized: false });
  client.on('error', () => {}); // it is cut off below
  const [accepted] = await once(server, 'connection');
  const [bytes] = await once(accepted, 'data');
  accepted.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([u16(type), u16(data.length), data]);
}

function serverName(...names: (string | Buffer)[]): Buffer {
  const entries = names.map((name) => {
    const bytes = Buffer.from(name as string, 'latin1');
    return Buffer.concat([Buffer.from([0]), u16(bytes.length), bytes]);
  });
  const list = Buffer.concat(entries);
  return extension(0, Buffer.concat([u16(list.length), list]));
}

function handshake(extensions: Buffer | null): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    Buffer.from([0, 2, 0x13, 0x01]),
    Buffer.from([1, 0]),
    ...(extensions === null ? [] : [u16(extensions.length), extensions]),
  ]);
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
}

function records(message: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    parts.push(Buffer.from([22, 3, 1]), u16(part.length), part);
  }
  return Buffer.concat(parts);
}

function craft(...extensions: Buffer[]): Buffer {
  return records(handshake(Buffer.concat(extensions)), 16_384);
}

describe('peekClientHello', () => {
  let real: Buffer;
  before(async () => {
    real = await helloOf({ servername: 'API.OpenAI.com', ALPNProtocols: ['h2', 'http/1.1'] });
  });

  it('reads name and protocols of a real client, the name in lower case', () => {
    assert.deepEqual(peekClientHello(real), { kind: 'hello', serverName: 'api.openai.com', alpn: ['h2', 'http/1.1'] });
  });

  it('reads a real hello without name and protocols', async () => {
    assert.deepEqual(peekClientHello(await helloOf({})), { kind: 'hello', serverName: null, alpn: [] });
  });

  it('needs more until the last byte, wherever the bytes are cut', () => {
    for (let end = 0; end < real.length; end++) {
      assert.equal(peekClientHello(real.subarray(0, end)).kind, 'need-more', `cut at ${end}`);
    }
    const followed = Buffer.concat([real, randomBytes(40)]);
    assert.deepEqual(peekClientHello(followed), peekClientHello(real));
  });

  it('puts a hello together that lies in several records, one byte each included', () => {
    const message = real.subarray(5);
    for (const size of [1, 2, 3, 5, 100, message.length - 1]) {
      const wire = records(message, size);
      assert.deepEqual(peekClientHello(wire), peekClientHello(real), `records of ${size}`);
      for (let end = 0; end < wire.length; end += 7) {
        assert.equal(peekClientHello(wire.subarray(0, end)).kind, 'need-more', `records of ${size} cut at ${end}`);
      }
    }
  });

  it('takes a hello without extensions, as old clients send it', () => {
    const wire = records(handshake(null), 16_384);
    assert.deepEqual(peekClientHello(wire), { kind: 'hello', serverName: null, alpn: [] });
  });

  it('knows after one byte what is not TLS', () => {
    for (const text of [
      'GET / HTTP/1.1\r\n',
      'SSH-2.0-x',
      '\x00',
      '\x16\x02',
      '\x16\x03\x09',
      '\x15\x03\x03\x00\x02',
    ]) {
      assert.equal(peekClientHello(Buffer.from(text, 'latin1')).kind, 'not-tls', JSON.stringify(text));
    }
    assert.equal(peekClientHello(Buffer.from([22, 3, 1, 0, 50, 2])).kind, 'not-tls', 'a server hello');
    assert.equal(peekClientHello(Buffer.from([22, 3, 1, 0, 0])).kind, 'not-tls', 'an empty record');
  });

  it('takes names in their forms and counts what is no host name as none', () => {
    const cases: readonly [string, string | null][] = [
      ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
      ['Host.Example.', 'host.example'],
      ['my_service.internal', 'my_service.internal'],
      ['localhost', 'localhost'],
      ['1.2.3.4', null],
      ['127.1', null],
      ['0x7f.0x1', null],
      ['::1', null],
      ['a\0.example', null],
      ['a b.example', null],
      ['a/../b', null],
      ['*.example', null],
      ['b\xfccher.example', null],
      ['a..example', null],
      ['.', null],
      [`${'a'.repeat(64)}.example`, null],
      [`${'a.'.repeat(127)}example`, null],
    ];
    for (const [given, expected] of cases) {
      const peeked = peekClientHello(craft(serverName(given)));
      assert.deepEqual(peeked, { kind: 'hello', serverName: expected, alpn: [] }, JSON.stringify(given));
    }
  });

  it('refuses a hello that two readers could read differently', () => {
    const malformed: readonly [string, Buffer][] = [
      ['two name extensions', craft(serverName('a.example'), serverName('b.example'))],
      ['two names in one', craft(serverName('a.example', 'b.example'))],
      ['an empty name', craft(serverName(''))],
      ['an empty name list', craft(extension(0, Buffer.from([0, 0])))],
      ['a name list that is too long', craft(extension(0, Buffer.from([0, 9, 0, 0, 1, 97])))],
      ['bytes after the name list', craft(extension(0, Buffer.from([0, 4, 0, 0, 1, 97, 0])))],
      ['an empty protocol', craft(extension(16, Buffer.from([0, 1, 0])))],
      ['half an extension', craft(Buffer.from([0, 0, 0]))],
      ['bytes after the extensions', records(Buffer.concat([handshakeOfLength(3), Buffer.from([0, 0, 9])]), 16_384)],
    ];
    for (const [what, wire] of malformed) assert.equal(peekClientHello(wire).kind, 'not-tls', what);
  });

  it('refuses a hello larger than 16 KiB before it is there', () => {
    assert.equal(peekClientHello(Buffer.from([22, 3, 1, 0x40, 0, 1, 0, 0x40, 0])).kind, 'not-tls');
    const padding = extension(21, Buffer.alloc(15_000));
    assert.equal(peekClientHello(craft(padding)).kind, 'hello');
    const drip = records(Buffer.concat([Buffer.from([1, 0, 0x3f, 0xf0]), Buffer.alloc(MAX_HELLO_BYTES)]), 1);
    assert.equal(peekClientHello(drip.subarray(0, MAX_HELLO_BYTES - 1)).kind, 'need-more');
    assert.equal(peekClientHello(drip.subarray(0, MAX_HELLO_BYTES)).kind, 'not-tls');
  });

  it('never throws on random bytes, nor on a real hello with a byte changed or cut short', () => {
    const kinds = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      const noise = randomBytes(i % 200);
      kinds.add(peekClientHello(noise).kind);
      kinds.add(peekClientHello(Buffer.concat([Buffer.from([22, 3, 1, 0, noise.length]), noise])).kind);
      const changed = Buffer.from(real);
      changed[i % changed.length] = i % 256;
      kinds.add(peekClientHello(changed).kind);
      const damaged = records(handshake(noise), 16_384);
      kinds.add(peekClientHello(damaged).kind);
    }
    assert.deepEqual([...kinds].sort(), ['hello', 'need-more', 'not-tls']);
  });
});

/** A hello whose length counts `extra` bytes more than its body has. */
function handshakeOfLength(extra: number): Buffer {
  const message = handshake(serverName('a.example'));
  message.writeUInt16BE(message.length - 4 + extra, 2);
  return message;
}
