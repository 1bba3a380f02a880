import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, UNNAMED, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough, jsonRequest } from '../support/wire.ts';

/** Room for one body of the largest kind that this test sends, not for three of the smaller. */
const LIMITS = { inspectBytes: '64KiB', heldBytes: '96KiB' };
const FILLER = 'word '.repeat(8000);

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ config: { proxy: { limits: LIMITS } } });
});
after(() => weir.close());

async function status(content: string): Promise<number> {
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  wire.write(
    jsonRequest('POST', '/v1/chat/completions', OPENAI, { model: 'm', messages: [{ role: 'user', content }] }),
  );
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer.status;
}

test('the room that a held body took is free again, however its exchange ended', async () => {
  for (let i = 0; i < 3; i++) assert.equal(await status(`${FILLER} card ${CARD}`), 400);
  for (let i = 0; i < 3; i++) assert.equal(await status(FILLER), 200);
  // Larger than `inspectBytes`, and a client that goes away in the middle.
  for (let i = 0; i < 3; i++) assert.equal(await status(FILLER + FILLER), 413);
  for (let i = 0; i < 3; i++) {
    const wire = await connectThrough(weir.port, OPENAI, weir.ca);
    wire.write(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: application/json\r\n` +
        'Expect: 100-continue\r\nContent-Length: 60000\r\n\r\n',
    );
    assert.equal((await wire.answer('POST')).status, 100);
    await new Promise((written) => wire.socket.write(FILLER, written));
    wire.destroy();
  }
  const events = await weir.events(12);
  const aborted = events.filter((event) => event.outcome === 'client_aborted');
  assert.deepEqual([events.length, aborted.length], [12, 3]);
  assert.equal(await status(FILLER), 200);
});

test('bodies for which there is no room at once wait for it, each in its turn', async () => {
  const statuses = await Promise.all(Array.from({ length: 8 }, () => status(FILLER)));
  assert.deepEqual(statuses, Array(8).fill(200));
});

test('bodies that are each half there are finished one after the other', async () => {
  const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: FILLER }] });
  const head =
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${OPENAI}\r\nContent-Type: application/json\r\n` +
    'Transfer-Encoding: chunked\r\n\r\n';
  const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
  const half = body.length / 2;
  const wires = await Promise.all([1, 2, 3, 4].map(() => connectThrough(weir.port, OPENAI, weir.ca)));
  for (const wire of wires) wire.write(head + chunk(body.slice(0, half)));
  for (const wire of wires) wire.write(`${chunk(body.slice(half))}0\r\n\r\n`);
  const statuses = await Promise.all(wires.map(async (wire) => (await wire.answer('POST')).status));
  for (const wire of wires) wire.destroy();
  assert.deepEqual(statuses, [200, 200, 200, 200]);
});

test('a WebSocket that names another host than its tunnel is 421 like any request', async () => {
  const wire = await connectThrough(weir.port, UNNAMED, weir.ca);
  wire.write(
    `GET /socket HTTP/1.1\r\nHost: ${OPENAI}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  assert.equal((await wire.answer()).status, 421);
  wire.destroy();
});
