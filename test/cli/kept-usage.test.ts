import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { keepUsage } from '../../cli/kept-usage.ts';
import type { LimitUse } from '../../engine/decide/limit.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-limits-kept-'));
after(() => rmSync(folder, { recursive: true }));
const key = createSecretKey(Buffer.alloc(32, 7));
const keys = { fingerprint: key, chain: key, excerpt: key, conversation: key };
const home = { path: folder, keys };
const file = join(folder, 'limits.counts');
const DAY = 86_400_000;

function use(source: string, perMs = DAY): LimitUse {
  return { policy: 'p', rule: 'r', source, perMs, adds: { requests: 1, bytes: 10, findings: 2 } };
}

test('what was counted is there at the next start, by digests, and goes on', async () => {
  const first = keepUsage(home, assert.fail);
  first.usage.add([use('alice'), use('bob'), use('alice')]);
  await first.close();
  assert.doesNotMatch(readFileSync(file, 'utf8'), /alice|bob/);
  const second = keepUsage(home, assert.fail);
  assert.deepEqual(second.usage.used(use('alice')), { requests: 2, bytes: 20, findings: 4 });
  second.usage.add([use('bob')]);
  assert.equal(second.usage.used(use('bob')).requests, 2);
  assert.equal(second.usage.used(use('carol')).requests, 0);
  assert.equal(second.usage.used(use('bob', 2 * DAY)).requests, 0);
  await second.close();
  const third = keepUsage(home, assert.fail);
  assert.equal(third.usage.used(use('bob')).requests, 2);
  await third.close();
});

test('half a line that a kill left is passed over; broken ones are told of, and none stops the start', async () => {
  const first = keepUsage(home, assert.fail);
  first.usage.add([use('dora')]);
  await first.close();
  appendFileSync(file, '["half", 8640');
  const second = keepUsage(home, assert.fail);
  assert.equal(second.usage.used(use('dora')).requests, 1);
  await second.close();
  appendFileSync(file, '[1]\n{}\n["x", 60000, 5, [[99, 1, 1, 1]]]\n["y", 60000, 5, [["a"]]]\n');
  const told: string[] = [];
  const third = keepUsage(home, (line) => told.push(line));
  assert.equal(third.usage.used(use('dora')).requests, 1);
  await third.close();
  assert.match(told.join('\n'), /limits\.counts: 4 lines cannot be read/);
});

test('what has left its window is not kept', async () => {
  const minute = 60_000;
  writeFileSync(
    file,
    `${JSON.stringify(['long-ago', minute, Math.floor((Date.now() - DAY) / 1000), [[0, 5, 5, 5]]])}\n`,
  );
  const kept = keepUsage(home, assert.fail);
  await kept.close();
  assert.deepEqual(kept.usage.rows(), []);
  assert.equal(readFileSync(file, 'utf8'), '');
});
