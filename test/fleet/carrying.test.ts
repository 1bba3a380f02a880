/** From outboxes over a real bus into a store: each record once, in its chain, whatever goes away in between. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Bus } from '../../fleet/bus.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { Carrier } from '../../fleet/carrier.ts';
import { Collector } from '../../fleet/collector.ts';
import { DEAD_LETTERS, TRIES } from '../../fleet/dead-letters.ts';
import { startCarrier } from '../../fleet/start-carrier.ts';
import { StoreTarget } from '../../fleet/store-target.ts';
import { StreamTarget } from '../../fleet/stream-target.ts';
import { makeRecordsStream, RECORDS_STREAM, subjectOf } from '../../fleet/streams.ts';
import type { ChainFault } from '../../store/arrival.ts';
import { type Home, openHome } from '../../store/home.ts';
import { type Outbox, openOutbox } from '../../store/outbox.ts';
import { OutboxQueue } from '../../store/outbox-queue.ts';
import { afterwards, closingOf, sampleEvent, temporaryFolder } from '../store/samples.ts';
import { ArrivedInMemory } from '../support/arrived-in-memory.ts';
import { missingNats, type NatsServer, type NatsServerOptions, startNatsServer } from '../support/nats-server.ts';

interface Node {
  readonly home: Home;
  readonly outbox: Outbox;
  readonly carrier: Carrier;
  readonly problems: string[];
  readonly ids: string[];
  record(count: number, more?: { readonly reason?: string }): void;
}

async function server(t: TestContext, options: NatsServerOptions = {}): Promise<NatsServer> {
  const nats = await startNatsServer(options);
  afterwards(t, () => nats.stop());
  return nats;
}

function busOf(t: TestContext, nats: NatsServer): Bus {
  const bus = new Bus(busSettings(nats.url), { name: 'test' });
  afterwards(t, () => bus.close());
  return bus;
}

function node(t: TestContext, to: (queue: OutboxQueue, home: Home) => ConstructorParameters<typeof Carrier>[1]): Node {
  const home = openHome(temporaryFolder(t), 'outbox');
  const problems: string[] = [];
  const ids: string[] = [];
  const outbox = openOutbox(home, { maxBytes: null, onProblem: (line) => problems.push(line) });
  const queue = new OutboxQueue(home);
  const carrier = new Carrier(queue, to(queue, home), (line) => problems.push(line));
  afterwards(t, async () => {
    await carrier.close(1000);
    outbox.close();
  });
  const record: Node['record'] = (count, more = {}) => {
    const entries = Array.from({ length: count }, () => ({
      ...closingOf(sampleEvent(more)),
      excerpt: null,
      review: null,
    }));
    ids.push(...entries.map(({ event }) => event.id));
    outbox.append(entries, { observations: entries[0]?.edges ?? [] });
  };
  return { home, outbox, carrier, problems, ids, record };
}

function onBus(t: TestContext, nats: NatsServer): Node {
  const bus = busOf(t, nats);
  return node(t, (queue) => new StreamTarget(bus, () => queue.head()?.writer ?? 'new'));
}

interface Collecting {
  readonly collector: Collector;
  readonly home: string;
  readonly faults: ChainFault[];
  readonly buried: string[];
  readonly problems: string[];
}

function collecting(t: TestContext, nats: NatsServer, store: ArrivedInMemory): Collecting {
  const home = temporaryFolder(t);
  const [faults, buried, problems]: [ChainFault[], string[], string[]] = [[], [], []];
  const collector = new Collector({
    bus: busOf(t, nats),
    store,
    home,
    onFaults: (found) => faults.push(...found),
    onBuried: (id) => buried.push(id),
    onProblem: (line) => problems.push(line),
    againMs: 5,
  });
  afterwards(t, () => collector.close());
  return { collector, home, faults, buried, problems };
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < limit, what);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const isEmpty = ({ carrier }: Node): boolean => carrier.state().waiting === 0;
const hasAll = (store: ArrivedInMemory, nodes: readonly Node[]) => (): boolean =>
  nodes.every(({ ids }) => ids.every((id) => store.records.has(id)));

describe('a fleet', { skip: missingNats() }, () => {
  test('two nodes and two collectors: each record is stored once, and leaves outbox and bus', async (t) => {
    const nats = await server(t);
    const store = new ArrivedInMemory();
    const nodes = [onBus(t, nats), onBus(t, nats)];
    const all = [collecting(t, nats, store), collecting(t, nats, store)];
    for (let i = 0; i < 10; i++) for (const one of nodes) one.record(100);
    await until(hasAll(store, nodes), 'all are stored');
    await until(() => nodes.every(isEmpty), 'the outboxes are empty');
    assert.equal(store.records.size, 2000);
    assert.equal(store.observed.size, 20);
    const manager = await jetstreamManager(await busOf(t, nats).ready());
    await until(async () => (await manager.streams.info(RECORDS_STREAM)).state.messages === 0, 'the bus is empty');
    await until(
      () => new Set(store.heads.map(({ writer }) => writer)).size === 2,
      'both have said where their chain ends',
    );
    assert.deepEqual(
      all.flatMap(({ faults, buried }) => [...faults, ...buried]),
      [],
    );
  });

  test('a running carrier takes another bus, and empties what waited into it', async (t) => {
    const nats = await server(t);
    const home = openHome(temporaryFolder(t), 'outbox');
    const problems: string[] = [];
    const outbox = openOutbox(home, { maxBytes: null, onProblem: (line) => problems.push(line) });
    afterwards(t, () => outbox.close());
    const entries = Array.from({ length: 20 }, () => ({ ...closingOf(sampleEvent()), excerpt: null, review: null }));
    outbox.append(entries);
    // Nothing listens on port 1.
    const settings = busSettings('nats://127.0.0.1:1');
    const carrier = startCarrier(home, { kind: 'bus', settings, node: 'n', name: 'test' }, (line) =>
      problems.push(line),
    );
    afterwards(t, () => carrier.close(1000));
    await until(() => carrier.problem !== null, 'the first bus is away');
    carrier.take(busSettings(nats.url));
    const store = new ArrivedInMemory();
    collecting(t, nats, store);
    await until(() => entries.every(({ event }) => store.records.has(event.id)), 'all are stored');
    const waiting = () => carrier.figures.find(({ name }) => name === 'weir_outbox_records')?.value;
    await until(() => carrier.problem === null && waiting() === 0, 'it says so');
  });

  test('a bus that goes and comes back, and a store that is away, hold nothing up for good', async (t) => {
    const nats = await server(t);
    const store = new ArrivedInMemory();
    const one = onBus(t, nats);
    const { collector, problems } = collecting(t, nats, store);
    one.record(50);
    await until(hasAll(store, [one]), 'the first are stored');
    await nats.kill();
    one.record(50);
    await until(
      () => one.problems.some((line) => line.includes('records wait in the outbox: the bus at')),
      'it is said that the bus is away',
    );
    store.isAway = true;
    await nats.restart();
    await until(() => isEmpty(one), 'the bus has them');
    one.record(10);
    await until(() => collector.storeProblem !== null, 'the store is away');
    store.isAway = false;
    await until(hasAll(store, [one]), 'all are stored');
    assert.equal(store.records.size, 110);
    assert.ok(
      problems.includes('records wait on the bus: the store is away') && problems.at(-1) === 'records are stored again',
    );
  });

  test('a server that stands still for a while costs nothing', async (t) => {
    const nats = await server(t);
    const store = new ArrivedInMemory();
    const one = onBus(t, nats);
    collecting(t, nats, store);
    one.record(10);
    await until(hasAll(store, [one]), 'the first are stored');
    process.kill(nats.pid, 'SIGSTOP');
    one.record(500);
    // Longer than acknowledgements are waited for: they are sent once more.
    await until(() => one.problems.length > 0, 'nothing is acknowledged');
    process.kill(nats.pid, 'SIGCONT');
    await until(hasAll(store, [one]), 'all are stored');
    await until(() => isEmpty(one), 'the outbox is empty');
    assert.equal(store.records.size, 510);
  });

  test('a record that no store takes is tried five times, buried with its text, and holds up no other', async (t) => {
    const nats = await server(t);
    const store = new ArrivedInMemory();
    const one = onBus(t, nats);
    one.record(40);
    const [named = '', unnamed = ''] = [one.ids[7], one.ids[20]];
    store.refusing.set(named, 0);
    const { home, buried } = collecting(t, nats, store);
    await until(() => buried.includes(named), 'it is buried');
    assert.equal(store.refusing.get(named), TRIES);
    store.isNaming = false;
    one.record(40);
    const last = one.ids.at(-1) ?? unnamed;
    store.refusing.set(last, 0);
    await until(() => buried.includes(last), 'one that is not named is found');
    await until(() => store.records.size === 78, 'all others are stored');
    const letters = readFileSync(join(home, DEAD_LETTERS), 'utf8').trim().split('\n');
    assert.deepEqual(
      letters.map((line) => JSON.parse(JSON.parse(line).text).id),
      [named, last],
    );
    assert.equal(statSync(join(home, DEAD_LETTERS)).mode & 0o077, 0);
  });

  test('what no node has written goes to the dead letters at once; a second record of a place is kept out and told', async (t) => {
    const nats = await server(t);
    const store = new ArrivedInMemory();
    const one = onBus(t, nats);
    const { home, faults, buried } = collecting(t, nats, store);
    one.record(3);
    await until(hasAll(store, [one]), 'its records are stored');
    const connection = await busOf(t, nats).ready();
    const stream = jetstream(connection);
    await stream.publish(subjectOf('records', 'mallory'), 'not a record', { msgID: 'bad' });
    const [first] = [...store.records.values()];
    assert.ok(first !== undefined);
    const forked = { ...first, core: first.core.replace(first.id, 'A'.repeat(26)), id: 'A'.repeat(26), edges: [] };
    await stream.publish(subjectOf('records', 'mallory'), JSON.stringify(forked), { msgID: forked.id });
    await until(() => faults.length > 0 && buried.length > 0, 'both are told');
    assert.deepEqual([faults[0]?.kind, faults[0]?.ids, buried], ['fork', ['A'.repeat(26)], ['bad']]);
    assert.match(readFileSync(join(home, DEAD_LETTERS), 'utf8'), /kept out of its chain/);
    assert.equal(store.records.size, 3);
  });

  test('a record larger than a message of the bus is deflated, and one that does not fit then stays and is named', async (t) => {
    const nats = await server(t, { more: 'max_payload: 65536' });
    const store = new ArrivedInMemory();
    const one = onBus(t, nats);
    collecting(t, nats, store);
    one.record(1, { reason: 'long '.repeat(20_000) });
    await until(hasAll(store, [one]), 'the long one is stored');
    const noise = Array.from({ length: 20_000 }, () => Math.random().toString(36).slice(2)).join('');
    one.record(1, { reason: noise });
    one.record(5);
    await until(() => store.records.size === 6, 'the others are stored');
    assert.match(one.problems.join('\n'), /stays in the outbox: it is larger than a message of the bus may be/);
    assert.equal(one.carrier.state().held, 1);
  });

  test('a stream that is full refuses, and its records stay with the node', async (t) => {
    const nats = await server(t);
    const bus = busOf(t, nats);
    const manager = await jetstreamManager(await bus.ready());
    await makeRecordsStream(manager);
    await manager.streams.update(RECORDS_STREAM, { max_bytes: 120_000 });
    const one = onBus(t, nats);
    one.record(100);
    await until(() => one.problems.some((line) => line.includes(`${RECORDS_STREAM} is full`)), 'it is full');
    const waiting = one.carrier.state().waiting;
    assert.ok(waiting > 10 && waiting < 101, `${waiting} wait`);
    const store = new ArrivedInMemory();
    collecting(t, nats, store);
    await until(hasAll(store, [one]), 'all are stored');
  });
});

test('without a bus a node hands its records to the store itself', async (t) => {
  const store = new ArrivedInMemory();
  const buried: string[] = [];
  const one = node(
    t,
    (_, home) =>
      new StoreTarget(store, {
        home: home.path,
        onFaults: (faults) => assert.deepEqual(faults, []),
        onBuried: (id) => buried.push(id),
      }),
  );
  store.isAway = true;
  one.record(20);
  await until(() => one.problems.includes('records wait in the outbox: the store is away'), 'it is away');
  const bad = one.ids[3] ?? '';
  store.refusing.set(bad, 0);
  store.isAway = false;
  await until(() => isEmpty(one), 'all have gone');
  assert.deepEqual([buried, store.records.size, store.observed.size], [[bad], 19, 1]);
  await until(() => store.heads.length > 0, 'it has said where its chain ends');
});
