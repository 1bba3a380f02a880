/**
 * Takes up what a run that was killed has left in the spool, for commands that read the log while nothing runs. Where
 * a proxy runs it does nothing: that one commits its own.
 */
import { existsSync } from 'node:fs';
import { WeirError } from '../flow/errors.ts';
import { homePaths, openHome } from './home.ts';
import { Ledger } from './ledger.ts';
import type { Lock } from './lock.ts';
import { openDatabase } from './schema.ts';
import { listSpool } from './spool.ts';
import { SpoolDrain } from './spool-drain.ts';

/**
 * Commits the spool of a home that no process holds. Throws WeirError `home_unusable`, SQLite's and the file system's
 * errors; what could not be committed stays in the spool.
 */
export function recoverSpool(path: string, onProblem: (message: string) => void): void {
  const { spoolFolder } = homePaths(path);
  if (!existsSync(spoolFolder) || listSpool(spoolFolder).length === 0) return;
  const home = openHome(path);
  const lock = lockIfFree(() => home.lock(0));
  if (lock === null) return;
  try {
    const database = openDatabase(home.databaseFile);
    try {
      const ledger = new Ledger(database, home, home.keys.chain, onProblem);
      const drain = new SpoolDrain(spoolFolder, ledger, {
        onCommitted() {},
        onProblem,
        onDeleted() {},
        onRemoved() {},
      });
      for (const name of listSpool(spoolFolder)) drain.adopt(name);
      while (drain.step());
    } finally {
      database.close();
    }
  } finally {
    lock.release();
  }
}

function lockIfFree(lock: () => Lock): Lock | null {
  try {
    return lock();
  } catch (error) {
    if (error instanceof WeirError && error.code === 'home_locked') return null;
    throw error;
  }
}
