/** What is answered from records: each answer is held against its shape, and against what was recorded. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { recordsAnswering } from '../../../cli/console/records-desk.ts';
import { loadConfig } from '../../../config/load.ts';
import { loadPolicies } from '../../../config/policies.ts';
import type { EventBody } from '../../../flow/event.ts';
import { openHome } from '../../../store/home.ts';
import { openReader } from '../../../store/reader.ts';
import { createRecorder } from '../../../store/recorder.ts';
import { review } from '../../../store/review.ts';
import { closingOf, FINDING, OPENAI, observationOf, openingOf, SOURCE, sampleEvent } from '../../store/samples.ts';
import { type AskedDesk, askDesk } from '../../support/console-desk.ts';

const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'weir-api-'));
const home = openHome(join(folder, 'home'));
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();

const blocked = Array.from({ length: 7 }, (_, at) =>
  sampleEvent({
    action: 'block',
    policy: 'default',
    rule: 'cards',
    severity: 'high',
    findings: [FINDING],
    time: hoursAgo(7 - at),
    explanation: ['2 CREDIT_CARD at /messages/1/content'],
  }),
);
const allowed = sampleEvent({
  time: hoursAgo(30),
  source: { ...SOURCE, app: 'crm' },
  destination: { ...OPENAI, host: 'api.mistral.ai', vendor: 'Mistral AI', country: 'FR' },
});
const observed = sampleEvent({
  action: 'redact',
  enforced: false,
  policy: 'trial',
  rule: 'mail',
  time: hoursAgo(2),
  findings: [{ ...FINDING, entity: 'EMAIL_ADDRESS', category: 'personal', fingerprints: ['fpMMMMMMMMMMMMMMMMMMMM'] }],
});
const script = sampleEvent({
  time: hoursAgo(1),
  source: { ...SOURCE, app: '<script>alert(1)</script>' },
  route: 'POST /<img src=x onerror=alert(1)>',
});
const all: readonly EventBody[] = [...blocked, allowed, observed, script];
const EXCERPT = '/messages/1/content: my card is [CREDIT_CARD] and [x] more\n/messages/2/content: [CREDIT_CARD]';

let desk: AskedDesk;

before(async () => {
  const lock = home.lock();
  const recorder = createRecorder(home, {
    encryptExcerpts: true,
    eventLog: null,
    onProblem: (text) => assert.fail(text),
    closeMs: 5000,
  });
  await recorder.ready();
  for (const event of all) {
    recorder.open(openingOf(event));
    const edges = [observationOf(event), observationOf(event, { direction: 'in', entities: {} })];
    recorder.close({ ...closingOf(event, event.action === 'block' ? EXCERPT : null), edges });
  }
  await recorder.flush();
  await recorder.close();
  lock.release();
  const id = blocked[0]?.id ?? '';
  review(home, { id, state: 'false_positive', note: 'test numbers', by: 'bob' }, (text) => assert.fail(text));
  const file = join(folder, 'weir.yaml');
  const apps = [{ name: 'billing', owner: 'team-billing' }];
  const destinations = [{ hosts: ['api.openai.com'], sanctioned: true, owner: 'team-ml', note: 'contract 7' }];
  writeFileSync(file, JSON.stringify({ home: home.path, apps, destinations, sensor: { enabled: false } }));
  const config = loadConfig({ file, env: {}, cwd: folder });
  const snapshot = { config, documents: loadPolicies(config) };
  desk = askDesk((say, situation) => recordsAnswering({ home: home.path, snapshot }, say, situation));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the overview', () => {
  test('counts what was carried out in the range, and says how to route an app', async () => {
    const got = Object(await desk.ask('overview'));
    assert.deepEqual([got.totals.calls, got.totals.blocked, got.openReviews.value], [9, 7, 6]);
    assert.equal(
      got.series.reduce((sum: number, { blocked }: { blocked: number }) => sum + blocked, 0),
      7,
    );
    assert.equal(got.entities[0].entity, 'CREDIT_CARD');
    assert.equal(got.entities[0].count, 14);
    assert.equal(got.destinations[0].destination.host, 'api.openai.com');
    assert.deepEqual(
      [got.destinations[0].destination.sanctioned, got.destinations[0].destination.owner],
      [true, 'team-ml'],
    );
    assert.equal(got.hasCalls, true);
    assert.ok(got.routing.commands.length > 2);
    assert.equal(got.health.isReady, true);
    assert.equal(got.before.calls, 1);
  });
  test('of a range without a record is empty, and one that ends before it begins is refused', async () => {
    const got = Object(await desk.ask('overview', { query: 'from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z' }));
    assert.deepEqual([got.totals.calls, got.entities, got.before], [0, [], null]);
    const refused = await desk.refused('overview', { query: 'from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z' });
    assert.equal(refused.code, 'bad_request');
  });
});

describe('lists of events', () => {
  test('come in pages that follow one another without a gap', async () => {
    const seen: string[] = [];
    let query = 'limit=3&kind=exchange';
    for (;;) {
      const page = Object(await desk.ask('events', { query }));
      seen.push(...page.events.map(({ id }: { id: string }) => id));
      if (page.next === null) break;
      query = `limit=3&kind=exchange&cursor=${encodeURIComponent(page.next)}`;
    }
    const newestFirst = all.toSorted((a, b) => (a.time < b.time ? 1 : -1)).map(({ id }) => id);
    assert.deepEqual(seen, newestFirst);
  });
  test('are narrowed by parameters and by the search, which says what it does not know', async () => {
    const ids = async (query: string): Promise<number> => Object(await desk.ask('events', { query })).events.length;
    assert.equal(await ids('action=block'), 7);
    assert.equal(await ids('action=block&review=open'), 6);
    assert.equal(await ids('review=false_positive&kind=exchange'), 1);
    assert.equal(await ids('action=redact&observed=true'), 1);
    assert.equal(await ids('q=credit_card&action=block'), 7);
    assert.equal(await ids('q=vendor:"Mistral AI"'), 1);
    assert.equal(await ids('q=-action:block kind:exchange'), 2);
    assert.equal(await ids('q=action:block action:allow'), 0);
    assert.equal(await ids('q=mistral'), 1);
    assert.equal(await ids('q=rule:cards'), 0);
    assert.equal(await ids('q=rule:default/cards'), 7);
    assert.equal(await ids('q=fingerprint:fpMMMMMMMMMMMMMMMMMMMM'), 1);
    const wrong = Object(await desk.ask('events', { query: 'q=nothing:x -app:y action:none' }));
    assert.match(wrong.problem, /no key "nothing"; .*cannot be excluded; .*; "action" is one of/);
  });
  test('a cursor that was not given out is refused', async () => {
    for (const cursor of ['x', '1-', '-1-0-0', "1' OR 1=1", 'zzzzzzzzzzzz-0']) {
      assert.equal(
        (await desk.refused('events', { query: `cursor=${encodeURIComponent(cursor)}` })).code,
        'bad_request',
        cursor,
      );
    }
  });
  test('are counted by state, action and severity, each without its own filter', async () => {
    const got = Object(await desk.ask('eventCounts', { query: 'kind=exchange&action=block' }));
    assert.equal(got.total.value, 7);
    assert.deepEqual([got.byReview.open, got.byReview.false_positive], [6, 1]);
    assert.deepEqual([got.byAction.block, got.byAction.allow], [7, 2]);
    assert.equal(got.bySeverity.high, 7);
  });
  test('what a client called itself stays text', async () => {
    const page = Object(await desk.ask('events', { query: 'q=app:"<script>alert(1)</script>"' }));
    assert.equal(page.events[0].source.app, '<script>alert(1)</script>');
  });
});

describe('one event', () => {
  test('shows its findings, its review and its edges', async () => {
    const id = blocked[0]?.id ?? '';
    const got = Object(await desk.ask('event', { parts: { id } }));
    assert.equal(got.row.summary, 'Blocked: 2 CREDIT_CARD from billing to OpenAI api.openai.com');
    assert.deepEqual(
      [got.review.by, got.review.state, got.row.source.owner],
      ['bob', 'false_positive', 'team-billing'],
    );
    assert.equal(got.hasExcerpt, true);
    assert.equal(got.edges.length, 2);
    assert.equal(JSON.stringify(got).includes('my card is'), false);
  });
  test('of an id that is none, or not whole, is not there', async () => {
    for (const id of ['x', (blocked[0]?.id ?? '').slice(0, 20), "' OR 1=1 --", '0'.repeat(26)]) {
      assert.equal((await desk.refused('event', { parts: { id } })).code, 'not_found');
    }
  });
  test('its excerpt is opened on record, with the places marked', async () => {
    const id = blocked[1]?.id ?? '';
    const got = Object(await desk.ask('openExcerpt', { parts: { id }, by: { name: 'carol', role: 'reviewer' } }));
    assert.deepEqual(got.places[0], {
      path: '/messages/1/content',
      parts: [
        { kind: 'text', text: 'my card is ' },
        { kind: 'mark', entity: 'CREDIT_CARD' },
        { kind: 'text', text: ' and [x] more' },
      ],
    });
    const { entries } = Object(await desk.ask('history', { parts: { id } }));
    assert.deepEqual([entries.length, entries[0].kind, entries[0].by], [1, 'opened', 'carol']);
    const reader = openReader(home);
    const verified = reader.verify();
    reader.close();
    assert.equal(verified.isIntact, true);
    assert.equal((await desk.refused('openExcerpt', { parts: { id: allowed.id } })).code, 'not_found');
  });
  test('what is like it is found by value and by rule', async () => {
    const got = Object(await desk.ask('similar', { parts: { id: blocked[0]?.id ?? '' } }));
    assert.deepEqual([got.sameValue.length, got.sameRule.length], [6, 6]);
  });
});

describe('the map', () => {
  test('has a node for each end and a flow for each direction, with what can be narrowed', async () => {
    const got = Object(await desk.ask('map'));
    assert.deepEqual(got.total, { edges: 6, sources: 3, destinations: 2, calls: 20 });
    assert.equal(got.nodes.filter(({ side }: { side: string }) => side === 'source').length, 3);
    assert.deepEqual(got.facets.vendor.map(({ value }: { value: string }) => value).sort(), ['Mistral AI', 'OpenAI']);
    assert.equal(got.classes[0].entity, 'CREDIT_CARD');
    for (const flow of got.flows) {
      const found = Object(await desk.ask('map', { query: `q=${encodeURIComponent(flow.filter)}` }));
      assert.equal(found.total.edges, flow.edges, flow.filter);
    }
  });
  test('is narrowed by every filter and by its search', async () => {
    const edges = async (query: string): Promise<number> => Object(await desk.ask('map', { query })).total.edges;
    assert.equal(await edges('class=CREDIT_CARD'), 1);
    assert.equal(await edges('class=category:financial'), 1);
    assert.equal(await edges('owner=team-ml'), 4);
    assert.equal(await edges('sanctioned=false'), 2);
    assert.equal(await edges('direction=in'), 3);
    assert.equal(await edges(`newSince=${hoursAgo(20)}`), 4);
    assert.equal(await edges(`to=${hoursAgo(20)}`), 2);
    assert.equal(await edges('q=risk>0'), 1);
    assert.equal(await edges('q=-vendor:openai'), 2);
    assert.equal(await edges('q=from:bill* to:*.openai.com'), 2);
    assert.equal(await edges('q=stopped:true'), 2);
    assert.match(
      Object(await desk.ask('map', { query: 'q=risk:high foo:1' })).problem,
      /"risk" takes a number; there is no key "foo"/,
    );
  });
  test('facets stand without their own filter', async () => {
    const got = Object(await desk.ask('map', { query: 'vendor=OpenAI' }));
    assert.deepEqual(got.facets.vendor.map(({ value }: { value: string }) => value).sort(), ['Mistral AI', 'OpenAI']);
    assert.equal(got.facets.country.length, 1);
  });
  test('as a table comes in pages of any order', async () => {
    for (const sort of ['risk', 'calls', 'lastSeen', 'firstSeen', 'bytesOut']) {
      const seen = new Set<string>();
      let query = `sort=${sort}&limit=4`;
      for (;;) {
        const page = Object(await desk.ask('edges', { query }));
        for (const { id } of page.edges) seen.add(id);
        assert.equal(page.total.value, 6);
        if (page.next === null) break;
        query = `sort=${sort}&limit=4&cursor=${page.next}`;
      }
      assert.equal(seen.size, 6, sort);
    }
    assert.equal((await desk.refused('edges', { query: 'cursor=bm90aGluZw' })).code, 'bad_request');
  });
  test('an edge shows what was found on it, its risk and its events', async () => {
    const { edges } = Object(await desk.ask('edges', { query: 'class=CREDIT_CARD' }));
    const got = Object(await desk.ask('edge', { parts: { id: edges[0].id } }));
    assert.deepEqual(
      [got.entities[0].entity, got.entities[0].count, got.entities[0].fingerprints],
      ['CREDIT_CARD', 14, 2],
    );
    assert.equal(got.entities[0].paths[0].path, '/messages/1/content');
    assert.equal(got.risk.terms.length, 5);
    assert.ok(got.events.length > 5);
    assert.equal((await desk.refused('edge', { parts: { id: 'x' } })).code, 'not_found');
  });
  test('lineage, the fleet and the words for filters fit their shapes', async () => {
    assert.ok(Array.isArray(Object(await desk.ask('lineage', { query: 'entity=credit_card' })).paths));
    const from = Object(await desk.ask('lineage', { query: 'from=billing' }));
    assert.deepEqual(
      from.reach.map((one: Record<string, unknown>) => [one['kind'], one['hops'], one['isHeld']]),
      [['llm', 1, true]],
    );
    assert.deepEqual(from.isKnown, { from: true, to: true });
    const unknown = Object(await desk.ask('lineage', { query: 'from=nobody' }));
    assert.deepEqual([unknown.isKnown.from, unknown.reach], [false, []]);
    assert.equal(Object(await desk.ask('lineage', { query: 'from=billing&to=api.openai.com' })).reach, null);
    const fleet = Object(await desk.ask('fleet'));
    assert.equal(fleet.hosts[0].events >= 12, true);
    assert.deepEqual(
      fleet.chains.map(({ writer, missing }: Record<string, unknown>) => [writer, missing]),
      [[fleet.hosts[0].writer, 0]],
    );
    assert.ok(fleet.chains[0].seq >= fleet.hosts[0].events - 1);
    const words = Object(await desk.ask('vocabulary'));
    assert.ok(words.entities.some(({ entity }: { entity: string }) => entity === 'CREDIT_CARD'));
    assert.ok(words.apps.includes('crm') && words.owners.includes('team-ml'));
  });
});

describe('reports', () => {
  test('have figures and rows with the edges that they are made of, and say what could not be seen', async () => {
    const pci = Object(await desk.ask('report', { parts: { kind: 'pci' } }));
    assert.equal(pci.kind, 'pci');
    const ids = new Set(Object(await desk.ask('edges')).edges.flatMap(({ edges }: { edges: string[] }) => edges));
    const rows = pci.tables.flatMap((table: { rows: { cells: string[]; edges: string[] }[] }) => table.rows);
    assert.ok(rows.length > 0);
    for (const { edges, cells } of rows) {
      assert.ok(edges.length > 0 && edges.every((id: string) => ids.has(id)), cells.join());
    }
    assert.ok(pci.notSeen.some((text: string) => text.startsWith('No sensor reported')));
    const before = Object(await desk.ask('report', { parts: { kind: 'pci' }, query: `to=${hoursAgo(20)}` }));
    assert.ok(before.flows < pci.flows);
  });
  test('come as the files that the command writes', async () => {
    for (const kind of ['pci', 'gdpr', 'ccpa', 'hipaa', 'scan-first']) {
      const file = Object(await desk.ask('reportFile', { parts: { kind }, query: 'format=json' }));
      assert.match(file.name, new RegExp(`^weir-${kind}-\\d{4}-\\d\\d-\\d\\d\\.json$`));
      assert.equal(JSON.parse(file.text).kind, kind);
    }
    const html = Object(await desk.ask('reportFile', { parts: { kind: 'gdpr' } }));
    assert.equal(html.mediaType, 'text/html');
    assert.ok(!html.text.includes('<script>alert(1)'));
    assert.equal((await desk.refused('report', { parts: { kind: 'soc2' } })).code, 'not_found');
    assert.equal((await desk.refused('reportFile', { parts: { kind: '__proto__' } })).code, 'not_found');
  });
});
