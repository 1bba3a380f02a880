/** Who may do what in a shared store, and what is said where something stands in the way. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import postgres from 'postgres';
import { type ErrorCode, WeirError } from '../../flow/errors.ts';
import { storeAddress } from '../../flow/store-address.ts';
import { checkStore } from '../../store/postgres/check-store.ts';
import { connectStore } from '../../store/postgres/connect.ts';
import { openPostgresReader } from '../../store/postgres/reader.ts';
import { grantText, rolesText } from '../../store/postgres/roles.ts';
import { migrateStore } from '../../store/postgres/schema.ts';
import { missing } from '../support/data-stores.ts';
import { arrivalsIn, batchOf, newDatabase, rowsIn, sharedServer, TestNode } from './arriving.ts';
import { afterwards, sampleEvent } from './samples.ts';

describe('a shared store', { skip: missing('postgresql'), timeout: 300_000 }, () => {
  const server = sharedServer();
  after(server.stop);

  function isOurs(code: ErrorCode, text: RegExp) {
    return (error: unknown) => error instanceof WeirError && error.code === code && text.test(error.message);
  }

  test('lets a writer add and never change or remove, and a reader read', async (t) => {
    const { url, address } = await newDatabase(await server.get());
    const owner = await connectStore(address, { max: 1 });
    afterwards(t, () => owner.end());
    await owner.unsafe(rolesText());
    await migrateStore(owner, address);
    await owner.unsafe(grantText());
    await owner.unsafe(`CREATE ROLE adds LOGIN IN ROLE weir_writer; CREATE ROLE reads LOGIN IN ROLE weir_reader`);
    const as = (user: string) => storeAddress(url.replace('postgres@', `${user}@`));
    const node = new TestNode();
    const store = await arrivalsIn(t, as('adds'), [node]);
    const event = sampleEvent();
    const records = [node.chain(event), node.review(event, 'confirmed'), node.chain(sampleEvent())];
    const report = await store.arrive(batchOf(records, { heads: [node.head()] }));
    assert.deepEqual(report, { added: 3, duplicates: 0, faults: [] });
    const options = { excerptKeyOf: () => null, keyOf: () => node.key, onProblem: assert.fail };
    const reader = openPostgresReader(as('reads'), options);
    afterwards(t, () => reader.close());
    assert.equal(await reader.count(), 3);
    assert.equal((await reader.verify()).isIntact, true);
    const changes = [
      ['adds', 'DELETE FROM events'],
      ['adds', 'DELETE FROM records'],
      ['adds', `UPDATE events SET core = ''`],
      ['adds', 'UPDATE records SET seq = 0'],
      ['adds', 'TRUNCATE events'],
      ['adds', 'ALTER TABLE events ADD COLUMN more text'],
      ['adds', 'DELETE FROM gaps'],
      ['reads', `INSERT INTO entities (entity) VALUES ('X')`],
      ['reads', 'UPDATE edges SET calls = 0'],
      ['reads', 'SELECT open_day(1)'],
    ] as const;
    for (const [user, change] of changes) {
      const sql = postgres(url.replace('postgres@', `${user}@`), { max: 1, connection: { search_path: 'weir' } });
      await assert.rejects(sql.unsafe(change), { code: /^(42501|42P01)$/ }, `${user}: ${change}`);
      await sql.end();
    }
    const checked = await checkStore(owner, address);
    assert.deepEqual(checked, { events: 3, edges: 1, writers: 1, differing: [], missing: [] });
  });

  test('says what is wrong, and where', async (t) => {
    const running = await server.get();
    const { url, address } = await newDatabase(running);
    const options = { excerptKeyOf: () => null, keyOf: () => null, onProblem: assert.fail };
    const count = async (at: string): Promise<number> => {
      const reader = openPostgresReader(storeAddress(at), options);
      try {
        return await reader.count();
      } finally {
        await reader.close();
      }
    };
    await assert.rejects(count(url), isOurs('store_unready', /has no tables of Weir: run `weir store migrate`/));
    await assert.rejects(count(running.url('nobody', 'postgres')), isOurs('store_denied', /refuses the login/));
    await assert.rejects(
      count(running.url('postgres', 'none')),
      isOurs('store_denied', /has no database of that name/),
    );
    const closed = url.replace(String(running.port), '1');
    await assert.rejects(count(closed), isOurs('store_away', /does not take connections/));
    await assert.rejects(count(`${url}?sslmode=verify-full`), isOurs('store_untrusted', /does not speak TLS/));
    const node = new TestNode();
    const store = await arrivalsIn(t, address, [node]);
    const record = node.chain(sampleEvent());
    await store.arrive(batchOf([record]));
    const name = new URL(url).pathname.slice(1);
    await rowsIn(url, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const late = await arrivalsIn(t, address, [node]);
    await assert.rejects(late.arrive(batchOf([node.chain(sampleEvent())])), isOurs('store_away', /is read-only/));
    await rowsIn(running.url(), `ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await rowsIn(url, 'UPDATE schema_version SET version = 99');
    await assert.rejects(count(url), isOurs('store_newer', /has schema 99/));
    const newer = await arrivalsIn(t, address, [node]);
    await assert.rejects(newer.arrive(batchOf([])), isOurs('store_newer', /has schema 99/));
  });
});
