/**
 * Which calls to GenAI went round the proxy, decided on the wire and never by what a program asked its library for: a
 * ClientHello that names a GenAI host, on a connection whose other end is no listener of Weir's, by a process that is not
 * Weir's. Of what was not seen so, the answer is `unknown`. Bounded; knows the time only as it is told.
 */
import type { Catalog } from '../catalog/catalog.ts';
import { canonicalHost, type HostPort } from '../catalog/host.ts';
import { FULL } from '../flow/coverage.ts';
import type { EventBody } from '../flow/event.ts';
import { eventDestination } from '../flow/event-destination.ts';
import { timeText } from '../flow/event-of.ts';
import type { Destination, Source } from '../flow/parties.ts';

/**
 * `proxied`: goes to a listener of Weir's, or was steered there. `own`: by Weir itself. `bypass`: round it, to GenAI.
 * `other`: to what is no GenAI.
 */
export type Way = 'proxied' | 'own' | 'bypass' | 'other' | 'unknown';

/** A connection that a process asked for. */
export interface Connecting {
  readonly pid: number;
  readonly address: string;
  readonly port: number;
  /** By a process of Weir's, or a child of one. */
  readonly isOwn: boolean;
  readonly isSteered: boolean;
}

export interface BypassSettings {
  readonly catalog: Catalog;
  /** Where Weir listens; a wildcard address stands for every address of this host. */
  readonly listeners: readonly HostPort[];
  /** Addresses of this host, loopback aside. */
  readonly localAddresses: () => readonly string[];
}

interface Known {
  readonly connecting: Connecting;
  way: Way;
  name: string | null;
}

const MAX_CONNECTIONS = 20_000;
const MAX_NAMED = 20_000;
const MINUTE_MS = 60_000;
/** `CONNECT host:port HTTP/1.1`, and a request with a whole URL. */
const ASKED = /^(?:CONNECT ([^\s/]{1,260}):\d{1,5} HTTP\/1\.|[A-Z]{3,10} https?:\/\/([^\s/:]{1,260})[:/\s])/;

export class BypassWatch {
  #settings: BypassSettings;
  readonly #known = new Map<string | number, Known>();
  /** By process and name, for what is read in a library without a socket: every way that was seen. */
  readonly #ways = new Map<string, Set<Way>>();
  /** When an edge was told of last. */
  readonly #told = new Map<string, number>();

  constructor(settings: BypassSettings) {
    this.#settings = settings;
  }

  /** A configuration that was read again. */
  take(settings: BypassSettings): void {
    this.#settings = settings;
  }

  connected(key: string | number, connecting: Connecting): void {
    const { isOwn, isSteered } = connecting;
    const way = isOwn ? 'own' : isSteered || this.#isListener(connecting) ? 'proxied' : 'unknown';
    keep(this.#known, key, { connecting, way, name: null }, MAX_CONNECTIONS);
  }

  /** The first bytes that a client sent to a listener of Weir's: for whom it asks. */
  asked(key: string | number, bytes: Buffer): void {
    const known = this.#known.get(key);
    if (known?.way !== 'proxied' || known.name !== null) return;
    const [, connect, url] = ASKED.exec(bytes.toString('latin1', 0, 300)) ?? [];
    const name = canonicalHost(connect ?? url ?? '');
    if (name !== null) this.#name(known, name);
  }

  /** A ClientHello was seen on the wire, with this name or none. What it says of the connection. */
  hello(key: string | number, serverName: string | null): Way {
    const known = this.#known.get(key);
    if (known === undefined) return 'unknown';
    const name = serverName === null ? null : canonicalHost(serverName);
    if (name === null) return known.way;
    if (known.way === 'unknown') {
      const { category } = this.#settings.catalog.lookup(name, known.connecting.port);
      known.way = category === 'genai' ? 'bypass' : 'other';
    }
    this.#name(known, name);
    return known.way;
  }

  /** How a connection goes, as far as it was seen. */
  wayOf(key: string | number): Way {
    return this.#known.get(key)?.way ?? 'unknown';
  }

  /** The same of all that a process had with a host, for plaintext whose socket is not known; `unknown` where they differ. */
  wayTo(pid: number, host: string): Way {
    const [only, another] = this.#ways.get(`${pid} ${host}`) ?? [];
    return only !== undefined && another === undefined ? only : 'unknown';
  }

  closed(key: string | number): void {
    this.#known.delete(key);
  }

  /**
   * The event of a connection that goes round the proxy; null where this source and host had one within the last minute, so
   * that a program that goes round for each call does not fill the log.
   */
  eventOf(host: string, port: number, source: Source, newId: (ms: number) => string, now: number): EventBody | null {
    const { app, host: from, process, exe, user, container } = source;
    const edge = JSON.stringify([app, from, process, exe, user, container, host, port]);
    const before = this.#told.get(edge);
    if (before !== undefined && now - before < MINUTE_MS) return null;
    keep(this.#told, edge, now, MAX_CONNECTIONS);
    return bypassEvent(this.#settings.catalog.lookup(host, port), source, newId(now), now);
  }

  #name(known: Known, name: string): void {
    known.name = name;
    const key = `${known.connecting.pid} ${name}`;
    const ways = this.#ways.get(key) ?? new Set<Way>();
    ways.add(known.way);
    keep(this.#ways, key, ways, MAX_NAMED);
  }

  #isListener({ address, port }: Connecting): boolean {
    return this.#settings.listeners.some((one) => {
      if (one.port !== port) return false;
      if (one.host === address) return true;
      if (one.host === 'localhost') return isLoopback(address);
      if (one.host !== '0.0.0.0' && one.host !== '::') return false;
      return isLoopback(address) || this.#settings.localAddresses().includes(address);
    });
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function bypassEvent(destination: Destination, source: Source, id: string, now: number): EventBody {
  const severity = destination.sanctioned ? 'medium' : 'high';
  const explanation = [
    `a TLS connection to ${destination.host} went round the proxy: what it carries is not inspected in line`,
    'route the program through Weir: `weir run`, `weir env`, or sensor.steer',
  ];
  return {
    id,
    kind: 'bypass',
    time: timeText(now),
    channel: 'sensor',
    exchange: null,
    outcome: null,
    status: null,
    decisions: [
      {
        direction: 'request',
        action: 'alert',
        mode: 'monitor',
        policy: 'sensor',
        policyVersion: null,
        rule: 'bypass',
        severity,
        explanation,
      },
    ],
    action: 'alert',
    mode: 'monitor',
    policy: 'sensor',
    policyVersion: null,
    rule: 'bypass',
    severity,
    explanation,
    enforced: false,
    coverage: FULL,
    source,
    destination: eventDestination(destination),
    provider: null,
    model: null,
    route: null,
    findings: [],
    bytes: { out: 0, in: 0 },
    latencyMs: null,
    reason: 'went round the proxy',
    refersTo: null,
  };
}

/** The one used last is the last; the oldest go where there are too many. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}
