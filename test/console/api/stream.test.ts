import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { Visitor } from '../../../console/api/sign-in.ts';
import { LiveStream, type Snapshot, type Update } from '../../../console/api/stream.ts';
import { afterwards } from '../../store/samples.ts';

const VISITOR: Visitor = {
  name: 'alice',
  role: 'viewer',
  session: 'a',
  token: null,
  expires: null,
  from: 'token',
  key: 'session a',
};
const SNAPSHOT: Snapshot = {
  kind: 'snapshot',
  totals: { calls: 5, blocked: 1 },
  openReviews: { value: 1, isExact: true },
  health: { isReady: true, parts: [] },
  policies: 'p',
};

function update(calls: number, filler = ''): Update {
  return {
    kind: 'update',
    events: [],
    skipped: 0,
    calls,
    blocked: 0,
    edges: filler === '' ? [] : [filler],
    reviewed: [],
    health: null,
    policies: null,
  };
}

interface Heard {
  readonly id: string;
  readonly message: Snapshot | Update;
}

/** One client: what it heard so far, and a wait for more. */
interface Client {
  readonly heard: Heard[];
  readonly answer: IncomingMessage;
  until(count: number): Promise<void>;
  readonly ended: Promise<void>;
  close(): void;
}

async function started(t: TestContext, change: Partial<ConstructorParameters<typeof LiveStream>[0]> = {}) {
  const heardFrom: number[] = [];
  const stream = new LiveStream({
    snapshot: async () => SNAPSHOT,
    isStillIn: () => true,
    onHeard: () => heardFrom.push(1),
    ...change,
  });
  let visitor = VISITOR;
  const server = createServer((request, response) => stream.open(request, response, visitor));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(t, () => {
    stream.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connect = (lastId: string | null = null, isReading = true): Promise<Client> =>
    new Promise((resolve, reject) => {
      const headers = lastId === null ? {} : { 'last-event-id': lastId };
      const asking = get({ port, host: '127.0.0.1', path: '/', headers, agent: false }, (answer) => {
        const heard: Heard[] = [];
        const waiting = new Set<() => void>();
        let text = '';
        const ended = new Promise<void>((end) => answer.once('close', end));
        answer.on('error', () => {});
        if (isReading) {
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
            const blocks = text.split('\n\n');
            text = blocks.pop() ?? '';
            for (const block of blocks) {
              const id = /^id: (.*)$/m.exec(block)?.[1];
              const data = /^data: (.*)$/m.exec(block)?.[1];
              if (id !== undefined && data !== undefined) heard.push({ id, message: JSON.parse(data) });
            }
            for (const look of [...waiting]) look();
          });
        }
        const until = (count: number): Promise<void> =>
          new Promise((done) => {
            const look = (): void => {
              if (heard.length < count) return;
              waiting.delete(look);
              done();
            };
            waiting.add(look);
            look();
          });
        resolve({ heard, answer, until, ended, close: () => asking.destroy() });
      });
      asking.on('error', reject);
    });
  return {
    stream,
    connect,
    heardFrom,
    as: (one: Visitor) => {
      visitor = one;
    },
  };
}

test('a client begins with a snapshot and then gets every update', async (t) => {
  const { stream, connect } = await started(t);
  const client = await connect();
  await client.until(1);
  assert.equal(client.answer.headers['content-type'], 'text/event-stream');
  stream.publish(update(1));
  stream.publish(update(2));
  await client.until(3);
  assert.deepEqual(
    client.heard.map(({ message }) => message.kind),
    ['snapshot', 'update', 'update'],
  );
});

test('whoever comes back gets exactly what was missed, and a snapshot where that is not at hand', async (t) => {
  const { stream, connect } = await started(t);
  const other = await connect();
  const first = await connect();
  await first.until(1);
  stream.publish(update(1));
  await first.until(2);
  const last = first.heard.at(-1)?.id ?? '';
  first.close();
  stream.publish(update(2));
  stream.publish(update(3));
  const back = await connect(last);
  await back.until(2);
  assert.deepEqual(
    back.heard.map(({ message }) => ('calls' in message ? message.calls : message.kind)),
    [2, 3],
  );
  const [epoch = ''] = last.split('.');
  for (const id of ['x.1', `${epoch}.999`, `${epoch}.-1`, epoch, `${epoch}.1e1`, '../..']) {
    const client = await connect(id);
    await client.until(1);
    assert.equal(client.heard[0]?.message.kind, 'snapshot', id);
  }
  for (let i = 0; i < 300; i++) stream.publish(update(i));
  const late = await connect(last);
  await late.until(1);
  assert.equal(late.heard[0]?.message.kind, 'snapshot');
  other.close();
});

test('after a time in which nobody listened there is a gap, which a snapshot closes', async (t) => {
  const { stream, connect, heardFrom } = await started(t, { lingerMs: 20 });
  const first = await connect();
  await first.until(1);
  const last = first.heard[0]?.id ?? '';
  first.close();
  while (stream.isHeard) await new Promise((resolve) => setTimeout(resolve, 5));
  const back = await connect(last);
  await back.until(1);
  assert.equal(back.heard[0]?.message.kind, 'snapshot');
  assert.equal(heardFrom.length, 2);
});

test('a client that does not keep up gets a snapshot instead of what it missed', async (t) => {
  const { stream, connect } = await started(t);
  const slow = await connect(null, false);
  const quick = await connect();
  await quick.until(1);
  const filler = 'x'.repeat(200_000);
  for (let i = 0; i < 120; i++) {
    stream.publish(update(i, filler));
    await new Promise((resolve) => setImmediate(resolve));
  }
  stream.publish(update(1000));
  let text = '';
  const caughtUp = new Promise<void>((resolve) => {
    slow.answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.split('"kind":"snapshot"').length > 2) resolve();
    });
  });
  await caughtUp;
  assert.ok(text.split('"kind":"update"').length < 120, 'it got them all');
});

test('a client that takes nothing at all is let go', async (t) => {
  const { stream, connect } = await started(t, { heartbeatMs: 20 });
  for (let i = 0; i < 10; i++) await connect(null, false);
  assert.equal((await connect()).answer.statusCode, 429);
  // More than the system keeps for a connection.
  for (let i = 0; i < 200; i++) {
    stream.publish(update(i, 'x'.repeat(200_000)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  // There is room again once they are gone.
  while ((await connect()).answer.statusCode === 429) await new Promise((resolve) => setTimeout(resolve, 20));
});

test('a session that ended ends its streams, and there are only so many', async (t) => {
  let isIn = true;
  const { connect } = await started(t, { heartbeatMs: 20, isStillIn: () => isIn });
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect()));
  const more = await connect();
  assert.equal(more.answer.statusCode, 429);
  isIn = false;
  for (const { answer, ended } of clients) {
    answer.resume();
    await ended;
  }
});
