/**
 * Reads events and edges while the proxy writes them, and a writer's chain for `log verify`. Opens the database
 * read-only: nothing that is asked here can change a record.
 */
import type { KeyObject } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Action } from '../flow/decision.ts';
import type { Edge } from '../flow/edge.ts';
import { WeirError } from '../flow/errors.ts';
import type { EventKind, Outcome, Review, WeirEvent } from '../flow/event.ts';
import { anyHost, anyOf, type Condition, type EdgeFilter, readEdges } from './edges.ts';
import { homePaths, readKey, writerIds } from './home.ts';
import { openExcerpt } from './keyed.ts';
import { readEvent, readReview, storedParts } from './record.ts';
import { openDatabaseToRead } from './schema.ts';
import { type VerifyResult, verifyChains } from './verify.ts';

/** Every key narrows, a list means any of it; absent, null or empty: no filter. */
export interface EventFilter {
  /** Carried out; with `isObserved`, decided and not carried out. */
  readonly actions?: readonly Action[];
  readonly isObserved?: boolean;
  /** Began at this moment or later. */
  readonly since?: Date | null;
  /** Began before this moment. */
  readonly until?: Date | null;
  readonly apps?: readonly string[];
  /** Hosts, `*` for any run of characters. */
  readonly destinations?: readonly string[];
  /** Entities with a finding of medium score or higher. */
  readonly entities?: readonly string[];
  readonly outcomes?: readonly Outcome[];
  /** Policies that took any of the event's decisions. */
  readonly policies?: readonly string[];
  readonly kinds?: readonly EventKind[];
  /** Fingerprints of what the calls authenticated with. */
  readonly credentials?: readonly string[];
  /** The newest so many. */
  readonly limit?: number | null;
}

/** Of an id or the beginning of one: the event, or why there is none. */
export type Found =
  | { readonly kind: 'found'; readonly event: WeirEvent }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly ids: readonly string[] };

export interface Reader {
  /** Oldest first, by the time the exchange began. Without excerpts. */
  events(filter?: EventFilter): Iterable<WeirEvent>;
  /** One event whole, by its id or a beginning of it that no other has; its excerpt where the key is there. */
  event(idOrPrefix: string): Found;
  edges(filter?: EdgeFilter): Iterable<Edge>;
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
  return { events: () => [], event: () => ({ kind: 'none' }), edges: () => [], verify: () => result, close() {} };
}

class DatabaseReader implements Reader {
  readonly #database: DatabaseSync;
  readonly #excerptKey: KeyObject | null;
  readonly #onProblem: ((message: string) => void) | null;
  readonly #latestReview: StatementSync;
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
    this.#latestReview = database.prepare(
      `SELECT core, personal FROM events WHERE refers_to = ? AND kind = 'review' ORDER BY position DESC LIMIT 1`,
    );
  }

  *events(filter: EventFilter = {}): Generator<WeirEvent> {
    const conditions = conditionsOf(filter);
    const where = conditions.map(({ sql }) => ` AND ${sql}`).join('');
    const parameters = conditions.flatMap((condition) => condition.parameters);
    const columns = 'position, time_ms, id, kind, core, personal, hash';
    const query =
      filter.limit == null
        ? `SELECT ${columns} FROM events WHERE 1${where} ORDER BY time_ms, position`
        : `SELECT * FROM (SELECT ${columns} FROM events WHERE 1${where} ORDER BY time_ms DESC, position DESC LIMIT ?)
           ORDER BY time_ms, position`;
    const limit = filter.limit == null ? [] : [filter.limit];
    for (const row of this.#database.prepare(query).iterate(...parameters, ...limit)) {
      const event = this.#readable(row);
      if (event !== null) yield event;
    }
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

  edges(filter: EdgeFilter = {}): Iterable<Edge> {
    return readEdges(this.#database, filter);
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

function conditionsOf(filter: EventFilter): readonly Condition[] {
  const { actions, since, until, policies } = filter;
  const column = filter.isObserved === true ? 'observed' : 'carried';
  const conditions = [
    anyOf(column, actions),
    filter.isObserved === true ? { sql: 'observed IS NOT NULL', parameters: [] } : null,
    since ? { sql: 'time_ms >= ?', parameters: [since.getTime()] } : null,
    until ? { sql: 'time_ms < ?', parameters: [until.getTime()] } : null,
    anyOf('app', filter.apps),
    anyHost('host', filter.destinations),
    anyOf('position IN (SELECT event FROM event_entities WHERE entity', filter.entities, ')'),
    anyOf('outcome', filter.outcomes),
    anyOf(`EXISTS (SELECT 1 FROM json_each(core, '$.decisions') AS d WHERE d.value ->> 'policy'`, policies, ')'),
    anyOf('kind', filter.kinds),
    anyOf(`personal ->> '$.source.credential'`, filter.credentials),
  ];
  return conditions.filter((condition) => condition !== null);
}
