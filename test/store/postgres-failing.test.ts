/**
 * What a shared store fails with, each said with what, where and how to mend it: an expired certificate, wrong credentials, a
 * PostgreSQL that is too old, a disk that is full. And a dump of it, with which everything comes back.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { startCarrier } from '../../fleet/start-carrier.ts';
import { type ErrorCode, WeirError } from '../../flow/errors.ts';
import { storeAddress } from '../../flow/store-address.ts';
import { openHome } from '../../store/home.ts';
import { withKeeper } from '../../store/open-keeper.ts';
import { checkStore } from '../../store/postgres/check-store.ts';
import { connectStore } from '../../store/postgres/connect.ts';
import { openPostgresReader } from '../../store/postgres/reader.ts';
import { missing, postgresFolder } from '../support/data-stores.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { testAuthority } from '../support/test-certificates.ts';
import { arrivalsIn, batchOf, newDatabase, rowsIn, sharedServer, TestNode } from './arriving.ts';
import { afterwards, FINDING, observationOf, sampleEvent, temporaryFolder } from './samples.ts';

function isOurs(code: ErrorCode, text: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof WeirError, String(error));
    assert.deepEqual([error.code, text.test(error.message)], [code, true], error.message);
    return true;
  };
}

async function counted(at: string): Promise<number> {
  const options = { excerptKeyOf: () => null, keyOf: () => null, onProblem: (text: string) => assert.fail(text) };
  const reader = openPostgresReader(storeAddress(at), options);
  try {
    return await reader.count();
  } finally {
    await reader.close();
  }
}

async function until(holds: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const limit = Date.now() + 90_000;
  while (!(await holds())) {
    assert.ok(Date.now() < limit, what());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One message of the server's side of the protocol. */
function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5, type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function number(value: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** Speaks as much of PostgreSQL's protocol as it takes to answer every question with one row, of these columns. */
async function startStandIn(t: TestContext, row: Readonly<Record<string, string>>): Promise<number> {
  const ready = message('Z', 'I');
  const description = message(
    'T',
    number(Object.keys(row).length, 2),
    ...Object.keys(row).flatMap((name) => [
      `${name}\0`,
      ...[number(0, 4), number(0, 2), number(25, 4), number(0xffff, 2), number(0xffffffff, 4), number(0, 2)],
    ]),
  );
  const data = message(
    'D',
    number(Object.keys(row).length, 2),
    ...Object.values(row).flatMap((value) => [number(Buffer.byteLength(value), 4), value]),
  );
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {}).on('close', () => open.delete(socket));
    let isStarted = false;
    socket.on('data', (bytes) => {
      if (!isStarted) {
        isStarted = true;
        socket.write(Buffer.concat([message('R', number(0, 4)), ready]));
      } else if (bytes[0] === 'Q'.charCodeAt(0)) {
        socket.write(Buffer.concat([description, data, message('C', 'SELECT 1\0'), ready]));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(t, () => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const at = server.address();
  assert.ok(at !== null && typeof at === 'object');
  return at.port;
}

describe('a shared store that fails', { skip: missing('postgresql') }, () => {
  const server = sharedServer();
  after(server.stop);

  test('with an expired certificate, or a wrong password, says so, and the outbox keeps what was recorded', async (t) => {
    const folder = temporaryFolder(t);
    const authority = testAuthority(folder);
    const failing = await startPostgres({
      tls: authority.sign('server', { isExpired: true }),
      hba: [
        'local all all trust',
        'hostnossl all all 127.0.0.1/32 scram-sha-256',
        'hostssl all all 127.0.0.1/32 trust',
      ],
    });
    afterwards(t, () => failing.stop());
    const tls = `${failing.url()}?sslmode=verify-full&sslrootcert=${authority.cert}`;
    await assert.rejects(counted(tls), isOurs('store_untrusted', /127\.0\.0\.1.* has expired: renew it there/));
    const wrong = failing.url().replace('postgres@', `postgres:${'w'.repeat(8)}@`);
    await assert.rejects(counted(wrong), (error) => {
      isOurs('store_denied', /127\.0\.0\.1.* refuses the login: check user and password of `store`/)(error);
      assert.doesNotMatch(String(error), /wwww/);
      return true;
    });
    // A node that hands on to it: it records, says why nothing goes, and hands on once it can.
    const home = openHome(join(folder, 'home'), 'outbox');
    const lock = home.lock();
    afterwards(t, () => lock.release());
    const events = [sampleEvent(), sampleEvent()];
    const entries = events.map((event) => ({ event, edges: [observationOf(event)], excerpt: null, review: null }));
    withKeeper(home, assert.fail, (keeper) => keeper.append(entries));
    const said: string[] = [];
    const stuck = startCarrier(home, { kind: 'store', address: storeAddress(tls) }, (text) => said.push(text));
    await until(
      () => said.some((text) => /has expired/.test(text)),
      () => said.join('\n'),
    );
    await stuck.close(0);
    const { url } = await newDatabase(await server.get());
    const going = startCarrier(home, { kind: 'store', address: storeAddress(url) }, (text) => said.push(text));
    const there = async (): Promise<boolean> => {
      const [row] = await rowsIn(url, "SELECT to_regclass('weir.events') IS NOT NULL AS is");
      if (row?.['is'] !== true) return false;
      return (await rowsIn(url, 'SELECT count(*)::int AS n FROM events'))[0]?.['n'] === 2;
    };
    await until(there, () => said.join('\n'));
    await going.close(1000);
  });

  test('by being too old, or in another encoding, is refused with the version wanted', async (t) => {
    const old = await startStandIn(t, { server: '120015', encoding: 'UTF8' });
    const at = (port: number): string => `postgres://postgres@127.0.0.1:${port}/postgres`;
    await assert.rejects(
      counted(at(old)),
      isOurs('store_unready', /127\.0\.0\.1.* is a PostgreSQL older than 13: move/),
    );
    const store = await arrivalsIn(t, storeAddress(at(old)));
    await assert.rejects(store.arrive(batchOf([])), isOurs('store_unready', /older than 13/));
    const latin = await startStandIn(t, { server: '150002', encoding: 'LATIN1' });
    await assert.rejects(
      counted(at(latin)),
      isOurs('store_unready', /is encoded in LATIN1: create it with encoding UTF8/),
    );
  });

  test('by a full disk keeps nothing of a batch, and takes it when there is room', async (t) => {
    const { url, address } = await newDatabase(await server.get());
    const node = new TestNode();
    const store = await arrivalsIn(t, address, [node]);
    const records = Array.from({ length: 5 }, () => node.chain(sampleEvent({ findings: [FINDING] })));
    await store.arrive(batchOf(records.slice(0, 1)));
    // As the server answers when a file cannot be extended.
    await rowsIn(
      url,
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON records EXECUTE FUNCTION full_disk()`,
    );
    await assert.rejects(store.arrive(batchOf(records)), isOurs('store_away', /has a full disk: free space there/));
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM events'), [{ n: 1 }]);
    await rowsIn(url, 'DROP TRIGGER full_disk ON records');
    assert.deepEqual(await store.arrive(batchOf(records)), { added: 4, duplicates: 1, faults: [] });
  });

  test('and is lost comes back from a dump, and takes what was recorded since', async (t) => {
    const running = await server.get();
    const { url, address } = await newDatabase(running);
    const node = new TestNode();
    const store = await arrivalsIn(t, address, [node]);
    const times = [new Date().toISOString(), '1999-01-01T00:00:00.000Z'];
    const records = Array.from({ length: 20 }, (_, i) =>
      node.chain(sampleEvent({ findings: [FINDING], time: times[i % 2] ?? '' })),
    );
    await store.arrive(batchOf(records.slice(0, 15), { heads: [node.head()] }));
    await store.close();
    const bin = postgresFolder() ?? '';
    const file = join(temporaryFolder(t), 'weir.dump');
    execFileSync(join(bin, 'pg_dump'), ['--format=custom', '--schema=weir', '--no-owner', `--file=${file}`, url]);
    const restored = await newDatabase(running);
    execFileSync(join(bin, 'pg_restore'), [
      '--exit-on-error',
      '--single-transaction',
      '--no-owner',
      `--dbname=${restored.url}`,
      file,
    ]);
    const sql = await connectStore(restored.address, { max: 1 });
    afterwards(t, () => sql.end());
    const found = await checkStore(sql, restored.address);
    assert.deepEqual([found.events, found.differing], [15, []]);
    const options = { excerptKeyOf: () => null, keyOf: () => node.key, onProblem: (text: string) => assert.fail(text) };
    const reader = openPostgresReader(restored.address, options);
    afterwards(t, () => reader.close());
    assert.match((await reader.verify()).chains[0]?.fault?.text ?? '', /record 16 .* is missing/);
    // Nodes hand over again what they have: what is there counts once, and the rest makes the chain whole.
    const late = await arrivalsIn(t, restored.address, [node]);
    assert.deepEqual(await late.arrive(batchOf(records)), { added: 5, duplicates: 15, faults: [] });
    assert.equal((await reader.verify()).isIntact, true);
    assert.deepEqual((await checkStore(sql, restored.address)).differing, []);
  });
});
