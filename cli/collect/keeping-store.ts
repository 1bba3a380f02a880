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

/** The time, and waiting: a test's own where it drives them. */
export interface KeepingClock {
  readonly now: () => number;
  /** Calls once after so long, unless it was taken back by what this gives. */
  readonly after: (ms: number, run: () => void) => () => void;
}

const SYSTEM: KeepingClock = {
  now: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

export function keepStore(
  address: StoreAddress,
  home: Home,
  rules: RetentionRules,
  onProblem: (message: string) => void,
  clock: KeepingClock = SYSTEM,
): KeepingStore {
  const upkeep = new StoreUpkeep(address, home, clock.now);
  let said = '';
  let takeBack: (() => void) | null = null;
  let isClosed = false;
  let round = Promise.resolve();
  const tend = async (): Promise<void> => {
    let next = EVERY_MS;
    try {
      if (await upkeep.mayChange()) await retainStore(upkeep, rules, clock.now());
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
    takeBack = clock.after(next, () => {
      round = tend();
    });
  };
  round = tend();
  return {
    close: async () => {
      isClosed = true;
      takeBack?.();
      await round;
      await upkeep.close();
    },
  };
}
