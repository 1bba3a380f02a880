/**
 * Takes up what a run that was killed has left in the spool, for commands that read the log while nothing runs. Where
 * a proxy runs it does nothing: that one commits its own.
 */
import { existsSync } from 'node:fs';
import { WeirError } from '../flow/errors.ts';
import { homePaths, type Keeping, openHome } from './home.ts';
import type { Lock } from './lock.ts';
import { withKeeper } from './open-keeper.ts';
import { listSpool } from './spool.ts';
import { SpoolDrain } from './spool-drain.ts';

/**
 * Commits the spool of a home that no process holds. Throws WeirError `home_unusable`, SQLite's and the file system's
 * errors; what could not be committed stays in the spool.
 */
export function recoverSpool(path: string, onProblem: (message: string) => void, keeping: Keeping = 'ledger'): void {
  const { spoolFolder } = homePaths(path);
  if (!existsSync(spoolFolder) || listSpool(spoolFolder).length === 0) return;
  const home = openHome(path, keeping);
  const lock = lockIfFree(() => home.lock(0));
  if (lock === null) return;
  try {
    withKeeper(home, onProblem, (keeper) => {
      const drain = new SpoolDrain(spoolFolder, keeper, {
        onCommitted() {},
        onProblem,
        onDeleted() {},
        onRemoved() {},
      });
      for (const name of listSpool(spoolFolder)) drain.adopt(name);
      while (drain.step());
    });
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
