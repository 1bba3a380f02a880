/**
 * Clients' connections that speak HTTP/1.1: reads one ordinary request after the other off each and hands them on, the
 * next when the one before has its answer (RFC 9112 §9.3). With the first bytes that are not the beginning of an ordinary
 * request a connection is given to node:http for good, which reads everything else and says what is malformed.
 */
import type { Socket } from 'node:net';
import { inTurn } from '../turns.ts';
import type { CallConnection } from './call-connection.ts';
import { CallRequest } from './call-request.ts';
import { CallResponse } from './call-response.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

interface Limits {
  readonly headerBytes: number;
  readonly clientHeadMs: number;
  readonly idleMs: number;
}

/** One request as it is handed on. */
export interface Call {
  readonly request: CallRequest;
  readonly response: CallResponse;
  readonly hasBody: boolean;
  readonly declaredLength: number | null;
}

export interface ClientConnectionsOptions<Known> {
  /** As they hold now. */
  readonly limits: () => Limits;
  readonly onCall: (call: Call, known: Known) => void;
  /** `behind`: what was received behind the request's head. The connection is let go of, and stands paused. */
  readonly onConnect: (head: RequestHead, socket: Socket, behind: Buffer, known: Known) => void;
  /** Not an ordinary request. The connection is let go of, and stands paused with `bytes` taken off it. */
  readonly onOther: (socket: Socket, bytes: Buffer, known: Known) => void;
  /** Aborted once the proxy stops: what waits for a request is ended, and what is under way is the last. */
  readonly stopping: AbortSignal;
}

export interface ClientConnections<Known> {
  /** Serves a connection. `first` was taken off it already, and it stands paused; null where nothing was. */
  serve(socket: Socket, known: Known, first: Buffer | null): void;
}

export function createClientConnections<Known>(options: ClientConnectionsOptions<Known>): ClientConnections<Known> {
  const connections = new Set<ClientConnection<Known>>();
  options.stopping.addEventListener('abort', () => {
    for (const connection of connections) connection.leave();
  });
  return {
    serve(socket, known, first) {
      // Gone between its first bytes and now.
      if (socket.destroyed) return;
      const connection: ClientConnection<Known> = new ClientConnection(socket, known, options, () =>
        connections.delete(connection),
      );
      connections.add(connection);
      connection.begin(first);
    },
  };
}

/** What a client may send ahead of the answer that it waits for; more is not read until then. */
const MAX_AHEAD_BYTES = 64 * 1024;
/** A client that was told when its connection ends may still send a little later than that. */
const GRACE_MS = 1000;

class ClientConnection<Known> implements CallConnection {
  readonly socket: Socket;
  readonly #known: Known;
  readonly #options: ClientConnectionsOptions<Known>;
  readonly #onGone: () => void;
  #call: Call | null = null;
  #isLetGo = false;
  /** Behind the request that is under way. */
  #ahead: Buffer | null = null;
  /** When a connection that waits for a request is given up; infinite while one is under way. */
  #until: number;
  #timer: NodeJS.Timeout;
  /** What came and was not looked at yet: the beginning of a request, and what came with it. */
  #come: Buffer[] = [];
  readonly #onTurn = (): void => this.#takeCome();
  readonly #onData = (bytes: Buffer): void => {
    if (this.#come.length === 0) {
      if (this.#call !== null) return this.#received(bytes);
      inTurn(this.#onTurn);
    }
    this.#come.push(bytes);
  };
  readonly #onEnd = (): void => {
    this.#takeCome();
    this.socket.destroySoon();
  };
  readonly #onError = (): void => void this.socket.destroy();
  readonly #onClose = (): void => this.#closed();

  constructor(socket: Socket, known: Known, options: ClientConnectionsOptions<Known>, onGone: () => void) {
    this.socket = socket;
    this.#known = known;
    this.#options = options;
    this.#onGone = onGone;
    const { clientHeadMs, idleMs } = options.limits();
    this.#until = performance.now() + clientHeadMs;
    this.#timer = this.#watch(Math.min(clientHeadMs, idleMs));
  }

  get keepMs(): number {
    return this.#options.stopping.aborted ? 0 : this.#options.limits().idleMs;
  }

  begin(first: Buffer | null): void {
    const { socket } = this;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onClose);
    if (first === null) return;
    this.#received(first);
    // It was paused by hand, and stays so until told; a body that nobody reads yet keeps it so.
    if (!this.#isLetGo && this.#call?.request.isHeldBack !== true) socket.resume();
  }

  answered(isLast: boolean): void {
    const { socket } = this;
    this.#until = performance.now() + this.#options.limits().idleMs + GRACE_MS;
    if (isLast) {
      // What still comes is read and thrown away, so that the answer is not cut off by a reset.
      socket.off('data', this.#onData).resume();
      socket.destroySoon();
      return;
    }
    const request = this.#call?.request;
    if (request === undefined || request.complete) this.#next();
    else request.drop();
  }

  received(): void {
    if (this.#call?.response.isOver === true) this.#next();
  }

  /** The proxy stops. */
  leave(): void {
    if (this.#call === null && this.#come.length === 0) this.socket.destroy();
  }

  #next(): void {
    this.#call = null;
    const ahead = this.#ahead;
    if (ahead === null) {
      if (this.#options.stopping.aborted) this.socket.destroySoon();
      return;
    }
    this.#ahead = null;
    // Not within the end of the answer before.
    process.nextTick(() => {
      if (this.socket.destroyed) return;
      if (this.socket.isPaused()) this.socket.resume();
      this.#received(ahead);
    });
  }

  #takeCome(): void {
    const come = this.#come;
    const [first] = come;
    if (first === undefined) return;
    this.#come = [];
    if (!this.socket.destroyed) this.#received(come.length === 1 ? first : Buffer.concat(come));
  }

  #received(bytes: Buffer): void {
    if (this.#ahead !== null) return this.#keep(bytes);
    if (this.#call === null) return this.#read(bytes);
    const { length } = bytes;
    const used = this.#call.request.take(bytes);
    if (used === length) return;
    const rest = bytes.subarray(used);
    // The end of a body that nobody took is the end of its call.
    if (this.#call === null) this.#read(rest);
    else this.#keep(rest);
  }

  #keep(bytes: Buffer): void {
    this.#ahead = this.#ahead === null ? bytes : Buffer.concat([this.#ahead, bytes]);
    if (this.#ahead.length > MAX_AHEAD_BYTES) this.socket.pause();
  }

  #read(bytes: Buffer): void {
    if (this.socket.writableEnded) return;
    const { limits, onCall, onConnect, onOther } = this.#options;
    const head = readRequestHead(bytes, limits().headerBytes);
    if (head === null || head.method === 'CONNECT') {
      this.#letGo();
      this.socket.pause();
      if (head === null) onOther(this.socket, bytes, this.#known);
      else onConnect(head, this.socket, bytes.subarray(head.bytes), this.#known);
      return;
    }
    this.#until = Number.POSITIVE_INFINITY;
    const request = new CallRequest(head, this);
    const response = new CallResponse(head, this);
    const call = { request, response, hasBody: head.length !== null && head.length > 0, declaredLength: head.length };
    this.#call = call;
    if (bytes.length > head.bytes) this.#received(bytes.subarray(head.bytes));
    onCall(call, this.#known);
  }

  #letGo(): void {
    this.#isLetGo = true;
    clearTimeout(this.#timer);
    this.#onGone();
    const { socket } = this;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onClose);
  }

  #closed(): void {
    clearTimeout(this.#timer);
    this.#onGone();
    this.#call?.request.broken();
    this.#call?.response.broken();
  }

  /** One timer a connection and not one a request: it looks, when it is due, how long is still to be waited. */
  #watch(afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      const left = this.#until - performance.now();
      if (left < 1) this.socket.destroy();
      else this.#timer = this.#watch(Math.min(left, this.#options.limits().idleMs));
    }, afterMs).unref();
  }
}
