/** What appends to a home's chain beside a running Weir, as a review and an administrator's act do: one transaction each. */
import type { Home } from './home.ts';
import type { Keeper } from './keeper.ts';
import { Ledger } from './ledger.ts';
import { openOutbox } from './outbox.ts';
import { openDatabase, openDatabaseBeside } from './schema.ts';

/** Lets `work` append to what the home keeps or hands on. Throws WeirError `store_newer`, `home_unusable`, SQLite's errors. */
export function withKeeper<T>(home: Home, onProblem: (message: string) => void, work: (keeper: Keeper) => T): T {
  if (home.keeping === 'outbox') {
    // Its writer makes room; what is appended here is never dropped anyway.
    const outbox = openOutbox(home, { maxBytes: null, onProblem });
    try {
      return work(outbox);
    } finally {
      outbox.close();
    }
  }
  const database = home.isLocked ? openDatabase(home.databaseFile) : openDatabaseBeside(home.databaseFile);
  try {
    return work(new Ledger(database, home, home.keys.chain, onProblem));
  } finally {
    database.close();
  }
}
