/**
 * What a request asks the proxy for, read off its request line and Host before anything else is looked at: to be
 * forwarded, to go through the gateway, the proxy's own page, or nothing that it does. Pure.
 */
import { type HostPort, hostPortText } from '../catalog/host.ts';
import { type GatewayProvider, type Origin, resolveGateway } from '../catalog/providers.ts';
import { defaultPort, OWN_NAME, parseAbsolute, parseAuthority } from './authority.ts';
import { valuesOf } from './head.ts';

export type Route =
  | { readonly kind: 'forward'; readonly origin: Origin; readonly target: string }
  | { readonly kind: 'gateway'; readonly origin: Origin; readonly target: string; readonly provider: string }
  /** `isRouted`: asked for by the name that only the proxy's clients reach. */
  | { readonly kind: 'own'; readonly target: string; readonly isRouted: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string };

/** What the listener knows of the connection that a request came on. */
export interface Surroundings {
  /** Where a CONNECT tunnel leads, and what is spoken in it; null outside of one. */
  readonly tunnel: Origin | null;
  /** The SNI of the tunnel's TLS, canonical; null where there was none. */
  readonly serverName: string | null;
  /** True for a host and port that are this listener's own. */
  readonly isOwn: (place: HostPort) => boolean;
  readonly listenPort: number;
  readonly providers: ReadonlyMap<string, GatewayProvider>;
  /** Browser origins that may use the gateway. */
  readonly origins: readonly string[];
}

/** `raw` is the flat header list as received. */
export function routeOf(target: string, raw: readonly string[], around: Surroundings): Route {
  const hosts = valuesOf(raw, 'host');
  if (hosts.length > 1) return refused(400, 'host_repeated', 'more than one Host header (RFC 9112 §3.2)');
  const host = hosts[0] ?? null;
  if (target === '*')
    return refused(501, 'options_asterisk', 'OPTIONS * asks a server about itself; it is not forwarded');
  if (around.tunnel !== null) return tunnelled(around.tunnel, target, host, around.serverName);
  if (!target.startsWith('/')) return absolute(target, around);
  return local(target, host, raw, around);
}

/** CONNECT host, SNI and Host must agree: a front that the upstream's own routing would not see is refused (421). */
function tunnelled(tunnel: Origin, target: string, host: string | null, serverName: string | null): Route {
  if (serverName !== null && serverName !== tunnel.host && !isAddress(tunnel.host)) {
    return misdirected(`the TLS server name is not ${tunnel.host}`);
  }
  if (tunnel.host === OWN_NAME && tunnel.port === 443) return { kind: 'own', target, isRouted: true };
  // What nearly every client sends.
  if (host === tunnel.host && tunnel.port === defaultPort(tunnel.scheme) && target.startsWith('/')) {
    return { kind: 'forward', origin: tunnel, target };
  }
  const name = isAddress(tunnel.host) && serverName !== null ? serverName : tunnel.host;
  const given = target.startsWith('/') ? null : parseAbsolute(target);
  if (given === null && !target.startsWith('/')) return badTarget();
  const authority = given?.origin ?? (host === null ? null : parseAuthority(host, tunnel.port));
  if (authority === null) return refused(400, 'host_malformed', 'Host is missing or is not a host');
  // A client may leave a port that is not the scheme's own out of Host; it may not name another.
  if (authority.port !== tunnel.port || (authority.host !== name && authority.host !== tunnel.host)) {
    return misdirected(`Host is not ${hostPortText({ host: name, port: tunnel.port })}, where the tunnel leads`);
  }
  return { kind: 'forward', origin: tunnel, target: given?.target ?? target };
}

function absolute(target: string, around: Surroundings): Route {
  const given = parseAbsolute(target);
  if (given === null) return badTarget();
  // `http://weir…/` through the proxy itself.
  if (around.isOwn(given.origin)) {
    return { kind: 'own', target: given.target, isRouted: given.origin.host === OWN_NAME };
  }
  return { kind: 'forward', ...given };
}

function local(target: string, host: string | null, raw: readonly string[], around: Surroundings): Route {
  const place = host === null ? null : parseAuthority(host, 80);
  // A page that rebinds its own name to this address still sends its own name.
  if (place === null || !around.isOwn({ host: place.host, port: around.listenPort })) {
    return misdirected('Host is not a name of this proxy; further names stand under proxy.names');
  }
  const gateway = resolveGateway(target, around.providers);
  if (gateway === null) return { kind: 'own', target, isRouted: false };
  const origin = valuesOf(raw, 'origin')[0];
  if (origin !== undefined && !around.origins.includes(origin)) {
    return refused(
      403,
      'origin_refused',
      'a browser page may use the gateway only when proxy.origins names its origin',
    );
  }
  return { kind: 'gateway', origin: gateway.origin, target: gateway.rest, provider: gateway.provider.name };
}

/** True for the host of a tunnel that is named by an address. */
function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

function badTarget(): Route {
  return refused(
    400,
    'target_malformed',
    'the request target is neither a path nor an http(s) URL without user information',
  );
}

function misdirected(message: string): Route {
  return refused(421, 'misdirected', message);
}

function refused(status: number, code: string, message: string): Route {
  return { kind: 'refused', status, code, message };
}
