/**
 * The database of an outbox: what a node has chained and nobody has acknowledged yet. Migrations go forward only. One
 * that cannot be read is put aside with what can still be read out of it.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { WeirError } from '../flow/errors.ts';
import { makePrivateFile } from './lock.ts';
import { newUlid } from './ulid.ts';

/** One entry a version, never changed once released. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE writers (
    no INTEGER PRIMARY KEY,
    writer TEXT NOT NULL UNIQUE,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    mac TEXT NOT NULL
  ) STRICT;
  -- Positions are never given twice: who is acknowledging one must not delete another.
  CREATE TABLE waiting (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    rank INTEGER NOT NULL,
    writer INTEGER,
    seq INTEGER,
    time_ms INTEGER NOT NULL,
    hash TEXT,
    body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX waiting_rank ON waiting (rank, position) WHERE rank <> 2;
  CREATE TABLE spools (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE answered (
    id TEXT NOT NULL,
    file TEXT NOT NULL,
    PRIMARY KEY (file, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answered_id ON answered (id);
  -- Up to here something may have arrived already, though nobody has said so.
  CREATE TABLE flight (only INTEGER PRIMARY KEY CHECK (only = 1), upto INTEGER NOT NULL) STRICT;
  INSERT INTO flight VALUES (1, 0);
  `,
];
const VERSION = MIGRATIONS.length;
const BUSY_MS = 5000;

/** Opens it for writing, and makes it where it is missing. Throws WeirError `store_newer`, SQLite's own errors. */
export function openOutboxDatabase(file: string, busyMs: number = BUSY_MS): DatabaseSync {
  makePrivateFile(file);
  const database = new DatabaseSync(file, { timeout: busyMs });
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA journal_size_limit = 33554432; PRAGMA wal_autocheckpoint = 4096; PRAGMA cache_size = -8192');
    migrate(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Why SQLite cannot read it, in one line; null where it can, or where there is none. */
export function damageOf(file: string): string | null {
  if (!existsSync(file)) return null;
  try {
    const database = new DatabaseSync(file, { timeout: BUSY_MS });
    try {
      const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      return found === 'ok' ? null : String(found).split('\n', 1).join('');
    } finally {
      database.close();
    }
  } catch (error) {
    if (isDamage(error)) return error.message;
    throw error;
  }
}

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
function isDamage(error: unknown): error is Error {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return [11, 26].includes(error.errcode & 255);
}

/** Puts a damaged one beside, and returns where it is. */
export function putAside(file: string): string {
  const aside = `${file}.damaged-${newUlid()}`;
  renameSync(file, aside);
  for (const end of ['-wal', '-shm']) {
    if (existsSync(file + end)) renameSync(file + end, aside + end);
  }
  return aside;
}

/** All rows of a table that can still be read, in order; what cannot is left out. */
export function* readableRows(file: string, sql: string): Generator<Record<string, unknown>> {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_MS });
  } catch {
    return;
  }
  try {
    yield* database.prepare(sql).iterate();
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error;
    // The rest is what the damage has taken.
  } finally {
    database.close();
    rmSync(`${file}-shm`, { force: true });
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const versionNow = () => Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (versionNow() === VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Asked again under the lock: another process may have made it meanwhile.
    const version = versionNow();
    if (version > VERSION) {
      const text = `${file} has schema ${version}, this weir knows up to ${VERSION}: run the newer weir that wrote it`;
      throw new WeirError('store_newer', text);
    }
    for (const step of MIGRATIONS.slice(version)) database.exec(step);
    database.exec(`PRAGMA user_version = ${VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
