import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitUse } from '../../engine/decide/limit.ts';
import { SharedUsage } from '../../proxy/usage-ledger.ts';

const HOUR = 3_600_000;

function use(source: string, bytes = 10, perMs = HOUR): LimitUse {
  return { policy: 'p', rule: 'r', source, perMs, adds: { requests: 1, bytes, findings: 2 } };
}

test('what a source used adds up within the window and leaves it again', () => {
  let now = 1_700_000_000_000;
  const ledger = new SharedUsage(() => now);
  for (let i = 0; i < 6; i++) {
    ledger.add([use('a')]);
    now += HOUR / 6;
  }
  // The first is an hour old, and out; its interval may last a minute longer.
  now += HOUR / 60;
  assert.deepEqual(ledger.used(use('a')), { requests: 5, bytes: 50, findings: 10 });
  now += HOUR / 2;
  assert.equal(ledger.used(use('a')).requests, 2);
  now += 100 * HOUR;
  assert.deepEqual(ledger.used(use('a')), { requests: 0, bytes: 0, findings: 0 });
});

test('sources, rules and times are counted for themselves', () => {
  const ledger = new SharedUsage(() => HOUR * 1000);
  ledger.add([use('a'), use('b', 5)]);
  ledger.add([{ ...use('a'), rule: 'other' }]);
  assert.equal(ledger.used(use('a')).requests, 1);
  assert.equal(ledger.used(use('b')).bytes, 5);
  assert.equal(ledger.used(use('c')).requests, 0);
  assert.equal(ledger.used(use('a', 0, 60_000)).requests, 0);
});

test('processes that tell one another come to the same count, and nothing is told twice', () => {
  const now = (): number => HOUR * 1000;
  const told: LimitUse[] = [];
  const first = new SharedUsage(now, (uses) => {
    told.push(...uses);
    second.learn(uses);
  });
  const second = new SharedUsage(now, (uses) => {
    told.push(...uses);
    first.learn(uses);
  });
  first.add([use('a')]);
  second.add([use('a')]);
  second.add([]);
  assert.equal(first.used(use('a')).requests, 2);
  assert.equal(second.used(use('a')).requests, 2);
  assert.equal(told.length, 2);
});

test('a process that begins later goes on from what was counted', () => {
  const now = (): number => HOUR * 1000;
  const first = new SharedUsage(now);
  first.add([use('a'), use('b')]);
  const later = new SharedUsage(now, null, structuredClone(first.rows()));
  later.add([use('a')]);
  assert.deepEqual([later.used(use('a')).requests, later.used(use('b')).requests], [2, 1]);
  assert.equal(first.used(use('a')).requests, 1);
});

test('a clock that is set back loses no count', () => {
  let now = HOUR * 1000;
  const ledger = new SharedUsage(() => now);
  ledger.add([use('a')]);
  now -= 10 * HOUR;
  ledger.add([use('a')]);
  assert.equal(ledger.used(use('a')).requests, 2);
});

test('of too many sources the one that was idle longest is forgotten', () => {
  const ledger = new SharedUsage(() => HOUR * 1000, null, [], { maxRows: 3 });
  for (const source of ['a', 'b', 'c', 'a', 'd']) ledger.add([use(source)]);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((source) => ledger.used(use(source)).requests),
    [2, 0, 1, 1],
  );
});
