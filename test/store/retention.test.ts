/** What goes with time or is purged: that it goes, that all else stays and adds up, and that the log verifies all along. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EventBody } from '../../flow/event.ts';
import type { Home } from '../../store/home.ts';
import { EdgeImporter } from '../../store/imports.ts';
import { Ledger } from '../../store/ledger.ts';
import { type PurgeSelection, purge } from '../../store/purge.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { Retention, type RetentionRules } from '../../store/retention.ts';
import { review } from '../../store/review.ts';
import { openDatabase } from '../../store/schema.ts';
import {
  afterwards,
  closingOf,
  FINDING,
  lineOf,
  OPENAI,
  observationOf,
  SOURCE,
  sampleEvent,
  startRecorder,
} from './samples.ts';

const NOW = Date.parse('2026-06-01T12:00:00.000Z');
const DAY_MS = 86_400_000;
const KEPT: RetentionRules = { eventsMs: null, allowedMs: null, excerptsMs: null, edgesMs: null, maxBytes: null };
const NONE: PurgeSelection = { user: null, app: null, fingerprint: null, before: null };

/** One an hour over 100 days, the oldest first: every fifth is blocked with a finding and an excerpt. */
async function recorded(t: TestContext, hours = 2400) {
  const started = await startRecorder(t);
  const events: EventBody[] = [];
  for (let i = 0; i < hours; i++) {
    const time = new Date(NOW - (hours - i) * 3_600_000).toISOString();
    const isBlocked = i % 5 === 0;
    const event = sampleEvent({
      time,
      action: isBlocked ? 'block' : 'allow',
      ...(isBlocked ? { policy: 'cards', rule: 'pan', findings: [{ ...FINDING, fingerprints: [`fp${i % 40}`] }] } : {}),
      source: { ...SOURCE, user: i % 2 === 0 ? 'ana' : 'ben' },
      destination: i < hours / 2 ? OPENAI : { ...OPENAI, host: 'late.example' },
    });
    events.push(event);
    started.recorder.close(closingOf(event, isBlocked ? 'card [CREDIT_CARD]' : null));
    if (i % 500 === 499) await started.recorder.flush();
  }
  await started.recorder.flush();
  return { ...started, events };
}

function reading<T>(home: Home, read: (reader: Reader) => T): T {
  const reader = openReader(home.path);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

/** The counts and indexes are those of the events that are there. */
function assertConsistent(home: Home): void {
  reading(home, (reader) => {
    const result = reader.verify();
    assert.deepEqual(
      result.chains.map((chain) => chain.fault),
      result.chains.map(() => null),
    );
    for (const filter of [{}, { actions: ['block' as const] }, { apps: ['billing'] }, { entities: ['CREDIT_CARD'] }]) {
      assert.equal(reader.count(filter), [...reader.events(filter)].length);
    }
  });
  const database = new DatabaseSync(home.databaseFile, { readOnly: true });
  for (const table of ['event_entities', 'event_fingerprints']) {
    const sql = `SELECT count(*) AS n FROM ${table} WHERE event NOT IN (SELECT position FROM events)`;
    assert.equal(database.prepare(sql).get()?.['n'], 0, table);
  }
  assert.equal(database.prepare('SELECT count(*) AS n FROM event_counts WHERE events <= 0').get()?.['n'], 0);
  database.close();
}

/** Beside the writer, as a second process would. */
function retain(home: Home, rules: Partial<RetentionRules>, now = NOW, steps = Infinity): number {
  const database = openDatabase(home.databaseFile);
  try {
    const ledger = new Ledger(database, home, home.keys.chain, assert.fail);
    const retention = new Retention(database, ledger, { ...KEPT, ...rules });
    let taken = 0;
    while (taken < steps && retention.step(now)) taken++;
    return taken;
  } finally {
    database.close();
  }
}

test('exchanges that passed go first, then all events by age, and the log verifies and names what is gone', async (t) => {
  const { home, events, recorder } = await recorded(t);
  const reviewed = events[2]?.id ?? '';
  review(home, { id: reviewed, state: 'confirmed', note: null, by: 'ana' }, assert.fail);
  retain(home, { allowedMs: 7 * DAY_MS });
  assertConsistent(home);
  const old = { until: new Date(NOW - 7 * DAY_MS), kinds: ['exchange' as const] };
  const left = reading(home, (reader) => [...reader.events(old)]);
  assert.deepEqual(
    left.filter((event) => event.action === 'allow').map((event) => event.id),
    [reviewed],
    'what somebody reviewed stays',
  );
  assert.equal(
    left.filter((event) => event.action === 'block').length,
    events.filter((e) => e.action === 'block' && Date.parse(e.time) < NOW - 7 * DAY_MS).length,
  );
  const first = reading(home, (reader) => reader.verify().chains[0]);
  assert.equal(
    first?.removed,
    events.filter((e) => e.action === 'allow' && Date.parse(e.time) < NOW - 7 * DAY_MS).length - 1,
  );
  assert.ok((first?.checkpoints.length ?? 0) > 1);
  retain(home, { allowedMs: 7 * DAY_MS, eventsMs: 30 * DAY_MS });
  assertConsistent(home);
  const exchanges = reading(home, (reader) => [...reader.events({ kinds: ['exchange'] })]);
  assert.ok(exchanges.every((event) => Date.parse(event.time) >= NOW - 30 * DAY_MS));
  // Later all of it is over its age, checkpoints too: those that still stand for something stay.
  await recorder.flush();
  retain(home, { eventsMs: DAY_MS }, NOW + 1000 * DAY_MS);
  assertConsistent(home);
  const rest = reading(home, (reader) => [...reader.events()]);
  assert.ok(rest.length > 0 && rest.every((event) => event.kind === 'checkpoint'), `${rest.length} left`);
  const { chains, isIntact } = reading(home, (reader) => reader.verify());
  assert.ok(isIntact);
  assert.ok((chains[0]?.removed ?? 0) >= events.length);
  recorder.close(closingOf(sampleEvent()));
  await recorder.flush();
  assertConsistent(home);
});

test('a record that is gone without a checkpoint is a fault, and one that a checkpoint was made up for', async (t) => {
  const { home } = await recorded(t, 200);
  retain(home, { eventsMs: 4 * DAY_MS });
  assertConsistent(home);
  const tampered = (sql: string) => {
    const database = new DatabaseSync(home.databaseFile);
    database.exec('SAVEPOINT s');
    database.exec(sql);
    database.exec('RELEASE s');
    database.close();
    return reading(home, (reader) => reader.verify().chains.find((chain) => chain.fault !== null)?.fault);
  };
  const { from, to } = reading(home, (reader) => {
    const [event] = [...reader.events({ kinds: ['checkpoint'] })];
    return event?.checkpoint?.ranges[0] ?? assert.fail('no range');
  });
  assert.deepEqual([from, to > 50], [1, true]);
  const beside = tampered(`DELETE FROM events WHERE seq = ${to + 1}`);
  assert.equal(beside?.kind, 'missing');
  assert.equal(beside?.seq, 1, 'a run that reaches farther than its checkpoint is not passed over');
  const forged = tampered(
    `UPDATE events SET core = replace(core, '"to":${to}', '"to":${to + 1}') WHERE kind = 'checkpoint'`,
  );
  assert.notEqual(forged, undefined);
});

test('excerpts go by their age alone, and edges by when they were last seen', async (t) => {
  const { home } = await recorded(t);
  retain(home, { excerptsMs: 10 * DAY_MS, edgesMs: 30 * DAY_MS });
  assertConsistent(home);
  const database = new DatabaseSync(home.databaseFile, { readOnly: true });
  afterwards(t, () => database.close());
  const oldest = database.prepare('SELECT min(time_ms) AS at FROM events WHERE excerpt IS NOT NULL').get()?.['at'];
  assert.ok(Number(oldest) >= NOW - 10 * DAY_MS);
  const events = reading(home, (reader) => reader.count({ kinds: ['exchange'] }));
  assert.equal(events, 2400);
  const hosts = reading(home, (reader) => [...new Set(reader.map().map((edge) => edge.destination.host))]);
  assert.deepEqual(hosts, ['late.example']);
  const hours = database.prepare('SELECT min(bucket) AS at FROM edge_counts WHERE span = 1').get()?.['at'];
  assert.ok((Number(hours) + 1) * 3_600_000 > NOW - 30 * DAY_MS);
});

test('past its size a database loses its oldest events, gives the pages back, and keeps the last hour', async (t) => {
  const { home } = await recorded(t, 1500);
  const size = () => {
    const database = new DatabaseSync(home.databaseFile, { readOnly: true });
    const [pages, free, bytes] = ['page_count', 'freelist_count', 'page_size'].map((name) =>
      Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]),
    );
    database.close();
    return { used: ((pages ?? 0) - (free ?? 0)) * (bytes ?? 0), file: (pages ?? 0) * (bytes ?? 0) };
  };
  const before = size();
  const maxBytes = Math.floor(before.used * 0.7);
  retain(home, { maxBytes });
  assertConsistent(home);
  assert.ok(size().used <= maxBytes);
  assert.ok(size().file < before.file);
  retain(home, { maxBytes: 1 });
  assertConsistent(home);
  const times = reading(home, (reader) =>
    [...reader.events({ kinds: ['exchange'] })].map((event) => Date.parse(event.time)),
  );
  assert.ok(times.every((time) => time >= NOW - 3_600_000));
});

test('killed in the middle of retention, a log verifies and loses nothing else', async (t) => {
  const { home, end } = await recorded(t, 1200);
  await end();
  for (let i = 0; i < 3; i++) {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('retaining-child.ts', import.meta.url)), home.path, String(NOW)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    afterwards(t, () => child.kill('SIGKILL'));
    await lineOf(child, 'step');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    assertConsistent(home);
  }
});

test('a full disk in the middle of retention leaves everything as it was', async (t) => {
  const { home, end } = await recorded(t, 300);
  await end();
  const probe = openDatabase(home.databaseFile);
  const pages = Number(probe.prepare('PRAGMA page_count').get()?.['page_count']);
  probe.close();
  const database = openDatabase(home.databaseFile, 1000, pages);
  const ledger = new Ledger(database, home, home.keys.chain, assert.fail);
  const retention = new Retention(database, ledger, { ...KEPT, allowedMs: DAY_MS });
  let error: unknown = null;
  try {
    for (let i = 0; i < 50 && retention.step(NOW); i++);
  } catch (caught) {
    error = caught;
  }
  database.close();
  // Freed pages may be enough for the checkpoints; either way nothing is half done.
  if (error !== null) assert.match(String(error), /full/);
  assertConsistent(home);
});

test('the writer carries it out by itself, and takes up other rules', async (t) => {
  const { home, recorder } = await recorded(t, 300);
  recorder.retain({ ...KEPT, eventsMs: 3_600_000 });
  // The clock of the writer is the real one, by which all of these are old, or all are young.
  const isOld = Date.now() > NOW;
  while (isOld && reading(home, (reader) => reader.count({ kinds: ['exchange'] })) > 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assertConsistent(home);
});

test('a purge by user, app, value or time clears events and edges and says so in the chain', async (t) => {
  const cases: readonly (readonly [string, Partial<PurgeSelection>, (event: EventBody) => boolean])[] = [
    ['user', { user: 'ana' }, (event) => event.source.user === 'ana'],
    ['app', { app: 'billing' }, () => true],
    ['value', { fingerprint: 'fp15' }, (event) => event.findings.some((one) => one.fingerprints.includes('fp15'))],
    ['time', { before: new Date(NOW - 3 * DAY_MS) }, (event) => Date.parse(event.time) < NOW - 3 * DAY_MS],
    [
      'user and time',
      { user: 'ben', before: new Date(NOW - DAY_MS) },
      (event) => event.source.user === 'ben' && Date.parse(event.time) < NOW - DAY_MS,
    ],
  ];
  for (const [what, selection, matches] of cases) {
    await t.test(what, async (inner) => {
      const { home, events } = await recorded(inner, 160);
      const calls = reading(home, (reader) => reader.map().reduce((sum, edge) => sum + edge.calls, 0));
      const purged = purge(home, { ...NONE, ...selection }, 'dpo', assert.fail);
      assert.equal(purged.events, events.filter(matches).length);
      assertConsistent(home);
      const after = reading(home, (reader) => new Map([...reader.events()].map((event) => [event.id, event])));
      for (const event of events) {
        const { source, findings } = after.get(event.id) ?? assert.fail();
        const cleared = [source.host, source.process, source.exe, source.user, source.credential];
        if (matches(event)) {
          assert.deepEqual(cleared, [null, null, null, null, null]);
          assert.deepEqual(
            findings.flatMap((one) => one.fingerprints),
            [],
          );
          assert.equal(source.app, 'billing');
        } else assert.equal(source.user, event.source.user);
      }
      const [checkpoint] = purged.checkpoints.map((id) => after.get(id));
      assert.equal(checkpoint?.kind, 'checkpoint');
      assert.deepEqual([checkpoint?.checkpoint?.what, checkpoint?.checkpoint?.count], ['cleared', purged.events]);
      const [range] = checkpoint?.checkpoint?.ranges ?? [];
      assert.equal(range?.hash, [...after.values()].find((event) => event.seq === range?.to)?.hash);
      assert.ok(!JSON.stringify(checkpoint).includes('fp15'), 'what was purged is not in what says so');
      assert.equal(
        reading(home, (reader) => reader.verify().chains[0]?.cleared),
        purged.events,
      );
      reading(home, (reader) => {
        const map = reader.map({ details: 'whole' });
        assert.equal(
          map.reduce((sum, edge) => sum + edge.calls, 0),
          calls,
        );
        const ranged = reader.map({ since: new Date(0) });
        assert.equal(
          ranged.reduce((sum, edge) => sum + edge.calls, 0),
          calls,
        );
        const { user, fingerprint } = selection;
        if (user && !selection.before) assert.ok(!JSON.stringify(map).includes(`"${user}"`));
        if (fingerprint)
          assert.deepEqual(reader.byFingerprint([fingerprint]), { events: [], eventCount: 0, edges: [] });
      });
      assert.equal(purge(home, { ...NONE, ...selection }, 'dpo', assert.fail).events, 0, 'it does not come again');
    });
  }
});

test('lines of imported logs are forgotten with the edges that they told of', async (t) => {
  const { home } = await startRecorder(t);
  const importer = new EdgeImporter(home, 'squid');
  const told = (days: number) =>
    observationOf(sampleEvent({ time: new Date(NOW - days * DAY_MS).toISOString(), channel: 'log' }));
  const lines = [500, 399].map((days) => ({ text: `line of ${days}`, occurrence: 0, observations: [told(days)] }));
  assert.deepEqual(await importer.add(lines), { added: 2, known: 0 });
  assert.deepEqual(await importer.add(lines), { added: 0, known: 2 });
  retain(home, { edgesMs: 400 * DAY_MS });
  assert.deepEqual(await importer.add(lines), { added: 1, known: 1 });
  await importer.close();
});
