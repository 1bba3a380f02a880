/**
 * Who listens beside the main path: to connections that are no TLS (data stores, plain HTTP between workloads), and to where
 * those that are TLS lead. What a watcher is told, and what it is given to work with.
 */
import type { EdgeObservation, Via } from '../flow/edge.ts';
import type { Destination, Source } from '../flow/parties.ts';
import type { EdgeRecorder, Recorder } from '../flow/recorder.ts';
import type { Connection } from './connections.ts';
import type { PacketFrame, StateFrame } from './frame-types.ts';
import type { HeardExchange } from './reassemble/heard.ts';
import type { ObservedSettings } from './settings.ts';

/** Listens to connections beside the TLS handles: what is no TLS, and where those that are TLS lead. */
export interface ConnectionWatcher {
  /** Its first bytes have told whether it is TLS, and for whom. */
  told?(connection: Connection, at: number): void;
  /** A packet of one that is no TLS. */
  packet?(connection: Connection, packet: PacketFrame, at: number): void;
  closed?(connection: Connection, at: number, state: StateFrame): void;
  /** Each second. */
  tick?(at: number): void;
  /** An exchange that was heard; true where the watcher has recorded it. */
  exchange?(parties: HeardParties, exchange: HeardExchange): boolean;
  /** Nothing more comes. */
  end?(at: number): void;
}

/** Who spoke with whom, as far as it is known. */
export interface HeardParties {
  readonly source: Source;
  readonly destination: Destination;
  readonly via: Via;
  /** Unix time in ms. */
  readonly now: number;
}

/** What a watcher is given to work with. */
export interface WatcherTools {
  readonly settings: () => ObservedSettings;
  readonly sourceOf: (connection: Connection) => Source;
  readonly destinationOf: (connection: Connection) => Destination;
  /** Where the connection leads to a listener of Weir's own. */
  readonly isOwnListener: (connection: Connection) => boolean;
  readonly wallMs: (at: number) => number;
  readonly command: (bytes: Buffer) => void;
  /** For what is recorded with an event, and for edges alone. */
  readonly recorder: Pick<Recorder, 'closeSoon'> & EdgeRecorder;
  /** Inspects and records an exchange of a connection that is no TLS. */
  readonly heardPlain: (connection: Connection, exchange: HeardExchange) => void;
  readonly addEdge: (observation: EdgeObservation) => void;
  readonly newId: () => string;
}
