/**
 * The connections of this host that may be to data stores: samples of packets in, or bytes from inside TLS, observations
 * out. Tells what is worth sampling further. Bounded: of more connections than it can keep it ends the oldest.
 */
import type { Conversation, Way } from '../reassemble/heard.ts';
import type { StoreObserver, StorePlace } from './observe-store.ts';
import { PacketOrder, type PacketSample } from './packet-order.ts';
import { StoreConnection } from './store-connection.ts';
import { STORE_LIMITS, type StoreLimits, type StoreProtocol } from './store-message.ts';

/**
 * What is to be done with a connection: `first` goes on with its first bytes, `sample` wants the first bytes of messages,
 * `ignore` nothing more.
 */
export type Interest = 'first' | 'sample' | 'ignore';

export interface StoreWatchOptions {
  readonly observer: StoreObserver;
  readonly limits?: StoreLimits;
  readonly maxConnections?: number;
  /** Who reads the HTTP of a connection; null where nobody does. */
  readonly hearHttp: (key: string | number) => Conversation | null;
}

const MAX_CONNECTIONS = 4096;
/** An exchange over HTTP whose end does not come is told as it is. */
const HTTP_WAIT_MS = 60_000;

interface Watched {
  readonly connection: StoreConnection;
  /** Null for what is heard inside TLS, where the bytes are in order. */
  readonly order: PacketOrder | null;
  readonly place: () => StorePlace;
  protocol: StoreProtocol | null;
  isSealed: boolean;
  readonly heardBytes: Record<Way, number>;
  /** Milliseconds of the samples' clock, and Unix. */
  atMs: number;
  now: number;
}

export class StoreWatch {
  readonly #options: StoreWatchOptions;
  readonly #limits: StoreLimits;
  readonly #max: number;
  /** By what the caller calls them; the one spoken on last is the last. */
  readonly #watched = new Map<string | number, Watched>();

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    this.#limits = options.limits ?? STORE_LIMITS;
    this.#max = options.maxConnections ?? MAX_CONNECTIONS;
  }

  get size(): number {
    return this.#watched.size;
  }

  /** What a connection that is watched speaks; null where it is not known, or no store. */
  protocolOf(key: string | number): StoreProtocol | null {
    return this.#watched.get(key)?.protocol ?? null;
  }

  /**
   * A packet of a client's connection. `place` is asked whenever something is to be recorded, so that a name that becomes
   * known later counts. `now`: Unix ms.
   */
  packet(key: string | number, place: () => StorePlace, sample: PacketSample, now: number): Interest {
    const watched = this.#at(key, place, sample.atMs, now, true);
    watched.order?.push(sample);
    return this.#judge(watched);
  }

  /** Bytes from inside a connection's TLS, in order. */
  data(key: string | number, place: () => StorePlace, way: Way, bytes: Buffer, now: number): Interest {
    const watched = this.#at(key, place, now, now, false);
    watched.connection.data(way, bytes, now);
    return this.#judge(watched);
  }

  lost(key: string | number, way: Way, bytes: number): void {
    const watched = this.#watched.get(key);
    watched?.connection.lost(way, bytes, watched.atMs);
  }

  /** The connection is over. `totals`: all bytes that went over, where they are known. */
  closed(key: string | number, totals: Readonly<Record<Way, number>> | null): void {
    const watched = this.#watched.get(key);
    if (watched === undefined) return;
    this.#watched.delete(key);
    this.#end(watched);
    if (watched.protocol === null || totals === null) return;
    const { out, in: received } = watched.heardBytes;
    const rest = { out: Math.max(0, totals.out - out), in: Math.max(0, totals.in - received) };
    this.#options.observer.closed(watched.place(), watched.protocol, rest);
  }

  /** What waits for packets that do not come is let go, and what was counted is written down. Call it each second or so. */
  settle(atMs: number, now: number): void {
    for (const watched of this.#watched.values()) {
      watched.atMs = atMs;
      watched.order?.settle(atMs);
      watched.connection.settle(atMs - HTTP_WAIT_MS, atMs);
      this.#judge(watched);
    }
    this.#options.observer.settle(now);
  }

  /** Nothing more comes. */
  end(now: number): void {
    for (const watched of this.#watched.values()) this.#end(watched);
    this.#watched.clear();
    this.#options.observer.settle(now);
  }

  #at(key: string | number, place: () => StorePlace, atMs: number, now: number, isPackets: boolean): Watched {
    let watched = this.#watched.get(key);
    if (watched === undefined) {
      watched = this.#begin(key, place, atMs, now, isPackets);
    } else {
      this.#watched.delete(key);
      watched.atMs = atMs;
      watched.now = now;
    }
    this.#watched.set(key, watched);
    for (const [oldest, one] of this.#watched) {
      if (this.#watched.size <= this.#max) break;
      this.#watched.delete(oldest);
      this.#end(one);
    }
    return watched;
  }

  #begin(key: string | number, place: () => StorePlace, atMs: number, now: number, isPackets: boolean): Watched {
    const { observer, hearHttp } = this.#options;
    const connection = new StoreConnection({
      limits: this.#limits,
      hear: (message) => {
        this.#recognise(watched);
        watched.heardBytes[message.way] += message.bytes;
        const protocol = connection.protocol;
        if (protocol !== null) observer.heard(place(), protocol, message, watched.now);
      },
      http: () => hearHttp(key),
    });
    const ordered = {
      data: (way: Way, bytes: Buffer) => connection.data(way, bytes, watched.atMs),
      lost: (way: Way, bytes: number) => connection.lost(way, bytes, watched.atMs),
    };
    const watched: Watched = {
      connection,
      order: isPackets ? new PacketOrder(ordered) : null,
      place,
      protocol: null,
      isSealed: false,
      heardBytes: { out: 0, in: 0 },
      atMs,
      now,
    };
    return watched;
  }

  /** The first time that its protocol is known. */
  #recognise(watched: Watched): void {
    const { protocol } = watched.connection;
    if (protocol === null || watched.protocol !== null) return;
    watched.protocol = protocol;
    this.#options.observer.recognised(watched.place(), protocol, watched.now);
  }

  #judge(watched: Watched): Interest {
    const { connection } = watched;
    this.#recognise(watched);
    const { sealed } = connection;
    if (sealed !== null && !watched.isSealed && watched.protocol !== null) {
      watched.isSealed = true;
      this.#options.observer.sealed(watched.place(), watched.protocol, sealed);
    }
    if (!connection.wants) return 'ignore';
    return connection.recognised.kind === 'need-more' ? 'first' : 'sample';
  }

  #end(watched: Watched): void {
    watched.order?.end();
    watched.connection.end(watched.atMs);
    this.#judge(watched);
  }
}
