/** Flows that a log tells of beside whoever saw them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildGraph } from '../../map/graph.ts';
import { edge, knowledge, NOW } from './made-edges.ts';

const view = { knowledge: knowledge(), now: NOW };
const LOG = { channel: 'log' as const, protocol: 'tunnel', coverage: { level: 'opaque' as const, reason: 'log' } };

test('a log’s edge of the same host, destination and direction is the flow that was seen', () => {
  const seen = edge('billing', 'api.openai.com', { entities: { CREDIT_CARD: 2 }, calls: 3 });
  const { edges, nodes } = buildGraph([edge({ host: 'node-1' }, 'api.openai.com', { ...LOG, calls: 50 }), seen], view);
  assert.equal(nodes.length, 2);
  const [flow, ...others] = edges;
  assert.deepEqual(others, []);
  assert.deepEqual(flow?.channels, ['proxy', 'log']);
  assert.deepEqual([flow?.calls, flow?.entities, flow?.coverage.level], [3, { CREDIT_CARD: 2 }, 'full']);
  assert.equal(flow?.edges.length, 2);
});

test('a principal’s edge is that of the app that it is', () => {
  const store = 'invoices.s3.eu-central-1.amazonaws.com';
  const principal = { user: 'arn:aws:sts::111122223333:assumed-role/billing/one' };
  const { edges } = buildGraph(
    [edge(principal, store, { ...LOG, protocol: 's3' }), edge('billing', store), edge('crm', store)],
    view,
  );
  assert.deepEqual(edges.map(({ channels }) => channels.join(' ')).sort(), ['proxy', 'proxy log']);
});

test('what nobody saw stays a flow of its own: another host, direction or destination', () => {
  const seen = edge('billing', 'api.openai.com');
  for (const other of [
    edge({ host: 'node-2' }, 'api.openai.com', LOG),
    edge({ host: 'node-1' }, 'api.openai.com', { ...LOG, direction: 'in' }),
    edge({ host: 'node-1' }, 'api.openai.com:8443', LOG),
    edge({ user: 'alice' }, 'api.openai.com', LOG),
  ]) {
    const { edges } = buildGraph([seen, other], view);
    assert.deepEqual(edges.map(({ channels }) => channels.join(' ')).sort(), ['log', 'proxy']);
  }
});
