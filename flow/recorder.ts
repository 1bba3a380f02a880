/** What the proxy is handed to record with; the store implements it. */
import type { EdgeObservation } from './edge.ts';
import type { EventBody } from './event.ts';

/** What is known of an exchange before its first byte goes upstream; enough to name it if the process dies. */
export interface Opening {
  readonly id: string;
  readonly exchange: string;
  readonly time: string;
  readonly source: EventBody['source'];
  readonly destination: EventBody['destination'];
  readonly provider: string | null;
  readonly model: string | null;
  readonly route: string | null;
}

/** How an exchange ended. `excerpt` is redacted text; the store seals it. */
export interface Closing {
  readonly event: EventBody;
  readonly edges: readonly EdgeObservation[];
  readonly excerpt: string | null;
}

/**
 * Both calls return once the record would survive the process (a plain write to the spool, no fsync), and throw
 * WeirError `store_unwritable` when it would not: the caller then follows `onError`.
 */
export interface Recorder {
  open(opening: Opening): void;
  close(closing: Closing): void;
}
