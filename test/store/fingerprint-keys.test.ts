import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { normalise } from '../../engine/scan/normalise.ts';
import { FINGERPRINT } from '../../flow/finding.ts';
import {
  type FingerprintKey,
  fingerprintKeysOf,
  fingerprintKeysText,
  parseFingerprintKeys,
  readFleetKeys,
  writeFleetKeys,
} from '../../store/fingerprint-keys.ts';
import { openHome, readFingerprintKeys } from '../../store/home.ts';
import { fingerprint, fingerprintUnder } from '../../store/keyed.ts';
import { temporaryFolder } from './samples.ts';

function epochKey(epoch: number, fromMs: number): FingerprintKey {
  return { epoch, fromMs, key: createSecretKey(randomBytes(32)) };
}

test('a home that is in no fleet has its own key alone, and fingerprints as ever', (t) => {
  const home = openHome(temporaryFolder(t));
  const own = fingerprint(home.keys.fingerprint, 'CREDIT_CARD', '4111 1111 1111 1111', normalise);
  const keys = home.fingerprintKeys;
  for (const key of [keys.newest(), keys.standing(), ...keys.all()]) {
    assert.equal(fingerprintUnder(key, 'CREDIT_CARD', '4111111111111111', normalise), own);
  }
  assert.match(own, FINGERPRINT);
});

test('an epoch makes fingerprints from its time on, says so in them, and leaves what stands as it is', (t) => {
  const home = openHome(temporaryFolder(t));
  let now = 1000;
  const keys = fingerprintKeysOf(home, home.keys.fingerprint, () => now);
  assert.equal(keys.newest().epoch, 0);
  const first = epochKey(1, 2000);
  writeFleetKeys(home, [first]);
  now = 7000; // it is looked for again
  assert.equal(keys.newest().epoch, 1);
  writeFleetKeys(home, [first, epochKey(2, 20_000)]);
  now = 19_999;
  assert.deepEqual([keys.all().length, keys.newest().epoch, keys.standing().epoch], [3, 1, 1]);
  now = 20_000;
  assert.deepEqual([keys.newest().epoch, keys.standing().epoch], [2, 1]);
  const text = fingerprintUnder(keys.newest(), 'EMAIL_ADDRESS', 'a@example.com', normalise);
  assert.match(text, /^2\.[\w-]{22}$/);
  assert.match(text, FINGERPRINT);
  assert.deepEqual(
    readFingerprintKeys(home).map(({ epoch }) => epoch),
    [0, 1, 2],
  );
});

test('no key is lost or replaced that records were made with', (t) => {
  const home = openHome(temporaryFolder(t));
  const first = epochKey(1, 0);
  writeFleetKeys(home, [first]);
  for (const keys of [[], [epochKey(1, 0)], [epochKey(2, 0)]]) {
    assert.throws(() => writeFleetKeys(home, keys), { code: 'home_unusable', message: /epoch 1 would be lost/ });
  }
  assert.ok(readFleetKeys(home)[0]?.key.equals(first.key));
});

test('a damaged file of keys stops a start, and leaves what runs with what it has', (t) => {
  const home = openHome(temporaryFolder(t));
  let now = 0;
  const keys = fingerprintKeysOf(home, home.keys.fingerprint, () => now);
  writeFleetKeys(home, [epochKey(1, 0)]);
  assert.equal(keys.newest().epoch, 1);
  const file = join(home.keysFolder, 'fleet-fingerprint.key');
  writeFileSync(file, readFileSync(file).subarray(0, 20));
  utimesSync(file, 1, statSync(file).mtimeMs / 1000 + 10);
  now = 10_000;
  assert.equal(keys.newest().epoch, 1);
  assert.throws(() => readFleetKeys(home), { code: 'home_unusable', message: /damaged/ });
  assert.throws(() => fingerprintKeysOf(home, home.keys.fingerprint).newest(), { code: 'home_unusable' });
});

test('what is no list of keys is not taken for one', () => {
  const good = fingerprintKeysText([epochKey(1, 5), epochKey(2, 6)]);
  assert.equal(parseFingerprintKeys(good)?.length, 2);
  for (const bad of ['', '{}', '[1]', good.replace('"epoch":2', '"epoch":1'), good.replace('"epoch":1', '"epoch":0')]) {
    assert.equal(parseFingerprintKeys(bad), null, bad.slice(0, 20));
  }
});
