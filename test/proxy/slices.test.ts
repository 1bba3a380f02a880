/** Large bodies leave in slices, and others have their turn between two of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CallResponse } from '../../proxy/http1/call-response.ts';
import { readRequestHead } from '../../proxy/http1/request-head.ts';
import { endWith, inSlices, MAX_AT_ONCE_BYTES, SLICE_BYTES } from '../../proxy/slices.ts';

const BODY = Buffer.from(Array.from({ length: 4 * MAX_AT_ONCE_BYTES + 5 }, (_, at) => at % 251));

async function socketPair(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

/** How many turns the loop has made so far, until stopped. */
function countTurns(): { count: number; stop(): void } {
  const turns = { count: 0, stop: () => clearImmediate(next) };
  const turn = (): void => {
    turns.count++;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  return turns;
}

test('a large body is handed on slice by slice, not copied, each in a turn of its own', async (t) => {
  const turns = countTurns();
  t.after(() => turns.stop());
  const seen: number[] = [];
  let at = 0;
  await new Promise<void>((resolve, reject) => {
    inSlices(BODY)
      .on('data', (slice: Buffer) => {
        assert.ok(slice.length <= SLICE_BYTES);
        assert.equal(slice.buffer, BODY.buffer);
        assert.equal(slice.byteOffset, BODY.byteOffset + at);
        at += slice.length;
        seen.push(turns.count);
      })
      .on('end', resolve)
      .on('error', reject);
  });
  assert.equal(at, BODY.length);
  assert.equal(new Set(seen).size, seen.length, 'no two slices in one turn');
});

test('a large answer is written in slices as the client takes it, and ends with its last byte', async (t) => {
  const { near, far } = await socketPair(t);
  const head = readRequestHead(Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'), 1000);
  assert.ok(head !== null);
  let answers = 0;
  const connection = { socket: near, keepMs: 1000, answered: () => void answers++, received: () => {} };
  const response = new CallResponse(head, connection);
  const turns = countTurns();
  t.after(() => turns.stop());
  const written: { bytes: number; turn: number }[] = [];
  const write = response.write.bind(response);
  response.write = (bytes) => {
    written.push({ bytes: bytes.length, turn: turns.count });
    return write(bytes);
  };
  const received: Buffer[] = [];
  let size = 0;
  const isThere = new Promise<void>((resolve) => {
    far.on('data', (bytes: Buffer) => {
      received.push(bytes);
      size += bytes.length;
      if (size >= BODY.length && Buffer.concat(received).subarray(-5).equals(BODY.subarray(-5))) resolve();
    });
  });
  response.writeHead(200, ['Content-Length', String(BODY.length)]);
  await endWith(response, BODY);
  assert.equal(answers, 1);
  await isThere;
  const all = Buffer.concat(received);
  assert.ok(all.subarray(all.indexOf('\r\n\r\n') + 4).equals(BODY));
  assert.ok(written.length >= BODY.length / SLICE_BYTES - 1);
  assert.ok(written.every(({ bytes }) => bytes <= SLICE_BYTES));
  assert.equal(new Set(written.map(({ turn }) => turn)).size, written.length, 'no two slices in one turn');
});

test('a client that goes away in between ends the writing', async (t) => {
  const { near, far } = await socketPair(t);
  const head = readRequestHead(Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'), 1000);
  assert.ok(head !== null);
  const connection = { socket: near, keepMs: 1000, answered: () => assert.fail('not all of it'), received: () => {} };
  const response = new CallResponse(head, connection);
  near.on('error', () => {}).on('close', () => response.broken());
  response.writeHead(200, ['Content-Length', String(16 * BODY.length)]);
  // More than the system keeps for a reader that does not read.
  const ending = endWith(response, Buffer.alloc(16 * BODY.length));
  far.pause();
  setImmediate(() => far.destroy());
  await ending;
  assert.ok(response.destroyed);
});
