/**
 * One stream of frames, straight through: whose it is (attribute), what was said (reassemble), what is in it (extract, scan),
 * what a policy says of it (decide), and the record. Nothing here holds anything up, changes anything or knows a kernel:
 * frames come in, records and commands go out.
 */
import { canonicalHost } from '../catalog/host.ts';
import type { Credentials } from '../engine/credentials.ts';
import { FULL } from '../flow/coverage.ts';
import type { EdgeObservation, Via } from '../flow/edge.ts';
import { countEntities, edgesOf, eventOf, timeText, withFields } from '../flow/event-of.ts';
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
import type { Counts, PacketFrame, SensorFrame, StateFrame } from './frame-types.ts';
import { Handles, type TlsConnection } from './handles.ts';
import { type InspectedExchange, inspectHeard, inspectHeardNow } from './inspect-heard.ts';
import type { HeardExchange } from './reassemble/heard.ts';
import { Refusals } from './refusals.ts';
import type { ObservedSettings } from './settings.ts';
import { UnreadConnections } from './unread-connections.ts';
import type { ConnectionWatcher, WatcherTools } from './watcher.ts';

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
/** Exchanges that wait for a reader of documents or names. */
const MAX_WAITING = 256;
const MAX_PAST = 1000;
const HTTPS_PORT = 443;

export class Observer {
  readonly #options: ObserverOptions;
  readonly #connections: Connections;
  readonly #handles: Handles;
  readonly #sums: EdgeSums;
  readonly #watchers: readonly ConnectionWatcher[];
  readonly #unread: UnreadConnections;
  readonly #refusals: Refusals;
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
    this.#unread = new UnreadConnections({
      isOurs: (connection) => this.#isOurs(connection),
      sourceOf: (connection) => this.#sourceOf(connection),
      destinationOf: (connection) => this.#destinationOf(connection),
      wallMs: (at) => this.#wall(at),
      addEdge: (observation) => this.#sums.add(observation),
    });
    this.#refusals = new Refusals({
      sourceOf: ({ task }) => options.processes.sourceOf(task),
      destinationOf: ({ address, port, task }, at) => {
        const { host } = this.#connections.names.nameOf({ address, asker: task.tgid }, at);
        return this.#settings.catalog.lookup(host, port);
      },
      wallMs: (at) => this.#wall(at),
      record: (event) => {
        options.recorder.closeSoon({ event, edges: [], excerpt: null }).catch(() => {
          // The recorder has said so; there is nobody here to hold up.
        });
      },
      newId: options.newId,
    });
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
        this.#unread.forget(frame.task.tgid);
        return processes.exec(frame);
      case 'fork':
        return processes.fork(frame.task, frame.child);
      case 'exit':
        this.#handles.exit(frame.task, at);
        this.#unread.forget(frame.task.tgid);
        return processes.exit(frame.task, at);
      case 'blocked':
        return this.#refusals.refused(frame, at);
      case 'library':
        return this.#unread.library(frame);
      case 'clock':
        return clock.learn(frame);
      case 'loss':
        for (const counts of frame.counts) this.#counts.set(`${counts.kind} ${counts.cpu}`, counts);
        return;
      default:
        return;
    }
  }

  /** What was seen elsewhere than in frames. */
  add(observation: EdgeObservation): void {
    this.#sums.add(observation);
  }

  /** Each second: what has waited is told, what was added up is recorded. */
  tick(at: number): void {
    this.#now = Math.max(this.#now, at);
    this.#options.processes.settle(at);
    this.#handles.settle(at);
    for (const watcher of this.#watchers) watcher.tick?.(at);
    this.#unread.settle(at);
    this.#sums.flush();
  }

  /** Nothing more comes; resolves when all of it is recorded. */
  async end(): Promise<void> {
    this.#handles.endAll(this.#now);
    this.#unread.endAll();
    for (const watcher of this.#watchers) watcher.end?.(this.#now);
    await Promise.all(this.#waiting);
    this.tick(this.#now);
  }

  /** The loader has ended: its handles, sockets and counters are none of the next one's. */
  restart(): void {
    this.#handles.endAll(this.#now);
    this.#unread.endAll();
    this.#unread.clear();
    this.#connections.clear();
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
    const seen = edgesOf(event, { via: parties.via, protocol: shown }, (direction) => {
      const entities: Record<string, number> = {};
      for (const side of inspected.sides) if (side.direction === direction) countEntities(side.findings, entities);
      return entities;
    });
    const edges = withFields(
      exchange.isWithinStream ? seen.map((edge) => ({ ...edge, calls: 0 })) : seen,
      inspected.sides,
    );
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
    const known = this.#connections.find(tls.cookie) ?? this.#unread.find(tls.cookie);
    if (known !== null) {
      if (tls.name !== null) this.#connections.named(known, tls.name);
      return known;
    }
    const host = tls.name ?? hostOf(authority);
    if (host === null) return null;
    const { tgid } = tls.task;
    const found = this.#connections.findByName(tgid, host) ?? this.#unread.findByName(tgid, host);
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

  #state(frame: StateFrame, at: number): void {
    const connection = this.#connections.state(frame);
    if (connection === null) return;
    for (const watcher of this.#watchers) watcher.closed?.(connection, at, frame);
    this.#unread.closed(connection, frame, at);
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
