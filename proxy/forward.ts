/**
 * Sends one request upstream and hands back its answer as it comes, through undici's pools with the proxy's own
 * dialer. It decides nothing. A kept connection that the upstream had closed is tried once more on a fresh one,
 * where that cannot do anything twice.
 */
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, errors } from 'undici';
import { WeirError } from '../flow/errors.ts';
import type { Dialer } from './dialer.ts';

export interface UpstreamRequest {
  /** `https://api.openai.com`, `http://[::1]:8080`. */
  readonly origin: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  readonly body: Buffer | Readable | null;
}

/** What an answer is handed to, in this order: information*, head, data*, then end or error, once. */
export interface ResponseSink {
  information(status: number, headers: readonly string[]): void;
  head(status: number, statusText: string, headers: readonly string[]): void;
  data(chunk: Buffer): void;
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
  send(request: UpstreamRequest, sink: ResponseSink): Call;
  close(): Promise<void>;
}

export interface ForwardLimits {
  readonly firstByteMs: number;
  readonly headerBytes: number;
}

export function createForwarder(dialer: Dialer, limits: ForwardLimits): Forwarder {
  const shared = {
    connect: dialer.connector,
    allowH2: false,
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.firstByteMs,
    bodyTimeout: 0,
  };
  const kept = new Agent({ ...shared, pipelining: 1, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 600_000 });
  const fresh = new Agent({ ...shared, pipelining: 0 });
  return {
    send: (request, sink) => new Sending(request, sink, kept, fresh, limits),
    close: async () => {
      await Promise.all([kept.destroy(), fresh.destroy()]);
    },
  };
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

class Sending implements Call {
  readonly #request: UpstreamRequest;
  readonly #sink: ResponseSink;
  readonly #fresh: Agent;
  readonly #limits: ForwardLimits;
  #controller: Dispatcher.DispatchController | null = null;
  #isAborted = false;
  #isPaused = false;
  #isRetry = false;
  #hasBegun = false;
  #hasHead = false;

  constructor(request: UpstreamRequest, sink: ResponseSink, kept: Agent, fresh: Agent, limits: ForwardLimits) {
    this.#request = request;
    this.#sink = sink;
    this.#fresh = fresh;
    this.#limits = limits;
    this.#dispatch(kept);
  }

  pause(): void {
    this.#isPaused = true;
    this.#controller?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#controller?.resume();
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(new Error('aborted'));
  }

  #dispatch(agent: Agent): void {
    const { origin, method, path, headers, body } = this.#request;
    try {
      agent.dispatch({ origin, method, path, headers: headers as string[], body }, this.#handler());
    } catch (cause) {
      this.#fail(cause instanceof Error ? cause : new Error('dispatch failed'));
    }
  }

  #handler(): Dispatcher.DispatchHandler {
    return {
      onRequestStart: (controller) => {
        this.#controller = controller;
        this.#hasBegun = true;
        if (this.#isAborted) controller.abort(new Error('aborted'));
      },
      onResponseStart: (controller, status, _headers, statusText) => {
        if (this.#isAborted) return;
        const headers = rawStrings(controller.rawHeaders);
        if (status < 200) return this.#sink.information(status, headers);
        this.#hasHead = true;
        this.#sink.head(status, statusText ?? '', headers);
        if (this.#isPaused) controller.pause();
      },
      onResponseData: (_controller, chunk) => {
        if (!this.#isAborted) this.#sink.data(chunk);
      },
      onResponseEnd: () => {
        if (!this.#isAborted) this.#sink.end();
      },
      onResponseError: (_controller, error) => this.#fail(error),
    };
  }

  #fail(error: Error): void {
    if (this.#isAborted) return;
    if (this.#mayRetry(error)) {
      this.#isRetry = true;
      this.#hasBegun = false;
      this.#controller = null;
      this.#dispatch(this.#fresh);
      return;
    }
    this.#isAborted = true;
    this.#sink.error(asWeirError(error, this.#request.origin, this.#limits, this.#hasHead));
  }

  #mayRetry(error: Error): boolean {
    if (this.#isRetry || this.#hasHead || !isClosedByPeer(error)) return false;
    const { method, headers, body } = this.#request;
    if (body !== null && !Buffer.isBuffer(body)) return false;
    if (!this.#hasBegun || IDEMPOTENT.has(method)) return true;
    return headers.some((name, i) => i % 2 === 0 && name.toLowerCase() === 'idempotency-key');
  }
}

function isClosedByPeer(error: Error): boolean {
  if (error instanceof errors.SocketError) return true;
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function asWeirError(error: Error, origin: string, limits: ForwardLimits, hasHead: boolean): WeirError {
  if (error instanceof WeirError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (error instanceof errors.HeadersTimeoutError) {
    const text = `${origin} sent no answer within limits.firstByteMs (${limits.firstByteMs} ms)`;
    return new WeirError('upstream_timeout', text, { cause: error });
  }
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return new WeirError('upstream_malformed', `${origin} answered with malformed HTTP (${code})`, { cause: error });
  }
  const when = hasHead ? 'within its answer' : 'before it answered';
  return new WeirError('upstream_reset', `${origin} ended the connection ${when} (${code})`, { cause: error });
}

function rawStrings(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((item: Buffer | string) => (typeof item === 'string' ? item : item.toString('latin1')));
}
