import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkFleet } from '../../cli/doctor/fleet.ts';
import { FleetFiles } from '../../fleet/enrolment/fleet-files.ts';
import { Membership } from '../../fleet/enrolment/membership.ts';
import type { EventFinding } from '../../flow/event.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { createLeaves } from '../../proxy/tls/leaves.ts';
import { dropOld } from '../../proxy/tls/rotation.ts';
import { openHome } from '../../store/home.ts';
import { ownEvent, recordOwn } from '../../store/own-events.ts';
import { openReader } from '../../store/reader.ts';
import { newNode, startCentre } from './fleet-centre.ts';
import type { Place } from './run-context.ts';

async function printOf(place: Place): Promise<string> {
  const args = ['policy', 'fingerprint', '--entity', 'CREDIT_CARD'];
  const { out, err } = await place.call(args, {}, '4111111111111111');
  return /^\S+/.exec(out)?.[0] ?? assert.fail(err);
}

test('homes join by a token from the command line, and the centre says who is in', async (t) => {
  const centre = await startCentre(t);
  const [one, two] = [newNode(t), newNode(t)];
  const first = await one.call(['join', await centre.token(), '--name', 'web-1']);
  assert.deepEqual([first.code, first.out], [0, 'web-1\n'], first.err);
  // Where no list of processes shows it.
  const second = await two.call(
    ['join', '-', '--name', 'web-2'],
    {},
    await centre.token('--role', 'sensor', '--label', 'rack 4'),
  );
  assert.equal(second.code, 0, second.err);
  assert.equal(await printOf(one), await printOf(two));
  assert.match(await printOf(one), /^1\./);
  assert.match((await one.call(['join', await centre.token()])).err, /has joined as web-1/);
  const once = await one.call(['join', await centre.token(), '--once']);
  assert.deepEqual([once.code, once.out], [0, 'web-1\n'], once.err);

  const status = await one.call(['fleet', 'status', '--json']);
  const { name, role, daysLeft, isExpired, epochs } = JSON.parse(status.out);
  assert.deepEqual([name, role, daysLeft, isExpired], ['web-1', 'proxy', 30, false]);
  assert.deepEqual(
    epochs.map((one: { epoch: number }) => one.epoch),
    [0, 1],
  );
  const listed = await centre.call(['fleet', 'nodes', '--json']);
  const nodes = listed.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    nodes.map((node) => [node.name, node.role, node.label, node.state]),
    [
      ['web-1', 'proxy', null, 'never seen'],
      ['web-2', 'sensor', 'rack 4', 'never seen'],
    ],
  );
  const check = checkFleet(one.home, Date.now());
  assert.deepEqual([check.status, /^web-1, proxy, 30\.0 days left/.test(check.what)], ['ok', true], check.what);
  const later = checkFleet(one.home, Date.now() + 31 * 86_400_000);
  assert.deepEqual([later.status, /certificate of node web-1 expired/.test(later.what)], ['broken', true], later.what);

  const reader = openReader({ path: centre.home });
  const told = [...reader.events({})].map((event) => event.reason);
  reader.close();
  assert.ok(
    told.some((text) => /^node web-1 joined the fleet as proxy from /.test(text ?? '')),
    told.join('\n'),
  );
  const revoked = await centre.call(['fleet', 'revoke', 'web-1']);
  assert.equal(revoked.code, 0);
  assert.equal((await centre.call(['fleet', 'revoke', 'web-1'])).code, 1);
  const membership = Membership.of({
    ...{ paths: openHome(one.home), version: '0.1.0', now: Date.now, tell: () => {}, log: () => {} },
  });
  await membership?.sync();
  assert.match(membership?.standing.problem ?? '', /refuses node web-1: node web-1 was taken out/);
  assert.match(checkFleet(one.home, Date.now()).what, /refuses/);
});

test('a value that was seen before the keys rotated is found after', async (t) => {
  const centre = await startCentre(t);
  const node = newNode(t);
  await node.call(['join', await centre.token(), '--name', 'a']);
  const before = await printOf(node);
  const home = openHome(node.home);
  const finding: EventFinding = {
    ...{ entity: 'CREDIT_CARD', alternatives: [], category: 'financial', direction: 'request', role: 'user' },
    ...{ position: 'latest', path: '/x', count: 1, maxScore: 1, scores: { '1': 1 }, fingerprints: [before] },
  };
  recordOwn(home, [ownEvent('exchange', null, { reason: null, findings: [finding] })], assert.fail);
  const rotated = await centre.call(['fleet', 'rotate', 'fingerprint-key', '--in', '0m']);
  assert.deepEqual([rotated.code, rotated.out], [0, '2\n'], rotated.err);
  const options = { paths: home, version: '0.1.0', now: Date.now, tell: () => {}, log: () => {} };
  await Membership.of(options)?.sync();
  assert.match(await printOf(node), /^2\./);
  const found = await node.call(['flows', 'find', '-', '--json'], {}, '4111111111111111');
  assert.equal(found.code, 0, found.err);
  assert.deepEqual(JSON.parse(found.out).seenAs, [{ entity: 'CREDIT_CARD', fingerprint: before }]);
  // And an exception that names it goes on to hold.
  const policy = join(node.folder, 'cards.yaml');
  const except = `except: {fingerprints: ["${before}"], reason: test}`;
  writeFileSync(
    policy,
    `apiVersion: weir/v1\nkind: Policy\nname: cards\ndescription: x\nseverity: high\nmode: enforce\nrules:\n  - {name: pan, detect: {entities: [CREDIT_CARD]}, action: block, ${except}}\n`,
  );
  const explained = await node.call(['policy', 'explain', policy, '--text', 'card 4111 1111 1111 1111', '--json']);
  assert.equal(JSON.parse(explained.out).decision.action, 'allow', explained.err);
});

test('all proxies have the authority of the fleet where it is shared', async (t) => {
  const centre = await startCentre(t, '--interception', 'shared');
  const node = newNode(t);
  const own = loadOrCreateAuthority(node.caFolder).digest;
  const joined = await node.call(['join', await centre.token(), '--name', 'a']);
  assert.equal(joined.code, 0, joined.err);
  const authority = loadOrCreateAuthority(node.caFolder);
  assert.equal(authority.digest, loadOrCreateAuthority(centre.caFolder).digest);
  assert.ok(
    authority.trusted.some(({ digest }) => digest === own),
    'the one before is trusted as yet',
  );
  const sensor = newNode(t);
  await sensor.call(['join', await centre.token('--role', 'sensor'), '--name', 's']);
  assert.ok(!existsSync(join(sensor.caFolder, 'ca.key')), 'a sensor intercepts nothing');
});

test('a proxy gets an authority below an offline root, which signs for what its owner allows', async (t) => {
  const centre = await startCentre(t, '--interception', 'intermediate');
  const node = newNode(t);
  writeFileSync(join(node.folder, 'weir.yaml'), 'proxy: {intercept: ["*.example.com"]}\n');
  assert.equal((await node.call(['join', await centre.token(), '--name', 'a'])).code, 0);
  const before = loadOrCreateAuthority(node.caFolder);
  // The root's owner, elsewhere.
  const owner = newNode(t);
  mkdirSync(owner.folder, { recursive: true });
  assert.equal((await owner.call(['ca', 'root', '--out', 'root', '--name', 'Test root'])).code, 0);
  const requests = await centre.call(['fleet', 'requests', '--out', owner.folder]);
  assert.equal(requests.out, `${join(owner.folder, 'a.csr')}\n`, requests.err);
  const sign = async (...hosts: string[]): Promise<string> => {
    const { code, out, err } = await owner.call(['ca', 'sign', 'a.csr', '--root', 'root', ...hosts]);
    assert.equal(code, 0, err);
    const file = join(owner.folder, 'a.pem');
    writeFileSync(file, out);
    return file;
  };
  const options = {
    ...{ paths: openHome(node.home), version: '0.1.0', now: Date.now, tell: () => {}, log: () => {} },
  };
  const { takeInterception } = await import('../../cli/fleet/interception.ts');
  const heard: string[] = [];
  const sync = async (): Promise<void> => {
    const onInterception = (news: Parameters<typeof takeInterception>[1]) =>
      takeInterception(node.caFolder, news, ['*.example.com'], (text) => heard.push(text));
    await Membership.of({ ...options, onInterception })?.sync();
  };
  // One that is for fewer hosts is not taken up, and the one before goes on.
  await centre.call(['fleet', 'certify', 'a', await sign('--host', 'api.example.com')]);
  await sync();
  assert.match(heard.join('\n'), /fewer hosts than proxy\.intercept names/);
  assert.equal(loadOrCreateAuthority(node.caFolder).digest, before.digest);
  const right = await sign('--host', '*.example.com');
  assert.equal((await centre.call(['fleet', 'certify', 'a', right])).code, 0);
  assert.equal((await centre.call(['fleet', 'certify', 'b', right])).code, 1);
  await sync();
  const authority = loadOrCreateAuthority(node.caFolder, new Date(), ['*.example.com']);
  const root = new X509Certificate(readFileSync(join(owner.folder, 'root.pem')));
  assert.ok(authority.certificate.verify(root.publicKey) && authority.certificate.ca);
  assert.ok(authority.trusted.some(({ certificate }) => certificate.raw.equals(root.raw)));
  dropOld(node.caFolder);
  const { createServer: createTlsServer, connect } = await import('node:tls');
  const leaves = createLeaves(loadOrCreateAuthority(node.caFolder));
  const server = createTlsServer({ SNICallback: (name, done) => done(null, leaves.contextFor(name)) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const verdict = async (servername: string): Promise<string> => {
    const socket = connect({ port, host: '127.0.0.1', servername, ca: readFileSync(join(owner.folder, 'root.pem')) });
    const result = await Promise.race([
      once(socket, 'secureConnect').then(() => 'trusted'),
      once(socket, 'error').then(([error]) => String(error.code)),
    ]).catch((error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'failed'));
    socket.destroy();
    return result;
  };
  assert.equal(await verdict('api.example.com'), 'trusted', 'a client that trusts the root alone');
  assert.match(
    await verdict('bank.test'),
    /PERMITTED|PATH|VERIFY|UNSPECIFIED|CERT/i,
    'whoever steals its key gains no other host',
  );
  server.close();
});

test('a centre and a node keep no secret in clear where their homes are sealed', async (t) => {
  const centre = newNode(t);
  const key = join(centre.folder, 'seal.key');
  writeFileSync(key, `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
  writeFileSync(join(centre.folder, 'weir.yaml'), `secrets: {sealedBy: "file:${key}"}\n`);
  const made = await centre.call(['fleet', 'init', '--address', '127.0.0.1:8790']);
  assert.equal(made.code, 0, made.err);
  const state = JSON.parse((await centre.call(['secrets', '--json'])).out);
  assert.deepEqual(state.unsealed, []);
  assert.ok(
    state.sealed.includes('fleet/ca.key') && state.sealed.includes('fleet/fingerprint.key'),
    state.sealed.join(),
  );
  assert.match(readFileSync(join(centre.home, 'fleet', 'ca.key'), 'latin1'), /^weir-sealed 1 /);
  assert.equal(new FleetFiles(centre.home).fingerprintKeys().length, 1);
  assert.equal((await centre.call(['secrets', 'unseal'])).code, 0);
  assert.match(readFileSync(join(centre.home, 'fleet', 'ca.key'), 'latin1'), /^-----BEGIN PRIVATE KEY/);
});
