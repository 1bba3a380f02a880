/** What the sensor's process and the one above it say to each other, by Node's channel between parent and child. */
import type { Figures } from '../../flow/figures.ts';
import type { SensorState } from '../../sensor/sensor.ts';
import type { SpoolFile } from '../../store/spool.ts';
import type { Snapshot } from '../snapshot.ts';

export type ToSensor =
  | {
      readonly kind: 'start';
      readonly home: string;
      /** Stands in the names of its spool files. */
      readonly owner: string;
      readonly snapshot: Snapshot;
      /** The loader's program; null where there is none, for the reason given. */
      readonly program: string | null;
      readonly noProgram: string;
      readonly cgroup: string;
      readonly cgroupRoot: string;
      /** Processes of Weir's own. */
      readonly ownPids: readonly number[];
      /** Ports at which Weir listens, where they are not those of the configuration. */
      readonly port: number;
    }
  | { readonly kind: 'take'; readonly snapshot: Snapshot }
  | { readonly kind: 'own'; readonly pid: number }
  /** Somebody removed this spool file. */
  | { readonly kind: 'removed'; readonly name: string }
  | { readonly kind: 'figures'; readonly id: number }
  | { readonly kind: 'stop' };

export type FromSensor =
  | {
      readonly kind: 'state';
      readonly state: SensorState;
      readonly kernel: string | null;
      readonly probes: readonly ProbedFile[];
      readonly losses: readonly Loss[];
    }
  | { readonly kind: 'grown'; readonly file: SpoolFile }
  | { readonly kind: 'figures'; readonly id: number; readonly figures: Figures }
  | { readonly kind: 'log'; readonly line: string }
  /** It cannot start; `message` of a WeirError, or the name of another one. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'stopped' };

/** A file with probes in it. */
export interface ProbedFile {
  readonly path: string;
  readonly library: string;
  readonly probes: number;
  /** Of these, the ones that the kernel single-steps. */
  readonly stepped: number;
}

/** What was not seen, since the sensor's start: `tls ring_full`. */
export interface Loss {
  readonly what: string;
  readonly count: number;
}
