/** Nodes, collectors, the bus and the store, killed at random and standing still: nothing that was answered for is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFleet } from '../../bench/fleet/run.ts';
import { missing } from '../support/data-stores.ts';
import { missingNats } from '../support/nats-server.ts';

const skip = missingNats() || missing('postgresql');
const SMALL = { nodes: 3, collectors: 2, rate: 0, seconds: 0, gentleRate: 150, everyMs: 500, isDiskFull: false };

test('kills at random and a bus that stands still: every record once, every chain whole', {
  skip,
  timeout: 400_000,
}, async () => {
  const figures = await runFleet({ ...SMALL, kills: 16, partitionMs: 3000, outboxBytes: 2 ** 30 }, () => {});
  assert.ok(figures.sent > 100, `${figures.sent} were sent`);
  assert.deepEqual([figures.stored, figures.lost, figures.dropped, figures.broken], [figures.sent, 0, 0, 0]);
  // One workload and one destination, whoever saw it: what it sent and what it received, and calls that a kill has cut.
  assert.ok(figures.edges === 2 || figures.edges === 3, `${figures.edges} edges`);
});
