/**
 * What was heard of a connection, put together: calls, each with its request and its answer. Every message says how much of
 * it was heard; what is missing is never filled in, and nothing is joined across a gap.
 */
import type { Coverage } from '../../flow/coverage.ts';

/** As the process on this host sees it: what it sent and what it received. */
export type Way = 'out' | 'in';

export interface HeardMessage {
  /** Of a response, and where it was not heard, ''. */
  readonly method: string;
  /** Path and query; '' where it was not heard. */
  readonly target: string;
  readonly status: number | null;
  /** Names and values in turn, the names of HTTP/2 in lower case, its pseudo-header fields left out. */
  readonly headers: readonly string[];
  /** What was kept of the body, codings not undone. */
  readonly body: Buffer;
  /** All of the body that was heard. */
  readonly bytes: number;
  readonly coverage: Coverage;
}

export interface HeardExchange {
  /** `http`, `websocket`, `unknown` for what is spoken in no way that is known here. */
  readonly protocol: 'http' | 'websocket' | 'unknown';
  /** Host or :authority, as it was sent; null where it was not heard. */
  readonly authority: string | null;
  readonly request: HeardMessage | null;
  readonly response: HeardMessage | null;
  /** True for one message of a stream that goes on. */
  readonly isWithinStream: boolean;
  /** False where the connection, or what was heard of it, ended before the exchange did. */
  readonly isComplete: boolean;
  /** Milliseconds, on the clock of the pieces. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** One message of a stream that goes on, as it was heard at `at`. */
export function heardWithinStream(
  way: Way,
  authority: string | null,
  message: HeardMessage,
  isComplete: boolean,
  at: number,
): HeardExchange {
  return {
    protocol: 'http',
    authority,
    request: way === 'out' ? message : null,
    response: way === 'in' ? message : null,
    isWithinStream: true,
    isComplete,
    startedAt: at,
    endedAt: at,
  };
}

export type Hear = (exchange: HeardExchange) => void;

/** What one protocol makes of a connection. It never throws, whatever it is given. */
export interface Conversation {
  data(way: Way, bytes: Buffer, at: number): void;
  /** So many bytes were not heard here. */
  lost(way: Way, bytes: number, at: number): void;
  /** Nothing more comes: what is open is told as it is. */
  end(at: number): void;
  /** Tells what has waited since before `before`, as it is. */
  settle(before: number, at: number): void;
}
