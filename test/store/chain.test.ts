import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { type Home, homePaths, openHome, readKey, writerIds } from '../../store/home.ts';
import { headMac, personalDigest, recordHash } from '../../store/keyed.ts';
import { openReader } from '../../store/reader.ts';
import { review } from '../../store/review.ts';
import type { VerifyResult } from '../../store/verify.ts';
import {
  afterwards,
  closingOf,
  eventsIn,
  FINDING,
  OPENAI,
  record,
  SOURCE,
  sampleEvent,
  startRecorder,
} from './samples.ts';

const SIX = Array.from({ length: 6 }, (_, i) => i);

/** A home with six records, at rest. */
async function sixRecords(t: TestContext): Promise<Home> {
  const { home, recorder, end } = await startRecorder(t);
  const events = SIX.map(() => sampleEvent({ findings: [FINDING] }));
  for (const event of events) recorder.close(closingOf(event, 'an excerpt'));
  await recorder.flush();
  await end();
  return home;
}

function tamper(home: Home, sql: string): void {
  const database = new DatabaseSync(home.databaseFile, { enableForeignKeyConstraints: false });
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

function verify(home: { readonly path: string }): VerifyResult {
  const reader = openReader(home);
  try {
    return reader.verify();
  } finally {
    reader.close();
  }
}

test('an untouched chain is intact, one writer, seq from 1 without a gap', async (t) => {
  const home = await sixRecords(t);
  const result = verify(home);
  assert.deepEqual([result.isIntact, result.records, result.chains.length], [true, 6, 1]);
  assert.deepEqual(
    eventsIn(home.path)
      .map((event) => event.seq)
      .toSorted(),
    [1, 2, 3, 4, 5, 6],
  );
});

/** What somebody who can write the database, but has no key, may do; and what `verify` says first. */
const TAMPERING: readonly (readonly [what: string, sql: string, kind: string, seq: number, text: RegExp])[] = [
  [
    'an action changed in a record',
    `UPDATE events SET core = replace(core, '"action":"allow"', '"action":"block"') WHERE seq = 3`,
    'changed',
    3,
    /does not agree with its hash/,
  ],
  [
    'a hash changed',
    `UPDATE events SET hash = iif(hash LIKE 'A%', 'B', 'A') || substr(hash, 2) WHERE seq = 4`,
    'changed',
    4,
    /hash/,
  ],
  ['a column that filters ask', `UPDATE events SET carried = 'alert' WHERE seq = 2`, 'changed', 2, /another carried/],
  ['a time', 'UPDATE events SET time_ms = time_ms + 1 WHERE seq = 2', 'changed', 2, /another time_ms/],
  [
    'an entity unlisted',
    `DELETE FROM event_entities WHERE event = 5`,
    'changed',
    5,
    /no longer listed under CREDIT_CARD/,
  ],
  [
    'personal fields exchanged',
    `UPDATE events SET personal = (SELECT personal FROM events WHERE seq = 1) WHERE seq = 2`,
    'changed',
    2,
    /personal/,
  ],
  ['an excerpt exchanged', `UPDATE events SET excerpt = 'text:x' WHERE seq = 6`, 'changed', 6, /changed excerpt/],
  ['a record made unreadable', `UPDATE events SET core = '{' WHERE seq = 3`, 'changed', 3, /not readable/],
  ['a record deleted', 'DELETE FROM events WHERE seq = 3', 'missing', 3, /is missing: the next one is 4/],
  ['the first record deleted', 'DELETE FROM events WHERE seq = 1', 'missing', 1, /is missing/],
  ['the last record deleted', 'DELETE FROM events WHERE seq = 6', 'missing', 6, /is missing: there were 6/],
  ['the last three deleted', 'DELETE FROM events WHERE seq > 3', 'missing', 4, /is missing: there were 6/],
  ['all records deleted', 'DELETE FROM events', 'missing', 1, /is missing: there were 6/],
  [
    'a record deleted and the rest renumbered',
    'DELETE FROM events WHERE seq = 3; UPDATE events SET seq = seq - 1 WHERE seq > 3',
    'out_of_order',
    3,
    /was written as record 4/,
  ],
  [
    'two records swapped',
    'UPDATE events SET seq = 100 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 100',
    'out_of_order',
    2,
    /was written as record 5/,
  ],
  [
    'the tail deleted and the head turned back',
    'DELETE FROM events WHERE seq > 4; UPDATE writers SET seq = 4, hash = (SELECT hash FROM events WHERE seq = 4)',
    'changed',
    4,
    /head record/,
  ],
];

for (const [what, sql, kind, seq, text] of TAMPERING) {
  test(`verify finds ${what}`, async (t) => {
    const home = await sixRecords(t);
    tamper(home, sql);
    const result = verify(home);
    const fault = result.chains[0]?.fault;
    assert.equal(result.isIntact, false);
    assert.deepEqual([fault?.kind, fault?.seq], [kind, seq]);
    assert.match(fault?.text ?? '', text);
    assert.match(fault?.text ?? '', new RegExp(writerIds(home)[0] ?? 'none'));
  });
}

test('verify finds a writer that was removed with all its records', async (t) => {
  const home = await sixRecords(t);
  tamper(home, 'DELETE FROM events; DELETE FROM writers');
  const { isIntact, chains } = verify(home);
  assert.equal(isIntact, false);
  assert.match(chains[0]?.fault?.text ?? '', /^all records of writer \w{26} are missing$/);
});

test('verify finds a writer whose head alone was removed, and a database removed as a whole', async (t) => {
  const home = await sixRecords(t);
  tamper(home, 'DELETE FROM writers');
  assert.match(
    verify(home)
      .chains.map((chain) => chain.fault?.text)
      .join(),
    /head record of writer number 1 is missing/,
  );
  rmSync(home.databaseFile);
  assert.match(verify(home).chains[0]?.fault?.text ?? '', /all records of writer/);
});

test('records cannot pass as those of a writer whose key is not held', async (t) => {
  const home = await sixRecords(t);
  tamper(home, `UPDATE writers SET writer = 'somebody else'; UPDATE events SET hash = hash`);
  const result = verify(home);
  assert.equal(result.isIntact, false);
});

test('a damaged record is named and does not hide the others', async (t) => {
  const home = await sixRecords(t);
  tamper(home, `UPDATE events SET core = '{' WHERE seq = 3`);
  const problems: string[] = [];
  const reader = openReader(home, (problem) => problems.push(problem));
  t.after(() => reader.close());
  assert.equal([...reader.events()].length, 5);
  assert.match(problems.join(), /^record \w{26} is damaged: run weir log verify$/);
  assert.throws(() => eventsIn(home.path), { code: 'home_unusable', message: /is damaged/ });
});

test('clearing personal fields and excerpts leaves the chain verifiable, and is counted', async (t) => {
  const home = await sixRecords(t);
  tamper(
    home,
    'UPDATE events SET personal = NULL, excerpt = NULL WHERE seq IN (2, 3); UPDATE events SET excerpt = NULL',
  );
  const { isIntact, chains } = verify(home);
  assert.deepEqual([isIntact, chains[0]?.cleared], [true, 6]);
  const cleared = eventsIn(home.path).find((event) => event.seq === 2);
  assert.deepEqual(
    [cleared?.source.user, cleared?.source.app, cleared?.findings[0]?.fingerprints],
    [null, 'billing', []],
  );
  const kept = eventsIn(home.path).find((event) => event.seq === 1);
  assert.deepEqual([kept?.source.user, kept?.findings[0]?.fingerprints], ['svc-billing', FINDING.fingerprints]);
});

test('labels and excerpts that hold anything at all verify and are read back', async (t) => {
  const { home, recorder } = await startRecorder(t, { encryptExcerpts: false });
  const labels = ['\uD800lone', 'nul\0inside', '\u2028', 'ünï', '\u{1F600}', "'; DROP TABLE events; --", '"', ''];
  for (const label of labels) {
    const source = { ...SOURCE, app: label, user: label, process: label };
    const finding = { ...FINDING, path: label, fingerprints: [label] };
    const event = sampleEvent({ source, route: label, findings: [finding], destination: { ...OPENAI, host: label } });
    recorder.close(closingOf(event, label));
  }
  await recorder.flush();
  assert.deepEqual(
    verify(home).chains.map((chain) => chain.fault),
    [null],
  );
  const events = eventsIn(home.path).toSorted((a, b) => a.seq - b.seq);
  assert.deepEqual(
    events.map((event) => event.source.app),
    labels,
  );
  assert.deepEqual(
    events.map((event) => event.findings[0]?.fingerprints),
    labels.map((label) => [label]),
  );
});

test('without the key the order is checked and the writer named as not fully checked', async (t) => {
  const home = await sixRecords(t);
  rmSync(join(home.keysFolder, 'chain.key'));
  const { isIntact, chains } = verify(home);
  assert.deepEqual([isIntact, chains[0]?.isKeyHeld], [true, false]);
  tamper(home, 'DELETE FROM events WHERE seq = 3');
  assert.equal(verify(home).chains[0]?.fault?.kind, 'missing');
});

test('nothing is appended to a chain that was tampered with: a new one begins and the old stays as evidence', async (t) => {
  for (const sql of ['DELETE FROM events WHERE seq > 4', 'UPDATE writers SET seq = 4', 'DELETE FROM events']) {
    const home = await sixRecords(t);
    tamper(home, sql);
    const before = verify(home).chains[0]?.fault?.text;
    const { recorder, problems, end } = await startRecorder(t, {}, home.path);
    await record(recorder, [sampleEvent()]);
    await end();
    assert.ok(
      problems.some((problem) => /chain of writer \w+ was changed from outside/.test(problem)),
      sql,
    );
    const { chains } = verify(home);
    assert.deepEqual(
      chains.map((chain) => chain.fault?.text ?? null),
      [before, null],
    );
    assert.equal(writerIds(home).length, 2);
  }
});

test('a review is an event of the chain and shows on the reviewed one, the latest winning', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const event = sampleEvent({ action: 'block' });
  await record(recorder, [event, sampleEvent()]);
  review(home, { id: event.id, state: 'needs_action', note: null, by: 'ana' }, assert.fail);
  const result = review(home, { id: event.id, state: 'false_positive', note: 'a test card', by: 'ben' }, assert.fail);
  const written = result.kind === 'reviewed' ? result.event : assert.fail(result.kind);
  assert.deepEqual(
    [written.kind, written.refersTo, written.review?.state, written.review?.note, written.seq],
    ['review', event.id, 'false_positive', 'a test card', 4],
  );
  const shown = eventsIn(home.path).find((one) => one.id === event.id)?.review;
  assert.deepEqual([shown?.state, shown?.by, shown?.note], ['false_positive', 'ben', 'a test card']);
  assert.deepEqual(
    eventsIn(home.path, { actions: ['block'] }).map((one) => one.id),
    [event.id],
  );
  assert.deepEqual(eventsIn(home.path, { actions: ['allow'] }).length, 1);
  assert.equal(verify(home).isIntact, true);
  assert.deepEqual(review(home, { id: written.id, state: 'open', note: null, by: null }, assert.fail), {
    kind: 'stacked',
  });
  assert.deepEqual(review(home, { id: 'none', state: 'open', note: null, by: null }, assert.fail), { kind: 'none' });
});

test('two processes review while the writer runs: one chain, nothing lost', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const reviewed = Array.from({ length: 16 }, () => sampleEvent());
  await record(recorder, reviewed);
  const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const script = (ids: readonly string[]) => `
    import { openHome } from ${url('../../store/home.ts')};
    import { review } from ${url('../../store/review.ts')};
    const home = openHome(${JSON.stringify(home.path)});
    for (const id of ${JSON.stringify(ids)}) review(home, { id, state: 'confirmed', note: 'n', by: 'b' }, console.error);`;
  const children = [reviewed.slice(0, 8), reviewed.slice(8)].map((events) => {
    const code = script(events.map((event) => event.id));
    return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
  });
  let isReviewing = true;
  const ended = Promise.all(children.map((child) => once(child, 'exit'))).then(() => {
    isReviewing = false;
  });
  let recorded = reviewed.length;
  while (isReviewing) {
    recorder.close(closingOf(sampleEvent()));
    recorded++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  await recorder.flush();
  assert.deepEqual(
    children.map((child) => child.exitCode),
    [0, 0],
  );
  const result = verify(home);
  assert.deepEqual([result.isIntact, result.chains.length, result.records], [true, 1, recorded + 16]);
  assert.equal(eventsIn(home.path).filter((event) => event.kind === 'exchange' && event.review !== null).length, 16);
});

test('verify works while records are being written', async (t) => {
  const { home, recorder } = await startRecorder(t, { gatherMs: 1 });
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 20; i++) recorder.close(closingOf(sampleEvent()));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(verify(home).isIntact, true);
  }
  await recorder.flush();
  assert.deepEqual([verify(home).isIntact, verify(home).records], [true, 400]);
});

test('a home opened elsewhere with another key holds no key of these records', async (t) => {
  const home = await sixRecords(t);
  const { copyFileSync } = await import('node:fs');
  const other = openHome(join(home.path, 'elsewhere'));
  copyFileSync(home.databaseFile, other.databaseFile);
  const { isIntact, chains } = verify(other);
  assert.deepEqual([isIntact, chains[0]?.isKeyHeld, chains[0]?.records], [true, false, 6]);
});

test('records and edges of a version without credentials stay readable and verifiable, and the chain goes on', async (t) => {
  const { home, recorder, end } = await startRecorder(t);
  const old = sampleEvent();
  recorder.close(closingOf(old));
  await recorder.flush();
  await end();
  const key = readKey(homePaths(home.path), 'chain') ?? assert.fail('no chain key');
  const database = new DatabaseSync(home.databaseFile);
  const row = database.prepare('SELECT core, personal FROM events').get() ?? {};
  const without = (text: unknown): string => {
    const older = String(text).replace(/,"credential":(?:null|"[^"]+")/, '');
    assert.notEqual(older, text);
    return older;
  };
  const personal = without(row['personal']);
  const digest = personalDigest(key, old.id, personal);
  const core = without(row['core']).replace(/"personal":"[^"]+"/, `"personal":"${digest}"`);
  const hash = recordHash(key, core);
  const [writer = ''] = writerIds(homePaths(home.path));
  database.prepare('UPDATE events SET core = ?, personal = ?, hash = ?').run(core, personal, hash);
  database.prepare('UPDATE writers SET hash = ?, mac = ?').run(hash, headMac(key, writer, 1, hash));
  database.exec(`UPDATE edges SET source = json_remove(source, '$.credential')`);
  database.close();
  assert.equal(verify(home).isIntact, true);
  assert.deepEqual(
    eventsIn(home.path).map(({ source }) => source),
    [{ ...SOURCE, credential: null }],
  );

  const again = await startRecorder(t, {}, home.path);
  await record(again.recorder, [sampleEvent()]);
  const { isIntact, chains, records } = verify(home);
  assert.deepEqual([isIntact, chains.length, records], [true, 1, 2]);
  assert.deepEqual(
    eventsIn(home.path)
      .map(({ source }) => source.credential)
      .toSorted(),
    [SOURCE.credential, null],
  );
  const reader = openReader(home);
  afterwards(t, () => reader.close());
  assert.deepEqual(
    [...reader.edges()].map(({ calls, source }) => [calls, source.credential]),
    [[2, null]],
  );
});
