import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isSignIn } from '../../../engine/extract/sign-in.ts';
import { seeded } from '../../support/every-split.ts';
import { extracted, GENAI, lines, request, response, UNKNOWN } from './messages.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64');
const plain = (body: unknown, headers: string[] = ['content-type', 'application/json']) =>
  extracted(request('/upload', body, { destination: UNKNOWN, headers }));

test('any JSON: every string, long keys, long whole numbers, duplicates of a key', () => {
  const extraction = plain(
    '{"note":"one","note":"two","nested":[{"holder_name":"three"}],"pan":4111111111111111,"small":1234567,"ratio":0.123456789012}',
  );
  assert.deepEqual(lines(extraction), [
    '/note user latest one',
    '/note user latest two',
    ' user latest fixed nested',
    '/nested/0 user latest fixed holder_name',
    '/nested/0/holder_name user latest three',
    '/pan user latest 4111111111111111',
  ]);
  assert.equal(extraction.coverage.level, 'full');
});

test('a key that could itself be a value is not shown in a path', () => {
  const email = 'someone' + '@example.com';
  const extraction = plain({
    [email]: { city: 'here' },
    '123-45-6789x': 'there',
    AKIAABCDEFGHIJKL: 'x',
    items: { 0: 'y' },
  });
  assert.deepEqual(
    extraction.segments.filter(({ immutable, part }) => !immutable && part.kind === 'body').map(({ path }) => path),
    ['/*/city', '/*', '/*', '/items/0'],
  );
});

test('JSON in a string and base64 in a string are taken apart, both together too', () => {
  const inner = JSON.stringify({ line: 'a "quoted" word', again: JSON.stringify({ deep: 'deeper' }) });
  const extraction = plain({ payload: inner, text: `see ${b64('hidden words here')} there`, both: b64(inner) });
  const found = lines(extraction);
  assert.ok(found.includes('/payload/line user latest a "quoted" word'));
  assert.ok(found.includes('/payload/again/deep user latest deeper'));
  assert.ok(found.includes('/text user latest hidden words here'));
  assert.ok(found.some((line) => line.startsWith('/text user latest see ')));
  assert.ok(found.includes('/both/line user latest a "quoted" word'));
});

test('base64 wrapped into lines is one text', () => {
  const text = 'a sentence that is long enough to be wrapped '.repeat(6);
  const wrapped = b64(text).replace(/.{76}/g, '$&\n');
  assert.ok(lines(plain({ file: wrapped })).includes(`/file user latest ${text}`));
});

test('text that does not parse as its type is scanned whole, escapes undone beside', () => {
  const extraction = plain('{"a": "\\u0041bc", }');
  assert.deepEqual(extraction.coverage, { level: 'full', reason: 'unparsed' });
  assert.deepEqual(lines(extraction), [' user latest {"a": "\\u0041bc", }', ' user latest fixed {"a": "Abc", }']);
});

test("forms, JSON under a form's type, NDJSON", () => {
  const form = plain('name=Some+One&comment=50%25+of%20it&flag', ['content-type', 'application/x-www-form-urlencoded']);
  assert.deepEqual(lines(form), [
    '/form/name user latest Some One',
    '/form user latest fixed comment',
    '/form/comment user latest 50% of it',
    '/form/* user latest flag',
  ]);
  assert.equal(plain('{"a":"b"}', ['content-type', 'application/x-www-form-urlencoded']).format, 'json');
  const ndjson = plain('{"a":"one"}\n{"a":"two"}\r\n\n', ['content-type', 'application/x-ndjson']);
  assert.equal(ndjson.format, 'ndjson');
  assert.deepEqual(lines(ndjson), ['/0/a user latest one', '/1/a user latest two']);
});

test('multipart: fields, text files and file names; other files are media', () => {
  const body = [
    '--XX',
    'Content-Disposition: form-data; name="comment"',
    '',
    'some words',
    '--XX',
    'Content-Disposition: form-data; name="file"; filename="people.txt"',
    'Content-Type: text/plain',
    '',
    'line one\r\nline two',
    '--XX',
    'Content-Disposition: form-data; name="meta"',
    'Content-Type: application/json',
    '',
    '{"k":"v"}',
    '--XX--',
    '',
  ].join('\r\n');
  const type = ['content-type', 'multipart/form-data; boundary=XX'];
  const extraction = plain(body, type);
  assert.equal(extraction.format, 'multipart');
  assert.deepEqual(lines(extraction), [
    '/part/comment user latest some words',
    '/part/file/filename file latest people.txt',
    '/part/file file latest line one\r\nline two',
    '/part/meta/k user latest v',
  ]);
  assert.equal(extraction.coverage.level, 'full');
  const binary = Buffer.concat([
    Buffer.from('--XX\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n'),
    Buffer.from([0x89, 0, 1, 0xff]),
    Buffer.from('\r\n--XX--\r\n'),
  ]);
  assert.deepEqual(plain(binary, type).coverage, { level: 'opaque', reason: 'media' });
  assert.deepEqual(plain('--XX\r\nbroken', type).coverage, { level: 'full', reason: 'unparsed' });
});

test('coverage names what was not read', () => {
  assert.deepEqual(plain(Buffer.from([0xff, 0xfe, 0x41, 0]), []).coverage, { level: 'opaque', reason: 'encoded' });
  assert.deepEqual(plain(Buffer.from([0xff, 0x00, 0x41, 0x80]), []).coverage, { level: 'opaque', reason: 'binary' });
  assert.deepEqual(plain(gzipSync('{}'), ['content-encoding', 'br']).coverage, { level: 'opaque', reason: 'encoded' });
  assert.equal(plain('', []).format, 'empty');
  const zipped = plain(gzipSync('{"a":"words"}'), ['content-type', 'application/json', 'content-encoding', 'gzip']);
  assert.equal(zipped.decoded, true);
  assert.deepEqual(lines(zipped), ['/a user latest words']);
  const latin = plain(Buffer.from('M\xfcller sends words', 'latin1'), [
    'content-type',
    'text/plain; charset=iso-8859-1',
  ]);
  assert.deepEqual(lines(latin), [' user latest M?ller sends words']);
});

test('a body of more texts than are kept apart is read as one text', () => {
  const extraction = plain(`[${'"a",'.repeat(200_001)}"last words"]`);
  assert.deepEqual(extraction.coverage, { level: 'full', reason: 'unparsed' });
  assert.equal(extraction.segments.filter(({ part }) => part.kind === 'body').length, 1);
  const runs = plain('QUJDREVGR0hJSktMTU5P '.repeat(200_001), ['content-type', 'text/plain']);
  assert.deepEqual(runs.coverage, { level: 'truncated', reason: 'limit' });
});

test("the head: path, query, headers and cookies; a vendor's credentials at that vendor are exempt", () => {
  const headers = [
    'Authorization',
    'Bearer abc',
    'Cookie',
    'sid=one; theme=dark',
    'X-Note',
    'words',
    'Content-Length',
    '0',
    'x-api-key',
    'k',
  ];
  const paths = (destination: typeof GENAI) =>
    extracted(request('/a%20b/c?key=secret&q=some+words%21', '', { destination, headers })).segments.map(
      ({ path, text, role }) => `${path} ${role} ${text}`,
    );
  assert.deepEqual(paths(GENAI), [
    '/path metadata /a b/c',
    '/query/q metadata some words!',
    '/header/x-note metadata words',
  ]);
  assert.deepEqual(paths(UNKNOWN), [
    '/path metadata /a b/c',
    '/query/key metadata secret',
    '/query/q metadata some words!',
    '/header/authorization metadata Bearer abc',
    '/cookie/sid metadata one',
    '/cookie/theme metadata dark',
    '/header/x-note metadata words',
    '/header/x-api-key metadata k',
  ]);
});

test('the commonest targets and what an SDK says of the machine are no segments; any other value there is', () => {
  const headers = [
    'X-Stainless-Lang',
    'js',
    'x-stainless-os',
    'Linux',
    'X-Stainless-Arch',
    'some words',
    'X-Note',
    'js',
  ];
  const paths = (target: string) => extracted(request(target, '', { headers })).segments.map(({ path }) => path);
  assert.deepEqual(paths('/v1/chat/completions'), ['/header/x-stainless-arch', '/header/x-note']);
  assert.deepEqual(paths('/v1/chat/completions?a=b').slice(0, 2), ['/path', '/query/a']);
});

test('the client names its session in a header, of several the surest one, an empty one aside', () => {
  const session = (...headers: string[]) => extracted(request('/x', '', { headers })).conversationId;
  assert.equal(session('X-Conversation-Id', 'c', 'Session_Id', 's'), 's');
  assert.equal(session('session_id', '', 'x-session-id', 'x'), 'x');
  assert.equal(session('x-other', 'x'), null);
});

test('an event stream as a whole: deltas of one text are joined, what is cut is there whole', () => {
  const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
  const extraction = extracted(
    response('/v1/chat/completions', `: hi\n\n${chunk('4111 1111')}${chunk(' 1111 1111')}data: [DONE]\n\n`, {
      headers: ['content-type', 'text/event-stream'],
    }),
  );
  assert.equal(extraction.format, 'sse');
  assert.ok(lines(extraction).includes('/choices/0/delta/content assistant latest fixed 4111 1111 1111 1111'));
});

test('sign-in is an exact method, host and path', () => {
  assert.ok(isSignIn('platform.claude.com', 'POST', '/v1/oauth/token'));
  assert.ok(isSignIn('auth.openai.com', 'POST', '/api/accounts/deviceauth/usercode'));
  assert.ok(isSignIn('github.com', 'POST', '/login/device/code?client_id=x'));
  assert.ok(isSignIn('api.github.com', 'GET', '/copilot_internal/v2/token'));
  assert.ok(isSignIn('oauth2.googleapis.com', 'POST', '/token'));
  assert.ok(!isSignIn('auth.openai.com', 'POST', '/oauth/token/more'));
  assert.ok(!isSignIn('evil.auth.openai.com', 'POST', '/oauth/token'));
  assert.ok(!isSignIn('auth.openai.com', 'GET', '/oauth/token'));
});

test('random bytes under any type never throw, and segments lie where they say', () => {
  const random = seeded(11);
  const types = [
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=b',
    'application/x-www-form-urlencoded',
    'text/event-stream',
    '',
  ];
  const alphabet = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\\u00',
    'data: ',
    '\n',
    '\r',
    '--b',
    '=',
    '&',
    '%4',
    'QUJDREVGR0hJSktMTU5P',
    'role',
    'messages',
    '\xff',
    '<',
    '1234567890',
  ];
  for (let round = 0; round < 1500; round++) {
    let text = '';
    for (let i = random() * 40; i > 0; i--) text += alphabet[Math.floor(random() * alphabet.length)];
    const type = types[Math.floor(random() * types.length)] as string;
    const body = Buffer.from(text, 'latin1');
    const headers = ['content-type', type];
    for (const direction of ['request', 'response'] as const) {
      const extraction = extracted(request('/v1/chat/completions', body, { direction, headers }));
      for (const { part, layers } of extraction.segments) {
        const outer = layers[0];
        if (part.kind === 'body' && outer !== undefined)
          assert.ok(outer.start >= 0 && outer.start < outer.end && outer.end <= body.length);
      }
    }
  }
});
