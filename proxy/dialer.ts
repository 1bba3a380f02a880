/**
 * The one place that opens a socket towards an upstream. It checks every address that a name resolves to and uses
 * only what it checked (a name that changes its mind in between gains nothing), follows `resolve`, verifies
 * certificates against the public roots, the system's and `upstream.ca`, and checks the server's identity for the
 * name that the client asked for. It refuses forbidden addresses, the proxy itself and whatever is not a host.
 */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import { WeirError } from '../flow/errors.ts';
import { judgeAddress } from './addresses.ts';

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
  /** Resolves a name; the system's resolver unless given. */
  readonly lookup?: (
    host: string,
    callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
  ) => void;
}

export interface Dialer {
  /** A connected socket, TLS done where asked for. Throws WeirError `address_forbidden` or `upstream_*`. */
  dial(target: HostPort, isTls: boolean): Promise<Socket>;
}

export function createDialer(options: DialerOptions): Dialer {
  const roots = trustedRoots(options.ca);
  return { dial: (target, isTls) => (isTls ? dialTls(target, options, roots()) : dialTcp(target, options)) };
}

/** Built once and when first needed: parsing some 150 roots costs milliseconds, so no connection pays for it. */
function trustedRoots(extra: readonly string[]): () => SecureContext {
  let context: SecureContext | null = null;
  return () => {
    if (context === null) {
      const roots = new Set([...getCACertificates('default'), ...getCACertificates('system'), ...extra]);
      context = createSecureContext({ ca: [...roots] });
    }
    return context;
  };
}

interface Route {
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

/** Where the socket really goes. Throws `address_forbidden` for an address that is known to be refused already. */
function routeTo(target: HostPort, options: DialerOptions): Route {
  const pair = hostPortText(target);
  const override = options.resolve.get(pair);
  const isAllowed = override !== undefined || options.allowed.has(pair);
  const { host, port } = override ?? target;
  const check = (address: string): WeirError | null => {
    if (isOwn(address, port, options.own())) {
      return new WeirError('address_forbidden', `${pair} is this proxy itself`);
    }
    if (isAllowed || judgeAddress(address, options.isListenerLocal) === 'allowed') return null;
    return new WeirError('address_forbidden', `${pair} leads to ${address}, which the proxy does not reach`);
  };
  if (isIP(host) !== 0) {
    const refusal = check(host);
    if (refusal !== null) throw refusal;
  }
  return { host, port, lookup: checkedLookup(pair, check, options.lookup ?? systemLookup) };
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

function dialTcp(target: HostPort, options: DialerOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const route = routeTo(target, options);
    const socket = connectTcp({
      host: route.host,
      port: route.port,
      lookup: route.lookup,
      noDelay: true,
      keepAlive: true,
    });
    settle(socket, 'connect', target, options.connectMs, 'connectMs', resolve, reject);
  });
}

async function dialTls(target: HostPort, options: DialerOptions, secureContext: SecureContext): Promise<Socket> {
  const raw = await dialTcp(target, options);
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connectTls({
      socket: raw,
      secureContext,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
      // With `resolve` the socket's address is another: the identity is that of the name asked for.
      checkServerIdentity: (_host, certificate) => checkServerIdentity(target.host, certificate),
    });
    settle(socket, 'secureConnect', target, options.tlsMs, 'tlsMs', resolve, reject);
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
