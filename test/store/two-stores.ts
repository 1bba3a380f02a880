/** The same records in SQLite and in PostgreSQL, made at random from a seed: for tests that hold both to the same rows. */
import assert from 'node:assert/strict';
import type { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody, ReviewState } from '../../flow/event.ts';
import type { StoreAddress } from '../../flow/store-address.ts';
import type { Arrival } from '../../store/arrival.ts';
import { type Home, openHome } from '../../store/home.ts';
import type { Entry } from '../../store/keeper.ts';
import { Ledger } from '../../store/ledger.ts';
import { openArrivals } from '../../store/postgres/arrivals.ts';
import { openPostgresReader } from '../../store/postgres/reader.ts';
import { openReader } from '../../store/reader.ts';
import { parseCore, storedParts } from '../../store/record.ts';
import { openDatabase } from '../../store/schema.ts';
import { HOUR_MS } from '../../store/spans.ts';
import { homeStore, type StoreReader } from '../../store/store-reader.ts';
import { newUlid } from '../../store/ulid.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { batchOf, newDatabase } from './arriving.ts';
import { afterwards, FINDING, observationOf, SOURCE, sampleEvent, temporaryFolder } from './samples.ts';

export const SEED = 20260;
export const DAYS = 12;
export const START = Date.UTC(2026, 4, 3, 7, 31);
export const BATCHES = 12;
export const PER_BATCH = 60;

/** mulberry32: the same numbers at every run. */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export type Random = ReturnType<typeof numbersFrom>;

export function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

export const APPS = ['billing', 'support', null, 'Ünï "app" \\ {x}'];
const HOSTS = ['a.example', 'B.example', 'h_1.example', 'ä.example', null];
export const ENTITIES = ['CREDIT_CARD', 'US_SSN', 'EMAIL_ADDRESS', 'EIGENES Ä'];
export const PRINTS = Array.from({ length: 9 }, (_, i) => `fp${'A'.repeat(19)}${i}`);
const USERS = ['ann', 'ben', null];
export const STATES: readonly ReviewState[] = ['open', 'confirmed', 'false_positive'];

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

export interface TwoStores {
  readonly home: Home;
  readonly sqlite: StoreReader;
  readonly postgres: StoreReader;
  readonly address: StoreAddress;
  readonly url: string;
}

/** 720 exchanges of twelve days and some reviews, in a home, and handed over from there into a database of its own. */
export async function twoStores(t: TestContext, server: PostgresServer): Promise<TwoStores> {
  const random = numbersFrom(SEED);
  const home = openHome(temporaryFolder(t));
  const database = openDatabase(home.databaseFile);
  const ledger = new Ledger(database, home, home.keys.chain, (message) => assert.fail(message));
  const { address, url } = await newDatabase(server);
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
  return { ...stores, home, address, url };
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
