/**
 * One connection to an upstream: writes one request at a time, reads its answer, and says whether it may be used again.
 * The head goes out with the body in one write, so that a prompt is one TLS record and one system call. It dials
 * nothing and decides nothing.
 */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { AnswerParser, MalformedAnswer } from './answer-parser.ts';
import { inSlices, MAX_AT_ONCE_BYTES } from './slices.ts';
import { inTurn } from './turns.ts';

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Flat list of names and values. A streamed body's length, where it is known, is among them; a buffer's is not. */
  readonly headers: readonly string[];
  readonly body: Buffer | Readable | null;
  /** Flat list of what is sent behind the body; asked for once, when the body is known to its end. */
  readonly trailers: () => readonly string[];
}

/** Why a request got no answer, or none that is complete. */
export type Failure =
  | { readonly kind: 'closed'; readonly code: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'malformed'; readonly what: string }
  | { readonly kind: 'unsendable'; readonly what: string }
  /** The upstream has not looked at it (RFC 9113 §8.7), so that it may be sent again; `wantsOld`: in HTTP/1.1. */
  | { readonly kind: 'refused'; readonly wantsOld?: boolean };

/** What an answer is handed to, in this order: information*, head, data*, trailers?, then end or fail, once. */
export interface AnswerSink {
  information(status: number, headers: readonly string[]): void;
  head(status: number, statusText: string, headers: readonly string[]): void;
  data(chunk: Buffer): void;
  trailers(headers: readonly string[]): void;
  end(): void;
  fail(failure: Failure): void;
}

/** What carries one request and its answer: a connection of HTTP/1.1, or a stream of HTTP/2. */
export interface Carrier {
  /** `isOneOff`: a connection is not used again. */
  send(request: UpstreamRequest, sink: AnswerSink, isOneOff: boolean): void;
  pause(): void;
  resume(): void;
  /** Ends it at once; who waits for an answer hears no more. */
  destroy(): void;
}

export interface ConnectionLimits {
  /** From a request sent to the head of its answer. */
  readonly firstByteMs: number;
  readonly headerBytes: number;
}

/** Without a word from the upstream, a connection is kept so long. */
const KEEP_MS = 30_000;
/** However long the upstream says that it keeps one. */
const MAX_KEEP_MS = 600_000;
/** A request may be on its way when the upstream's time is up: so much earlier we stop. */
const KEEP_MARGIN_MS = 2000;
/** A larger body is not copied behind its head. */
const MAX_JOINED_BYTES = 64 * 1024;
/** Of a larger piece more are to be expected, and each is passed on as it comes. */
const MAX_TURN_BYTES = 8 * 1024;

export class UpstreamConnection implements Carrier {
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #onFree: (connection: UpstreamConnection) => void;
  readonly #onGone: (connection: UpstreamConnection) => void;
  readonly #parser: AnswerParser;
  #sink: AnswerSink | null = null;
  /** The body that is still being sent. */
  #body: Readable | null = null;
  #isOneOff = false;
  #hasHead = false;
  #isGone = false;
  #waitingSince = 0;
  #timer: NodeJS.Timeout | null = null;
  #usableUntil = 0;
  #answers = 0;
  /** What came and was not looked at yet. */
  readonly #chunks: Buffer[] = [];
  readonly #onTurn = (): void => this.#takeCome();

  /** `onFree` is told when it may be used again, `onGone` when it may not any more, whether in use or not. */
  constructor(
    socket: Socket,
    limits: ConnectionLimits,
    onFree: (connection: UpstreamConnection) => void,
    onGone: (connection: UpstreamConnection) => void,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#onFree = onFree;
    this.#onGone = onGone;
    this.#parser = new AnswerParser(
      {
        information: (status, headers) => this.#sink?.information(status, headers),
        head: (status, statusText, headers) => {
          this.#hasHead = true;
          this.#sink?.head(status, statusText, headers);
        },
        data: (piece) => this.#sink?.data(piece),
        trailers: (headers) => this.#sink?.trailers(headers),
        end: () => this.#answered(),
      },
      limits.headerBytes,
    );
    socket.on('data', (chunk: Buffer) => this.#come(chunk));
    socket.on('drain', () => this.#body?.resume());
    socket.on('end', () => this.#ended('closed'));
    socket.on('close', () => this.#ended('closed'));
    socket.on('error', (error) => this.#ended('code' in error ? String(error.code) : error.name));
  }

  /** True once it has carried an answer: only then may the upstream have closed it between two requests. */
  get isUsed(): boolean {
    return this.#answers > 0;
  }

  isUsable(now: number): boolean {
    // What has come without being asked for is not to pass for the next answer.
    const isSilent = this.#chunks.length === 0;
    return !this.#isGone && this.#sink === null && isSilent && now < this.#usableUntil;
  }

  send(request: UpstreamRequest, sink: AnswerSink, isOneOff: boolean): void {
    const { method, body } = request;
    this.#sink = sink;
    this.#isOneOff = isOneOff;
    this.#hasHead = false;
    this.#parser.begin(method);
    // Behind a body that is there whole, trailers are known as well: they take chunks (RFC 9112 §7.1.2).
    const trailers = body === null || Buffer.isBuffer(body) ? request.trailers() : NO_TRAILERS;
    const head = headText(request, trailers.length > 0, isOneOff);
    if (head === null) {
      this.#fail({ kind: 'unsendable', what: 'a character that does not belong into a head' });
      return;
    }
    this.#waitingSince = performance.now();
    this.#timer ??= this.#watch(this.#limits.firstByteMs);
    if (body !== null && !Buffer.isBuffer(body)) this.#stream(head, body, declaredLength(request.headers), request);
    else if (trailers.length > 0) this.#writeChunked(head, body, trailers);
    else if (body === null) this.#socket.write(head, 'latin1');
    else if (body.length > MAX_AT_ONCE_BYTES) {
      this.#stream(head, inSlices(body), body.length, request);
    } else this.#writeWhole(head, body);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#sink = null;
    this.#drop();
  }

  #writeWhole(head: string, body: Buffer): void {
    if (body.length > MAX_JOINED_BYTES) {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
      return;
    }
    const bytes = roomFor(head.length + body.length);
    bytes.write(head, 0, 'latin1');
    bytes.set(body, head.length);
    this.#socket.write(bytes);
  }

  #writeChunked(head: string, body: Buffer | null, trailers: readonly string[]): void {
    const end = lastChunk(trailers);
    if (end === null) return this.#fail({ kind: 'unsendable', what: BAD_TRAILERS });
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    if (body !== null && body.length > 0) writeChunk(this.#socket, body);
    this.#socket.write(end, 'latin1');
    this.#socket.uncork();
  }

  /** Chunked where no length is known (RFC 9112 §7.1). A body of another length than declared ends the connection. */
  #stream(head: string, body: Readable, length: number | null, request: UpstreamRequest): void {
    const socket = this.#socket;
    this.#body = body;
    let left = length ?? 0;
    const isCurrent = (): boolean => this.#body === body;
    socket.write(head, 'latin1');
    body.on('data', (chunk: Buffer) => {
      if (!isCurrent() || chunk.length === 0) return;
      this.#waitingSince = performance.now();
      left -= chunk.length;
      if (length !== null && left < 0) return this.#fail({ kind: 'unsendable', what: 'a body longer than declared' });
      const isTaken = length === null ? writeChunk(socket, chunk) : socket.write(chunk);
      if (!isTaken) body.pause();
    });
    body.on('end', () => {
      if (!isCurrent()) return;
      if (length !== null && left > 0) return this.#fail({ kind: 'unsendable', what: 'a body shorter than declared' });
      this.#body = null;
      this.#waitingSince = performance.now();
      if (length !== null) return;
      const end = lastChunk(request.trailers());
      if (end === null) this.#fail({ kind: 'unsendable', what: BAD_TRAILERS });
      else socket.write(end, 'latin1');
    });
    body.on('close', () => {
      if (isCurrent()) this.#fail({ kind: 'unsendable', what: 'a body that broke off' });
    });
    body.on('error', () => {
      // `close` follows.
    });
  }

  #come(chunk: Buffer): void {
    if (this.#chunks.length === 0) {
      if (chunk.length > MAX_TURN_BYTES) return this.#received(chunk);
      inTurn(this.#onTurn);
    }
    this.#chunks.push(chunk);
  }

  #takeCome(): void {
    // One at a time: with more to come behind its answer, a connection is not used again.
    for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
      if (!this.#isGone) this.#received(chunk);
    }
  }

  #received(chunk: Buffer): void {
    // Whoever takes it in may let go of its memory.
    const { length } = chunk;
    let used = 0;
    try {
      // Without a request, or behind its end, nothing was asked for: whoever goes on then cannot be trusted with the next.
      if (this.#sink !== null) used = this.#parser.push(chunk);
    } catch (error) {
      // An answer that breaks whoever it is handed to must not take other exchanges down.
      const what = error instanceof MalformedAnswer ? error.message : 'something that could not be passed on';
      this.#fail({ kind: 'malformed', what });
      return;
    }
    if (used < length) this.#drop();
  }

  #answered(): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#answers++;
    const keepMs = this.#keepMs();
    this.#usableUntil = performance.now() + keepMs;
    // An answer before the whole request: what is left of it would be taken for the next.
    const isOver = this.#body !== null || this.#isOneOff || !this.#parser.isKept || keepMs <= 0;
    if (isOver) this.#drop();
    sink?.end();
    if (!isOver && !this.#isGone) {
      if (this.#socket.isPaused()) this.#socket.resume();
      this.#onFree(this);
    }
  }

  #keepMs(): number {
    const { keepSeconds } = this.#parser;
    return keepSeconds < 0 ? KEEP_MS : Math.min(keepSeconds * 1000 - KEEP_MARGIN_MS, MAX_KEEP_MS);
  }

  #ended(code: string): void {
    this.#takeCome();
    if (this.#sink !== null && code === 'closed' && this.#parser.close()) return;
    if (this.#sink === null) this.#drop();
    else this.#fail({ kind: 'closed', code });
  }

  #fail(failure: Failure): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#drop();
    sink?.fail(failure);
  }

  #drop(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const body = this.#body;
    this.#body = null;
    body?.destroy();
    this.#socket.destroy();
    this.#onGone(this);
  }

  /** One timer a connection and not one a request: it looks, when it is due, how long the present one has waited. */
  #watch(afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = null;
      if (this.#sink === null || this.#hasHead) return;
      // While the client is slow to send its body, it is not the upstream that is waited for.
      const isClients = this.#body !== null && !this.#socket.writableNeedDrain;
      const waited = isClients ? 0 : performance.now() - this.#waitingSince;
      const left = this.#limits.firstByteMs - waited;
      if (left < 1) this.#fail({ kind: 'timeout' });
      else this.#timer = this.#watch(left);
    }, afterMs).unref();
  }
}

/** Many prompts are joined in one piece of memory: Node's own pool is too small for them, and each would be allocated. */
const SLAB_BYTES = 512 * 1024;
let slab = Buffer.alloc(0);
let slabUsed = 0;

function roomFor(bytes: number): Buffer {
  if (slabUsed + bytes > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  slabUsed += bytes;
  return slab.subarray(slabUsed - bytes, slabUsed);
}

/** Neither a space nor a control character. */
const PATH = /^[\x21-\xff]+$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** True for a name and a value that no reader takes for anything else. */
export function isSendable(name: string, value: string): boolean {
  return NAME.test(name) && VALUE.test(value);
}

/** Methods whose request without a body says so (RFC 9110 §8.6). */
const SAYS_EMPTY = new Set(['POST', 'PUT', 'PATCH']);

/** The head with its empty line; null where it would not be read as it is meant. */
function headText(
  { method, path, headers, body }: UpstreamRequest,
  hasTrailers: boolean,
  isOneOff: boolean,
): string | null {
  if (!NAME.test(method) || !PATH.test(path)) return null;
  let text = `${method} ${path} HTTP/1.1\r\n`;
  let isLengthKnown = false;
  let isTe = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!isSendable(name, value)) return null;
    isLengthKnown ||= name === 'content-length';
    isTe ||= name === 'te';
    text += `${name}: ${value}\r\n`;
  }
  text += isOneOff ? 'connection: close' : 'connection: keep-alive';
  // TE holds for one hop (RFC 9110 §10.1.4).
  text += isTe ? ', te\r\n' : '\r\n';
  if (hasTrailers) text += 'transfer-encoding: chunked\r\n';
  else if (Buffer.isBuffer(body)) text += `content-length: ${body.length}\r\n`;
  else if (body === null && SAYS_EMPTY.has(method) && !isLengthKnown) text += 'content-length: 0\r\n';
  else if (body !== null && !isLengthKnown) text += 'transfer-encoding: chunked\r\n';
  return `${text}\r\n`;
}

function declaredLength(headers: readonly string[]): number | null {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name === 'content-length');
  return at === -1 ? null : Number(headers[at + 1]);
}

const NO_TRAILERS: readonly string[] = [];
const BAD_TRAILERS = 'a character that does not belong into a trailer';

/** The end of a chunked body (RFC 9112 §7.1); null where a trailer would not be read as it is meant. */
function lastChunk(trailers: readonly string[]): string | null {
  let text = '0\r\n';
  for (let i = 0; i + 1 < trailers.length; i += 2) {
    const name = trailers[i] as string;
    const value = trailers[i + 1] as string;
    if (!isSendable(name, value)) return null;
    text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

function writeChunk(socket: Socket, chunk: Buffer): boolean {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const isTaken = socket.write('\r\n', 'latin1');
  socket.uncork();
  return isTaken;
}
