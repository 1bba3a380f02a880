import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Script } from '../../cli/demo/stand-in.ts';
import { CARD, MAIL, SENTENCE } from '../support/planted.ts';
import { providerAnswers } from '../support/provider-answers.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, type WireAnswer } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
beforeEach(() => weir.standIn.use(providerAnswers()));
after(() => weir.close());

async function post(host: string, coding: string, bytes: Buffer, accept = 'identity'): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, host, weir.ca);
  wire.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\n` +
      `Accept-Encoding: ${accept}\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  wire.write(bytes);
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

/** RFC 8878 §3.1.2. */
const SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 0]);

function chat(content: string): string {
  return JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }] });
}

/** Reads gzip where the request says gzip. */
const readsGzip: Script = async ({ request, response, received }) => {
  const { body } = await received;
  const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ got: text.toString() }));
};

for (const [coding, compress] of [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(`a card in a ${coding} body is blocked`, async () => {
    const before = weir.standIn.requests.length;
    const answer = await post(OPENAI, coding, compress(chat(CARD)));
    assert.equal(answer.status, 400);
    assert.match(answer.text, /1 CREDIT_CARD/);
    assert.equal(weir.standIn.requests.length, before);
  });
}

test('an unedited gzip body is the same bytes in the same encoding', async () => {
  weir.standIn.use(readsGzip);
  const bytes = gzipSync(chat('Name three rivers.'));
  assert.equal((await post(OPENAI, 'gzip', bytes)).status, 200);
  assert.deepEqual(weir.standIn.requests.at(-1)?.body, bytes);
});

test('an edited gzip body arrives readable and without the values', async () => {
  weir.standIn.use(readsGzip);
  const answer = await post(OPENAI, 'gzip', gzipSync(chat(SENTENCE)));
  assert.equal(answer.status, 200);
  assert.ok(answer.text.includes(MAIL), 'the value comes back');
  const request = weir.standIn.requests.at(-1);
  const isGzip = request?.headers.some(
    (value, index) => index % 2 === 1 && value === 'gzip' && /content-encoding/i.test(request.headers[index - 1] ?? ''),
  );
  const sent = request && isGzip ? gunzipSync(request.body) : request?.body;
  assert.ok(sent !== undefined && !sent.includes(MAIL));
  assert.match(sent.toString(), /<EMAIL_ADDRESS_1>/);
});

for (const [what, coding, bytes] of [
  ['a coding that is not read', 'compress', Buffer.from(chat('Name three rivers.'))],
  ['zstd behind a skippable frame', 'zstd', Buffer.concat([SKIPPABLE, zstdCompressSync(chat('Name three rivers.'))])],
  ['zstd with a tail', 'zstd', Buffer.concat([zstdCompressSync(chat('Name three rivers.')), Buffer.from('tail')])],
  ['gzip that is cut off', 'gzip', gzipSync(chat('Name three rivers.')).subarray(0, -9)],
  ['gzip with bytes behind it', 'gzip', Buffer.concat([gzipSync(chat('Name three rivers.')), Buffer.from('tail')])],
] as const) {
  test(`a body that cannot be undone to its last byte is blocked as opaque: ${what}`, async () => {
    const before = weir.standIn.requests.length;
    const answer = await post(OPENAI, coding, bytes);
    assert.equal(answer.status, 400);
    assert.equal(weir.standIn.requests.length, before);
    const event = await weir.event(answer.header('x-weir-event'));
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'encoded' });
    assert.equal(event.action, 'block');
  });
}

test('a card in a second frame of zstd is blocked: an upstream reads both', async () => {
  const whole = chat(`card ${CARD}`);
  const halves = [whole.slice(0, 60), whole.slice(60)].map((half) => zstdCompressSync(half));
  const answer = await post(OPENAI, 'zstd', Buffer.concat(halves));
  assert.equal(answer.status, 400);
  assert.match(answer.text, /1 CREDIT_CARD/);
});

test('an encoded body to a host that nothing names passes, with its coverage on record', async () => {
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-length': '0' }).end();
  });
  const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
  const bytes = brotliCompressSync('hello');
  wire.write(
    `POST /things HTTP/1.1\r\nHost: ${UNNAMED}\r\nContent-Type: text/plain\r\nContent-Encoding: br\r\nContent-Length: ${bytes.length}\r\n\r\n`,
  );
  wire.write(bytes);
  const answer = await wire.answer('POST');
  wire.destroy();
  assert.equal(answer.status, 200);
  assert.deepEqual(weir.standIn.requests.at(-1)?.body, bytes);
});

test('a gzip answer is read: the values come back', async () => {
  weir.standIn.use(async ({ response, received }) => {
    const { body } = await received;
    const { messages } = JSON.parse(body.toString()) as { messages: { content: string }[] };
    const answer = gzipSync(
      JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: messages[0]?.content } }] }),
    );
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-length': String(answer.length),
      })
      .end(answer);
  });
  const answer = await post(OPENAI, 'identity', Buffer.from(chat(SENTENCE)), 'gzip');
  const text = answer.header('content-encoding') === 'gzip' ? gunzipSync(answer.body).toString() : answer.text;
  assert.ok(text.includes(MAIL));
});

test('a gzip answer that nothing edits is the same bytes', async () => {
  const bytes = gzipSync('{"choices":[]}');
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response
      .writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-length': String(bytes.length),
      })
      .end(bytes);
  });
  const answer = await post(OPENAI, 'identity', Buffer.from(chat('Name three rivers.')), 'gzip');
  assert.deepEqual(answer.body, bytes);
});

test('where an answer may be edited the upstream is asked only for what can be read', async () => {
  await post(OPENAI, 'identity', Buffer.from(chat(SENTENCE)), 'br, zstd, gzip');
  const headers = weir.standIn.requests.at(-1)?.headers ?? [];
  const accept = headers[headers.findIndex((name) => name.toLowerCase() === 'accept-encoding') + 1] ?? '';
  assert.doesNotMatch(accept, /br|zstd|\*/);
});
