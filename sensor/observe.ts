/**
 * One stream of frames, straight through: whose it is (attribute), what was said (reassemble), what is in it (extract, scan),
 * what a policy says of it (decide), and the record. Nothing here holds anything up, changes anything or knows a kernel:
 * frames come in, records and commands go out.
 */
import type { Catalog } from '../catalog/catalog.ts';
import { canonicalHost } from '../catalog/host.ts';
import type { Credentials } from '../engine/credentials.ts';
import { FULL, opaque } from '../flow/coverage.ts';
import type { EdgeObservation, Via } from '../flow/edge.ts';
import { eventDestination } from '../flow/event-destination.ts';
import { countEntities, edgesOf, eventOf, timeText } from '../flow/event-of.ts';
import { MEDIUM } from '../flow/finding.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { EdgeRecorder, Recorder } from '../flow/recorder.ts';
import { type Asked, isAskedFor } from './asked-for.ts';
import type { Processes } from './attribution/processes.ts';
import { roundOf } from './bypass.ts';
import type { SensorClock } from './clock.ts';
import { doHandle, doSocket } from './commands.ts';
import { type Connection, Connections } from './connections.ts';
import { EdgeSums } from './edge-sums.ts';
import type { Counts, LibraryFrame, PacketFrame, SensorFrame, StateFrame } from './frames.ts';
import { Handles, type TlsConnection } from './handles.ts';
import { type InspectedExchange, type InspectingHeard, inspectHeard, inspectHeardNow } from './inspect-heard.ts';
import type { HeardExchange } from './reassemble/heard.ts';

/** What holds for exchanges from now on; replaced as a whole when the configuration changes. */
export interface ObservedSettings extends InspectingHeard {
  readonly catalog: Catalog;
  readonly isBypassed: (host: string) => boolean;
}

/** Listens to connections beside the TLS handles: what is no TLS, and where those that are TLS lead. */
export interface ConnectionWatcher {
  /** Its first bytes have told whether it is TLS, and for whom. */
  told?(connection: Connection, at: number): void;
  /** A packet of one that is no TLS. */
  packet?(connection: Connection, packet: PacketFrame, at: number): void;
  closed?(connection: Connection, at: number, state: StateFrame): void;
  /** Each second. */
  tick?(at: number): void;
  /** An exchange that was heard; true where the watcher has recorded it. */
  exchange?(parties: HeardParties, exchange: HeardExchange): boolean;
  /** Nothing more comes. */
  end?(at: number): void;
}

/** Who spoke with whom, as far as it is known. */
export interface HeardParties {
  readonly source: Source;
  readonly destination: Destination;
  readonly via: Via;
  /** Unix time in ms. */
  readonly now: number;
}

/** What a watcher is given to work with. */
export interface WatcherTools {
  readonly settings: () => ObservedSettings;
  readonly sourceOf: (connection: Connection) => Source;
  readonly destinationOf: (connection: Connection) => Destination;
  /** Where the connection leads to a listener of Weir's own. */
  readonly isOwnListener: (connection: Connection) => boolean;
  readonly wallMs: (at: number) => number;
  readonly command: (bytes: Buffer) => void;
  /** For what is recorded with an event, and for edges alone. */
  readonly recorder: Pick<Recorder, 'closeSoon'> & EdgeRecorder;
  /** Inspects and records an exchange of a connection that is no TLS. */
  readonly heardPlain: (connection: Connection, exchange: HeardExchange) => void;
  readonly addEdge: (observation: EdgeObservation) => void;
  readonly newId: () => string;
}

export interface ObserverOptions {
  readonly settings: ObservedSettings;
  readonly processes: Processes;
  readonly clock: SensorClock;
  readonly credentials: Credentials;
  readonly recorder: Pick<Recorder, 'closeSoon'> & EdgeRecorder;
  /** To the loader; drops them where there is none. */
  readonly command: (bytes: Buffer) => void;
  readonly isOwnListener: (address: string, port: number) => boolean;
  readonly watchers: readonly ((tools: WatcherTools) => ConnectionWatcher)[];
  readonly newId: () => string;
  /** A line for the operator; no values. */
  readonly log: (line: string) => void;
  readonly roomBytes?: number;
  readonly hearsAnswers?: boolean;
}

const ROOM_BYTES = 48 * 1024 * 1024;
/** What was closed waits so long for what was said over it, which may be told a little later. */
const CLOSING_MS = 3000;
/** Exchanges that wait for a reader of documents or names. */
const MAX_WAITING = 256;
const MAX_PAST = 1000;
const HTTPS_PORT = 443;

interface Closing {
  readonly connection: Connection;
  readonly state: StateFrame;
  readonly dueAt: number;
}

export class Observer {
  readonly #options: ObserverOptions;
  readonly #connections: Connections;
  readonly #handles: Handles;
  readonly #sums: EdgeSums;
  readonly #watchers: readonly ConnectionWatcher[];
  /** Of each process, the TLS libraries that it has and how they are read. */
  readonly #libraries = new Map<number, Map<string, LibraryFrame>>();
  #closing: Closing[] = [];
  #settings: ObservedSettings;
  #now = 0;
  #waiting = new Set<Promise<void>>();
  #exchanges = 0;
  #counts = new Map<string, Counts>();
  /** Of loaders that have ended. */
  #past: Counts[] = [];

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#sums = new EdgeSums((observations) => this.#observe(observations));
    this.#connections = new Connections({
      told: (connection) => this.#told(connection),
      plain: (connection, packet) => this.#plain(connection, packet),
    });
    this.#handles = new Handles({
      roomBytes: options.roomBytes ?? ROOM_BYTES,
      hearsAnswers: options.hearsAnswers ?? true,
      canonical: canonicalHost,
      decide: (tls) => this.#isAsked(tls),
      tell: ({ task, handle }, verdict) => options.command(doHandle({ tgid: task.tgid, ...handle }, verdict)),
      hear: (tls, exchange) => this.#heard(tls, exchange),
      over: (tls) => this.#over(tls),
    });
    const tools: WatcherTools = {
      settings: () => this.#settings,
      sourceOf: (connection) => this.#sourceOf(connection),
      destinationOf: (connection) => this.#destinationOf(connection),
      isOwnListener: ({ address, port }) => options.isOwnListener(address, port),
      wallMs: (at) => options.clock.wallMs(at),
      command: options.command,
      recorder: options.recorder,
      heardPlain: (connection, exchange) => this.#heardPlain(connection, exchange),
      addEdge: (observation) => this.#sums.add(observation),
      newId: options.newId,
    };
    this.#watchers = options.watchers.map((make) => make(tools));
  }

  /** What holds from now on. */
  take(settings: ObservedSettings): void {
    this.#settings = settings;
    this.#options.processes.renew();
  }

  frame(frame: SensorFrame): void {
    const at = frame.ktimeNs / 1e6;
    this.#now = Math.max(this.#now, at);
    const { processes, clock } = this.#options;
    switch (frame.type) {
      case 'tls-data':
        return this.#handles.data(frame, at);
      case 'tls-done':
        return this.#handles.done(frame, at);
      case 'tls-open':
        return this.#handles.open(frame, at);
      case 'tls-name':
        return this.#handles.name(frame, at);
      case 'tls-socket':
        return this.#handles.socket(frame, at);
      case 'tls-close':
        return this.#handles.close(frame, at);
      case 'packet':
        return this.#connections.packet(frame, at);
      case 'connect':
        return this.#connections.connect(frame, at);
      case 'accept':
        return this.#connections.accept(frame, at);
      case 'state':
        return this.#state(frame, at);
      case 'exec':
        this.#libraries.delete(frame.task.tgid);
        return processes.exec(frame);
      case 'fork':
        return processes.fork(frame.task, frame.child);
      case 'exit':
        this.#handles.exit(frame.task, at);
        this.#libraries.delete(frame.task.tgid);
        return processes.exit(frame.task, at);
      case 'library':
        return this.#library(frame);
      case 'clock':
        return clock.learn(frame);
      case 'loss':
        for (const counts of frame.counts) this.#counts.set(`${counts.kind} ${counts.cpu}`, counts);
        return;
      default:
        return;
    }
  }

  /** Each second: what has waited is told, what was added up is recorded. */
  tick(at: number): void {
    this.#now = Math.max(this.#now, at);
    this.#options.processes.settle(at);
    this.#handles.settle(at);
    for (const watcher of this.#watchers) watcher.tick?.(at);
    const due = this.#closing.filter(({ dueAt }) => dueAt <= at);
    if (due.length > 0) this.#closing = this.#closing.filter(({ dueAt }) => dueAt > at);
    for (const closing of due) this.#closed(closing);
    this.#sums.flush();
  }

  /** Nothing more comes; resolves when all of it is recorded. */
  async end(): Promise<void> {
    this.#handles.endAll(this.#now);
    for (const closing of this.#closing.splice(0)) this.#closed(closing);
    for (const watcher of this.#watchers) watcher.end?.(this.#now);
    await Promise.all(this.#waiting);
    this.tick(this.#now);
  }

  /** The loader has ended: its handles, sockets and counters are none of the next one's. */
  restart(): void {
    this.#handles.endAll(this.#now);
    for (const closing of this.#closing.splice(0)) this.#closed(closing);
    this.#connections.clear();
    this.#libraries.clear();
    for (const counts of this.#counts.values()) this.#past.push(counts);
    this.#counts.clear();
    if (this.#past.length > MAX_PAST) this.#past = summed(this.#past);
  }

  /** What the kernel counted, of all CPUs, and how much is open here. */
  get state(): {
    readonly counts: readonly Counts[];
    readonly exchanges: number;
    readonly handles: number;
    readonly connections: number;
    readonly keptBytes: number;
  } {
    return {
      counts: [...this.#past, ...this.#counts.values()],
      exchanges: this.#exchanges,
      handles: this.#handles.size,
      connections: this.#connections.size,
      keptBytes: this.#handles.keptBytes,
    };
  }

  /** One exchange: attribute, then extract, scan and decide, then the record. */
  #heard(tls: TlsConnection, exchange: HeardExchange): void {
    this.#exchanges++;
    const parties = this.#attribute(tls, exchange);
    if (parties !== null) this.#inspect(exchange, parties);
  }

  #heardPlain(connection: Connection, exchange: HeardExchange): void {
    this.#exchanges++;
    connection.heard = { kind: 'heard' };
    if (this.#isOurs(connection)) return;
    const source = this.#sourceOf(connection);
    const said = hostOf(exchange.authority);
    // An address has whatever name its client gives it.
    const isNamed = connection.host === null && said !== null;
    const host = connection.host ?? said ?? connection.address;
    this.#inspect(exchange, {
      source: this.#namedSource(source, host, exchange),
      edgeSource: source,
      destination: this.#settings.catalog.lookup(host, connection.port),
      isNamed: true,
      via: isNamed && said !== connection.address ? 'handle' : connection.via,
      now: this.#wall(exchange.startedAt),
      isPlain: true,
      round: null,
    });
  }

  #roundText(connection: Connection | null, { category }: Destination): string | null {
    if (category !== 'genai') return null;
    const { catalog } = this.#settings;
    const isGenai = (host: string): boolean =>
      catalog.lookup(host, connection?.port ?? HTTPS_PORT).category === 'genai';
    const round = connection === null ? 'unknown' : roundOf(connection, false, isGenai);
    return round === 'bypass' ? 'went round the proxy' : 'unknown whether it went round the proxy';
  }

  /** With the fingerprint of what the call authenticates with. */
  #namedSource(source: Source, host: string | null, { request }: HeardExchange): Source {
    if (request === null || host === null) return source;
    return this.#options.credentials.sourceOf(source, { host, ...request }, this.#settings.isBypassed);
  }

  #inspect(exchange: HeardExchange, parties: Parties): void {
    if (this.#watchers.some((watcher) => watcher.exchange?.(parties, exchange))) return;
    const settings = this.#settings;
    const isAtOnce = settings.readNames === null && settings.readDocuments === null;
    if (isAtOnce || this.#waiting.size >= MAX_WAITING) {
      this.#record(exchange, parties, inspectHeardNow(exchange, parties, settings));
      return;
    }
    const waiting = inspectHeard(exchange, parties, settings)
      .then((inspected) => this.#record(exchange, parties, inspected))
      .catch((error: unknown) => {
        // A fault of ours; what was said is not.
        this.#options.log(
          `weir: the sensor failed to inspect an exchange: ${error instanceof Error ? error.name : ''}`,
        );
      });
    this.#waiting.add(waiting);
    void waiting.then(() => this.#waiting.delete(waiting));
  }

  /** Null for what is not to be recorded: its connection leads to the proxy, which sees it. */
  #attribute(tls: TlsConnection, exchange: HeardExchange): Parties | null {
    const connection = this.#connectionOf(tls, exchange.authority);
    if (connection !== null) {
      connection.heard = { kind: 'heard' };
      if (this.#isOurs(connection)) return null;
    }
    const source = this.#options.processes.sourceOf(tls.task, connection?.hint ?? {});
    const { host, port, via } = placeOf(tls, connection, exchange.authority);
    const destination = this.#settings.catalog.lookup(host ?? '', port);
    return {
      source: this.#namedSource(source, host, exchange),
      edgeSource: source,
      destination,
      round: this.#roundText(connection, destination),
      isNamed: host !== null,
      via,
      now: this.#wall(exchange.startedAt),
    };
  }

  #record(exchange: HeardExchange, parties: Parties, inspected: InspectedExchange): void {
    const { request, response, isComplete, protocol } = exchange;
    const id = this.#options.newId();
    const event = eventOf({
      id,
      time: timeText(parties.now),
      channel: 'sensor',
      exchange: id,
      outcome: isComplete ? 'completed' : 'client_aborted',
      status: response?.status ?? null,
      sides: inspected.sides,
      coverage: FULL,
      source: parties.source,
      destination: parties.isNamed ? inspected.destination : null,
      provider: inspected.provider,
      model: inspected.model,
      route: inspected.route,
      bytes: { out: request?.bytes ?? 0, in: response?.bytes ?? 0 },
      latencyMs: exchange.isWithinStream ? null : Math.max(0, Math.round(exchange.endedAt - exchange.startedAt)),
      reason: parties.round,
    });
    const shown = shownProtocol(protocol, parties.isPlain === true);
    const edges = edgesOf(event, { via: parties.via, protocol: shown }, (direction) => {
      const entities: Record<string, number> = {};
      for (const side of inspected.sides) if (side.direction === direction) countEntities(side.findings, entities);
      return entities;
    }).map((edge) => (exchange.isWithinStream ? { ...edge, calls: 0 } : edge));
    const isEvent =
      event.findings.some(({ maxScore }) => maxScore >= MEDIUM) ||
      event.decisions.some(({ action }) => action !== 'allow');
    if (!isEvent) {
      // An edge has no credential; the source without one is the same object for all of a process's calls.
      for (const edge of edges) this.#sums.add({ ...edge, source: parties.edgeSource, model: event.model });
      return;
    }
    this.#options.recorder.closeSoon({ event, edges, excerpt: inspected.excerpt }).catch(() => {
      // The recorder has said so; there is nobody here to hold up.
    });
  }

  #isAsked(tls: TlsConnection): boolean {
    const connection = this.#connectionOf(tls, tls.authority);
    if (connection !== null && this.#isOurs(connection)) return false;
    const asked = this.#askedFor(tls, connection);
    if (asked.kind === 'asked') return true;
    if (connection !== null) connection.heard = { kind: 'unread', reason: asked.reason };
    return false;
  }

  #askedFor(tls: TlsConnection, connection: Connection | null): Asked {
    const source = this.#options.processes.sourceOf(tls.task, connection?.hint ?? {});
    const { host, port } = placeOf(tls, connection, tls.authority);
    // Nothing is known of where it leads: what is said may tell.
    if (host === null) return { kind: 'asked' };
    const { catalog, isBypassed, engine } = this.#settings;
    return isAskedFor(source, catalog.lookup(host, port), { catalog, isBypassed, policies: engine.policies });
  }

  /** By its socket, else the one of the process that leads to the same name. */
  #connectionOf(tls: TlsConnection, authority: string | null): Connection | null {
    const known =
      this.#connections.find(tls.cookie) ??
      this.#closing.find((one) => one.connection.cookie === tls.cookie)?.connection;
    if (known !== undefined && known !== null) {
      if (tls.name !== null) this.#connections.named(known, tls.name);
      return known;
    }
    const host = tls.name ?? hostOf(authority);
    if (host === null) return null;
    const { tgid } = tls.task;
    const found =
      this.#connections.findByName(tgid, host) ??
      this.#closing.find(({ connection }) => connection.task.tgid === tgid && connection.host === host)?.connection ??
      null;
    if (found !== null) tls.cookie = found.cookie;
    return found;
  }

  #isOurs({ isOwn, isSteered, address, port }: Connection): boolean {
    return isOwn || isSteered || this.#options.isOwnListener(address, port);
  }

  #over(tls: TlsConnection): void {
    if (tls.isHeard) return;
    const connection = this.#connectionOf(tls, tls.authority);
    if (connection === null || connection.heard.kind !== 'nothing') return;
    if (tls.handle.role === 'server') connection.heard = { kind: 'heard' };
    else if (tls.handle.isLate) connection.heard = { kind: 'unread', reason: 'attached late' };
  }

  #told(connection: Connection): void {
    for (const watcher of this.#watchers) watcher.told?.(connection, this.#now);
    const isOfUse = connection.isTls === false && this.#watchers.some(({ packet }) => packet !== undefined);
    if (!isOfUse) {
      const ignored = { verdict: 'ignore', out: false, in: false, bytes: 0, messages: 0 } as const;
      this.#options.command(doSocket(connection.cookie, ignored));
    }
  }

  #plain(connection: Connection, packet: PacketFrame): void {
    for (const watcher of this.#watchers) watcher.packet?.(connection, packet, this.#now);
  }

  #library(frame: LibraryFrame): void {
    const { tgid } = frame.task;
    const libraries = this.#libraries.get(tgid) ?? new Map<string, LibraryFrame>();
    libraries.set(frame.path, frame);
    this.#libraries.set(tgid, libraries);
  }

  #state(frame: StateFrame, at: number): void {
    const connection = this.#connections.state(frame);
    if (connection === null) return;
    for (const watcher of this.#watchers) watcher.closed?.(connection, at, frame);
    if (connection.heard.kind === 'nothing' && connection.isTls === true) {
      const reason = this.#unreadReason(connection.task.tgid);
      this.#closing.push({ connection, state: frame, dueAt: at + CLOSING_MS });
      if (reason !== null) connection.heard = { kind: 'unread', reason };
      return;
    }
    this.#closing.push({ connection, state: frame, dueAt: at + CLOSING_MS });
  }

  /** Null where its libraries are read, so that what was said over it may still be told. */
  #unreadReason(tgid: number): string | null {
    const libraries = [...(this.#libraries.get(tgid)?.values() ?? [])];
    const unread = libraries.find(({ verdict }) => verdict !== 'probed');
    if (unread !== undefined && !libraries.some(({ verdict }) => verdict === 'probed'))
      return unread.reason || 'refused';
    return null;
  }

  /** An edge for a connection of which nothing was read. */
  #closed({ connection, state }: Closing): void {
    const { heard, isTls, isAccepted, alpn, protocol, port, startedAt } = connection;
    if (heard.kind === 'heard' || isAccepted || this.#isOurs(connection)) return;
    // Refused, or nobody said anything.
    if (isTls === null && protocol === 'tcp' && state.bytesSent + state.bytesReceived === 0) return;
    const isWeb = alpn.some((name) => name === 'h2' || name === 'http/1.1') || port === HTTPS_PORT;
    const reason = heard.kind === 'unread' ? heard.reason : isTls === true ? 'tls-unknown' : 'unread';
    const shown = protocol === 'udp' ? 'quic' : isTls === true ? (isWeb ? 'https' : 'tls') : 'tcp';
    const shared = {
      source: this.#sourceOf(connection),
      destination: eventDestination(this.#destinationOf(connection)),
      via: connection.via,
      protocol: shown,
      channel: 'sensor' as const,
      entities: {},
      action: 'allow' as const,
      coverage: opaque(reason),
      time: timeText(this.#wall(startedAt)),
      model: null,
    };
    this.#sums.add({ ...shared, direction: 'out', bytesOut: state.bytesSent, bytesIn: 0 });
    if (state.bytesReceived > 0)
      this.#sums.add({ ...shared, direction: 'in', bytesOut: 0, bytesIn: state.bytesReceived });
  }

  #sourceOf({ task, hint }: Connection): Source {
    return this.#options.processes.sourceOf(task, hint ?? {});
  }

  #destinationOf({ host, address, port }: Connection): Destination {
    return this.#settings.catalog.lookup(host ?? address, port);
  }

  #wall(at: number): number {
    return this.#options.clock.wallMs(at);
  }

  #observe(observations: readonly EdgeObservation[]): void {
    try {
      this.#options.recorder.observe(observations);
    } catch {
      // The recorder has said so; what was added up is lost, as the events of this moment are.
    }
  }
}

interface Parties {
  readonly source: Source;
  readonly edgeSource: Source;
  readonly destination: Destination;
  /** Whether anything is known of where it leads. */
  readonly isNamed: boolean;
  readonly via: Via;
  readonly now: number;
  /** Said without TLS. */
  readonly isPlain?: boolean;
  /** Of a call to GenAI: whether it went round the proxy, where that is known. */
  readonly round: string | null;
}

function shownProtocol(protocol: HeardExchange['protocol'], isPlain: boolean): string {
  if (isPlain) return protocol;
  return protocol === 'http' ? 'https' : protocol === 'unknown' ? 'tls' : protocol;
}

/** The name set on the handle, that of the ClientHello, the Host that was said, that of a DNS answer; else the address. */
function placeOf(
  tls: TlsConnection,
  connection: Connection | null,
  authority: string | null,
): { readonly host: string | null; readonly port: number; readonly via: Via } {
  const said = hostOf(authority);
  const port = connection?.port ?? Number(/:(\d{1,5})$/.exec(authority ?? '')?.[1] ?? HTTPS_PORT);
  if (tls.name !== null) return { host: tls.name, port, via: 'handle' };
  if (connection !== null && connection.via === 'sni') return { host: connection.host, port, via: 'sni' };
  if (said !== null) return { host: said, port, via: 'handle' };
  if (connection === null) return { host: null, port, via: 'none' };
  return { host: connection.host ?? connection.address, port, via: connection.via };
}

function hostOf(authority: string | null): string | null {
  return authority === null ? null : canonicalHost(authority.replace(/:\d{1,5}$/, ''));
}

/** Those of one kind added up. */
function summed(all: readonly Counts[]): Counts[] {
  const sums = new Map<Counts['kind'], Counts>();
  for (const one of all) {
    const sum = sums.get(one.kind);
    if (sum === undefined) {
      sums.set(one.kind, one);
      continue;
    }
    sums.set(one.kind, {
      kind: one.kind,
      cpu: 0,
      seen: sum.seen + one.seen,
      submitted: sum.submitted + one.submitted,
      ringFull: sum.ringFull + one.ringFull,
      oversized: sum.oversized + one.oversized,
      mapFull: sum.mapFull + one.mapFull,
      fault: sum.fault + one.fault,
      filtered: sum.filtered + one.filtered,
    });
  }
  return [...sums.values()];
}
