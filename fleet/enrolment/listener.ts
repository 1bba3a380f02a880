/**
 * The centre's listener: HTTPS for nodes and for nobody else. Who asks is known by the certificate that is shown; joining
 * alone goes without one, by a token, and whoever guesses at tokens is slowed down. It says nothing of the fleet to others
 * but its certificate.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { WeirError } from '../../flow/errors.ts';
import { type Asker, type Centre, SERVER_LIFE_MS } from './centre.ts';
import { BadField, Fields } from './checked-fields.ts';
import { REFUSALS, Refusal } from './terms.ts';
import { centreNameUnder } from './trust.ts';

/** Counts those that guess, by address. */
export interface FailedAttempts {
  /** Seconds until an address may try again; 0 where it may. */
  waitSeconds(address: string): number;
  failed(address: string): void;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly centre: Centre;
  readonly attempts: FailedAttempts;
  /** What failed here that is nobody's fault outside; without secrets. */
  readonly log: (line: string) => void;
}

export interface RunningListener {
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 256 * 1024;
const MAX_CONNECTIONS = 5000;
const HEAD_MS = 10_000;
const REQUEST_MS = 20_000;
/** What a guess costs; an honest client has none of these. */
const GUESSES: ReadonlySet<string> = new Set(['token_wrong', 'certificate_unknown']);

/** Throws WeirError `port_taken`, `fleet_unusable`, `seal_unusable`. */
export async function startListener({ host, port, centre, attempts, log }: ListenerOptions): Promise<RunningListener> {
  const identities = new Identities(centre, log);
  const options = { requestCert: true, rejectUnauthorized: false, maxHeaderSize: 16 * 1024 } as const;
  const server = createServer(
    { ...identities.oldest, ...options, SNICallback: (name, done) => done(null, identities.contextFor(name)) },
    (request, response) => {
      void answer(request, response);
    },
  );
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = REQUEST_MS;
  server.maxConnections = MAX_CONNECTIONS;
  // Scanners and clients of another fleet; there is nothing to be told.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  const renewing = setInterval(() => {
    identities.makeAnew();
    server.setSecureContext({ ...identities.oldest, ...options });
  }, SERVER_LIFE_MS / 4).unref();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = request.socket.remoteAddress ?? 'unknown';
    try {
      // What everybody may know tells a node whose centre this is, and nobody anything to guess by.
      const wait = request.method === 'GET' ? 0 : attempts.waitSeconds(address);
      if (wait > 0) throw new Refusal('too_many', `too many attempts have failed: try again in ${wait} s`);
      send(response, 200, await answerOf(request, centre, address));
    } catch (error) {
      if (error instanceof Refusal) {
        if (GUESSES.has(error.code)) attempts.failed(address);
        return send(response, REFUSALS[error.code], { error: error.code, message: error.message, time: now() });
      }
      if (error instanceof BadField)
        return send(response, 400, { error: 'bad_request', message: error.message, time: now() });
      log(`weir: the centre could not answer: ${error instanceof WeirError ? error.message : nameOf(error)}`);
      send(response, 500, { error: 'failed', message: 'the centre cannot answer now; its log says why', time: now() });
    }
  }

  await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      clearInterval(renewing);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
  /** Whom clients are held against. */
  readonly ca: string;
  readonly minVersion: 'TLSv1.3';
}

/** The centre's own certificates: one under each authority that the fleet trusts, as it trusts them now. */
class Identities {
  readonly #centre: Centre;
  readonly #log: (line: string) => void;
  #version = Number.NaN;
  #contexts: ReadonlyMap<string, SecureContext> = new Map();
  #oldest: ServerIdentity;

  /** Throws WeirError `fleet_unusable`, `seal_unusable`. */
  constructor(centre: Centre, log: (line: string) => void) {
    this.#centre = centre;
    this.#log = log;
    this.#oldest = this.makeAnew();
  }

  /** What is shown to whoever asks for nothing that is known here. */
  get oldest(): ServerIdentity {
    return this.#oldest;
  }

  /** A node asks by the name of an authority that it trusts; commands may have changed them since the last one asked. */
  contextFor(name: string): SecureContext {
    try {
      if (this.#centre.authoritiesVersion !== this.#version) this.makeAnew();
    } catch (error) {
      this.#log(`weir: the centre goes on with the authorities that it has: ${nameOf(error)}`);
    }
    return this.#contexts.get(name) ?? createSecureContext(this.#oldest);
  }

  makeAnew(): ServerIdentity {
    const version = this.#centre.authoritiesVersion;
    const made = this.#made();
    const [oldest] = made;
    if (oldest === undefined) throw new WeirError('fleet_unusable', 'the fleet has no authority');
    this.#contexts = new Map(made.map(({ name, identity }) => [name, createSecureContext(identity)]));
    this.#oldest = oldest.identity;
    this.#version = version;
    return oldest.identity;
  }

  #made(): readonly { readonly name: string; readonly identity: ServerIdentity }[] {
    const { authorities } = this.#centre;
    const ca = authorities.map(({ pem }) => pem).join('');
    return authorities.map((authority) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const cert = this.#centre.serverCertificate(publicKey, authority);
      return { name: centreNameUnder(authority.digest), identity: { key, cert, ca, minVersion: 'TLSv1.3' } };
    });
  }
}

async function answerOf(request: IncomingMessage, centre: Centre, address: string): Promise<object> {
  const route = `${request.method} ${request.url}`;
  if (route === 'GET /v1/fleet') return centre.about();
  if (route === 'POST /v1/join') return centre.join(Fields.parse(await bodyOf(request)), askerOf(request, address));
  if (route === 'POST /v1/sync') return centre.sync(Fields.parse(await bodyOf(request)), askerOf(request, address));
  throw new Refusal('bad_request', 'there is no such request here');
}

function askerOf({ socket }: IncomingMessage, address: string): Asker {
  if (!(socket instanceof TLSSocket)) return { address, certificate: null, problem: null };
  const { raw } = socket.getPeerCertificate();
  if (raw === undefined) return { address, certificate: null, problem: null };
  const error: unknown = socket.authorizationError;
  const problem = socket.authorized ? null : error instanceof Error ? error.message : String(error);
  return { address, certificate: raw, problem };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Refusal('bad_request', 'the request is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers).end(text);
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name;
      reject(new WeirError('port_taken', `${host}:${port} cannot be listened on (${code})`, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, resolve);
  });
}

function now(): string {
  return new Date().toISOString();
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown reason';
}
