/** What a peer may do at once and over time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../../proxy/http2/allowance.ts';

test('so many at once, then one for each share of a second, and never more than at once', () => {
  let now = 0;
  const allowance = new Allowance({ most: 3, eachSecond: 2 }, () => now);
  const taken = (times: number): number => Array.from({ length: times }, () => allowance.take()).filter(Boolean).length;
  assert.equal(taken(5), 3);
  now += 499;
  assert.equal(taken(1), 0);
  now += 1;
  assert.equal(taken(2), 1);
  now += 3_600_000;
  assert.equal(taken(9), 3);
});
