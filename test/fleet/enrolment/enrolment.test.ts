import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { normalise } from '../../../engine/scan/normalise.ts';
import { askCentre, Refused } from '../../../fleet/enrolment/ask-centre.ts';
import { NodeFiles } from '../../../fleet/enrolment/node-files.ts';
import { openRevocations, signRevocations } from '../../../fleet/enrolment/revocations.ts';
import { type JoinToken, joinTokenText, readJoinToken } from '../../../fleet/enrolment/token-text.ts';
import { pemOf, signClient, signServer } from '../../../keys/certificate.ts';
import { addWriterId, type Home, openHome, readFingerprintKeys } from '../../../store/home.ts';
import { fingerprintUnder } from '../../../store/keyed.ts';
import { newUlid } from '../../../store/ulid.ts';
import { writerKeysIn } from '../../../store/writer-keys.ts';
import { afterwards } from '../../store/samples.ts';
import { DAY_MS, HOUR_MS, startFleet, type TestFleet, type TestMember } from './fleet-place.ts';

function identityOf(home: Home) {
  return new NodeFiles(home.path).identity() ?? assert.fail('has not joined');
}

function newestPrint(home: Home): string {
  const now = Date.now();
  const key = readFingerprintKeys(home).findLast(({ fromMs }) => fromMs <= now) ?? assert.fail('no key');
  return fingerprintUnder(key, 'CREDIT_CARD', '4111 1111 1111 1111', normalise);
}

async function refusal(work: Promise<unknown>): Promise<Refused> {
  const error = await work.then(
    () => assert.fail('was not refused'),
    (why: unknown) => why,
  );
  assert.ok(error instanceof Refused, String(error));
  return error;
}

/** Asks as a home would, with another body. */
function sync(fleet: TestFleet, home: Home, body: object = {}) {
  const { cert, key, ca } = identityOf(home);
  const whole = { instance: null, time: new Date().toISOString(), version: '0.1.0', writers: [], ...body };
  return askCentre({ address: fleet.address, ca }, '/v1/sync', whole, { cert, key });
}

test('two nodes join, and give one value one fingerprint', async (t) => {
  const fleet = await startFleet(t);
  const [a, b] = [fleet.home('a'), fleet.home('b')];
  const own = newestPrint(a);
  const joined = await fleet.join(a, 'web-1');
  await fleet.join(b, 'web-2', fleet.token({ role: 'sensor' }));
  assert.deepEqual([joined.name, joined.role], ['web-1', 'proxy']);
  assert.match(newestPrint(a), /^1\.[\w-]{22}$/);
  assert.equal(newestPrint(a), newestPrint(b));
  assert.notEqual(newestPrint(a), own);
  assert.equal(readFingerprintKeys(a).length, 2, "home's own key is kept for what is on record");
  const certificate = new X509Certificate(identityOf(a).cert);
  assert.match(certificate.subject, /^CN=web-1$/m);
  assert.equal(certificate.subjectAltName, 'DNS:web-1.proxy.node.weir.internal');
  assert.equal(certificate.ca, false);
  assert.ok(Math.abs(certificate.validToDate.getTime() - Date.now() - 30 * DAY_MS) < HOUR_MS);
  // No secret of a node lies in a file that is not sealed with home.
  const chain = a.keys.chain.export().toString('base64url');
  for (const name of readdirSync(fleet.files.folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.json')) continue;
    assert.ok(!readFileSync(join(fleet.files.folder, name), 'utf8').includes(chain), name);
  }
});

test('a token is good once, for its time, and for its node', async (t) => {
  const fleet = await startFleet(t);
  const token = fleet.token();
  await fleet.join(fleet.home('a'), 'a', token);
  assert.equal((await refusal(fleet.join(fleet.home('b'), 'b', token))).code, 'token_used');
  const short = fleet.token({ lifeMs: HOUR_MS });
  fleet.clock.ahead = 2 * HOUR_MS;
  const late = await refusal(fleet.join(fleet.home('b'), 'b', short, fleet.clock));
  assert.equal(late.code, 'token_expired');
  assert.match(late.message, /expired at \d{4}.*and it is \d{4}.* at the centre/);
  fleet.clock.ahead = 0;
  const gone = fleet.token();
  fleet.files.removeToken(gone.id);
  assert.equal((await refusal(fleet.join(fleet.home('b'), 'b', gone))).code, 'token_wrong');
  const others = fleet.token({ node: 'a' });
  assert.equal((await refusal(fleet.join(fleet.home('b'), 'b', others))).code, 'name_taken');
  assert.ok(!new NodeFiles(fleet.home('b').path).hasJoined);
  const two = fleet.token({ uses: 2 });
  await fleet.join(fleet.home('b'), 'b', two);
  await fleet.join(fleet.home('c'), 'c', two);
  assert.equal((await refusal(fleet.join(fleet.home('d'), 'd', two))).code, 'token_used');
});

test('an answer that was lost is given again to the same key', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  const token = fleet.token();
  await fleet.join(home, 'a', token);
  // As if the answer had not come: the key is still the one that is asked with.
  const files = new NodeFiles(home.path);
  const key = readFileSync(join(files.folder, 'node.key'));
  writeFileSync(join(files.folder, 'pending.key'), key, { mode: 0o600 });
  rmSync(join(files.folder, 'node.json'));
  await fleet.join(home, 'a', token);
  await sync(fleet, home);
  assert.equal(fleet.files.token(token.id)?.usesLeft, 0);
});

test('guessing at tokens is slowed down', async (t) => {
  const fleet = await startFleet(t);
  const good = fleet.token();
  const home = fleet.home('a');
  for (let i = 0; i < 10; i++) {
    const guess = { ...good, secret: Buffer.alloc(32, i).toString('base64url') };
    assert.equal((await refusal(fleet.join(home, 'a', guess))).code, 'token_wrong');
  }
  assert.equal((await refusal(fleet.join(home, 'a', good))).code, 'too_many');
});

test('a centre with another certificate gets no secret, and nothing is taken up', async (t) => {
  const [fleet, other] = [await startFleet(t), await startFleet(t)];
  const home = fleet.home('a');
  // Somebody in between who has a fleet of his own.
  const redirected: JoinToken = { ...fleet.token(), address: other.address };
  const message = /has another certificate than the token says/;
  await assert.rejects(fleet.join(home, 'a', redirected), { code: 'centre_untrusted', message });
  assert.deepEqual(other.told, []);
  assert.ok(!existsSync(join(home.path, 'member', 'node.json')));
  await fleet.join(home, 'a');
  const { cert, key, ca } = identityOf(home);
  await assert.rejects(askCentre({ address: other.address, ca }, '/v1/sync', {}, { cert, key }), {
    code: 'centre_untrusted',
    message: /somebody is between/,
  });
});

test('an answer that was changed on its way is no answer', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  const relay = await startRelay(t, fleet.address, 5000);
  const error = await fleet.join(home, 'a', { ...fleet.token(), address: relay }).then(
    () => assert.fail('joined'),
    (why: unknown) => why,
  );
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  assert.match(code, /^centre_(?:away|untrusted)$/, String(error));
  assert.ok(!new NodeFiles(home.path).hasJoined);
  assert.equal(readFingerprintKeys(home).length, 1);
});

test('a clock that is off by a day is told with both clocks', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  const wrong = await refusal(fleet.join(home, 'a', fleet.token(), { ahead: DAY_MS }));
  assert.equal(wrong.code, 'clock_off');
  const [here = '', there = ''] = wrong.message.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
  assert.ok(Math.abs(Date.parse(here) - Date.parse(there) - DAY_MS) < HOUR_MS, wrong.message);
  await fleet.join(home, 'a');
  const member = fleet.member(home, { ahead: DAY_MS });
  await member.membership.sync();
  assert.match(member.told.join('\n'), /it is \d{4}\S+ at this node and \d{4}\S+ at the centre/);
  assert.ok(Math.abs(member.membership.standing.skewMs - DAY_MS) < HOUR_MS);
});

test('a certificate is renewed in the last third of its life, and the one before is taken no longer', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  await fleet.join(home, 'a');
  const first = identityOf(home);
  const { membership } = fleet.member(home);
  await membership.sync();
  assert.equal(identityOf(home).cert, first.cert, 'it is young');
  fleet.clock.ahead = 21 * DAY_MS;
  await membership.sync();
  const second = identityOf(home);
  assert.notEqual(second.cert, first.cert);
  assert.notEqual(second.key, first.key, 'the key is another too');
  // The new one is of a time that has not come by this host's own clock, and TLS goes by that.
  fleet.clock.ahead = 0;
  const node = fleet.files.node('a') ?? assert.fail();
  assert.equal(node.certificates.length, 2, 'until the new one was shown its answer may have been lost');
  const asOld = { cert: first.cert, key: first.key };
  const place = { address: fleet.address, ca: first.ca };
  const body = { instance: null, time: new Date().toISOString(), version: null, writers: [] };
  await askCentre(place, '/v1/sync', body, asOld);
  const [, newer] = node.certificates;
  assert.ok(newer !== undefined);
  fleet.files.putNode({ ...node, certificates: [newer], superseded: [node.certificates[0]?.digest ?? ''] });
  assert.equal((await refusal(askCentre(place, '/v1/sync', body, asOld))).code, 'certificate_superseded');
  assert.match(fleet.told.join('\n'), /a copy of its home is in use/);
});

test('an expired certificate is told once, and what the node has goes on', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  fleet.files.changeSettings({ lifeMs: 2 * HOUR_MS });
  await fleet.join(home, 'a');
  const print = newestPrint(home);
  fleet.clock.ahead = 3 * HOUR_MS;
  const member = fleet.member(home);
  await fleet.away();
  await member.membership.sync();
  await member.membership.sync();
  const { isExpired, problem } = member.membership.standing;
  assert.ok(isExpired);
  assert.match(problem ?? '', /does not answer node a/);
  const expired = member.told.filter((text) =>
    /the certificate of node a expired at \S+ \(it is \S+ here\)/.test(text),
  );
  assert.equal(expired.length, 1);
  const left = member.membership.figures().find(({ name }) => name === 'weir_fleet_certificate_seconds_left');
  assert.ok((left?.value ?? 0) < 0);
  assert.equal(newestPrint(home), print);
  fleet.clock.ahead = 0;
  await fleet.back();
  await fleet.join(home, 'a', fleet.token({ node: 'a' }));
  await sync(fleet, home);
});

test('a certificate that has expired by the clock of TLS is refused with both clocks', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const span = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  const name = { commonName: 'a', unit: 'proxy', organization: 'x', dnsName: 'a.proxy.node.weir.internal' };
  const cert = pemOf(signClient(name, pair.publicKey, fleet.files.issuer(), span));
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await fleet.join(home, 'a');
  const place = { address: fleet.address, ca: fleet.files.certificatePem() };
  const error = await refusal(askCentre(place, '/v1/sync', {}, { cert, key }));
  assert.equal(error.code, 'certificate_expired');
  assert.match(error.message, /good from \d{4}\S+ to \d{4}\S+, and it is \d{4}\S+ at the centre/);
});

test('a node goes on while the centre is away, and is heard when it is back', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  await fleet.join(home, 'a');
  await fleet.away();
  const { membership, said } = fleet.member(home);
  await membership.sync();
  await membership.sync();
  assert.equal(said.filter((line) => /does not answer/.test(line)).length, 1, 'said once');
  assert.match(newestPrint(openHome(home.path)), /^1\./);
  await fleet.back();
  await membership.sync();
  assert.equal(membership.standing.problem, null);
  assert.match(said.at(-1) ?? '', /answers again/);
});

test('a revoked node is refused at once, says so once, and others have it on their signed list', async (t) => {
  const fleet = await startFleet(t);
  const [a, b] = [fleet.home('a'), fleet.home('b')];
  await fleet.join(a, 'a');
  await fleet.join(b, 'b');
  const node = fleet.files.node('a') ?? assert.fail();
  fleet.files.putNode({ ...node, revoked: new Date().toISOString() });
  fleet.files.raiseRevocationVersion();
  const revoked = fleet.member(a);
  await revoked.membership.sync();
  await revoked.membership.sync();
  assert.equal(revoked.told.length, 1);
  assert.match(revoked.told[0] ?? '', /refuses node a: node a was taken out of the fleet/);
  assert.match(newestPrint(a), /^1\./, 'it protects as before');
  await fleet.member(b).membership.sync();
  const fleetKey = [new X509Certificate(identityOf(b).ca).publicKey];
  const list = new NodeFiles(b.path).revocations(fleetKey);
  assert.deepEqual(
    list?.revoked.map(({ name, user }) => [name, user]),
    [['a', 'a.proxy.node.weir.internal']],
  );
  assert.equal((await refusal(fleet.join(fleet.home('c'), 'a'))).code, 'name_taken', 'its name is not free');
});

test('a list of revoked nodes that somebody else signed, or changed, is none', async (t) => {
  const [fleet, other] = [await startFleet(t), await startFleet(t)];
  const fleetKey = [new X509Certificate(fleet.files.certificatePem()).publicKey];
  const list = { fleet: fleet.files.settings().id, version: 3, time: new Date().toISOString(), revoked: [] };
  const by = ({ files }: TestFleet) =>
    signRevocations(list, (text) => sign('sha256', Buffer.from(text), files.issuer().key));
  const signed = by(fleet);
  assert.deepEqual(openRevocations(signed, fleetKey), list);
  assert.equal(openRevocations({ ...signed, text: signed.text.replace('"version":3', '"version":4') }, fleetKey), null);
  assert.equal(openRevocations(by(other), fleetKey), null);
});

test('a second process on a copied home is noticed, a restart is not', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  await fleet.join(home, 'a');
  const started = async (of: Home): Promise<TestMember> => {
    const member = fleet.member(of);
    await member.membership.turn();
    return member;
  };
  const first = await started(home);
  first.membership.close();
  const second = await started(home);
  assert.equal(second.membership.standing.duplicate, null, 'a restart');
  cpSync(home.path, join(home.path, '..', 'copy'), { recursive: true });
  const copy = openHome(join(home.path, '..', 'copy'));
  const third = await started(copy);
  assert.equal(third.membership.standing.duplicate, null, 'as yet it looks like a restart');
  await second.membership.turn();
  assert.match(second.membership.standing.duplicate ?? '', /two processes use the identity of node a/);
  assert.equal(fleet.told.filter((text) => /two processes/.test(text)).length, 1);
  await third.membership.turn();
  assert.match(third.told.join('\n'), /two processes use the identity of node a/);
  assert.match(newestPrint(copy), /^1\./, 'neither is cut off');
  second.membership.close();
  third.membership.close();
  // A copy does not get in under another name either.
  const denied = await refusal(fleet.join(copy, 'b', fleet.token()));
  assert.deepEqual([denied.code, /copy of that of node a/.test(denied.message)], ['home_copied', true]);
});

test('of two processes on one home one asks, and the other takes up what it was handed', async (t) => {
  const fleet = await startFleet(t);
  const home = fleet.home('a');
  await fleet.join(home, 'a');
  const [one, two] = [fleet.member(home), fleet.member(home)];
  for (const { membership } of [one, two, one, two]) await membership.turn();
  assert.equal(fleet.files.node('a')?.instances.length, 1);
  assert.equal(two.membership.standing.duplicate, null);
  one.membership.close();
  two.membership.close();
});

test('a node cannot take over the writer of another', async (t) => {
  const fleet = await startFleet(t);
  const [a, b] = [fleet.home('a'), fleet.home('b')];
  const writer = newUlid();
  addWriterId(a, writer);
  await fleet.join(a, 'a');
  await fleet.join(b, 'b');
  await sync(fleet, b, { writers: [writer] });
  assert.match(fleet.files.node('b')?.duplicate?.reason ?? '', /says that it is the writer .* which is node a's/);
  assert.deepEqual(fleet.files.nodeKeys('b').at(-1)?.writers, []);
});

async function until(holds: () => boolean, what: string): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < limit, what);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('collectors get chain keys, consoles those of excerpts too, and nobody else gets any', async (t) => {
  const fleet = await startFleet(t);
  const writer = newUlid();
  const [proxy, collector, console] = [fleet.home('proxy'), fleet.home('collector'), fleet.home('console')];
  addWriterId(proxy, writer);
  await fleet.join(proxy, 'web', fleet.token({ role: 'proxy' }));
  await fleet.join(collector, 'collect', fleet.token({ role: 'collector' }));
  await fleet.join(console, 'desk', fleet.token({ role: 'console' }));
  const ofCollector = writerKeysIn(collector);
  assert.ok(ofCollector.chainKeyOf(writer)?.equals(proxy.keys.chain));
  assert.equal(ofCollector.excerptKeyOf(writer), null);
  assert.equal(ofCollector.nodeOf(writer), 'web');
  assert.equal(readFingerprintKeys(collector).length, 1, 'a collector has no use for keys of fingerprints');
  assert.ok(writerKeysIn(console).excerptKeyOf(writer)?.equals(proxy.keys.excerpt));
  assert.ok(!existsSync(join(proxy.path, 'member', 'writers.key')));
  assert.ok(!(await sync(fleet, proxy)).has('writerKeys'));
  // A writer that began after the node had joined is known by its next question.
  const later = newUlid();
  assert.equal(writerKeysIn(collector).chainKeyOf(later), null);
  await sync(fleet, proxy, { writers: [writer, later] });
  await fleet.member(collector).membership.sync();
  assert.ok(writerKeysIn(collector).chainKeyOf(later)?.equals(proxy.keys.chain));
});

test('a writer that begins, and one that is met unknown, are asked about before the next news', async (t) => {
  const fleet = await startFleet(t);
  const [proxy, collector] = [fleet.home('proxy'), fleet.home('collector')];
  await fleet.join(proxy, 'web', fleet.token({ role: 'proxy' }));
  await fleet.join(collector, 'collect', fleet.token({ role: 'collector' }));
  const members = [fleet.member(proxy).membership, fleet.member(collector).membership];
  for (const member of members) member.start();
  t.after(() => {
    for (const member of members) member.close();
  });
  const answered = (): boolean => members.every(({ standing }) => standing.lastSync !== null);
  await until(answered, 'both were answered once; the next news is five minutes away');
  const writer = newUlid();
  const keys = writerKeysIn(collector);
  assert.equal(keys.chainKeyOf(writer), null);
  addWriterId(proxy, writer);
  await until(() => keys.chainKeyOf(writer)?.equals(proxy.keys.chain) === true, 'the collector has its key');
  assert.equal(keys.nodeOf(writer), 'web');
});

test('a writer that nobody knows is asked about less and less often', async (t) => {
  const fleet = await startFleet(t);
  const collector = fleet.home('collector');
  await fleet.join(collector, 'collect', fleet.token({ role: 'collector' }));
  const clock = { ahead: 0 };
  const { membership } = fleet.member(collector, clock);
  t.after(() => membership.close());
  await membership.turn();
  const keys = writerKeysIn(collector, () => Date.now() + clock.ahead);
  const stranger = newUlid();
  let asked = 0;
  let last = membership.standing.lastSync;
  for (let second = 0; second < 600; second++) {
    clock.ahead += 1000;
    assert.equal(keys.chainKeyOf(stranger), null);
    await membership.look();
    const { lastSync } = membership.standing;
    if (lastSync !== last) asked++;
    last = lastSync;
  }
  // At once, and after waits of 5, 10, 20, 40, 80, 160 s; then with every news.
  assert.ok(asked >= 6 && asked <= 9, `${asked} times in ten minutes`);
});

test('keys rotate: a value is still found under the epochs before', async (t) => {
  const fleet = await startFleet(t);
  const [a, b] = [fleet.home('a'), fleet.home('b')];
  await fleet.join(a, 'a');
  const before = newestPrint(a);
  fleet.rotate(Date.now());
  await fleet.join(b, 'b');
  assert.equal(newestPrint(a), before, 'until it asks it goes on under the one before');
  await fleet.member(a).membership.sync();
  assert.match(newestPrint(a), /^2\./);
  assert.equal(newestPrint(a), newestPrint(b));
  for (const home of [a, b]) {
    const prints = readFingerprintKeys(home).map((key) =>
      fingerprintUnder(key, 'CREDIT_CARD', '4111111111111111', normalise),
    );
    assert.ok(prints.includes(before));
  }
  fleet.rotate(Date.now() + DAY_MS);
  await fleet.member(a).membership.sync();
  assert.match(newestPrint(a), /^2\./, 'the next one has its time');
});

test('no name leaves its place, and nonsense is refused as such', async (t) => {
  const fleet = await startFleet(t);
  for (const name of ['../x', 'a/b', 'A', '', '.', 'a.b', '-a', 'a'.repeat(64), 'a\n', '*']) {
    const wrong = await refusal(fleet.join(fleet.home('a'), name));
    assert.equal(wrong.code, 'bad_request', JSON.stringify(name));
  }
  assert.deepEqual(fleet.files.nodes(), []);
  const home = fleet.home('a');
  await fleet.join(home, 'a');
  const bodies = [{ writers: ['../../x'] }, { instance: 5 }, { request: 'A'.repeat(80) }, { writers: 'x' }];
  for (const body of [...bodies, { version: 'x'.repeat(300) }, { authorityRequest: '!' }]) {
    assert.equal((await refusal(sync(fleet, home, body))).code, 'bad_request', JSON.stringify(body).slice(0, 50));
  }
  const { ca } = identityOf(home);
  const nobody = await refusal(askCentre({ address: fleet.address, ca }, '/v1/sync', {}, null));
  assert.equal(nobody.code, 'certificate_missing');
});

test('a certificate of another fleet, or of a server of this one, is no node', async (t) => {
  const [fleet, other] = [await startFleet(t), await startFleet(t)];
  const home = other.home('x');
  await other.join(home, 'x');
  const { cert, key } = identityOf(home);
  const place = { address: fleet.address, ca: fleet.files.certificatePem() };
  assert.equal((await refusal(askCentre(place, '/v1/sync', {}, { cert, key }))).code, 'certificate_unknown');
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
  const server = pemOf(signServer(['bus.example'], pair.publicKey, fleet.files.issuer(), validity));
  const identity = { cert: server, key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  assert.equal((await refusal(askCentre(place, '/v1/sync', {}, identity))).code, 'certificate_unknown');
});

test('a token is whole or none', () => {
  const token = { address: 'centre.example:8790', pin: 'ab'.repeat(32), id: '0'.repeat(12), secret: 'A'.repeat(43) };
  const text = joinTokenText(token);
  assert.deepEqual(readJoinToken(` ${text}\n`), token);
  for (const bad of ['', 'weirjoin_', text.slice(0, -4), `x${text}`, joinTokenText({ ...token, address: 'a b:1' })]) {
    assert.equal(readJoinToken(bad), null, bad.slice(0, 20));
  }
});

/** Passes bytes on, and changes one of those that come back, behind the first `after` of them. Its address. */
async function startRelay(t: TestContext, to: string, after: number): Promise<string> {
  const sockets = new Set<Socket>();
  let passed = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(to.split(':')[1]), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const at = after - passed;
      passed += chunk.length;
      if (at >= 0 && at < chunk.length) chunk[at] = (chunk[at] ?? 0) ^ 1;
      client.write(chunk);
    });
    upstream.on('close', () => client.end());
    client.on('close', () => upstream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(t, () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `127.0.0.1:${address.port}`;
}
