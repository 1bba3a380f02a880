/**
 * The one place that opens a socket towards an upstream. It checks every address that a name resolves to and uses
 * only what it checked (a name that changes its mind in between gains nothing), follows `resolve`, verifies
 * certificates against the public roots, the system's and `upstream.ca`, and checks the server's identity for the
 * name that the client asked for. It refuses forbidden addresses, the proxy itself and whatever is not a host. Where
 * `upstream.proxy` names another proxy, the way leads through it and names are resolved there.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { type ClientHttp2Session, type ClientSessionOptions, connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { canonicalHost, type HostPort, hostPortText } from '../catalog/host.ts';
import type { UpstreamProxyConfig } from '../config/config.ts';
import { anyOf, compileHostGlob } from '../engine/decide/glob.ts';
import { WeirError } from '../flow/errors.ts';
import { isLoopbackName, judgeAddress } from './addresses.ts';
import { tunnelThrough } from './upstream-proxy.ts';

export interface DialerOptions {
  /** `host:port` to `host:port`, as `proxy.resolve`. */
  readonly resolve: ReadonlyMap<string, HostPort>;
  /** PEM certificates that are trusted beside the public and the system's roots. */
  readonly ca: readonly string[];
  /** True when the proxy listens on loopback only. */
  readonly isListenerLocal: boolean;
  /** Exact `host:port` pairs that may lead anywhere: private destinations, gateway providers. */
  readonly allowed: ReadonlySet<string>;
  /** The proxy's own listeners, which it never connects to. */
  readonly own: () => readonly HostPort[];
  readonly connectMs: number;
  readonly tlsMs: number;
  /** Where every connection leads through but those to `direct`, to `resolve` and to addresses of this host or network. */
  readonly proxy: UpstreamProxyConfig | null;
  /** Exact `host:port` pairs that are on this side of `proxy`. */
  readonly direct: ReadonlySet<string>;
  /** Who the proxy says it is, by host: the first entry that has the host. PEM. */
  readonly certificates: readonly ClientCertificate[];
  /** Told of each socket that is connected; absent where nobody asks. */
  readonly outgoing?: Outgoing;
  /** Resolves a name; the system's resolver unless given. */
  readonly lookup?: (
    host: string,
    callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
  ) => void;
}

/** The proxy's own ends of its connections, so that it knows them again when the kernel redirects them to itself. */
export class Outgoing {
  readonly #ends = new Set<string>();

  add(socket: Socket): void {
    const end = `${socket.localAddress} ${socket.localPort}`;
    this.#ends.add(end);
    socket.once('close', () => this.#ends.delete(end));
  }

  /** True for the other end of one of them. */
  has(socket: Socket): boolean {
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
    return this.#ends.has(`${address} ${socket.remotePort}`);
  }
}

export interface ClientCertificate {
  /** Host globs. */
  readonly hosts: readonly string[];
  readonly cert: string;
  readonly key: string;
}

/** A host and a port, and the address that the client named for them where it named one. */
export interface DialTarget extends HostPort {
  readonly address?: string;
}

export interface Dialer {
  /**
   * A connected socket, TLS done where asked for. Throws WeirError `address_forbidden` or `upstream_*`. An `address` is
   * connected to; without TLS, whose certificate would prove the name, the name has to lead there. `alpn` is what TLS
   * offers to speak, HTTP/1.1 unless given.
   */
  dial(target: DialTarget, isTls: boolean, alpn?: readonly string[]): Promise<Socket>;
}

/** HTTP/2 on a socket that a dialer has opened. */
export function speakHttp2(socket: Socket, origin: string, options: ClientSessionOptions): ClientHttp2Session {
  return connectHttp2(origin, { ...options, createConnection: () => socket });
}

/** What is offered unless something else is asked for. */
const HTTP_1: readonly string[] = ['http/1.1'];

export function createDialer(options: DialerOptions): Dialer {
  const contextFor = secureContexts(options);
  return {
    dial: async (target, isTls, alpn = HTTP_1) => {
      // In absolute form a proxy is spoken to by HTTP/1.1 alone.
      const offered = isBehind(target, options) ? HTTP_1 : alpn;
      if (isTls) return dialTls(target, offered, options, contextFor(target.host), contextFor);
      const socket = await dialTcp(target, false, options, contextFor);
      // A proxy behind this one was spoken to on it, and it was paused so that nothing is lost until somebody listens.
      if (socket.isPaused()) setImmediate(() => socket.resume());
      return socket;
    },
  };
}

type ContextFor = (host: string) => SecureContext;

/**
 * Roots, and the certificate for a host where there is one. Built once and when first needed: parsing some 150 roots
 * costs milliseconds, so no connection pays for it.
 */
function secureContexts({ ca, certificates }: DialerOptions): ContextFor {
  let roots: string[] | null = null;
  let plain: SecureContext | null = null;
  const own = certificates.map(({ hosts, cert, key }) => ({
    matches: anyOf(hosts, compileHostGlob),
    cert,
    key,
    context: null as SecureContext | null,
  }));
  const trusted = (): string[] => {
    roots ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...ca])];
    return roots;
  };
  return (host) => {
    const entry = own.find(({ matches }) => matches?.(host) === true);
    if (entry === undefined) {
      plain ??= createSecureContext({ ca: trusted() });
      return plain;
    }
    entry.context ??= createSecureContext({ ca: trusted(), cert: entry.cert, key: entry.key });
    return entry.context;
  };
}

/** True on this side of the proxy behind this one: what the configuration says so of, this host and its networks. */
export function isDirect(
  target: DialTarget,
  { proxy, resolve, direct }: Pick<DialerOptions, 'proxy' | 'resolve' | 'direct'>,
): boolean {
  if (proxy === null || isBehind(target, { proxy })) return true;
  const pair = hostPortText(placeOf(target));
  if (resolve.has(pair) || direct.has(pair)) return true;
  const address = target.address ?? target.host;
  return isIP(address) !== 0 && judgeAddress(address, false) === 'forbidden';
}

/** True for the proxy behind this one. */
function isBehind(target: DialTarget, { proxy }: Pick<DialerOptions, 'proxy'>): boolean {
  return proxy !== null && target.port === proxy.port && target.host === proxy.host;
}

/** What is looked up in lists of pairs: a client that names an address gains nothing by the name that it gives it. */
function placeOf({ host, port, address }: DialTarget): HostPort {
  return { host: address ?? host, port };
}

interface Route {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

/** Where the socket really goes. Throws `address_forbidden` for an address that is known to be refused already. */
function routeTo(target: DialTarget, isTls: boolean, options: DialerOptions): Route {
  const pair = hostPortText(placeOf(target));
  const override = options.resolve.get(pair);
  const isProxy = options.proxy !== null && pair === hostPortText(options.proxy);
  const isAllowed = override !== undefined || isProxy || options.allowed.has(pair);
  const { host, port } = override ?? placeOf(target);
  const check = (address: string): WeirError | null => {
    if (isOwn(address, port, options.own())) {
      return new WeirError('address_forbidden', `${pair} is this proxy itself`);
    }
    if (isAllowed || judgeAddress(address, options.isListenerLocal) === 'allowed') return null;
    return new WeirError('address_forbidden', `${pair} leads to ${address}, which the proxy does not reach`);
  };
  const lookup = options.lookup ?? systemLookup;
  if (isIP(host) === 0) return { host, port, lookup: checkedLookup(pair, check, lookup) };
  const refusal = check(host);
  if (refusal !== null) throw refusal;
  const isProven = isTls || target.address === undefined || override !== undefined || isIP(target.host) !== 0;
  if (isProven) return { host, port, lookup: checkedLookup(pair, check, lookup) };
  // By the name, so that the lookup tells whether it leads to the address.
  return { host: target.host, port, lookup: leadingTo(host, target.host, lookup) };
}

/** The address itself, where the name leads to it among others. */
function leadingTo(address: string, name: string, lookup: NonNullable<DialerOptions['lookup']>): LookupFunction {
  return (host, wanted, callback) => {
    lookup(host, (error, addresses) => {
      const isThere = error === null && addresses.some((one) => canonicalHost(one.address) === address);
      if (!isThere) {
        const text = `${name} does not lead to ${address}, which the client named for it`;
        callback(new WeirError('address_forbidden', text, { cause: error }), '', 0);
        return;
      }
      const family = isIP(address);
      if (wanted.all === true) callback(null, [{ address, family }]);
      else callback(null, address, family);
    });
  };
}

/** Every A and AAAA is checked, and only what was checked is handed to the socket. */
function checkedLookup(
  pair: string,
  check: (address: string) => WeirError | null,
  lookup: NonNullable<DialerOptions['lookup']>,
): LookupFunction {
  return (host, wanted, callback) => {
    lookup(host, (error, addresses) => {
      if (error !== null || addresses.length === 0) {
        const code = error !== null && 'code' in error ? String(error.code) : 'no address';
        callback(
          new WeirError('upstream_unresolved', `${pair} could not be resolved (${code})`, { cause: error }),
          '',
          0,
        );
        return;
      }
      for (const { address } of addresses) {
        const refusal = check(address);
        if (refusal !== null) return callback(refusal, '', 0);
      }
      const first = addresses[0];
      if (wanted.all === true) callback(null, [...addresses]);
      else callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

const systemLookup: NonNullable<DialerOptions['lookup']> = (host, callback) => {
  dnsLookup(host, { all: true }, (error, addresses) => callback(error, addresses));
};

/** Bytes to and from the target, through the proxy behind this one where there is one. */
async function dialTcp(
  target: DialTarget,
  isTls: boolean,
  options: DialerOptions,
  contextFor: ContextFor,
): Promise<Socket> {
  const { proxy } = options;
  if (proxy === null || isDirect(target, options)) return connected(target, isTls, options);
  // The proxy resolves names; what is known here already of where they lead is judged here.
  if (isLoopbackName(target.host)) {
    throw new WeirError('address_forbidden', `${hostPortText(target)} is a name of whoever resolves it`);
  }
  const raw = await connected(proxy, false, options);
  const socket = proxy.scheme === 'https' ? await secured(raw, proxy, HTTP_1, options, contextFor(proxy.host)) : raw;
  // Without TLS the name is proven by nobody but the one who resolves it.
  const { host, port, address } = target;
  await tunnelThrough(socket, proxy, { host: isTls ? (address ?? host) : host, port }, options.connectMs);
  return socket;
}

function connected(target: DialTarget, isTls: boolean, options: DialerOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const route = routeTo(target, isTls, options);
    const socket = connectTcp({
      host: route.host,
      port: route.port,
      lookup: route.lookup,
      noDelay: true,
      keepAlive: true,
    });
    settle(
      socket,
      'connect',
      target,
      options.connectMs,
      'connectMs',
      (open) => {
        options.outgoing?.add(open);
        resolve(open);
      },
      reject,
    );
  });
}

async function dialTls(
  target: DialTarget,
  alpn: readonly string[],
  options: DialerOptions,
  secureContext: SecureContext,
  contextFor: ContextFor,
): Promise<Socket> {
  return secured(await dialTcp(target, true, options, contextFor), target, alpn, options, secureContext);
}

/** TLS over a socket, for the name that was asked for; no session is kept, so none is ever offered to another name. */
function secured(
  raw: Socket,
  target: HostPort,
  alpn: readonly string[],
  options: DialerOptions,
  secureContext: SecureContext,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connectTls({
      socket: raw,
      secureContext,
      ALPNProtocols: [...alpn],
      rejectUnauthorized: true,
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      // With `resolve` the socket's address is another: the identity is that of the name asked for.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(target.host, certificate),
    });
    settle(socket, 'secureConnect', target, options.tlsMs, 'tlsMs', () => resolve(socket), reject);
  });
}

function settle(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  target: HostPort,
  limitMs: number,
  limitName: string,
  resolve: (socket: Socket) => void,
  reject: (error: WeirError) => void,
): void {
  const fail = (error: Error): void => {
    clearTimeout(timer);
    socket.destroy();
    reject(asWeirError(error, target));
  };
  const timer = setTimeout(() => {
    fail(
      new WeirError(
        'upstream_timeout',
        `${hostPortText(target)} did not connect within limits.${limitName} (${limitMs} ms)`,
      ),
    );
  }, limitMs);
  socket.once('error', fail);
  socket.once(event, () => {
    clearTimeout(timer);
    socket.off('error', fail);
    resolve(socket);
  });
}

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|ALTNAME/;

function asWeirError(error: Error, target: HostPort): WeirError {
  if (error instanceof WeirError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const pair = hostPortText(target);
  if (UNTRUSTED.test(code)) {
    return new WeirError('upstream_untrusted', `the certificate of ${pair} was not accepted (${code})`, {
      cause: error,
    });
  }
  if (/^(ERR_SSL|EPROTO)/.test(code)) {
    return new WeirError('upstream_unreachable', `the TLS handshake with ${pair} failed (${code})`, { cause: error });
  }
  if (code === 'ETIMEDOUT') {
    return new WeirError('upstream_timeout', `${pair} did not connect in time (${code})`, { cause: error });
  }
  return new WeirError('upstream_unreachable', `no connection to ${pair} (${code})`, { cause: error });
}

function isOwn(address: string, port: number, own: readonly HostPort[]): boolean {
  const isLocal = judgeAddress(address, true) === 'forbidden';
  return own.some(
    (listener) => listener.port === port && (listener.host === address || (isLocal && isAnyOrLocal(listener.host))),
  );
}

function isAnyOrLocal(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || judgeAddress(host, true) === 'forbidden';
}
