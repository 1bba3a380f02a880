/** A watch over data stores with a real engine, whose records are kept for a test to look at. */
import { createHmac } from 'node:crypto';
import { createCatalog, type DestinationEntry } from '../../catalog/catalog.ts';
import { parsePolicies } from '../../engine/decide/policy-file.ts';
import { compilePolicies } from '../../engine/decide/policy-set.ts';
import type { Engine } from '../../engine/inspect.ts';
import { normalise } from '../../engine/scan/normalise.ts';
import { createScanner, type Scanner } from '../../engine/scan/scanner.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { EventBody } from '../../flow/event.ts';
import type { Source } from '../../flow/parties.ts';
import type { HeardExchange } from '../../sensor/reassemble/heard.ts';
import { type ManagedStore, managedStores } from '../../sensor/stores/managed-stores.ts';
import { StoreObserver, type StorePlace } from '../../sensor/stores/observe-store.ts';
import type { StoreLimits } from '../../sensor/stores/store-message.ts';
import { StoreWatch } from '../../sensor/stores/store-watch.ts';

export const CLIENT: Source = {
  app: 'billing',
  verified: true,
  host: 'host-1',
  pid: 4711,
  process: 'psql',
  exe: '/usr/bin/psql',
  user: 'app',
  container: null,
  credential: null,
};

export const PLACE: StorePlace = { source: CLIENT, host: 'db1', address: '10.0.0.5', port: 5432, via: 'dns' };

let scanner: Scanner | null = null;

/** Fingerprints are like those of a home, under a key of the tests'. */
export function engineOf(policies: string): Engine {
  scanner ??= createScanner();
  return {
    scanner,
    policies: compilePolicies(policies === '' ? [] : parsePolicies('p.yaml', policies).documents),
    fingerprint: (entity, value) =>
      createHmac('sha256', 'test')
        .update(`${entity}\0${normalise(value)}`)
        .digest('base64url')
        .slice(0, 22),
    onOpaque: { media: 'allow', encoded: 'allow' },
    maxDecodedBytes: 1024 * 1024,
  };
}

export interface Observed {
  readonly watch: StoreWatch;
  readonly observer: StoreObserver;
  readonly events: EventBody[];
  readonly edges: EdgeObservation[];
  readonly excerpts: (string | null)[];
  readonly exchanges: HeardExchange[];
}

export interface ObservedOptions {
  readonly policies?: string;
  readonly stores?: readonly ManagedStore[];
  readonly destinations?: readonly DestinationEntry[];
  readonly messagesPerMinute?: number;
  readonly limits?: StoreLimits;
  readonly maxConnections?: number;
}

export function observing(options: ObservedOptions = {}): Observed {
  const { policies = '', stores = [], destinations = [], messagesPerMinute = 100, ...watching } = options;
  const events: EventBody[] = [];
  const edges: EdgeObservation[] = [];
  const excerpts: (string | null)[] = [];
  const exchanges: HeardExchange[] = [];
  const catalog = createCatalog(destinations);
  let ids = 0;
  const settings = {
    engine: engineOf(policies),
    catalog,
    managed: managedStores(stores, catalog),
    excerptChars: 20,
    messagesPerMinute,
  };
  const observer = new StoreObserver(() => settings, {
    newId: () => String(++ids).padStart(26, '0'),
    close: (closing) => {
      events.push(closing.event);
      edges.push(...closing.edges);
      excerpts.push(closing.excerpt);
    },
    observe: (observations) => edges.push(...observations),
  });
  const watch = new StoreWatch({ observer, hearHttp: () => null, ...watching });
  return { watch, observer, events, edges, excerpts, exchanges };
}

/** `out 3 calls: EMAIL_ADDRESS 2, CREDIT_CARD 1`, all observations of each direction added up. */
export function sumOf(edges: readonly EdgeObservation[], direction: 'out' | 'in'): string {
  let calls = 0;
  const entities = new Map<string, number>();
  for (const edge of edges) {
    if (edge.direction !== direction) continue;
    calls += edge.calls ?? 1;
    for (const [name, count] of Object.entries(edge.entities)) entities.set(name, (entities.get(name) ?? 0) + count);
  }
  const found = [...entities].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${name} ${count}`);
  return `${direction} ${calls} calls: ${found.join(', ')}`;
}
