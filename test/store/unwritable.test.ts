import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { openReader } from '../../store/reader.ts';
import { recoverSpool } from '../../store/recover.ts';
import { Spool } from '../../store/spool.ts';
import {
  afterwards,
  closingOf,
  eventsIn,
  openingOf,
  record,
  sampleEvent,
  startRecorder,
  temporaryFolder,
} from './samples.ts';

const url = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);

/** A file system of 3 MiB; null where this process may not mount one. */
function smallDisk(t: TestContext): string | null {
  const folder = join(temporaryFolder(t), 'disk');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=0700', 'tmpfs', folder]);
  if (mounted.status !== 0) return null;
  afterwards(t, () => spawnSync('umount', ['-l', folder]));
  return folder;
}

/** Fills a disk to its last byte; returns how to free it again. */
function fill(folder: string): () => void {
  const file = join(folder, 'ballast');
  const fd = openSync(file, 'w');
  for (const size of [65536, 4096, 512, 1]) {
    try {
      while (writeSync(fd, Buffer.alloc(size)) === size);
    } catch {
      // ENOSPC: on with smaller pieces.
    }
  }
  closeSync(fd);
  return () => rmSync(file);
}

test('a full disk refuses records loudly, and when space returns nothing that was acknowledged is lost', async (t) => {
  const disk = smallDisk(t);
  if (disk === null) {
    t.skip('no right to mount a tmpfs');
    return;
  }
  const { home, recorder, problems, end } = await startRecorder(t, { gatherMs: 1 }, join(disk, 'home'));
  const running = sampleEvent();
  await record(recorder, [sampleEvent()]);
  recorder.open(openingOf(running));
  await recorder.flush();
  const free = fill(disk);
  const acknowledged: string[] = [];
  let refusals = 0;
  for (let i = 0; i < 20; i++) {
    const event = sampleEvent();
    try {
      recorder.open(openingOf(event));
      recorder.close(closingOf(event));
      acknowledged.push(event.id);
    } catch (error) {
      assert.equal((error as { code: string }).code, 'store_unwritable');
      assert.match((error as Error).message, /ENOSPC|could be written/);
      refusals++;
    }
  }
  assert.ok(refusals > 0);
  assert.match(recorder.problem ?? '', /spool/);
  assert.throws(() => recorder.close(closingOf(running)), { code: 'store_unwritable' });
  free();
  await record(recorder, [sampleEvent()]);
  assert.equal(recorder.problem, null);
  assert.ok(problems.length > 0);
  const outcomes = new Map(eventsIn(home.path).map((event) => [event.id, event.outcome]));
  assert.equal(outcomes.get(running.id), 'completed', 'its end was kept until it could be written');
  for (const id of acknowledged) assert.equal(outcomes.get(id), 'completed');
  await end();
  assert.equal(openReader(home).verify().isIntact, true);
});

test('a disk that fills up under the database alone keeps the records in the spool until there is room', async (t) => {
  const disk = smallDisk(t);
  if (disk === null) {
    t.skip('no right to mount a tmpfs');
    return;
  }
  const path = join(disk, 'home');
  mkdirSync(path, { mode: 0o700 });
  symlinkSync(temporaryFolder(t), join(path, 'spool')); // the spool has room of its own, on another disk
  const { home, recorder, problems } = await startRecorder(t, { gatherMs: 1 }, path);
  await record(recorder, [sampleEvent()]);
  const free = fill(disk);
  const kept = Array.from({ length: 300 }, () => sampleEvent());
  for (const event of kept) recorder.close(closingOf(event));
  while (recorder.problem === null) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(recorder.problem, /records wait in the spool: the database cannot be written: database or disk is full/);
  assert.ok(eventsIn(home.path).length < 300);
  free();
  await recorder.flush();
  assert.equal(eventsIn(home.path).length, 301);
  assert.equal(recorder.problem, null);
  assert.ok(problems.includes('the database can be written again'));
  const reader = openReader(home);
  assert.equal(reader.verify().isIntact, true);
  reader.close();
});

test('a database locked by somebody else keeps records in the spool, says so, and is caught up afterwards', async (t) => {
  const { home, recorder, problems } = await startRecorder(t);
  await record(recorder, [sampleEvent()]);
  const other = new DatabaseSync(home.databaseFile);
  other.exec('BEGIN IMMEDIATE');
  for (let i = 0; i < 10; i++) recorder.close(closingOf(sampleEvent()));
  while (recorder.problem === null) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(recorder.problem, /records wait in the spool: the database cannot be written: database is locked/);
  assert.equal(eventsIn(home.path).length, 1);
  other.exec('ROLLBACK');
  other.close();
  await recorder.flush();
  assert.equal(recorder.problem, null);
  assert.equal(eventsIn(home.path).length, 11);
  assert.ok(problems.includes('the database can be written again'));
});

test('a file size limit in the middle of a line: the line is refused and taken back, those before it are kept', async (t) => {
  const path = temporaryFolder(t);
  const script = `
    import { openHome } from ${url('../../store/home.ts')};
    import { Spool } from ${url('../../store/spool.ts')};
    import { closingLine } from ${url('../../store/spool-reader.ts')};
    import { closingOf, sampleEvent } from ${url('./samples.ts')};
    const home = openHome(${JSON.stringify(path)});
    const spool = new Spool(home.spoolFolder, 8 << 20, () => {});
    let written = 0;
    try { for (;;) { spool.append(closingLine(closingOf(sampleEvent()))); written++; } }
    catch (error) { console.log(JSON.stringify({ written, code: error.code, bytes: spool.file.bytes })); }
    process.kill(process.pid, 'SIGKILL');`;
  const limited = ['-c', 'ulimit -f 33; exec "$0" "$@"', process.execPath, '--input-type=module', '-e', script];
  const child = spawn('bash', limited, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  await once(child, 'close');
  const { written, code, bytes } = JSON.parse(printed);
  assert.equal(code, 'store_unwritable');
  assert.ok(written > 10);
  const [name] = readdirSync(join(path, 'spool'));
  assert.equal(statSync(join(path, 'spool', name ?? '')).size, bytes);
  recoverSpool(path, assert.fail);
  assert.equal(eventsIn(path).length, written);
});

test('a spool folder that cannot be made refuses the record with the folder and the reason', (t) => {
  const path = temporaryFolder(t);
  const file = join(path, 'occupied');
  closeSync(openSync(file, 'w'));
  const spool = new Spool(join(file, 'spool'), 1000, () => {});
  assert.throws(() => spool.append('x\n'), { code: 'store_unwritable', message: /occupied.*ENOTDIR/ });
  assert.equal(spool.file, null);
});

test('a spool file that cannot be followed by another is filled past its size', (t) => {
  const folder = join(temporaryFolder(t), 'spool');
  mkdirSync(folder);
  const spool = new Spool(folder, 10, () => assert.fail('nothing was sealed'));
  spool.append('the first line\n');
  const fd = openSync(join(folder, readdirSync(folder)[0] ?? ''), 'r');
  t.after(() => closeSync(fd));
  rmSync(folder, { recursive: true });
  closeSync(openSync(folder, 'w')); // a file where the folder was: no further file can be made
  spool.append('the second\n');
  assert.equal(fstatSync(fd).size, 26);
});
