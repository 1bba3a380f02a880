/**
 * What is answered from counts and roll-ups is what the events themselves say: pages, counts, the map of a range, and
 * series, over made-up events with a seeded generator, by many pairs of filters.
 */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Action } from '../../flow/decision.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody, EventFinding, WeirEvent } from '../../flow/event.ts';
import { COUNTED_BY } from '../../store/counts.ts';
import { KEPT_FINGERPRINTS, KEPT_MODELS } from '../../store/edge-sums.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { cursorOf, findPlaces, placeOf } from '../../store/pages.ts';
import { answer, SQLITE } from '../../store/question.ts';
import { openReader, type Reader } from '../../store/reader.ts';
import { review } from '../../store/review.ts';
import { DAY, HOUR, HOUR_MS, SPANS, segmentsOf } from '../../store/spans.ts';
import { afterwards, FINDING, OPENAI, observationOf, SOURCE, sampleEvent, startRecorder } from './samples.ts';

const START = Date.parse('2026-01-05T07:30:00.000Z');
const DAYS = 100;
const ACTIONS: readonly Action[] = ['allow', 'allow', 'allow', 'alert', 'block', 'tokenize', 'redact'];
const ENTITIES = ['CREDIT_CARD', 'EMAIL_ADDRESS', 'PERSON', 'US_SSN'];

/** Numbers below `n`, the same in each run. */
function seeded(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function pick<T>(of: readonly T[], below: (n: number) => number): T {
  const item = of[below(of.length)];
  assert.ok(item !== undefined);
  return item;
}

function madeUp(count: number, below: (n: number) => number): readonly EventBody[] {
  return Array.from({ length: count }, () => {
    const action = pick(ACTIONS, below);
    const found = below(3);
    const findings: EventFinding[] = Array.from({ length: found }, () => ({
      ...FINDING,
      entity: pick(ENTITIES, below),
      path: `/messages/${below(3)}/content`,
      maxScore: pick([0.4, 0.6, 0.95], below),
      count: 1 + below(3),
      fingerprints: [`fp${String(below(20)).padStart(20, 'A')}`],
    }));
    return sampleEvent({
      // Some of the same moment, and none in order.
      time: new Date(START + below(DAYS * 24) * HOUR_MS + below(3) * 600_000).toISOString(),
      source: { ...SOURCE, app: pick(['billing', 'chat', 'crm', null], below), user: pick(['ana', 'ben'], below) },
      destination: { ...OPENAI, host: `h${below(6)}.example`, vendor: pick(['A', 'B', null], below) },
      model: pick(['m-1', 'm-2', null], below),
      action,
      ...(action === 'allow'
        ? {}
        : { policy: pick(['one', 'two'], below), rule: 'r', severity: pick(['low', 'high'] as const, below) }),
      enforced: below(5) > 0,
      outcome: pick(['completed', 'blocked', 'upstream_failed'] as const, below),
      findings,
    });
  });
}

function observationsOf(event: EventBody): readonly EdgeObservation[] {
  const entities: Record<string, number> = {};
  for (const { entity, count, maxScore } of event.findings) {
    if (maxScore >= 0.5) entities[entity] = (entities[entity] ?? 0) + count;
  }
  const action = event.enforced ? event.action : 'allow';
  const out = observationOf(event, { entities, bytesIn: 0, action });
  return [out, observationOf(event, { direction: 'in', entities: {}, bytesOut: 0, action })];
}

const SIZE = 500;

async function recorded(t: TestContext) {
  const { home, recorder } = await startRecorder(t);
  const events = madeUp(SIZE, seeded(7));
  for (const event of events) recorder.close({ event, edges: observationsOf(event), excerpt: null });
  await recorder.flush();
  for (const [i, state] of (['open', 'confirmed', 'false_positive', 'confirmed'] as const).entries()) {
    const { id = '' } = events[i % 3] ?? {};
    review(home, { id, state, note: null, by: 'ana' }, assert.fail);
  }
  const reader = openReader(home.path);
  afterwards(t, () => reader.close());
  return { home, reader, events, recorder };
}

type Named = readonly [what: string, filter: EventFilter, matches: (event: WeirEvent) => boolean];

const at = (day: number) => new Date(START + day * 24 * HOUR_MS + 1234);

const SINGLE: readonly Named[] = [
  ['action', { actions: ['block', 'alert'] }, (e) => e.enforced && (e.action === 'block' || e.action === 'alert')],
  ['observed', { isObserved: true }, (e) => e.kind === 'exchange' && !e.enforced],
  ['app', { apps: ['billing'] }, (e) => e.source.app === 'billing'],
  ['host', { destinations: ['h1.*', 'h2.example'] }, (e) => /^h[12]\.example$/.test(e.destination.host ?? '')],
  ['vendor', { vendors: ['A'] }, (e) => e.destination.vendor === 'A'],
  ['entity', { entities: ['US_SSN'] }, (e) => e.findings.some((f) => f.entity === 'US_SSN' && f.maxScore >= 0.5)],
  ['outcome', { outcomes: ['blocked'] }, (e) => e.outcome === 'blocked'],
  ['severity', { severities: ['high'] }, (e) => e.severity === 'high'],
  ['policy', { policies: ['one'] }, (e) => e.decisions.some((d) => d.policy === 'one')],
  ['rule', { rules: ['two/r'] }, (e) => e.decisions.some((d) => d.policy === 'two' && d.rule === 'r')],
  ['kind', { kinds: ['exchange'] }, (e) => e.kind === 'exchange'],
  [
    'review',
    { reviews: ['confirmed', 'open'] },
    (e) => ['confirmed', 'open'].includes(e.kind === 'review' ? '' : (e.review?.state ?? '')),
  ],
  ['user', { users: ['ben'] }, (e) => e.kind === 'exchange' && e.source.user === 'ben'],
  [
    'value',
    { fingerprints: ['fpAAAAAAAAAAAAAAAAAAA7'] },
    (e) => e.findings.some((f) => f.fingerprints.includes('fpAAAAAAAAAAAAAAAAAAA7')),
  ],
  ['since', { since: at(40) }, (e) => Date.parse(e.time) >= at(40).getTime()],
  ['until', { until: at(70) }, (e) => Date.parse(e.time) < at(70).getTime()],
];

function* pairs(): Generator<Named> {
  yield ['nothing', {}, () => true];
  for (const [i, [a, first, matchesA]] of SINGLE.entries()) {
    yield [a, first, matchesA];
    for (const [b, second, matchesB] of SINGLE.slice(i + 1)) {
      // With `isObserved` the actions are those that were observed.
      if (a === 'action' && b === 'observed') continue;
      yield [`${a} and ${b}`, { ...first, ...second }, (e) => matchesA(e) && matchesB(e)];
    }
  }
}

function* pagesOf(reader: Reader, filter: EventFilter, limit: number) {
  for (let page = reader.page({ filter, limit }); ; ) {
    yield page;
    if (page.older === null) return;
    page = reader.page({ filter, from: { cursor: page.older, way: 'older' }, limit });
  }
}

test('pages and counts of any two filters are those of the events themselves', async (t) => {
  const { reader } = await recorded(t);
  const all = [...reader.events()];
  assert.equal(all.length, SIZE + 4);
  for (const [what, filter, matches] of pairs()) {
    const expected = all.filter(matches).map((event) => event.id);
    const older = [...pagesOf(reader, filter, 37)].flatMap((page) => page.events.map((event) => event.id));
    assert.deepEqual(older.toReversed(), expected, what);
    assert.equal(reader.count(filter), expected.length, what);
    assert.deepEqual(
      [...reader.events(filter)].map((event) => event.id),
      expected,
      what,
    );
  }
});

test('a page leads to the newer ones too, and to those that are recorded after it was read', async (t) => {
  const { reader, recorder } = await recorded(t);
  const filter: EventFilter = { apps: ['billing'] };
  const pages = [...pagesOf(reader, filter, 50)];
  let page = pages.at(-1);
  for (const earlier of pages.toReversed().slice(1)) {
    page = reader.page({ filter, from: { cursor: page?.newer ?? '', way: 'newer' }, limit: 50 });
    assert.deepEqual(
      page.events.map((event) => event.id),
      earlier.events.map((event) => event.id),
    );
  }
  const newest = pages[0]?.newer ?? '';
  assert.deepEqual(reader.page({ filter, from: { cursor: newest, way: 'newer' }, limit: 50 }).events, []);
  const late = sampleEvent({ time: new Date(START + 2 * DAYS * 24 * HOUR_MS).toISOString() });
  recorder.close({ event: late, edges: observationsOf(late), excerpt: null });
  await recorder.flush();
  const next = reader.page({ filter, from: { cursor: newest, way: 'newer' }, limit: 50 });
  assert.deepEqual(
    next.events.map((event) => event.id),
    [late.id],
  );
  assert.throws(() => reader.page({ from: { cursor: 'x', way: 'older' }, limit: 1 }), RangeError);
  const place = { timeMs: START, position: 77 };
  assert.deepEqual(placeOf(cursorOf(place)), place);
});

test('however few events are looked at before the counts are asked, none is passed over', async (t) => {
  const { home } = await recorded(t);
  const database = new DatabaseSync(home.databaseFile, { readOnly: true });
  afterwards(t, () => database.close());
  const find = (filter: EventFilter, way: 'older' | 'newer', tuning: object) =>
    answer(database, findPlaces(SQLITE, filter, { from: null, way, limit: 60, ...tuning }));
  for (const [what, filter] of [...pairs()].filter((_, i) => i % 3 === 0)) {
    for (const way of ['older', 'newer'] as const) {
      const expected = find(filter, way, { maxSingle: 100_000 });
      assert.deepEqual(find(filter, way, { maxSingle: 0, stride: 5 }), expected, `${what}, ${way}`);
    }
  }
});

test('events are counted by what they have, in any range of hours', async (t) => {
  const { reader } = await recorded(t);
  const since = new Date(START + 20 * 24 * HOUR_MS - (START % HOUR_MS));
  const until = new Date(since.getTime() + 777 * HOUR_MS);
  const events = [...reader.events({ since, until, kinds: ['exchange'] })];
  const valuesOf: Readonly<Partial<Record<(typeof COUNTED_BY)[number], (e: WeirEvent) => readonly (string | null)[]>>> =
    {
      action: (e) => [e.enforced ? e.action : null],
      app: (e) => [e.source.app],
      destination: (e) => [e.destination.host],
      rule: (e) => e.decisions.map((d) => (d.policy === null ? null : `${d.policy}/${d.rule}`)),
      entity: (e) => [...new Set(e.findings.filter((f) => f.maxScore >= 0.5).map((f) => f.entity))],
    };
  for (const by of COUNTED_BY) {
    const counted = reader.countBy(by, { since, until, kinds: ['exchange'] });
    const of = valuesOf[by];
    if (of === undefined) continue;
    const expected = new Map<string, number>();
    for (const value of events.flatMap(of)) if (value !== null) expected.set(value, (expected.get(value) ?? 0) + 1);
    assert.deepEqual(new Map(counted.map(({ value, events }) => [value, events])), expected, by);
    assert.deepEqual(
      counted.toSorted((a, b) => b.events - a.events),
      counted,
    );
  }
});

test('a map of any range of hours sums up what flowed in it', async (t) => {
  const { reader } = await recorded(t);
  const hours = [0, 23, 300, 1111, 2399].map((hour) => new Date(START - (START % HOUR_MS) + hour * HOUR_MS));
  const events = [...reader.events({ kinds: ['exchange'] })];
  for (const since of [null, ...hours]) {
    for (const until of [null, ...hours]) {
      const within = events.filter(
        ({ time }) => (since === null || new Date(time) >= since) && (until === null || new Date(time) < until),
      );
      const map = reader.map({ since, until });
      const sum = (of: (edge: (typeof map)[number]) => number) => map.reduce((all, edge) => all + of(edge), 0);
      assert.equal(
        sum((edge) => edge.calls),
        within.length * 2,
      );
      assert.equal(
        sum((edge) => edge.bytesOut),
        within.length * 1200,
      );
      assert.equal(
        sum((edge) => edge.actions['block'] ?? 0),
        2 * within.filter((e) => e.enforced && e.action === 'block').length,
      );
      const cards = within.flatMap((e) => e.findings).filter((f) => f.entity === 'PERSON' && f.maxScore >= 0.5);
      assert.equal(
        sum((edge) => edge.entities['PERSON'] ?? 0),
        cards.reduce((all, { count }) => all + count, 0),
      );
      const filtered = reader.map({ since, until, apps: ['chat'], entities: ['US_SSN'] });
      const expected = map.filter((edge) => edge.source.app === 'chat' && edge.entities['US_SSN'] !== undefined);
      assert.deepEqual(filtered, expected);
    }
  }
});

test('series show every hour or day of a range, of all that was sent or of some edges', async (t) => {
  const { reader } = await recorded(t);
  const since = new Date('2026-02-01T00:00:00Z');
  const until = new Date('2026-02-11T00:00:00Z');
  const events = [...reader.events({ kinds: ['exchange'], since, until })];
  for (const [span, points] of [
    [DAY, 10],
    [HOUR, 240],
  ] as const) {
    const all = reader.series({ since, until, span });
    assert.equal(all.length, points);
    assert.equal(all[0]?.time, since.toISOString());
    for (const [i, point] of all.entries()) {
      const from = since.getTime() + i * span * HOUR_MS;
      const within = events.filter(({ time }) => Date.parse(time) >= from && Date.parse(time) < from + span * HOUR_MS);
      assert.equal(point.calls, within.length);
      assert.equal(point.tokenize, within.filter((e) => e.enforced && e.action === 'tokenize').length);
    }
    const some = reader.series({ since, until, span, apps: ['chat'] });
    assert.equal(
      some.reduce((sum, point) => sum + point.calls, 0),
      events.filter((event) => event.source.app === 'chat').length,
    );
    const emails = events.flatMap((e) => e.findings).filter((f) => f.entity === 'EMAIL_ADDRESS' && f.maxScore >= 0.5);
    assert.equal(
      all.reduce((sum, point) => sum + (point.entities['EMAIL_ADDRESS'] ?? 0), 0),
      emails.reduce((sum, { count }) => sum + count, 0),
    );
  }
});

test('an edge keeps the values, paths and models seen last, and tells how many values there were', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const total = KEPT_FINGERPRINTS * 2;
  for (let i = 0; i < total; i++) {
    const time = new Date(START + i * 1000).toISOString();
    const fingerprint = `v${i}`;
    const finding = { ...FINDING, fingerprints: [fingerprint], path: `/p/${i % 3}`, maxScore: 0.5 + i / 10_000 };
    const event = sampleEvent({ time, findings: [finding], model: `m-${i % 100}` });
    recorder.close({ event, edges: [observationOf(event)], excerpt: null });
    if (i % 50 === 0) await recorder.flush();
  }
  await recorder.flush();
  const reader = openReader(home.path);
  afterwards(t, () => reader.close());
  const [edge] = reader.map({ details: 'whole' });
  const detail = edge?.details?.['CREDIT_CARD'];
  assert.equal(detail?.values, total);
  const kept = detail?.fingerprints.length ?? 0;
  assert.ok(kept >= KEPT_FINGERPRINTS && kept < total, `${kept} kept`);
  assert.equal(detail?.fingerprints[0], `v${total - 1}`);
  assert.ok(!detail?.fingerprints.includes('v0'));
  assert.deepEqual(detail?.paths.toSorted(), ['/p/0', '/p/1', '/p/2']);
  assert.equal(detail?.firstSeen, new Date(START).toISOString());
  assert.ok(edge?.models !== undefined && edge.models.length >= KEPT_MODELS && edge.models.length < 100);
  const gone = reader.byFingerprint(['v0']);
  assert.equal(gone.eventCount, 1, 'the events still know it');
  assert.deepEqual(
    gone.edges.map(({ edge: on, sighting }) => [on.id, sighting.count, sighting.lastSeen]),
    [[edge?.id, 1, new Date(START).toISOString()]],
    'and by them the edge is found',
  );
  const summary = reader.map({ details: 'summary' })[0]?.details?.['CREDIT_CARD'];
  assert.deepEqual([summary?.values, summary?.fingerprints], [total, []]);
});

test('what is observed without an event counts on its edge, once, however often the spool is read', async (t) => {
  const { home, recorder, end } = await startRecorder(t);
  const event = sampleEvent({ time: new Date(START).toISOString() });
  const seen = observationOf(event, {
    channel: 'sensor',
    calls: 3,
    details: { PERSON: { maxScore: 0.7, fingerprints: ['a', 'b'], paths: ['/x'] } },
    entities: { PERSON: 4 },
    model: 'm-9',
    action: 'alert',
  });
  recorder.observe([seen, seen]);
  await recorder.flush();
  const { copyFileSync, readdirSync } = await import('node:fs');
  const { join } = await import('node:path');
  const spool = readdirSync(home.spoolFolder).filter((name) => name.endsWith('.spool'));
  assert.equal(spool.length, 1);
  const [name = ''] = spool;
  copyFileSync(join(home.spoolFolder, name), join(home.path, 'kept'));
  recorder.observe([seen]);
  await recorder.flush();
  const kept = new DatabaseSync(home.databaseFile);
  const { bytes } = kept.prepare('SELECT bytes FROM spools WHERE name = ?').get(name) ?? {};
  await end();
  // As after a crash: the file is there again, and the database says how far it was committed.
  copyFileSync(join(home.path, 'kept'), join(home.spoolFolder, name));
  kept.prepare('INSERT INTO spools (name, bytes) VALUES (?, ?)').run(name, bytes ?? 0);
  kept.close();
  await startRecorder(t, {}, home.path);
  const reader = openReader(home.path);
  afterwards(t, () => reader.close());
  const [edge, ...others] = reader.map({ details: 'whole' });
  assert.deepEqual(others, []);
  assert.deepEqual([edge?.calls, edge?.channel, { ...edge?.entities }], [9, 'sensor', { PERSON: 12 }]);
  assert.deepEqual({ ...edge?.actions }, { alert: 9 });
  assert.deepEqual(edge?.details?.['PERSON']?.fingerprints, ['a', 'b']);
  assert.deepEqual(edge?.models, ['m-9']);
  assert.equal(reader.count(), 0);
  assert.deepEqual(
    readdirSync(home.spoolFolder).filter((one) => one.endsWith('.spool')),
    [],
  );
});

test('a value that was seen on two edges joins them', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const finding = { ...FINDING, fingerprints: ['shared', 'own'] };
  const one = sampleEvent({ findings: [finding] });
  const two = sampleEvent({
    findings: [{ ...finding, fingerprints: ['shared'] }],
    destination: { ...OPENAI, host: 'b.example' },
  });
  for (const event of [one, two]) recorder.close({ event, edges: [observationOf(event)], excerpt: null });
  await recorder.flush();
  const reader = openReader(home.path);
  afterwards(t, () => reader.close());
  assert.deepEqual(
    reader.sharedValues().map(({ fingerprint, entity }) => [fingerprint, entity]),
    [
      ['shared', 'CREDIT_CARD'],
      ['shared', 'CREDIT_CARD'],
    ],
  );
  const found = reader.byFingerprint(['shared']);
  assert.deepEqual(new Set(found.events.map((event) => event.id)), new Set([one.id, two.id]));
  assert.deepEqual(new Set(found.edges.map(({ edge }) => edge.destination.host)), new Set([OPENAI.host, 'b.example']));
  assert.deepEqual(reader.byFingerprint(['none']), { events: [], eventCount: 0, edges: [] });
});

test('a range is covered by buckets without gap or overlap', () => {
  const below = seeded(3);
  for (let i = 0; i < 500; i++) {
    const from = START + below(9000) * HOUR_MS + below(HOUR_MS);
    const to = from + below(9000) * HOUR_MS;
    const hours = segmentsOf(from, to)
      .map(({ span, from: first, to: last }) => [first * span, last * span] as const)
      .toSorted((a, b) => a[0] - b[0]);
    assert.equal(hours[0]?.[0] ?? 0, hours.length === 0 ? 0 : Math.floor(from / HOUR_MS));
    assert.equal(hours.at(-1)?.[1] ?? 0, hours.length === 0 ? 0 : Math.ceil(to / HOUR_MS));
    for (const [j, [first]] of hours.entries()) if (j > 0) assert.equal(first, hours[j - 1]?.[1]);
  }
  assert.equal(segmentsOf(null, null).length, 1);
  assert.ok(segmentsOf(START, null).length <= SPANS.length);
});
