/** Where the bus is and how a node shows who it is. What is said of it anywhere else names its place, never a secret. */

export interface BusSettings {
  /** Tried in turn. */
  readonly servers: readonly BusServer[];
  readonly isTls: boolean;
  readonly user: { readonly name: string; readonly password: string } | null;
  /** The text of a `.creds` file: a JWT and the seed of its key. */
  readonly credentials: string | null;
  /** Roots that the server's certificate is held against, PEM; the system's where there are none. */
  readonly ca: readonly string[];
  /** Shown to a server that asks for one; PEM. */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

export interface BusServer {
  readonly host: string;
  readonly port: number;
}

const PORT = 4222;

/** What a URL says of a bus; null where it is not `nats://` or `tls://` with hosts and nothing behind them. */
export function readBusUrl(text: string): Pick<BusSettings, 'servers' | 'isTls' | 'user'> | null {
  const match = /^(nats|tls):\/\/(?:([^/@\s]*)@)?([^/@\s?#]+)\/?$/.exec(text);
  if (match === null) return null;
  const [, scheme, credential, hosts = ''] = match;
  const servers = hosts.split(',').map(readServer);
  const user = credential === undefined ? null : readUser(credential);
  if (user === undefined || !servers.every((server) => server !== null)) return null;
  return { servers, isTls: scheme === 'tls', user };
}

function readServer(text: string): BusServer | null {
  // Only the URL's own rules tell what a host is; a scheme that it knows the form of keeps the port.
  const url = URL.canParse(`nats://${text}`) ? new URL(`nats://${text}`) : null;
  if (url === null || url.hostname === '' || url.pathname !== '') return null;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? PORT : Number(url.port) };
}

/** Undefined where its percent signs stand for nothing, or it has no password. */
function readUser(text: string): BusSettings['user'] | undefined {
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  try {
    return { name: decodeURIComponent(text.slice(0, colon)), password: decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

/** A bus of which nothing is known but where it is. Throws TypeError for what is no URL of a bus; it is not repeated. */
export function busSettings(url: string, more: Partial<BusSettings> = {}): BusSettings {
  const read = readBusUrl(url);
  if (read === null) throw new TypeError('expected nats://HOST:PORT or tls://HOST:PORT');
  return { credentials: null, ca: [], certificate: null, ...read, ...more };
}

/** `tls://bus.example:4222`, for people: without user and password. */
export function busPlace({ servers, isTls }: Pick<BusSettings, 'servers' | 'isTls'>): string {
  return `${isTls ? 'tls' : 'nats'}://${servers.map(serverText).join(',')}`;
}

/** `host:port`, IPv6 in brackets. */
export function serverText({ host, port }: BusServer): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
