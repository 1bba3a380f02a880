/**
 * TLS on the proxy's own listener (`proxy.tls`): how clients on other hosts reach it without their tokens and prompts being
 * read on the way, and, with certificates of their own, without a token. What is inside goes on as if it had come without.
 * HTTP/1.1 alone is offered: a proxy that offered h2 would be asked for its tunnels by it (RFC 9113 §8.5).
 */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ListenerTlsConfig } from '../config/config.ts';
import type { Denied } from './admission.ts';
import type { Arrivals } from './arrivals.ts';

/** `client`: who its certificate says that it is; null where it showed none. */
export type Secured = (secured: TLSSocket, client: string | null | Denied) => void;

export interface SecureOptions {
  readonly arrivals: Arrivals;
  readonly handshakeMs: number;
  /** Hears of a client that did not complete the handshake, with the reason in a word or two. */
  readonly failed: (peer: string | null, reason: string) => void;
}

const MAX_SUBJECT = 512;
/** RFC 8446 §5.1: a record of type handshake, of any version 3. */
const HANDSHAKE = 22;

export function isTlsRecord(bytes: Buffer): boolean {
  return bytes[0] === HANDSHAKE && (bytes.length < 2 || bytes[1] === 3);
}

interface Waiting {
  readonly socket: Socket;
  readonly done: Secured;
}

export class SecureArrivals {
  readonly #options: SecureOptions;
  readonly #settings: ListenerTlsConfig;
  /** Never listens: it is given connections, and says whether their certificates are good, which a bare TLSSocket does not. */
  readonly #server: Server;
  /** By the two ends of the connection: what comes back is another object. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(settings: ListenerTlsConfig, options: SecureOptions) {
    this.#settings = settings;
    this.#options = options;
    const { cert, key, clients } = settings;
    this.#server = createServer({
      cert,
      key,
      ...(clients.length === 0 ? {} : { ca: [...clients], requestCert: true, rejectUnauthorized: false }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: options.handshakeMs,
    });
    this.#server.on('secureConnection', (secured) => this.#secured(secured));
    this.#server.on('tlsClientError', (error, secured) => {
      this.#take(secured);
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
      this.#options.failed(secured.remoteAddress ?? null, code);
      secured.destroy();
    });
  }

  /** `first` was taken off the socket, which stands paused. */
  accept(socket: Socket, first: Buffer, done: Secured): void {
    const ends = endsOf(socket);
    this.#waiting.set(ends, { socket, done });
    socket.once('close', () => {
      if (this.#waiting.get(ends)?.socket === socket) this.#waiting.delete(ends);
    });
    // A client that leaves in the middle of the handshake is gone; half-open connections are for what comes after.
    socket.allowHalfOpen = false;
    socket.unshift(first);
    this.#server.emit('connection', socket);
  }

  #take(secured: Socket): Waiting | null {
    const ends = endsOf(secured);
    const waiting = this.#waiting.get(ends) ?? null;
    this.#waiting.delete(ends);
    return waiting;
  }

  #secured(secured: TLSSocket): void {
    const waiting = this.#take(secured);
    if (waiting === null) return void secured.destroy();
    secured.allowHalfOpen = true;
    this.#options.arrivals.passOn(waiting.socket, secured);
    waiting.done(secured, this.#clientOf(secured));
  }

  #clientOf(secured: TLSSocket): string | null | Denied {
    if (this.#settings.clients.length === 0) return null;
    const certificate = secured.getPeerX509Certificate();
    if (certificate === undefined) return this.#settings.required ? NONE_SHOWN : null;
    if (!secured.authorized) return untrusted(String(secured.authorizationError ?? 'unknown reason'));
    // An authority may sign for servers alone (RFC 5280 §4.2.1.12).
    const usages = certificate.keyUsage as readonly string[] | undefined;
    if (usages !== undefined && !usages.includes(CLIENT_USAGE)) return untrusted('it is not made for clients');
    return subjectOf(certificate);
  }
}

/** id-kp-clientAuth. */
const CLIENT_USAGE = '1.3.6.1.5.5.7.3.2';

const NONE_SHOWN: Denied = {
  status: 403,
  code: 'client_certificate',
  message: 'this listener takes clients with a certificate alone (proxy.tls.required)',
};

function untrusted(reason: string): Denied {
  return {
    status: 403,
    code: 'client_certificate',
    message: `the client's certificate is not accepted: ${reason.slice(0, 100)}`,
  };
}

/** A URI of its alternative names, as a SPIFFE id is, else its subject, most specific part first (RFC 4514). */
export function subjectOf(certificate: X509Certificate): string | null {
  const [, uri] = /(?:^|, )URI:([^",]+)(?:,|$)/.exec(certificate.subjectAltName ?? '') ?? [];
  const text = uri ?? certificate.subject?.split('\n').toReversed().join(',') ?? '';
  const clean = text.replace(/\p{Cc}/gu, '').slice(0, MAX_SUBJECT);
  return clean === '' ? null : clean;
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}
