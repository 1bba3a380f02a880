/**
 * Reads events and edges while the proxy writes them, and a writer's chain for `log verify`. Opens the database
 * read-only: nothing that is asked here can change a record.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Edge } from '../flow/edge.ts';
import { WeirError } from '../flow/errors.ts';
import type { Review, WeirEvent } from '../flow/event.ts';
import { type ChainStanding, chainStandings } from './chains.ts';
import { edgesOfEvent, lastPosition, rowsAbout, rowsAfter } from './changes.ts';
import { type CountedBy, countBy, countEvents, type ValueCount } from './counts.ts';
import { type DetailLevel, type EdgeFilter, type MapQuery, mapEdges, readEdges } from './edges.ts';
import {
  allOf,
  type EventFilter,
  endsConditions,
  ownConditions,
  rawConditions,
  sortConditions,
  timeConditions,
  valueConditions,
} from './event-filter.ts';
import { homePaths, readKey, writerIds } from './home.ts';
import { openExcerpt } from './keyed.ts';
import { hasUnfilled } from './matching.ts';
import { entityNames } from './names.ts';
import { cursorOf, findPlaces, type Place, placeOf, type Way } from './pages.ts';
import { answer, type Condition, type Question, SQLITE } from './question.ts';
import { readEvent, readReview, storedParts } from './record.ts';
import { openDatabaseToRead } from './schema.ts';
import { type Point, readSeries, type SeriesQuery } from './series.ts';
import { type Sighting, sharedSightings, sightingsIn, sightingsOf } from './sightings.ts';
import { type VerifyResult, verifyChains } from './verify.ts';

/** Of an id or the beginning of one: the event, or why there is none. */
export type Found =
  | { readonly kind: 'found'; readonly event: WeirEvent }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly ids: readonly string[] };

/** Where values were seen. */
export interface FoundValue {
  readonly events: readonly WeirEvent[];
  /** Of the events, those past the limit included. */
  readonly eventCount: number;
  readonly edges: readonly { readonly edge: Edge; readonly sighting: Sighting }[];
}

export interface PageQuery {
  readonly filter?: EventFilter;
  /** Of an earlier page, and which way to go from there; null: the newest. */
  readonly from?: { readonly cursor: string; readonly way: Way } | null;
  readonly limit: number;
}

/** A piece of the list of events. */
export interface Page {
  /** Newest first, whichever way the page was asked for. Without excerpts. */
  readonly events: readonly WeirEvent[];
  /** Where older ones go on; null where there are none. */
  readonly older: string | null;
  /** Where newer ones are or will be; null only before the first event. */
  readonly newer: string | null;
}

export interface Reader {
  /** Oldest first, by the time the exchange began. Without excerpts. */
  events(filter?: EventFilter): Iterable<WeirEvent>;
  /** One event whole, by its id or a beginning of it that no other has; its excerpt where the key is there. */
  event(idOrPrefix: string): Found;
  edges(filter?: EdgeFilter, details?: DetailLevel): Iterable<Edge>;
  /**
   * The events of a filter in pages. Throws RangeError for a cursor that is none. An event that is recorded late may
   * stand on a page that was read already.
   */
  page(query: PageQuery): Page;
  /** How many events a filter matches, exactly, `limit` aside. */
  count(filter?: EventFilter): number;
  /** How many of them have each app, destination, entity …; the range in whole hours. The most first, 50 unless said. */
  countBy(by: CountedBy, filter?: EventFilter, limit?: number): readonly ValueCount[];
  /** The edges that carried something in a range of time, and what; hours are not divided. */
  map(query?: MapQuery): readonly Edge[];
  /** What flowed over time. */
  series(query: SeriesQuery): readonly Point[];
  /** Where values were seen, by their fingerprints; the latest first. Events without excerpts, up to so many, 1000 unless said. */
  byFingerprint(fingerprints: readonly string[], limit?: number): FoundValue;
  /** Values that were seen on more than one edge. */
  sharedValues(): readonly Sighting[];
  /** What refers to an event (its reviews, that it was opened), in the order of recording. */
  about(id: string, limit: number): readonly WeirEvent[];
  /** Ids of the edges that an event counts in. */
  edgesOf(id: string): readonly string[];
  /** The position of what was recorded last; 0 before the first. */
  position(): number;
  /** What was recorded after a position, in that order, and the position to go on from. */
  after(position: number, limit: number): { readonly events: readonly WeirEvent[]; readonly position: number };
  /** The names of all kinds of data that were ever seen. */
  entities(): readonly string[];
  /** How far the chain of every writer has come, the latest first. */
  chains(limit: number): readonly ChainStanding[];
  /** Checks the chain of every writer, as of one moment. */
  verify(): VerifyResult;
  close(): void;
}

/**
 * Opens the records of a home (or of the home at a path) for reading; a home without any has none to show. Throws WeirError `home_unusable` for a
 * database that cannot be read or is newer than this program, and for a damaged record where nobody is there to hear of it.
 */
export function openReader(
  home: string | { readonly path: string },
  onProblem: ((message: string) => void) | null = null,
): Reader {
  const paths = homePaths(typeof home === 'string' ? home : home.path);
  const database = openDatabaseToRead(paths.databaseFile);
  const writers = writerIds(paths);
  const chainKey = readKey(paths, 'chain');
  if (database === null) return emptyReader(verifyChains(null, { writers, chainKey }));
  const verify = () => verifyChains(database, { writers, chainKey });
  return new DatabaseReader(database, readKey(paths, 'excerpt'), onProblem, verify);
}

function emptyReader(result: VerifyResult): Reader {
  return {
    events: () => [],
    event: () => ({ kind: 'none' }),
    edges: () => [],
    page: () => ({ events: [], older: null, newer: null }),
    count: () => 0,
    countBy: () => [],
    map: () => [],
    series: () => [],
    byFingerprint: () => ({ events: [], eventCount: 0, edges: [] }),
    sharedValues: () => [],
    about: () => [],
    edgesOf: () => [],
    position: () => 0,
    after: (position) => ({ events: [], position }),
    entities: () => [],
    chains: () => [],
    verify: () => result,
    close() {},
  };
}

class DatabaseReader implements Reader {
  readonly #database: DatabaseSync;
  readonly #excerptKey: KeyObject | null;
  readonly #onProblem: ((message: string) => void) | null;
  readonly #latestReview: StatementSync;
  readonly #byPosition: StatementSync;
  readonly verify: () => VerifyResult;

  constructor(
    database: DatabaseSync,
    excerptKey: KeyObject | null,
    onProblem: ((message: string) => void) | null,
    verify: () => VerifyResult,
  ) {
    this.#database = database;
    this.#excerptKey = excerptKey;
    this.#onProblem = onProblem;
    this.verify = verify;
    this.#byPosition = database.prepare('SELECT id, kind, core, personal, hash FROM events WHERE position = ?');
    this.#latestReview = database.prepare(
      `SELECT core, personal FROM events WHERE refers_to = ? AND kind = 'review' ORDER BY position DESC LIMIT 1`,
    );
  }

  *events(filter: EventFilter = {}): Generator<WeirEvent> {
    const { sql, parameters } = conditionOf(this.#database, filter);
    const columns = 'position, time_ms, id, kind, core, personal, hash';
    const query =
      filter.limit == null
        ? `SELECT ${columns} FROM events WHERE ${sql} ORDER BY time_ms, position`
        : `SELECT * FROM (SELECT ${columns} FROM events WHERE ${sql} ORDER BY time_ms DESC, position DESC LIMIT ?)
           ORDER BY time_ms, position`;
    const limit = filter.limit == null ? [] : [filter.limit];
    for (const row of this.#database.prepare(query).iterate(...parameters, ...limit)) {
      const event = this.#readable(row);
      if (event !== null) yield event;
    }
  }

  page({ filter = {}, from = null, limit }: PageQuery): Page {
    const place = from === null ? null : placeOf(from.cursor);
    if (from !== null && place === null) throw new RangeError('not a cursor of a page');
    const way = from?.way ?? 'older';
    // One more than asked for tells whether there are more.
    const found = this.#ask(findPlaces(SQLITE, filter, { from: place, way, limit: limit + 1 }));
    const places = found.slice(0, limit);
    const [near, far] = [places.at(0) ?? place, places.at(-1) ?? place];
    const isMore = found.length > limit;
    const [first, last] = way === 'older' ? [near, far] : [far, near];
    return {
      events: this.#eventsAt(way === 'older' ? places : places.toReversed()),
      older: last !== null && (way === 'newer' || isMore) ? cursorOf(last) : null,
      newer: first === null ? null : cursorOf(first),
    };
  }

  #eventsAt(places: readonly Place[]): readonly WeirEvent[] {
    const events: WeirEvent[] = [];
    for (const { position } of places) {
      const row = this.#byPosition.get(position);
      const event = row === undefined ? null : this.#readable(row);
      if (event !== null) events.push(event);
    }
    return events;
  }

  count(filter: EventFilter = {}): number {
    return this.#ask(countEvents(SQLITE, filter));
  }

  countBy(by: CountedBy, filter: EventFilter = {}, limit = 50): readonly ValueCount[] {
    return this.#ask(countBy(SQLITE, filter, by, limit));
  }

  map(query: MapQuery = {}): readonly Edge[] {
    return this.#ask(mapEdges(SQLITE, query));
  }

  series(query: SeriesQuery): readonly Point[] {
    return this.#ask(readSeries(SQLITE, query));
  }

  byFingerprint(fingerprints: readonly string[], limit = 1000): FoundValue {
    const filter = { fingerprints };
    if (fingerprints.length === 0) return { events: [], eventCount: 0, edges: [] };
    const places = this.#ask(findPlaces(SQLITE, filter, { from: null, way: 'older', limit }));
    const events = this.#eventsAt(places);
    const kept = this.#ask(sightingsOf(fingerprints));
    const sightings = [...kept, ...this.#ask(sightingsIn(SQLITE, events, fingerprints, kept))];
    const ids = [...new Set(sightings.map((sighting) => sighting.edge))];
    const edges = new Map(ids.length === 0 ? [] : this.#ask(readEdges(SQLITE, { ids })).map((edge) => [edge.id, edge]));
    return {
      events,
      eventCount: this.#ask(countEvents(SQLITE, filter)),
      edges: sightings.flatMap((sighting) => {
        const edge = edges.get(sighting.edge);
        return edge === undefined ? [] : [{ edge, sighting }];
      }),
    };
  }

  sharedValues(): readonly Sighting[] {
    return this.#ask(sharedSightings());
  }

  about(id: string, limit: number): readonly WeirEvent[] {
    return rowsAbout(this.#database, id, limit).flatMap((row) => this.#readable(row) ?? []);
  }

  edgesOf(id: string): readonly string[] {
    return edgesOfEvent(this.#database, id);
  }

  position(): number {
    return lastPosition(this.#database);
  }

  after(position: number, limit: number): { readonly events: readonly WeirEvent[]; readonly position: number } {
    const rows = rowsAfter(this.#database, position, limit);
    const events = rows.flatMap((row) => this.#readable(row) ?? []);
    return { events, position: Number(rows.at(-1)?.['position'] ?? position) };
  }

  entities(): readonly string[] {
    return this.#ask(entityNames());
  }

  chains(limit: number): readonly ChainStanding[] {
    return this.#ask(chainStandings(SQLITE, limit));
  }

  event(idOrPrefix: string): Found {
    const rows = this.#rowsOf(idOrPrefix);
    const [row] = rows;
    if (row === undefined) return { kind: 'none' };
    if (rows.length > 1) return { kind: 'several', ids: rows.map((one) => String(one['id'])) };
    const stored = storedParts(row);
    const excerpt = stored.excerpt === null ? null : openExcerpt(this.#excerptKey, String(row['id']), stored.excerpt);
    return { kind: 'found', event: readEvent(stored, this.#reviewOf(row), excerpt) };
  }

  /** The one of that id, or a few of those that begin so: ULIDs are upper case, and all their letters sort below `[`. */
  #rowsOf(idOrPrefix: string): readonly Record<string, SQLOutputValue>[] {
    const columns = 'id, kind, core, personal, excerpt, hash';
    const whole = this.#database.prepare(`SELECT ${columns} FROM events WHERE id = ?`).all(idOrPrefix);
    if (whole.length > 0) return whole;
    const prefix = idOrPrefix.toUpperCase();
    return this.#database
      .prepare(`SELECT ${columns} FROM events WHERE id >= ? AND id < ? ORDER BY id LIMIT 6`)
      .all(prefix, `${prefix}[`);
  }

  edges(filter: EdgeFilter = {}, details: DetailLevel = 'none'): Iterable<Edge> {
    return this.#ask(readEdges(SQLITE, filter, details));
  }

  #ask<T>(question: Question<T>): T {
    return answer(this.#database, question);
  }

  close(): void {
    this.#database.close();
  }

  /** One damaged record does not hide the others: it is named, and `log verify` says what is wrong with it. */
  #readable(row: Record<string, SQLOutputValue>): WeirEvent | null {
    try {
      return readEvent(storedParts(row), this.#reviewOf(row), null);
    } catch (error) {
      const message = `record ${row['id']} is damaged: run weir log verify`;
      if (this.#onProblem === null) throw new WeirError('home_unusable', message, { cause: error });
      this.#onProblem(message);
      return null;
    }
  }

  #reviewOf(row: Record<string, SQLOutputValue>): Review | null {
    if (row['kind'] === 'review') return readReview(storedParts(row));
    const review = this.#latestReview.get(row['id'] ?? null);
    return review === undefined ? null : readReview(storedParts(review));
  }
}

/** By ends and sort; what has none yet by its own columns. */
function conditionOf(database: DatabaseSync, filter: EventFilter): ReturnType<typeof allOf> {
  const each = [...timeConditions(filter), ...ownConditions(SQLITE, filter)];
  const of = (table: 'ends' | 'sorts', column: string, conditions: readonly Condition[]) => {
    if (conditions.length === 0) return [];
    const { sql, parameters } = allOf(conditions);
    return [{ sql: `${column} IN (SELECT no FROM ${table} WHERE ${sql})`, parameters }];
  };
  const asked = [
    ...of('ends', 'ends', endsConditions(SQLITE, filter)),
    ...of('sorts', 'sort', sortConditions(SQLITE, filter)),
    ...valueConditions(SQLITE, filter),
  ];
  if (asked.length === 0) return allOf(each);
  const filled = allOf(asked);
  if (!answer(database, hasUnfilled(SQLITE))) return allOf([filled, ...each]);
  const raw = allOf(rawConditions(filter));
  const sql = `((${filled.sql}) OR (sort IS NULL AND ${raw.sql}))`;
  return allOf([{ sql, parameters: [...filled.parameters, ...raw.parameters] }, ...each]);
}
