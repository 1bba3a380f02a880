/**
 * Clients' connections that speak HTTP/2: each stream is handed on as a request of its own. What a client may cost is
 * bounded here: streams, heads, what it resets, pings and settings, and how long it may be idle. It reads no body.
 */
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Allowance } from './allowance.ts';
import { StreamRequest, StreamResponse } from './client-stream.ts';
import { type RefusedFields, type RequestFields, requestFields } from './request-fields.ts';

/** The first bytes of a client that speaks HTTP/2 (RFC 9113 §3.4), as far as no request of HTTP/1.1 begins so. */
const PREFACE = 'PRI ';

/** True for the first bytes of a connection that speaks HTTP/2 without TLS, by prior knowledge. */
export function isHttp2Preface(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, PREFACE.length) === PREFACE;
}

/** One stream as it is handed on. `fields` tells the request, or why it is to be refused. */
export interface StreamAsked {
  readonly request: StreamRequest;
  readonly response: StreamResponse;
  readonly fields: RequestFields | RefusedFields;
  readonly hasBody: boolean;
  /** For a WebSocket, whose frames it carries. */
  readonly stream: ServerHttp2Stream;
}

interface Limits {
  readonly headerBytes: number;
  readonly idleMs: number;
}

export interface ClientSessionsOptions {
  /** As they hold for a connection that begins now. */
  readonly limits: () => Limits;
  /** Told of each stream of a connection. */
  readonly onStream: (asked: StreamAsked, socket: Socket) => void;
  /** A connection was ended for what its client did; `what` quotes nothing of it. */
  readonly onAbuse: (what: string, socket: Socket) => void;
  /** Aborted once the proxy stops: clients are then told to go elsewhere, and open streams end (RFC 9113 §6.8). */
  readonly stopping: AbortSignal;
}

export interface ClientSessions {
  /** Serves a connection; bytes that were read off it already have been put back. */
  serve(socket: Socket): void;
}

export function createClientSessions(options: ClientSessionsOptions): ClientSessions {
  const sessions = new Set<ClientSession>();
  options.stopping.addEventListener('abort', () => {
    for (const session of sessions) session.leave();
  });
  return {
    serve(socket) {
      // Gone between its first bytes and now.
      if (socket.destroyed) return;
      const session: ClientSession = new ClientSession(socket, options, () => sessions.delete(session));
      sessions.add(session);
      if (options.stopping.aborted) session.leave();
    },
  };
}

/** At once on one connection; a stream more is refused before it costs anything (RFC 9113 §5.1.2). */
const MAX_STREAMS = 100;
/** What a client may send of one body before it is read: the most that a stream holds for a slow upstream. */
const WINDOW_BYTES = 128 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
const MAX_FIELDS = 1000;
/** Streams that a client gives up before their answer, at once and each second from then on (CVE-2023-44487). */
const RESETS = { most: 200, eachSecond: 20 };
/** Settings, and pings on a connection without a stream: each asks for an answer (CVE-2019-9512, CVE-2019-9515). */
const CONTROLS = { most: 500, eachSecond: 20 };
/** Of a connection that was told to end: whoever does not read would keep it for ever. */
const LINGER_MS = 1000;

class ClientSession {
  readonly #socket: Socket;
  readonly #options: ClientSessionsOptions;
  readonly #limits: Limits;
  readonly #session: ServerHttp2Session;
  readonly #resets = new Allowance(RESETS);
  readonly #controls = new Allowance(CONTROLS);
  #open = 0;
  #idle: NodeJS.Timeout | null = null;
  #isEnded = false;

  constructor(socket: Socket, options: ClientSessionsOptions, onGone: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#limits = options.limits();
    const { headerBytes } = this.#limits;
    this.#session = performServerHandshake(socket, {
      settings: {
        maxConcurrentStreams: MAX_STREAMS,
        initialWindowSize: WINDOW_BYTES,
        // RFC 8441 §3: a WebSocket may be a stream.
        enableConnectProtocol: true,
        // Beyond headerBytes a request is answered 431 here; only what is far beyond ends its stream unanswered.
        maxHeaderListSize: 2 * headerBytes,
      },
      maxHeaderListPairs: MAX_FIELDS,
      // What clients repeat is judged by the route and by the upstream.
      strictSingleValueFields: false,
    });
    // A TLSSocket that no tls.Server made still waits for what only a client is told: that its handshake is done.
    if (socket instanceof TLSSocket) socket.emit('secureConnect');
    this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    this.#session.on('stream', (stream, _headers, _flags, raw) => this.#begin(stream, raw));
    // Beside data, pings are how clients of gRPC measure the way, up to one a round trip; nghttp2 bounds the answers kept.
    this.#session.on('ping', () => {
      if (this.#open === 0) this.#control();
    });
    this.#session.on('remoteSettings', () => this.#control());
    this.#session.on('error', (error) => {
      if (this.#isEnded) return;
      const code = 'code' in error ? String(error.code) : error.name;
      // A connection that breaks off is no abuse: its streams tell so themselves.
      if (code.startsWith('ERR_HTTP2')) this.#end(`the client broke HTTP/2 (${code})`);
      else this.#socket.destroy();
    });
    // The listener's sockets may stay half open; a client that sends no more opens no window either, and is gone.
    socket.on('end', () => socket.destroy());
    this.#session.on('close', () => {
      this.#isEnded = true;
      this.#rest();
      onGone();
    });
    this.#wait();
  }

  /** Takes no more streams; those that are open end in their time. */
  leave(): void {
    if (!this.#session.destroyed) this.#session.close();
    if (this.#open === 0) this.#linger();
  }

  #begin(stream: ServerHttp2Stream, raw: readonly string[]): void {
    this.#rest();
    this.#open++;
    const fields = this.#fieldsOf(raw);
    const known = 'status' in fields ? { method: 'GET', target: '/', headers: [] } : fields;
    const isWebSocket = 'protocol' in fields && fields.protocol !== null;
    const request = new StreamRequest(stream, this.#socket, known);
    const response = new StreamResponse(stream, request);
    stream.on('error', () => {
      // `close` follows.
    });
    stream.on('close', () => {
      this.#open--;
      // A WebSocket that was opened may be ended so (RFC 8441 §5).
      const isOver = response.isOver || (isWebSocket && stream.headersSent);
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !isOver && !this.#resets.take()) {
        this.#end('the client resets streams faster than is served');
      }
      if (this.#open === 0) this.#wait();
    });
    this.#options.onStream({ request, response, fields, hasBody: !stream.endAfterHeaders, stream }, this.#socket);
  }

  #fieldsOf(raw: readonly string[]): RequestFields | RefusedFields {
    let bytes = 0;
    for (const text of raw) bytes += text.length + 2;
    if (bytes <= this.#limits.headerBytes) return requestFields(raw);
    return { status: 431, code: 'malformed', message: 'the head is larger than limits.headerBytes' };
  }

  #control(): void {
    if (!this.#controls.take()) this.#end('the client floods its connection with pings or settings');
  }

  /** Ends the connection and every stream on it, saying why (ENHANCE_YOUR_CALM, or what the session said itself). */
  #end(what: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (!this.#session.destroyed) this.#session.destroy(new Error(what), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.#linger();
    this.#options.onAbuse(what, this.#socket);
  }

  #wait(): void {
    if (this.#isEnded || this.#idle !== null) return;
    if (this.#session.closed) return this.#linger();
    this.#idle = setTimeout(() => this.leave(), this.#limits.idleMs);
  }

  #rest(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  #linger(): void {
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }
}
