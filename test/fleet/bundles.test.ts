/** Policies over a real bus: published by the command, taken up by watching nodes, refused where they are not to be. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BundleFollower } from '../../cli/bundle/bundle-follower.ts';
import { startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import { bundleText, MAX_BUNDLE_BYTES, signBundle } from '../../engine/decide/policy-bundle.ts';
import { Bus } from '../../fleet/bus.ts';
import { busSettings } from '../../fleet/bus-settings.ts';
import { readNodeReports } from '../../fleet/node-reports.ts';
import { PolicyShelf, publishOnBus } from '../../fleet/policy-shelf.ts';
import { makePlace } from '../cli/run-context.ts';
import { afterwards } from '../store/samples.ts';
import { missingNats, type NatsServer, startNatsServer } from '../support/nats-server.ts';

const skip = missingNats();
const NODES = 20;
const KEYS = generateKeyPairSync('ed25519');
const OTHER = generateKeyPairSync('ed25519');
const PEM = String(KEYS.publicKey.export({ type: 'spki', format: 'pem' }));
const POLICY = `apiVersion: weir/v1
kind: Policy
name: cards
description: No cards.
severity: high
mode: enforce
rules:
  - {name: pan, detect: {entities: [CREDIT_CARD]}, action: block}
`;

interface Given {
  readonly key?: typeof KEYS.privateKey;
  readonly notBefore?: string;
  readonly leastEngine?: string;
  readonly labels?: readonly string[];
  readonly rollout?: number;
  readonly name?: string;
}

function made(version: number, given: Given = {}): Buffer {
  const {
    key = KEYS.privateKey,
    notBefore = null,
    leastEngine = null,
    labels = null,
    rollout = 100,
    name = 'prod',
  } = given;
  const bundle = {
    ...{ name, version, created: '2026-11-26T07:00:00.000Z', notBefore, leastEngine, labels, rollout },
    files: [{ path: 'cards.yaml', text: POLICY }],
  };
  return Buffer.from(bundleText(signBundle({ bundle, signatures: [] }, key)));
}

interface Node {
  readonly follower: BundleFollower;
  readonly told: string[];
}

/** Resolves when it holds; asked again whenever something was told. */
class Told {
  #looks: (() => void)[] = [];

  look(): void {
    for (const look of this.#looks) look();
  }

  until(holds: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not within two minutes: ${what}`)), 120_000);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#looks.push(look);
      look();
    });
  }
}

async function bus(t: TestContext, server: NatsServer): Promise<Bus> {
  const one = new Bus(busSettings(server.url), { name: 'test' });
  afterwards(t, () => one.close());
  await one.ready();
  return one;
}

async function node(
  t: TestContext,
  server: NatsServer,
  told: Told,
  id: string,
  labels: readonly string[] = [],
): Promise<Node> {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const texts: string[] = [];
  const shelf = new PolicyShelf(await bus(t, server), {
    name: () => null,
    maxBytes: MAX_BUNDLE_BYTES,
    onChange: () => void follower.look(),
  });
  const config = {
    from: { kind: 'bus', url: server.url },
    name: null,
    keys: [PEM],
    every: 3_600_000,
    labels,
    ca: [],
  } as const;
  const follower: BundleFollower = new BundleFollower({
    ...{ config, home: place.home, nodeId: id, engine: '0.1.0', now: () => new Date(), log: () => {} },
    fetch: (tag) => shelf.get(tag),
    onTold: (text) => void texts.push(text),
    onTaken: () => {},
    onStanding: () => told.look(),
  });
  afterwards(t, () => {
    follower.close();
    shelf.close();
  });
  return { follower, told: texts };
}

test('watching nodes take up what is published; what is not for them, or of nobody they trust, they do not', {
  skip,
}, async (t) => {
  const server = await startNatsServer();
  afterwards(t, () => server.stop());
  const told = new Told();
  const nodes = await Promise.all(
    Array.from({ length: NODES }, (_, at) => node(t, server, told, `node-${at}`, at === 0 ? ['canary'] : [])),
  );
  const [canary] = nodes;
  assert.ok(canary !== undefined);
  const connection = await (await bus(t, server)).ready();
  const publish = (version: number, bytes: Buffer, isForced = true) =>
    publishOnBus(connection, { name: 'prod', version, bytes }, isForced);
  const allRun = (version: number) =>
    told.until(() => nodes.every(({ follower }) => follower.running?.version === version), `${version} runs`);
  const allRefuse = (reason: RegExp) =>
    told.until(() => nodes.every(({ follower }) => reason.test(follower.standing.refused?.reason ?? '')), `${reason}`);

  assert.equal((await publish(5, made(5), false)).kind, 'published');
  await allRun(5);
  assert.deepEqual(await publish(5, made(5), false), { kind: 'older', version: 5 });

  await publish(6, made(6, { key: OTHER.privateKey }));
  await allRefuse(/none of bundle\.keys/);
  await publish(7, made(7).subarray(0, 300));
  await allRefuse(/not JSON: cut off/);
  await publish(4, made(4));
  await allRefuse(/version 4 is older than 5/);
  await publish(8, Buffer.alloc(MAX_BUNDLE_BYTES + 1, 0x20));
  await allRefuse(/longer than 8388608 bytes/);
  await publish(9, made(9, { leastEngine: '9.0.0' }));
  await allRefuse(/needs Weir 9\.0\.0/);
  // Each is told once, and what ran goes on.
  for (const one of nodes) {
    assert.equal(one.told.length, 6, one.told.join('\n'));
    assert.deepEqual(one.follower.running?.version, 5);
    assert.equal(one.follower.standing.refused?.version, 9);
  }

  await publish(10, made(10, { notBefore: '2999-01-01T00:00:00Z' }));
  await told.until(() => nodes.every(({ follower }) => /2999/.test(follower.standing.held ?? '')), 'it waits');
  assert.equal(canary.follower.standing.refused, null);

  await publish(11, made(11, { labels: ['canary'] }));
  await told.until(() => canary.follower.running?.version === 11, 'the canary runs 11');
  await told.until(
    () => nodes.slice(1).every(({ follower }) => /labelled canary/.test(follower.standing.held ?? '')),
    'the others wait',
  );
  await publish(12, made(12, { rollout: 40 }));
  const share = (): number => nodes.filter(({ follower }) => follower.running?.version === 12).length;
  await told.until(() => {
    const held = nodes.filter(({ follower }) => /rolled out to 40 %/.test(follower.standing.held ?? '')).length;
    return held + share() === NODES;
  }, 'each has decided');
  assert.ok(share() > 0 && share() < NODES, `${share()} of ${NODES}`);

  // The bus goes and comes back: what was published meanwhile is found.
  await server.kill();
  await server.restart();
  const again = await (await bus(t, server)).ready();
  await publishOnBus(again, { name: 'prod', version: 13, bytes: made(13) }, false);
  await allRun(13);
});

test('a running Weir takes its policies from the bus and reports; the commands publish and show it', {
  skip,
}, async (t) => {
  const server = await startNatsServer();
  afterwards(t, () => server.stop());
  const place = makePlace();
  afterwards(t, () => place.remove());
  const run = (args: string) => place.call(['policy', 'bundle', ...args.split(' ')]);
  mkdirSync(join(place.folder, 'policies'));
  writeFileSync(join(place.folder, 'policies', 'cards.yaml'), POLICY);
  const publish = async (version: number): Promise<void> => {
    for (const args of [
      `build policies --name prod --version ${version} --out draft.bundle`,
      'sign draft.bundle --key policy.key',
      `publish draft.bundle --to ${server.url} --key policy.key.pub`,
    ]) {
      const { code, err } = await run(args);
      assert.deepEqual([code, err], [0, ''], args);
    }
  };
  assert.equal((await run('key --out policy.key')).code, 0);
  assert.match((await run(`status --bus ${server.url}`)).out, /nothing is published\nno node has reported/);
  await publish(1);
  const configFile = join(place.folder, 'weir.yaml');
  const settings = {
    ...{ home: place.home, proxy: { listen: '127.0.0.1:0' }, sensor: { enabled: false } },
    bus: server.url,
    bundle: { from: 'bus', keys: ['policy.key.pub'], labels: ['eu'] },
  };
  writeFileSync(configFile, JSON.stringify(settings));
  const read = () => loadConfig({ file: configFile, env: {}, cwd: place.folder });
  const weir = await startWeir(read(), { port: 0, read, log: () => {} });
  afterwards(t, () => weir.close());
  assert.deepEqual(weir.policies, ['cards']);
  writeFileSync(join(place.folder, 'policies', 'more.yaml'), POLICY.replace('name: cards', 'name: more-cards'));
  await publish(2);
  const connection = await (await bus(t, server)).ready();
  const deadline = Date.now() + 120_000;
  for (;;) {
    const [report] = await readNodeReports(connection, new Date());
    if (report?.bundle?.version === 2 && weir.policies.length === 2) break;
    assert.ok(Date.now() < deadline, JSON.stringify(report));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const status = await run(`status --bus ${server.url} --json`);
  const { published, nodes, versions } = JSON.parse(status.out);
  assert.deepEqual([status.code, published.name, published.version, nodes.length], [0, 'prod', 2, 1]);
  assert.deepEqual([nodes[0].labels, nodes[0].isSilent, nodes[0].refused], [['eu'], false, null]);
  assert.deepEqual([versions[0].bundle, versions[0].share, versions[0].counts.calls], ['prod 2', 100, 0]);
  // The working directory's configuration names the bus too.
  assert.match((await run('status')).out, /published: prod 2, .*\n\nnode .*\n.*prod 2.*\n\nbundle/);
  assert.match(
    (await run('publish draft.bundle --to nats://127.0.0.1:1 --key policy.key.pub')).err,
    /does not answer|refused/,
  );
});
