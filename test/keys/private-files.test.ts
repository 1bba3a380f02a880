/** Whose the files are that root writes into the home of a service. */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePrivateFolder, putIfAbsent, putOver } from '../../keys/private-files.ts';
import { temporaryFolder } from '../store/samples.ts';

const SERVICE = { uid: 61_184, gid: 61_185 };
const skip = process.getuid?.() === 0 ? false : 'only root gives files away';

function ownerOf(path: string): { readonly uid: number; readonly gid: number } {
  const { uid, gid } = statSync(path);
  return { uid, gid };
}

test("what root writes beside a service stays the service's, and its own folders its own", { skip }, (t) => {
  const folder = temporaryFolder(t);
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  chownSync(home, SERVICE.uid, SERVICE.gid);
  putOver(join(home, 'one'), 'x', 0o600);
  putOver(join(home, 'one'), 'y', 0o600);
  putIfAbsent(join(home, 'two'), 'x', 0o600);
  makePrivateFolder(join(home, 'fleet', 'tokens'));
  putOver(join(home, 'fleet', 'tokens', 'a.json'), '{}', 0o600);
  for (const name of ['one', 'two', 'fleet', 'fleet/tokens', 'fleet/tokens/a.json']) {
    assert.deepEqual(ownerOf(join(home, name)), SERVICE, name);
  }
  assert.equal(statSync(join(home, 'one')).mode & 0o777, 0o600);
  putOver(join(folder, 'own'), 'x', 0o600);
  assert.equal(ownerOf(join(folder, 'own')).uid, 0);
});
