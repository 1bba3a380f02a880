/**
 * Beside the TLS handles, the sensor watches connections that are no TLS: those to data stores by their own protocols, and
 * plain HTTP between workloads, as any other call. Of each the first bytes of some messages are asked of the kernel; what
 * is neither is left alone for good.
 */
import type { SocketVerdict } from '../commands.ts';
import { doSocket } from '../commands.ts';
import type { Connection } from '../connections.ts';
import type { PacketFrame } from '../frame-types.ts';
import type { Conversation } from '../reassemble/heard.ts';
import { Http1 } from '../reassemble/http1.ts';
import { HandleRoom, HEARING_LIMITS, Room } from '../reassemble/room.ts';
import type { ConnectionWatcher, WatcherTools } from '../watcher.ts';
import { type ManagedStore, type ManagedStores, managedStores } from './managed-stores.ts';
import { StoreObserver, type StorePlace } from './observe-store.ts';
import { STORE_LIMITS } from './store-message.ts';
import { type Interest, StoreWatch } from './store-watch.ts';

export interface WatchStoresOptions {
  /** `stores` of the configuration, as it is now. */
  readonly stores: () => readonly ManagedStore[];
  /** Messages of an edge that are looked at in a minute. */
  readonly messagesPerMinute: () => number;
  /** Of each message so many bytes; STORE_LIMITS' unless said. */
  readonly messageBytes?: number;
}

/** All the HTTP that is open may keep so much. */
const ROOM_BYTES = 8 * 1024 * 1024;
const IGNORED: SocketVerdict = { verdict: 'ignore', out: false, in: false, bytes: 0, messages: 0 };
const BOTH = { out: true, in: true } as const;
/** Beyond the texts a message has its frame. */
const FRAMING_BYTES = 512;
const MAX_KERNEL_BYTES = 16_384;

export function watchStores(options: WatchStoresOptions): (tools: WatcherTools) => ConnectionWatcher {
  return (tools) => new StoreWatcher(options, tools);
}

class StoreWatcher implements ConnectionWatcher {
  readonly #options: WatchStoresOptions;
  readonly #tools: WatcherTools;
  readonly #messageBytes: number;
  readonly #observer: StoreObserver;
  readonly #watch: StoreWatch;
  readonly #room = new Room(ROOM_BYTES);
  readonly #connections = new Map<number, { readonly connection: Connection; interest: Interest }>();
  #managed: { readonly for: readonly unknown[]; readonly stores: ManagedStores } | null = null;

  constructor(options: WatchStoresOptions, tools: WatcherTools) {
    this.#options = options;
    this.#tools = tools;
    this.#messageBytes = options.messageBytes ?? STORE_LIMITS.messageBytes;
    this.#observer = new StoreObserver(
      () => ({
        engine: tools.settings().engine,
        catalog: tools.settings().catalog,
        managed: this.#managedStores(),
        excerptChars: tools.settings().excerptChars,
        messagesPerMinute: options.messagesPerMinute(),
      }),
      {
        newId: tools.newId,
        close: (closing) => {
          tools.recorder.closeSoon(closing).catch(() => {
            // The recorder has said so; there is nobody here to hold up.
          });
        },
        observe: (observations) => {
          try {
            tools.recorder.observe(observations);
          } catch {
            // The same.
          }
        },
      },
    );
    this.#watch = new StoreWatch({
      observer: this.#observer,
      limits: { ...STORE_LIMITS, messageBytes: this.#messageBytes },
      hearHttp: (key) => this.#hearHttp(key),
    });
  }

  packet(connection: Connection, packet: PacketFrame, at: number): void {
    const { cookie } = connection;
    let known = this.#connections.get(cookie);
    if (known === undefined) {
      known = { connection, interest: 'first' };
      this.#connections.set(cookie, known);
      if (!this.#isWatched(connection)) known.interest = 'ignore';
      if (known.interest === 'ignore') this.#tools.command(doSocket(cookie, IGNORED));
    }
    if (known.interest === 'ignore') return;
    const { way, sequence, bytes, total, isMessageStart: isTurn } = packet;
    const sample = { way, sequence, bytes, total, isTurn, atMs: at };
    const interest = this.#watch.packet(cookie, () => this.#placeOf(connection), sample, this.#tools.wallMs(at));
    if (this.#watch.protocolOf(cookie) !== null) connection.heard = { kind: 'heard' };
    if (interest === known.interest) return;
    known.interest = interest;
    this.#tools.command(doSocket(cookie, this.#verdictOf(interest)));
  }

  closed(
    { cookie }: Connection,
    _at: number,
    state: { readonly bytesSent: number; readonly bytesReceived: number },
  ): void {
    this.#watch.closed(cookie, { out: state.bytesSent, in: state.bytesReceived });
    this.#connections.delete(cookie);
  }

  tick(at: number): void {
    this.#watch.settle(at, this.#tools.wallMs(at));
  }

  end(at: number): void {
    this.#watch.end(this.#tools.wallMs(at));
    this.#connections.clear();
  }

  /** A call that was heard, inside TLS or plain: a data store may be spoken to by HTTP. */
  exchange(
    parties: Parameters<NonNullable<ConnectionWatcher['exchange']>>[0],
    exchange: Parameters<NonNullable<ConnectionWatcher['exchange']>>[1],
  ): boolean {
    const { source, destination, via, now } = parties;
    const { host, port } = destination;
    // Nobody knows where it went: it cannot be told which store that is.
    if (host === '') return false;
    return this.#observer.heardCall({ source, host, address: host, port, via }, exchange, this.#messageBytes, now);
  }

  /** What the proxy sees, what Weir does itself and what comes in is watched elsewhere. */
  #isWatched(connection: Connection): boolean {
    return (
      connection.protocol === 'tcp' &&
      !connection.isOwn &&
      !connection.isSteered &&
      !connection.isAccepted &&
      !this.#tools.isOwnListener(connection)
    );
  }

  #verdictOf(interest: Interest): SocketVerdict {
    if (interest === 'ignore') return IGNORED;
    const bytes = Math.min(MAX_KERNEL_BYTES, this.#messageBytes + FRAMING_BYTES);
    return { verdict: 'sample', ...BOTH, bytes, messages: Math.max(1, this.#options.messagesPerMinute()) };
  }

  #placeOf(connection: Connection): StorePlace {
    const { host, address, port, via } = connection;
    return { source: this.#tools.sourceOf(connection), host: host ?? address, address, port, via };
  }

  #hearHttp(key: string | number): Conversation | null {
    const connection = typeof key === 'number' ? this.#connections.get(key)?.connection : undefined;
    if (connection === undefined) return null;
    return new Http1({
      room: new HandleRoom(this.#room, HEARING_LIMITS),
      limits: HEARING_LIMITS,
      hear: (exchange) => this.#tools.heardPlain(connection, exchange),
      hearsAnswers: true,
      isFromStart: true,
      switched: () => null,
    });
  }

  #managedStores(): ManagedStores {
    const stores = this.#options.stores();
    const { catalog } = this.#tools.settings();
    if (this.#managed === null || this.#managed.for[0] !== stores || this.#managed.for[1] !== catalog) {
      this.#managed = { for: [stores, catalog], stores: managedStores(stores, catalog) };
    }
    return this.#managed.stores;
  }
}
