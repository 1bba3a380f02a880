/**
 * The way to a PostgreSQL: opened lazily, TLS with verification, and what it answers in words of ours. The driver is loaded
 * here alone, when somebody asks for a connection.
 */
import { readFileSync } from 'node:fs';
import type { Sql, TransactionSql } from 'postgres';
import { type ErrorCode, WeirError } from '../../flow/errors.ts';
import { type StoreAddress, storeText } from '../../flow/store-address.ts';

/** The schema that all of Weir's tables stand in. */
export const SCHEMA = 'weir';
/** What asks: the pool, or one transaction of it. */
export type Asker = Sql | TransactionSql;

export interface ConnectOptions {
  /** Connections at most. */
  readonly max?: number;
  /** How the server lists it. */
  readonly name?: string;
  /** Seconds until a connection is given up. */
  readonly connectSeconds?: number;
  /** Nothing may be written over it. */
  readonly isReadOnly?: boolean;
}

/** Opens no connection yet: the first question does. Throws WeirError `store_denied` for a certificate file that cannot be read. */
export async function connectStore(address: StoreAddress, options: ConnectOptions = {}): Promise<Sql> {
  const { default: postgres } = await import('postgres');
  const { host, port, socket, database, user, password, passwordFile, tls } = address;
  return postgres({
    host,
    port,
    ...(socket === null ? {} : { path: `${socket}/.s.PGSQL.${port}` }),
    database,
    user,
    // Never what PGPASSWORD says: the address is the one place that names it.
    pass: () => (passwordFile === null ? (password ?? '') : readTrusted(passwordFile, 'the password')),
    ssl: tls === 'disable' ? false : { ...trusted(address), minVersion: 'TLSv1.2' },
    max: options.max ?? 4,
    connect_timeout: options.connectSeconds ?? CONNECT_SECONDS,
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: options.name ?? 'weir',
      search_path: SCHEMA,
      // Who reads asks for whole maps, and of many tables by day at once.
      ...(options.isReadOnly === true ? { default_transaction_read_only: true, work_mem: '32MB', jit: false } : {}),
    },
    // Counts and moments in ms are all below 2^53; sums of them come as numeric.
    types: { whole: { to: 20, from: [20, 1700], serialize: String, parse: Number } },
  });
}

/**
 * Connections that are made anew once one was cut: the driver keeps in a cut one what it had not sent yet, and may never get it
 * open again.
 */
export class StorePool {
  readonly #address: StoreAddress;
  readonly #options: ConnectOptions;
  #opened: Promise<Sql> | null = null;

  constructor(address: StoreAddress, options: ConnectOptions) {
    this.#address = address;
    this.#options = options;
  }

  /** Runs it, with failures in words of ours. */
  async run<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    this.#opened ??= this.#open();
    const opened = this.#opened;
    let isOpen = false;
    try {
      const sql = await opened;
      isOpen = true;
      return await work(sql);
    } catch (error) {
      if (!isOpen && this.#opened === opened) this.#opened = null;
      if (isCut(error) || (error instanceof WeirError && isCut(error.cause))) this.#drop(opened);
      throw storeError(error, this.#address);
    }
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    if (opened !== null) await opened.then((sql) => sql.end({ timeout: CLOSE_SECONDS }), ignored);
  }

  /**
   * A first question has its time: where somebody takes connections and ends them before a word was said, as a balancer
   * without a server behind it does, the driver tries again for ever and tells nobody.
   */
  async #open(): Promise<Sql> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(Object.assign(new Error('no answer in time'), { code: 'CONNECT_TIMEOUT' })),
      (this.#options.connectSeconds ?? CONNECT_SECONDS) * 1000,
    );
    let sql: Sql | null = null;
    try {
      sql = await connectStore(this.#address, this.#options);
      await Promise.race([sql.unsafe('SELECT 1'), late]);
      return sql;
    } catch (error) {
      sql?.end({ timeout: 0 }).catch(ignored);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What others still ask over its connections they are given the time to hear. */
  #drop(opened: Promise<Sql>): void {
    if (this.#opened !== opened) return;
    this.#opened = null;
    opened.then((sql) => sql.end({ timeout: CLOSE_SECONDS })).catch(ignored);
  }
}

const CONNECT_SECONDS = 10;
const CLOSE_SECONDS = 5;

/** Whoever asked has been told already. */
function ignored(): void {}

function trusted({ caFile }: StoreAddress): { readonly ca?: string } {
  return caFile === null ? {} : { ca: readTrusted(caFile, 'the certificates to trust') };
}

function readTrusted(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    throw new WeirError('store_denied', `${file}, ${what}, cannot be read`, { cause: error });
  }
}

/** SQLSTATE or the driver's and Node's codes. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** What the records themselves are to blame for: a value that a column cannot hold. */
export function isDataFault(error: unknown): boolean {
  return /^2[123]/.test(codeOf(error)) || codeOf(error) === '54000';
}

/** The connection is gone, or is about to go: the server ends it, or nobody answers. */
export function isCut(error: unknown): boolean {
  return /^(CONNECTION_\w+|CONNECT_TIMEOUT|57P0[1-5]|08\w{3}|E(?:CONN|PIPE|TIMEDOUT|HOST|NET)\w*|ERR_(?:STREAM|SOCKET)\w*)$/.test(
    codeOf(error),
  );
}

/** Two transactions met: the same again may pass. */
export function isCollision(error: unknown): boolean {
  return codeOf(error) === '40001' || codeOf(error) === '40P01';
}

const WAYS: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/^28/, 'store_denied', 'refuses the login: check user and password of `store`, and pg_hba.conf there'],
  [/^3D000$/, 'store_denied', 'has no database of that name: create it (createdb), or name another in `store`'],
  [
    /^(3F000|42P01)$/,
    'store_unready',
    'has no tables of Weir: run `weir store migrate` with a role that may create them',
  ],
  [/^42501$/, 'store_denied', 'does not let this role do that: docs/postgres.md lists what each role needs'],
  [/^25006$/, 'store_away', 'is read-only: it is a standby, or default_transaction_read_only is on there'],
  [/^53100$/, 'store_away', 'has a full disk: free space there; records wait until then'],
  [/^53300$/, 'store_away', 'has no connection left: raise max_connections there'],
  [/^(57P0[1-5]|57014)$/, 'store_away', 'is being started or ended'],
  [/^(40001|40P01|55P03)$/, 'store_away', 'is busy: two writers met too often'],
  [/^(53|58|XX|08)/, 'store_away', 'cannot go on now; its own log says why'],
  [/^CERT_HAS_EXPIRED$/, 'store_untrusted', 'shows a certificate that has expired: renew it there'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'store_untrusted', 'shows a certificate of another name than `store` has'],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|CERT_\w+)$/,
    'store_untrusted',
    'shows a certificate that is not trusted: name the file of its authority as sslrootcert= in `store`',
  ],
  [/^(EPROTO|ERR_SSL_\w+)$/, 'store_untrusted', 'does not speak TLS: turn `ssl` on there'],
  [/^(ECONNREFUSED|ENOENT)$/, 'store_away', 'does not take connections: is it running?'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'store_away', 'has a name that cannot be resolved'],
  [
    /^(CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    'store_away',
    'did not answer in time: is a firewall between?',
  ],
  [/^(CONNECTION_\w+|ECONNRESET|EPIPE|ERR_STREAM_\w+)$/, 'store_away', 'ended the connection'],
];

/** What a failure of the database means, as one of ours. One that is ours already, or a bug, stays what it is. */
export function storeError(error: unknown, address: StoreAddress): unknown {
  if (error instanceof WeirError || !(error instanceof Error)) return error;
  // A server without TLS answers so, and what stands where its handshake was expected ends the connection.
  const isBare = codeOf(error) === 'ECONNRESET' && error.message.includes('secure TLS');
  const code = isBare ? 'EPROTO' : codeOf(error);
  const way = WAYS.find(([pattern]) => pattern.test(code));
  if (way === undefined) return error;
  // The server's own message may quote a row.
  return new WeirError(way[1], `${storeText(address)} ${way[2]} (${code})`, { cause: error });
}

/** Runs it, with failures in words of ours. */
export async function inStore<T>(address: StoreAddress, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error, address);
  }
}
