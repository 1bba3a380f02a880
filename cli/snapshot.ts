/** One reading of the configuration and its policies: what all workers judge by until the next. Plain data. */
import type { Config } from '../config/config.ts';
import type { PolicyDocument } from '../engine/decide/policy-file.ts';

export interface Snapshot {
  readonly config: Config;
  readonly documents: readonly PolicyDocument[];
}
