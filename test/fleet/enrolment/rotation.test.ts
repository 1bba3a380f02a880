/** The fleet's own certificate is changed: nodes trust both, renew, and forget the one before. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askCentre, Refused } from '../../../fleet/enrolment/ask-centre.ts';
import { Fields } from '../../../fleet/enrolment/checked-fields.ts';
import { FleetAuthorities } from '../../../fleet/enrolment/fleet-authorities.ts';
import { FleetFiles } from '../../../fleet/enrolment/fleet-files.ts';
import { joinFleet } from '../../../fleet/enrolment/join-fleet.ts';
import { trustIn } from '../../../fleet/enrolment/news.ts';
import { NodeFiles } from '../../../fleet/enrolment/node-files.ts';
import { notYetTrusting, stillUnderOld } from '../../../fleet/enrolment/rotation.ts';
import { certificateDigest, certificatesIn, signTrust } from '../../../fleet/enrolment/trust.ts';
import { pemOf, signAuthority, signClient } from '../../../keys/certificate.ts';
import type { Home } from '../../../store/home.ts';
import { HOUR_MS, startFleet, type TestFleet } from './fleet-place.ts';

function identityOf(home: Home) {
  return new NodeFiles(home.path).identity() ?? assert.fail('has not joined');
}

function trustedBy(home: Home): readonly string[] {
  return certificatesIn(identityOf(home).ca).map(certificateDigest);
}

function issuerOf(home: Home): string {
  const { cert, ca } = identityOf(home);
  const shown = new X509Certificate(cert);
  const found = certificatesIn(ca).find(({ publicKey }) => shown.verify(publicKey));
  return found === undefined ? 'none' : certificateDigest(found);
}

const fleetId = ({ files }: TestFleet): string => files.settings().id;
const now = (): Date => new Date();

function behind({ files }: TestFleet): readonly string[] {
  return stillUnderOld(files.nodes(), files.servers(now()), files.authorities.trust, now()).map(({ who }) => who);
}

function distrusting({ files }: TestFleet): readonly string[] {
  return notYetTrusting(files.nodes(), files.authorities.trust, now()).map(({ who }) => who);
}

async function twoNodes(t: TestContext) {
  const fleet = await startFleet(t);
  const homes = [fleet.home('a'), fleet.home('b')] as const;
  const [a, b] = homes;
  await fleet.join(a, 'a');
  await fleet.join(b, 'b', fleet.token({ role: 'sensor' }));
  return { fleet, a, b, ofA: fleet.member(a), ofB: fleet.member(b) };
}

test('nodes trust the next authority, renew under it, and forget the one before', async (t) => {
  const { fleet, a, b, ofA, ofB } = await twoNodes(t);
  const { authorities } = fleet.files;
  const old = fleet.files.pin();
  const next = authorities.begin(fleetId(fleet), now()) ?? assert.fail();
  assert.equal(authorities.begin(fleetId(fleet), now()), null, 'one at a time');
  assert.deepEqual(distrusting(fleet), ['a', 'b']);
  await ofA.membership.sync();
  assert.deepEqual(trustedBy(a), [old, next.digest]);
  assert.match(ofA.told.join('\n'), /it trusts [0-9a-f]{16} now, [0-9a-f]{16} issues/);
  assert.equal(issuerOf(a), old);
  await ofA.membership.sync();
  assert.deepEqual(distrusting(fleet), ['b'], 'it is believed when the node says so');
  for (const _ of [1, 2]) await ofB.membership.sync();
  assert.deepEqual(distrusting(fleet), []);

  assert.ok(authorities.switchToNext(now()));
  assert.deepEqual(behind(fleet), ['a', 'b']);
  // The news, the certificate, and that it is used.
  for (const _ of [1, 2, 3]) await ofA.membership.sync();
  assert.deepEqual(trustedBy(a), [next.digest, old]);
  assert.equal(issuerOf(a), next.digest);
  assert.equal(issuerOf(b), old);
  assert.deepEqual(behind(fleet), ['b'], ofA.said.join('\n'));
  const early = identityOf(b);
  for (const _ of [1, 2, 3]) await ofB.membership.sync();
  assert.deepEqual(behind(fleet), []);

  assert.ok(authorities.dropOld(now()));
  for (const { membership } of [ofA, ofB]) await membership.sync();
  assert.deepEqual([trustedBy(a), trustedBy(b)], [[next.digest], [next.digest]]);
  assert.equal(ofA.membership.standing.problem, null);
  assert.ok(!readdirSync(fleet.files.folder).includes('ca.key'), 'the key before is gone');
  // What was signed by the one before is of nobody here, though the centre knows the node.
  const stolen = askCentre({ address: fleet.address, ca: next.pem }, '/v1/sync', {}, early);
  await assert.rejects(stolen, (error) => error instanceof Refused && error.code === 'certificate_unknown');
  await fleet.join(fleet.home('c'), 'c');
  assert.deepEqual(trustedBy(fleet.home('c')), [next.digest]);
});

test('a node that slept through begin and switch catches up while the one before is trusted', async (t) => {
  const { fleet, b, ofB } = await twoNodes(t);
  const { authorities } = fleet.files;
  const token = fleet.token();
  authorities.begin(fleetId(fleet), now());
  authorities.switchToNext(now());
  const issuer = fleet.files.pin();
  await ofB.membership.sync();
  assert.equal(ofB.membership.standing.problem, null);
  assert.equal(trustedBy(b)[0], issuer);
  await ofB.membership.sync();
  assert.equal(issuerOf(b), issuer);
  // And a token of before names the one that it was made under.
  const c = fleet.home('c');
  await fleet.join(c, 'c', token);
  assert.deepEqual([trustedBy(c)[0], issuerOf(c)], [issuer, issuer]);
});

test('by itself a running node asks again until it has shown its new certificate', async (t) => {
  const { fleet, a, ofA } = await twoNodes(t);
  const clock = { ahead: 0 };
  const { membership } = fleet.member(a, clock);
  t.after(() => membership.close());
  await membership.turn();
  const { authorities } = fleet.files;
  authorities.begin(fleetId(fleet), now());
  authorities.switchToNext(now());
  await membership.turn(); // the next news
  for (let i = 0; i < 3; i++) {
    clock.ahead += 6000;
    await membership.look();
  }
  assert.deepEqual(behind(fleet), ['b']);
  const { lastSync } = membership.standing;
  clock.ahead += 6000;
  await membership.look();
  assert.equal(membership.standing.lastSync, lastSync, 'then it waits for the next news');
  // Another process on the same home reads what this one was handed.
  await ofA.membership.turn();
  assert.equal(ofA.membership.identity.ca, identityOf(a).ca);
});

test('one that was left behind is told so in these words, and joins again', async (t) => {
  const { fleet, a, b, ofA, ofB } = await twoNodes(t);
  const { authorities } = fleet.files;
  authorities.begin(fleetId(fleet), now());
  await ofA.membership.sync();
  authorities.switchToNext(now());
  authorities.dropOld(now());
  // It trusts the centre, which trusts it no longer.
  await ofA.membership.sync();
  assert.match(ofA.membership.standing.problem ?? '', /refuses node a: the authority that has signed.*no longer; weir/);
  assert.equal(ofA.told.filter((text) => /refuses node a/.test(text)).length, 1);
  // It knows the one before alone.
  await ofB.membership.sync();
  assert.match(ofB.membership.standing.problem ?? '', /the fleet's certificate was changed without this node/);
  for (const [home, name] of [
    [a, 'a'],
    [b, 'b'],
  ] as const) {
    await fleet.join(home, name, fleet.token({ node: name }));
    const { membership } = fleet.member(home);
    await membership.sync();
    assert.equal(membership.standing.problem, null);
    assert.deepEqual(trustedBy(home), [fleet.files.pin()]);
  }
});

test('a key in other hands: nothing that it signs is believed, and every node joins again', async (t) => {
  const { fleet, a, b, ofA, ofB } = await twoNodes(t);
  const { authorities } = fleet.files;
  const stolen = authorities.issuerOf(authorities.trust.issuer);
  const old = authorities.trust.issuer.pem;
  const token = fleet.token();
  // Also in the middle of a rotation.
  authorities.begin(fleetId(fleet), now());
  authorities.replace(fleetId(fleet), now());
  assert.deepEqual(authorities.trust.all.length, 1);
  // Whoever has the key makes himself a node.
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const span = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const name = { commonName: 'a', unit: 'proxy', organization: 'x', dnsName: 'a.proxy.node.weir.internal' };
  const cert = pemOf(signClient(name, pair.publicKey, stolen, span));
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const place = { address: fleet.address, ca: fleet.files.certificatePem() };
  const forged = askCentre(place, '/v1/sync', {}, { cert, key });
  await assert.rejects(forged, (error) => error instanceof Refused && error.code === 'certificate_unknown');
  for (const { membership } of [ofA, ofB]) {
    await membership.sync();
    assert.match(membership.standing.problem ?? '', /was changed without this node/);
  }
  await assert.rejects(fleet.join(fleet.home('c'), 'c', token), { code: 'centre_untrusted' });
  await fleet.join(a, 'a', fleet.token({ node: 'a' }));
  assert.ok(!identityOf(a).ca.includes(old));
  const { membership } = fleet.member(a);
  await membership.sync();
  assert.equal(membership.standing.problem, null);
  assert.equal(trustedBy(b).length, 1, 'the other goes on with what it has');
});

test('a list of authorities is believed from one that is trusted, and never an older one', async (t) => {
  const { fleet, a } = await twoNodes(t);
  const { ca } = identityOf(a);
  const id = fleetId(fleet);
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const span = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const foreign = pemOf(signAuthority('Weir fleet of another', pair.publicKey, pair.privateKey, span));
  const answer = (authorities: object) => new Fields(JSON.parse(JSON.stringify({ authorities })));
  const forged = signTrust({ fleet: id, version: 9, authorities: [foreign] }, [pair.privateKey]);
  assert.throws(() => trustIn(answer(forged), { ca, signed: null }), /signed by none that this node trusts/);
  const first = fleet.files.authorities.signed(id);
  fleet.files.authorities.begin(id, now());
  const second = fleet.files.authorities.signed(id);
  const changed = { ...second, text: second.text.replace('"version":1', '"version":7') };
  assert.throws(() => trustIn(answer(changed), { ca, signed: null }), /signed by none/);
  const taken = trustIn(answer(second), { ca, signed: first }) ?? assert.fail();
  assert.equal(certificatesIn(taken.ca).length, 2);
  assert.equal(trustIn(answer(second), taken), null);
  assert.equal(trustIn(answer(first), taken), null, 'an older one is not taken up again');
  assert.equal(trustIn(new Fields({}), taken), null, 'a centre of an earlier version says nothing of it');
});

test('a step that was cut off has happened or has not, at the centre', async (t) => {
  const { fleet, ofA } = await twoNodes(t);
  const { files } = fleet;
  const old = files.pin();
  const state = join(files.folder, 'authorities.json');
  // Cut off before the state names the pair that was made.
  files.authorities.begin(fleetId(fleet), now());
  rmSync(state);
  assert.deepEqual([files.authorities.trust.next, files.pin()], [null, old]);
  await ofA.membership.sync();
  const next = files.authorities.begin(fleetId(fleet), now()) ?? assert.fail();
  await ofA.membership.sync();
  // Each step is the replacement of one file: what was before it is a whole state too.
  const begun = readFileSync(state);
  files.authorities.switchToNext(now());
  writeFileSync(state, begun);
  assert.equal(new FleetFiles(files.home).pin(), old);
  assert.ok(files.authorities.switchToNext(now()));
  await ofA.membership.sync();
  // Cut off before the files of the one before were removed.
  const key = readFileSync(join(files.folder, 'ca.key'));
  files.authorities.dropOld(now());
  writeFileSync(join(files.folder, 'ca.key'), key, { mode: 0o600 });
  assert.deepEqual(
    new FleetAuthorities(files.home, files.folder).trust.all.map(({ digest }) => digest),
    [next.digest],
  );
  files.authorities.begin(fleetId(fleet), now());
  assert.ok(files.authorities.cancel(now()));
  const left = readdirSync(files.folder).filter((name) => name.endsWith('.key'));
  assert.deepEqual(left.sort(), [`${next.stem}.key`, 'fingerprint.key'].sort());
  writeFileSync(state, '{"version":');
  assert.throws(() => files.pin(), /authorities\.json is damaged .*restore it/);
});

test('a node that is killed while it takes up a certificate, or whom to trust, is whole', async (t) => {
  const { fleet, a, ofA } = await twoNodes(t);
  const { authorities } = fleet.files;
  const member = (name: string): string => join(a.path, 'member', name);
  authorities.begin(fleetId(fleet), now());
  await ofA.membership.sync();
  authorities.switchToNext(now());
  const before = readFileSync(member('node.key'));
  const saying = readFileSync(member('authorities.json'));
  await ofA.membership.sync();
  // Killed behind the new list and before why it holds: it comes again.
  writeFileSync(member('authorities.json'), saying);
  const again = fleet.member(a);
  await again.membership.sync();
  assert.equal(again.membership.standing.problem, null);
  assert.equal(issuerOf(a), fleet.files.pin());
  // Killed behind the new certificate and before its key: that one is still the one that was asked with.
  writeFileSync(member('pending.key'), readFileSync(member('node.key')), { mode: 0o600 });
  writeFileSync(member('node.key'), before, { mode: 0o600 });
  const third = fleet.member(a);
  await third.membership.sync();
  assert.equal(third.membership.standing.problem, null);
  assert.deepEqual(behind(fleet), ['b']);
});

test('a centre and a node of before there were several are read as they are', async (t) => {
  const { fleet, a } = await twoNodes(t);
  const file = join(fleet.files.folder, 'nodes', 'a.json');
  const { trusts: _, ...node } = JSON.parse(readFileSync(file, 'utf8'));
  const certificates = node.certificates.map(({ authority: __, ...one }: { authority: unknown }) => one);
  writeFileSync(file, JSON.stringify({ ...node, certificates }));
  fleet.files.authorities.begin(fleetId(fleet), now());
  // It speaks to the centre by the one name that it knows, and says nothing of whom it trusts.
  const { cert, key, ca } = identityOf(a);
  const body = JSON.stringify({ instance: null, time: now().toISOString(), version: '0.0.9', writers: [] });
  const [host = '', port = ''] = fleet.address.split(':');
  const asked = request({
    ...{ host, port: Number(port), servername: 'centre.weir.internal', method: 'POST', path: '/v1/sync' },
    ...{ ca, cert, key, agent: false, headers: { 'content-length': Buffer.byteLength(body) } },
  });
  asked.end(body);
  const [answer] = await once(asked, 'response');
  assert.equal(answer.statusCode, 200);
  answer.resume();
  const waiting = notYetTrusting(fleet.files.nodes(), fleet.files.authorities.trust, now());
  assert.match(waiting.find(({ who }) => who === 'a')?.why ?? '', /has not said.*Weir 0\.0\.9/);
});

test('joining anew takes the place of all that was trusted', async (t) => {
  const [one, two] = [await startFleet(t), await startFleet(t)];
  const home = one.home('a');
  await one.join(home, 'a', one.token({ role: 'collector' }));
  one.files.authorities.begin(fleetId(one), now());
  await one.member(home).membership.sync();
  assert.equal(trustedBy(home).length, 2);
  await joinFleet({ home, token: two.token({ role: 'collector' }), name: 'a', version: '0.1.0', now: Date.now });
  assert.deepEqual(trustedBy(home), [two.files.pin()]);
  const { membership } = two.member(home);
  await membership.sync();
  assert.equal(membership.standing.problem, null);
});
