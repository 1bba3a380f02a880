/**
 * The SQLite database of a home: opening, schema, migrations. Migrations go forward only; a database of a newer
 * version is refused and left as it is.
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { WeirError } from '../flow/errors.ts';
import { makePrivateFile } from './lock.ts';

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
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** How long a statement waits for another process's transaction, unless the caller has a better way to wait. */
const BUSY_MS = 5000;

/**
 * Opens the database for writing: WAL, so that readers go on beside it, and no fsync a commit (what the process has
 * committed outlives the process; a power cut may take the last moments). Makes and migrates it as needed. Throws
 * WeirError `store_newer` for a newer schema, and SQLite's own errors for what the disk does.
 */
export function openDatabase(file: string, busyMs: number = BUSY_MS): DatabaseSync {
  makePrivateFile(file);
  const database = new DatabaseSync(file, { timeout: busyMs });
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216');
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens it for reading, while others write; null where there is none yet. Throws WeirError `store_newer` or `home_unusable`. */
export function openDatabaseToRead(file: string): DatabaseSync | null {
  if (!existsSync(file)) return null;
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    const version = schemaVersion(database);
    if (version > SCHEMA_VERSION) throw newer(file, version);
    if (version === SCHEMA_VERSION) return database;
    database.close();
    // Made by an older version, or not yet complete: its own writer, or else this call, brings it up to date.
    openDatabase(file).close();
    return new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  } catch (error) {
    if (database?.isOpen) database.close();
    if (error instanceof WeirError) throw error;
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new WeirError('home_unusable', `${file} cannot be read: ${reason}`, { cause: error });
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
