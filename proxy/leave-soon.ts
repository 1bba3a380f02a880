/** The end of a connection, or of a stream of HTTP/2 that is used as one: what was written still leaves. */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the other side of a stream gets to take the rest and end it. */
const LINGER_MS = 1000;

/** Nothing more is written or read. */
export function leaveSoon(connection: Duplex): void {
  if (connection instanceof Socket) return connection.destroySoon();
  if (connection.destroyed) return;
  connection.end();
  // A stream that is reset loses what has not left yet, and nobody says when it has.
  const timer = setTimeout(() => connection.destroy(), LINGER_MS).unref();
  connection.once('close', () => clearTimeout(timer));
  connection.resume();
}
