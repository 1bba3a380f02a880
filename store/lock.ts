/**
 * The lock of a home: one running Weir a home. The operating system releases it when the process ends, however it
 * ends, so that no stale lock ever has to be removed by hand.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WeirError } from '../flow/errors.ts';

export interface Lock {
  readonly isHeld: boolean;
  /** Gives the home free. A second call does nothing. */
  release(): void;
}

/**
 * Holds `lock`, a SQLite file in an exclusive transaction (Node has no flock; SQLite's is a POSIX record lock that
 * dies with the process), and writes the pid beside it for the message. Throws WeirError `home_locked` when it is not
 * free within so many milliseconds; the thread waits.
 */
export function takeLock(homePath: string, waitMs: number): Lock {
  const file = join(homePath, 'lock');
  const pidFile = join(homePath, 'lock.pid');
  makePrivateFile(file);
  const database = new DatabaseSync(file, { timeout: waitMs });
  try {
    // Nothing is ever written to it, so that a journal beside it would only be litter.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) {
      throw new WeirError('home_unusable', `${file} cannot be locked`, { cause: error });
    }
    throw new WeirError('home_locked', `${homePath} is in use by ${holder(pidFile)}`, { cause: error });
  }
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  let isHeld = true;
  return {
    get isHeld() {
      return isHeld;
    },
    release() {
      if (!isHeld) return;
      isHeld = false;
      rmSync(pidFile, { force: true });
      database.close();
    },
  };
}

/**
 * Makes a file that SQLite is to open, mode 0600 (SQLite's own files take it over). An existing one is not opened:
 * closing any descriptor of a SQLite file would drop the POSIX locks that this process holds on it.
 */
export function makePrivateFile(file: string): void {
  if (existsSync(file)) return;
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function holder(pidFile: string): string {
  try {
    const pid = readFileSync(pidFile, 'utf8').trim();
    if (/^\d+$/.test(pid)) return `process ${pid}`;
  } catch {
    // The holder may be between taking the lock and writing its pid: the refusal stands without it.
  }
  return 'another process';
}

/** SQLITE_BUSY is 5; extended codes keep it in the low byte. */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 255) === 5
  );
}
