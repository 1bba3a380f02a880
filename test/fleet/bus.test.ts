/** The connection to a real bus: what it says when it cannot be had, and that it is found again. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { jetstreamManager } from '@nats-io/jetstream';
import { Bus, type BusState } from '../../fleet/bus.ts';
import { type BusSettings, busPlace, busSettings, readBusUrl } from '../../fleet/bus-settings.ts';
import { COLLECTOR, makeCollector, makeRecordsStream, RECORDS_STREAM } from '../../fleet/streams.ts';
import { afterwards, temporaryFolder } from '../store/samples.ts';
import { missingNats, type NatsServer, type NatsServerOptions, startNatsServer } from '../support/nats-server.ts';
import { pemOf, testAuthority } from '../support/test-certificates.ts';

async function server(t: TestContext, options: NatsServerOptions = {}): Promise<NatsServer> {
  const started = await startNatsServer(options);
  afterwards(t, () => started.stop());
  return started;
}

interface Watched {
  readonly bus: Bus;
  /** Resolves once its state is one of which this holds. */
  until(holds: (state: BusState) => boolean): Promise<void>;
}

function watched(t: TestContext, settings: BusSettings): Watched {
  let look = (): void => {};
  const bus = new Bus(settings, { name: 'test', onState: () => look() });
  afterwards(t, () => bus.close());
  return {
    bus,
    until: (holds) =>
      new Promise((resolve) => {
        look = () => holds(bus.state) && resolve();
        look();
      }),
  };
}

const isConnected = (state: BusState): boolean => state.kind === 'connected';
const isAway =
  (pattern: RegExp) =>
  (state: BusState): boolean =>
    state.kind === 'away' && pattern.test(state.reason);

test('a URL of a bus says where it is, and its place is told without user and password', () => {
  const password = `${randomUUID()}@/:`;
  const read = readBusUrl(`tls://node:${encodeURIComponent(password)}@bus.example,[::1]:4333/`);
  assert.deepEqual(read, {
    servers: [
      { host: 'bus.example', port: 4222 },
      { host: '::1', port: 4333 },
    ],
    isTls: true,
    user: { name: 'node', password },
  });
  assert.equal(busPlace(busSettings(`nats://node:${password.slice(0, 36)}@bus.example`)), 'nats://bus.example:4222');
  for (const bad of [
    'http://bus.example',
    'nats://',
    'nats://user@bus',
    'nats://bus/path',
    'nats://a:%zz@bus',
    'nats://bus:99999',
    'nats://b us',
  ])
    assert.equal(readBusUrl(bad), null, bad);
});

describe('a bus', { skip: missingNats() }, () => {
  test('that is not there yet, and goes away, is connected to each time that it is there', async (t) => {
    const nats = await server(t);
    await nats.kill();
    const { bus, until } = watched(t, busSettings(nats.url));
    await until(isAway(/connection refused/));
    assert.match(bus.problem ?? '', new RegExp(`^the bus at nats://127.0.0.1:${nats.port} does not answer`));
    assert.equal(bus.connection, null);
    await nats.restart();
    await until(isConnected);
    assert.equal(bus.problem, null);
    assert.ok(bus.connection);
    await nats.kill();
    await until(isAway(/./));
    await nats.restart();
    await until(isConnected);
  });

  test('that refuses a password says so, without it', async (t) => {
    const password = randomUUID();
    const nats = await server(t, { user: 'weir', password });
    const wrong = randomUUID();
    const { bus, until } = watched(t, busSettings(`nats://weir:${wrong}@127.0.0.1:${nats.port}`));
    await until(isAway(/refuses user and password/));
    assert.ok(!(bus.problem ?? '').includes(wrong));
    const right = watched(t, busSettings(nats.url));
    await right.until(isConnected);
  });

  test('is trusted by its certificate alone, and names what is wrong with it', async (t) => {
    const folder = temporaryFolder(t);
    const authority = testAuthority(folder);
    const ca = [readFileSync(authority.cert, 'utf8')];
    const nats = await server(t, { tls: { ...authority.sign('bus'), ca: authority.cert } });
    const { cert, key } = pemOf(authority.sign('node'));
    await watched(t, busSettings(nats.url, { ca, certificate: { cert, key } })).until(isConnected);
    await watched(t, busSettings(nats.url)).until(isAway(/no known root has signed/));
    await watched(t, busSettings(nats.url, { ca })).until(isAway(/refuses this node's certificate/));
    const late = pemOf(authority.sign('late', { isExpired: true }));
    await watched(t, busSettings(nats.url, { ca, certificate: late })).until(isAway(/refuses this node's certificate/));
    const old = await server(t, { tls: authority.sign('old', { isExpired: true }) });
    await watched(t, busSettings(old.url, { ca })).until(isAway(/has expired: renew it, or mend this host's clock/));
    const plain = await server(t);
    await watched(t, busSettings(`tls://127.0.0.1:${plain.port}`, { ca })).until(isAway(/does not speak TLS/));
  });

  test('gets its stream and its consumer from whoever comes first', async (t) => {
    const nats = await server(t, { maxStoreBytes: 200 * 2 ** 20 });
    const { bus } = watched(t, busSettings(nats.url));
    const manager = await jetstreamManager(await bus.ready());
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await makeRecordsStream(manager), { kind: 'there' });
      assert.deepEqual(await makeCollector(manager), { kind: 'there' });
    }
    const { config } = await manager.streams.info(RECORDS_STREAM);
    assert.ok(config.max_bytes <= 200 * 2 ** 20 && config.max_bytes >= 64 * 2 ** 20);
    assert.equal((await manager.consumers.info(RECORDS_STREAM, COLLECTOR)).config.ack_policy, 'explicit');
  });
});
