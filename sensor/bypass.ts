/**
 * Which calls to GenAI went round the proxy, decided on the wire and never by what a program asked its library for: a
 * ClientHello that names a GenAI host, on a connection whose other end is no listener of Weir's, by a process that is not
 * Weir's. Of what was not seen so, it is unknown.
 */
import { canonicalHost } from '../catalog/host.ts';
import type { EventBody } from '../flow/event.ts';
import type { Destination, Source } from '../flow/parties.ts';
import { alertEvent } from './alert-event.ts';
import type { Connection } from './connections.ts';
import type { PacketFrame } from './frame-types.ts';
import type { ConnectionWatcher, WatcherTools } from './watcher.ts';

/**
 * `proxied`: leads to a listener of Weir's, or was steered there. `own`: of Weir itself. `bypass`: round it, to GenAI.
 * `other`: to what is no GenAI.
 */
export type Round = 'proxied' | 'own' | 'bypass' | 'other' | 'unknown';

const MINUTE_MS = 60_000;
const MAX_TOLD = 20_000;
/** `CONNECT host:port HTTP/1.1`. */
const CONNECT = /^CONNECT (\[[0-9A-Fa-f:.]{2,45}\]|[^\s/:]{1,255}):\d{1,5} HTTP\/1\.[01]\r?\n/;

/** How a connection leads, as far as its ClientHello was seen. */
export function roundOf(
  connection: Pick<Connection, 'isOwn' | 'isSteered' | 'isAccepted' | 'isTls' | 'sni'>,
  isOwnListener: boolean,
  isGenai: (host: string) => boolean,
): Round {
  if (connection.isOwn) return 'own';
  if (connection.isSteered || isOwnListener) return 'proxied';
  if (connection.isAccepted || connection.isTls !== true || connection.sni === null) return 'unknown';
  return isGenai(connection.sni) ? 'bypass' : 'other';
}

/** Watches connections for those that go round; one event for a source and host in a minute. */
export function watchBypass(tools: WatcherTools): ConnectionWatcher {
  const told = new Map<string, number>();
  return {
    told(connection, at) {
      const { catalog } = tools.settings();
      const isGenai = (host: string): boolean => catalog.lookup(host, connection.port).category === 'genai';
      const { sni, port } = connection;
      if (sni === null || roundOf(connection, tools.isOwnListener(connection), isGenai) !== 'bypass') return;
      const source = tools.sourceOf(connection);
      if (!isFirst(told, edgeKey(source, sni, port), at)) return;
      const event = bypassEvent(catalog.lookup(sni, port), source, tools.newId(), tools.wallMs(at));
      tools.recorder.closeSoon({ event, edges: [], excerpt: null }).catch(() => {
        // The recorder has said so; there is nobody here to hold up.
      });
    },
    packet(connection, packet) {
      if (tools.isOwnListener(connection)) nameProxied(connection, packet);
    },
  };
}

/**
 * A connection to the proxy has the name that it asks the proxy for, so that what is read of it inside TLS, where the library
 * knows no socket, is not taken for a call of its own.
 */
function nameProxied(connection: Connection, { way, bytes }: PacketFrame): void {
  if (way !== 'out' || connection.isAccepted || connection.host !== null) return;
  const [, asked] = CONNECT.exec(bytes.toString('latin1', 0, 300)) ?? [];
  const host = asked === undefined ? socksName(bytes) : canonicalHost(asked);
  if (host !== null) connection.host = host;
}

/** SOCKS5 (RFC 1928 §4): a request to connect to a name. */
function socksName(bytes: Buffer): string | null {
  if (bytes.length < 5 || bytes[0] !== 5 || bytes[1] !== 1 || bytes[2] !== 0 || bytes[3] !== 3) return null;
  const end = 5 + (bytes[4] ?? 0);
  return end + 2 > bytes.length ? null : canonicalHost(bytes.toString('latin1', 5, end));
}

function isFirst(told: Map<string, number>, key: string, at: number): boolean {
  const before = told.get(key);
  if (before !== undefined && at - before < MINUTE_MS) return false;
  if (told.size >= MAX_TOLD) told.clear();
  told.set(key, at);
  return true;
}

function edgeKey({ app, host: from, process, exe, user, container }: Source, host: string, port: number): string {
  return JSON.stringify([app, from, process, exe, user, container, host, port]);
}

function bypassEvent(destination: Destination, source: Source, id: string, now: number): EventBody {
  const severity = destination.sanctioned ? 'medium' : 'high';
  const explanation = [
    `a TLS connection to ${destination.host} went round the proxy: what it carries is not inspected in line`,
    'route the program through Weir: weir run, weir env, or sensor.steer',
  ];
  const reason = 'went round the proxy';
  return alertEvent({ id, kind: 'bypass', now, rule: 'bypass', severity, explanation, source, destination, reason });
}
