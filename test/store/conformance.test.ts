/**
 * The same records in SQLite and in PostgreSQL: recorded in a home, and handed over from there as a node does. Both are asked
 * every question, and answer with the same rows.
 */
import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import { after, describe, type TestContext, test } from 'node:test';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody, ReviewState } from '../../flow/event.ts';
import type { Arrival } from '../../store/arrival.ts';
import { COUNTED_BY } from '../../store/counts.ts';
import type { EdgeFilter } from '../../store/edges.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { openHome } from '../../store/home.ts';
import type { Entry } from '../../store/keeper.ts';
import { Ledger } from '../../store/ledger.ts';
import { openArrivals } from '../../store/postgres/arrivals.ts';
import { openPostgresReader } from '../../store/postgres/reader.ts';
import { openReader } from '../../store/reader.ts';
import { parseCore, storedParts } from '../../store/record.ts';
import { openDatabase } from '../../store/schema.ts';
import { DAY, HOUR, HOUR_MS } from '../../store/spans.ts';
import { homeStore, type StoreReader } from '../../store/store-reader.ts';
import { newUlid } from '../../store/ulid.ts';
import { missing } from '../support/data-stores.ts';
import { batchOf, newDatabase, sharedServer } from './arriving.ts';
import { afterwards, FINDING, observationOf, SOURCE, sampleEvent, temporaryFolder } from './samples.ts';

const SEED = 20260;
const DAYS = 12;
const START = Date.UTC(2026, 4, 3, 7, 31);
const BATCHES = 12;
const PER_BATCH = 60;

/** mulberry32: the same numbers at every run. */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = ReturnType<typeof numbersFrom>;

function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

const APPS = ['billing', 'support', null, 'Ünï "app" \\ {x}'];
const HOSTS = ['a.example', 'B.example', 'h_1.example', 'ä.example', null];
const ENTITIES = ['CREDIT_CARD', 'US_SSN', 'EMAIL_ADDRESS', 'EIGENES Ä'];
const PRINTS = Array.from({ length: 9 }, (_, i) => `fp${'A'.repeat(19)}${i}`);
const USERS = ['ann', 'ben', null];
const STATES: readonly ReviewState[] = ['open', 'confirmed', 'false_positive'];

function randomEvent(random: Random): EventBody {
  const action = oneOf(random, ['allow', 'allow', 'alert', 'redact', 'tokenize', 'block'] as const);
  const policy = oneOf(random, [null, 'one', 'two']);
  const host = oneOf(random, HOSTS);
  const findings = Array.from({ length: Math.floor(random() * 4) }, () => ({
    ...FINDING,
    entity: oneOf(random, ENTITIES),
    direction: oneOf(random, ['request', 'response'] as const),
    path: `/messages/${Math.floor(random() * 90)}/content`,
    count: 1 + Math.floor(random() * 3),
    maxScore: oneOf(random, [0.3, 0.5, 0.85, 1]),
    fingerprints: [oneOf(random, PRINTS)],
  }));
  return sampleEvent({
    time: new Date(START + Math.floor(random() * DAYS * 24) * HOUR_MS + Math.floor(random() * 9)).toISOString(),
    action,
    policy,
    rule: policy === null ? null : oneOf(random, ['r', 's']),
    severity: oneOf(random, [null, 'low', 'high']),
    enforced: random() < 0.7,
    channel: oneOf(random, ['proxy', 'sensor']),
    model: oneOf(random, ['gpt-4o', 'claude', null]),
    source: {
      ...SOURCE,
      app: oneOf(random, APPS),
      user: oneOf(random, USERS),
      credential: oneOf(random, ['c1', 'c2', null]),
      container: oneOf(random, [null, 'web-1']),
    },
    destination: {
      host,
      port: host === null ? null : oneOf(random, [443, 8443]),
      vendor: oneOf(random, ['A', 'B', null]),
      category: oneOf(random, ['genai', 'saas']),
      country: null,
    },
    coverage: oneOf(random, [
      { level: 'full', reason: null } as const,
      { level: 'truncated', reason: 'limit' } as const,
      { level: 'opaque', reason: 'media' } as const,
    ]),
    findings,
    bytes: { out: Math.floor(random() * 5000), in: Math.floor(random() * 5000) },
  });
}

function observationsOf(event: EventBody): readonly EdgeObservation[] {
  const { channel } = event;
  return (['out', 'in'] as const).map((direction) => {
    const side = direction === 'out' ? 'request' : 'response';
    const entities: Record<string, number> = {};
    for (const { entity, direction: of, count, maxScore } of event.findings) {
      if (of === side && maxScore >= 0.5) entities[entity] = (entities[entity] ?? 0) + count;
    }
    return observationOf(event, { direction, channel, entities, calls: direction === 'out' ? 1 : 0 });
  });
}

function entryOf(event: EventBody): Entry {
  return { event, edges: observationsOf(event), excerpt: `text:of ${event.id} \0`, review: null };
}

function reviewEntry(event: EventBody, state: ReviewState): Entry {
  const { id: refersTo, channel, destination } = event;
  const own = sampleEvent({
    kind: 'review',
    refersTo,
    channel,
    destination,
    reason: state,
    outcome: null,
    decisions: [],
  });
  return { event: own, edges: [], excerpt: null, review: { by: 'ann', note: 'seen' } };
}

describe('two stores with the same records', { skip: missing('postgresql'), timeout: 600_000 }, () => {
  const server = sharedServer();
  after(server.stop);

  async function both(t: TestContext): Promise<{ readonly sqlite: StoreReader; readonly postgres: StoreReader }> {
    const random = numbersFrom(SEED);
    const home = openHome(temporaryFolder(t));
    const database = openDatabase(home.databaseFile);
    const ledger = new Ledger(database, home, home.keys.chain, (message) => assert.fail(message));
    const { address } = await newDatabase(await server.get());
    const keyOf = () => home.keys.chain;
    const store = await openArrivals(address, { keyOf });
    const events: EventBody[] = [];
    for (let batch = 0; batch < BATCHES; batch++) {
      const made = Array.from({ length: PER_BATCH }, () => randomEvent(random));
      const entries = made.map(entryOf);
      for (let i = 0; i < 4 && events.length > 0; i++) {
        entries.push(reviewEntry(oneOf(random, [...events, ...made]), oneOf(random, STATES)));
      }
      events.push(...made);
      const observations = made.slice(0, 5).map((event) => observationOf(event, { entities: { US_SSN: 2 }, calls: 3 }));
      const added = ledger.append(entries, { observations });
      const records = arrivalsOf(database, added.length, entries);
      const observed = [{ id: newUlid(), writer: records[0]?.writer ?? '', observations }];
      const head = database.prepare('SELECT writer, seq, hash, mac FROM writers').get();
      const heads = [head as unknown as { writer: string; seq: number; hash: string; mac: string }];
      const report = await store.arrive(batchOf(records, { observed, heads }));
      assert.deepEqual(report, { added: added.length, duplicates: 0, faults: [] });
    }
    await store.close();
    database.close();
    const excerptKeyOf = () => home.keys.excerpt;
    const options = { excerptKeyOf, keyOf, onProblem: (message: string) => assert.fail(message) };
    const stores = { sqlite: homeStore(openReader(home)), postgres: openPostgresReader(address, options) };
    afterwards(t, () => Promise.all([stores.sqlite.close(), stores.postgres.close()]));
    return stores;
  }

  /** The last so many records as they lie in SQLite. */
  function arrivalsOf(database: DatabaseSync, count: number, entries: readonly Entry[]): readonly Arrival[] {
    const edges = new Map(entries.map(({ event, edges: of }) => [event.id, of]));
    const rows = database.prepare('SELECT * FROM events ORDER BY position DESC LIMIT ?').all(count).reverse();
    return rows.map((row) => {
      const stored = storedParts(row);
      const { id, writer, seq, prevHash } = parseCore(stored.core);
      return { ...stored, id, writer, seq, prevHash, edges: edges.get(id) ?? [] };
    });
  }

  test('answer every question with the same rows', async (t) => {
    const { sqlite, postgres } = await both(t);
    const same = async <T>(what: string, ask: (store: StoreReader) => Promise<T>): Promise<T> => {
      const [expected, found] = [await ask(sqlite), await ask(postgres)];
      assert.deepEqual(found, expected, what);
      return found;
    };
    const all = await same('events', (store) => listed(store.events()));
    assert.equal(all.length, BATCHES * PER_BATCH + (BATCHES - 1) * 4);
    await same('verify', (store) => store.verify());
    await same('chains', (store) => store.chains(10));
    await same('entities', (store) => store.entities());
    await same('position', (store) => store.position());
    await same('shared values', (store) => store.sharedValues());
    for (const details of ['none', 'summary', 'whole'] as const) {
      await same(`edges, ${details}`, (store) => store.edges({}, details));
    }
    for (const id of all.filter((_, i) => i % 97 === 0).map((event) => event.id)) {
      await same('one event', (store) => store.event(id));
      await same('by a beginning', (store) => store.event(id.slice(0, 25).toLowerCase()));
      await same('about', (store) => store.about(id, 10));
      await same('its edges', (store) => store.edgesOf(id));
    }
    await same('no event', (store) => store.event('ZZZZ'));
    await same('several', (store) => store.event(all[0]?.id.slice(0, 3) ?? ''));
    await same('by value', (store) => store.byFingerprint([...PRINTS.slice(0, 2), 'none']));
    await same('by value, few', (store) => store.byFingerprint(PRINTS, 20));
    for (let position = 0, n = 0; n < 3; n++) {
      const next = await same('after', (store) => store.after(position, 150));
      position = next.position;
    }
  });

  test('answer random filters with the same rows', async (t) => {
    const { sqlite, postgres } = await both(t);
    const random = numbersFrom(SEED + 1);
    const edges = (await sqlite.edges()).map(({ id }) => id);
    for (let n = 0; n < 60; n++) {
      const filter = randomFilter(random, edges);
      const what = JSON.stringify(filter);
      const ask = async <T>(question: (store: StoreReader) => Promise<T>): Promise<void> => {
        assert.deepEqual(await question(postgres), await question(sqlite), what);
      };
      await ask((store) => store.count(filter));
      await ask((store) => pages(store, filter));
      if (n % 4 === 0) await ask((store) => listed(store.events({ ...filter, limit: 31 })));
      if (n % 6 === 0) await ask((store) => listed(store.events(filter)));
      const by = COUNTED_BY[n % COUNTED_BY.length] ?? 'app';
      await ask((store) => store.countBy(by, filter, 7));
      const flow = randomEdgeFilter(random);
      const [since, until] = [moment(random), moment(random)];
      const details = oneOf(random, ['none', 'whole'] as const);
      const limit = oneOf(random, [null, 5]);
      await ask((store) => store.map({ ...flow, since, until, details }));
      await ask((store) => store.edges({ ...flow, since, limit }));
      const { entities: _, ...rest } = flow;
      const span = oneOf(random, [HOUR, DAY]);
      await ask((store) =>
        store.series({ ...rest, since: new Date(START), until: new Date(START + 90 * HOUR_MS), span }),
      );
    }
  });
});

async function listed<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Three pages back and one forth. */
async function pages(store: StoreReader, filter: EventFilter) {
  const read = [await store.page({ filter, limit: 17 })];
  for (let i = 0; i < 2; i++) {
    const cursor = read.at(-1)?.older ?? null;
    if (cursor !== null) read.push(await store.page({ filter, from: { cursor, way: 'older' }, limit: 17 }));
  }
  const cursor = read.at(-1)?.newer ?? null;
  if (cursor !== null) read.push(await store.page({ filter, from: { cursor, way: 'newer' }, limit: 5 }));
  return read;
}

function moment(random: Random): Date | null {
  return random() < 0.5 ? null : new Date(START + Math.floor(random() * DAYS * 24 * HOUR_MS));
}

function randomFilter(random: Random, edges: readonly string[]): EventFilter {
  const some = <T>(list: readonly T[]): readonly T[] => list.filter(() => random() < 0.4);
  const hosts = ['*.example', 'a.*', 'b.EXAMPLE', 'h_*', 'h%', 'Ä.example', 'ä*'];
  const all: EventFilter = {
    actions: some(['allow', 'alert', 'redact', 'tokenize', 'block']),
    isObserved: random() < 0.5,
    since: moment(random),
    until: moment(random),
    apps: some(APPS.filter((app) => app !== null)),
    destinations: some(hosts),
    vendors: some(['A', 'B']),
    categories: some(['genai', 'saas']),
    entities: some(ENTITIES),
    outcomes: some(['completed', 'blocked']),
    severities: some(['low', 'high']),
    policies: some(['one', 'two']),
    rules: some(['one/r', 'two/s']),
    kinds: some(['exchange', 'review']),
    channels: some(['proxy', 'sensor']),
    reviews: some(['none', ...STATES]),
    edges: some(edges).slice(0, 9),
    users: some(['ann', 'ben']),
    containers: some(['web-1']),
    sourceHosts: some(['build-7', 'other']),
    fingerprints: some(PRINTS),
    credentials: some(['c1', 'c2']),
  };
  const kept = Object.entries(all).filter(() => random() < 0.13);
  return Object.fromEntries(kept);
}

function randomEdgeFilter(random: Random): EdgeFilter {
  const some = <T>(list: readonly T[]): readonly T[] => list.filter(() => random() < 0.5);
  const all: EdgeFilter = {
    apps: some(APPS.filter((app) => app !== null)),
    users: some(['ann', 'ben']),
    destinations: some(['*.example', 'A.example', 'h_*']),
    vendors: some(['A', 'B']),
    channels: some(['proxy', 'sensor']),
    directions: some(['out', 'in']),
    entities: some(ENTITIES),
    newSince: moment(random),
  };
  const kept = Object.entries(all).filter(() => random() < 0.3);
  return Object.fromEntries(kept);
}
