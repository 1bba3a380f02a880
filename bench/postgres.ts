/**
 * How long a shared store takes to take records in, and to answer: a real PostgreSQL in a temporary folder, filled with
 * events over many edges and 60 days as nodes hand them over.
 */
import { createSecretKey } from 'node:crypto';
import type { EventBody } from '../flow/event.ts';
import { storeAddress } from '../flow/store-address.ts';
import type { Arrival } from '../store/arrival.ts';
import { GENESIS } from '../store/keyed.ts';
import { openArrivals } from '../store/postgres/arrivals.ts';
import { openPostgresReader } from '../store/postgres/reader.ts';
import { makeRecord } from '../store/record.ts';
import { newUlid } from '../store/ulid.ts';
import { observationOf, SOURCE, sampleEvent } from '../test/store/samples.ts';
import { startPostgres } from '../test/support/postgres-server.ts';

const BATCH = 1000;
const DAYS = 60;
const DAY_MS = 86_400_000;
const ROUNDS = 9;

function eventAt(i: number, events: number, edges: number, end: number): EventBody {
  const edge = (i * 7919) % edges;
  const time = new Date(end - Math.floor(((events - i) / events) * DAYS * DAY_MS)).toISOString();
  const host = `h${edge % 200}.example`;
  return sampleEvent({
    time,
    action: i % 50 === 0 ? 'block' : i % 9 === 0 ? 'alert' : 'allow',
    policy: i % 9 === 0 ? 'default' : null,
    rule: i % 9 === 0 ? `rule-${i % 5}` : null,
    source: { ...SOURCE, app: `app-${Math.floor(edge / 200)}` },
    destination: { host, port: 443, vendor: null, category: 'genai', country: null },
  });
}

/** Milliseconds in the middle of some tries. */
async function median(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
}

/** Says what it finds, line by line. */
export async function measurePostgres(events: number, edges: number, say: (line: string) => void): Promise<void> {
  const server = await startPostgres({ settings: { shared_buffers: '256MB', max_wal_size: '2GB' } });
  const key = createSecretKey(Buffer.alloc(32, 1));
  const address = storeAddress(server.url());
  const store = await openArrivals(address, { keyOf: () => key });
  const reader = openPostgresReader(address, { excerptKeyOf: () => null, keyOf: () => key, onProblem: console.error });
  try {
    const [writer, end] = [newUlid(), Date.now()];
    let [seq, prevHash, arriving] = [0, GENESIS, 0];
    for (let from = 0; from < events; from += BATCH) {
      const records: Arrival[] = [];
      for (let i = from; i < Math.min(from + BATCH, events); i++) {
        const event = eventAt(i, events, edges, end);
        const link = { writer, seq: ++seq, prevHash };
        const { columns: _, ...record } = makeRecord({ event, excerpt: null, review: null }, link, key);
        prevHash = record.hash;
        records.push({ ...record, ...link, id: event.id, edges: [observationOf(event)] });
      }
      const start = performance.now();
      await store.arrive({ records, observed: [], heads: [] });
      arriving += performance.now() - start;
    }
    const since = new Date(end - 7 * DAY_MS);
    const questions: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['map of all time', () => reader.map({ details: 'summary' })],
      ['map of seven days', () => reader.map({ since, details: 'summary' })],
      ['list, the newest', () => reader.page({ limit: 50 })],
      ['list, one action', () => reader.page({ filter: { actions: ['block'] }, limit: 50 })],
      ['list, one app and action', () => reader.page({ filter: { apps: ['app-1'], actions: ['block'] }, limit: 50 })],
      ['list, of an hour long ago', () => reader.page({ filter: { until: new Date(end - 50 * DAY_MS) }, limit: 50 })],
      ['list, nothing matches', () => reader.page({ filter: { apps: ['none'] }, limit: 50 })],
      ['count, two filters', () => reader.count({ apps: ['app-1'], since })],
    ];
    say(`${events} events over ${edges} edges: ${Math.round((events / arriving) * 1000)} events a second taken in`);
    for (const [what, ask] of questions) say(`${what}: ${await median(ask)} ms`);
  } finally {
    await reader.close();
    await store.close();
    await server.stop();
  }
}
