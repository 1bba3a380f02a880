/**
 * The two ends of an edge as the map knows them: the workload that connects, and what stands at the address. Workloads
 * are told apart by the best identity there is, so that what several channels saw of one service is one node.
 */
import type { Edge } from '../flow/edge.ts';
import type { Source } from '../flow/parties.ts';
import type { Knowledge } from './knowledge.ts';

/** What stands at an address. */
export const DESTINATION_TYPES = ['datastore', 'llm', 'third_party', 'internal', 'unknown'] as const;
export type DestinationType = (typeof DESTINATION_TYPES)[number];
export type NodeType = 'workload' | DestinationType;

export interface Workload {
  readonly key: string;
  readonly type: 'workload';
  /** `billing`, `curl on build-7`. */
  readonly label: string;
  readonly app: string | null;
  readonly verified: boolean;
  readonly owner: string | null;
}

export interface Place {
  readonly key: string;
  readonly type: DestinationType;
  /** `crm`, `OpenAI api.openai.com`, `db9:5432`. */
  readonly label: string;
  readonly host: string | null;
  readonly port: number | null;
  readonly vendor: string | null;
  readonly category: string;
  readonly country: string | null;
  readonly sanctioned: boolean;
  readonly owner: string | null;
  readonly note: string | null;
  /** Of a data store: its name under `stores`, null for one that stands nowhere there. */
  readonly store: string | null;
  /** A server of data that nobody has listed, sanctioned or put under an owner; a cloud's bucket is none. */
  readonly isShadow: boolean;
  /** The app that answers there. */
  readonly app: string | null;
}

export type MapEnd = Workload | Place;

export interface Ends {
  readonly workload: Workload;
  readonly place: Place;
}

/** Looks up both ends; answers are kept, since few ends have many edges. */
export function endsReader(knowledge: Knowledge): (edge: Edge) => Ends {
  const workloads = new Map<string, Workload>();
  const places = new Map<string, Place>();
  return (edge) => ({
    workload: kept(workloads, sourceKey(edge.source), () => workloadOf(edge.source, knowledge)),
    place: kept(places, placeKey(edge), () => placeOf(edge, knowledge)),
  });
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}

/** Without the pid, as the key of an edge. */
export function sourceKey({ app, verified, host, process, exe, user, container }: Source): string {
  return JSON.stringify([app, verified, host, process, exe, user, container]);
}

function placeKey({ destination: { host, port, vendor, category, country }, protocol }: Edge): string {
  return JSON.stringify([host, port, vendor, category, country, isStoreProtocol(protocol), isServerProtocol(protocol)]);
}

/** A service by its app label, wherever it runs; else a container; else a program (or, nameless, a user) on a host. */
export function workloadOf(source: Source, knowledge: Knowledge): Workload {
  const principal = source.app === null && source.user !== null ? knowledge.appOfPrincipal(source.user) : null;
  const app = source.app ?? principal;
  const verified = source.app === null ? principal !== null : source.verified;
  const label = sourceLabel({ ...source, app, verified });
  const owner = app === null ? null : knowledge.ownerOfApp(app);
  return { key: workloadKey(source, app, verified), type: 'workload', label, app, verified, owner };
}

function workloadKey({ container, host, exe, process, user }: Source, app: string | null, verified: boolean): string {
  if (app !== null) return JSON.stringify([verified ? 'app' : 'claimed', app]);
  if (container !== null) return JSON.stringify(['container', container]);
  return JSON.stringify(['process', host, exe ?? process, exe === null && process === null ? user : null]);
}

/** `billing`, `curl on build-7`, `10.0.0.7`: the best name there is. A label without its token is marked as a claim. */
export function sourceLabel({ app, verified, process, host, user, container }: Source): string {
  if (app !== null) return verified ? app : `${app} (unverified)`;
  const what = process ?? container ?? user;
  if (what === null) return host ?? 'unknown source';
  return host === null ? what : `${what} on ${host}`;
}

/** What stands at the destination of an edge. What the configuration says now wins over what was recorded then. */
export function placeOf(edge: Pick<Edge, 'destination' | 'protocol'>, knowledge: Knowledge): Place {
  const { host, port } = edge.destination;
  const known = host === null ? null : knowledge.destinationAt(host, port);
  const store = host === null ? null : knowledge.storeAt(host, port);
  const app = host === null ? null : knowledge.appAt(host, port);
  const vendor = known?.vendor ?? edge.destination.vendor;
  const category = known === null || known.category === 'unknown' ? edge.destination.category : known.category;
  const country = known?.country ?? edge.destination.country;
  const type = typeOf({ host, vendor, category, app, isStore: store !== null || isStoreProtocol(edge.protocol) });
  const owner = store?.owner ?? known?.owner ?? (app === null ? null : knowledge.ownerOfApp(app));
  const sanctioned = known?.sanctioned ?? false;
  return {
    key: store === null ? JSON.stringify(['at', host, port]) : JSON.stringify(['store', store.name]),
    type,
    label: store?.name ?? placeLabel(host, port, vendor),
    host,
    port,
    vendor,
    category,
    country,
    sanctioned,
    owner,
    note: known?.note ?? null,
    store: store?.name ?? null,
    isShadow:
      type === 'datastore' &&
      store === null &&
      !sanctioned &&
      owner === null &&
      // Not each of thousands of buckets of a cloud is a shadow: a server that nobody has listed is.
      (vendor === null || isServerProtocol(edge.protocol)),
    app,
  };
}

function typeOf(place: {
  readonly host: string | null;
  readonly vendor: string | null;
  readonly category: string;
  readonly app: string | null;
  readonly isStore: boolean;
}): DestinationType {
  if (place.isStore || place.category === 'datastore') return 'datastore';
  if (place.category === 'genai') return 'llm';
  if (place.app !== null || place.category === 'internal') return 'internal';
  if (place.category === 'saas' || place.category === 'cdn' || place.vendor !== null) return 'third_party';
  return place.host !== null && isInternalHost(place.host) ? 'internal' : 'unknown';
}

function placeLabel(host: string | null, port: number | null, vendor: string | null): string {
  const address = port === null || port === 443 ? (host ?? 'unknown destination') : `${host ?? 'unknown'}:${port}`;
  return vendor === null ? address : `${vendor} ${address}`;
}

/** Protocols that only data stores speak. */
const STORE_PROTOCOLS: ReadonlySet<string> = new Set([
  ...['postgres', 'postgresql', 'mysql', 'mariadb', 'mssql', 'tds', 'oracle', 'redis', 'valkey', 'memcached'],
  ...['mongodb', 'mongo', 'cassandra', 'cql', 'clickhouse', 'elasticsearch', 'opensearch', 'kafka', 'amqp', 'nats'],
]);

/** Those of a cloud's own stores, of which each account has thousands. */
const CLOUD_PROTOCOLS: ReadonlySet<string> = new Set(['s3', 'dynamodb']);

/** `postgres`; with TLS inside it is `postgres+tls` or `postgresql/tls` to some. */
export function isStoreProtocol(protocol: string): boolean {
  return isServerProtocol(protocol) || CLOUD_PROTOCOLS.has(protocol.toLowerCase());
}

/** Of a server that somebody runs, unlike a bucket. */
function isServerProtocol(protocol: string): boolean {
  return STORE_PROTOCOLS.has(protocol.toLowerCase().split(/[+/ ]/, 1)[0] ?? '');
}

const INTERNAL_SUFFIX = /\.(internal|local|localhost|localdomain|lan|corp|intranet|private|home\.arpa|svc)$/;

/** A name or address that does not leave the network: one label, a private suffix, a private or loopback address. */
export function isInternalHost(host: string): boolean {
  if (host.includes(':')) return host === '::1' || /^(f[cd]|fe[89ab])/.test(host);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    const [a = 0, b = 0] = host.split('.').map(Number);
    if (a === 10 || a === 127 || (a === 192 && b === 168) || (a === 169 && b === 254)) return true;
    return (a === 172 && b >= 16 && b < 32) || (a === 100 && b >= 64 && b < 128);
  }
  return !host.includes('.') || INTERNAL_SUFFIX.test(host);
}

/** On this very host: what is sent there in clear crosses no wire. */
export function isLoopbackHost(host: string | null): boolean {
  return host !== null && (host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host));
}
