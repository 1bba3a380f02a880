/** Where a node's records go, as its configuration says: kept in home, or handed on from an outbox. */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { BusSettings } from '../fleet/bus-settings.ts';
import type { Destination } from '../fleet/carrier-thread.ts';
import type { NodeIdentity } from '../fleet/enrolment/node-files.ts';
import type { RunningCarrier } from '../fleet/start-carrier.ts';
import { type Home, type Keeping, openHome } from '../store/home.ts';
import { identityWhereJoined } from './fleet/member.ts';

/** How long a stop waits for what the outbox still holds; the rest goes at the next start. */
export const LAST_RECORDS_MS = 3000;

export function keepingOf({ bus, store }: Pick<Config, 'bus' | 'store'>): Keeping {
  return bus === null && store === 'sqlite' ? 'ledger' : 'outbox';
}

/** Opens the home that a configuration names, for what a command appends to its chain. Throws as `openHome` does. */
export function configuredHome(config: Pick<Config, 'home' | 'bus' | 'store'>): Home {
  return openHome(config.home, keepingOf(config));
}

/** Begins to empty the outbox; null where there is none. A node that has joined is known to the bus by its certificate. */
export async function startConfiguredCarrier(
  { bus, store }: Pick<Config, 'bus' | 'store'>,
  home: Home,
  log: (line: string) => void,
): Promise<RunningCarrier | null> {
  const identity = bus === null ? null : await identityWhereJoined(home.path);
  const to = destinationOf({ bus: bus === null ? null : asNode(bus, identity), store }, identity?.name ?? null);
  if (to === null) return null;
  if (bus !== null && identity === null) {
    log(
      'weir: this node has not joined a fleet: it publishes, and its records are checked by their links alone (weir join)',
    );
  }
  const { startCarrier } = await import('../fleet/start-carrier.ts');
  return startCarrier(home, to, (message) => log(`weir: ${message}`));
}

/** The bus as a node of the fleet sees it: by its own certificate, where the configuration names none. */
export function asNode(bus: BusSettings, identity: NodeIdentity | null): BusSettings {
  if (identity === null || !bus.isTls || bus.certificate !== null) return bus;
  if (bus.user !== null || bus.credentials !== null) return bus;
  const { cert, key, ca } = identity;
  return { ...bus, certificate: { cert, key }, ca: bus.ca.length === 0 ? [ca] : bus.ca };
}

function destinationOf({ bus, store }: Pick<Config, 'bus' | 'store'>, node: string | null): Destination | null {
  if (bus !== null) return { kind: 'bus', settings: bus, node, name: `weir ${hostname()}` };
  return store === 'sqlite' ? null : { kind: 'store', address: store };
}
