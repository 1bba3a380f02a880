/**
 * The same records in SQLite and in PostgreSQL after the same was taken from both: by age, and what led to a person. And a home
 * that was copied into a PostgreSQL. Both answer with the same rows, but for the checkpoints, which each makes in its own steps.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { storeAddress } from '../../flow/store-address.ts';
import { COUNTED_BY } from '../../store/counts.ts';
import { type Home, openHome } from '../../store/home.ts';
import { Ledger } from '../../store/ledger.ts';
import { connectStore } from '../../store/postgres/connect.ts';
import { copyHome } from '../../store/postgres/copy-home.ts';
import { purgeStore } from '../../store/postgres/purge-store.ts';
import { openPostgresReader } from '../../store/postgres/reader.ts';
import { retainStore } from '../../store/postgres/retention-by-day.ts';
import { rolesText } from '../../store/postgres/roles.ts';
import { StoreUpkeep } from '../../store/postgres/upkeep.ts';
import { type PurgeSelection, purge } from '../../store/purge.ts';
import { openReader } from '../../store/reader.ts';
import { Retention, type RetentionRules } from '../../store/retention.ts';
import { openDatabase } from '../../store/schema.ts';
import { DAY, HOUR_MS } from '../../store/spans.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { writerKeysIn } from '../../store/writer-keys.ts';
import { missing } from '../support/data-stores.ts';
import { startWeirCommand, weir } from '../support/weir-command.ts';
import { newDatabase, rowsIn, sharedServer } from './arriving.ts';
import { afterwards, record, sampleEvent, startRecorder, temporaryFolder } from './samples.ts';
import { DAYS, PRINTS, START, type TwoStores, twoStores } from './two-stores.ts';

const DAY_MS = 24 * HOUR_MS;
/** Midnight: whole days are what goes in both. */
const NOW = (Math.floor(START / DAY_MS) + DAYS + 1) * DAY_MS;
const KEPT = { events: null, allowed: null, excerpts: null, edges: null, bytes: null };
const KINDS = ['exchange', 'review'] as const;

function rulesOf(days: Partial<Record<keyof typeof KEPT, number>>): RetentionRules {
  const ms = (count: number | undefined): number | null => (count === undefined ? null : count * DAY_MS);
  return {
    eventsMs: ms(days.events),
    allowedMs: ms(days.allowed),
    excerptsMs: ms(days.excerpts),
    edgesMs: ms(days.edges),
    maxBytes: days.bytes ?? null,
  };
}

function retainHome(home: Home, rules: RetentionRules): void {
  const database = openDatabase(home.databaseFile);
  try {
    const ledger = new Ledger(database, home, home.keys.chain, (message) => assert.fail(message));
    const retention = new Retention(database, ledger, rules);
    while (retention.step(NOW));
  } finally {
    database.close();
  }
}

function upkeepOf(t: TestContext, { address, home }: Pick<TwoStores, 'address' | 'home'>): StoreUpkeep {
  const upkeep = new StoreUpkeep(address, home, () => NOW);
  afterwards(t, () => upkeep.close());
  return upkeep;
}

/** A reader with the keys that the home has by now: of the chain too that it has begun in the store. */
function readerOf(t: TestContext, { address, home }: Pick<TwoStores, 'address' | 'home'>): StoreReader {
  const { chainKeyOf: keyOf, excerptKeyOf } = writerKeysIn(home);
  const reader = openPostgresReader(address, { keyOf, excerptKeyOf, onProblem: (text) => assert.fail(text) });
  afterwards(t, () => reader.close());
  return reader;
}

async function listed<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Everything that is told of exchanges and reviews, of edges and of the chains of the home. */
async function same(sqlite: StoreReader, postgres: StoreReader): Promise<void> {
  const ask = async <T>(what: string, question: (store: StoreReader) => Promise<T>): Promise<T> => {
    const expected = await question(sqlite);
    assert.deepEqual(await question(postgres), expected, what);
    return expected;
  };
  const kinds = { kinds: KINDS };
  const events = await ask('events', (store) => listed(store.events(kinds)));
  assert.ok(events.length > 0);
  for (const { id } of events.filter((_, i) => i % 23 === 0)) {
    await ask('one event', (store) => store.event(id));
    await ask('its edges', (store) => store.edgesOf(id));
    await ask('about it', (store) => store.about(id, 9));
  }
  await ask('count', (store) => store.count(kinds));
  for (const since of [null, new Date(START + 5 * DAY_MS)]) {
    for (const by of COUNTED_BY) await ask(`by ${by}`, (store) => store.countBy(by, { ...kinds, since }));
    await ask('map', (store) => store.map({ since, details: 'whole' }));
  }
  // Positions, and so cursors, are each store's own.
  await ask(
    'a page',
    async (store) => (await store.page({ filter: { ...kinds, actions: ['allow'] }, limit: 40 })).events,
  );
  await ask('edges', (store) => store.edges({}, 'whole'));
  const range = { since: new Date(START), until: new Date(NOW), span: DAY } as const;
  await ask('series', (store) => store.series(range));
  await ask('values', (store) => store.byFingerprint(PRINTS));
  await ask('shared values', (store) => store.sharedValues());
}

describe('a shared store and a home', { skip: missing('postgresql'), timeout: 600_000 }, () => {
  const server = sharedServer();
  after(server.stop);

  test('let go of the same with time; the chains still verify, and each day is a table that is gone', async (t) => {
    const stores = await twoStores(t, await server.get());
    const { home, sqlite, url } = stores;
    const postgres = readerOf(t, stores);
    const upkeep = upkeepOf(t, stores);
    const steps = [rulesOf({ excerpts: 3, allowed: 8 }), rulesOf({ events: 5, allowed: 4, edges: 6 })];
    for (const rules of steps) {
      retainHome(home, rules);
      const done = await retainStore(upkeep, rules, NOW);
      assert.ok(done.events > 0);
      await same(sqlite, postgres);
      const [mine, theirs] = [await sqlite.verify(), await postgres.verify()];
      assert.deepEqual(
        theirs.chains.map(({ fault }) => fault),
        theirs.chains.map(() => null),
      );
      const [writer = ''] = mine.chains.map((chain) => chain.writer);
      const there = theirs.chains.find((chain) => chain.writer === writer);
      assert.ok((there?.removed ?? 0) > 0 && (there?.checkpoints.length ?? 0) > 0);
    }
    // Nothing more to do, and nothing said of it.
    assert.equal((await retainStore(upkeep, steps.at(-1) ?? rulesOf({}), NOW)).checkpoints.length, 0);
    const days = await rowsIn(url, 'SELECT day FROM days ORDER BY day');
    const dropped = Math.floor(NOW / DAY_MS) - 5;
    assert.ok(days.every(({ day }) => Number(day) >= dropped));
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM event_counts WHERE events < 0'), [{ n: 0 }]);
    // By size, the oldest days go until it is small enough; what is counted stays what is there.
    await retainStore(upkeep, rulesOf({ bytes: 1 }), NOW);
    const checked = await weir(['store', 'check', '--config', configOf(t, home.path, url)]);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    assert.equal((await postgres.verify()).isIntact, true);
    // The last day is not an hour over.
    assert.equal(await postgres.count({ kinds: KINDS, until: new Date(NOW - DAY_MS) }), 0);
  });

  test('clear the same of a person; what was cleared is told, and only the owner may', async (t) => {
    const stores = await twoStores(t, await server.get());
    const { home, sqlite } = stores;
    const upkeep = upkeepOf(t, stores);
    const selections: readonly Partial<PurgeSelection>[] = [
      { fingerprint: PRINTS[2] ?? '' },
      { user: 'ann', before: new Date(START + 6 * DAY_MS) },
      { user: 'ben' },
      { app: 'support' },
      { before: new Date(START + 2 * DAY_MS) },
    ];
    const postgres = readerOf(t, stores);
    for (const given of selections) {
      const selection = { user: null, app: null, fingerprint: null, before: null, ...given };
      const expected = purge(home, selection, 'ann', (message) => assert.fail(message));
      const { events, edges, checkpoints } = await purgeStore(upkeep, selection, 'ann');
      assert.deepEqual([events, edges], [expected.events, expected.edges], JSON.stringify(given));
      assert.ok(events > 0 && checkpoints.length > 0);
      await same(sqlite, postgres);
    }
    const verified = await postgres.verify();
    assert.equal(verified.isIntact, true, JSON.stringify(verified.chains));
    assert.ok(verified.chains.some(({ cleared, clearing }) => cleared > 0 && clearing.length > 0));

    // A role that may only write.
    const owner = await connectStore(stores.address, { max: 1 });
    await owner.unsafe(rolesText());
    const name = `keeper_${stores.address.database}`;
    await owner.unsafe(`CREATE ROLE ${name} LOGIN IN ROLE weir_writer`);
    await owner.end();
    assert.equal((await weir(['store', 'migrate', '--config', configOf(t, home.path, stores.url)])).code, 0);
    const as = stores.url.replace('postgres@', `${name}@`);
    const config = configOf(t, home.path, as);
    for (const args of [
      ['log', 'purge', '--user', 'ann'],
      ['store', 'retain'],
    ]) {
      const refused = await weir([...args, '--config', config]);
      assert.equal(refused.code, 1, refused.stderr);
      assert.match(refused.stderr, /only the owner of its tables .*--as/);
    }
    const byOwner = await weir(['log', 'purge', '--app', 'billing', '--as', stores.url, '--config', config]);
    assert.equal(byOwner.code, 0, byOwner.stderr);
    assert.match(byOwner.stdout, /[1-9]\d* events and \d+ edges cleared; checkpoint /);
  });

  test('a home is copied whole, once, though it was killed in the middle, and its chain proven there', async (t) => {
    const { home, sqlite } = await twoStores(t, await server.get());
    retainHome(home, rulesOf({ events: 9, allowed: 4 }));
    purge(home, { user: 'ann', app: null, fingerprint: null, before: null }, null, (message) => assert.fail(message));
    const { url, address } = await newDatabase(await server.get());
    const config = configOf(t, home.path, url);
    // Once with the edges there and some of the records, once ended from outside.
    const database = openDatabase(home.databaseFile);
    await assert.rejects(
      copyHome(database, home, address, () => {
        throw new Error('the power went');
      }),
      /the power went/,
    );
    database.close();
    const started = startWeirCommand(['store', 'copy', '--config', config]);
    setTimeout(() => started.signal('SIGKILL'), 300);
    await started.ended;
    const copied = await weir(['store', 'copy', '--json', '--config', config]);
    assert.equal(copied.code, 0, copied.stderr);
    const again = await weir(['store', 'copy', '--config', config]);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /: 0 of \d+ records copied/);
    const postgres = readerOf(t, { address, home });
    await same(sqlite, postgres);
    assert.deepEqual(await listed(postgres.events()), await listed(sqlite.events()));
    const { chains } = await sqlite.verify();
    assert.deepEqual((await postgres.verify()).chains, chains);
    const checked = await weir(['store', 'check', '--config', config]);
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
  });

  test('a home whose chain does not verify is not copied, and the record is named', async (t) => {
    const { home, recorder, end } = await startRecorder(t);
    const events = [1, 2, 3].map(() => sampleEvent());
    await record(recorder, events);
    await end();
    const { url, address } = await newDatabase(await server.get());
    const database = openDatabase(home.databaseFile);
    database.prepare(`UPDATE events SET core = replace(core, '"completed"', '"blocked"') WHERE seq = 2`).run();
    database.close();
    const config = configOf(t, home.path, url);
    const refused = await weir(['store', 'copy', '--config', config]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`record 2 of writer \\w+ \\(${events[1]?.id}\\)`));
    assert.deepEqual(await rowsIn(url, 'SELECT count(*)::int AS n FROM records'), [{ n: 0 }]);
    assert.equal(storeAddress(url).database, address.database);
    assert.equal([...openReader(openHome(home.path)).events()].length, 3);
  });

  function configOf(t: TestContext, home: string, store: string): string {
    const file = join(temporaryFolder(t), 'weir.yaml');
    writeFileSync(file, JSON.stringify({ home, store, sensor: { enabled: false } }), { mode: 0o600 });
    return file;
  }
});
