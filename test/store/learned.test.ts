/** What edges learn of their fields, from observations and from reviews, as the carrying processes read it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnedIn } from '../../store/learned.ts';
import { purge } from '../../store/purge.ts';
import { review } from '../../store/review.ts';
import { FINDING, observationOf, SOURCE, sampleEvent, startRecorder } from './samples.ts';

const PATH = '/metadata/customers/3/ref';
const FIELD = '/metadata/customers/*/ref';

test('values of a field and reviews of what was found there are what is known of it', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const events = Array.from({ length: 6 }, (_, i) =>
    sampleEvent({ findings: [{ ...FINDING, role: 'metadata', path: PATH, fingerprints: [`fp${i}`] }] }),
  );
  const spoken = sampleEvent({ findings: [{ ...FINDING, fingerprints: ['said'] }] });
  for (const event of [...events, spoken]) {
    const fields = [{ path: FIELD, values: 3, whole: { CREDIT_CARD: 2 } }];
    recorder.close({ event, edges: [observationOf(event, { fields })], excerpt: null });
  }
  await recorder.flush();
  for (const event of [...events, spoken])
    review(home, { id: event.id, state: 'false_positive', note: null, by: null }, assert.fail);
  const ask = { source: SOURCE, destination: events[0]?.destination ?? assert.fail(), direction: 'request' as const };
  let now = 0;
  const learned = learnedIn(home, () => now, 10);
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
  const known = learned(ask);
  assert.deepEqual(plain(known?.get(FIELD)), {
    ...{ values: 21, whole: { CREDIT_CARD: 14 }, refuted: { CREDIT_CARD: 6 }, confirmed: {} },
  });
  assert.equal(known?.size, 1, 'what was said in a turn is no field');
  assert.equal(learned({ ...ask, direction: 'response' }), null);
  assert.equal(learned({ ...ask, source: { ...SOURCE, app: 'other' } }), null);
  const [first, second] = events;
  review(home, { id: first?.id ?? '', state: 'confirmed', note: null, by: null }, assert.fail);
  review(home, { id: second?.id ?? '', state: 'open', note: null, by: null }, assert.fail);
  assert.equal(learned(ask), known, 'it looks once in a while');
  now = 10;
  assert.deepEqual(plain(learned(ask)?.get(FIELD)).refuted, { CREDIT_CARD: 4 });
  assert.deepEqual(plain(learned(ask)?.get(FIELD)).confirmed, { CREDIT_CARD: 1 });
  purge(home, { user: null, app: 'billing', fingerprint: null, before: null }, null, assert.fail);
  now = 20;
  assert.deepEqual(plain(learned(ask)?.get(FIELD)), {
    values: 21,
    whole: { CREDIT_CARD: 14 },
    refuted: {},
    confirmed: {},
  });
});

test('a home without a database has learned nothing', async (t) => {
  const { home } = await startRecorder(t);
  const learned = learnedIn({ ...home, databaseFile: `${home.databaseFile}.none` }, Date.now);
  assert.equal(learned({ source: SOURCE, destination: { host: 'h', port: 1 }, direction: 'request' }), null);
});
