/**
 * Fills a shared store of any size in minutes: the first records come as nodes hand them over, in their chains, and are then
 * multiplied inside the database, each at other moments of the same day, with the counts made anew from the events. What is
 * made so has no chain of its own, so that it serves for questions, and not for the rate of arrival nor for `log verify`.
 */
import { createSecretKey } from 'node:crypto';
import postgres from 'postgres';
import type { EventBody } from '../flow/event.ts';
import type { StoreAddress } from '../flow/store-address.ts';
import type { Arrival } from '../store/arrival.ts';
import { GENESIS } from '../store/keyed.ts';
import { openArrivals } from '../store/postgres/arrivals.ts';
import { makeRecord } from '../store/record.ts';
import { everyone } from '../store/rollups.ts';
import { SPANS } from '../store/spans.ts';
import { newUlid } from '../store/ulid.ts';
import { FINDING, observationOf, SOURCE, sampleEvent } from '../test/store/samples.ts';

export const KEY = createSecretKey(Buffer.alloc(32, 1));
export const FILLED_DAYS = 60;
const BATCH = 1000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const ENTITIES = ['CREDIT_CARD', 'EMAIL_ADDRESS', 'PERSON', 'US_SSN', 'IBAN_CODE'];
const VALUES = 5000;

/** The edge's host and app; calls of some edges are far more than those of others, as they are. */
function eventAt(i: number, count: number, edges: number, end: number): EventBody {
  const edge = i < edges ? i : Math.floor(((i * 7919) % 10_007) ** 2 % edges);
  // Any order of edges within the days.
  const share = ((i * 104_729) % count) / count;
  const time = new Date(end - DAY_MS - Math.floor(share * (FILLED_DAYS - 1) * DAY_MS)).toISOString();
  const entity = ENTITIES[i % ENTITIES.length] ?? '';
  const print = `fp${String((i * 31) % VALUES).padStart(20, '0')}`;
  return sampleEvent({
    time,
    action: i % 50 === 0 ? 'block' : i % 9 === 0 ? 'alert' : 'allow',
    policy: i % 9 === 0 ? 'default' : null,
    rule: i % 9 === 0 ? `rule-${i % 5}` : null,
    source: { ...SOURCE, app: `app-${Math.floor(edge / 200)}`, host: `node-${edge % 40}` },
    destination: { host: `h${edge % 200}.example`, port: 443, vendor: null, category: 'genai', country: null },
    findings: i % 3 === 0 ? [{ ...FINDING, entity, count: 1, fingerprints: [print] }] : [],
  });
}

export interface Filled {
  readonly events: number;
  /** Came as nodes hand them over. */
  readonly arrived: number;
  /** Of those, on a machine that does nothing else. */
  readonly arrivedPerSecond: number;
  readonly bytes: number;
}

/** So many events over so many edges and 60 days, up to `end`. */
export async function fillStore(
  address: StoreAddress,
  url: string,
  { events, edges, end }: { readonly events: number; readonly edges: number; readonly end: number },
  say: (line: string) => void,
): Promise<Filled> {
  const arrived = Math.min(events, Math.max(10_000, edges));
  const seconds = await arrive(address, arrived, edges, end);
  say(`${arrived} events came as nodes hand them over`);
  const sql = postgres(url, { max: 1, connection: { search_path: 'weir' }, onnotice: () => {} });
  try {
    const copies = Math.floor(events / arrived) - 1;
    if (copies > 0) await multiply((text) => sql.unsafe(text), copies, say);
    const [row] = await sql.unsafe(
      `SELECT (SELECT count(*) FROM events) AS events, pg_database_size(current_database()) AS bytes`,
    );
    return {
      events: Number(row?.['events']),
      arrived,
      arrivedPerSecond: arrived / seconds,
      bytes: Number(row?.['bytes']),
    };
  } finally {
    await sql.end();
  }
}

/** In how many seconds. */
async function arrive(address: StoreAddress, count: number, edges: number, end: number): Promise<number> {
  const store = await openArrivals(address, { keyOf: () => KEY });
  try {
    const writer = newUlid();
    let [seq, prevHash, took] = [0, GENESIS, 0];
    for (let from = 0; from < count; from += BATCH) {
      const records: Arrival[] = [];
      for (let i = from; i < Math.min(from + BATCH, count); i++) {
        const event = eventAt(i, count, edges, end);
        const link = { writer, seq: ++seq, prevHash };
        const { columns: _, ...record } = makeRecord({ event, excerpt: null, review: null }, link, KEY);
        prevHash = record.hash;
        records.push({ ...record, ...link, id: event.id, edges: [observationOf(event)] });
      }
      const start = performance.now();
      await store.arrive({ records, observed: [], heads: [] });
      took += performance.now() - start;
    }
    return took / 1000;
  } finally {
    await store.close();
  }
}

/** In ms: no two copies of one event fall on the same moment of the day. */
const PRIME = '2000003::bigint';
const COLUMNS =
  'kind, carried, observed, outcome, app, host, port, policy, refers_to, credential, core, personal, excerpt, hash, ends, sort';

type Run = (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

async function multiply(run: Run, copies: number, say: (line: string) => void): Promise<void> {
  await run("SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'");
  const id = "'01' || lpad(m.position::text, 24, '0')";
  const days = await run('SELECT day FROM days ORDER BY day');
  for (const [i, row] of days.entries()) {
    const from = Number(row['day']) * DAY_MS;
    await run(`
      CREATE TEMP TABLE base AS SELECT * FROM events WHERE time_ms >= ${from} AND time_ms < ${from + DAY_MS};
      CREATE TEMP TABLE made AS
        SELECT of_ms, of_position, time_ms, (SELECT position FROM state) + row_number() OVER () AS position FROM (
          SELECT time_ms AS of_ms, position AS of_position, ${from} + (time_ms - ${from} + k * ${PRIME}) % ${DAY_MS} AS time_ms
          FROM base, generate_series(1, ${copies}) AS k ORDER BY 3, 2
        ) AS moments;
      ANALYZE base, made`);
    await run(`
      INSERT INTO events (time_ms, position, id, writer, seq, ${COLUMNS})
        SELECT m.time_ms, m.position, ${id}, b.writer, m.position, ${COLUMNS}
        FROM made AS m JOIN base AS b ON b.position = m.of_position;
      INSERT INTO records (writer, seq, id, position, time_ms, hash, prev_hash)
        SELECT b.writer, m.position, ${id}, m.position, m.time_ms, b.hash, b.hash
        FROM made AS m JOIN base AS b ON b.position = m.of_position;
      INSERT INTO event_fingerprints SELECT f.fingerprint, m.time_ms, m.position
        FROM made AS m JOIN event_fingerprints AS f ON f.time_ms = m.of_ms AND f.event = m.of_position;
      UPDATE state SET position = greatest(position, (SELECT max(m.position) FROM made AS m));
      DROP TABLE base, made`);
    if (i % 10 === 9) say(`multiplied: ${i + 1} of ${days.length} days`);
  }
  await run('UPDATE writers SET last_seq = (SELECT position FROM state)');
  await countAnew(run, copies + 1);
  say('counted anew');
  await run('VACUUM ANALYZE');
}

async function countAnew(run: Run, times: number): Promise<void> {
  const spans = [...SPANS];
  const bucket = `(hour / span)`;
  await run(`
    CREATE TEMP TABLE hours AS SELECT time_ms / ${HOUR_MS} AS hour, ends, sort, count(*) AS events FROM events GROUP BY 1, 2, 3;
    CREATE TEMP TABLE spans AS SELECT unnest(ARRAY[${spans.join()}]) AS span;
    TRUNCATE event_counts, edge_counts, entity_counts;
    INSERT INTO event_counts
      SELECT 0, 0, coalesce(ends, 0), coalesce(sort, 0), sum(events) FROM hours
      GROUP BY GROUPING SETS ((ends, sort), (ends), (sort), ());
    ANALYZE hours`);
  for (const span of spans) {
    await run(`
      INSERT INTO event_counts
      SELECT ${span}, hour / ${span}, coalesce(ends, 0), coalesce(sort, 0), sum(events) FROM hours
      GROUP BY GROUPING SETS ((hour / ${span}, ends, sort), (hour / ${span}, ends), (hour / ${span}, sort), (hour / ${span}))`);
  }
  const everybody = everyone('proxy', 'out');
  const counted = (edge: string) => `
    SELECT span, ${bucket}, ${edge}, sum(events), sum(events) * 1200, sum(events) * 800,
      coalesce(sum(events) FILTER (WHERE s.carried = 'alert'), 0), 0, 0, coalesce(sum(events) FILTER (WHERE s.carried = 'block'), 0)
    FROM hours JOIN ends AS f ON f.no = ends JOIN sorts AS s ON s.no = sort, spans GROUP BY 1, 2, 3`;
  const entities = (edge: string) => `
    SELECT span, ${bucket}, ${edge}, n.no, sum(events)
    FROM hours JOIN ends AS f ON f.no = ends JOIN sorts AS s ON s.no = sort
      JOIN entities AS n ON n.entity = btrim(s.entities, E'\\n'), spans GROUP BY 1, 2, 3, 4`;
  for (const edge of ['f.edge_out', `${everybody}`]) {
    await run(`INSERT INTO edge_counts ${counted(edge)}`);
    await run(`INSERT INTO entity_counts ${entities(edge)}`);
  }
  await run(`
    UPDATE edges SET calls = calls * ${times}, bytes_out = bytes_out * ${times}, bytes_in = bytes_in * ${times},
      alert = alert * ${times}, block = block * ${times};
    UPDATE edge_witnesses SET calls = calls * ${times};
    UPDATE edge_entities SET count = count * ${times}`);
}
