/**
 * An answer of HTTP/1.1 (`client-message.ts`) without node:http: framed by its head (RFC 9112 §6, §7), and a small one
 * leaves in one write, which is one TLS record and one system call. It decides nothing.
 */
import { EventEmitter } from 'node:events';
import { STATUS_CODES } from 'node:http';
import { lowerName } from '../../flow/message.ts';
import type { ClientResponse } from '../client-message.ts';
import { isSendable } from '../upstream-connection.ts';
import type { CallConnection } from './call-connection.ts';
import type { RequestHead } from './request-head.ts';

/** RFC 9110 §15.3.5, §15.4.5. */
const BODYLESS: ReadonlySet<number> = new Set([204, 304]);
/** A larger piece is not copied behind its head. */
const MAX_JOINED_BYTES = 32 * 1024;

export class CallResponse extends EventEmitter implements ClientResponse {
  sendDate = true;
  readonly #connection: CallConnection;
  #isBodyless: boolean;
  #head: string | null = null;
  #isHeadSent = false;
  #isChunked = false;
  #isLast: boolean;
  #trailers = '';
  #isOver = false;
  #isBroken = false;
  #isCorked = false;

  constructor({ method, isLast }: RequestHead, connection: CallConnection) {
    super();
    this.#connection = connection;
    this.#isBodyless = method === 'HEAD';
    this.#isLast = isLast;
  }

  get headersSent(): boolean {
    return this.#head !== null;
  }

  get destroyed(): boolean {
    return this.#isBroken || this.#connection.socket.destroyed;
  }

  get writableFinished(): boolean {
    return this.#isOver && this.#connection.socket.writableLength === 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  writeContinue(): void {
    this.#inform(100, '');
  }

  writeProcessing(): void {
    this.#inform(102, '');
  }

  /** Throws RangeError for what is no header. */
  writeEarlyHints(hints: Record<string, string | string[]>): void {
    let lines = '';
    for (const [name, given] of Object.entries(hints)) lines += line(name, [given].flat().join(', '));
    this.#inform(103, lines);
  }

  #inform(status: number, lines: string): void {
    if (this.#head !== null || this.destroyed) return;
    this.#connection.socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n`, 'latin1');
  }

  /** Throws RangeError for what is no head. */
  writeHead(status: number, ...rest: [string[]] | [string, string[]]): this {
    if (this.#head !== null) throw new RangeError('a second head');
    if (!(status >= 200 && status <= 999)) throw new RangeError('a status that is none');
    const text = rest.length === 2 ? rest[0] : (STATUS_CODES[status] ?? 'unknown');
    const headers = rest.length === 2 ? rest[1] : rest[0];
    let lines = `HTTP/1.1 ${status} ${text}\r\n`;
    let [isLengthKnown, isDated, isConnectionSaid] = [false, !this.sendDate, false];
    for (let i = 0; i + 1 < headers.length; i += 2) {
      const name = headers[i] as string;
      const value = headers[i + 1] as string;
      lines += line(name, value);
      switch (name.length) {
        case 4:
          isDated ||= lowerName(name) === 'date';
          break;
        case 10:
          if (lowerName(name) !== 'connection') break;
          isConnectionSaid = true;
          this.#isLast ||= /(?:^|[,\s])close(?:[,\s]|$)/i.test(value);
          break;
        case 14:
          isLengthKnown ||= lowerName(name) === 'content-length';
      }
    }
    if (!isDated) lines += `Date: ${new Date().toUTCString()}\r\n`;
    const { keepMs } = this.#connection;
    this.#isLast ||= keepMs === 0;
    if (!isConnectionSaid) {
      lines += this.#isLast
        ? 'Connection: close\r\n'
        : `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepMs / 1000)}\r\n`;
    }
    this.#isBodyless ||= BODYLESS.has(status);
    this.#isChunked = !this.#isBodyless && !isLengthKnown;
    this.#head = this.#isChunked ? `${lines}Transfer-Encoding: chunked\r\n\r\n` : `${lines}\r\n`;
    return this;
  }

  flushHeaders(): void {
    const head = this.#takeHead();
    if (head !== '' && !this.destroyed) this.#connection.socket.write(head, 'latin1');
  }

  write(bytes: Buffer): boolean {
    if (this.destroyed || this.#isOver) return true;
    const { socket } = this.#connection;
    const head = this.#takeHead();
    if (head === '' && !this.#isChunked) return this.#isBodyless || bytes.length === 0 || socket.write(bytes);
    this.#cork();
    if (head !== '') socket.write(head, 'latin1');
    if (this.#isBodyless || bytes.length === 0) return true;
    if (!this.#isChunked) return socket.write(bytes);
    socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    socket.write(bytes);
    return socket.write('\r\n', 'latin1');
  }

  /** Throws RangeError for what is no trailer. */
  addTrailers(trailers: ReadonlyArray<[string, string]>): void {
    for (const [name, value] of trailers) this.#trailers += line(name, value);
  }

  end(given?: Buffer | string): void {
    if (this.#isOver || this.#head === null) return;
    this.#isOver = true;
    const bytes =
      given === undefined || this.#isBodyless ? EMPTY : typeof given === 'string' ? Buffer.from(given) : given;
    if (!this.destroyed) this.#writeEnd(bytes);
    this.#connection.answered(this.#isLast);
  }

  /** Breaks the connection off. */
  destroy(): void {
    this.#isOver = true;
    this.#connection.socket.destroy();
  }

  override on(event: 'close', listener: () => void): this {
    return super.on(event, listener);
  }

  override once(event: 'drain', listener: () => void): this {
    this.#connection.socket.once(event, listener);
    return this;
  }

  /** The connection is gone. */
  broken(): void {
    this.#isBroken = true;
    if (!this.#isOver) this.emit('close');
  }

  #takeHead(): string {
    if (this.#isHeadSent || this.#head === null) return '';
    this.#isHeadSent = true;
    return this.#head;
  }

  #writeEnd(bytes: Buffer): void {
    const { socket } = this.#connection;
    let head = this.#takeHead();
    let tail = '';
    if (this.#isChunked) {
      if (bytes.length > 0) head += `${bytes.length.toString(16)}\r\n`;
      tail = `${bytes.length > 0 ? '\r\n' : ''}0\r\n${this.#trailers}\r\n`;
    }
    if (bytes.length === 0) {
      if (head !== '' || tail !== '') socket.write(head + tail, 'latin1');
    } else if (bytes.length <= MAX_JOINED_BYTES && head !== '') {
      const all = Buffer.allocUnsafe(head.length + bytes.length + tail.length);
      all.write(head, 0, 'latin1');
      all.set(bytes, head.length);
      if (tail !== '') all.write(tail, head.length + bytes.length, 'latin1');
      socket.write(all);
    } else {
      this.#cork();
      if (head !== '') socket.write(head, 'latin1');
      socket.write(bytes);
      if (tail !== '') socket.write(tail, 'latin1');
    }
  }

  /** What is written in one turn goes out together. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#connection.socket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#connection.socket.uncork();
    });
  }
}

const EMPTY = Buffer.alloc(0);

function line(name: string, value: string): string {
  if (!isSendable(name, value)) throw new RangeError('a header that is none');
  return `${name}: ${value}\r\n`;
}
