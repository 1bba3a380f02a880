/** `weir fleet rotate certificate`, with the centre's listener killed between its steps. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Membership } from '../../fleet/enrolment/membership.ts';
import { NodeFiles } from '../../fleet/enrolment/node-files.ts';
import { certificateDigest, certificatesIn } from '../../fleet/enrolment/trust.ts';
import { openHome } from '../../store/home.ts';
import { newNode, startCentre } from './fleet-centre.ts';
import type { Place } from './run-context.ts';

/** A process that starts anew for each question: what one knows the next has from disk. */
async function ask({ home }: Place, times = 1): Promise<string | null> {
  let problem: string | null = null;
  for (let i = 0; i < times; i++) {
    const membership = Membership.of({
      ...{ paths: openHome(home), version: '0.1.0', now: Date.now, tell: () => {}, log: () => {} },
    });
    await membership?.sync();
    problem = membership?.standing.problem ?? null;
  }
  return problem;
}

function trusted({ home }: Place): number {
  return certificatesIn(new NodeFiles(home).identity()?.ca ?? '').length;
}

const ROTATE = ['fleet', 'rotate', 'certificate'];

test('the certificate of a fleet is changed in three steps, each refused while somebody is not ready', async (t) => {
  const centre = await startCentre(t);
  const [one, two] = [newNode(t), newNode(t)];
  await one.call(['join', await centre.token(), '--name', 'web-1']);
  await two.call(['join', await centre.token(), '--name', 'web-2']);
  await centre.token('--role', 'sensor');
  const bus = ['fleet', 'certificate', 'bus.example', '--out'];
  assert.equal((await centre.call([...bus, 'bus'])).code, 0);
  assert.equal((await centre.call([...ROTATE, '--switch'])).code, 1, 'there is nothing to switch to');
  const begun = await centre.call(ROTATE);
  assert.equal(begun.code, 0, begun.err);
  const again = await centre.call(ROTATE);
  assert.deepEqual([again.code, /under way already.*--switch/.test(again.err)], [1, true], again.err);
  await centre.killAndStart();

  assert.equal(await ask(one, 2), null);
  const early = await centre.call([...ROTATE, '--switch']);
  assert.equal(early.code, 1);
  assert.match(early.err, /web-2 has not said that it trusts/);
  assert.doesNotMatch(early.err, /web-1 has not/);
  assert.equal(await ask(two, 2), null);
  const status = JSON.parse((await two.call(['fleet', 'status', '--json'])).out);
  assert.deepEqual([status.authorities[0], status.authorities.length], [begun.out.trim(), 2]);
  const ca = join(centre.folder, 'bus.ca.pem');
  assert.equal((await centre.call(['fleet', 'authorities', '--out', ca])).out, `${ca}\n`);
  assert.equal(certificatesIn(readFileSync(ca, 'utf8')).length, 2);
  const switched = await centre.call([...ROTATE, '--switch']);
  assert.equal(switched.code, 0, switched.err);
  assert.notEqual(switched.out, begun.out, 'prints which one issues');
  await centre.killAndStart();

  const refused = await centre.call([...ROTATE, '--drop-old']);
  assert.equal(refused.code, 1);
  for (const who of [
    /web-1 has not shown/,
    /web-2 has not shown/,
    /bus\.example is a server with a certificate under/,
  ]) {
    assert.match(refused.err, who);
  }
  assert.equal(await ask(one, 3), null);
  assert.equal(await ask(two, 3), null);
  assert.equal((await centre.call([...bus, 'bus-new'])).code, 0);
  const state = JSON.parse((await centre.call(['fleet', 'authorities', '--json'])).out);
  assert.deepEqual(state.waiting, []);
  assert.deepEqual(
    state.authorities.map(({ state }: { state: string }) => state),
    ['issues', 'before'],
  );
  const dropped = await centre.call([...ROTATE, '--drop-old']);
  assert.equal(dropped.code, 0, dropped.err);
  assert.match(dropped.err, /the token [0-9a-f]{12} \(sensor\) is taken back/);
  for (const node of [one, two]) {
    assert.equal(await ask(node), null);
    assert.equal(trusted(node), 1);
  }
  const third = newNode(t);
  const joined = await third.call(['join', await centre.token(), '--name', 'web-3']);
  assert.equal(joined.code, 0, joined.err);
});

test('a certificate whose key is in other hands goes at once, and who has to join again is named', async (t) => {
  const centre = await startCentre(t);
  const node = newNode(t);
  const unused = await centre.token('--uses', '5');
  await node.call(['join', await centre.token(), '--name', 'web-1']);
  const before = new NodeFiles(node.home).identity()?.ca ?? assert.fail();
  const replaced = await centre.call([...ROTATE, '--compromised']);
  assert.equal(replaced.code, 0);
  assert.match(replaced.err, /web-1 has to join again: weir fleet token --node web-1; weir join TOKEN --again/);
  assert.match((await ask(node)) ?? '', /certificate was changed without this node/);
  assert.match(
    (await newNode(t).call(['join', unused, '--name', 'x'])).err,
    /before the fleet's certificate was changed/,
  );
  const again = await node.call(['join', await centre.token('--node', 'web-1'), '--name', 'web-1', '--again']);
  assert.equal(again.code, 0, again.err);
  assert.equal(await ask(node), null);
  const [now] = certificatesIn(new NodeFiles(node.home).identity()?.ca ?? '');
  const [gone] = certificatesIn(before);
  assert.ok(now !== undefined && gone !== undefined && certificateDigest(now) !== certificateDigest(gone));
});

test('what does not go together is said', async (t) => {
  const place = newNode(t);
  await place.call(['fleet', 'init', '--address', '127.0.0.1:8791']);
  for (const args of [
    ['--switch', '--drop-old'],
    ['--in', '1h'],
  ])
    assert.equal((await place.call([...ROTATE, ...args])).code, 2);
  assert.equal((await place.call(['fleet', 'rotate', 'fingerprint-key', '--switch'])).code, 2);
  assert.equal((await place.call(['fleet', 'rotate', 'all'])).code, 2);
  assert.equal((await place.call([...ROTATE, '--cancel'])).code, 1);
  assert.equal((await place.call(ROTATE)).code, 0);
  assert.equal((await place.call([...ROTATE, '--cancel'])).code, 0);
  const { out } = await place.call(['fleet', 'authorities', '--json']);
  assert.equal(JSON.parse(out).authorities.length, 1);
});
