import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from '../../store/tally.ts';
import { FINDING, OPENAI, sampleEvent } from './samples.ts';

function countsOf(tally: Tally): Record<string, number> {
  const taken = tally.take();
  return Object.fromEntries(
    (taken?.values ?? []).map(({ name, labels, value }) => [`${name} ${labels.join(' ')}`.trim(), value]),
  );
}

test('an exchange counts once by what was carried out, its findings by entity, its bytes by direction', () => {
  const tally = new Tally();
  const event = sampleEvent({
    destination: OPENAI,
    outcome: 'blocked',
    status: 400,
    action: 'block',
    enforced: true,
    findings: [{ ...FINDING, scores: { '0.4': 7, '0.5': 1, '1.00': 2 } }],
    coverage: { level: 'opaque', reason: 'encoded' },
    bytes: { out: 100, in: 0 },
    latencyMs: 20,
  });
  tally.add(event);
  tally.add(event);
  const first = tally.take();
  assert.ok(first !== null);
  assert.deepEqual(
    Object.fromEntries(first.values.map(({ name, labels, value }) => [`${name} ${labels.join(' ')}`.trim(), value])),
    {
      'weir_events_total exchange': 2,
      'weir_exchanges_total OpenAI genai blocked block 4xx': 2,
      'weir_decisions_total request block enforce': 2,
      'weir_findings_total CREDIT_CARD request': 6,
      'weir_coverage_total opaque encoded': 2,
      'weir_body_bytes_total out genai': 200,
    },
  );
  assert.deepEqual(
    first.spreads.map(({ name, labels, counts, sum }) => [name, labels, counts.reduce((a, b) => a + b, 0), sum]),
    [['weir_exchange_seconds', ['genai'], 2, 0.04]],
  );
  assert.equal(tally.take(), null);
});

test('what a client names stands in no label: host, path, app, user', () => {
  const tally = new Tally();
  tally.add(
    sampleEvent({
      destination: { host: 'secret.example', port: 443, vendor: null, category: 'unknown', country: null },
      outcome: 'worker_lost',
      status: null,
      route: 'GET /secret',
      model: 'secret-model',
      provider: 'secret',
    }),
  );
  const counts = countsOf(tally);
  assert.equal(counts['weir_worker_lost_total'], 1);
  assert.equal(counts['weir_exchanges_total unknown unknown worker_lost allow none'], 1);
  assert.ok(!JSON.stringify(counts).includes('secret'));
  assert.ok(!JSON.stringify(counts).includes('billing'));
});

test('what was observed and not carried out is a decision, and no action of the exchange', () => {
  const tally = new Tally();
  tally.add(sampleEvent({ destination: OPENAI, action: 'block', enforced: false, outcome: 'completed', status: 200 }));
  const counts = countsOf(tally);
  assert.equal(counts['weir_decisions_total request block monitor'], 1);
  assert.equal(counts['weir_exchanges_total OpenAI genai completed allow 2xx'], 1);
});

test('reviews and the like are events, and no exchanges', () => {
  const tally = new Tally();
  tally.add(sampleEvent({ kind: 'review' }));
  assert.deepEqual(countsOf(tally), { 'weir_events_total review': 1 });
});
