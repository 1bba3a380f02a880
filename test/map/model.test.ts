import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInternalHost, placeOf, workloadOf } from '../../map/ends.ts';
import { buildGraph } from '../../map/graph.ts';
import { riskOf } from '../../map/risk.ts';
import { sightOf, sightText } from '../../map/sight.ts';
import { detail, edge, from, knowledge, NOW } from './made-edges.ts';

const KNOWN = knowledge();
const place = (to: string, change = {}) => placeOf(edge('billing', to, change), KNOWN);
const risk = (to: string, change = {}) => {
  const one = edge('billing', to, change);
  return riskOf(one, placeOf(one, KNOWN), [one.channel], { knowledge: KNOWN, now: NOW });
};

test('a destination is a data store, an LLM, a third party, inside, or unknown', () => {
  const types = {
    'crm-db:5432': 'datastore',
    'api.openai.com': 'llm',
    'hooks.slack.com': 'third_party',
    'chat.internal': 'internal',
    '10.1.2.3:8080': 'internal',
    'files.example': 'unknown',
  };
  for (const [to, type] of Object.entries(types)) assert.equal(place(to).type, type, to);
  assert.equal(place('db9.example:5432', { protocol: 'postgres' }).type, 'datastore');
});

test('a data store is known by its name under stores, and is a shadow without one', () => {
  const { label, store, owner, isShadow, key } = place('crm-db:5432', { protocol: 'postgres' });
  assert.deepEqual([label, store, owner, isShadow], ['crm', 'crm', 'team-crm', false]);
  assert.equal(place('crm-db:5433').key, key, 'one store at two ports is one node');
  assert.equal(place('10.0.0.9:5432', { protocol: 'postgres' }).isShadow, true);
});

test('a bucket of a cloud is no shadow, a server of a cloud that nobody has listed is one', () => {
  const at = (host: string) => ({ host, port: 443, vendor: 'Amazon', category: 'datastore', country: 'US' });
  const bucket = place('b.s3.amazonaws.com', { destination: at('b.s3.amazonaws.com'), protocol: 's3' });
  assert.deepEqual([bucket.type, bucket.isShadow], ['datastore', false]);
  assert.equal(
    place('x.rds.amazonaws.com', { destination: at('x.rds.amazonaws.com'), protocol: 'mysql' }).isShadow,
    true,
  );
});

test('what the configuration says now wins over what was recorded', () => {
  const recorded = { host: 'api.mistral.ai', port: 443, vendor: 'Old name', category: 'unknown', country: null };
  const { vendor, type, country, sanctioned } = place('api.mistral.ai', { destination: recorded });
  assert.deepEqual([vendor, type, country, sanctioned], ['Mistral AI', 'llm', 'FR', true]);
});

test('a service is one workload on every host, and a claimed label is another one', () => {
  const key = (source: Parameters<typeof from>[0]) => workloadOf(from(source), KNOWN).key;
  assert.equal(key('billing'), key({ app: 'billing', verified: true, host: 'node-2', process: 'node' }));
  assert.notEqual(key('billing'), key({ app: 'billing', verified: false }));
  assert.notEqual(key({ host: 'a', process: 'curl' }), key({ host: 'b', process: 'curl' }));
});

test('a principal of a log is the app that acts as it', () => {
  const arn = 'arn:aws:sts::123456789012:assumed-role/billing/i-1';
  const workload = workloadOf(from({ user: arn }), KNOWN);
  assert.deepEqual([workload.key, workload.owner], [workloadOf(from('billing'), KNOWN).key, 'team-billing']);
});

test('names without a public suffix and private addresses are inside', () => {
  for (const host of [
    'db1',
    'a.internal',
    'x.svc',
    '10.0.0.1',
    '172.31.0.1',
    '192.168.1.1',
    '127.0.0.1',
    '::1',
    'fd00::1',
  ])
    assert.ok(isInternalHost(host), host);
  for (const host of ['example.com', '172.32.0.1', '8.8.8.8', '2001:db8::1']) assert.ok(!isInternalHost(host), host);
});

test('risk is the product of its terms, from 0 to 100', () => {
  const { risk: score, terms } = risk('files.example', {
    entities: { CREDIT_CARD: 9999 },
    firstSeen: NOW.toISOString(),
  });
  assert.equal(score, 90);
  assert.deepEqual(
    Object.values(terms ?? {}).map(({ factor }) => factor),
    [0.9, 1, 1, 1, 1],
  );
  assert.deepEqual(
    Object.values(terms ?? {}).map(({ why }) => why),
    ['CREDIT_CARD (financial)', 'nobody knows the destination', '9999 found', 'every call allowed', 'new today'],
  );
});

test('each term moves the risk', () => {
  const base = risk('hooks.slack.com', { entities: { CREDIT_CARD: 10 } }).risk ?? 0;
  const less = (what: string, other: number | null) =>
    assert.ok(other !== null && other < base, `${what}: ${other} < ${base}`);
  const cards = { CREDIT_CARD: 10 };
  less('a milder class', risk('hooks.slack.com', { entities: { EMAIL_ADDRESS: 10 } }).risk);
  less(
    'a medium score',
    risk('hooks.slack.com', { entities: cards, details: { CREDIT_CARD: detail({ maxScore: 0.6 }) } }).risk,
  );
  less('a sanctioned place', risk('api.stripe.com', { entities: cards }).risk);
  less('a listed store', risk('cards-db:5432', { entities: cards }).risk);
  less('fewer', risk('hooks.slack.com', { entities: { CREDIT_CARD: 1 } }).risk);
  less('blocked', risk('hooks.slack.com', { entities: cards, actions: { block: 10 } }).risk);
  less('known for long', risk('hooks.slack.com', { entities: cards, firstSeen: '2026-01-01T00:00:00.000Z' }).risk);
  const round = risk('hooks.slack.com', { entities: cards, actions: { block: 10 }, channel: 'sensor' }).risk ?? 0;
  assert.ok(round >= base, 'what did not pass the proxy was not held back');
});

test('what nobody could look into has no risk, which is not the same as none', () => {
  assert.deepEqual(risk('files.example', { coverage: { level: 'opaque', reason: 'tunnelled' } }), {
    risk: null,
    terms: null,
  });
  assert.deepEqual(risk('files.example'), { risk: 0, terms: null });
});

test('a map says what stands at its nodes, and how much of a flow was seen', () => {
  const { nodes, edges } = buildGraph(
    [
      edge('billing', '10.0.0.9:5432', { protocol: 'postgres', channel: 'sensor', entities: { US_SSN: 3 } }),
      edge('billing', '10.0.0.9:5432', { direction: 'in', protocol: 'postgres', channel: 'sensor' }),
      edge('billing', 'api.openai.com', { models: ['gpt-4o'] }),
      edge('billing', 'api.openai.com', { channel: 'sensor', models: ['gpt-4o', 'o3'] }),
    ],
    { knowledge: KNOWN, now: NOW },
  );
  const [billing, store, llm] = nodes;
  assert.deepEqual([billing?.type, billing?.kind === 'source' && billing.owner], ['workload', 'team-billing']);
  assert.deepEqual([store?.type, store?.kind === 'destination' && store.isShadow], ['datastore', true]);
  assert.deepEqual([llm?.type, llm?.kind === 'destination' && llm.models], ['llm', ['gpt-4o', 'o3']]);
  assert.deepEqual(
    edges.map(({ channels, tls, risk: score }) => [channels.join(), tls, score === null ? null : score > 0]),
    [
      ['sensor', 'none', false],
      ['sensor', 'none', true],
      ['proxy,sensor', 'seen', false],
    ],
  );
});

test('how much was seen is told in words', () => {
  const told = (change: object) => {
    const one = edge('billing', 'files.example', change);
    return sightText(sightOf(one, [one.channel]));
  };
  assert.equal(told({}), 'proxy, full, TLS seen');
  assert.equal(
    told({ protocol: 'tunnel', coverage: { level: 'opaque', reason: 'tunnelled' } }),
    'proxy, opaque: tunnelled, TLS not seen through',
  );
  assert.equal(told({ channel: 'log', coverage: { level: 'opaque', reason: 'log' } }), 'log, opaque: log, TLS unknown');
  assert.equal(told({ channel: 'sensor', protocol: 'redis' }), 'sensor, full, no TLS');
  const sealed = { channel: 'sensor', protocol: 'postgresql', coverage: { level: 'opaque', reason: 'tls' } };
  assert.equal(told(sealed), 'sensor, opaque: tls, TLS not seen through');
});
