/**
 * Requests that a client sends before it has the answer to the one before (RFC 9112 §9.3.2). They are carried out one after
 * the other: done side by side on several upstream connections, a later one might come before an earlier one that
 * changes something.
 */
import type { Socket } from 'node:net';
import type { ClientResponse } from './client-message.ts';

export class Pipelined {
  readonly #latest = new WeakMap<Socket, ClientResponse>();

  /** Starts at once where the connection waits for nothing, else when the answer before is over, however it ended. */
  inTurn(socket: Socket, response: ClientResponse, start: () => void): void {
    const before = this.#latest.get(socket);
    this.#latest.set(socket, response);
    if (before === undefined || before.writableFinished || before.destroyed) start();
    else before.on('close', start);
  }
}
