/** What a request and its answer need of the connection that carries them. */
import type { Socket } from 'node:net';

export interface CallConnection {
  readonly socket: Socket;
  /** What an answer says of how long the connection is kept; 0: not at all. */
  readonly keepMs: number;
  /** The answer was handed over whole. `isLast`: it said that none follows. */
  answered(isLast: boolean): void;
  /** The body is complete, or nobody takes what is left of it. */
  received(): void;
}
