import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Override } from '../../flow/override.ts';
import { homePaths } from '../../store/home.ts';
import { overridesIn, writeOverride } from '../../store/overrides.ts';
import { SOURCE, temporaryFolder } from './samples.ts';

const { app, verified, host, user, exe, container } = SOURCE;
const GIVEN: Override = {
  event: '01KA0000000000000000000001',
  policy: 'p',
  rule: 'r',
  fingerprints: ['fpAAAAAAAAAAAAAAAAAAAA'],
  source: { app, verified, host, user, exe, container },
  destination: { host: 'api.openai.com', port: 443 },
  from: 1000,
  until: 2000,
};

test('what one process writes another one reads, within the time that it looks', (t) => {
  const home = homePaths(temporaryFolder(t));
  let now = 1000;
  const read = overridesIn(home, () => now, 500);
  assert.deepEqual(read(), []);
  writeOverride(home, GIVEN, now);
  now += 499;
  assert.deepEqual(read(), []);
  now += 1;
  assert.deepEqual(read(), [GIVEN]);
  assert.equal(statSync(home.overridesFolder).mode & 0o777, 0o700);
  const [file = ''] = readdirSync(home.overridesFolder);
  assert.equal(statSync(join(home.overridesFolder, file)).mode & 0o777, 0o600);
});

test('what has run out goes when the next one is given', (t) => {
  const home = homePaths(temporaryFolder(t));
  writeOverride(home, GIVEN, 1000);
  writeOverride(home, { ...GIVEN, rule: 's', until: 9000 }, 2000);
  assert.deepEqual(
    overridesIn(home, () => 2000)().map(({ rule }) => rule),
    ['s'],
  );
});

test('a file that is not whole lets nothing through, and hides no other', (t) => {
  const home = homePaths(temporaryFolder(t));
  mkdirSync(home.overridesFolder);
  writeOverride(home, GIVEN, 1000);
  const broken = [
    '{',
    '[]',
    '{}',
    JSON.stringify({ ...GIVEN, until: '9' }),
    JSON.stringify({ ...GIVEN, source: null }),
  ];
  for (const [at, text] of broken.entries()) writeFileSync(join(home.overridesFolder, `${at}.json`), text);
  writeFileSync(join(home.overridesFolder, 'x.draft'), JSON.stringify(GIVEN));
  assert.deepEqual(overridesIn(home, () => 1000)(), [GIVEN]);
});
