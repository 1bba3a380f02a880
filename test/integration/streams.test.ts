import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { chatCompletionEvents } from '../../cli/demo/chat-answers.ts';
import { MAIL, SENTENCE } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest();
});
after(() => weir.close());

function chat(content: string): Buffer {
  return jsonRequest('POST', '/v1/chat/completions', OPENAI, {
    model: 'gpt-4o',
    stream: true,
    messages: [{ role: 'user', content }],
  });
}

for (const [what, content] of [
  ['a clean prompt', 'Name three rivers.'],
  ['a prompt with pseudonyms', SENTENCE],
] as const) {
  test(`an event reaches the client before the upstream sends the next: ${what}`, async () => {
    const released = Promise.withResolvers<void>();
    weir.standIn.use(async ({ response, received }) => {
      await received;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const [first = '', second = '', ...rest] = chatCompletionEvents(
        { kind: 'text', text: 'alpha beta' },
        'gpt-4o',
        5,
      );
      response.write(first + second);
      await released.promise;
      for (const event of rest) response.write(event);
      response.end();
    });
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    wire.write(chat(content));
    await wire.until('"content":"alpha"');
    // Only now does the upstream go on: had the first events waited for more, nothing would ever have come.
    released.resolve();
    const answer = await wire.answer('POST');
    assert.match(answer.text, /data: \[DONE\]\n\n$/);
    wire.destroy();
  });
}

test('a client that goes away in mid-stream ends the call upstream, and the event says so', async () => {
  const gone = Promise.withResolvers<void>();
  weir.standIn.use(async ({ response, received }) => {
    await received;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"content":"first"}}]}\n\n');
    await once(response, 'close');
    gone.resolve();
  });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(chat('Name three rivers.'));
  const head = await wire.until('first');
  wire.destroy();
  await gone.promise;
  const event = await weir.event(/x-weir-event: (\S+)/i.exec(head)?.[1] ?? null);
  assert.equal(event.outcome, 'client_aborted');
});

test('a client that goes away before the answer ends the call upstream', async () => {
  const arrived = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  weir.standIn.use(async ({ request, received }) => {
    await received;
    arrived.resolve();
    await once(request.socket, 'close');
    gone.resolve();
  });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(chat('Name three rivers.'));
  await arrived.promise;
  wire.destroy();
  await gone.promise;
  const event = await weir.eventWhere(
    'a call without an answer',
    ({ status, route }) => status === null && route !== null,
  );
  assert.equal(event.outcome, 'client_aborted');
});

test('an upstream that resets in mid-stream ends the answer without its last chunk, and the event says so', async () => {
  weir.standIn.use(async ({ request, response, received }) => {
    await received;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"index":0,"delta":{"content":"first"}}]}\n\n', () => request.socket.destroy());
  });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(chat('Name three rivers.'));
  const all = await wire.ended();
  assert.match(all, /first/);
  assert.doesNotMatch(all, /\r\n0\r\n\r\n$/, 'a cut answer must not look whole');
  const event = await weir.event(/x-weir-event: (\S+)/i.exec(all)?.[1] ?? null);
  assert.equal(event.outcome, 'upstream_failed');
});

test('large bodies through a host that nothing names arrive unchanged both ways', async () => {
  const size = 8 * 1024 * 1024;
  const block = Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 31) & 255));
  const expected = createHash('sha256');
  for (let i = 0; i < size / block.length; i += 1) expected.update(block);
  const digest = expected.digest('hex');
  weir.standIn.use(async ({ response, received }) => {
    const { sha256 } = await received;
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': String(size),
      'x-got': sha256,
    });
    for (let i = 0; i < size / block.length; i += 1) if (!response.write(block)) await once(response, 'drain');
    response.end();
  });
  const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
  wire.write(
    `PUT /blob HTTP/1.1\r\nHost: ${UNNAMED}\r\nContent-Type: application/octet-stream\r\nContent-Length: ${size}\r\n\r\n`,
  );
  for (let i = 0; i < size / block.length; i += 1) wire.write(block);
  const answer = await wire.answer('PUT');
  assert.equal(answer.header('x-got'), digest);
  assert.equal(createHash('sha256').update(answer.body).digest('hex'), digest);
  wire.destroy();
});

test('a body to a host that nothing names is not held: the upstream has its start before the client sends its end', async () => {
  const started = Promise.withResolvers<void>();
  weir.standIn.use(async ({ request, response, received }) => {
    request.once('data', () => started.resolve());
    await received;
    response.writeHead(200, { 'content-length': '0' }).end();
  });
  const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
  wire.write(
    `PUT /blob HTTP/1.1\r\nHost: ${UNNAMED}\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
  );
  await started.promise;
  wire.write('0\r\n\r\n');
  assert.equal((await wire.answer('PUT')).status, 200);
  wire.destroy();
});

test('no byte of a held body goes upstream before its end has come', async () => {
  const connections = weir.standIn.connections;
  const requests = weir.standIn.requests.length;
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: `${SENTENCE} and more` }] });
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  let touched = false;
  weir.standIn.use(async ({ response, received }) => {
    touched = true;
    await received;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  wire.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
  );
  wire.write(body.slice(0, -10));
  // Another call on its own connection makes the round trip meanwhile: the proxy has had its turn.
  const other = await connectThrough(weir.port, UNNAMED, weir.ca);
  other.destroy();
  assert.equal(touched, false);
  assert.equal(weir.standIn.requests.length, requests);
  assert.ok(weir.standIn.connections >= connections);
  wire.write(body.slice(-10));
  assert.equal((await wire.answer('POST')).status, 200);
  assert.ok(!weir.standIn.requests.at(-1)?.body.includes(MAIL));
  wire.destroy();
});
