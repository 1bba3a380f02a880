/**
 * Sends one request upstream and hands back its answer as it comes, over a kept connection or a new one of the proxy's
 * own dialer, in HTTP/1.1 or HTTP/2. It decides nothing. A kept connection that the upstream had closed is tried once
 * more on a fresh one, where that cannot do anything twice.
 */
import type { Socket } from 'node:net';
import { WeirError } from '../flow/errors.ts';
import { originText, type Target } from './authority.ts';
import type { Dialer } from './dialer.ts';
import type { ConnectRoom } from './http2/connect-room.ts';
import type { AnswerSink, Carrier, ConnectionLimits, Failure, UpstreamRequest } from './upstream-connection.ts';
import { UpstreamPool } from './upstream-pool.ts';

export interface ForwardRequest extends UpstreamRequest {
  readonly origin: Target;
  /** The upstream may be spoken to in HTTP/2 where it does; else only where it speaks nothing else. */
  readonly offersHttp2: boolean;
}

/** What an answer is handed to, in this order: information*, head, data*, trailers?, then end or error, once. */
export interface ResponseSink {
  information(status: number, headers: readonly string[]): void;
  head(status: number, statusText: string, headers: readonly string[]): void;
  data(chunk: Buffer): void;
  /** A flat list of what stands behind the body, as received; not called where there is nothing. */
  trailers(headers: readonly string[]): void;
  end(): void;
  error(error: WeirError): void;
}

/** The reins of a running call. After `abort` the sink hears no more. */
export interface Call {
  pause(): void;
  resume(): void;
  abort(): void;
}

export interface Forwarder {
  send(request: ForwardRequest, sink: ResponseSink): Call;
  /**
   * What a WebSocket is asked for on: a stream of HTTP/2 where that is offered and the upstream takes it (RFC 8441), else
   * a connection. Throws what the dialer throws.
   */
  webSocket(origin: Target, offersHttp2: boolean): Promise<ConnectRoom | Socket>;
  close(): void;
}

export function createForwarder(dialer: Dialer, limits: ConnectionLimits): Forwarder {
  const pool = new UpstreamPool(dialer, limits);
  return {
    send: (request, sink) => new Sending(request, sink, pool, limits),
    webSocket: (origin, offersHttp2) => pool.webSocket(origin, offersHttp2),
    close: () => pool.close(),
  };
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

class Sending implements Call, AnswerSink {
  #request: ForwardRequest;
  readonly #sink: ResponseSink;
  readonly #pool: UpstreamPool;
  readonly #limits: ConnectionLimits;
  #connection: Carrier | null = null;
  #isOver = false;
  #isPaused = false;
  #isRetry = false;
  #hasHead = false;

  constructor(request: ForwardRequest, sink: ResponseSink, pool: UpstreamPool, limits: ConnectionLimits) {
    this.#request = request;
    this.#sink = sink;
    this.#pool = pool;
    this.#limits = limits;
    const kept = pool.kept(request.origin, request.offersHttp2);
    if (kept === null) void this.#dial();
    else this.#send(kept);
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isOver) this.#connection?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isOver) this.#connection?.resume();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#connection?.destroy();
    this.#letGoOfBody();
  }

  information(status: number, headers: readonly string[]): void {
    this.#sink.information(status, headers);
  }

  head(status: number, statusText: string, headers: readonly string[]): void {
    this.#hasHead = true;
    // It will not be sent again: a long prompt is not kept for a long answer.
    if (Buffer.isBuffer(this.#request.body)) this.#request = { ...this.#request, body: null };
    this.#sink.head(status, statusText, headers);
  }

  data(chunk: Buffer): void {
    this.#sink.data(chunk);
  }

  trailers(headers: readonly string[]): void {
    this.#sink.trailers(headers);
  }

  end(): void {
    this.#isOver = true;
    this.#sink.end();
  }

  fail(failure: Failure): void {
    if (this.#isOver) return;
    if (this.#mayRetry(failure)) {
      this.#isRetry = true;
      if (failure.kind === 'refused' && failure.wantsOld === true) this.#pool.keepToOld(this.#request.origin);
      this.#connection = null;
      void this.#dial();
      return;
    }
    this.#giveUp(errorOf(failure, originText(this.#request.origin), this.#limits, this.#hasHead));
  }

  async #dial(): Promise<void> {
    try {
      const connection = await this.#pool.fresh(this.#request.origin, this.#request.offersHttp2);
      if (this.#isOver) connection.destroy();
      else this.#send(connection);
    } catch (error) {
      if (this.#isOver) return;
      if (!(error instanceof WeirError)) throw error;
      this.#giveUp(error);
    }
  }

  #send(connection: Carrier): void {
    this.#connection = connection;
    if (this.#isPaused) connection.pause();
    connection.send(this.#request, this, this.#isRetry);
  }

  #giveUp(error: WeirError): void {
    this.#isOver = true;
    this.#letGoOfBody();
    this.#sink.error(error);
  }

  #letGoOfBody(): void {
    const { body } = this.#request;
    if (body !== null && !Buffer.isBuffer(body)) body.destroy();
  }

  #mayRetry(failure: Failure): boolean {
    if (this.#isRetry || this.#hasHead) return false;
    const { method, headers, body } = this.#request;
    if (body !== null && !Buffer.isBuffer(body)) return false;
    if (failure.kind === 'refused') return true;
    if (failure.kind !== 'closed') return false;
    if (IDEMPOTENT.has(method)) return true;
    return headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'idempotency-key');
  }
}

function errorOf(failure: Failure, origin: string, limits: ConnectionLimits, hasHead: boolean): WeirError {
  switch (failure.kind) {
    case 'timeout':
      return new WeirError(
        'upstream_timeout',
        `${origin} sent no answer within limits.firstByteMs (${limits.firstByteMs} ms)`,
      );
    case 'malformed':
      return new WeirError('upstream_malformed', `${origin} answered with malformed HTTP (${failure.what})`);
    case 'unsendable':
      return new WeirError('upstream_reset', `the request to ${origin} could not be sent whole (${failure.what})`);
    case 'refused':
      return new WeirError('upstream_reset', `${origin} refused the request before it looked at it`);
    case 'closed': {
      const when = hasHead ? 'within its answer' : 'before it answered';
      return new WeirError('upstream_reset', `${origin} ended the connection ${when} (${failure.code})`);
    }
  }
}
