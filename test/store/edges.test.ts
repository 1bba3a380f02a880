import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge, EdgeObservation } from '../../flow/edge.ts';
import type { Source } from '../../flow/parties.ts';
import { type EdgeFilter, edgeId } from '../../store/edges.ts';
import { openReader } from '../../store/reader.ts';
import { FINDING, OPENAI, observationOf, SOURCE, sampleEvent, startRecorder } from './samples.ts';

const BASE = observationOf(sampleEvent({ time: '2026-03-01T12:00:00.000Z' }));

function edgesIn(path: string, filter: EdgeFilter = {}): Edge[] {
  const reader = openReader(path);
  try {
    return [...reader.edges(filter)];
  } finally {
    reader.close();
  }
}

test('the key of an edge is source without pid and credential, host and port, protocol, direction and channel', () => {
  const source = (change: Partial<Source>): EdgeObservation => ({ ...BASE, source: { ...SOURCE, ...change } });
  const same: EdgeObservation[] = [
    source({ pid: 1 }),
    source({ pid: null }),
    source({ credential: null }),
    source({ credential: 'another' }),
    { ...BASE, time: '2026-04-01T00:00:00.000Z', entities: { PERSON: 1 }, action: 'block', via: 'sni', bytesOut: 1 },
    { ...BASE, destination: { ...OPENAI, vendor: 'Another', category: 'saas', country: null } },
  ];
  const other: EdgeObservation[] = [
    source({ app: 'chat' }),
    source({ app: null }),
    source({ verified: false }),
    source({ host: 'build-8' }),
    source({ process: 'python' }),
    source({ exe: null }),
    source({ user: 'root' }),
    source({ container: 'c1' }),
    { ...BASE, destination: { ...OPENAI, host: 'api.openai.com.example' } },
    { ...BASE, destination: { ...OPENAI, port: 8443 } },
    { ...BASE, protocol: 'http' },
    { ...BASE, direction: 'in' },
    { ...BASE, channel: 'sensor' },
  ];
  const id = edgeId(BASE);
  assert.match(id, /^[\w-]{22}$/);
  assert.deepEqual(
    same.map(edgeId),
    same.map(() => id),
  );
  assert.equal(new Set([id, ...other.map(edgeId)]).size, other.length + 1);
});

test('values cannot be moved from one part of the key to another', () => {
  const split = { ...BASE, source: { ...SOURCE, process: 'a', exe: 'b,c' } };
  const moved = { ...BASE, source: { ...SOURCE, process: 'a","b', exe: 'c' } };
  assert.notEqual(edgeId(split), edgeId(moved));
});

test('an edge sums its exchanges, in one batch and over several', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const times = [
    '2026-03-01T12:00:00.000Z',
    '2026-03-01T11:00:00Z',
    '2026-03-01T14:00:00.000+01:00',
    '2026-03-01T12:30:00.000Z',
  ];
  for (const [i, time] of times.entries()) {
    const event = sampleEvent({ time, findings: i % 2 === 0 ? [FINDING] : [], action: i === 3 ? 'block' : 'allow' });
    const back = { direction: 'in' as const, entities: { PERSON: 1 }, protocol: 'https' };
    recorder.close({ event, edges: [observationOf(event), observationOf(event, back)], excerpt: null });
    if (i % 2 === 1) await recorder.flush();
  }
  const [received, sent] = edgesIn(home.path).toSorted((a, b) => (a.direction < b.direction ? -1 : 1));
  assert.deepEqual({ ...sent?.entities }, { CREDIT_CARD: 4 });
  assert.deepEqual({ ...received?.entities }, { PERSON: 4 });
  assert.deepEqual({ ...sent?.actions }, { allow: 3, block: 1 });
  assert.deepEqual([sent?.calls, sent?.bytesOut, sent?.bytesIn], [4, 4800, 3200]);
  assert.deepEqual([sent?.firstSeen, sent?.lastSeen], ['2026-03-01T11:00:00.000Z', '2026-03-01T13:00:00.000Z']);
  assert.equal(sent?.source.pid, null);
});

test('an edge keeps the worst coverage and what was last known of its destination', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const event = sampleEvent();
  const opaque = observationOf(event, { coverage: { level: 'opaque', reason: 'media' } });
  const known = observationOf(event, { destination: { ...OPENAI, country: 'DE' }, via: 'sni' });
  recorder.close({ event, edges: [opaque, known], excerpt: null });
  await recorder.flush();
  recorder.close({ event: sampleEvent(), edges: [known], excerpt: null });
  await recorder.flush();
  const [edge] = edgesIn(home.path);
  assert.deepEqual(edge?.coverage, { level: 'opaque', reason: 'media' });
  assert.deepEqual([edge?.destination.country, edge?.via], ['DE', 'sni']);
});

test('edges are filtered by app, host, entity and time', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const one = sampleEvent({ time: '2026-03-01T12:00:00.000Z', findings: [FINDING] });
  const two = sampleEvent({
    time: '2026-03-02T12:00:00.000Z',
    source: { ...SOURCE, app: null },
    destination: { ...OPENAI, host: 'a.example', port: 80 },
  });
  for (const event of [one, two]) recorder.close({ event, edges: [observationOf(event)], excerpt: null });
  await recorder.flush();
  const hosts = (filter: EdgeFilter) => edgesIn(home.path, filter).map((edge) => edge.destination.host);
  assert.deepEqual(hosts({}), ['a.example', 'api.openai.com']);
  assert.deepEqual(hosts({ apps: ['billing'] }), ['api.openai.com']);
  assert.deepEqual(hosts({ destinations: ['*.example'] }), ['a.example']);
  assert.deepEqual(hosts({ entities: ['CREDIT_CARD', 'X'] }), ['api.openai.com']);
  assert.deepEqual(hosts({ since: new Date('2026-03-02T00:00:00Z') }), ['a.example']);
  assert.deepEqual(hosts({ limit: 1 }), ['a.example']);
});
