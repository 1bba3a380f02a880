/** What carries the traffic: a proxy in this process, or several worker processes that share its port. */
import type { Figures } from '../flow/figures.ts';
import type { Snapshot } from './snapshot.ts';

export interface Carrier {
  readonly url: string;
  readonly port: number;
  /** From now on requests are judged by these, all of it or nothing. Rejects with a WeirError; the running ones stay then. */
  take(snapshot: Snapshot): Promise<void>;
  /** What each process has counted since its start, by its name; one that does not answer in time is left out. */
  figures(): Promise<readonly (readonly [worker: string, figures: Figures])[]>;
  /** Why no calls are taken now; null while they are. */
  readonly problem: string | null;
  /** Stops taking connections, gives open exchanges `drainMs` of the configuration, then ends them. */
  close(): Promise<void>;
}
