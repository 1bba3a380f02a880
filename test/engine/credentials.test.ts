/** What a call authenticates with, and what is kept of it. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { type Authenticating, Credentials, credentialOf } from '../../engine/credentials.ts';
import { assembled } from '../../engine/scan/recognizer.ts';
import { sourceOf } from '../../proxy/identity.ts';

const KEY = assembled('sk', '-', 'Abc', '1234567890', 'defGHIjkl');
const ACCESS_KEY_ID = assembled('AK', 'IA', 'QYLPMN5H', 'HGFTZXB3');
const SOURCE = sourceOf({ kind: 'anonymous' }, 'desk-1');

function call(headers: readonly string[], change: Partial<Authenticating> = {}): Authenticating {
  return { host: 'api.openai.com', method: 'POST', target: '/v1/chat/completions', headers, ...change };
}

/** As the engine's, whose value loses its case on the way; counts how often it is asked. */
function counted(): { readonly credentials: Credentials; asked(): number } {
  let asked = 0;
  const credentials = new Credentials((entity, value) => {
    asked++;
    const mac = createHmac('sha256', 'a key').update(`${entity}\0${value.toLowerCase()}`);
    return mac.digest().toString('base64url', 0, 16);
  });
  return { credentials, asked: () => asked };
}

const never = (): boolean => false;
const SCOPE = `Credential=${ACCESS_KEY_ID}/20260101/us-east-1/bedrock/aws4_request`;

const CALLS: readonly (readonly [what: string, call: Authenticating, credential: string | null])[] = [
  ['nothing', call(['Host', 'api.openai.com', 'Accept', '*/*']), null],
  ['a bearer key', call(['Authorization', `Bearer ${KEY}`]), KEY],
  ['the scheme in another spelling', call(['AUTHORIZATION', `bearer  ${KEY} `]), KEY],
  ['Basic', call(['Authorization', 'Basic dXNlcjpwYXNz']), 'dXNlcjpwYXNz'],
  ['a key without a scheme', call(['Authorization', KEY]), KEY],
  ['x-api-key', call(['x-api-key', KEY]), KEY],
  ['api-key', call(['api-key', KEY]), KEY],
  ['x-goog-api-key', call(['X-Goog-Api-Key', KEY]), KEY],
  ['Authorization before x-api-key, wherever it stands', call(['x-api-key', 'b', 'Authorization', 'Bearer a']), 'a'],
  ['an empty header is none', call(['Authorization', 'Bearer ', 'x-api-key', '', 'api-key', KEY]), KEY],
  ['a scheme alone is taken for a key by nobody', call(['Authorization', '']), null],
  ['AWS: the access key id', call(['Authorization', `AWS4-HMAC-SHA256 ${SCOPE}, Signature=0a1b`]), ACCESS_KEY_ID],
  ['the same without spaces', call(['Authorization', `AWS4-HMAC-SHA256 ${SCOPE},Signature=0a1b`]), ACCESS_KEY_ID],
  ['a signature of AWS without a key', call(['Authorization', 'AWS4-HMAC-SHA256 Signature=0a1b']), null],
  ['another signature, made anew each time', call(['Authorization', 'TC3-HMAC-SHA256 a=b, Signature=0a1b']), null],
  ['a digest', call(['Authorization', 'Digest username="x", response="0a"']), null],
  ['a cookie', call(['Cookie', 'session=1']), null],
  [
    "Gemini's query",
    call([], {
      host: 'generativelanguage.googleapis.com',
      target: `/v1beta/models/m:generateContent?alt=sse&key=${KEY}`,
    }),
    KEY,
  ],
  ['key= anywhere else', call([], { target: '/search?key=name' }), null],
  [
    'a link signed for AWS',
    call([], { target: `/x?X-Amz-Credential=${ACCESS_KEY_ID}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request` }),
    ACCESS_KEY_ID,
  ],
];
for (const [what, asked, credential] of CALLS) {
  test(`of a call: ${what}`, () => assert.equal(credentialOf(asked), credential));
}

test('a key has one fingerprint by whichever header it comes, another key another, also by case alone', () => {
  const { credentials, asked } = counted();
  const of = (...headers: string[]) => credentials.sourceOf({ ...SOURCE }, call(headers), never).credential;
  const one = of('Authorization', `Bearer ${KEY}`);
  assert.match(one ?? '', /^[\w-]{22}$/);
  assert.equal(of('x-api-key', KEY), one);
  assert.equal(asked(), 1);
  assert.notEqual(of('x-api-key', KEY.toUpperCase()), one);
  assert.ok(!one?.includes(KEY));
});

test("a connection's calls with one key are of one source, which else is as it was", () => {
  const { credentials } = counted();
  const named = credentials.sourceOf(SOURCE, call(['x-api-key', KEY]), never);
  assert.equal(credentials.sourceOf(SOURCE, call(['x-api-key', KEY]), never), named);
  assert.deepEqual({ ...named, credential: null }, SOURCE);
  assert.equal(credentials.sourceOf(SOURCE, call([]), never), SOURCE);
});

test('nothing is taken down of a host under bypass, nor of a sign-in', () => {
  const { credentials, asked } = counted();
  const headers = ['Authorization', `Bearer ${KEY}`];
  const isBypassed = (host: string) => host === 'api.openai.com';
  assert.equal(credentials.sourceOf(SOURCE, call(headers), isBypassed), SOURCE);
  const signIn = { host: 'auth.openai.com', method: 'POST', target: '/oauth/token' };
  assert.equal(credentials.sourceOf(SOURCE, call(headers, signIn), never), SOURCE);
  assert.equal(asked(), 0);
});

test('a conversation is told by a cookie or an unknown scheme where there is no key', () => {
  const { credentials } = counted();
  const of = (...headers: string[]) => credentials.ofConversation(SOURCE, headers);
  const told = [of('Cookie', 'a=1'), of('Cookie', 'a=2'), of('Authorization', 'Digest username="x", response="0a"')];
  assert.equal(new Set(told).size, 3);
  assert.ok(!told.includes(null));
  assert.equal(of('Accept', '*/*'), null);
  assert.equal(credentials.ofConversation({ ...SOURCE, credential: 'fp' }, ['Cookie', 'a=1']), 'fp');
});

test('what is known is bounded, and what was forgotten comes to the same', () => {
  const { credentials, asked } = counted();
  const of = (key: string) => credentials.sourceOf(SOURCE, call(['x-api-key', key]), never).credential;
  const first = of('k0');
  for (let i = 1; i <= 1000; i++) of(`k${i}`);
  assert.equal(asked(), 1001);
  assert.equal(of('k1000') === first, false);
  assert.equal(asked(), 1001);
  assert.equal(of('k0'), first);
  assert.equal(asked(), 1002);
});
