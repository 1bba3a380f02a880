/** Heads written anew: what travels on, what stays on its hop. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrowed, requestHead, responseHead, trailerFields } from '../../proxy/head.ts';

const PLAIN = { authority: 'api.openai.com', contentLength: null, isIdentity: false, narrowsEncoding: false };

test('names, order and duplicates of a request are kept', () => {
  const raw = ['Host', 'x', 'X-B', '1', 'x-a', '2', 'X-B', '3'];
  assert.deepEqual(requestHead(raw, PLAIN), ['host', 'api.openai.com', 'X-B', '1', 'x-a', '2', 'X-B', '3']);
});

test('what belongs to the hop, and what Connection names, is not passed on', () => {
  const raw = [
    ['Connection', 'close, X-Trace'],
    ['X-Trace', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authorization', 'Basic eA=='],
    ['TE', 'gzip'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'h2c'],
    ['HTTP2-Settings', 'AAMAAABk'],
    ['Expect', '100-continue'],
    ['x-weir-app', 'a:b'],
    ['X-Weir-Anything', '1'],
    ['Accept', '*/*'],
  ].flat();
  assert.deepEqual(requestHead(raw, PLAIN), ['host', 'api.openai.com', 'Accept', '*/*']);
});

test('that a client takes trailers is passed on, and nothing else of what it takes between two hops', () => {
  assert.deepEqual(requestHead(['TE', 'gzip;q=0.5, Trailers', 'Trailer', 'X-Sum'], PLAIN).slice(2), [
    'te',
    'trailers',
    'Trailer',
    'X-Sum',
  ]);
});

test('trailers that would frame, route, authorize or forge are dropped', () => {
  const raw = ['Grpc-Status', '0', 'Content-Length', '5', 'Host', 'a', 'Set-Cookie', 'a=1', 'x-weir-action', 'allow'];
  assert.deepEqual(trailerFields([...raw, 'Transfer-Encoding', 'chunked', 'x-sum', '1']), [
    'Grpc-Status',
    '0',
    'x-sum',
    '1',
  ]);
});

test('Connection cannot take away what makes the message', () => {
  const raw = ['Connection', 'Authorization, Content-Type', 'Authorization', 'Bearer x', 'Content-Type', 'text/plain'];
  assert.deepEqual(requestHead(raw, PLAIN).slice(2), ['Authorization', 'Bearer x', 'Content-Type', 'text/plain']);
});

test('an edited body is sent as identity without its old digests', () => {
  const raw = ['Content-Encoding', 'gzip', 'Content-MD5', 'x', 'Repr-Digest', 'x', 'Content-Length', '9', 'A', '1'];
  assert.deepEqual(requestHead(raw, { ...PLAIN, isIdentity: true }).slice(2), ['A', '1']);
});

test('Accept-Encoding is narrowed to what can be read', () => {
  assert.equal(narrowed('br, zstd'), 'identity');
  assert.equal(narrowed('gzip;q=0.5, br, deflate'), 'gzip;q=0.5, deflate');
  assert.equal(narrowed('gzipped'), 'identity');
});

test('a response keeps repeated Set-Cookie and loses alt-svc and forged x-weir headers', () => {
  const raw = [
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
    'Alt-Svc',
    'h3=":443"',
    'x-weir-action',
    'allow',
    'Connection',
    'close',
  ];
  const head = responseHead(raw, {
    eventId: 'E',
    action: 'redact',
    isEdited: false,
    contentLength: null,
    isIdentity: false,
    dropsLength: false,
  });
  assert.deepEqual(head, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'x-weir-event', 'E', 'x-weir-action', 'redact']);
});

test('an edited response loses validators, ranges and its old length', () => {
  const raw = ['ETag', 'x', 'Accept-Ranges', 'bytes', 'Content-Length', '3', 'Content-Encoding', 'gzip', 'A', '1'];
  const head = responseHead(raw, {
    eventId: 'E',
    action: 'allow',
    isEdited: true,
    contentLength: 7,
    isIdentity: true,
    dropsLength: false,
  });
  assert.deepEqual(head.slice(0, 4), ['A', '1', 'Content-Length', '7']);
});

test('trailers that are announced go before a length, and the announcement goes where there are none', () => {
  const announced = ['Content-Length', '3', 'Trailer', 'X-Sum'];
  const request = { authority: 'a.example', isIdentity: false, narrowsEncoding: false };
  assert.deepEqual(requestHead(announced, { ...request, contentLength: 3 }), ['host', 'a.example', 'Trailer', 'X-Sum']);
  const answer = { eventId: 'E', action: 'allow', isEdited: false, isIdentity: false, dropsLength: false };
  const own = ['x-weir-event', 'E', 'x-weir-action', 'allow'];
  assert.deepEqual(responseHead(announced, { ...answer, contentLength: null }), ['Trailer', 'X-Sum', ...own]);
  assert.deepEqual(responseHead(announced, { ...answer, contentLength: 3 }), ['Content-Length', '3', ...own]);
});
