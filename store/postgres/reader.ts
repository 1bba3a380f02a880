/**
 * Answers what a Reader is asked from a PostgreSQL that many write to. Its connections are read-only: nothing that is asked
 * here can change a record.
 */
import type { KeyObject } from 'node:crypto';
import type { Sql } from 'postgres';
import type { Edge } from '../../flow/edge.ts';
import type { Review, WeirEvent } from '../../flow/event.ts';
import { type StoreAddress, storeText } from '../../flow/store-address.ts';
import { type ChainStanding, chainStandings } from '../chains.ts';
import { type CountedBy, countBy, countEvents, type ValueCount } from '../counts.ts';
import { type DetailLevel, type EdgeFilter, type MapQuery, mapEdges, readEdges } from '../edges.ts';
import type { EventFilter } from '../event-filter.ts';
import { openExcerpt } from '../keyed.ts';
import { entityNames } from '../names.ts';
import { cursorOf, findPlaces, type Place, placeOf } from '../pages.ts';
import type { Question } from '../question.ts';
import type { Found, FoundValue, Page, PageQuery } from '../reader.ts';
import { parseCore, readEvent, readReview, type StoredRecord } from '../record.ts';
import { type Point, readSeries, type SeriesQuery } from '../series.ts';
import { type Sighting, sharedSightings, sightingsIn, sightingsOf } from '../sightings.ts';
import type { StoreReader } from '../store-reader.ts';
import type { VerifyResult } from '../verify.ts';
import { answerFrom, POSTGRES } from './ask.ts';
import { connectStore, inStore } from './connect.ts';
import { arrayText, columnsText, unnest } from './literals.ts';
import { checkSchema } from './schema.ts';
import { verifyStore } from './verify-store.ts';

export interface PostgresReaderOptions {
  /** What the excerpts of a writer are sealed with; null where it is not here. */
  readonly excerptKeyOf: (writer: string) => KeyObject | null;
  /** The chain key of a writer; null where it is not here. */
  readonly keyOf: (writer: string) => KeyObject | null;
  /** Hears of records that cannot be read. */
  readonly onProblem: (message: string) => void;
}

const CONNECTIONS = 3;
/** Events that are read at once. */
const PIECE = 500;
const COLUMNS = 'e.position, e.id, e.kind, e.core, e.personal, e.hash';
const RECORDS = 'records AS r JOIN events AS e ON e.time_ms = r.time_ms AND e.position = r.position';

type Row = Readonly<Record<string, unknown>>;

/** Opens no connection yet. Every answer may throw WeirError `store_away`, `store_denied`, `store_untrusted`, `store_unready`, `store_newer`. */
export function openPostgresReader(address: StoreAddress, options: PostgresReaderOptions): StoreReader {
  return new PostgresReader(address, options);
}

class PostgresReader implements StoreReader {
  #connecting: Promise<Sql> | null = null;
  readonly #address: StoreAddress;
  readonly #options: PostgresReaderOptions;
  #isReady = false;

  constructor(address: StoreAddress, options: PostgresReaderOptions) {
    this.#address = address;
    this.#options = options;
  }

  async *events(filter: EventFilter = {}): AsyncGenerator<WeirEvent> {
    const { limit } = filter;
    if (limit != null) {
      const places = await this.#ask(findPlaces(POSTGRES, filter, { from: null, way: 'older', limit }));
      const oldestFirst = places.toReversed();
      for (let at = 0; at < oldestFirst.length; at += PIECE) {
        yield* await this.#eventsAt(oldestFirst.slice(at, at + PIECE));
      }
      return;
    }
    for (let from: Place | null = null; ; ) {
      const places: readonly Place[] = await this.#ask(
        findPlaces(POSTGRES, filter, { from, way: 'newer', limit: PIECE }),
      );
      yield* await this.#eventsAt(places);
      from = places.at(-1) ?? null;
      if (places.length < PIECE) return;
    }
  }

  async event(idOrPrefix: string): Promise<Found> {
    const columns = `${COLUMNS}, e.excerpt`;
    let rows = await this.#rows(`SELECT ${columns} FROM ${RECORDS} WHERE r.id = $1`, [idOrPrefix]);
    if (rows.length === 0) {
      const prefix = idOrPrefix.toUpperCase();
      const some = `SELECT ${columns} FROM ${RECORDS} WHERE r.id >= $1 AND r.id < $2 ORDER BY r.id LIMIT 6`;
      rows = await this.#rows(some, [prefix, `${prefix}[`]);
    }
    const [row] = rows;
    if (row === undefined) return { kind: 'none' };
    if (rows.length > 1) return { kind: 'several', ids: rows.map((one) => String(one['id'])) };
    const stored = storedIn(row);
    const key = this.#options.excerptKeyOf(parseCore(stored.core).writer);
    const excerpt = stored.excerpt === null ? null : openExcerpt(key, String(row['id']), stored.excerpt);
    const reviews = await this.#reviewsOf([row]);
    return { kind: 'found', event: readEvent(stored, reviewOf(row, stored, reviews), excerpt) };
  }

  edges(filter: EdgeFilter = {}, details: DetailLevel = 'none'): Promise<readonly Edge[]> {
    return this.#ask(readEdges(POSTGRES, filter, details));
  }

  async page({ filter = {}, from = null, limit }: PageQuery): Promise<Page> {
    const place = from === null ? null : placeOf(from.cursor);
    if (from !== null && place === null) throw new RangeError('not a cursor of a page');
    const way = from?.way ?? 'older';
    const found = await this.#ask(findPlaces(POSTGRES, filter, { from: place, way, limit: limit + 1 }));
    const places = found.slice(0, limit);
    const [near, far] = [places.at(0) ?? place, places.at(-1) ?? place];
    const isMore = found.length > limit;
    const [first, last] = way === 'older' ? [near, far] : [far, near];
    return {
      events: await this.#eventsAt(way === 'older' ? places : places.toReversed()),
      older: last !== null && (way === 'newer' || isMore) ? cursorOf(last) : null,
      newer: first === null ? null : cursorOf(first),
    };
  }

  count(filter: EventFilter = {}): Promise<number> {
    return this.#ask(countEvents(POSTGRES, filter));
  }

  countBy(by: CountedBy, filter: EventFilter = {}, limit = 50): Promise<readonly ValueCount[]> {
    return this.#ask(countBy(POSTGRES, filter, by, limit));
  }

  map(query: MapQuery = {}): Promise<readonly Edge[]> {
    return this.#ask(mapEdges(POSTGRES, query));
  }

  series(query: SeriesQuery): Promise<readonly Point[]> {
    return this.#ask(readSeries(POSTGRES, query));
  }

  async byFingerprint(fingerprints: readonly string[], limit = 1000): Promise<FoundValue> {
    if (fingerprints.length === 0) return { events: [], eventCount: 0, edges: [] };
    const filter = { fingerprints };
    const events = await this.#eventsAt(
      await this.#ask(findPlaces(POSTGRES, filter, { from: null, way: 'older', limit })),
    );
    const kept = await this.#ask(sightingsOf(fingerprints));
    const sightings = [...kept, ...(await this.#ask(sightingsIn(POSTGRES, events, fingerprints, kept)))];
    const ids = [...new Set(sightings.map((sighting) => sighting.edge))];
    const read = ids.length === 0 ? [] : await this.edges({ ids });
    const edges = new Map(read.map((edge) => [edge.id, edge]));
    return {
      events,
      eventCount: await this.count(filter),
      edges: sightings.flatMap((sighting) => {
        const edge = edges.get(sighting.edge);
        return edge === undefined ? [] : [{ edge, sighting }];
      }),
    };
  }

  sharedValues(): Promise<readonly Sighting[]> {
    return this.#ask(sharedSightings());
  }

  async about(id: string, limit: number): Promise<readonly WeirEvent[]> {
    const query = `SELECT ${COLUMNS} FROM ${RECORDS} WHERE r.refers_to = $1 ORDER BY r.position LIMIT $2`;
    return await this.#readable(await this.#rows(query, [id, limit]));
  }

  async edgesOf(id: string): Promise<readonly string[]> {
    const rows = await this.#rows(
      `SELECT g.id FROM ${RECORDS} JOIN ends AS f ON f.no = e.ends JOIN edges AS g ON g.no IN (f.edge_out, f.edge_in)
       WHERE r.id = $1 ORDER BY g.no`,
      [id],
    );
    return rows.map((row) => String(row['id']));
  }

  async position(): Promise<number> {
    const [row] = await this.#rows('SELECT coalesce(max(position), 0) AS last FROM records', []);
    return Number(row?.['last'] ?? 0);
  }

  async after(
    position: number,
    limit: number,
  ): Promise<{ readonly events: readonly WeirEvent[]; readonly position: number }> {
    const query = `SELECT ${COLUMNS} FROM ${RECORDS} WHERE r.position > $1 ORDER BY r.position LIMIT $2`;
    const rows = await this.#rows(query, [position, limit]);
    return { events: await this.#readable(rows), position: Number(rows.at(-1)?.['position'] ?? position) };
  }

  entities(): Promise<readonly string[]> {
    return this.#ask(entityNames());
  }

  chains(limit: number): Promise<readonly ChainStanding[]> {
    return this.#ask(chainStandings(POSTGRES, limit));
  }

  async verify(): Promise<VerifyResult> {
    const sql = await this.#ready();
    return await inStore(this.#address, () => verifyStore(sql, this.#options.keyOf));
  }

  async close(): Promise<void> {
    await (await this.#connecting)?.end({ timeout: 5 });
  }

  async #ready(): Promise<Sql> {
    this.#connecting ??= connectStore(this.#address, { max: CONNECTIONS, name: 'weir read', isReadOnly: true });
    const sql = await this.#connecting;
    if (!this.#isReady) await checkSchema(sql, this.#address);
    this.#isReady = true;
    return sql;
  }

  async #ask<T>(question: Question<T>): Promise<T> {
    const sql = await this.#ready();
    return await inStore(this.#address, () => answerFrom(sql, question));
  }

  async #rows(query: string, parameters: readonly (string | number)[]): Promise<readonly Row[]> {
    const sql = await this.#ready();
    return await inStore(this.#address, async () => await sql.unsafe(query, [...parameters], { prepare: true }));
  }

  /** In the order of the places. */
  async #eventsAt(places: readonly Place[]): Promise<readonly WeirEvent[]> {
    if (places.length === 0) return [];
    const rows = await this.#rows(
      `SELECT ${COLUMNS} FROM ${unnest(['bigint', 'bigint'])} WITH ORDINALITY AS u (time_ms, position, i)
       JOIN events AS e ON e.time_ms = u.time_ms AND e.position = u.position ORDER BY u.i`,
      columnsText(
        places.map(({ timeMs, position }) => [timeMs, position]),
        2,
      ),
    );
    return await this.#readable(rows);
  }

  /** One damaged record does not hide the others: it is named, and `log verify` says what is wrong with it. */
  async #readable(rows: readonly Row[]): Promise<readonly WeirEvent[]> {
    const reviews = await this.#reviewsOf(rows);
    return rows.flatMap((row) => {
      const stored = storedIn(row);
      try {
        return [readEvent(stored, reviewOf(row, stored, reviews), null)];
      } catch {
        const where = storeText(this.#address);
        this.#options.onProblem(`record ${row['id']} in ${where} is damaged: run weir log verify`);
        return [];
      }
    });
  }

  /** The latest review of each. */
  async #reviewsOf(rows: readonly Row[]): Promise<ReadonlyMap<string, StoredRecord>> {
    const ids = rows.filter((row) => row['kind'] !== 'review').map((row) => String(row['id']));
    if (ids.length === 0) return new Map();
    const found = await this.#rows(
      `SELECT r.refers_to, ${COLUMNS} FROM (
         SELECT DISTINCT ON (refers_to) * FROM records
         WHERE refers_to = ANY($1::text[]) AND review IS NOT NULL ORDER BY refers_to, position DESC
       ) AS r JOIN events AS e ON e.time_ms = r.time_ms AND e.position = r.position`,
      [arrayText(ids)],
    );
    return new Map(found.map((row) => [String(row['refers_to']), storedIn(row)]));
  }
}

function reviewOf(row: Row, stored: StoredRecord, reviews: ReadonlyMap<string, StoredRecord>): Review | null {
  if (row['kind'] === 'review') return readReview(stored);
  const review = reviews.get(String(row['id']));
  return review === undefined ? null : readReview(review);
}

/** The parts of a record out of a row of `events`. */
export function storedIn(row: Row): StoredRecord {
  const { core, personal, excerpt, hash } = row;
  return {
    core: String(core),
    personal: typeof personal === 'string' ? personal : null,
    excerpt: excerpt instanceof Uint8Array ? Buffer.from(excerpt).toString('utf8') : null,
    hash: String(hash ?? ''),
  };
}
