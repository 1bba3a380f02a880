/**
 * A client's request and the answer to it, whichever version of HTTP they travel by. The objects of node:http are such
 * as they are; a stream of HTTP/2 is made into one.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

export interface ClientRequest {
  readonly method?: string | undefined;
  /** The request target: a path, in HTTP/1.1 also the absolute form. */
  readonly url?: string | undefined;
  /** Flat list of names and values as received; of HTTP/2 with `host` for `:authority`, and no pseudo-headers. */
  readonly rawHeaders: readonly string[];
  /** The same of its trailers, once `end` was emitted. */
  readonly rawTrailers: readonly string[];
  /** The connection that it came on, alone or among others. */
  readonly socket: Socket;
  readonly httpVersionMajor: number;
  /** All of it was received. */
  readonly complete: boolean;
  readonly destroyed: boolean;
  readonly readableEnded: boolean;
  /** All of the body at once, where it has come already and nobody has begun to read it; null where it has not. */
  takeBody?(): Buffer | null;
  isPaused(): boolean;
  pause(): unknown;
  resume(): unknown;
  /** Breaks it off, and the answer with it. */
  destroy(): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): this;
  on(event: 'end' | 'close' | 'error', listener: () => void): this;
  off(event: 'data', listener: (chunk: Buffer) => void): this;
  off(event: 'end' | 'close' | 'error', listener: () => void): this;
}

export interface ClientResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  sendDate: boolean;
  writeContinue(): void;
  writeProcessing(): void;
  writeEarlyHints(hints: Record<string, string | string[]>): void;
  /** Flat list of names and values; what belongs to a connection of HTTP/1.1 is left out where there is none. */
  writeHead(status: number, headers: string[]): unknown;
  writeHead(status: number, statusText: string, headers: string[]): unknown;
  flushHeaders(): void;
  /** False where the client takes no more for now: `drain` follows. */
  write(bytes: Buffer): boolean;
  /** To be called before `end`. A body whose length was given in HTTP/1.1 cannot have any. */
  addTrailers(trailers: ReadonlyArray<[string, string]>): void;
  end(bytes?: Buffer | string): unknown;
  /** Breaks it off, so that it does not look complete. */
  destroy(): unknown;
  on(event: 'close', listener: () => void): this;
  once(event: 'drain', listener: () => void): this;
}

/** What the head says of the body. */
export interface Framing {
  readonly hasBody: boolean;
  /** Null where the length is not known before the end. */
  readonly declaredLength: number | null;
}

const NO_BODY: Framing = { hasBody: false, declaredLength: null };
const CHUNKED: Framing = { hasBody: true, declaredLength: null };

/** Of HTTP/1.1 (RFC 9112 §6). */
export function framingOf({ headers }: IncomingMessage): Framing {
  if (headers['transfer-encoding'] !== undefined) return CHUNKED;
  const length = headers['content-length'];
  if (length === undefined) return NO_BODY;
  const declaredLength = Number(length);
  return { hasBody: declaredLength > 0, declaredLength };
}
