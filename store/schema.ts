/**
 * The SQLite database of a home: opening, schema, migrations. Migrations go forward only; a database of a newer
 * version is refused and left as it is.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WeirError } from '../flow/errors.ts';
import { type Lock, makePrivateFile, takeLock } from './lock.ts';

/** One entry a version, never changed once released: version N is made by the first N. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE writers (
    no INTEGER PRIMARY KEY,
    writer TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    mac TEXT NOT NULL
  ) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    writer INTEGER NOT NULL REFERENCES writers (no),
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    carried TEXT,
    observed TEXT,
    outcome TEXT,
    app TEXT,
    host TEXT,
    port INTEGER,
    policy TEXT,
    refers_to TEXT,
    core TEXT NOT NULL,
    personal TEXT,
    excerpt TEXT,
    hash TEXT NOT NULL,
    UNIQUE (writer, seq)
  ) STRICT;
  CREATE INDEX events_time ON events (time_ms);
  CREATE INDEX events_carried ON events (carried, time_ms);
  CREATE INDEX events_observed ON events (observed, time_ms) WHERE observed IS NOT NULL;
  CREATE INDEX events_app ON events (app, time_ms);
  CREATE INDEX events_host ON events (host, time_ms);
  CREATE INDEX events_refers_to ON events (refers_to) WHERE refers_to IS NOT NULL;
  CREATE TABLE event_entities (
    entity TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    event INTEGER NOT NULL,
    count INTEGER NOT NULL,
    max_score REAL NOT NULL,
    PRIMARY KEY (entity, time_ms, event)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE edges (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    app TEXT,
    destination TEXT NOT NULL,
    host TEXT,
    port INTEGER,
    via TEXT NOT NULL,
    protocol TEXT NOT NULL,
    direction TEXT NOT NULL,
    channel TEXT NOT NULL,
    calls INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    coverage TEXT NOT NULL,
    coverage_reason TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE edge_entities (
    edge TEXT NOT NULL,
    entity TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (edge, entity)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE edge_actions (
    edge TEXT NOT NULL,
    action TEXT NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (edge, action)
  ) STRICT, WITHOUT ROWID;
  `,
  // What the map and the console ask: roll-ups written with the event, and edges in detail. Events that were there before
  // get theirs later, in steps (fill.ts); until then their `ends` and `sort` are NULL.
  `
  DROP INDEX events_time;
  DROP INDEX events_carried;
  DROP INDEX events_observed;
  DROP INDEX events_app;
  DROP INDEX events_host;
  ALTER TABLE events ADD COLUMN ends INTEGER;
  ALTER TABLE events ADD COLUMN sort INTEGER;
  CREATE INDEX events_time ON events (time_ms, position, ends, sort);
  CREATE INDEX events_ends ON events (ends, time_ms, position, sort);
  CREATE INDEX events_sort ON events (sort, time_ms, position, ends);
  CREATE TABLE event_fingerprints (
    fingerprint TEXT NOT NULL,
    event INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, event)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE ends (
    no INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    app TEXT,
    host TEXT,
    vendor TEXT,
    category TEXT NOT NULL,
    edge_out INTEGER,
    edge_in INTEGER
  ) STRICT;
  CREATE TABLE sorts (
    no INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    carried TEXT,
    observed TEXT,
    outcome TEXT,
    severity TEXT,
    policies TEXT,
    rules TEXT,
    entities TEXT,
    review TEXT
  ) STRICT;
  CREATE TABLE event_counts (
    span INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    sort INTEGER NOT NULL,
    events INTEGER NOT NULL,
    PRIMARY KEY (span, bucket, ends, sort)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE entities (
    no INTEGER PRIMARY KEY,
    entity TEXT NOT NULL UNIQUE
  ) STRICT;
  INSERT INTO entities (entity) SELECT DISTINCT entity FROM edge_entities;

  ALTER TABLE edges RENAME TO edges_1;
  ALTER TABLE edge_entities RENAME TO edge_entities_1;
  CREATE TABLE edges (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    app TEXT,
    destination TEXT NOT NULL,
    host TEXT,
    port INTEGER,
    vendor TEXT,
    category TEXT,
    via TEXT NOT NULL,
    protocol TEXT NOT NULL,
    direction TEXT NOT NULL,
    channel TEXT NOT NULL,
    calls INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    alert INTEGER NOT NULL,
    tokenize INTEGER NOT NULL,
    redact INTEGER NOT NULL,
    block INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    coverage TEXT NOT NULL,
    coverage_reason TEXT
  ) STRICT;
  CREATE INDEX edges_place ON edges (host, port, direction, channel);
  INSERT INTO edges (id, source, app, destination, host, port, vendor, category, via, protocol, direction, channel,
      calls, bytes_out, bytes_in, alert, tokenize, redact, block, first_seen, last_seen, coverage, coverage_reason)
    SELECT id, source, app, destination, host, port, destination ->> '$.vendor', destination ->> '$.category',
      via, protocol, direction, channel, calls, bytes_out, bytes_in,
      (SELECT coalesce(sum(a.calls), 0) FROM edge_actions AS a WHERE a.edge = id AND a.action = 'alert'),
      (SELECT coalesce(sum(a.calls), 0) FROM edge_actions AS a WHERE a.edge = id AND a.action = 'tokenize'),
      (SELECT coalesce(sum(a.calls), 0) FROM edge_actions AS a WHERE a.edge = id AND a.action = 'redact'),
      (SELECT coalesce(sum(a.calls), 0) FROM edge_actions AS a WHERE a.edge = id AND a.action = 'block'),
      first_seen, last_seen, coverage, coverage_reason
    FROM edges_1 ORDER BY first_seen, id;
  CREATE TABLE edge_entities (
    edge INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    count INTEGER NOT NULL,
    max_score REAL,
    first_ms INTEGER,
    last_ms INTEGER,
    fingerprints INTEGER NOT NULL,
    PRIMARY KEY (edge, entity)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO edge_entities
    SELECT e.no, n.no, o.count, NULL, NULL, NULL, 0
    FROM edge_entities_1 AS o JOIN edges AS e ON e.id = o.edge JOIN entities AS n ON n.entity = o.entity;
  DROP TABLE edge_actions;
  DROP TABLE edge_entities_1;
  DROP TABLE edges_1;
  CREATE TABLE edge_fingerprints (
    edge INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (edge, entity, fingerprint)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX edge_fingerprints_fingerprint ON edge_fingerprints (fingerprint);
  CREATE TABLE edge_paths (
    edge INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    path TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (edge, entity, path)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE edge_models (
    edge INTEGER NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (edge, model)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE edge_counts (
    span INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    edge INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    alert INTEGER NOT NULL,
    tokenize INTEGER NOT NULL,
    redact INTEGER NOT NULL,
    block INTEGER NOT NULL,
    PRIMARY KEY (span, bucket, edge)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE entity_counts (
    span INTEGER NOT NULL,
    bucket INTEGER NOT NULL,
    edge INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (span, bucket, edge, entity)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE spools (
    name TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Lines of others' logs, so that each counts once.
  `
  CREATE TABLE imported_lines (
    digest BLOB PRIMARY KEY,
    day INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // What retention needs: runs of records that are gone, each with the checkpoint that stands for it now.
  `
  CREATE TABLE gaps (
    writer INTEGER NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq INTEGER NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    checkpoint TEXT NOT NULL,
    PRIMARY KEY (writer, from_seq)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX gaps_end ON gaps (writer, to_seq);
  CREATE INDEX gaps_checkpoint ON gaps (checkpoint);
  CREATE INDEX events_excerpt ON events (time_ms) WHERE excerpt IS NOT NULL;
  `,
  // What edges learn of their fields, and how people judged what was found there.
  `
  CREATE TABLE edge_fields (
    edge INTEGER NOT NULL,
    path TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (edge, path)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE edge_field_entities (
    edge INTEGER NOT NULL,
    path TEXT NOT NULL,
    entity INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    PRIMARY KEY (edge, path, entity)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE field_verdicts (
    edge INTEGER NOT NULL,
    path TEXT NOT NULL,
    entity INTEGER NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (edge, path, entity, fingerprint)
  ) STRICT, WITHOUT ROWID;
  `,
  'CREATE INDEX imported_lines_day ON imported_lines (day)',
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** How long a statement waits for another process's transaction, unless the caller has a better way to wait. */
const BUSY_MS = 5000;

/**
 * Opens the database for writing, for who holds the home's lock: WAL, so that readers go on beside it, and no fsync a
 * commit (what the process has committed outlives the process; a power cut may take the last moments). Makes and
 * migrates it as needed; `maxPages` bounds its size. Throws WeirError `store_newer` for a newer schema, and SQLite's own errors for what the disk does.
 */
export function openDatabase(file: string, busyMs: number = BUSY_MS, maxPages: number | null = null): DatabaseSync {
  makePrivateFile(file);
  const database = new DatabaseSync(file, { timeout: busyMs });
  try {
    // So that pages which retention frees can be given back; only before anything is in it.
    database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    // Roll-ups change the same pages again and again: they are copied into the database once in a while.
    database.exec('PRAGMA journal_size_limit = 33554432; PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -16384');
    if (maxPages !== null) database.exec(`PRAGMA max_page_count = ${maxPages}`);
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens it for writing beside whoever holds the home's lock. Throws as `openDatabase` does, and WeirError
 * `home_unusable` where that one is of an older version.
 */
export function openDatabaseBeside(file: string): DatabaseSync {
  bringUpToDate(file);
  return openDatabase(file);
}

/** Opens it for reading, while others write; null where there is none yet. Throws WeirError `store_newer` or `home_unusable`. */
export function openDatabaseToRead(file: string): DatabaseSync | null {
  if (!existsSync(file)) return null;
  try {
    bringUpToDate(file);
    return new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  } catch (error) {
    if (error instanceof WeirError) throw error;
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new WeirError('home_unusable', `${file} cannot be read: ${reason}`, { cause: error });
  }
}

const LOOK_MS = 50;

/**
 * Migrates what an older version has made, unless somebody is writing it: a running older Weir could not go on, and one
 * that is just starting does it itself, which is waited for.
 */
function bringUpToDate(file: string): void {
  const deadline = performance.now() + BUSY_MS;
  for (;;) {
    const version = existsSync(file) ? versionOf(file) : 0;
    if (version > SCHEMA_VERSION) throw newer(file, version);
    if (version === SCHEMA_VERSION || isMigrated(file)) return;
    if (performance.now() > deadline) {
      throw new WeirError(
        'home_unusable',
        `${file} is written by an older weir that is running: end it, and start this one`,
      );
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}

function versionOf(file: string): number {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  try {
    return schemaVersion(database);
  } finally {
    database.close();
  }
}

/** False where another process has the home. */
function isMigrated(file: string): boolean {
  let lock: Lock;
  try {
    lock = takeLock(dirname(file), 0);
  } catch (error) {
    if (error instanceof WeirError && error.code === 'home_locked') return false;
    throw error;
  }
  try {
    openDatabase(file).close();
    return true;
  } finally {
    lock.release();
  }
}

function migrate(database: DatabaseSync, file: string): void {
  if (schemaVersion(database) === SCHEMA_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Asked again under the lock: another process may have migrated meanwhile.
    const version = schemaVersion(database);
    if (version > SCHEMA_VERSION) throw newer(file, version);
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function schemaVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

function newer(file: string, version: number): WeirError {
  return new WeirError(
    'store_newer',
    `${file} has schema ${version}, this weir knows up to ${SCHEMA_VERSION}: run the newer weir that wrote it`,
  );
}
