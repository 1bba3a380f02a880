/** Who runs which policies, as the API answers it; every answer is held against its shape. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fleetPolicyRoutes, type ReadFleet } from '../../../console/api/fleet-routes.ts';
import { type HeardReport, NO_COUNTS } from '../../../flow/node-report.ts';
import { askDesk } from '../../support/console-desk.ts';

const AT = '2026-11-26T09:00:00.000Z';

function report(host: string, given: Partial<HeardReport> = {}): HeardReport {
  return {
    ...{
      node: `id-of-${host}`,
      host,
      labels: [],
      parts: ['proxy'],
      weir: '0.1.0',
      startedAt: AT,
      heard: AT,
      isSilent: false,
    },
    ...{ bundle: { name: 'prod', version: 3, since: AT }, refused: null, held: null },
    ...{ writers: [], dropped: 0, counts: NO_COUNTS },
    ...given,
  };
}

function asked(read: ReadFleet | null) {
  return askDesk(() => ({ handlers: fleetPolicyRoutes(read), take: () => {} })).ask('fleetPolicies');
}

test('nodes come by host, each with what it runs and what it refused', async () => {
  const refused = { name: 'prod', version: 4, reason: 'version 4 is older than 5, which runs', since: AT };
  const answer = await asked(async () => ({
    published: { name: 'prod', version: 4, at: AT },
    nodes: [report('b', { refused }), report('a', { isSilent: true, bundle: null })],
  }));
  const nodes = Object(answer['nodes']);
  assert.deepEqual([nodes[0].host, nodes[0].isSilent, nodes[0].bundle], ['a', true, null]);
  assert.deepEqual([nodes[1].host, nodes[1].refused], ['b', refused]);
  assert.deepEqual(answer['published'], { name: 'prod', version: 4, at: AT });
});

test('a node is known by its name, the chains that it writes, and what its outbox had no room for', async () => {
  const answer = await asked(async () => ({
    published: null,
    nodes: [report('a', { node: 'web-1', writers: ['01K0A', '01K0B'], dropped: 500 })],
  }));
  const [node] = Object(answer['nodes']);
  assert.deepEqual([node.node, node.writers, node.dropped], ['web-1', ['01K0A', '01K0B'], 500]);
});

test('a Weir without a bus knows of no other; a bus that is away is said', async () => {
  assert.deepEqual(await asked(null), { hasBus: false, problem: null, published: null, nodes: [] });
  const away = await asked(async () => 'nats://bus:4222 cannot be reached');
  assert.deepEqual([away['hasBus'], away['problem']], [true, 'nats://bus:4222 cannot be reached']);
});
