/** What the proxy is handed to record with; the store implements it. */
import type { EdgeObservation } from './edge.ts';
import type { EventBody } from './event.ts';
import type { Source } from './parties.ts';

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
 * A record is kept once it would survive the process (a plain write to the spool, no fsync). Where it would not, WeirError
 * `store_unwritable` says so, and the caller follows `onError`.
 */
export interface Recorder {
  /** Kept when it returns; throws. */
  open(opening: Opening): void;
  close(closing: Closing): void;
  /**
   * Kept when it resolves, at the end of this turn of the event loop together with what else was recorded in it; rejects.
   * Records are kept in the order of the calls, of these and of the two above.
   */
  openSoon(opening: Opening): Promise<void>;
  closeSoon(closing: Closing): Promise<void>;
  /** A source with what is known of it by now, for who makes an opening or a closing; absent: nothing is learned of one. */
  sourceOf?(source: Source): Source;
}

/**
 * Keeps what was observed and makes no event of its own: what the sensor saw of an exchange without a finding, say.
 * Kept when it returns, as above; throws WeirError `store_unwritable`. An edge counts each observation once, a crash
 * between notwithstanding.
 */
export interface EdgeRecorder {
  observe(observations: readonly EdgeObservation[]): void;
}
