/**
 * One HTTP/2 connection to an upstream: a stream for each request, as many at once as the upstream allows. It dials
 * nothing and decides nothing; that the upstream has not looked at a request is told as such, so that it may be sent
 * again.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { headerOf, lowerName } from '../../flow/message.ts';
import { inSlices, MAX_AT_ONCE_BYTES } from '../slices.ts';
import {
  type AnswerSink,
  type Carrier,
  type ConnectionLimits,
  type Failure,
  isSendable,
  type UpstreamRequest,
} from '../upstream-connection.ts';
import { ConnectRoom } from './connect-room.ts';
import { headOf, withoutPseudo } from './upstream-head.ts';

/** Until the upstream has named a number of its own. */
const ASSUMED_STREAMS = 100;
/** However many an upstream allows. */
const MAX_STREAMS = 1000;
/** So long a session without a stream is kept. */
const KEEP_MS = 30_000;
/** So long an upstream gets to close a connection that is over. */
const LINGER_MS = 1000;

export class UpstreamSession {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #scheme: string;
  readonly #limits: ConnectionLimits;
  #open = 0;
  #most = ASSUMED_STREAMS;
  #isLeaving = false;
  #idleSince = performance.now();
  readonly #settings = Promise.withResolvers<void>();

  /** `onGone` is told when it takes no more requests. */
  constructor(
    session: ClientHttp2Session,
    socket: Socket,
    scheme: string,
    limits: ConnectionLimits,
    onGone: (session: UpstreamSession) => void,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#scheme = scheme;
    this.#limits = limits;
    const gone = (): void => {
      this.#settings.resolve();
      if (this.#isLeaving) return;
      this.#isLeaving = true;
      if (this.#open === 0) this.#linger();
      onGone(this);
    };
    // They may have come before.
    this.#most = Math.min(session.remoteSettings.maxConcurrentStreams ?? ASSUMED_STREAMS, ASSUMED_STREAMS);
    session.on('remoteSettings', ({ maxConcurrentStreams }) => {
      this.#settings.resolve();
      this.#most = Math.min(maxConcurrentStreams ?? MAX_STREAMS, MAX_STREAMS);
    });
    session.on('goaway', gone);
    session.on('close', gone);
    session.on('error', gone);
  }

  get hasRoom(): boolean {
    return !this.#isLeaving && !this.#session.closed && !this.#session.destroyed && this.#open < this.#most;
  }

  isExpired(now: number): boolean {
    return this.#open === 0 && now - this.#idleSince > KEEP_MS;
  }

  /** Room for one request, taken at once. */
  carrier(): Carrier {
    this.#open++;
    return new UpstreamStream(this.#session, this.#scheme, this.#limits, () => this.#over());
  }

  /** Room for one WebSocket, taken at once. */
  connectRoom(): ConnectRoom {
    this.#open++;
    return new ConnectRoom(this.#session, this.#scheme, this.#settings.promise, () => this.#over());
  }

  /** The settings came before it was handed over. */
  settled(): this {
    this.#settings.resolve();
    return this;
  }

  #over(): void {
    this.#open--;
    this.#idleSince = performance.now();
    if (this.#isLeaving && this.#open === 0) this.#linger();
  }

  /** Takes no more requests; what is open comes to its end. */
  leave(): void {
    if (!this.#session.destroyed) this.#session.close();
    if (this.#open === 0) this.#linger();
  }

  destroy(): void {
    this.#session.destroy();
    this.#linger();
  }

  /** Node waits for the other side to close, which may never be. */
  #linger(): void {
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }
}

class UpstreamStream implements Carrier {
  readonly #session: ClientHttp2Session;
  readonly #scheme: string;
  readonly #limits: ConnectionLimits;
  readonly #onOver: () => void;
  #stream: ClientHttp2Stream | null = null;
  #sink: AnswerSink | null = null;
  /** The body that is still being sent. */
  #body: Readable | null = null;
  #isPaused = false;
  #hasHead = false;
  #isOver = false;
  /** Bytes still to come by the upstream's Content-Length; null where it gave none. */
  #left: number | null = null;
  #waitingSince = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(session: ClientHttp2Session, scheme: string, limits: ConnectionLimits, onOver: () => void) {
    this.#session = session;
    this.#scheme = scheme;
    this.#limits = limits;
    this.#onOver = onOver;
  }

  send(request: UpstreamRequest, sink: AnswerSink): void {
    this.#sink = sink;
    const { body } = request;
    const trailers = body === null || Buffer.isBuffer(body) ? request.trailers() : null;
    const head = headOf(request, this.#scheme);
    if (head === null) return this.#fail({ kind: 'unsendable', what: 'a character that does not belong into a head' });
    if (this.#session.closed || this.#session.destroyed) return this.#fail({ kind: 'refused' });
    const isAll = body === null && trailers?.length === 0;
    const mayTrail = trailers === null || trailers.length > 0;
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(head, { endStream: isAll, waitForTrailers: mayTrail });
    } catch {
      return this.#fail({ kind: 'unsendable', what: 'a head that HTTP/2 does not have' });
    }
    this.#stream = stream;
    this.#waitingSince = performance.now();
    this.#watch(this.#limits.firstByteMs);
    this.#listen(stream, request.method);
    if (mayTrail) stream.on('wantTrailers', () => this.#sendTrailers(stream, trailers ?? request.trailers()));
    if (body !== null && !Buffer.isBuffer(body)) this.#sendBody(stream, body);
    else if (body !== null && body.length > MAX_AT_ONCE_BYTES) this.#sendBody(stream, inSlices(body));
    else if (body !== null) stream.end(body);
    else if (!isAll) stream.end();
    if (this.#isPaused) stream.pause();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream?.resume();
  }

  /** Gives it up; who waits for an answer hears no more. */
  destroy(): void {
    this.#sink = null;
    this.#over(constants.NGHTTP2_CANCEL);
  }

  #listen(stream: ClientHttp2Stream, method: string): void {
    stream.on('headers', (given: IncomingHttpStatusHeader, _flags: number, raw: readonly string[]) => {
      this.#told(() => this.#sink?.information(Number(given[':status']), withoutPseudo(raw)));
    });
    stream.on('response', (given: IncomingHttpStatusHeader, _flags: number, raw: readonly string[]) => {
      const status = Number(given[':status']);
      const headers = withoutPseudo(raw);
      this.#hasHead = true;
      const length = headerOf(headers, 'content-length');
      const isBodyless = method === 'HEAD' || status === 204 || status === 304;
      this.#left = length === null || isBodyless ? null : Number(length);
      this.#told(() => this.#sink?.head(status, '', headers));
    });
    stream.on('data', (chunk: Buffer) => {
      if (this.#left !== null) this.#left -= chunk.length;
      this.#told(() => this.#sink?.data(chunk));
    });
    stream.on('trailers', (_given: unknown, _flags: number, raw: readonly string[]) => {
      const trailers = withoutPseudo(raw);
      if (trailers.length > 0) this.#told(() => this.#sink?.trailers(trailers));
    });
    stream.on('end', () => {
      // A reset without an error ends a stream as its last frame does: only a length tells the two apart.
      if (!this.#hasHead || (this.#left !== null && this.#left > 0)) {
        return this.#fail({ kind: 'closed', code: this.#hasHead ? 'shorter than its length' : 'NO_ERROR' });
      }
      const sink = this.#sink;
      this.#sink = null;
      // An answer before the whole request: nobody wants the rest of it.
      this.#over(this.#body === null ? null : constants.NGHTTP2_CANCEL);
      sink?.end();
    });
    stream.on('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.name;
      // It was not sent at all.
      if (code === 'ERR_HTTP2_GOAWAY_SESSION' || code === 'ERR_HTTP2_INVALID_SESSION') this.#fail({ kind: 'refused' });
    });
    stream.on('close', () => this.#fail(failureOf(stream.rstCode)));
  }

  /** An answer that breaks whoever it is handed to must not take other exchanges down. */
  #told(tell: () => void): void {
    try {
      tell();
    } catch {
      this.#fail({ kind: 'malformed', what: 'something that could not be passed on' });
    }
  }

  #sendBody(stream: ClientHttp2Stream, body: Readable): void {
    this.#body = body;
    const isCurrent = (): boolean => this.#body === body;
    body.on('data', (chunk: Buffer) => {
      if (!isCurrent() || chunk.length === 0) return;
      this.#waitingSince = performance.now();
      if (!stream.write(chunk)) body.pause();
    });
    stream.on('drain', () => {
      this.#waitingSince = performance.now();
      body.resume();
    });
    body.on('end', () => {
      if (!isCurrent()) return;
      this.#body = null;
      this.#waitingSince = performance.now();
      stream.end();
    });
    body.on('close', () => {
      if (isCurrent()) this.#fail({ kind: 'unsendable', what: 'a body that broke off' });
    });
    body.on('error', () => {
      // `close` follows.
    });
  }

  #sendTrailers(stream: ClientHttp2Stream, trailers: readonly string[]): void {
    if (stream.destroyed || stream.closed) return;
    const headers: OutgoingHttpHeaders = {};
    for (let i = 0; i + 1 < trailers.length; i += 2) {
      const name = lowerName(trailers[i] as string);
      const value = trailers[i + 1] as string;
      if (!isSendable(name, value)) {
        return this.#fail({ kind: 'unsendable', what: 'a character that does not belong into a trailer' });
      }
      const before = headers[name];
      headers[name] = before === undefined ? value : [before, value].flat().map(String);
    }
    try {
      stream.sendTrailers(headers);
    } catch {
      this.#fail({ kind: 'unsendable', what: 'trailers that HTTP/2 does not have' });
    }
  }

  #fail(failure: Failure): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#over(constants.NGHTTP2_CANCEL);
    sink?.fail(failure);
  }

  /** `code`: with which the stream is ended where it has not ended itself. */
  #over(code: number | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const body = this.#body;
    this.#body = null;
    body?.destroy();
    if (code !== null && this.#stream !== null) {
      this.#stream.close(code);
      // What it still has to say is not waited for.
      this.#stream.resume();
    }
    this.#onOver();
  }

  #watch(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#sink === null || this.#hasHead) return;
      // While the client is slow to send its body, it is not the upstream that is waited for.
      const isClients = this.#body !== null && this.#stream?.writableNeedDrain !== true;
      const waited = isClients ? 0 : performance.now() - this.#waitingSince;
      const left = this.#limits.firstByteMs - waited;
      if (left < 1) this.#fail({ kind: 'timeout' });
      else this.#watch(left);
    }, afterMs).unref();
  }
}

function failureOf(code: number): Failure {
  switch (code) {
    // RFC 9113 §8.7: it was not processed. A stream above the last one of GOAWAY is closed so as well (§6.8).
    case constants.NGHTTP2_REFUSED_STREAM:
      return { kind: 'refused' };
    case constants.NGHTTP2_HTTP_1_1_REQUIRED:
      return { kind: 'refused', wantsOld: true };
    default:
      return { kind: 'closed', code: NAMES.get(code) ?? `HTTP/2 error ${code}` };
  }
}

/** RFC 9113 §7. */
const NAMES = new Map([
  [constants.NGHTTP2_NO_ERROR, 'NO_ERROR'],
  [constants.NGHTTP2_PROTOCOL_ERROR, 'PROTOCOL_ERROR'],
  [constants.NGHTTP2_INTERNAL_ERROR, 'INTERNAL_ERROR'],
  [constants.NGHTTP2_FLOW_CONTROL_ERROR, 'FLOW_CONTROL_ERROR'],
  [constants.NGHTTP2_FRAME_SIZE_ERROR, 'FRAME_SIZE_ERROR'],
  [constants.NGHTTP2_CANCEL, 'CANCEL'],
  [constants.NGHTTP2_COMPRESSION_ERROR, 'COMPRESSION_ERROR'],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'ENHANCE_YOUR_CALM'],
  [constants.NGHTTP2_INADEQUATE_SECURITY, 'INADEQUATE_SECURITY'],
]);
