/**
 * The kept connections to upstreams, by origin. The one used last is taken first, so that a burst's surplus runs out of
 * time; how many there are follows from how many requests are under way. Sockets come from the dialer alone.
 */
import type { Target } from './authority.ts';
import type { Dialer } from './dialer.ts';
import { type ConnectionLimits, UpstreamConnection } from './upstream-connection.ts';

/** How often connections whose time is up are looked for. */
const SWEEP_MS = 5000;

export class UpstreamPool {
  readonly #dialer: Dialer;
  readonly #limits: ConnectionLimits;
  readonly #free = new Map<string, UpstreamConnection[]>();
  readonly #all = new Set<UpstreamConnection>();
  readonly #sweeping: NodeJS.Timeout;
  #isClosed = false;

  constructor(dialer: Dialer, limits: ConnectionLimits) {
    this.#dialer = dialer;
    this.#limits = limits;
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeping.unref();
  }

  /** A kept connection that waits for work; null where there is none. */
  kept(origin: Target): UpstreamConnection | null {
    const free = this.#free.get(keyOf(origin));
    if (free === undefined) return null;
    const now = performance.now();
    for (let connection = free.pop(); connection !== undefined; connection = free.pop()) {
      if (connection.isUsable(now)) return connection;
      connection.destroy();
    }
    return null;
  }

  /** A new connection. Throws what the dialer throws. */
  async fresh(origin: Target): Promise<UpstreamConnection> {
    const socket = await this.#dialer.dial(origin, origin.scheme === 'https');
    const key = keyOf(origin);
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
    for (const free of this.#free.values()) {
      for (const connection of [...free]) if (!connection.isUsable(now)) connection.destroy();
    }
  }
}

function keyOf({ scheme, host, port, address }: Target): string {
  return address === undefined ? `${scheme}://${host}:${port}` : `${scheme}://${host}:${port} at ${address}`;
}
