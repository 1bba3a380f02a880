/** Conversations of several proxies over a real bus: one set of tokens, nothing in clear, and labels while the bus is away. */
import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { WantedTokens } from '../../engine/transform/conversation.ts';
import { CONVERSATIONS_BUCKET, ConversationBucket } from '../../fleet/conversation-bucket.ts';
import { conversationSeal } from '../../fleet/conversation-seal.ts';
import type { ConversationRecord } from '../../flow/conversation-record.ts';
import { ConversationMap } from '../../proxy/conversation-map.ts';
import { FleetConversations } from '../../proxy/fleet-conversations.ts';
import { newUlid } from '../../store/ulid.ts';
import { afterwards } from '../store/samples.ts';
import { missingNats, type NatsServer, startNatsServer } from '../support/nats-server.ts';
import { filesHolding } from '../support/planted.ts';

const skip = missingNats();
const KEY = createSecretKey(randomBytes(32));
const DIGEST = 'digest:hello';

function wanted(...values: string[]): WantedTokens {
  return { literals: [], values: values.map((value) => ({ entity: 'PERSON', value })) };
}

interface Proxy {
  readonly holder: FleetConversations;
  readonly local: ConversationMap;
  readonly connection: NatsConnection;
  readonly problems: (string | null)[];
  readonly records: ConversationRecord[];
}

interface Given {
  readonly key?: typeof KEY;
  readonly waitMs?: number;
  readonly now?: () => number;
  readonly restore?: readonly ConversationRecord[];
}

async function proxy(t: TestContext, bus: NatsServer, given: Given = {}): Promise<Proxy> {
  const connection = await connect({ servers: bus.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  afterwards(t, () => connection.close());
  const { key = KEY, waitMs = 30_000, now = Date.now, restore = [] } = given;
  const records: ConversationRecord[] = [];
  const local = new ConversationMap({ now, newId: newUlid, record: (one) => void records.push(one) });
  local.restore(restore);
  let isAway = false;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') isAway = true;
      if (type === 'reconnect') isAway = false;
    }
  })();
  const shared = new ConversationBucket({
    connection: () => (isAway ? null : connection),
    seal: conversationSeal(() => [key]),
    ...{ waitMs, maxBytes: 64 * 1024 * 1024, now },
  });
  const problems: (string | null)[] = [];
  const onReach = (problem: string | null): void => void problems.push(problem);
  const holder = new FleetConversations({ local, shared, waitMs, now, newId: newUlid, onReach });
  return { holder, local, connection, problems, records };
}

async function bus(t: TestContext): Promise<NatsServer> {
  const server = await startNatsServer();
  afterwards(t, () => server.stop());
  return server;
}

async function messages({ connection }: Proxy): Promise<number> {
  const { jetstreamManager } = await import('@nats-io/jetstream');
  return (await (await jetstreamManager(connection)).streams.info(`KV_${CONVERSATIONS_BUCKET}`)).state.last_seq;
}

test('a token is good at every proxy, and a turn that needs no new one asks nobody', { skip }, async (t) => {
  const server = await bus(t);
  const [a, b] = [await proxy(t, server), await proxy(t, server)];
  assert.deepEqual(await a.holder.issue(DIGEST, wanted('Alice'), false), new Map([['<PERSON_1>', 'Alice']]));
  const second = await b.holder.issue(DIGEST, wanted('Alice', 'Bob'), false);
  assert.deepEqual(
    [...second],
    [
      ['<PERSON_1>', 'Alice'],
      ['<PERSON_2>', 'Bob'],
    ],
  );
  const written = await messages(a);
  // At once: no promise, so nothing was waited for.
  assert.deepEqual(
    b.holder.issue(DIGEST, wanted('Bob', 'Alice'), false),
    new Map([
      ['<PERSON_2>', 'Bob'],
      ['<PERSON_1>', 'Alice'],
    ]),
  );
  const third = await a.holder.issue(DIGEST, wanted('Alice', 'Bob', 'Carol'), false);
  assert.deepEqual([...third.values()], ['Alice', 'Bob', 'Carol']);
  assert.deepEqual([...third.keys()], ['<PERSON_1>', '<PERSON_2>', '<PERSON_3>']);
  assert.equal(await messages(a), written + 1);
  // Literals whose numbers are kept free are so everywhere.
  const literal = { literals: ['<PERSON_4>'], values: [] };
  await b.holder.issue(DIGEST, literal, false);
  assert.deepEqual([...(await a.holder.issue(DIGEST, wanted('Dora'), false)).keys()], ['<PERSON_5>']);
  assert.ok([...a.problems, ...b.problems].every((problem) => problem === null));
});

test('by an id the whole conversation is found, with what others have added, and by the ids of its answers', {
  skip,
}, async (t) => {
  const server = await bus(t);
  const [a, b] = [await proxy(t, server), await proxy(t, server)];
  await a.holder.issue('id:thread', wanted('Alice'), true);
  assert.deepEqual([...(await b.holder.tokensOf('id:thread'))], [['<PERSON_1>', 'Alice']]);
  await b.holder.issue('id:thread', wanted('Bob'), true);
  await b.holder.name('id:answer-2', 'id:thread');
  // A has it, and is told of what B has added.
  assert.deepEqual([...(await a.holder.tokensOf('id:thread')).values()], ['Alice', 'Bob']);
  assert.deepEqual(
    [...(await a.holder.issue('id:answer-2', wanted('Carol'), true)).keys()],
    ['<PERSON_1>', '<PERSON_2>', '<PERSON_3>'],
  );
  assert.deepEqual([...(await b.holder.tokensOf('id:thread')).values()], ['Alice', 'Bob', 'Carol']);
  assert.equal((await b.holder.tokensOf('id:nobody')).size, 0);
});

test('of proxies that add to one conversation at once none gives a token to two values', { skip }, async (t) => {
  const server = await bus(t);
  const proxies = await Promise.all([proxy(t, server), proxy(t, server), proxy(t, server)]);
  const given = await Promise.all(
    Array.from({ length: 60 }, async (_, at) => {
      const one = proxies[at % 3] ?? assert.fail();
      return [...(await one.holder.issue(DIGEST, wanted(`writer ${at % 20}`, `only ${at}`), false))];
    }),
  );
  const values = new Map<string, string>();
  for (const [token, value] of given.flat()) {
    assert.equal(values.get(token) ?? value, value, token);
    values.set(token, value);
  }
  // And no value has two tokens.
  assert.equal(new Set(values.values()).size, values.size);
  assert.equal(values.size, 80);
});

test('what lies on the bus tells neither values nor who speaks', { skip }, async (t) => {
  const server = await bus(t);
  const a = await proxy(t, server);
  const value = ['alice.archer', 'northmill-works.com'].join('@');
  await a.holder.issue('id:session-of-alice', wanted(value), true);
  await a.holder.name('id:resp-of-alice', 'id:session-of-alice');
  await server.kill('SIGTERM');
  assert.deepEqual(filesHolding(server.folder, [value, 'alice', 'PERSON', 'session-of', 'resp-of', 'reserved']), []);
  // They would be found: the names of the bucket are.
  assert.ok(filesHolding(server.folder, [CONVERSATIONS_BUCKET]).length > 0);
  await server.restart();
  // Another key finds nothing, and does no harm to what is there.
  const stranger = await proxy(t, server, { key: createSecretKey(randomBytes(32)) });
  assert.equal((await stranger.holder.tokensOf('id:session-of-alice')).size, 0);
  const b = await proxy(t, server);
  assert.deepEqual([...(await b.holder.tokensOf('id:resp-of-alice')).values()], [value]);
});

test('while the bus is away what has a token keeps it and nothing gets a new one; then it goes on', {
  skip,
}, async (t) => {
  const server = await bus(t);
  const [a, b] = [await proxy(t, server, { waitMs: 2000 }), await proxy(t, server, { waitMs: 2000 })];
  await a.holder.issue(DIGEST, wanted('Alice'), false);
  await server.kill();
  assert.deepEqual([...(await a.holder.issue(DIGEST, wanted('Alice', 'Bob'), false))], [['<PERSON_1>', 'Alice']]);
  assert.equal((await b.holder.issue(DIGEST, wanted('Alice'), false)).size, 0);
  assert.equal(typeof a.problems.at(-1), 'string');
  assert.ok(!JSON.stringify([a.problems, b.problems]).includes('Alice'));
  assert.deepEqual([...(await a.holder.tokensOf(DIGEST)).values()], ['Alice']);
  await server.restart();
  const deadline = Date.now() + 60_000;
  for (;;) {
    const issued = await b.holder.issue(DIGEST, wanted('Alice', 'Bob'), false);
    if (issued.size === 2) {
      assert.deepEqual([...issued.keys()], ['<PERSON_1>', '<PERSON_2>']);
      break;
    }
    assert.ok(Date.now() < deadline, 'it does not come back');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.equal(b.problems.at(-1), null);
});

test('a bus that hangs holds a call up once, not all of them one after the other', { skip }, async (t) => {
  const server = await bus(t);
  const a = await proxy(t, server, { waitMs: 1000 });
  await a.holder.issue(DIGEST, wanted('Alice'), false);
  process.kill(server.pid, 'SIGSTOP');
  try {
    const since = performance.now();
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, at) => a.holder.issue(DIGEST, wanted(`new ${at}`), false)),
    );
    assert.ok(all.every((issued) => issued.size === 0));
    // One after the other they would take 40 s.
    assert.ok(performance.now() - since < 30_000);
    assert.match(String(a.problems[1]), /did not answer within 1000 ms/);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
});

test('what was issued alone, or before a restart, goes on; what the fleet has lost it gets again', {
  skip,
}, async (t) => {
  const server = await bus(t);
  const a = await proxy(t, server);
  a.local.issue(DIGEST, wanted('Alice'), false);
  assert.deepEqual([...(await a.holder.issue(DIGEST, wanted('Bob'), false)).keys()], ['<PERSON_2>']);
  const b = await proxy(t, server);
  assert.deepEqual([...(await b.holder.issue(DIGEST, wanted('Alice'), false)).keys()], ['<PERSON_1>']);
  const again = await proxy(t, server, { restore: a.records });
  assert.deepEqual([...(await again.holder.issue(DIGEST, wanted('Carol'), false)).keys()], ['<PERSON_3>']);
  const { jetstreamManager } = await import('@nats-io/jetstream');
  await (await jetstreamManager(a.connection)).streams.purge(`KV_${CONVERSATIONS_BUCKET}`);
  assert.deepEqual(
    [...(await b.holder.issue(DIGEST, wanted('Carol', 'Dora'), false)).keys()],
    ['<PERSON_3>', '<PERSON_4>'],
  );
});

test('what is in use is kept for another day', { skip }, async (t) => {
  const server = await bus(t);
  let now = Date.now();
  const a = await proxy(t, server, { now: () => now });
  await a.holder.issue(DIGEST, wanted('Alice'), false);
  const written = await messages(a);
  now += 2 * 3_600_000;
  assert.deepEqual(a.holder.issue(DIGEST, wanted('Alice'), false), new Map([['<PERSON_1>', 'Alice']]));
  // Behind the noting of the use, which nobody waits for.
  await a.holder.tokensOf(DIGEST);
  assert.equal(await messages(a), written + 2);
});

test('under a new key of the fleet, what was sealed under the one before is found', { skip }, async (t) => {
  const server = await bus(t);
  const a = await proxy(t, server);
  await a.holder.issue(DIGEST, wanted('Alice'), false);
  const connection = a.connection;
  const next = createSecretKey(randomBytes(32));
  const shared = new ConversationBucket({
    connection: () => connection,
    seal: conversationSeal(() => [next, KEY]),
    ...{ waitMs: 30_000, maxBytes: 1024 * 1024, now: Date.now },
  });
  const found = await shared.find(DIGEST);
  assert.deepEqual([...(found?.content?.tokens ?? [])], [['<PERSON_1>', 'Alice']]);
  assert.ok(found !== null && found.content !== null);
  assert.equal(typeof (await shared.save(found.id, found.content, found.revision)), 'number');
});

test('a conversation larger than the bus takes gets no further tokens', { skip }, async (t) => {
  const server = await bus(t);
  const a = await proxy(t, server);
  await a.holder.issue(DIGEST, wanted('Alice'), false);
  const issued = await a.holder.issue(DIGEST, wanted('Alice', 'x'.repeat(1_100_000)), false);
  assert.deepEqual([...issued], [['<PERSON_1>', 'Alice']]);
  assert.match(String(a.problems.at(-1)), /more tokens than the bus takes/);
});
