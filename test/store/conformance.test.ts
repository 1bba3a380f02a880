/**
 * The same records in SQLite and in PostgreSQL: recorded in a home, and handed over from there as a node does. Both are asked
 * every question, and answer with the same rows.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { COUNTED_BY } from '../../store/counts.ts';
import type { EdgeFilter } from '../../store/edges.ts';
import type { EventFilter } from '../../store/event-filter.ts';
import { DAY, HOUR, HOUR_MS } from '../../store/spans.ts';
import type { StoreReader } from '../../store/store-reader.ts';
import { missing } from '../support/data-stores.ts';
import { sharedServer } from './arriving.ts';
import {
  APPS,
  BATCHES,
  DAYS,
  ENTITIES,
  numbersFrom,
  oneOf,
  PER_BATCH,
  PRINTS,
  type Random,
  SEED,
  START,
  STATES,
  twoStores,
} from './two-stores.ts';

describe('two stores with the same records', { skip: missing('postgresql'), timeout: 600_000 }, () => {
  const server = sharedServer();
  after(server.stop);

  test('answer every question with the same rows', async (t) => {
    const { sqlite, postgres } = await twoStores(t, await server.get());
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
    const { sqlite, postgres } = await twoStores(t, await server.get());
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
