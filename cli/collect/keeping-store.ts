/**
 * Retention of a shared store by a collector whose role owns its tables: once at the start and every hour. Of several collectors
 * each does it; what one has removed the next does not find.
 */
import { WeirError } from '../../flow/errors.ts';
import type { StoreAddress } from '../../flow/store-address.ts';
import type { Home } from '../../store/home.ts';
import { retainStore } from '../../store/postgres/retention-by-day.ts';
import { StoreUpkeep } from '../../store/postgres/upkeep.ts';
import type { RetentionRules } from '../../store/retention.ts';

const EVERY_MS = 3_600_000;
/** A store that is away at the moment. */
const AGAIN_MS = 60_000;

export interface KeepingStore {
  close(): Promise<void>;
}

export function keepStore(
  address: StoreAddress,
  home: Home,
  rules: RetentionRules,
  onProblem: (message: string) => void,
): KeepingStore {
  const upkeep = new StoreUpkeep(address, home);
  let said = '';
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;
  let round = Promise.resolve();
  const tend = async (): Promise<void> => {
    let next = EVERY_MS;
    try {
      if (await upkeep.mayChange()) await retainStore(upkeep, rules, Date.now());
      said = '';
    } catch (error) {
      next = AGAIN_MS;
      const message = error instanceof Error ? error.message : 'unknown';
      // What keeps records out too, the collector says by itself.
      const isTold = error instanceof WeirError && (error.code === 'store_away' || error.code === 'store_unready');
      if (message !== said && !isClosed && !isTold) onProblem(`retention of the store waits: ${message}`);
      said = message;
    }
    if (isClosed) return;
    timer = setTimeout(() => {
      round = tend();
    }, next);
    timer.unref();
  };
  round = tend();
  return {
    close: async () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await round;
      await upkeep.close();
    },
  };
}
