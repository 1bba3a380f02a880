/** A real nats-server that knows nodes by the fleet's certificates. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Bus } from '../../../fleet/bus.ts';
import { busSettings } from '../../../fleet/bus-settings.ts';
import { busUsers } from '../../../fleet/enrolment/bus-users.ts';
import { NodeFiles } from '../../../fleet/enrolment/node-files.ts';
import { stillUnderOld } from '../../../fleet/enrolment/rotation.ts';
import { NodeReporting, readNodeReports } from '../../../fleet/node-reports.ts';
import { publishOnBus } from '../../../fleet/policy-shelf.ts';
import { COLLECTOR, makeCollector, makeRecordsStream, RECORDS_STREAM } from '../../../fleet/streams.ts';
import { NO_COUNTS } from '../../../flow/node-report.ts';
import { pemOf, signServer } from '../../../keys/certificate.ts';
import type { Home } from '../../../store/home.ts';
import { afterwards, temporaryFolder } from '../../store/samples.ts';
import { missingNats, startNatsServer } from '../../support/nats-server.ts';
import { HOUR_MS, startFleet, type TestFleet } from './fleet-place.ts';

interface TestBus {
  readonly url: string;
  /** Writes the users, and whom the server trusts, anew and has it read them. */
  reload(): void;
  /** Another certificate of its own, under the authority that issues now. */
  certify(): void;
}

async function startBus(t: TestContext, fleet: TestFleet): Promise<TestBus> {
  const folder = temporaryFolder(t);
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const files = { cert: join(folder, 'bus.pem'), key: join(folder, 'bus.key'), ca: join(folder, 'bus.ca.pem') };
  const certify = (): void => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    writeFileSync(files.cert, pemOf(signServer(['127.0.0.1', 'localhost'], publicKey, fleet.files.issuer(), validity)));
    writeFileSync(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  };
  certify();
  writeFileSync(files.ca, fleet.files.trustedPem());
  const tls = `tls { cert_file: "${files.cert}", key_file: "${files.key}", ca_file: "${files.ca}", verify_and_map: true }`;
  const before = busUsers(fleet.files.nodes());
  const server = await startNatsServer({ more: `${tls}\n${before}` });
  afterwards(t, () => server.stop());
  return {
    url: `tls://127.0.0.1:${server.port}`,
    certify,
    reload: () => {
      writeFileSync(files.ca, fleet.files.trustedPem());
      const file = join(server.folder, 'nats.conf');
      writeFileSync(file, readFileSync(file, 'utf8').replace(before, busUsers(fleet.files.nodes())));
      process.kill(server.pid, 'SIGHUP');
    },
  };
}

function busOf(t: TestContext, { url }: TestBus, home: Home): Bus {
  const { cert, key, ca, name } = new NodeFiles(home.path).identity() ?? assert.fail('has not joined');
  const bus = new Bus(busSettings(url, { ca: [ca], certificate: { cert, key } }), { name });
  afterwards(t, () => bus.close());
  return bus;
}

const SKIP = { skip: missingNats() };

test('a node publishes under its own name alone, and a collector reads what came', SKIP, async (t) => {
  const fleet = await startFleet(t);
  const [proxy, collector] = [fleet.home('proxy'), fleet.home('collector')];
  await fleet.join(proxy, 'web-1', fleet.token({ role: 'proxy' }));
  await fleet.join(collector, 'collect-1', fleet.token({ role: 'collector' }));
  const bus = await startBus(t, fleet);
  const reading = await busOf(t, bus, collector).ready();
  const manager = await jetstreamManager(reading);
  assert.deepEqual(await makeRecordsStream(manager), { kind: 'there' });
  assert.deepEqual(await makeCollector(manager), { kind: 'there' });

  const sending = await busOf(t, bus, proxy).ready();
  const publish = jetstream(sending, { timeout: 3000 });
  await publish.publish('weir.records.web-1', 'mine');
  await assert.rejects(publish.publish('weir.records.web-2', 'of another'));
  const consumer = await jetstream(reading).consumers.get(RECORDS_STREAM, COLLECTOR);
  const message = await consumer.next({ expires: 10_000 });
  assert.equal(message?.string(), 'mine');
  message?.ack();
  await reading.flush();
  assert.equal((await consumer.next({ expires: 1000 }))?.string(), undefined);
  // What nodes share beside records: reports and conversations, under names that stand in the rights one by one.
  const at = new Date().toISOString();
  const reporting = new NodeReporting(busOf(t, bus, proxy), () => ({
    ...{
      node: 'web-1',
      host: 'host',
      labels: [],
      parts: ['proxy'],
      weir: '0.1.0',
      startedAt: at,
      bundle: null,
      refused: null,
    },
    ...{ held: null, writers: [], dropped: 0, counts: NO_COUNTS },
  }));
  afterwards(t, () => reporting.close());
  const deadline = Date.now() + 60_000;
  while ((await readNodeReports(sending, new Date())).length === 0) {
    assert.ok(Date.now() < deadline, 'it does not report');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await assert.rejects(publishOnBus(sending, { name: 'prod', version: 1, bytes: Buffer.from('x') }, false));
  // Reading records is for collectors.
  await assert.rejects(jetstream(sending, { timeout: 3000 }).consumers.get(RECORDS_STREAM, COLLECTOR));
});

test('a node that was revoked is cut off as the server reads its users again', SKIP, async (t) => {
  const fleet = await startFleet(t);
  const [one, two] = [fleet.home('one'), fleet.home('two')];
  await fleet.join(one, 'web-1');
  await fleet.join(two, 'web-2');
  const bus = await startBus(t, fleet);
  const [first, second] = [busOf(t, bus, one), busOf(t, bus, two)];
  const connection = await first.ready();
  await second.ready();
  const node = fleet.files.node('web-1') ?? assert.fail();
  fleet.files.putNode({ ...node, revoked: new Date().toISOString() });
  const cut = (async () => {
    for await (const { type } of connection.status()) if (type === 'disconnect') return true;
    return true;
  })();
  bus.reload();
  assert.ok(await cut);
  await second.ready();
  const other = await startFleet(t);
  const stranger = other.home('x');
  await other.join(stranger, 'web-2');
  const refused = Promise.withResolvers<string>();
  const { cert, key } = new NodeFiles(stranger.path).identity() ?? assert.fail();
  const settings = busSettings(bus.url, { ca: [fleet.files.certificatePem()], certificate: { cert, key } });
  const outside = new Bus(settings, {
    name: 'x',
    onState: (state) => {
      if (state.kind === 'away') refused.resolve(state.reason);
    },
  });
  afterwards(t, () => outside.close());
  assert.match(await refused.promise, /refuses this node's certificate|has ended the connection|does not answer/);
});

test('nodes stay on the bus while the certificate of the fleet is changed', SKIP, async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('one');
  await fleet.join(home, 'web-1');
  const bus = await startBus(t, fleet);
  const { membership } = fleet.member(home);
  const id = fleet.files.settings().id;
  const now = new Date();
  // Each time a connection of its own, by what the node has then: the server reads its files some time after the signal.
  const isTaken = async (): Promise<void> => {
    const connected = busOf(t, bus, home);
    await connected.ready();
    await connected.close();
  };
  await isTaken();
  fleet.files.authorities.begin(id, now);
  await membership.sync();
  bus.reload();
  await isTaken();
  fleet.files.authorities.switchToNext(now);
  for (const _ of [1, 2, 3]) await membership.sync();
  assert.deepEqual(stillUnderOld(fleet.files.nodes(), [], fleet.files.authorities.trust, now), []);
  await isTaken();
  bus.certify();
  bus.reload();
  await isTaken();
  const old = new NodeFiles(home.path).identity()?.ca ?? assert.fail();
  fleet.files.authorities.dropOld(now);
  await membership.sync();
  assert.notEqual(new NodeFiles(home.path).identity()?.ca, old);
  bus.reload();
  await isTaken();
});

test('without a node the bus lets nobody in', () => {
  assert.match(busUsers([]), /nobody\.node\.weir\.internal/);
});
