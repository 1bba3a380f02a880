/**
 * What a request asks the proxy for, read off its request line and Host before anything else is looked at: to be
 * forwarded, to go through the gateway, the proxy's own page, or nothing that it does. Pure.
 */
import { isIP } from 'node:net';
import { type HostPort, hostPortText } from '../catalog/host.ts';
import { type GatewayProvider, resolveGateway } from '../catalog/providers.ts';
import { defaultPort, OWN_NAME, parseAbsolute, parseAuthority, type Target } from './authority.ts';
import { valuesOf } from './head.ts';

export type Route =
  | { readonly kind: 'forward'; readonly origin: Target; readonly target: string }
  | { readonly kind: 'gateway'; readonly origin: Target; readonly target: string; readonly provider: string }
  /** `isRouted`: asked for by the name that only the proxy's clients reach. */
  | { readonly kind: 'own'; readonly target: string; readonly isRouted: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly message: string };

/** What the listener knows of the connection that a request came on. */
export interface Surroundings {
  /** Where a CONNECT tunnel leads, and what is spoken in it; null outside of one. */
  readonly tunnel: Target | null;
  /** The SNI of the tunnel's TLS, canonical; null where there was none. */
  readonly serverName: string | null;
  /** A connection that the kernel redirected here: its port, where a PROXY header says it. Null for every other. */
  readonly transparent: { readonly port: number | null } | null;
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
  if (around.tunnel !== null) return tunnelled(around.tunnel, target, host, around);
  if (around.transparent !== null) return redirected(around.transparent.port, target, host, around);
  if (!target.startsWith('/')) return absolute(target, host, around);
  return local(target, host, raw, around);
}

/**
 * CONNECT host, SNI and Host must agree: a front that the upstream's own routing would not see is refused (421). Where
 * the client named an address, SNI is the name, and without one Host.
 */
function tunnelled(tunnel: Target, target: string, host: string | null, around: Surroundings): Route {
  const { serverName } = around;
  if (serverName !== null && serverName !== tunnel.host) {
    return misdirected(`the TLS server name is not ${tunnel.host}`);
  }
  if (tunnel.host === OWN_NAME && tunnel.port === 443) return { kind: 'own', target, isRouted: true };
  // What nearly every client sends.
  if (host === tunnel.host && tunnel.port === defaultPort(tunnel.scheme) && target.startsWith('/')) {
    return { kind: 'forward', origin: tunnel, target };
  }
  const asked = askedFor(target, host, tunnel);
  if (asked === null) return badTarget();
  if ('kind' in asked) return asked;
  const { authority } = asked;
  const named = serverName === null && tunnel.address === undefined && isIP(tunnel.host) !== 0;
  const isAgreed = authority.host === tunnel.host || named;
  // A client may leave a port that is not the scheme's own out of Host; it may not name another, but where it is not known.
  const isPortOpen = around.transparent !== null && around.transparent.port === null;
  if (!isAgreed || (authority.port !== tunnel.port && !isPortOpen)) {
    return misdirected(`Host is not ${hostPortText(tunnel)}, where the tunnel leads`);
  }
  const origin = {
    ...tunnel,
    ...authority,
    ...(authority.host === tunnel.host ? {} : { address: tunnel.host }),
  };
  return { kind: 'forward', origin, target: asked.target };
}

/** Plain HTTP that was redirected here: Host alone says where it was going. */
function redirected(port: number | null, target: string, host: string | null, around: Surroundings): Route {
  const asked = askedFor(target, host, { scheme: 'http', port: port ?? 80 });
  if (asked === null) return badTarget();
  if ('kind' in asked) return asked;
  const { authority } = asked;
  if (port !== null && authority.port !== port) return misdirected(`Host is not of port ${port}, where it was sent`);
  if (around.isOwn(authority)) return { kind: 'own', target: asked.target, isRouted: authority.host === OWN_NAME };
  return { kind: 'forward', origin: { scheme: 'http', ...authority, via: 'sni' }, target: asked.target };
}

/** Host, or an absolute form that agrees with it; null for a target that is neither path nor URL. */
function askedFor(
  target: string,
  host: string | null,
  way: { readonly scheme: 'http' | 'https'; readonly port: number },
): { readonly authority: HostPort; readonly target: string } | Route | null {
  if (!target.startsWith('/')) {
    const given = parseAbsolute(target);
    if (given === null) return null;
    if (given.origin.scheme !== way.scheme) return misdirected('the scheme of the URL is not that of the connection');
    const { host: name, port } = given.origin;
    return disagreement(given.origin, host) ?? { authority: { host: name, port }, target: given.target };
  }
  const authority = host === null ? null : parseAuthority(host, way.port);
  if (authority === null) return refused(400, 'host_malformed', 'Host is missing or is not a host');
  return { authority, target };
}

/** RFC 9112 §3.2.2 has a proxy ignore a Host that disagrees with the URL; the next reader might not. */
function disagreement(origin: Target, host: string | null): Route | null {
  if (host === null) return null;
  const place = parseAuthority(host, defaultPort(origin.scheme));
  const isSame = place !== null && place.host === origin.host && place.port === origin.port;
  return isSame ? null : refused(400, 'host_disagrees', 'Host is not the authority of the URL');
}

function absolute(target: string, host: string | null, around: Surroundings): Route {
  const given = parseAbsolute(target);
  if (given === null) return badTarget();
  const disagrees = disagreement(given.origin, host);
  if (disagrees !== null) return disagrees;
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
