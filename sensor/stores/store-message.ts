/**
 * What is said between a program and a data store, in the words that all of their protocols are told in: who asked for
 * what, on which table, and which pieces of text went over. Values only; nothing here reads a byte.
 */
import type { Coverage } from '../../flow/coverage.ts';
import type { Way } from '../reassemble/heard.ts';

export type { Way } from '../reassemble/heard.ts';

export const STORE_PROTOCOLS = [
  'postgresql',
  'mysql',
  'mongodb',
  'redis',
  'kafka',
  's3',
  'elasticsearch',
  'clickhouse',
] as const;
/** As an edge names it. `mysql` is MariaDB too, `redis` all that speak RESP, `elasticsearch` OpenSearch too. */
export type StoreProtocol = (typeof STORE_PROTOCOLS)[number];

/** A piece of text that a message carried. */
export interface StoreText {
  /** JSON Pointer: `/rows/0/email`, `/statement`, `/value`. */
  readonly path: string;
  /** The column, field or header that holds it; counts as context. */
  readonly label: string | null;
  /** UTF-8, or nearly. */
  readonly text: Buffer;
  /** `file` for what is or will be stored, `metadata` for what speaks of it. */
  readonly role: 'metadata' | 'file';
}

export interface StoreMessage {
  readonly way: Way;
  /** `SELECT`, `COPY`, `find`, `GET`, `produce`; of an answer, that of its request. Null where it was not said. */
  readonly operation: string | null;
  readonly database: string | null;
  /** Table, collection, topic, bucket or index. */
  readonly resource: string | null;
  readonly texts: readonly StoreText[];
  /** On the wire, as far as it was seen or its length was told. */
  readonly bytes: number;
  readonly coverage: Coverage;
}

export interface StoreLimits {
  /** Of one message so many bytes are looked at. */
  readonly messageBytes: number;
  /** Statements, portals and requests without an answer that a connection is remembered by. */
  readonly remembered: number;
}

export const STORE_LIMITS: StoreLimits = { messageBytes: 4096, remembered: 256 };

export interface StoreReaderOptions {
  readonly limits: StoreLimits;
  readonly hear: (message: StoreMessage) => void;
}

/** What one protocol makes of a connection. It never throws, whatever it is given, and its memory is bounded. */
export interface StoreReader {
  readonly protocol: StoreProtocol;
  /** Why nothing more can be read (`tls`, `compressed`); null as long as it can. */
  readonly sealed: string | null;
  /** Bytes in order. They begin a packet, and `isTurn` where the other side had spoken before it. */
  data(way: Way, bytes: Buffer, isTurn: boolean): void;
  /** So many bytes were not seen here. */
  lost(way: Way, bytes: number): void;
  /** Nothing more comes: what is open is told as it is. */
  end(): void;
}
