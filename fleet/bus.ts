/**
 * The connection to the bus. Opening it never fails: it goes on trying for ever, in the background, and says why it is
 * away. A server that comes back, changes its certificate or mends a password is found without a restart. Nothing that it
 * says holds a secret.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node';
import { type BusSettings, busPlace, serverText } from './bus-settings.ts';

export type BusState =
  | { readonly kind: 'connected' }
  /** `reason` completes "the bus at PLACE …", and says what mends it where something does. */
  | { readonly kind: 'away'; readonly reason: string };

export interface BusOptions {
  /** How the server's operators see this connection. */
  readonly name: string;
  /** The state has changed, or has another reason. */
  readonly onState?: (state: BusState) => void;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
/** What a connection, and each answer, may take. */
const TIMEOUT_MS = 10_000;
/** Two of these without an answer, and a connection that is silently cut is given up. */
const PING_MS = 10_000;
const CLOSE_MS = 2000;
const ASK_WHY_MS = 5000;

export class Bus {
  #settings: BusSettings;
  readonly #options: BusOptions;
  readonly #closing = new AbortController();
  #connection: NatsConnection | null = null;
  #state: BusState = { kind: 'away', reason: 'is being connected to' };
  #waiting: ((connection: NatsConnection) => void)[] = [];
  readonly #ended: Promise<void>;

  /** Begins to connect. */
  constructor(settings: BusSettings, options: BusOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#ended = this.#keepConnected();
  }

  get settings(): BusSettings {
    return this.#settings;
  }

  /** Connects anew with these: a certificate that was renewed, another place. */
  async take(settings: BusSettings): Promise<void> {
    this.#settings = settings;
    await this.#connection?.close();
  }

  get state(): BusState {
    return this.#state;
  }

  /** `the bus at nats://bus.example:4222 refuses …`; null while it is connected. */
  get problem(): string | null {
    return this.#state.kind === 'connected' ? null : `the bus at ${busPlace(this.settings)} ${this.#state.reason}`;
  }

  /** The connection while it stands; null while the bus is away. */
  get connection(): NatsConnection | null {
    return this.#state.kind === 'connected' ? this.#connection : null;
  }

  /** Resolves once it is connected; never, where it is closed before. */
  ready(): Promise<NatsConnection> {
    const { connection } = this;
    if (connection !== null) return Promise.resolve(connection);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** What was handed to it is written first, where it is connected. */
  async close(): Promise<void> {
    this.#closing.abort();
    const connection = this.#connection;
    if (connection !== null) {
      const drained = connection.isClosed() ? Promise.resolve() : connection.drain().catch(() => {});
      await Promise.race([drained, pause(CLOSE_MS, undefined, { ref: false })]);
      await connection.close();
    }
    await this.#ended;
  }

  async #keepConnected(): Promise<void> {
    const { connect } = await import('@nats-io/transport-node');
    const { signal } = this.#closing;
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        // A server that refuses a certificate does so when the library takes itself for connected, and then it is silent.
        if (this.settings.isTls) await this.#probe();
        const connection = await connect(await this.#connectOptions());
        retryMs = FIRST_RETRY_MS;
        await this.#stayWith(connection);
      } catch (error) {
        this.#set({ kind: 'away', reason: reasonOf(error) });
      }
      // Rejects when it is aborted, which the loop sees.
      await pause(retryMs, undefined, { signal }).catch(() => {});
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  /** One connection that is given up at once. Throws what keeps it from being made. */
  async #probe(): Promise<void> {
    const { connect } = await import('@nats-io/transport-node');
    const probe = await connect({ ...(await this.#connectOptions()), reconnect: false });
    await probe.close();
  }

  /** While the library tries to reconnect it does not say why it cannot. */
  async #askWhy(connection: NatsConnection): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && this.#state.kind === 'away' && !connection.isClosed()) {
      const reason = await this.#probe().then(() => null, reasonOf);
      if (reason !== null && this.#state.kind === 'away') this.#set({ kind: 'away', reason });
      await pause(ASK_WHY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #connectOptions(): Promise<ConnectionOptions> {
    const { servers, isTls, user, credentials, ca, certificate } = this.settings;
    const options: ConnectionOptions = {
      servers: servers.map(serverText),
      name: this.#options.name,
      timeout: TIMEOUT_MS,
      pingInterval: PING_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: FIRST_RETRY_MS * 5,
      reconnectJitter: FIRST_RETRY_MS * 5,
      ignoreAuthErrorAbort: true,
    };
    if (isTls) {
      options.tls = {
        ...(ca.length === 0 ? {} : { ca: ca.join('\n') }),
        ...(certificate === null ? {} : certificate),
      };
    }
    if (user !== null) Object.assign(options, { user: user.name, pass: user.password });
    if (credentials !== null) {
      const { credsAuthenticator } = await import('@nats-io/transport-node');
      options.authenticator = credsAuthenticator(new TextEncoder().encode(credentials));
    }
    return options;
  }

  /** Until it is closed, by us or for good. In between it reconnects by itself. */
  async #stayWith(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    if (this.#closing.signal.aborted) return await connection.close();
    this.#connected(connection);
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') this.#connected(connection);
      if (status.type !== 'disconnect' || this.#state.kind === 'away') continue;
      this.#set({ kind: 'away', reason: 'has ended the connection' });
      void this.#askWhy(connection);
    }
    const error = await connection.closed();
    this.#connection = null;
    this.#set({ kind: 'away', reason: error instanceof Error ? reasonOf(error) : 'has ended the connection' });
  }

  #connected(connection: NatsConnection): void {
    this.#set({ kind: 'connected' });
    for (const resolve of this.#waiting.splice(0)) resolve(connection);
  }

  #set(state: BusState): void {
    const isSame = state.kind === 'away' && this.#state.kind === 'away' && this.#state.reason === state.reason;
    if (isSame || (state.kind === 'connected' && this.#state.kind === 'connected')) return;
    this.#state = state;
    if (!this.#closing.signal.aborted) this.#options.onState?.(state);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'does not answer (connection refused): it is down, or the port is another',
  ENOTFOUND: 'has a host name that nothing is known of: mend the name, or the DNS of this host',
  EAI_AGAIN: 'has a host name that cannot be resolved now: the DNS of this host does not answer',
  ETIMEDOUT: 'does not answer in time: a firewall is between, or the host is down',
  EHOSTUNREACH: 'cannot be reached: there is no way to its host',
  ECONNRESET: 'has ended the connection',
  CERT_HAS_EXPIRED: "has a certificate that has expired: renew it, or mend this host's clock",
  CERT_NOT_YET_VALID: "has a certificate that is not valid yet: mend this host's clock, or the certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: 'has a certificate that no known root has signed: name its root under `bus.ca`',
  SELF_SIGNED_CERT_IN_CHAIN: 'has a certificate that no known root has signed: name its root under `bus.ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'has a certificate that no known root has signed: name its root under `bus.ca`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'has a certificate that no known root has signed: name its root under `bus.ca`',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate for another name: use the name that stands in it',
};
/** What a server says against a client's certificate comes as an alert (RFC 8446 §6.2), which OpenSSL words. */
const ALERT = /ALERT[ _/](?:.*)(?:CERTIFICATE|CA)|UNKNOWN_CA|CERTIFICATE_REQUIRED/;
const CERTIFICATE_REFUSED =
  "refuses this node's certificate, or asks for one: join the fleet, renew it, or mend `bus.cert` and `bus.key`";

/** In words of ours: what the library says may hold what was sent. */
function reasonOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : '';
    if (code in REASONS) return REASONS[code] ?? '';
    if (ALERT.test(code)) return CERTIFICATE_REFUSED;
    if (at.name === 'AuthorizationError') return 'refuses user and password or credentials: mend them under `bus`';
    if (at.name === 'UserAuthenticationExpiredError') return 'says that the credentials have expired: renew them';
    if (at.name === 'TimeoutError') return 'does not answer in time';
    if (at.name === 'PermissionViolationError')
      return 'does not allow what was asked: mend the permissions of the user';
    if (/tls/i.test(at.message)) return 'does not speak TLS, or only TLS: mend `nats://` or `tls://` in the URL';
    if (code !== '') return `cannot be used (${code})`;
  }
  return `cannot be used (${error instanceof Error ? error.name : 'unknown reason'})`;
}
