/** From a folder of policies to a node that runs them: the commands, the ways to a node, and what a node does with bad ones. */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BundleFollower } from '../../../cli/bundle/bundle-follower.ts';
import { fetchBundle } from '../../../cli/bundle/fetch-bundle.ts';
import { startWeir } from '../../../cli/start.ts';
import { loadConfig } from '../../../config/load.ts';
import { bundleFileOf, policyPaths } from '../../../config/policies.ts';
import { bundleText, signBundle } from '../../../engine/decide/policy-bundle.ts';
import { loadOrCreateAuthority } from '../../../proxy/tls/authority.ts';
import { createLeaves } from '../../../proxy/tls/leaves.ts';
import { openReader } from '../../../store/reader.ts';
import { afterwards } from '../../store/samples.ts';
import { makePlace, type Place } from '../run-context.ts';

const POLICY = `apiVersion: weir/v1
kind: Policy
name: cards
description: No cards.
severity: high
mode: enforce
rules:
  - {name: pan, detect: {entities: [CREDIT_CARD]}, action: block}
tests:
  - {text: "my card is 4111 1111 1111 1111", expect: block}
`;

interface Desk extends Place {
  run(args: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
}

/** A place with keys and a folder of policies. */
async function desk(t: TestContext): Promise<Desk> {
  const place = makePlace();
  afterwards(t, () => place.remove());
  mkdirSync(join(place.folder, 'policies'));
  writeFileSync(join(place.folder, 'policies', 'cards.yaml'), POLICY);
  const run = (args: string) => place.call(['policy', 'bundle', ...args.split(' ')]);
  assert.equal((await run('key --out policy.key')).code, 0);
  return { ...place, run };
}

async function published(at: Desk, version: number, to = 'prod.bundle'): Promise<void> {
  for (const args of [
    `build policies --name prod --version ${version} --out draft.bundle`,
    'sign draft.bundle --key policy.key',
    `publish draft.bundle --to ${to} --key policy.key.pub`,
  ]) {
    const { code, err } = await at.run(args);
    assert.deepEqual([code, err], [0, ''], args);
  }
}

test('a bundle is built, signed, verified and published by the commands', async (t) => {
  const at = await desk(t);
  assert.equal(statSync(join(at.folder, 'policy.key')).mode & 0o077, 0);
  assert.match((await at.run('key --out policy.key')).err, /is there already/);
  await published(at, 12);
  const verified = await at.run('verify prod.bundle --key policy.key.pub --json');
  const { ok, name, version, files } = JSON.parse(verified.out);
  assert.deepEqual([verified.code, ok, name, version, files], [0, true, 'prod', 12, ['cards.yaml']]);
  // The same again, and an unsigned one, would not be taken up by any node.
  assert.match(
    (await at.run('publish draft.bundle --to prod.bundle --key policy.key.pub')).err,
    /would not be taken up/,
  );
  await at.run('build policies --name prod --version 13 --out unsigned.bundle');
  assert.equal((await at.run('verify unsigned.bundle --key policy.key.pub')).code, 1);
  assert.equal((await at.run('publish unsigned.bundle --to prod.bundle --key policy.key.pub')).code, 1);
  const back = await at.run('rollback prod.bundle --version 14 --key policy.key --out back.bundle');
  assert.equal(back.code, 0);
  assert.equal((await at.run('publish back.bundle --to prod.bundle --key policy.key.pub')).code, 0);
  // Other commands read a bundle as they read policies.
  assert.equal((await at.call(['policy', 'check', 'prod.bundle'])).code, 0);
});

test('no bundle is made of policies that are wrong or fail their tests', async (t) => {
  const at = await desk(t);
  const build = 'build policies --name prod --version 1 --out draft.bundle';
  writeFileSync(join(at.folder, 'policies', 'cards.yaml'), POLICY.replace('expect: block', 'expect: allow'));
  const failing = await at.run(build);
  assert.deepEqual([failing.code, existsSync(join(at.folder, 'draft.bundle'))], [1, false]);
  assert.match(failing.err, /cards\.yaml:\d+: expected allow, got block/);
  writeFileSync(join(at.folder, 'policies', 'cards.yaml'), POLICY.replace('action: block', 'action: shred'));
  const wrong = await at.run(build);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /cards\.yaml:\d+:\d+: /);
  assert.match((await at.run('build policies --name prod --out x')).err, /needs --version/);
  assert.match((await at.run('sign policies/cards.yaml --key policy.key')).err, /not JSON/);
  assert.match((await at.run('verify draft.bundle --key policy.key.pub')).err, /cannot be read \(ENOENT\)/);
});

const KEYS = generateKeyPairSync('ed25519');
const PEM = String(KEYS.publicKey.export({ type: 'spki', format: 'pem' }));

function made(version: number, text = POLICY): string {
  const bundle = {
    ...{ name: 'prod', version, created: '2026-11-26T07:00:00.000Z', notBefore: null, leastEngine: null },
    ...{ labels: null, rollout: 100, files: [{ path: 'cards.yaml', text }] },
  };
  return bundleText(signBundle({ bundle, signatures: [] }, KEYS.privateKey));
}

test('a node keeps the last good one, and says once what it refuses', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const file = join(place.folder, 'prod.bundle');
  const told: string[] = [];
  let taken = 0;
  const config = {
    from: { kind: 'file', path: file },
    keys: [PEM],
    every: 60_000,
    labels: [],
    ca: [],
    name: null,
  } as const;
  const make = (): BundleFollower =>
    new BundleFollower({
      ...{ config, home: place.home, nodeId: 'node-1', engine: '0.1.0', now: () => new Date() },
      fetch: (tag) => fetchBundle(config.from, tag, []),
      onTold: (text) => void told.push(text),
      onTaken: () => void taken++,
      log: () => {},
    });
  const follower = make();
  await follower.look();
  assert.deepEqual([told, taken, follower.running], [[], 0, null]);
  writeFileSync(file, made(1));
  await follower.look();
  await follower.look();
  assert.deepEqual([taken, follower.running?.version], [1, 1]);
  const kept = readFileSync(bundleFileOf(place.home), 'utf8');
  const bad: readonly (readonly [string, RegExp])[] = [
    [made(2).slice(0, 300), /not JSON/],
    [made(2).replace('No cards', 'Some cards'), /none of bundle\.keys/],
    [made(2, POLICY.replace('action: block', 'action: shred')), /cards\.yaml:\d+:\d+/],
    [made(1).replace('"version":1', '"version":3'), /none of bundle\.keys/],
  ];
  for (const [text, reason] of bad) {
    writeFileSync(file, text);
    await follower.look();
    await follower.look();
    assert.match(told.at(-1) ?? '', reason);
    assert.match(told.at(-1) ?? '', /prod 1 goes on/);
  }
  assert.equal(told.length, 1 + bad.length);
  assert.equal(readFileSync(bundleFileOf(place.home), 'utf8'), kept);
  // After a restart without the centre it is still there; without its key it is not.
  assert.equal(make().running?.version, 1);
  const another = String(
    createPublicKey(generateKeyPairSync('ed25519').privateKey).export({ type: 'spki', format: 'pem' }),
  );
  const follows = new BundleFollower({
    ...{
      config: { ...config, keys: [another] },
      home: place.home,
      nodeId: 'n',
      engine: '0.1.0',
      now: () => new Date(),
    },
    fetch: (tag) => fetchBundle(config.from, tag, []),
    ...{ onTold: (text: string) => void told.push(text), onTaken: () => {}, log: () => {} },
  });
  assert.equal(follows.running, null);
  assert.match(told.at(-1) ?? '', /dropped/);
  assert.ok(!existsSync(bundleFileOf(place.home)));
});

test('by HTTPS it is got once and then only when it has changed; what is wrong is said', async (t) => {
  const place = makePlace();
  afterwards(t, () => place.remove());
  const authority = loadOrCreateAuthority(join(place.folder, 'ca'));
  const leaves = createLeaves(authority);
  let answer: { status: number; body: string; tag?: string } = { status: 200, body: made(1), tag: '"a"' };
  const asked: (string | undefined)[] = [];
  const server = createServer(
    { SNICallback: (name, done) => done(null, leaves.contextFor(name)) },
    (request, response) => {
      asked.push(request.headers['if-none-match']);
      const isSame = answer.tag !== undefined && request.headers['if-none-match'] === answer.tag;
      response.writeHead(isSame ? 304 : answer.status, answer.tag === undefined ? {} : { etag: answer.tag });
      response.end(isSame ? undefined : answer.body);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => void server.close());
  const { port } = server.address() as AddressInfo;
  const from = { kind: 'https', url: `https://localhost:${port}/prod.bundle` } as const;
  const first = await fetchBundle(from, null, [authority.certPem]);
  assert.ok(first.kind === 'fetched' && first.tag === '"a"' && first.bytes.toString() === made(1));
  assert.equal((await fetchBundle(from, first.tag, [authority.certPem])).kind, 'unchanged');
  assert.deepEqual(asked, [undefined, '"a"']);
  answer = { status: 302, body: '' };
  const moved = await fetchBundle(from, null, [authority.certPem]);
  assert.ok(moved.kind === 'failed' && /answered 302/.test(moved.reason));
  const untrusted = await fetchBundle(from, null, []);
  assert.ok(untrusted.kind === 'failed' && /cannot be reached \((?:UNABLE|SELF|DEPTH)/.test(untrusted.reason));
  answer = { status: 200, body: 'x'.repeat(9 * 1024 * 1024) };
  assert.equal((await fetchBundle(from, null, [authority.certPem])).kind, 'failed');
  const closed = await fetchBundle({ kind: 'https', url: 'https://localhost:1/x' }, null, []);
  assert.ok(closed.kind === 'failed' && /ECONNREFUSED/.test(closed.reason));
});

test('a running Weir takes up what is published, and records it', async (t) => {
  const at = await desk(t);
  await published(at, 1);
  const configFile = join(at.folder, 'weir.yaml');
  writeFileSync(
    configFile,
    JSON.stringify({
      home: at.home,
      proxy: { listen: '127.0.0.1:0' },
      sensor: { enabled: false },
      bundle: { from: 'prod.bundle', keys: ['policy.key.pub'], every: '1s' },
    }),
  );
  const read = () => loadConfig({ file: configFile, env: {}, cwd: at.folder });
  assert.deepEqual(policyPaths(read()).length, 1);
  const weir = await startWeir(read(), { port: 0, read, log: () => {} });
  afterwards(t, () => weir.close());
  assert.deepEqual(weir.policies, ['cards']);
  writeFileSync(join(at.folder, 'policies', 'more.yaml'), POLICY.replace('name: cards', 'name: more-cards'));
  await published(at, 2);
  const deadline = Date.now() + 60_000;
  while (weir.policies.length < 2 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(weir.policies, ['cards', 'more-cards']);
  await weir.committed();
  const reader = openReader(at.home);
  try {
    const reasons = [...reader.events({ kinds: ['admin'] })].map(({ reason }) => reason ?? '');
    assert.ok(reasons.some((reason) => /^bundle prod 1, signed by [0-9a-f]{16}, is taken up$/.test(reason)));
    assert.ok(reasons.some((reason) => /^bundle prod 2, signed by [0-9a-f]{16}, is taken up$/.test(reason)));
    assert.ok(reasons.includes('policy more-cards added'));
  } finally {
    reader.close();
  }
});

test('a configuration with a bundle that cannot be is refused with the place', async (t) => {
  const at = await desk(t);
  const configFile = join(at.folder, 'weir.yaml');
  for (const [bundle, reason] of [
    [{ from: 'http://policies.example/x', keys: ['policy.key.pub'] }, /https:\/\//],
    [{ from: 'bus', keys: ['policy.key.pub'] }, /expected `bus` to be set/],
    [{ from: 'nats://bus/x', keys: ['policy.key.pub'] }, /nats:\/\/HOST:PORT/],
    [{ from: 'x.bundle', keys: ['policy.key'] }, /Ed25519 public key/],
    [{ from: 'x.bundle', keys: [] }, /at least 1/],
    [{ from: 'x.bundle', keys: ['policy.key.pub'], every: '1ms' }, /expected from 1000ms/],
    [{ from: 'x.bundle', keys: ['policy.key.pub'], labels: ['A B'] }, /lower case/],
  ] as const) {
    writeFileSync(configFile, JSON.stringify({ bundle }));
    assert.throws(() => loadConfig({ file: configFile, env: { HOME: at.folder }, cwd: at.folder }), reason);
  }
});
