/**
 * The kept connections to upstreams, by origin. The one used last is taken first, so that a burst's surplus runs out of
 * time; how many there are follows from how many requests are under way. Those of HTTP/2 are shared, and stand in
 * `http2/upstream-sessions.ts`. Sockets come from the dialer alone.
 */
import { Socket } from 'node:net';
import type { Target } from './authority.ts';
import type { Dialer } from './dialer.ts';
import type { ConnectRoom } from './http2/connect-room.ts';
import { speaksOther, UpstreamSessions } from './http2/upstream-sessions.ts';
import { type Carrier, type ConnectionLimits, UpstreamConnection } from './upstream-connection.ts';

/** How often connections whose time is up are looked for. */
const SWEEP_MS = 5000;

export class UpstreamPool {
  readonly #dialer: Dialer;
  readonly #limits: ConnectionLimits;
  readonly #free = new Map<string, UpstreamConnection[]>();
  readonly #all = new Set<UpstreamConnection>();
  readonly #sweeping: NodeJS.Timeout;
  readonly #sessions: UpstreamSessions;
  #isClosed = false;

  constructor(dialer: Dialer, limits: ConnectionLimits) {
    this.#dialer = dialer;
    this.#limits = limits;
    this.#sessions = new UpstreamSessions(dialer, limits);
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  /** A kept connection that waits for work, or a session with room; null where there is none. */
  kept(origin: Target, offersHttp2: boolean): Carrier | null {
    const key = keyOf(origin);
    if (this.#sessions.isFor(key, offersHttp2)) return this.#sessions.kept(key);
    const free = this.#free.get(key);
    if (free === undefined) return null;
    const now = performance.now();
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      if (connection.isUsable(now)) return connection;
      connection.destroy();
    }
    return null;
  }

  /** A new connection, or room on a session. Throws what the dialer throws. */
  async fresh(origin: Target, offersHttp2: boolean): Promise<Carrier> {
    const key = keyOf(origin);
    if (this.#sessions.isFor(key, offersHttp2)) return this.#shared(key, origin);
    try {
      return this.#connection(key, await this.#dialer.dial(origin, origin.scheme === 'https'));
    } catch (error) {
      if (!speaksOther(error)) throw error;
      // It speaks HTTP/2 and nothing else.
      this.#sessions.keepToNew(key);
      return this.#shared(key, origin);
    }
  }

  /** For a WebSocket: room on a session of an upstream that takes them there, else a socket of its own. Throws alike. */
  async webSocket(origin: Target, offersHttp2: boolean): Promise<ConnectRoom | Socket> {
    const key = keyOf(origin);
    if (offersHttp2 && this.#sessions.isFor(key, true)) {
      const opened = await this.#sessions.openConnect(key, origin);
      if (opened instanceof Socket || (await opened.isAnnounced(this.#limits.firstByteMs))) return opened;
      opened.letGo();
    }
    return this.#dialer.dial(origin, origin.scheme === 'https');
  }

  /** The upstream has asked for HTTP/1.1. */
  keepToOld(origin: Target): void {
    this.#sessions.keepToOld(keyOf(origin));
  }

  async #shared(key: string, origin: Target): Promise<Carrier> {
    const opened = await this.#sessions.open(key, origin);
    return opened instanceof Socket ? this.#connection(key, opened) : opened;
  }

  #connection(key: string, socket: Socket): UpstreamConnection {
    const connection = new UpstreamConnection(
      socket,
      this.#limits,
      (free) => this.#keep(key, free),
      (gone) => this.#forget(key, gone),
    );
    this.#all.add(connection);
    // The proxy may have been told to stop while it dialled.
    if (this.#isClosed) connection.destroy();
    return connection;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeping);
    this.#sessions.close();
    for (const connection of this.#all) connection.destroy();
  }

  #keep(key: string, connection: UpstreamConnection): void {
    const free = this.#free.get(key);
    if (free === undefined) this.#free.set(key, [connection]);
    else free.push(connection);
  }

  #forget(key: string, connection: UpstreamConnection): void {
    this.#all.delete(connection);
    const free = this.#free.get(key);
    const at = free?.indexOf(connection) ?? -1;
    if (at !== -1) free?.splice(at, 1);
    if (free?.length === 0) this.#free.delete(key);
  }

  #sweep(): void {
    const now = performance.now();
    this.#sessions.sweep(now);
    for (const free of this.#free.values()) {
      for (const connection of [...free]) if (!connection.isUsable(now)) connection.destroy();
    }
  }
}

function keyOf({ scheme, host, port, address }: Target): string {
  return address === undefined ? `${scheme}://${host}:${port}` : `${scheme}://${host}:${port} at ${address}`;
}
