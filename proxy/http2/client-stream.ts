/**
 * A stream of a client's HTTP/2 connection as a request and its answer (`client-message.ts`). It holds nothing itself:
 * bodies pass with the stream's own flow control.
 */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { lowerName } from '../../flow/message.ts';
import type { ClientRequest, ClientResponse } from '../client-message.ts';

export class StreamRequest implements ClientRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  readonly httpVersionMajor = 2;
  readonly #stream: ServerHttp2Stream;
  #rawTrailers: readonly string[] = [];

  constructor(
    stream: ServerHttp2Stream,
    socket: Socket,
    fields: { readonly method: string; readonly target: string; readonly headers: readonly string[] },
  ) {
    this.#stream = stream;
    this.socket = socket;
    this.method = fields.method;
    this.url = fields.target;
    this.rawHeaders = fields.headers;
    // Emitted before `end`.
    stream.on('trailers', (_headers, _flags, raw: readonly string[]) => {
      this.#rawTrailers = raw;
    });
  }

  get rawTrailers(): readonly string[] {
    return this.#rawTrailers;
  }

  get complete(): boolean {
    return this.#stream.endAfterHeaders || this.#stream.readableEnded;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.aborted;
  }

  get readableEnded(): boolean {
    return this.#stream.readableEnded;
  }

  isPaused(): boolean {
    return this.#stream.isPaused();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#stream.destroyed) this.#stream.resume();
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  on(event: 'data' | 'end' | 'close' | 'error', listener: (chunk: Buffer) => void): this {
    this.#stream.on(event, listener);
    return this;
  }

  off(event: 'data' | 'end' | 'close' | 'error', listener: (chunk: Buffer) => void): this {
    this.#stream.off(event, listener);
    return this;
  }
}

/** They hold for a connection of HTTP/1.1 (RFC 9113 §8.2.2): here a stream ends by itself. */
const LEFT_OUT = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);
/** So long the end of an answer has to be written before the rest of the request's body is refused. */
const LET_GO_MS = 1000;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §15.3.5, §15.3.6, §15.4.5. */
const BODYLESS = new Set([204, 205, 304]);

export class StreamResponse implements ClientResponse {
  sendDate = true;
  readonly #stream: ServerHttp2Stream;
  readonly #request: StreamRequest;
  /** The final head, from `writeHead` on. */
  #head: string[] | null = null;
  #isHeadSent = false;
  #isBodyless: boolean;
  #trailers: OutgoingHttpHeaders = {};
  #isOver = false;

  constructor(stream: ServerHttp2Stream, request: StreamRequest) {
    this.#stream = stream;
    this.#request = request;
    this.#isBodyless = request.method === 'HEAD';
  }

  get headersSent(): boolean {
    return this.#head !== null;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  get writableFinished(): boolean {
    return this.#isOver && this.#stream.writableFinished;
  }

  /** The answer was handed over whole, or broken off on this side. */
  get isOver(): boolean {
    return this.#isOver;
  }

  writeContinue(): void {
    this.#inform({ ':status': 100 });
  }

  writeProcessing(): void {
    this.#inform({ ':status': 102 });
  }

  writeEarlyHints(hints: Record<string, string | string[]>): void {
    this.#inform({ ':status': 103, ...hints });
  }

  #inform(headers: OutgoingHttpHeaders): void {
    if (!this.destroyed && this.#head === null) this.#stream.additionalHeaders(headers);
  }

  /** Throws RangeError for what is no head. */
  writeHead(status: number, ...rest: [string[]] | [string, string[]]): this {
    const headers = rest[rest.length - 1] as string[];
    if (this.#head !== null) throw new RangeError('a second head');
    if (status < 200 || status > 599) throw new RangeError('a status that HTTP/2 does not have');
    const head = [':status', String(status)];
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = lowerName(headers[i] as string);
      const value = headers[i + 1] as string;
      if (!NAME.test(name) || !VALUE.test(value)) throw new RangeError('a header that is none');
      if (!LEFT_OUT.has(name)) head.push(name, value);
    }
    this.#isBodyless ||= BODYLESS.has(status);
    this.#head = head;
    return this;
  }

  flushHeaders(): void {
    if (!this.#isOver) this.#sendHead(false);
  }

  write(bytes: Buffer): boolean {
    this.#sendHead(false);
    return this.destroyed || this.#isBodyless || this.#stream.write(bytes);
  }

  addTrailers(trailers: ReadonlyArray<[string, string]>): void {
    for (const [sent, value] of trailers) {
      const name = lowerName(sent);
      const before = this.#trailers[name];
      this.#trailers[name] = before === undefined ? value : [before, value].flat().map(String);
    }
  }

  end(bytes?: Buffer | string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const rest = bytes === undefined || bytes.length === 0 || this.#isBodyless ? null : bytes;
    const isWhole = rest === null && Object.keys(this.#trailers).length === 0;
    const isLast = this.#sendHead(isWhole);
    if (this.destroyed) return;
    if (!this.#stream.writableEnded) {
      if (rest === null) this.#stream.end();
      else this.#stream.end(rest);
    }
    if (isLast) this.#stream.once('finish', () => this.#letGoOfBody());
  }

  destroy(): void {
    this.#isOver = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  on(event: 'close', listener: () => void): this {
    this.#stream.on(event, listener);
    return this;
  }

  once(event: 'drain', listener: () => void): this {
    this.#stream.once(event, listener);
    return this;
  }

  /** With the last word known, the head says so itself; else trailers may follow. */
  #sendHead(isWhole: boolean): boolean {
    if (this.#isHeadSent || this.#head === null || this.destroyed) return false;
    const isLast = isWhole || this.#isBodyless;
    this.#isHeadSent = true;
    const options = { sendDate: this.sendDate, ...(isLast ? { endStream: true } : { waitForTrailers: true }) };
    if (!isLast) {
      this.#stream.once('wantTrailers', () => {
        if (this.destroyed) return;
        this.#safely(() => this.#stream.sendTrailers(this.#trailers));
        this.#letGoOfBody();
      });
    }
    const head = this.#head;
    this.#safely(() => this.#stream.respond(head, options));
    return isLast;
  }

  /** What Node does not take to send ends this stream, and no other. */
  #safely(send: () => void): void {
    try {
      send();
    } catch {
      this.destroy();
    }
  }

  /** Once it has its answer, a client need not send the rest of its body (RFC 9113 §8.1). */
  #letGoOfBody(): void {
    if (this.#request.complete) return;
    // nghttp2 drops what it has not written yet when a stream is reset, and does not say when it has.
    const timer = setTimeout(() => this.#stream.close(constants.NGHTTP2_NO_ERROR), LET_GO_MS);
    this.#stream.once('close', () => clearTimeout(timer));
  }
}
