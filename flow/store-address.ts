/**
 * Where a shared store is: `postgres://user@host:port/database?…`, read once. Nothing here connects, and the password is in
 * no text that anybody sees.
 */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  /** The folder of a Unix socket, in place of the host. */
  readonly socket: string | null;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** A file that holds it, read at each connection. */
  readonly passwordFile: string | null;
  /** `verify-full`: the certificate is checked, and that it is the host's; `disable`: no TLS. */
  readonly tls: 'verify-full' | 'disable';
  /** A file of certificates in PEM that are trusted in place of the system's. */
  readonly caFile: string | null;
}

const KNOWN = ['sslmode', 'sslrootcert', 'passfile', 'host'];

/**
 * Reads one. TLS with verification unless it is a loopback address or a socket, or `sslmode=disable` says so. The password
 * stands in the URL or in the file that `passfile` names. Throws RangeError, without the password, where it is none.
 */
export function storeAddress(text: string): StoreAddress {
  if (!URL.canParse(text)) throw new RangeError('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:')
    throw new RangeError('does not begin with postgres://');
  for (const key of url.searchParams.keys()) {
    if (!KNOWN.includes(key)) throw new RangeError(`has ${key}, which is none of ${KNOWN.join(', ')}`);
  }
  const socket = url.searchParams.get('host');
  if (socket !== null && !socket.startsWith('/')) throw new RangeError('has a host= that is no folder of a socket');
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host === '' && socket === null) throw new RangeError('names no host');
  const database = decodeURIComponent(url.pathname.slice(1));
  const user = decodeURIComponent(url.username);
  if (database === '' || database.includes('/')) throw new RangeError('names no database');
  if (user === '') throw new RangeError('names no user');
  if (url.password !== '' && url.searchParams.has('passfile')) throw new RangeError('has a password and a passfile');
  const isNear = socket !== null || isLoopbackHost(host);
  const mode = url.searchParams.get('sslmode') ?? (isNear ? 'disable' : 'verify-full');
  if (mode !== 'verify-full' && mode !== 'disable') {
    throw new RangeError(`has sslmode=${mode}: expected verify-full, or disable where the way is safe without`);
  }
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    socket,
    database,
    user,
    password: url.password === '' ? null : decodeURIComponent(url.password),
    passwordFile: url.searchParams.get('passfile'),
    tls: mode,
    caFile: url.searchParams.get('sslrootcert'),
  };
}

/** Where it is, for people. */
export function storeText({ host, port, socket, database, user }: StoreAddress): string {
  return socket === null
    ? `postgres://${user}@${host}:${port}/${database}`
    : `postgres://${user}@${socket}/${database}`;
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
