import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isSealed, parseSealPlace, readSecret, sealPlacesOf, writeSecret } from '../../keys/seal.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { beginRotation, finishRotation } from '../../proxy/tls/rotation.ts';
import { openHome, readKey } from '../../store/home.ts';
import { sealAsConfigured, sealedState, sealHome } from '../../store/sealed-home.ts';
import { temporaryFolder } from '../store/samples.ts';

interface Place {
  readonly home: string;
  /** A new key in a file outside home. */
  key(name: string): { readonly kind: 'file'; readonly path: string };
}

function makePlace(folder: string): Place {
  const home = join(folder, 'home');
  openHome(home);
  loadOrCreateAuthority(join(home, 'ca'));
  return {
    home,
    key: (name) => {
      const path = join(folder, name);
      writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
      return { kind: 'file', path };
    },
  };
}

test('a home is sealed, works, and is unsealed again with the same keys', (t) => {
  const { home, key } = makePlace(temporaryFolder(t));
  const { keys } = openHome(home);
  const { digest } = loadOrCreateAuthority(join(home, 'ca'));
  const raw = keys.chain.export();
  const written = sealHome(home, key('seal.key'));
  assert.deepEqual(written, [
    'keys/chain.key',
    'keys/conversation.key',
    'keys/excerpt.key',
    'keys/fingerprint.key',
    'ca/ca.key',
  ]);
  for (const name of written) {
    const stored = readFileSync(join(home, name));
    assert.ok(isSealed(stored) && !stored.includes(raw), name);
  }
  assert.ok(openHome(home).keys.chain.equals(keys.chain));
  assert.equal(loadOrCreateAuthority(join(home, 'ca')).digest, digest);
  assert.deepEqual(sealHome(home, sealPlacesOf(home)[0] ?? null), [], 'nothing is left to be done');
  assert.equal(sealHome(home, null).length, 5);
  assert.ok(readFileSync(join(home, 'keys', 'chain.key')).equals(raw));
  assert.deepEqual(sealedState(home).sealed, []);
});

test('a key that is made later is sealed too, and a rotated authority stays so', (t) => {
  const { home, key } = makePlace(temporaryFolder(t));
  sealHome(home, key('seal.key'));
  rmSync(join(home, 'keys', 'excerpt.key'));
  openHome(home);
  const ca = join(home, 'ca');
  beginRotation(ca);
  assert.ok(finishRotation(ca) !== null);
  assert.deepEqual(sealedState(home).others, []);
  assert.equal(loadOrCreateAuthority(ca).trusted.length, 2);
});

test('another key, none, and a file that was changed or moved are named, and nothing is harmed', (t) => {
  const place = makePlace(temporaryFolder(t));
  const { home } = place;
  const seal = place.key('seal.key');
  sealHome(home, seal);
  const whole = readFileSync(seal.path);
  const before = readFileSync(join(home, 'keys', 'chain.key'));

  place.key('seal.key');
  assert.throws(() => openHome(home), {
    code: 'seal_unusable',
    message: /is sealed under the key [0-9a-f]{16}; file:/,
  });
  writeFileSync(seal.path, 'correct horse battery staple');
  assert.throws(() => openHome(home), { code: 'seal_unusable', message: /expected 32 random bytes/ });
  rmSync(seal.path);
  assert.throws(() => openHome(home), { code: 'seal_unusable', message: /ENOENT/ });
  assert.throws(() => sealHome(home, null), { code: 'seal_unusable' });
  writeFileSync(seal.path, whole);
  assert.ok(readFileSync(join(home, 'keys', 'chain.key')).equals(before));
  openHome(home);

  copyFileSync(join(home, 'keys', 'excerpt.key'), join(home, 'keys', 'chain.key'));
  assert.throws(() => openHome(home), { code: 'seal_unusable', message: /another file's content/ });
  writeFileSync(join(home, 'keys', 'chain.key'), before.subarray(0, -5));
  assert.throws(() => openHome(home), { code: 'seal_unusable', message: /damaged|changed/ });
});

test('a home is sealed anew while both keys are there, from wherever it was cut off', (t) => {
  const place = makePlace(temporaryFolder(t));
  const { home } = place;
  const [first, second] = [place.key('first.key'), place.key('second.key')];
  sealHome(home, first);
  // Cut off behind the first file: both places are noted, one file is sealed anew.
  const halfway = join(home, 'keys', 'chain.key');
  const old = new Map(
    readdirSync(join(home, 'keys'))
      .filter((name) => name.endsWith('.key') && name !== 'chain.key')
      .map((name) => [name, readFileSync(join(home, 'keys', name))]),
  );
  sealHome(home, second);
  for (const [name, bytes] of old) writeFileSync(join(home, 'keys', name), bytes);
  writeFileSync(join(home, 'sealed-by'), `file:${second.path}\nfile:${first.path}\n`);
  openHome(home);
  assert.equal(sealHome(home, second).length, old.size);
  rmSync(first.path);
  openHome(home);
  assert.ok(isSealed(readFileSync(halfway)));
});

test('a start seals what the configuration asks for, and refuses another key without touching anything', (t) => {
  const place = makePlace(temporaryFolder(t));
  const { home } = place;
  const seal = place.key('seal.key');
  assert.equal(sealAsConfigured(home, seal).length, 5);
  assert.deepEqual(sealAsConfigured(home, seal), []);
  assert.deepEqual(sealAsConfigured(home, null), [], 'a home stays sealed where the key is left out');
  const other = place.key('other.key');
  assert.throws(() => sealAsConfigured(home, other), {
    code: 'seal_unusable',
    message: /weir secrets seal --by file:/,
  });
  openHome(home);
  // The same key under another name, as a mount that moved.
  writeFileSync(other.path, readFileSync(seal.path));
  rmSync(seal.path);
  assert.deepEqual(sealAsConfigured(home, other), []);
  openHome(home);
});

test("a credential of systemd's is found by its name, and is told where it is missing", (t) => {
  const folder = temporaryFolder(t);
  const { home } = makePlace(folder);
  const before = process.env['CREDENTIALS_DIRECTORY'];
  t.after(() => {
    if (before === undefined) delete process.env['CREDENTIALS_DIRECTORY'];
    else process.env['CREDENTIALS_DIRECTORY'] = before;
  });
  mkdirSync(join(folder, 'credentials'));
  writeFileSync(join(folder, 'credentials', 'weir-seal'), randomBytes(32));
  process.env['CREDENTIALS_DIRECTORY'] = join(folder, 'credentials');
  const credential = parseSealPlace('credential:weir-seal');
  assert.ok(credential !== null);
  sealHome(home, credential);
  openHome(home);
  delete process.env['CREDENTIALS_DIRECTORY'];
  assert.throws(() => openHome(home), { code: 'seal_unusable', message: /no CREDENTIALS_DIRECTORY/ });
  for (const bad of ['credential:../x', 'credential:', 'file:relative', 'env:X', 'x'])
    assert.equal(parseSealPlace(bad), null, bad);
});

test('a secret that home keeps for others is sealed as its keys are', (t) => {
  const { home, key } = makePlace(temporaryFolder(t));
  const file = join(home, 'node.key');
  writeSecret(home, file, 'plain');
  assert.equal(readFileSync(file, 'utf8'), 'plain');
  sealHome(home, key('seal.key'));
  writeSecret(home, file, 'now sealed');
  assert.ok(isSealed(readFileSync(file)));
  assert.equal(readSecret(home, file)?.toString(), 'now sealed');
  assert.equal(readSecret(home, join(home, 'nothing')), null);
  assert.notEqual(readKey({ ...openHome(home) }, 'chain'), null);
});
