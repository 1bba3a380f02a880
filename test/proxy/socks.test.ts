import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isSocks, readCredential, readGreeting, readRequest } from '../../proxy/socks.ts';

const name = (host: string, port: number): Buffer =>
  Buffer.concat([Buffer.from([5, 1, 0, 3, host.length]), Buffer.from(host), Buffer.from([port >> 8, port & 0xff])]);

/** What a reader says of every beginning of a message, the whole left out. */
function beginnings<T>(read: (bytes: Buffer) => T, whole: Buffer): T[] {
  return Array.from({ length: whole.length }, (_, length) => read(whole.subarray(0, length)));
}

describe('messages of SOCKS5', () => {
  it('are told from HTTP and TLS by their first byte', () => {
    assert.equal(isSocks(Buffer.from([5, 1, 0])), true);
    for (const other of ['GET / HTTP/1.1\r\n', 'CONNECT a:1 HTTP/1.1\r\n', '\x16\x03\x01', '\x04\x01', '\r\n'])
      assert.equal(isSocks(Buffer.from(other, 'latin1')), false, other);
    assert.equal(isSocks(Buffer.alloc(0)), false);
  });

  it('greet with the ways that the client knows', () => {
    const whole = Buffer.from([5, 3, 0, 1, 2, 99]);
    assert.deepEqual(readGreeting(whole), { methods: [0, 1, 2], length: 5 });
    assert.ok(beginnings(readGreeting, whole.subarray(0, 5)).every((read) => read === null));
    assert.equal(readGreeting(Buffer.from([4, 1, 0])), false);
    assert.equal(readGreeting(Buffer.from([5, 0])), false);
  });

  it('say who asks, empty names and passwords included', () => {
    const whole = Buffer.from('\x01\x04desk\x06s:cret?', 'latin1');
    assert.deepEqual(readCredential(whole), { credential: 'desk:s:cret', length: 13 });
    assert.ok(beginnings(readCredential, whole.subarray(0, 13)).every((read) => read === null));
    assert.deepEqual(readCredential(Buffer.from([1, 0, 0])), { credential: ':', length: 3 });
    assert.equal(readCredential(Buffer.from([5, 0, 0])), false);
  });

  it('ask by name, IPv4 and IPv6 address', () => {
    const asked = name('api.openai.com', 443);
    assert.deepEqual(readRequest(Buffer.concat([asked, Buffer.from('more')])), {
      command: 1,
      authority: 'api.openai.com:443',
      length: asked.length,
    });
    assert.ok(beginnings(readRequest, asked).every((read) => read === null));
    const four = Buffer.from([5, 1, 0, 1, 192, 0, 2, 7, 0x1f, 0x90]);
    assert.deepEqual(readRequest(four), { command: 1, authority: '192.0.2.7:8080', length: 10 });
    assert.ok(beginnings(readRequest, four).every((read) => read === null));
    const six = Buffer.concat([
      Buffer.from([5, 1, 0, 4]),
      Buffer.from('20010db8000000000000000000000001', 'hex'),
      Buffer.from([0, 80]),
    ]);
    assert.deepEqual(readRequest(six), { command: 1, authority: '[2001:db8:0:0:0:0:0:1]:80', length: 22 });
  });

  it('name no address where its type is unknown, and are none of another version', () => {
    const unknown = readRequest(Buffer.from([5, 1, 0, 9, 1, 2, 3]));
    assert.ok(unknown !== null && unknown !== false);
    assert.equal(unknown.authority, '');
    assert.equal(readRequest(Buffer.from([4, 1, 0, 1])), false);
  });
});
