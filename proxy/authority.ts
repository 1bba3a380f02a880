/** Reads who a request is for: request targets and authorities of RFC 9112 §3.2 and RFC 3986 §3.2. Pure. */
import { canonicalHost, type HostPort } from '../catalog/host.ts';
import type { Origin } from '../catalog/providers.ts';
import type { Via } from '../flow/edge.ts';

export type Scheme = Origin['scheme'];

/** The proxy's own name, which only its clients reach: `http://weir.local/`, `https://weir.local/`. */
export const OWN_NAME = 'weir.local';

/** An origin, and what is known beyond its name of the way to it. */
export interface Target extends Origin {
  /** The client named this address and not a name: the socket goes there, and the certificate is checked for `host`. */
  readonly address?: string;
  /** How the name is known; `proxy` unless said. */
  readonly via?: Via;
}

const DEFAULT_PORT: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/** `host`, `host:port`, `[v6]:port`; null for anything else, user information included. */
export function parseAuthority(text: string, defaultPort: number): HostPort | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^\s:@/?#[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const host = canonicalHost((match[1] ?? '').replace(/^\[|\]$/g, ''));
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  return host === null || port < 1 || port > 65535 ? null : { host, port };
}

/** An absolute-form target split, its path byte for byte as received; null when it is not one or holds user information. */
export function parseAbsolute(target: string): { readonly origin: Origin; readonly target: string } | null {
  const match = /^(https?):\/\/([^/?#]*)([^#]*)$/i.exec(target);
  if (match === null) return null;
  const scheme: Scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const authority = parseAuthority(match[2] ?? '', DEFAULT_PORT[scheme]);
  if (authority === null) return null;
  const rest = match[3] ?? '';
  return { origin: { scheme, ...authority }, target: rest.startsWith('/') ? rest : `/${rest}` };
}

/** What stands in Host: without the port where it is the scheme's own. */
export function authorityText(origin: Origin): string {
  const host = origin.host.includes(':') ? `[${origin.host}]` : origin.host;
  return origin.port === DEFAULT_PORT[origin.scheme] ? host : `${host}:${origin.port}`;
}

/** `https://host:port`, the port only where it is not the scheme's own. */
export function originText(origin: Origin): string {
  return `${origin.scheme}://${authorityText(origin)}`;
}

export function defaultPort(scheme: Scheme): number {
  return DEFAULT_PORT[scheme];
}
