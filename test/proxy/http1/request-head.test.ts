/** Heads of ordinary requests: read as they stand, and nothing taken that another reader could take for something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequestHead } from '../../../proxy/http1/request-head.ts';
import { refusalOfHead } from '../../../proxy/request-gate.ts';
import { seeded } from '../../support/every-split.ts';

const MAX = 1000;
const read = (text: string) => readRequestHead(Buffer.from(text, 'latin1'), MAX);

test('an ordinary head is read as it stands', () => {
  const text =
    'POST /v1/x?a=%20 HTTP/1.1\r\nHost: h.example\r\nX-A:  caf\xe9 \t\r\nx-a:\r\nContent-Length: 12\r\n\r\nbehind';
  assert.deepEqual(read(text), {
    method: 'POST',
    target: '/v1/x?a=%20',
    headers: ['Host', 'h.example', 'X-A', 'caf\xe9', 'x-a', '', 'Content-Length', '12'],
    length: 12,
    isLast: false,
    bytes: text.length - 'behind'.length,
  });
});

test('who asks for nothing more says so in Connection', () => {
  const isLast = (value: string) => read(`GET / HTTP/1.1\r\nHost: h\r\nConnection: ${value}\r\n\r\n`)?.isLast;
  assert.deepEqual(['close', 'x, Close', 'close ,x', 'keep-alive', 'closed', 'x-close'].map(isLast), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('CONNECT names an authority and has no body', () => {
  const head = read('CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\n');
  assert.equal(head?.target, 'h.example:443');
  assert.equal(read('CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nContent-Length: 0\r\n\r\n'), null);
});

test('everything else is left to others', () => {
  const host = 'Host: h\r\n';
  const others: Record<string, string> = {
    'no end': `GET / HTTP/1.1\r\n${host}`,
    'larger than the limit': `GET /${'a'.repeat(MAX)} HTTP/1.1\r\n${host}\r\n`,
    'an empty line before it': `\r\nGET / HTTP/1.1\r\n${host}\r\n`,
    'another method': `PROPFIND / HTTP/1.1\r\n${host}\r\n`,
    'a method in small letters': `get / HTTP/1.1\r\n${host}\r\n`,
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/1.0': `GET / HTTP/1.0\r\n${host}\r\n`,
    'no version': `GET /\r\n${host}\r\n`,
    'two spaces': `GET  / HTTP/1.1\r\n${host}\r\n`,
    'a space in the target': `GET /a b HTTP/1.1\r\n${host}\r\n`,
    'a fragment': `GET /a#b HTTP/1.1\r\n${host}\r\n`,
    'a target that is not ASCII': `GET /\xe9 HTTP/1.1\r\n${host}\r\n`,
    'no Host': 'GET / HTTP/1.1\r\nX: y\r\n\r\n',
    'two Hosts': `GET / HTTP/1.1\r\n${host}${host}\r\n`,
    'a bare line feed': `GET / HTTP/1.1\r\nX: y\n${host}\r\n`,
    'a bare carriage return': `GET / HTTP/1.1\r\nX: y\rz\r\n${host}\r\n`,
    'a space before the colon': `GET / HTTP/1.1\r\n${host}X : y\r\n\r\n`,
    'a folded line': `GET / HTTP/1.1\r\n${host}X: y\r\n z\r\n\r\n`,
    'a line without a name': `GET / HTTP/1.1\r\n${host}: y\r\n\r\n`,
    'a line without a colon': `GET / HTTP/1.1\r\n${host}X\r\n\r\n`,
    'a NUL': `GET / HTTP/1.1\r\n${host}X: \0\r\n\r\n`,
    'two lengths': `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`,
    'a length with a sign': `POST / HTTP/1.1\r\n${host}Content-Length: +1\r\n\r\n`,
    'a list of lengths': `POST / HTTP/1.1\r\n${host}Content-Length: 1, 1\r\n\r\n`,
    chunks: `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`,
    'an upgrade': `GET / HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    'an expectation': `POST / HTTP/1.1\r\n${host}Expect: 100-continue\r\nContent-Length: 1\r\n\r\n`,
  };
  for (const [what, text] of Object.entries(others)) assert.equal(read(text), null, what);
});

test('what ends within a head, wherever, is no head', () => {
  const text = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n';
  for (let end = 0; end < text.length; end += 1) assert.equal(read(text.slice(0, end)), null, `${end} bytes`);
});

test('however a head is spoiled: what is taken passes the gate as well, with the same framing', () => {
  const random = seeded(11);
  const original = 'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: x\r\nX-Long-Name-Of-17: y\r\n\r\n';
  const pieces = [
    '\r',
    '\n',
    '\r\n',
    ' ',
    '\t',
    ':',
    '\0',
    '#',
    '0',
    '\xff',
    'Host: h\r\n',
    'Content-Length: 3\r\n',
    'chunked',
  ];
  let taken = 0;
  for (let i = 0; i < 20_000; i += 1) {
    let text = original;
    for (let changes = 1 + (i % 3); changes > 0; changes -= 1) {
      const at = Math.floor(random() * text.length);
      const piece = pieces[Math.floor(random() * pieces.length)] ?? '';
      text = text.slice(0, at) + piece + text.slice(at + Math.floor(random() * 3));
    }
    const head = read(text);
    if (head === null) continue;
    taken += 1;
    const { method, target, headers } = head;
    assert.equal(refusalOfHead({ method, version: '1.1', target }, headers), null, JSON.stringify(text));
    const names = headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    assert.equal(head.length !== null, names.includes('content-length'));
    assert.ok(!names.some((name) => ['transfer-encoding', 'upgrade', 'expect'].includes(name)));
  }
  assert.ok(taken > 500, `${taken} taken`);
});
