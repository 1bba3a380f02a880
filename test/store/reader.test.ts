import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { EventBody } from '../../flow/event.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { openReader } from '../../store/reader.ts';
import { review } from '../../store/review.ts';
import {
  afterwards,
  eventsIn,
  FINDING,
  OPENAI,
  record,
  SOURCE,
  sampleEvent,
  startRecorder,
  temporaryFolder,
} from './samples.ts';

const LOW = { ...FINDING, entity: 'PHONE_NUMBER', maxScore: 0.4 };
const PERSON = { ...FINDING, entity: 'PERSON', maxScore: 0.85 };
const NOON = '2026-03-01T12:00:00.000Z';

function monitored(): EventBody {
  const event = sampleEvent({
    id: 'MONITORED',
    time: '2026-03-01T15:00:00.000Z',
    destination: { ...OPENAI, port: 8443 },
  });
  const [decision] = event.decisions;
  const watched = {
    ...(decision ?? assert.fail()),
    action: 'block' as const,
    mode: 'monitor' as const,
    policy: 'strict',
  };
  return { ...event, decisions: [...event.decisions, watched] };
}

/** One event of each sort that a filter can tell apart. */
const EVENTS: readonly EventBody[] = [
  sampleEvent({ id: 'CLEAN', time: '2026-03-01T10:00:00.000Z' }),
  sampleEvent({ id: 'BLOCKED', time: NOON, action: 'block', policy: 'card-data', findings: [FINDING] }),
  sampleEvent({
    id: 'TOKENIZED',
    time: '2026-03-01T13:00:00.000Z',
    action: 'tokenize',
    policy: 'names',
    findings: [PERSON, LOW],
  }),
  sampleEvent({
    id: 'UNENFORCED',
    time: '2026-03-01T14:00:00.000Z',
    action: 'block',
    enforced: false,
    policy: 'strict',
  }),
  monitored(),
  sampleEvent({
    id: 'ELSEWHERE',
    time: '2026-03-01T16:00:00.000Z',
    source: { ...SOURCE, app: 'chat', verified: false, credential: 'AnotherKeysFingerprint' },
    destination: { ...OPENAI, host: 'eu.api_x.openai.com' },
    outcome: 'client_aborted',
  }),
];

const FILTERS: readonly (readonly [what: string, filter: EventFilter, ids: readonly string[]])[] = [
  ['no filter: all, oldest first', {}, ['CLEAN', 'BLOCKED', 'TOKENIZED', 'UNENFORCED', 'MONITORED', 'ELSEWHERE']],
  ['empty lists are no filter', { actions: [], apps: [], entities: [] }, EVENTS.map((event) => event.id)],
  ['an action: what was carried out', { actions: ['block'] }, ['BLOCKED']],
  ['several actions: any of them', { actions: ['block', 'tokenize'] }, ['BLOCKED', 'TOKENIZED']],
  ['observed: what was not carried out', { actions: ['block'], isObserved: true }, ['UNENFORCED', 'MONITORED']],
  ['observed without an action', { isObserved: true }, ['UNENFORCED', 'MONITORED']],
  ['allow: carried out', { actions: ['allow'] }, ['CLEAN', 'MONITORED', 'ELSEWHERE']],
  [
    'since, that moment included',
    { since: new Date(NOON), limit: null },
    ['BLOCKED', 'TOKENIZED', 'UNENFORCED', 'MONITORED', 'ELSEWHERE'],
  ],
  ['until, that moment excluded', { until: new Date(NOON) }, ['CLEAN']],
  ['an app', { apps: ['chat'] }, ['ELSEWHERE']],
  ['a host', { destinations: ['api.openai.com'] }, ['CLEAN', 'BLOCKED', 'TOKENIZED', 'UNENFORCED', 'MONITORED']],
  ['a pattern, in which only * is special', { destinations: ['*.api_x.openai.com'] }, ['ELSEWHERE']],
  ['a pattern that would match were _ special', { destinations: ['eu_api_x*'] }, []],
  ['any of several hosts', { destinations: ['none.example', '*x.openai.com'] }, ['ELSEWHERE']],
  ['an entity of medium score', { entities: ['CREDIT_CARD'] }, ['BLOCKED']],
  ['no entity of low score', { entities: ['PHONE_NUMBER'] }, []],
  ['any of several entities', { entities: ['PERSON', 'CREDIT_CARD'] }, ['BLOCKED', 'TOKENIZED']],
  ['an outcome', { outcomes: ['client_aborted'] }, ['ELSEWHERE']],
  ['a policy of any decision', { policies: ['strict'] }, ['UNENFORCED', 'MONITORED']],
  ['a credential', { credentials: ['AnotherKeysFingerprint'] }, ['ELSEWHERE']],
  ['a kind', { kinds: ['review'] }, []],
  ['the newest two, oldest first', { limit: 2 }, ['MONITORED', 'ELSEWHERE']],
  ['filters together', { actions: ['allow'], apps: ['billing'], since: new Date(NOON) }, ['MONITORED']],
  ['a limit beside a filter', { destinations: ['api.openai.com'], limit: 1 }, ['MONITORED']],
];

async function recorded(t: TestContext): Promise<string> {
  const { home, recorder } = await startRecorder(t);
  // In another order than their times, as long exchanges end after short ones.
  await record(recorder, EVENTS.toReversed());
  return home.path;
}

test('each filter gives what it says', async (t) => {
  const path = await recorded(t);
  for (const [what, filter, ids] of FILTERS) {
    assert.deepEqual(
      eventsIn(path, filter).map((event) => event.id),
      ids,
      what,
    );
  }
});

test('an event is found by its id and by a beginning that no other has', async (t) => {
  const { home, recorder } = await startRecorder(t);
  const ids = ['01KAAAAAAAAAAAAAAAAAAAAAAA', '01KAAAAAAABBBBBBBBBBBBBBBB', '01KZZZZZZZZZZZZZZZZZZZZZZZ'];
  await record(
    recorder,
    ids.map((id) => sampleEvent({ id })),
  );
  const reader = openReader(home.path);
  afterwards(t, () => reader.close());
  const idOf = (text: string) => {
    const found = reader.event(text);
    return found.kind === 'found' ? found.event.id : found;
  };
  assert.equal(idOf(ids[0] ?? ''), ids[0]);
  assert.equal(idOf('01kz'), ids[2]);
  assert.equal(idOf('01KAAAAAAAB'), ids[1]);
  assert.deepEqual(idOf('01KA'), { kind: 'several', ids: ids.slice(0, 2) });
  assert.deepEqual(idOf('02'), { kind: 'none' });
  assert.deepEqual(idOf("' OR 1=1 --"), { kind: 'none' });
});

test('a home without records has none to show, and looking makes nothing', (t) => {
  const path = temporaryFolder(t);
  const reader = openReader(path);
  assert.deepEqual([[...reader.events()], [...reader.edges()]], [[], []]);
  assert.deepEqual(reader.event('01'), { kind: 'none' });
  assert.deepEqual(reader.verify(), { isIntact: true, records: 0, chains: [] });
  reader.close();
  assert.deepEqual(readdirSync(path), []);
});

test('events by ends, by sort, by time and by what they refer to are found through an index', async (t) => {
  const path = await recorded(t);
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(`${path}/weir.db`, { readOnly: true });
  afterwards(t, () => database.close());
  const searches = [
    ['ends = 1 AND (time_ms, position) < (1, 1)', /^SEARCH events USING COVERING INDEX events_ends/],
    ['sort = 1 AND (time_ms, position) < (1, 1)', /^SEARCH events USING COVERING INDEX events_sort/],
    ['(time_ms, position) < (1, 1)', /^SEARCH events USING COVERING INDEX events_time/],
    ["refers_to = 'x'", /^SEARCH events USING INDEX events_refers_to/],
  ] as const;
  for (const [where, plan] of searches) {
    const steps = database
      .prepare(
        `EXPLAIN QUERY PLAN SELECT time_ms, position FROM events WHERE ${where} ORDER BY time_ms DESC, position DESC`,
      )
      .all();
    assert.match(String(steps[0]?.['detail']), plan, where);
    if (where.includes('time_ms')) assert.equal(steps.length, 1, 'it need not be sorted');
  }
});

test('reviews show on what they refer to, in lists too', async (t) => {
  const { home, recorder } = await startRecorder(t);
  await record(recorder, EVENTS);
  review(home, { id: 'BLOCKED', state: 'confirmed', note: null, by: null }, assert.fail);
  const states = eventsIn(home.path, { kinds: ['exchange'] }).map((event) => event.review?.state ?? null);
  assert.deepEqual(states, [null, 'confirmed', null, null, null, null]);
  assert.equal(eventsIn(home.path, { kinds: ['review'] })[0]?.refersTo, 'BLOCKED');
});
