/** Puts the proxy's parts together and starts it. It reads no file and no clock but through what it is handed. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Catalog } from '../catalog/catalog.ts';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import { originOf, PROVIDERS } from '../catalog/providers.ts';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/load.ts';
import { anyOf, compileHostGlob } from '../engine/decide/glob.ts';
import type { Engine, Fingerprint } from '../engine/inspect.ts';
import type { NameReader } from '../engine/names/given.ts';
import { WeirError } from '../flow/errors.ts';
import type { Recorder } from '../flow/recorder.ts';
import { reasonOf } from './answer.ts';
import type { ConversationHolder } from './conversation-map.ts';
import { Conversations } from './conversations.ts';
import { createDialer, type DialerOptions } from './dialer.ts';
import { createForwarder } from './forward.ts';
import { HeldBudget, RateWatch } from './held.ts';
import { createListener } from './listener.ts';
import type { Authority } from './tls/authority.ts';
import { createLeaves } from './tls/leaves.ts';
import { YoungChunks } from './young-chunks.ts';

export interface ProxyOptions {
  readonly config: Config;
  readonly catalog: Catalog;
  readonly engine: Engine;
  /** Asks the model for names; null or absent without one. */
  readonly readNames?: NameReader | null;
  readonly recorder: Recorder;
  readonly conversations: ConversationHolder;
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
  /** Resolves names instead of the system's resolver. */
  readonly lookup?: DialerOptions['lookup'];
}

export interface RunningProxy {
  /** `http://127.0.0.1:8787`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops taking connections, gives open exchanges `drainMs`, then ends them. Each still ends in its event. */
  close(drainMs?: number): Promise<void>;
}

/** Starts listening. Throws WeirError `port_taken`. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { config, engine, fingerprint, now } = options;
  const { proxy } = config;
  const isListenerLocal = isLoopback(proxy.listen.host);
  let port = proxy.listen.port;
  const ownNames = new Set([proxy.listen.host, 'localhost', '127.0.0.1', '::1', 'weir.local', ...proxy.names]);
  const isOwn = (place: HostPort): boolean =>
    (place.port === port && ownNames.has(place.host)) || (place.host === 'weir.local' && place.port === 80);
  const dialer = createDialer({
    resolve: proxy.resolve,
    ca: proxy.upstream.ca,
    isListenerLocal,
    allowed: allowedPlaces(config),
    own: () => [{ host: proxy.listen.host, port }, config.console.listen],
    connectMs: proxy.limits.connectMs,
    tlsMs: proxy.limits.tlsMs,
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
  });
  const forwarder = createForwarder(dialer, proxy.limits);
  const active = new Set<Promise<void>>();
  const rates = new RateWatch(proxy.limits.clientBodyBytesPerSecond);
  const bypass = anyOf(proxy.bypass, compileHostGlob);
  const stopping = new AbortController();
  const server = createListener({
    config: proxy,
    excerptChars: config.excerpts.chars,
    engine,
    readNames: options.readNames ?? null,
    catalog: options.catalog,
    forwarder,
    recorder: options.recorder,
    conversations: new Conversations(options.conversations, (text) => fingerprint('CONVERSATION', sha256(text))),
    budget: new HeldBudget(proxy.limits.heldBytes),
    rates,
    youngChunks: new YoungChunks(),
    underWay: new WeakMap(),
    stopping: stopping.signal,
    isBypassed: (host) => bypass?.(host) === true,
    isIntercepted: anyOf(proxy.intercept, compileHostGlob) ?? (() => false),
    newId: options.newId,
    now,
    log: options.log,
    dialer,
    leaves: createLeaves(options.authority, { now }),
    apps: config.apps,
    isListenerLocal,
    hostname: options.hostname,
    providers: proxy.providers,
    isOwn,
    listenPort: () => port,
    version: options.version,
    homeDigest: options.authority.digest,
    track: (work) => {
      // One exchange that fails in a way nobody thought of must not take the others down.
      const guarded = work.then(
        () => void active.delete(guarded),
        (error: unknown) => {
          active.delete(guarded);
          options.log(`weir: internal error: ${reasonOf(error)}`);
        },
      );
      active.add(guarded);
    },
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, proxy.listen)));
    server.listen({ host: proxy.listen.host, port: proxy.listen.port, backlog: 4096 }, () => resolve());
  });
  const address = server.address();
  if (isAddressInfo(address)) port = address.port;
  const shownHost = proxy.listen.host === '0.0.0.0' || proxy.listen.host === '::' ? '127.0.0.1' : proxy.listen.host;
  return {
    url: `http://${hostPortText({ host: shownHost, port })}`,
    host: proxy.listen.host,
    port,
    close: async (drainMs = proxy.limits.drainMs) => {
      const isClosed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      stopping.abort();
      await settled(active, drainMs);
      for (const socket of sockets) socket.destroy();
      // Each ends with its client gone, and records so.
      await settled(active, 1000);
      rates.stop();
      forwarder.close();
      await isClosed;
    },
  };
}

/** What stands on `host:port` exactly as a gateway provider or a private destination may be on any address. */
function allowedPlaces(config: Config): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { url } of [...PROVIDERS.values(), ...config.proxy.providers.values()]) {
    const origin = originOf(url);
    if (origin !== null) places.add(hostPortText(origin));
  }
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

function listenError(error: Error, listen: HostPort): Error {
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
