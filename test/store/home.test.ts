import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openHome, readKey } from '../../store/home.ts';
import { openDatabase, SCHEMA_VERSION } from '../../store/schema.ts';
import { lineOf, startRecorder, temporaryFolder } from './samples.ts';

test('a new home has folders and files that only its user can read', async (t) => {
  const { home, end } = await startRecorder(t);
  for (const folder of [home.path, home.keysFolder, home.spoolFolder, home.caFolder]) {
    assert.equal(statSync(folder).mode & 0o777, 0o700, folder);
  }
  const files = readdirSync(home.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length >= 6);
  for (const file of files) assert.equal(statSync(join(file.parentPath, file.name)).mode & 0o077, 0, file.name);
  await end();
});

test('a home opened again has the same keys, and each key is another', (t) => {
  const path = temporaryFolder(t);
  const first = openHome(path).keys;
  const again = openHome(path).keys;
  for (const name of ['fingerprint', 'chain', 'excerpt'] as const) assert.ok(first[name].equals(again[name]));
  assert.ok(!first.chain.equals(first.fingerprint) && !first.chain.equals(first.excerpt));
});

test('a folder that others could read is shut', (t) => {
  const path = join(temporaryFolder(t), 'home');
  mkdirSync(path, { mode: 0o755 });
  chmodSync(path, 0o755);
  openHome(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
});

test('a key that others can read is refused, with the file and what to do', (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  chmodSync(join(home.keysFolder, 'chain.key'), 0o640);
  assert.throws(() => openHome(path), {
    code: 'home_unusable',
    message: /chain\.key can be read by others: chmod 600/,
  });
});

test('a key of the wrong size is refused', (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  writeFileSync(join(home.keysFolder, 'excerpt.key'), 'short', { mode: 0o600 });
  assert.throws(() => openHome(path), { code: 'home_unusable', message: /excerpt\.key: 5 bytes, a key has 32/ });
});

test('a missing key is not replaced once there are records made with it', (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  openDatabase(home.databaseFile).close();
  rmSync(join(home.keysFolder, 'chain.key'));
  assert.throws(() => openHome(path), { code: 'home_unusable', message: /restore the key/ });
  assert.equal(readKey(home, 'chain'), null);
});

test('a home that cannot be made is an error that names it', (t) => {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, '');
  assert.throws(() => openHome(join(path, 'home')), { code: 'home_unusable', message: /ENOTDIR/ });
});

test('a second lock on one home is refused, and possible after the release of the first', (t) => {
  const path = temporaryFolder(t);
  const home = openHome(path);
  const lock = home.lock();
  assert.throws(() => openHome(path).lock(), { code: 'home_locked', message: new RegExp(`process ${process.pid}$`) });
  assert.ok(home.isLocked);
  lock.release();
  assert.ok(!home.isLocked);
  openHome(path).lock().release();
});

test('a lock names the process that holds it, and ends with it however that ends', async (t) => {
  const path = temporaryFolder(t);
  const script = `import { openHome } from ${JSON.stringify(new URL('../../store/home.ts', import.meta.url).href)};
    const lock = openHome(${JSON.stringify(path)}).lock();
    console.log('locked'); setInterval(() => lock.isHeld, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await lineOf(child, 'locked');
  const home = openHome(path);
  assert.throws(() => home.lock(), { code: 'home_locked', message: new RegExp(`process ${child.pid}$`) });
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(readFileSync(join(path, 'lock.pid'), 'utf8').trim(), String(child.pid));
  home.lock().release();
});

test('a recorder without the lock of its home is a bug', async (t) => {
  const { home, end } = await startRecorder(t);
  await end();
  const { createRecorder } = await import('../../store/recorder.ts');
  const options = { encryptExcerpts: true, eventLog: null, onProblem() {} };
  assert.throws(() => createRecorder(home, options), { name: 'AssertionError' });
});

test('a database of a newer version is refused and left as it is', async (t) => {
  const { home, end } = await startRecorder(t);
  await end();
  const database = openDatabase(home.databaseFile);
  database.exec('PRAGMA user_version = 99');
  database.close();
  const { openReader } = await import('../../store/reader.ts');
  for (const open of [() => openDatabase(home.databaseFile), () => openReader(home)]) {
    assert.throws(open, {
      code: 'store_newer',
      message: new RegExp(`has schema 99, this weir knows up to ${SCHEMA_VERSION}: run the newer weir`),
    });
  }
});
