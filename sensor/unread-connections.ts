/**
 * Connections that were closed without anything having been read of them: each becomes an edge that says why. What was said
 * over one may be told a little after its end, so it waits for a moment; and a library of its process that cannot be read is
 * the reason where there is one.
 */
import { opaque } from '../flow/coverage.ts';
import type { EdgeObservation } from '../flow/edge.ts';
import { eventDestination } from '../flow/event-destination.ts';
import { timeText } from '../flow/event-of.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { Connection } from './connections.ts';
import type { LibraryFrame, StateFrame } from './frame-types.ts';

export interface UnreadOptions {
  /** Whether it leads to a listener of Weir's own, which has seen it. */
  readonly isOurs: (connection: Connection) => boolean;
  readonly sourceOf: (connection: Connection) => Source;
  readonly destinationOf: (connection: Connection) => Destination;
  readonly wallMs: (at: number) => number;
  readonly addEdge: (observation: EdgeObservation) => void;
}

const CLOSING_MS = 3000;
const HTTPS_PORT = 443;

interface Closing {
  readonly connection: Connection;
  readonly state: StateFrame;
  readonly dueAt: number;
}

export class UnreadConnections {
  readonly #options: UnreadOptions;
  /** Of each process, the TLS libraries that it has and how they are read. */
  readonly #libraries = new Map<number, Map<string, LibraryFrame>>();
  #closing: Closing[] = [];

  constructor(options: UnreadOptions) {
    this.#options = options;
  }

  library(frame: LibraryFrame): void {
    const { tgid } = frame.task;
    const libraries = this.#libraries.get(tgid) ?? new Map<string, LibraryFrame>();
    libraries.set(frame.path, frame);
    this.#libraries.set(tgid, libraries);
  }

  /** A process has ended, or has become another program. */
  forget(tgid: number): void {
    this.#libraries.delete(tgid);
  }

  /** It has ended; whether anything was read of it shows in a moment. */
  closed(connection: Connection, state: StateFrame, at: number): void {
    if (connection.heard.kind === 'nothing' && connection.isTls === true) {
      const reason = this.#reasonOf(connection.task.tgid);
      if (reason !== null) connection.heard = { kind: 'unread', reason };
    }
    this.#closing.push({ connection, state, dueAt: at + CLOSING_MS });
  }

  /** One that has ended a moment ago, by its socket. */
  find(cookie: Connection['cookie'] | null): Connection | null {
    return this.#closing.find(({ connection }) => connection.cookie === cookie)?.connection ?? null;
  }

  /** One of a process that led to a name. */
  findByName(tgid: number, host: string): Connection | null {
    const found = this.#closing.find(({ connection }) => connection.task.tgid === tgid && connection.host === host);
    return found?.connection ?? null;
  }

  /** Tells of those that have waited long enough. */
  settle(at: number): void {
    const due = this.#closing.filter(({ dueAt }) => dueAt <= at);
    if (due.length > 0) this.#closing = this.#closing.filter(({ dueAt }) => dueAt > at);
    for (const closing of due) this.#tell(closing);
  }

  /** Tells of all, however short they have waited. */
  endAll(): void {
    for (const closing of this.#closing.splice(0)) this.#tell(closing);
  }

  clear(): void {
    this.#libraries.clear();
  }

  /** Null where its libraries are read, so that what was said over it may still be told. */
  #reasonOf(tgid: number): string | null {
    const libraries = [...(this.#libraries.get(tgid)?.values() ?? [])];
    const unread = libraries.find(({ verdict }) => verdict !== 'probed');
    if (unread === undefined || libraries.some(({ verdict }) => verdict === 'probed')) return null;
    return unread.reason || 'refused';
  }

  #tell({ connection, state }: Closing): void {
    const { heard, isTls, isAccepted, alpn, protocol, port, startedAt } = connection;
    const { isOurs, sourceOf, destinationOf, wallMs, addEdge } = this.#options;
    if (heard.kind === 'heard' || isAccepted || isOurs(connection)) return;
    // Refused, or nobody said anything: the kernel counts the end of the other side (FIN) as a byte received.
    if (isTls === null && protocol === 'tcp' && state.bytesSent === 0 && state.bytesReceived <= 1) return;
    const isWeb = alpn.some((name) => name === 'h2' || name === 'http/1.1') || port === HTTPS_PORT;
    const reason = heard.kind === 'unread' ? heard.reason : isTls === true ? 'tls-unknown' : 'unread';
    const shared = {
      source: sourceOf(connection),
      destination: eventDestination(destinationOf(connection)),
      via: connection.via,
      protocol: protocol === 'udp' ? 'quic' : isTls === true ? (isWeb ? 'https' : 'tls') : 'tcp',
      channel: 'sensor' as const,
      entities: {},
      action: 'allow' as const,
      coverage: opaque(reason),
      time: timeText(wallMs(startedAt)),
      model: null,
    };
    addEdge({ ...shared, direction: 'out', bytesOut: state.bytesSent, bytesIn: 0 });
    if (state.bytesReceived > 0) addEdge({ ...shared, direction: 'in', bytesOut: 0, bytesIn: state.bytesReceived });
  }
}
