import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EventBody } from '../../flow/event.ts';
import { type Home, openHome } from '../../store/home.ts';
import { openReader } from '../../store/reader.ts';
import { recoverSpool } from '../../store/recover.ts';
import { Spool } from '../../store/spool.ts';
import { closingLine, openingLine } from '../../store/spool-reader.ts';
import {
  afterwards,
  closingOf,
  eventsIn,
  FINDING,
  observationOf,
  openingOf,
  record,
  sampleEvent,
  startRecorder,
  temporaryFolder,
} from './samples.ts';

/** Leaves lines in the spool as a process that was killed does, and returns the file. */
function leave(home: Home, lines: readonly string[]): string {
  const spool = new Spool(home.spoolFolder, 1 << 20, () => {});
  for (const line of lines) spool.append(line);
  const name = spool.file?.name ?? assert.fail('nothing was written');
  spool.rotate();
  return join(home.spoolFolder, name);
}

const opened = (event: EventBody) => openingLine(openingOf(event));
const closed = (event: EventBody) => closingLine({ event, edges: [observationOf(event)], excerpt: null });

function isIntact(path: string): boolean {
  const reader = openReader(path);
  try {
    return reader.verify().isIntact;
  } finally {
    reader.close();
  }
}

for (const round of [1, 2, 3]) {
  test(`kill -9 in mid-stream loses nothing that was acknowledged (round ${round})`, async (t) => {
    const path = temporaryFolder(t);
    const script = fileURLToPath(new URL('./writing-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (printed.length > round * 30_000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const ids = (kind: string) => printed.split('\n').filter((line) => line.startsWith(kind) && line.length === 31);
    const { end } = await startRecorder(t, {}, path);
    const outcomes = new Map(eventsIn(path).map((event) => [event.id, event.outcome]));
    assert.ok(ids('done').length > 100);
    for (const line of ids('done')) assert.equal(outcomes.get(line.slice(5)), 'completed');
    for (const line of ids('open')) assert.equal(outcomes.get(line.slice(5)), 'worker_lost');
    assert.ok(isIntact(path));
    await end();
    assert.deepEqual(readdirSync(join(path, 'spool')), []);
  });
}

test('an opening without a closing becomes an event worker_lost that says what is not known', async (t) => {
  const path = temporaryFolder(t);
  const event = sampleEvent({ findings: [FINDING] });
  leave(openHome(path), [opened(event)]);
  await startRecorder(t, {}, path);
  const [lost] = eventsIn(path);
  assert.equal(lost?.id, event.id);
  assert.deepEqual(
    [lost?.outcome, lost?.status, lost?.enforced, lost?.coverage, lost?.route],
    ['worker_lost', null, false, { level: 'opaque', reason: 'worker lost' }, event.route],
  );
  const reader = openReader(path);
  t.after(() => reader.close());
  const [edge] = reader.edges();
  assert.deepEqual([edge?.protocol, edge?.calls, edge?.coverage.level], ['unknown', 1, 'opaque']);
});

test('a closing in a later file answers an opening in an earlier one', async (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const event = sampleEvent();
  leave(home, [opened(event)]);
  leave(home, [closed(event)]);
  await startRecorder(t, {}, path);
  assert.deepEqual(
    eventsIn(path).map((one) => one.outcome),
    ['completed'],
  );
});

test('a spool read twice adds nothing, also where only the openings are left', async (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const event = sampleEvent();
  for (const lines of [[opened(event), closed(event)], [opened(event), closed(event)], [opened(event)]]) {
    leave(home, lines);
    recoverSpool(path, assert.fail);
    assert.deepEqual(
      eventsIn(path).map((one) => one.outcome),
      ['completed'],
    );
  }
  const reader = openReader(path);
  t.after(() => reader.close());
  assert.deepEqual(
    [...reader.edges()].map((edge) => edge.calls),
    [1],
  );
});

test('a last line cut off anywhere is dropped and named, all before it is kept', (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const whole = sampleEvent();
  const line = closed(sampleEvent());
  for (let cut = 1; cut < line.length; cut += 97) {
    const before = sampleEvent();
    const file = leave(home, [closed(before), line]);
    truncateSync(file, statSync(file).size - cut);
    const problems: string[] = [];
    recoverSpool(path, (problem) => problems.push(problem));
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^spool file \w+\.spool: the last \d+ bytes are a record cut off; dropped$/);
    assert.ok(eventsIn(path).some((event) => event.id === before.id));
  }
  leave(home, [closed(whole)]);
  recoverSpool(path, assert.fail);
  assert.ok(isIntact(path));
});

test('lines that are no records are put aside and named, the others are kept', async (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const events = [sampleEvent(), sampleEvent(), sampleEvent()];
  const garbage = [
    'not a record\n',
    'C {"event":null}\n',
    `C ${JSON.stringify({ event: { ...sampleEvent(), time: 'noon' }, edges: [], excerpt: null })}\n`,
    `C ${JSON.stringify({ event: sampleEvent(), edges: [{ time: 'noon' }], excerpt: null })}\n`,
    `C ${JSON.stringify({ event: { ...sampleEvent(), findings: 3 }, edges: [], excerpt: null })}\n`,
    'O 01ARZ3NDEKTSV4RRFFQ69G5FAV {"id":7}\n',
    `${'\0'.repeat(4096)}\n`,
    '\n',
    `C ${'{'.repeat(100_000)}\n`,
  ];
  leave(home, [closed(sampleEvent()), ...garbage, ...events.map(closed)]);
  const { problems } = await startRecorder(t, {}, path);
  assert.equal(eventsIn(path).length, 1 + events.length);
  assert.ok(isIntact(path));
  assert.ok(problems.length > 0 && problems.every((problem) => problem.endsWith('put aside in spool/rejected')));
  const rejected = readFileSync(join(home.spoolFolder, 'rejected'), 'utf8');
  assert.ok(rejected.startsWith('not a record\n'));
  assert.ok(rejected.length < 80_000, 'what is put aside is bounded a line');
  assert.equal(statSync(join(home.spoolFolder, 'rejected')).mode & 0o777, 0o600);
});

test("edges keep their own source and destination where these are not the event's", async (t) => {
  const path = temporaryFolder(t);
  const event = sampleEvent();
  const source = { ...event.source, app: 'other' };
  const destination = { ...event.destination, host: 'other.example' };
  const edges = [observationOf(event), observationOf(event, { source }), observationOf(event, { destination })];
  const line = closingLine({ event, edges, excerpt: null });
  assert.equal(line.split('"billing"').length - 1, 1, 'what the event has is not repeated');
  leave(openHome(path), [line]);
  recoverSpool(path, assert.fail);
  const reader = openReader(path);
  afterwards(t, () => reader.close());
  const seen = [...reader.edges()].map((edge) => `${edge.source.app} ${edge.destination.host}`).toSorted();
  assert.deepEqual(seen, ['billing api.openai.com', 'billing other.example', 'other api.openai.com']);
});

test('a record longer than a read is kept whole', (t) => {
  const path = temporaryFolder(t);
  const findings = Array.from({ length: 8000 }, (_, i) => ({ ...FINDING, path: `/messages/${i}/content` }));
  const long = sampleEvent({ findings });
  const line = closed(long);
  assert.ok(line.length > 1.5 * 1024 * 1024);
  leave(openHome(path), [closed(sampleEvent()), line, closed(sampleEvent())]);
  recoverSpool(path, assert.fail);
  assert.deepEqual(
    eventsIn(path)
      .map((event) => event.findings.length)
      .toSorted(),
    [0, 0, 8000],
  );
});

test('random bytes as a spool file harm nothing', async (t) => {
  const { randomBytes } = await import('node:crypto');
  const path = temporaryFolder(t);
  const home = openHome(path);
  for (let i = 0; i < 20; i++) writeFileSync(join(home.spoolFolder, `0${i}.spool`), randomBytes(i * 500));
  leave(home, [closed(sampleEvent())]);
  recoverSpool(path, () => {});
  assert.equal(eventsIn(path).length, 1);
  assert.deepEqual(readdirSync(home.spoolFolder), ['rejected']);
});

test('a command that reads takes up the spool of a killed run, and leaves that of a running one alone', async (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const lock = home.lock();
  leave(home, [closed(sampleEvent())]);
  recoverSpool(path, assert.fail);
  assert.equal(existsSync(home.databaseFile), false);
  lock.release();
  recoverSpool(path, assert.fail);
  assert.equal(eventsIn(path).length, 1);
  assert.ok(!openHome(path).isLocked);
});

test('a spool removed from outside while it is written is named, and the next records go to a new file', async (t) => {
  const { home, recorder, problems } = await startRecorder(t);
  await record(recorder, [sampleEvent()]);
  rmSync(home.spoolFolder, { recursive: true });
  await record(recorder, [sampleEvent()]); // into a file that is gone
  assert.ok(problems.some((problem) => problem.includes('was removed from outside')));
  const kept = [sampleEvent(), sampleEvent()];
  await record(recorder, kept);
  const ids = eventsIn(home.path).map((event) => event.id);
  assert.ok(kept.every((event) => ids.includes(event.id)));
  assert.ok(isIntact(home.path));
});

test('bytes appended to a spool file by somebody else do not stop it', async (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const file = leave(home, [closed(sampleEvent())]);
  appendFileSync(file, 'half a line');
  const problems: string[] = [];
  recoverSpool(path, (problem) => problems.push(problem));
  assert.equal(problems.length, 1);
  assert.equal(eventsIn(path).length, 1);
  assert.equal(existsSync(file), false);
});

test('closings of exchanges that were never opened, such as refusals, are events all the same', async (t) => {
  const { home, recorder } = await startRecorder(t);
  recorder.close(closingOf(sampleEvent({ outcome: 'refused', status: 421 })));
  recorder.close(closingOf(sampleEvent({ outcome: 'malformed', status: 400, destination: UNKNOWN })));
  await recorder.flush();
  assert.deepEqual(
    eventsIn(home.path).map((event) => event.outcome),
    ['refused', 'malformed'],
  );
});

const UNKNOWN = { host: null, port: null, vendor: null, category: 'unknown', country: null };

test('what a version without credentials left in the spool is recorded and read with none', async (t) => {
  const path = temporaryFolder(t);
  const older = (line: string): string => {
    const without = line.replaceAll(/,"credential":"[^"]+"/g, '');
    assert.notEqual(without, line);
    return without;
  };
  const [done, lost] = [sampleEvent(), sampleEvent()];
  leave(openHome(path), [older(opened(done)), older(closed(done)), older(opened(lost))]);
  await startRecorder(t, {}, path);
  assert.deepEqual(
    eventsIn(path).map((event) => [event.outcome, event.source.credential]),
    [
      ['completed', null],
      ['worker_lost', null],
    ],
  );
  assert.ok(isIntact(path));
});
