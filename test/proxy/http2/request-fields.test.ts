/** Fields of HTTP/2 as the rest of the proxy reads them, and what two readers could understand differently. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestFields } from '../../../proxy/http2/request-fields.ts';

const LINE = [':method', 'POST', ':scheme', 'https', ':authority', 'api.example', ':path', '/v1/x?y=1'];

function statusOf(raw: readonly string[]): number | null {
  const fields = requestFields(raw);
  return 'status' in fields ? fields.status : null;
}

test('pseudo-headers become method, target and Host, and the others keep names, order and repeats', () => {
  assert.deepEqual(requestFields([...LINE, 'x-b', '1', 'x-a', '2', 'x-b', '3']), {
    method: 'POST',
    scheme: 'https',
    target: '/v1/x?y=1',
    headers: ['host', 'api.example', 'x-b', '1', 'x-a', '2', 'x-b', '3'],
    protocol: null,
  });
});

test('crumbs of a cookie are one header at the place of the first (RFC 9113 §8.2.3)', () => {
  const fields = requestFields([...LINE, 'cookie', 'a=1', 'x-a', '2', 'cookie', 'b=2; c=3']);
  assert.ok('headers' in fields);
  assert.deepEqual(fields.headers.slice(2), ['cookie', 'a=1; b=2; c=3', 'x-a', '2']);
});

test('Host may stand beside :authority, or for it, where it names the same place', () => {
  for (const host of ['api.example', 'API.example', 'api.example:443', 'api.example.']) {
    const fields = requestFields([...LINE, 'host', host]);
    assert.ok('headers' in fields, host);
    assert.deepEqual(fields.headers, ['host', 'api.example']);
  }
  const alone = requestFields([...LINE.slice(0, 4), ':path', '/', 'host', 'api.example']);
  assert.ok('headers' in alone);
  assert.deepEqual(alone.headers, ['host', 'api.example']);
});

test('a second Host goes on to the route, which refuses it', () => {
  const fields = requestFields([...LINE, 'host', 'api.example', 'host', 'other.example']);
  assert.ok('headers' in fields);
  assert.deepEqual(fields.headers, ['host', 'api.example', 'host', 'other.example']);
});

const malformed: readonly (readonly [what: string, raw: readonly string[]])[] = [
  ['no :path', [':method', 'GET', ':scheme', 'https', ':authority', 'a.example']],
  ['no :scheme', [':method', 'GET', ':path', '/', ':authority', 'a.example']],
  ['no :method', [':scheme', 'https', ':path', '/', ':authority', 'a.example']],
  ['an empty :path', [':method', 'GET', ':scheme', 'https', ':authority', 'a.example', ':path', '']],
  ['a :path in absolute form', [...LINE.slice(0, 6), ':path', 'https://other.example/']],
  ['a :path with a fragment', [...LINE.slice(0, 6), ':path', '/a#b']],
  ['a :path with a space', [...LINE.slice(0, 6), ':path', '/a b']],
  ['a repeated pseudo-header', [...LINE, ':path', '/other']],
  ['an unknown pseudo-header', [':status', '200', ...LINE]],
  ['a pseudo-header behind a header', [...LINE.slice(0, 6), 'x-a', '1', ':path', '/']],
  ['Host that is not :authority', [...LINE, 'host', 'other.example']],
  ['Host with another port', [...LINE, 'host', 'api.example:8443']],
  ['Host that is none', [...LINE, 'host', 'a@api.example']],
  ['a name in upper case', [...LINE, 'X-A', '1']],
  ['a name that is no token', [...LINE, 'x a', '1']],
  ['an empty name', [...LINE, '', '1']],
  ['a line feed in a value', [...LINE, 'x-a', '1\nhost: other.example']],
  ['a NUL in a value', [...LINE, 'x-a', '1\0']],
  ['white space before a value', [...LINE, 'x-a', ' 1']],
  ['white space behind a value', [...LINE, 'x-a', '1\t']],
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map(
    (name) => [name, [...LINE, name, 'x']] as const,
  ),
  ['te of anything but trailers', [...LINE, 'te', 'trailers, gzip']],
];

for (const [what, raw] of malformed) {
  test(`a request with ${what} is malformed`, () => assert.equal(statusOf(raw), 400));
}

test('te: trailers belongs there', () => assert.equal(statusOf([...LINE, 'te', 'trailers']), null));

test('extended CONNECT is the GET for a WebSocket (RFC 8441); any other CONNECT is not served', () => {
  const fields = requestFields([
    ':method',
    'CONNECT',
    ':protocol',
    'websocket',
    ...LINE.slice(2),
    'origin',
    'https://a.example',
  ]);
  assert.deepEqual(fields, {
    method: 'GET',
    scheme: 'https',
    target: '/v1/x?y=1',
    headers: ['host', 'api.example', 'origin', 'https://a.example'],
    protocol: 'websocket',
  });
  assert.equal(statusOf([':method', 'CONNECT', ':authority', 'api.example:443']), 501);
  assert.equal(statusOf([':method', 'CONNECT', ':protocol', 'connect-udp', ...LINE.slice(2)]), 501);
  assert.equal(statusOf([...LINE, ':protocol', 'websocket']), 400, 'of another method');
  assert.equal(
    statusOf([':method', 'CONNECT', ':protocol', 'websocket', ':authority', 'api.example']),
    400,
    'no :path',
  );
});
