/** Where a node's records go, as its configuration says: kept in home, or handed on from an outbox. */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { Destination } from '../fleet/carrier-thread.ts';
import type { RunningCarrier } from '../fleet/start-carrier.ts';
import { type Home, type Keeping, openHome } from '../store/home.ts';

/** How long a stop waits for what the outbox still holds; the rest goes at the next start. */
export const LAST_RECORDS_MS = 3000;

export function keepingOf({ bus, store }: Pick<Config, 'bus' | 'store'>): Keeping {
  return bus === null && store === 'sqlite' ? 'ledger' : 'outbox';
}

/** Opens the home that a configuration names, for what a command appends to its chain. Throws as `openHome` does. */
export function configuredHome(config: Pick<Config, 'home' | 'bus' | 'store'>): Home {
  return openHome(config.home, keepingOf(config));
}

/** Begins to empty the outbox; null where there is none. `node`: how the bus knows this node, null before it has joined. */
export async function startConfiguredCarrier(
  { bus, store }: Pick<Config, 'bus' | 'store'>,
  home: Home,
  node: string | null,
  log: (line: string) => void,
): Promise<RunningCarrier | null> {
  const to = destinationOf({ bus, store }, node);
  if (to === null) return null;
  if (bus !== null && node === null) {
    log(
      'weir: this node has not joined a fleet: it publishes, and its records are checked by their links alone (weir join)',
    );
  }
  const { startCarrier } = await import('../fleet/start-carrier.ts');
  return startCarrier(home, to, (message) => log(`weir: ${message}`));
}

function destinationOf({ bus, store }: Pick<Config, 'bus' | 'store'>, node: string | null): Destination | null {
  if (bus !== null) return { kind: 'bus', settings: bus, node, name: `weir ${hostname()}` };
  return store === 'sqlite' ? null : { kind: 'store', address: store };
}
