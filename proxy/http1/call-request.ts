/**
 * A request of HTTP/1.1 (`client-message.ts`) without the streams of node:http: its body is handed on as it comes off the
 * connection, which stands still while nobody takes it. It decides nothing.
 */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { ClientRequest } from '../client-message.ts';
import type { CallConnection } from './call-connection.ts';
import type { RequestHead } from './request-head.ts';

const NO_TRAILERS: readonly string[] = [];

export class CallRequest extends EventEmitter implements ClientRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers = NO_TRAILERS;
  readonly httpVersionMajor = 1;
  readonly #connection: CallConnection;
  /** Of the body, still to come from the client. */
  #left: number;
  /** Received, and not yet handed on. */
  #waiting: Buffer[] = [];
  #isPaused = false;
  #isRead = false;
  #isFlowing = false;
  #isEnded = false;
  #isBroken = false;

  constructor(head: RequestHead, connection: CallConnection) {
    super();
    this.method = head.method;
    this.url = head.target;
    this.rawHeaders = head.headers;
    this.#left = head.length ?? 0;
    this.#connection = connection;
  }

  get socket(): Socket {
    return this.#connection.socket;
  }

  get complete(): boolean {
    return this.#left === 0;
  }

  get destroyed(): boolean {
    return this.#isBroken || this.#connection.socket.destroyed;
  }

  get readableEnded(): boolean {
    return this.#isEnded;
  }

  /** The connection stands still until somebody reads on. */
  get isHeldBack(): boolean {
    return this.#left > 0 && (this.#isPaused || !this.#isRead) && this.#waiting.length > 0;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    if (this.#left > 0) this.#connection.socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#isRead = true;
    if (this.#left > 0) this.#connection.socket.resume();
    this.#flowSoon();
  }

  destroy(): void {
    this.#connection.socket.destroy();
  }

  /** As of a stream of Node's: who listens to `data` sets it going, unless it was paused. */
  override on(event: 'data' | 'end' | 'close' | 'error', listener: (chunk: Buffer) => void): this {
    super.on(event, listener);
    if (event === 'data' && !this.#isPaused) {
      this.#isRead = true;
      this.#flowSoon();
    }
    return this;
  }

  /** All of the body, where it has come already and nobody has begun to read it; null where it has not. */
  takeBody(): Buffer | null {
    if (this.#left > 0 || this.#isRead || this.#waiting.length !== 1) return null;
    const [body] = this.#waiting;
    this.#waiting = [];
    this.#isRead = true;
    this.#isEnded = true;
    return body ?? null;
  }

  /** The next bytes from the connection. Returns how many of them are the body's. */
  take(bytes: Buffer): number {
    if (this.#left === 0) return 0;
    const piece = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left);
    // Whoever takes it in may let go of its memory.
    const { length } = piece;
    this.#left -= length;
    if (this.#isRead && !this.#isPaused && this.#waiting.length === 0) this.emit('data', piece);
    else this.#waiting.push(piece);
    if (this.#isRead) this.#flow();
    // Nobody reads yet: the client is not to fill our memory meanwhile.
    else if (this.#left > 0) this.#connection.socket.pause();
    if (this.#left === 0) this.#connection.received();
    return length;
  }

  /** What is left of the body belongs to nobody. */
  drop(): void {
    this.#isRead = true;
    this.#isPaused = false;
    this.removeAllListeners('data');
    this.#waiting = [];
    if (this.#left > 0) this.#connection.socket.resume();
  }

  /** The connection is gone. */
  broken(): void {
    this.#isBroken = true;
    if (!this.#isEnded) this.emit('close');
  }

  #flowSoon(): void {
    if (this.#isFlowing || this.#isEnded) return;
    this.#isFlowing = true;
    process.nextTick(() => {
      this.#isFlowing = false;
      this.#flow();
      // It stood still until somebody read it.
      if (this.#left > 0 && !this.#isPaused && !this.destroyed) this.#connection.socket.resume();
    });
  }

  #flow(): void {
    while (!this.#isPaused && this.#waiting.length > 0) {
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) this.emit('data', chunk);
    }
    if (this.#isPaused || this.#isEnded || this.#left > 0 || this.#isBroken) return;
    this.#isEnded = true;
    this.emit('end');
  }
}
