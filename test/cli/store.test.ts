/** `weir store` on a real PostgreSQL: made, checked, damaged, and what it says where it cannot. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { storeAddress } from '../../flow/store-address.ts';
import { arrivalsIn, batchOf, newDatabase, rowsIn, sharedServer, TestNode } from '../store/arriving.ts';
import { afterwards, sampleEvent } from '../store/samples.ts';
import { missing } from '../support/data-stores.ts';
import { makePlace, type Place } from './run-context.ts';

const server = sharedServer();
after(() => server.stop());

async function place(t: TestContext): Promise<Place & { readonly url: string }> {
  const { url } = await newDatabase(await server.get());
  const made = makePlace();
  afterwards(t, () => made.remove());
  writeFileSync(join(made.folder, 'weir.yaml'), `store: "${url}"\nsensor: {enabled: false}\n`);
  return { ...made, url };
}

describe('weir store', { skip: missing('postgresql') }, () => {
  test('migrate makes the tables and then finds them; check counts what is there, and names what differs', async (t) => {
    const at = await place(t);
    const early = await at.call(['store', 'check']);
    assert.equal(early.code, 1);
    assert.match(early.err, /weir store migrate/);
    const made = await at.call(['store', 'migrate']);
    assert.deepEqual([made.code, made.err], [0, '']);
    assert.match(made.out, /was brought from schema 0: schema \d+\n$/);
    assert.match((await at.call(['store', 'migrate'])).out, /is up to date: schema \d+\n$/);

    const node = new TestNode();
    const store = await arrivalsIn(t, storeAddress(at.url), [node]);
    const records = [1, 2, 3].map(() => node.chain(sampleEvent()));
    const [first, , third] = records;
    assert.ok(first !== undefined && third !== undefined);
    await store.arrive(batchOf([first, third]));
    const partly = await at.call(['store', 'check', '--json']);
    assert.equal(partly.code, 0, partly.err);
    const found = JSON.parse(partly.out);
    assert.deepEqual([found.events, found.edges, found.writers, found.differing], [2, 1, 1, []]);
    assert.deepEqual(found.missing, [{ writer: node.writer, from: 2, to: 2 }]);
    assert.match((await at.call(['store', 'check'])).out, new RegExp(`has not come: 2 to 2 of writer ${node.writer}`));

    await store.arrive(batchOf(records));
    assert.doesNotMatch((await at.call(['store', 'check'])).out, /has not come|differs/);
    const verified = await at.call(['log', 'verify']);
    assert.equal(verified.code, 0, verified.err);
    assert.match(verified.out, new RegExp(`intact: 3 records of writer ${node.writer}`));

    await rowsIn(at.url, `DELETE FROM records WHERE id = '${first.id}'`);
    const damaged = await at.call(['store', 'check']);
    assert.equal(damaged.code, 1);
    assert.match(damaged.out, /differs: /);
    assert.equal((await at.call(['log', 'verify'])).code, 1);
  });

  test('lines of imported logs become edges of it, each once, and a log of it is checked whole', async (t) => {
    const at = await place(t);
    assert.equal((await at.call(['store', 'migrate'])).code, 0);
    const log = join(at.folder, 'access.log');
    const line =
      '1793520000.123    512 10.0.0.7 TCP_TUNNEL/200 1000 CONNECT api.openai.com:443 alice HIER_DIRECT/203.0.113.1 -';
    writeFileSync(log, `${line}\n${line}\n`);
    const read = await at.call(['flows', 'import', '--format', 'squid', log]);
    assert.deepEqual([read.code, read.err], [0, '']);
    assert.match(read.out, /: 2 added, 0 known before/);
    assert.match((await at.call(['flows', 'import', '--format', 'squid', log])).out, /: 0 added, 2 known before/);
    const edges = (await at.call(['flows', 'list', '--json'])).out
      .split('\n')
      .filter(Boolean)
      .map((text) => JSON.parse(text));
    const outward = edges.find(({ direction }) => direction === 'out');
    assert.deepEqual([outward?.channel, outward?.calls, outward?.destination.vendor], ['log', 2, 'OpenAI']);
    assert.equal((await at.call(['store', 'check'])).code, 0);
    const verified = await at.call(['log', 'verify']);
    assert.equal(verified.code, 0, verified.out + verified.err);
  });

  test('without a shared store, with an address that is none, or one where nobody answers it says so', async (t) => {
    const at = makePlace();
    afterwards(t, () => at.remove());
    const none = await at.call(['store', 'check']);
    assert.equal(none.code, 2);
    assert.match(none.err, /needs `store: postgres:\/\/…` in the configuration, or --as/);
    const wrong = await at.call(['store', 'check', '--as', 'mysql://localhost/weir']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /--as /);
    const away = await at.call(['store', 'check', '--as', 'postgres://ana@127.0.0.1:1/weir']);
    assert.equal(away.code, 1);
    assert.match(away.err, /postgres:\/\/ana@127\.0\.0\.1:1\/weir/);
    assert.match(away.err, /Hint: /);
  });
});
