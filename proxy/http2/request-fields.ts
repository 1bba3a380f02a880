/**
 * The fields of an HTTP/2 request (RFC 9113 §8.3) as the rest of the proxy knows them: `host` for `:authority`, the target
 * for `:path`, crumbs of cookies joined. What two readers could understand differently is refused. Pure.
 */
import { parseAuthority } from '../authority.ts';

export interface RequestFields {
  readonly method: string;
  /** `https` or `http`, as the client says. */
  readonly scheme: string;
  /** Path and query. */
  readonly target: string;
  /** Flat list of names and values, without pseudo-headers. */
  readonly headers: readonly string[];
  /** What the stream is to carry instead of a request and its answer (extended CONNECT, RFC 8441 §4); null for these. */
  readonly protocol: 'websocket' | null;
}

export interface RefusedFields {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** RFC 9113 §8.2.2: they hold for a connection of HTTP/1.1. */
const CONNECTION_SPECIFIC = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);
const PSEUDO = new Set([':method', ':scheme', ':path', ':authority', ':protocol']);
/** A name as HTTP/2 has it: a token without upper case. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control character, and no white space at its ends (RFC 9113 §8.2.1). */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
/** No fragment, no white space, no control character. */
const TARGET = /^[\x21-\x22\x24-\x7e\x80-\xff]+$/;

/** `raw` is the flat list as received. */
export function requestFields(raw: readonly string[]): RequestFields | RefusedFields {
  const pseudo = new Map<string, string>();
  const headers: string[] = [];
  const hosts: string[] = [];
  let cookieAt = -1;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name.startsWith(':')) {
      if (!PSEUDO.has(name) || pseudo.has(name) || headers.length > 0 || hosts.length > 0) {
        return malformed('a pseudo-header that is unknown, repeated or behind the others (RFC 9113 §8.3)');
      }
      pseudo.set(name, value);
      continue;
    }
    if (!NAME.test(name) || !VALUE.test(value)) return malformed('a header that is none (RFC 9113 §8.2.1)');
    if (CONNECTION_SPECIFIC.has(name) || (name === 'te' && value.toLowerCase() !== 'trailers')) {
      return malformed('a header that belongs to a connection of HTTP/1.1 (RFC 9113 §8.2.2)');
    }
    if (name === 'host') hosts.push(value);
    else if (name !== 'cookie') headers.push(name, value);
    else if (cookieAt === -1) cookieAt = headers.push(name, value) - 1;
    else headers[cookieAt] = `${headers[cookieAt]}; ${value}`;
  }
  return joined(pseudo, hosts, headers);
}

function joined(
  pseudo: ReadonlyMap<string, string>,
  hosts: readonly string[],
  headers: readonly string[],
): RequestFields | RefusedFields {
  const given = pseudo.get(':method');
  const protocol = pseudo.get(':protocol');
  if (protocol !== undefined && given !== 'CONNECT')
    return malformed('a :protocol that is not for CONNECT (RFC 8441 §4)');
  if (given === 'CONNECT' && protocol === undefined) {
    return refused(501, 'connect_refused', 'CONNECT without a protocol is served in HTTP/1.1 only');
  }
  if (protocol !== undefined && protocol.toLowerCase() !== 'websocket') {
    return refused(501, 'protocol_unknown', 'of extended CONNECT only WebSocket is served (RFC 8441)');
  }
  // A WebSocket is asked for with GET in HTTP/1.1 (RFC 6455 §4.1), and is the same call here.
  const method = protocol === undefined ? given : 'GET';
  const scheme = pseudo.get(':scheme')?.toLowerCase();
  const target = pseudo.get(':path');
  if (method === undefined || scheme === undefined || target === undefined) {
    return malformed('a request without :method, :scheme or :path (RFC 9113 §8.3.1)');
  }
  if (!TARGET.test(target) || (!target.startsWith('/') && target !== '*')) return malformed('a :path that is no path');
  const authority = pseudo.get(':authority');
  const first = hosts[0];
  // Repeated ones go on as they are: the route refuses them.
  if (authority !== undefined && first !== undefined && !agree(authority, first, scheme)) {
    return refused(400, 'authority_mismatch', 'Host is not what :authority says (RFC 9113 §8.3.1)');
  }
  const names = authority === undefined ? hosts : [authority, ...hosts.slice(1)];
  return {
    method,
    scheme,
    target,
    headers: [...names.flatMap((name) => ['host', name]), ...headers],
    protocol: protocol === undefined ? null : 'websocket',
  };
}

function agree(authority: string, host: string, scheme: string): boolean {
  if (authority === host) return true;
  const port = scheme === 'http' ? 80 : 443;
  const [one, other] = [parseAuthority(authority, port), parseAuthority(host, port)];
  return one !== null && other !== null && one.host === other.host && one.port === other.port;
}

function malformed(message: string): RefusedFields {
  return refused(400, 'malformed', message);
}

function refused(status: number, code: string, message: string): RefusedFields {
  return { status, code, message };
}
