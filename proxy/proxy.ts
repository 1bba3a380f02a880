/** Puts the proxy's parts together and starts it. It reads no file and no clock but through what it is handed. */
import { createHash } from 'node:crypto';
import { type AddressInfo, type BlockList, createServer, isIP, type Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Catalog } from '../catalog/catalog.ts';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import { originOf, PROVIDERS } from '../catalog/providers.ts';
import type { AppConfig, Config, ListenerTlsConfig } from '../config/config.ts';
import { isLoopback } from '../config/load.ts';
import { Credentials } from '../engine/credentials.ts';
import { type AppLabel, appMatcher } from '../engine/decide/app-match.ts';
import { anyOf, compileHostGlob } from '../engine/decide/glob.ts';
import type { DocumentReader } from '../engine/extract/documents.ts';
import type { Engine, Fingerprint, UsageLedger } from '../engine/inspect.ts';
import type { NameReader } from '../engine/names/given.ts';
import { WeirError } from '../flow/errors.ts';
import type { Figures } from '../flow/figures.ts';
import type { LearnedFields } from '../flow/learned.ts';
import type { Message } from '../flow/message.ts';
import type { Override } from '../flow/override.ts';
import type { Recorder } from '../flow/recorder.ts';
import { recordDenied } from './admission.ts';
import { reasonOf } from './answer.ts';
import { Arrivals, senders } from './arrivals.ts';
import { OWN_NAME } from './authority.ts';
import type { ConversationHolder } from './conversation-map.ts';
import { Conversations } from './conversations.ts';
import { createDialer, type Dialer, type DialerOptions, isDirect, Outgoing } from './dialer.ts';
import type { Elsewhere } from './elsewhere.ts';
import { ProxyFigures } from './figures.ts';
import { createForwarder, type Forwarder } from './forward.ts';
import { RateWatch } from './held.ts';
import { HeldBudget } from './held-budget.ts';
import { createListener, type ListenerContext, setLimits } from './listener.ts';
import { learningOrganizations } from './organizations.ts';
import { PeerTable } from './peer-table.ts';
import { Peers } from './peers.ts';
import { SecureArrivals } from './secure-arrivals.ts';
import type { Authority } from './tls/authority.ts';
import { createLeaves } from './tls/leaves.ts';
import { type SpanMaker, Traces } from './traces.ts';
import type { OriginOf } from './transparent.ts';
import { Rejections } from './trust.ts';
import { throughProxy } from './upstream-proxy.ts';
import { SharedUsage } from './usage-ledger.ts';
import { YoungChunks } from './young-chunks.ts';

/** What may change while a proxy runs. */
export interface ProxySettings {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly engine: Engine;
  /** Asks the model for names; null or absent without one. */
  readonly readNames?: NameReader | null;
  /** Reads documents that messages carry; null or absent leaves them unread. */
  readonly readDocuments?: DocumentReader | null;
  /** Another thread for large messages. */
  readonly elsewhere?: Elsewhere | null;
}

export interface ProxyOptions extends ProxySettings {
  readonly recorder: Recorder;
  readonly conversations: ConversationHolder;
  /** Makes spans of exchanges; null or absent: traces are off. */
  readonly spans?: SpanMaker | null;
  /** Counts for limits; of this process alone unless given. */
  readonly usage?: UsageLedger;
  /** What people have let through for a while; nothing unless given. */
  readonly overrides?: () => readonly Override[];
  /** What is known of the fields of an edge; absent: nothing. */
  readonly learned?: (message: Message) => LearnedFields | null;
  /** Who did not trust the certificate; of this process alone unless given. */
  readonly rejections?: Rejections;
  readonly authority: Authority;
  readonly fingerprint: Fingerprint;
  /** Lines for the operator. */
  readonly log: (line: string) => void;
  readonly newId: () => string;
  /** Unix time in ms. */
  readonly now: () => number;
  /** This host's name: the source of clients on it. */
  readonly hostname: string;
  readonly version: string;
  /** Where a connection to the transparent listener was going, as the sensor that steers it knows; absent: none is steered. */
  readonly originOf?: OriginOf | null;
  /** Several processes listen on the one port, and the system spreads connections over them. */
  readonly reusePort?: boolean;
  /** Resolves names instead of the system's resolver. */
  readonly lookup?: DialerOptions['lookup'];
}

export interface RunningProxy {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of the listener for redirected connections; null without one. */
  readonly transparentPort: number | null;
  /**
   * From now on requests are served by these; those under way go on by what they began with. The address that is listened
   * on and `limits.headerBytes` stay.
   */
  take(settings: ProxySettings): void;
  /** What it has counted since its start, and what is open now. */
  figures(): Figures;
  /** Stops taking connections, gives open exchanges `drainMs`, then ends them. Each still ends in its event. */
  close(drainMs?: number): Promise<void>;
}

/** Starts listening. Throws WeirError `port_taken`. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { now, log } = options;
  const { listen, transparent } = options.config.proxy;
  const isListenerLocal = isLoopback(listen.host) && (transparent === null || isLoopback(transparent.host));
  let { port } = listen;
  let transparentPort = transparent?.port ?? 0;
  const outgoing = new Outgoing();
  const arrivals: Arrivals = new Arrivals(() => ({
    from: present.proxySenders,
    limitMs: present.config.proxy.limits.clientHeadMs,
    refused: (peer) => {
      const message = 'a connection from proxyProtocol.from that does not begin with a PROXY header';
      recordDenied({ status: 400, code: 'malformed', message }, peer, 'malformed', present.context, 'unknown');
    },
  }));
  const active = new Set<Promise<void>>();
  const stopping = new AbortController();
  const figures = new ProxyFigures();
  const traces = options.spans == null ? null : new Traces(options.spans);
  const traced = traces?.recording(options.recorder) ?? options.recorder;
  const peers =
    process.platform === 'linux'
      ? new Peers(
          new PeerTable(),
          () => present.config.apps,
          () => present.context.waitsForPeers,
        )
      : null;
  const recorder = peers?.recording(traced) ?? traced;
  const { heldBytes, inspectBytes } = options.config.proxy.limits;
  const budget = new HeldBudget(heldBytes, inspectBytes);
  const shared = {
    recorder,
    peers,
    traces,
    figures,
    budget,
    usage: options.usage ?? new SharedUsage(now),
    overrides: options.overrides ?? (() => []),
    learned: options.learned ?? (() => null),
    conversations: new Conversations(options.conversations, (text) =>
      options.fingerprint('CONVERSATION', sha256(text)),
    ),
    credentials: new Credentials(options.fingerprint),
    youngChunks: new YoungChunks(),
    underWay: new WeakMap(),
    stopping: stopping.signal,
    newId: options.newId,
    now,
    log,
    leaves: createLeaves(options.authority, { now }),
    isListenerLocal,
    hostname: options.hostname,
    arrivals,
    outgoing,
    originOf: options.originOf ?? null,
    rejections: options.rejections ?? new Rejections(now),
    listenPort: () => port,
  };
  const isUnknown = ({ host, port: at }: HostPort): boolean =>
    present.context.catalog.lookup(host, at).category === 'unknown';
  const secureBy = (settings: ListenerTlsConfig, handshakeMs: number): SecureArrivals =>
    new SecureArrivals(settings, {
      arrivals,
      handshakeMs,
      failed: (peer, reason) => {
        const message = `a client did not complete TLS with the listener itself (${reason}); does it trust proxy.tls.cert?`;
        recordDenied({ status: 400, code: 'malformed', message }, peer, 'malformed', present.context, 'tls');
      },
    });
  const contextOf = (settings: ProxySettings, before: Present | null): Present => {
    const { config, engine, catalog } = settings;
    const { proxy } = config;
    const ownNames = new Set([listen.host, 'localhost', '127.0.0.1', '::1', OWN_NAME, ...proxy.names]);
    const reach =
      before !== null && isSameReach(before.config, config)
        ? before.reach
        : new Reach(config, figures, isUnknown, {
            isListenerLocal,
            ...(transparent === null ? {} : { outgoing }),
            own: () => [
              { host: listen.host, port },
              ...(transparent === null ? [] : [{ host: transparent.host, port: transparentPort }]),
              config.console.listen,
            ],
            ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
          });
    const bypass = anyOf(proxy.bypass, compileHostGlob);
    const intercept = anyOf(proxy.intercept, compileHostGlob);
    const context: ListenerContext = {
      ...shared,
      config: proxy,
      secure: proxy.tls === null ? null : secureBy(proxy.tls, proxy.limits.tlsMs),
      labelOf: labelOfCertificates(config.apps),
      excerptChars: config.excerpts.chars,
      engine,
      readNames: settings.readNames ?? null,
      readDocuments: settings.readDocuments ?? null,
      elsewhere: settings.elsewhere ?? null,
      catalog,
      forwarder: reach.forwarder,
      dialer: reach.dialer,
      rates: reach.rates,
      waitsForPeers:
        peers !== null &&
        (engine.policies.looksAtProcesses || (engine.policies.looksAtApps && config.apps.some(isMatchedByProcess))),
      isBypassed: (host) => host !== OWN_NAME && bypass?.(host) === true,
      isIntercepted: (host) => host === OWN_NAME || intercept?.(host) === true,
      apps: config.apps,
      providers: proxy.providers,
      ownFacts: {
        version: options.version,
        authority: options.authority,
        genaiHosts: catalog.patternsOf('genai'),
        place: () => ({ host: shownHost(listen.host), port }),
      },
      isOwn: (place) =>
        ((place.port === port || place.port === transparentPort) && ownNames.has(place.host)) ||
        (place.host === OWN_NAME && place.port === 80),
      track: (work) => {
        const end = reach.begin();
        // One exchange that fails in a way nobody thought of must not take the others down.
        const guarded = work.then(
          () => {
            active.delete(guarded);
            end();
          },
          (error: unknown) => {
            active.delete(guarded);
            end();
            log(`weir: internal error: ${reasonOf(error)}`);
          },
        );
        active.add(guarded);
      },
    };
    return { config, context, reach, proxySenders: senders(proxy.proxyProtocol.from) };
  };
  let present = contextOf(options, null);
  const server = createListener(() => present.context);
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const servers: Server[] = [server];
  port = await listenOn(server, listen, options.reusePort === true);
  if (transparent !== null) {
    const front = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      arrivals.addTransparent(socket);
      server.emit('connection', socket);
    });
    servers.push(front);
    try {
      transparentPort = await listenOn(front, transparent, options.reusePort === true);
    } catch (error) {
      server.close();
      throw error;
    }
  }
  return {
    url: listenUrl(listen.host, port),
    host: listen.host,
    port,
    transparentPort: transparent === null ? null : transparentPort,
    take: (settings) => {
      const before = present;
      present = contextOf(settings, before);
      const { limits } = present.context.config;
      setLimits(server, limits);
      budget.resize(limits.heldBytes, limits.inspectBytes);
      if (present.reach !== before.reach) before.reach.retire();
    },
    figures: () =>
      figures.read({
        connections: sockets.size,
        exchanges: active.size,
        heldBytes: budget.usedBytes,
        heldWaiting: budget.waitingCount,
      }),
    close: async (drainMs = present.config.proxy.limits.drainMs) => {
      const isClosed = Promise.all(servers.map((one) => new Promise<void>((resolve) => one.close(() => resolve()))));
      server.closeIdleConnections();
      stopping.abort();
      await settled(active, drainMs);
      // What an answer ends with leaves at the end of its turn, and through TLS in the next.
      await turn();
      await turn();
      for (const socket of sockets) socket.destroy();
      // Each ends with its client gone, and records so.
      await settled(active, 1000);
      present.reach.close();
      figures.stop();
      await isClosed;
    },
  };
}

/** Which app a certificate's subject stands for, by `apps[].match.subject`. */
function labelOfCertificates(apps: readonly AppConfig[]): (subject: string) => AppLabel | null {
  const match = appMatcher(() => apps);
  return (subject) => match({ subject });
}

/** Of a process nobody has to know anything to match a certificate. */
function isMatchedByProcess({ match }: AppConfig): boolean {
  if (match === null) return false;
  const { subject: _, ...process } = match;
  return Object.values(process).some((glob) => glob !== null);
}

/** `http://127.0.0.1:8787`; a listener on every address is shown by loopback's. */
export function listenUrl(host: string, port: number): string {
  return `http://${hostPortText({ host: shownHost(host), port })}`;
}

function shownHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

/** What holds for exchanges that begin now. */
interface Present {
  readonly config: Config;
  readonly context: ListenerContext;
  readonly reach: Reach;
  /** Who puts a PROXY header before every connection; null for nobody. */
  readonly proxySenders: BlockList | null;
}

/** The way to upstreams under one configuration; once another has taken over, it goes when its last exchange has ended. */
class Reach {
  readonly dialer: Dialer;
  readonly forwarder: Forwarder;
  readonly rates: RateWatch;
  #used = 0;
  #isRetired = false;

  constructor(
    config: Config,
    figures: ProxyFigures,
    isUnknown: (place: HostPort) => boolean,
    given: Pick<DialerOptions, 'isListenerLocal' | 'own' | 'lookup' | 'outgoing'>,
  ) {
    const { resolve, upstream, limits } = config.proxy;
    const direct = privatePlaces(config);
    const { proxy } = upstream;
    const dialer = createDialer({
      ...given,
      resolve,
      ca: upstream.ca,
      allowed: new Set([...direct, ...providerPlaces(config)]),
      connectMs: limits.connectMs,
      tlsMs: limits.tlsMs,
      proxy,
      direct,
      certificates: upstream.certificates,
    });
    this.dialer = learningOrganizations(figures.counting(dialer), isUnknown);
    this.forwarder = throughProxy(createForwarder(this.dialer, limits), proxy, (target) =>
      isDirect(target, { proxy, resolve, direct }),
    );
    this.rates = new RateWatch(limits.clientBodyBytesPerSecond);
  }

  /** An exchange begins; to be called back when it is over. */
  begin(): () => void {
    this.#used++;
    return () => {
      this.#used--;
      if (this.#isRetired && this.#used === 0) this.close();
    };
  }

  retire(): void {
    this.#isRetired = true;
    if (this.#used === 0) this.close();
  }

  close(): void {
    this.rates.stop();
    this.forwarder.close();
  }
}

/** Whether upstreams are reached alike under both: then kept connections are kept. */
function isSameReach(a: Config, b: Config): boolean {
  const of = ({ proxy, destinations, console }: Config): unknown => {
    const { heldBytes, inspectBytes, besideBytes, shapeBytes, ...limits } = proxy.limits;
    // Keys that requests are signed with are no part of the way.
    return [proxy.resolve, { ...proxy.upstream, aws: null }, proxy.providers, limits, destinations, console.listen];
  };
  return isDeepStrictEqual(of(a), of(b));
}

/** What the operator put up as a gateway provider may be on any address; of the built-in ones, what is one itself. */
function providerPlaces(config: Config): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { url } of config.proxy.providers.values()) {
    const origin = originOf(url);
    if (origin !== null) places.add(hostPortText(origin));
  }
  for (const { url } of PROVIDERS.values()) {
    const origin = originOf(url);
    if (origin !== null && isIP(origin.host) !== 0) places.add(hostPortText(origin));
  }
  return places;
}

/** What stands on `host:port` exactly as a private destination may be on any address. */
function privatePlaces(config: Config): ReadonlySet<string> {
  const places = new Set<string>();
  for (const entry of config.destinations) {
    if (!entry.private) continue;
    for (const host of entry.hosts) {
      if (host.includes('*')) continue;
      if (/:\d+$/.test(host) && !/^[^[]*:[^:]*:/.test(host)) places.add(host);
      else for (const port of [443, 80]) places.add(hostPortText({ host, port }));
    }
  }
  return places;
}

async function settled(work: ReadonlySet<Promise<void>>, limitMs: number): Promise<void> {
  if (work.size === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([Promise.allSettled(work), limit]);
  clearTimeout(timer);
}

/** The port that it listens on. Throws WeirError `port_taken`. */
async function listenOn(server: Server, at: HostPort, reusePort: boolean): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, at)));
    server.listen({ host: at.host, port: at.port, backlog: 4096, reusePort }, () => resolve());
  });
  const address = server.address();
  return isAddressInfo(address) ? address.port : at.port;
}

/** A WeirError `port_taken` where the address cannot be had; else the error itself. */
export function listenError(error: Error, listen: HostPort): Error {
  const code = 'code' in error ? error.code : '';
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  const why =
    code === 'EADDRINUSE' ? 'is taken' : code === 'EACCES' ? 'may not be used' : 'is not an address of this host';
  return new WeirError('port_taken', `${hostPortText(listen)} ${why} (${code})`, { cause: error });
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address === 'object';
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
