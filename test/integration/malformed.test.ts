import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

const BAD: readonly (readonly [what: string, bytes: string])[] = [
  ['no HTTP at all', 'this is not HTTP\r\n\r\n'],
  ['a header without a colon', `GET /v1/models HTTP/1.1\r\nHost: ${OPENAI}\r\nbroken\r\n\r\n`],
  ['a space before the colon', `GET /v1/models HTTP/1.1\r\nHost : ${OPENAI}\r\n\r\n`],
  [
    'two lengths that differ',
    `POST /v1/x HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  ],
  [
    'a length beside chunked',
    `POST /v1/x HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'a coding behind chunked',
    `POST /v1/x HTTP/1.1\r\nHost: ${OPENAI}\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
  ],
  [
    'a chunk size that is no number',
    `POST /v1/x HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  ],
  ['no Host', 'GET /v1/models HTTP/1.1\r\nAccept: */*\r\n\r\n'],
  ['two Hosts', `GET /v1/models HTTP/1.1\r\nHost: ${OPENAI}\r\nHost: evil.example\r\n\r\n`],
];

for (const [what, bytes] of BAD) {
  test(`malformed HTTP inside a tunnel is 400, one record, and reaches nobody: ${what}`, async () => {
    const requests = weir.standIn.requests.length;
    const events = await weir.recordsOf(async () => {
      const wire = await connectThrough(weir.port, OPENAI, weir.ca);
      wire.write(bytes);
      assert.equal((await wire.answer()).status, 400);
      await wire.ended();
    });
    assert.deepEqual(
      events.map((event) => event.outcome),
      ['malformed'],
    );
    assert.equal(weir.standIn.requests.length, requests);
  });
}

test('malformed HTTP on the plain port is 400 and one record', async () => {
  const events = await weir.recordsOf(async () => {
    const wire = await connectPlain(weir.port);
    wire.write('BROKEN\r\n\r\n');
    assert.equal((await wire.answer()).status, 400);
    await wire.ended();
  });
  assert.deepEqual(
    events.map((event) => event.outcome),
    ['malformed'],
  );
});

test('a head over the limit is one record, and nothing of it reaches anybody', async () => {
  const requests = weir.standIn.requests.length;
  const events = await weir.recordsOf(async () => {
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    wire.write(`GET /v1/models HTTP/1.1\r\nHost: ${OPENAI}\r\nX-Large: ${'a'.repeat(80 * 1024)}\r\n\r\n`);
    // The answer is lost where the system resets the connection because of what was not read of the head.
    await wire.ended();
  });
  assert.deepEqual(
    events.map((event) => event.outcome),
    ['malformed'],
  );
  assert.equal(weir.standIn.requests.length, requests);
});

test('broken JSON is scanned as text: a card in it is blocked', async () => {
  const requests = weir.standIn.requests.length;
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(
    jsonRequest(
      'POST',
      '/v1/chat/completions',
      OPENAI,
      `{"model":"gpt-4o","messages":[{"role":"user","content":"${CARD}`,
    ),
  );
  const answer = await wire.answer('POST');
  wire.destroy();
  assert.equal(answer.status, 400);
  assert.match(answer.text, /1 CREDIT_CARD/);
  assert.equal(weir.standIn.requests.length, requests);
  const event = await weir.event(answer.header('x-weir-event'));
  assert.deepEqual(event.coverage, { level: 'full', reason: 'unparsed' });
});

test('broken JSON without findings passes byte for byte', async () => {
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(400, { 'content-type': 'application/json', 'content-length': '2' }).end('{}');
  });
  const text = '{"model":"gpt-4o","messages":[{"role":"user",';
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, text));
  assert.equal((await wire.answer('POST')).status, 400);
  wire.destroy();
  assert.equal(weir.standIn.requests.at(-1)?.body.toString(), text);
});

test('a held body over the limit follows onError', async () => {
  for (const [onError, status] of [
    ['closed', 413],
    ['open', 200],
  ] as const) {
    const small = await startUnderTest({ config: { proxy: { onError, limits: { inspectBytes: '64KiB' } } } });
    try {
      const content = `${'word '.repeat(20_000)}`;
      const wire = await connectThrough(small.port, OPENAI, small.ca);
      wire.write(
        jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'gpt-4o', messages: [{ role: 'user', content }] }),
      );
      const answer = await wire.answer('POST');
      wire.destroy();
      assert.equal(answer.status, status, onError);
      const event = await small.event(answer.header('x-weir-event'));
      assert.equal(event.action, onError === 'open' ? 'alert' : 'block');
      assert.notEqual(event.coverage.level, 'full');
    } finally {
      await small.close();
    }
  }
});
