/** Bodies taken in: whole, by a first part, or passed on, within their bounds. */
import assert from 'node:assert/strict';
import { createServer, IncomingMessage } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';
import { test } from 'node:test';
import { framingOf } from '../../proxy/client-message.ts';
import { BodyReader, RateWatch } from '../../proxy/held.ts';
import { HeldBudget, HeldShare } from '../../proxy/held-budget.ts';

const RATES = new RateWatch(1);

/** A request whose body the test feeds. */
function requestWith(): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request._read = () => {};
  return request;
}

test('a body is read whole, in one piece', async () => {
  const request = requestWith();
  const budget = new HeldBudget(100, 0);
  const reader = new BodyReader(request, budget, RATES);
  const reading = reader.read(50);
  request.push('one ');
  request.push('two');
  request.push(null);
  assert.equal(await reading, 'end');
  assert.equal(reader.bytes().toString(), 'one two');
  assert.equal(budget.usedBytes, 7);
  reader.release();
  assert.equal(budget.usedBytes, 0);
});

test('reading stops at the limit, and where enough was seen, and goes on from there', async () => {
  const request = requestWith();
  const reader = new BodyReader(request, new HeldBudget(100, 0), RATES);
  const first = reader.read(50, (bytes) => bytes.includes('!'));
  request.push('abc!');
  assert.equal(await first, 'stopped');
  const second = reader.read(6);
  request.push('defg');
  assert.equal(await second, 'limit');
  const out = reader.stream(
    () => {},
    () => {},
  );
  request.push('rest');
  request.push(null);
  const chunks: Buffer[] = [];
  for await (const chunk of out) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), 'abc!defgrest');
});

test('a body that ended between two looks at it is at its end, whether it is read on or passed on', async () => {
  for (const how of ['read', 'stream'] as const) {
    const request = requestWith();
    const reader = new BodyReader(request, new HeldBudget(100, 0), RATES);
    const first = reader.read(50, (bytes) => bytes.includes('!'));
    request.push('abc!');
    request.push(null);
    assert.equal(await first, 'stopped');
    if (!request.readableEnded) await new Promise((resolve) => setImmediate(resolve));
    if (how === 'read') {
      assert.equal(await reader.read(50), 'end');
      assert.equal(reader.bytes().toString(), 'abc!');
      continue;
    }
    const chunks: Buffer[] = [];
    const out = reader.stream(
      () => {},
      () => {},
    );
    for await (const chunk of out) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), 'abc!');
  }
});

test('a large body of a known length is gathered in shared memory, once enough of it is there', async () => {
  const whole = Buffer.from(Array.from({ length: 100_000 }, (_, at) => at % 251));
  const request = requestWith();
  const reader = new BodyReader(request, new HeldBudget(1 << 20, 0), RATES, whole.length);
  const first = reader.read(1 << 20, ({ length }) => length >= 20_000);
  request.push(whole.subarray(0, 20_000));
  assert.equal(await first, 'stopped');
  assert.ok(!(reader.bytes().buffer instanceof SharedArrayBuffer), 'not for what was only declared');
  const second = reader.read(1 << 20);
  for (let at = 20_000; at < whole.length; at += 16_000) request.push(whole.subarray(at, at + 16_000));
  request.push(null);
  assert.equal(await second, 'end');
  assert.ok(reader.bytes().equals(whole));
  assert.ok(reader.bytes().buffer instanceof SharedArrayBuffer);
});

test('of a large body that comes at once others have their turn in between', async () => {
  const request = requestWith();
  const pieces = 64;
  const reader = new BodyReader(request, new HeldBudget(4 << 20, 0), RATES, pieces * 16_384);
  let turn = 0;
  const perTurn = new Map<number, number>();
  const count = (): void => {
    turn++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const reading = reader.read(4 << 20, () => {
    perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    return false;
  });
  for (let at = 0; at < pieces; at++) request.push(Buffer.alloc(16_384, at));
  request.push(null);
  assert.equal(await reading, 'end');
  clearImmediate(next);
  assert.equal(reader.bytes().length, pieces * 16_384);
  assert.ok(Math.max(...perTurn.values()) <= 17, 'a quarter of a MiB in one turn, and what was on its way');
});

test('a body that is longer than it said is gathered all the same', async () => {
  const request = requestWith();
  const reader = new BodyReader(request, new HeldBudget(1 << 20, 0), RATES, 40_000);
  const reading = reader.read(1 << 20);
  for (let i = 0; i < 3; i++) request.push(Buffer.alloc(20_000, i));
  request.push(null);
  assert.equal(await reading, 'end');
  assert.equal(reader.bytes().length, 60_000);
  assert.equal(reader.bytes()[59_999], 2);
});

test('without room nothing is read; with room it goes on where it stopped', async () => {
  const request = requestWith();
  const budget = new HeldBudget(10, 0);
  const holder = new HeldShare(budget);
  assert.ok(holder.grow(4));
  const reader = new BodyReader(request, budget, RATES, 8);
  const reading = reader.read(50);
  request.push('abcd');
  request.push('efgh');
  request.push(null);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(request.isPaused(), true);
  assert.equal(budget.usedBytes, 4);
  assert.equal(budget.waitingCount, 1);
  holder.release();
  assert.equal(await reading, 'end');
  assert.equal(reader.bytes().toString(), 'abcdefgh');
  assert.equal(budget.usedBytes, 8);
  reader.release();
  assert.equal(budget.usedBytes, 0);
});

test('room that does not come in time says so', async () => {
  const request = requestWith();
  const budget = new HeldBudget(3, 0, 10);
  const reader = new BodyReader(request, budget, RATES);
  const reading = reader.read(50);
  request.push('abcd');
  assert.equal(await reading, 'full');
  reader.release();
  assert.equal(budget.usedBytes, 0);
});

test('a body whose length nobody declared is charged for what came once it is there', async () => {
  const request = requestWith();
  const budget = new HeldBudget(1_000_000, 0);
  const reader = new BodyReader(request, budget, RATES);
  const reading = reader.read(500_000);
  const large = 'x'.repeat(100_000);
  request.push(large);
  request.push(large);
  request.push(null);
  assert.equal(await reading, 'end');
  assert.equal(budget.usedBytes, 200_000);
  reader.release();
  assert.equal(budget.usedBytes, 0);
});

test('a client that goes away while it waits for room is gone from the line', async () => {
  const request = requestWith();
  const budget = new HeldBudget(4, 0);
  const holder = new HeldShare(budget);
  assert.ok(holder.grow(4));
  const reader = new BodyReader(request, budget, RATES);
  const reading = reader.read(50);
  request.destroy();
  assert.equal(await reading, 'aborted');
  reader.release();
  assert.equal(budget.waitingCount, 0);
  holder.release();
  assert.equal(budget.usedBytes, 0);
});

test('a client that goes away ends the reading', async () => {
  const request = requestWith();
  const reader = new BodyReader(request, new HeldBudget(100, 0), RATES);
  const reading = reader.read(50);
  request.push('ab');
  request.destroy();
  assert.equal(await reading, 'aborted');
});

test('a body is announced by its length or its coding', async () => {
  const seen = new Map<string, boolean>();
  const server = createServer((request, response) => {
    seen.set(request.url ?? '', framingOf(request).hasBody);
    request.resume().on('end', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.end(
    'GET /none HTTP/1.1\r\nHost: a\r\n\r\n' +
      'DELETE /length HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok' +
      'POST /zero HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n' +
      'GET /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  );
  for await (const _chunk of socket);
  server.close();
  assert.deepEqual(Object.fromEntries(seen), { '/none': false, '/length': true, '/zero': false, '/chunked': true });
});

test('a client slower than the least rate is let go, one that is waiting for us is not', async () => {
  const rates = new RateWatch(100_000, 20);
  const request = requestWith();
  const reading = new BodyReader(request, new HeldBudget(100, 0), rates).read(50);
  request.push('a');
  assert.equal(await reading, 'slow');
  const looked = Promise.withResolvers<void>();
  let looks = 0;
  rates.add({
    received: () => 0,
    isOurs: () => {
      if (++looks === 3) looked.resolve();
      return true;
    },
    onSlow: () => looked.reject(new Error('it was let go')),
  });
  await looked.promise;
  rates.stop();
});
