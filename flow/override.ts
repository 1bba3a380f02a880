/** Leave to send what a rule had stopped, once more and for a while: given by a person, about one event. */
import type { Source } from './parties.ts';

export interface Override {
  /** The event that it was given for. */
  readonly event: string;
  readonly policy: string;
  readonly rule: string;
  /** Of what was found then: nothing else passes by it. Empty for a rule that looks at no finding. */
  readonly fingerprints: readonly string[];
  readonly source: Pick<Source, 'app' | 'verified' | 'host' | 'user' | 'exe' | 'container'>;
  readonly destination: { readonly host: string; readonly port: number };
  /** Unix times in ms. */
  readonly from: number;
  readonly until: number;
}
