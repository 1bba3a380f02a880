/**
 * A home that was written by a schema of version 1 (test/store/version-1, 60 exchanges over three apps and hosts, three
 * reviews, one value in six of every third): nothing of it may be lost, wherever bringing it up to date is broken off.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { EventFilter } from '../../store/event-filter.ts';
import { openHome } from '../../store/home.ts';
import { takeLock } from '../../store/lock.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { openDatabase, SCHEMA_VERSION } from '../../store/schema.ts';
import { afterwards, lineOf, record, SOURCE, sampleEvent, startRecorder, temporaryFolder } from './samples.ts';

const FIXTURE = fileURLToPath(new URL('version-1/', import.meta.url));

function homeOfVersion1(t: TestContext): string {
  const path = join(temporaryFolder(t), 'home');
  mkdirSync(path, { mode: 0o700 });
  cpSync(join(FIXTURE, 'keys'), join(path, 'keys'), { recursive: true });
  chmodSync(join(path, 'keys'), 0o700);
  for (const key of ['chain', 'conversation', 'excerpt', 'fingerprint'])
    chmodSync(join(path, 'keys', `${key}.key`), 0o600);
  writeFileSync(join(path, 'weir.db'), gunzipSync(readFileSync(join(FIXTURE, 'weir.db.gz'))), { mode: 0o600 });
  return path;
}

function reading<T>(path: string, read: (reader: Reader) => T): T {
  const reader = openReader(path);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

const VALUE = `fp${'0'.padStart(20, 'A')}`;

const FILTERS: readonly EventFilter[] = [
  {},
  { actions: ['block'] },
  { isObserved: true },
  { apps: ['billing'], destinations: ['api.*'] },
  { entities: ['CREDIT_CARD'], outcomes: ['blocked'] },
  { policies: ['card-data'], since: new Date('2026-02-02T00:00:00Z'), until: new Date('2026-02-03T12:34:56Z') },
  { rules: ['card-data/pan'], severities: ['high'] },
  { reviews: ['false_positive', 'confirmed'] },
  { reviews: ['none'], vendors: ['Anthropic'] },
  { categories: ['saas'], channels: ['proxy'], kinds: ['exchange'] },
  { fingerprints: [VALUE] },
  { fingerprints: [VALUE], apps: ['billing'] },
  { users: ['ana'] },
];

/** What each filter gives, by page and by count, and that all ways to ask say the same. */
function answers(path: string): readonly (readonly string[])[] {
  return reading(path, (reader) =>
    FILTERS.map((filter) => {
      const ids = [...reader.events(filter)].map((event) => event.id);
      const paged: string[] = [];
      for (let page = reader.page({ filter, limit: 7 }); ; ) {
        paged.push(...page.events.map((event) => event.id));
        if (page.older === null) break;
        page = reader.page({ filter, from: { cursor: page.older, way: 'older' }, limit: 7 });
      }
      assert.deepEqual(paged.toReversed(), ids, JSON.stringify(filter));
      assert.equal(reader.count(filter), ids.length, JSON.stringify(filter));
      return ids;
    }),
  );
}

function isFilled(path: string): boolean {
  const database = new DatabaseSync(join(path, 'weir.db'), { readOnly: true, timeout: 30_000 });
  try {
    return database.prepare('SELECT 1 FROM events WHERE sort IS NULL').get() === undefined;
  } finally {
    database.close();
  }
}

/** A recorder that has filled in everything. */
async function filled(t: TestContext, path: string) {
  const started = await startRecorder(t, {}, path);
  while (!isFilled(path)) await new Promise((resolve) => setTimeout(resolve, 20));
  return started;
}

test('what a version 1 has written is read the same before it is filled in and after', async (t) => {
  const path = homeOfVersion1(t);
  const before = answers(path);
  assert.deepEqual(before.map((ids) => ids.length).slice(0, 3), [63, 12, 6]);
  assert.equal(before.at(10)?.length, 10);
  assert.ok(!isFilled(path), 'a reader fills in nothing');
  assert.ok(reading(path, (reader) => reader.verify()).isIntact);
  await filled(t, path);
  assert.deepEqual(answers(path), before);
  assert.ok(reading(path, (reader) => reader.verify()).isIntact);
});

test('the edges of a version 1 keep their ids and totals, and get details and roll-ups from the events', async (t) => {
  const path = homeOfVersion1(t);
  const old = new DatabaseSync(join(path, 'weir.db'), { readOnly: true });
  const totals = old.prepare('SELECT id, calls, bytes_out, bytes_in FROM edges ORDER BY id').all();
  old.close();
  const { recorder } = await filled(t, path);
  const read = (since: Date | null) =>
    reading(path, (reader) => reader.map({ since, details: 'whole' })).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const all = read(null);
  assert.deepEqual(
    all.map(({ id, calls, bytesOut, bytesIn }) => ({ id, calls, bytes_out: bytesOut, bytes_in: bytesIn })),
    totals.map((row) => ({ ...row })),
  );
  const rolled = read(new Date('2026-01-01T00:00:00Z'));
  assert.deepEqual(rolled, all, 'the roll-ups of all hours are the totals');
  const [detail] = all.flatMap((edge) =>
    edge.details?.['CREDIT_CARD'] === undefined ? [] : [edge.details['CREDIT_CARD']],
  );
  assert.equal(detail?.maxScore, 0.9);
  assert.deepEqual(detail?.paths, ['/messages/1/content']);
  assert.ok((detail?.fingerprints.length ?? 0) > 0);
  assert.deepEqual(all[0]?.models, ['gpt-4o']);
  const found = reading(path, (reader) => reader.byFingerprint([VALUE]));
  assert.equal(found.eventCount, 10);
  assert.equal(
    found.edges.reduce((sum, { sighting }) => sum + sighting.count, 0),
    10,
  );
  await record(recorder, [sampleEvent({ source: { ...SOURCE, user: 'ana' } })]);
  assert.equal(
    reading(path, (reader) => reader.count()),
    64,
  );
});

test('killed while it is brought up to date, a home loses nothing and counts nothing twice', async (t) => {
  const path = homeOfVersion1(t);
  const before = answers(path);
  for (let i = 0; i < 3; i++) {
    const child = spawn(process.execPath, [fileURLToPath(new URL('filling-child.ts', import.meta.url)), path, '17'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    afterwards(t, () => child.kill('SIGKILL'));
    await lineOf(child, 'step');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    assert.deepEqual(answers(path), before);
  }
  await filled(t, path);
  assert.deepEqual(answers(path), before);
  const [all, rolled] = [null, new Date('2026-01-01T00:00:00Z')].map((since) =>
    reading(path, (reader) => reader.map({ since })),
  );
  assert.deepEqual(rolled, all);
});

test('a home that an older Weir still writes is left alone, and one that is being migrated is waited for', async (t) => {
  const path = homeOfVersion1(t);
  const lock = takeLock(path, 0);
  afterwards(t, () => lock.release());
  assert.throws(() => openReader(path), { code: 'home_unusable', message: /older weir that is running/ });
  const database = new DatabaseSync(join(path, 'weir.db'));
  assert.equal(database.prepare('PRAGMA user_version').get()?.['user_version'], 1);
  // Another process migrates: its reader sees the old version until that is committed.
  database.close();
  const child = spawn(process.execPath, [fileURLToPath(new URL('reading-child.ts', import.meta.url)), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterwards(t, () => child.kill('SIGKILL'));
  const counted = lineOf(child, 'count');
  await lineOf(child, 'opening');
  openDatabase(join(path, 'weir.db')).close();
  assert.equal(await counted, 'count 63');
});

test('a full disk in the middle of the migration leaves a home of version 1', (t) => {
  const path = homeOfVersion1(t);
  const file = join(path, 'weir.db');
  const probe = new DatabaseSync(file);
  const pages = Number(probe.prepare('PRAGMA page_count').get()?.['page_count']);
  probe.close();
  assert.throws(() => openDatabase(file, 1000, pages + 3), /full/);
  const after = new DatabaseSync(file, { readOnly: true });
  assert.equal(after.prepare('PRAGMA user_version').get()?.['user_version'], 1);
  assert.equal(after.prepare('SELECT count(*) AS n FROM edge_actions').get()?.['n'] !== 0, true);
  after.close();
  openHome(path);
  assert.equal(
    reading(path, (reader) => reader.count()),
    63,
  );
  assert.ok(SCHEMA_VERSION >= 2);
});
