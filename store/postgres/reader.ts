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
import { StorePool } from './connect.ts';
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

type Row = Readonly<Record<string, unknown>>;

/** Opens no connection yet. Every answer may throw WeirError `store_away`, `store_denied`, `store_untrusted`, `store_unready`, `store_newer`. */
export function openPostgresReader(address: StoreAddress, options: PostgresReaderOptions): StoreReader {
  return new PostgresReader(address, options);
}

class PostgresReader implements StoreReader {
  readonly #pool: StorePool;
  readonly #address: StoreAddress;
  readonly #options: PostgresReaderOptions;
  #isReady = false;

  constructor(address: StoreAddress, options: PostgresReaderOptions) {
    this.#address = address;
    this.#pool = new StorePool(address, { max: CONNECTIONS, name: 'weir read', isReadOnly: true });
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
    let found = await this.#rows('SELECT id, time_ms, position FROM records WHERE id = $1', [idOrPrefix]);
    if (found.length === 0) {
      const prefix = idOrPrefix.toUpperCase();
      const some = 'SELECT id, time_ms, position FROM records WHERE id >= $1 AND id < $2 ORDER BY id LIMIT 6';
      found = await this.#rows(some, [prefix, `${prefix}[`]);
    }
    if (found.length > 1) return { kind: 'several', ids: found.map((one) => String(one['id'])) };
    const [row] = await this.#rowsAt(found.map(placeIn), `${COLUMNS}, e.excerpt`);
    if (row === undefined) return { kind: 'none' };
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
    const query = 'SELECT time_ms, position FROM records WHERE refers_to = $1 ORDER BY position LIMIT $2';
    return await this.#eventsAt((await this.#rows(query, [id, limit])).map(placeIn));
  }

  async edgesOf(id: string): Promise<readonly string[]> {
    const found = await this.#rows('SELECT time_ms, position FROM records WHERE id = $1', [id]);
    const [event] = await this.#rowsAt(found.map(placeIn), 'e.ends');
    if (event === undefined) return [];
    const rows = await this.#rows(
      'SELECT g.id FROM ends AS f JOIN edges AS g ON g.no IN (f.edge_out, f.edge_in) WHERE f.no = $1 ORDER BY g.no',
      [Number(event['ends'])],
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
    const query = 'SELECT time_ms, position FROM records WHERE position > $1 ORDER BY position LIMIT $2';
    const places = (await this.#rows(query, [position, limit])).map(placeIn);
    return { events: await this.#eventsAt(places), position: places.at(-1)?.position ?? position };
  }

  entities(): Promise<readonly string[]> {
    return this.#ask(entityNames());
  }

  chains(limit: number): Promise<readonly ChainStanding[]> {
    return this.#ask(chainStandings(POSTGRES, limit));
  }

  async verify(): Promise<VerifyResult> {
    return await this.#run((sql) => verifyStore(sql, this.#options.keyOf));
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#pool.run(async (sql) => {
      if (!this.#isReady) await checkSchema(sql, this.#address);
      this.#isReady = true;
      return await work(sql);
    });
  }

  #ask<T>(question: Question<T>): Promise<T> {
    return this.#run((sql) => answerFrom(sql, question));
  }

  #rows(query: string, parameters: readonly (string | number)[]): Promise<readonly Row[]> {
    return this.#run(async (sql) => await sql.unsafe(query, [...parameters], { prepare: true }));
  }

  /**
   * In the order of the places. Planned with their times at hand, so that of the tables by day those alone are opened that the
   * places lie in.
   */
  async #rowsAt(places: readonly Place[], columns: string): Promise<readonly Row[]> {
    if (places.length === 0) return [];
    const [times = '', positions = ''] = columnsText(
      places.map(({ timeMs, position }) => [timeMs, position]),
      2,
    );
    return await this.#run(
      async (sql) =>
        await sql.unsafe(
          `SELECT ${columns} FROM ${unnest(['bigint', 'bigint'])} WITH ORDINALITY AS u (time_ms, position, i)
           JOIN events AS e ON e.time_ms = u.time_ms AND e.position = u.position
           WHERE e.time_ms = ANY($1::bigint[]) ORDER BY u.i`,
          [times, positions],
        ),
    );
  }

  /** In the order of the places. */
  async #eventsAt(places: readonly Place[]): Promise<readonly WeirEvent[]> {
    return await this.#readable(await this.#rowsAt(places, COLUMNS));
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
      `SELECT DISTINCT ON (refers_to) time_ms, position FROM records
       WHERE refers_to = ANY($1::text[]) AND review IS NOT NULL ORDER BY refers_to, position DESC`,
      [arrayText(ids)],
    );
    const reviews = await this.#rowsAt(found.map(placeIn), `${COLUMNS}, e.refers_to`);
    return new Map(reviews.map((row) => [String(row['refers_to']), storedIn(row)]));
  }
}

function placeIn(row: Row): Place {
  return { timeMs: Number(row['time_ms']), position: Number(row['position']) };
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
