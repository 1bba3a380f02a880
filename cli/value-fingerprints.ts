/**
 * The fingerprints that a value may have been recorded under: those of the kinds that the engine sees in it, and, for it
 * may have been found by what stood round it, those of every kind there is. The value goes nowhere else.
 */
import { normalise } from '../engine/scan/normalise.ts';
import type { Scanner } from '../engine/scan/scanner.ts';
import type { FingerprintKey } from '../store/fingerprint-keys.ts';
import { fingerprintUnder } from '../store/keyed.ts';

export interface Candidate {
  readonly entity: string;
  readonly fingerprint: string;
  /** The best score that the engine gives the kind here; null where it sees none, and the whole text is taken for one. */
  readonly score: number | null;
}

/** By score, best first, each pair of kind and value once under each of the keys; the unseen last, by name. */
export function candidatesOf(
  scanner: Scanner,
  keys: readonly FingerprintKey[],
  input: string,
  entities: Iterable<string>,
): readonly Candidate[] {
  const candidates = new Map<string, Candidate>();
  const add = (entity: string, value: string, score: number | null): void => {
    for (const key of keys) {
      const print = fingerprintUnder(key, entity, value, normalise);
      const known = candidates.get(print);
      if (known === undefined || (known.score ?? -1) < (score ?? -1))
        candidates.set(print, { entity, fingerprint: print, score });
    }
  };
  const value = input.trim();
  const text = Buffer.from(value);
  for (const finding of scanner.scan(text, { label: null, role: null })) {
    const found = scanner.valueOf(text, finding);
    add(finding.entity, found, finding.score);
    for (const { entity, score } of finding.alternatives) add(entity, found, score);
  }
  if (normalise(value) !== '') for (const entity of entities) add(entity, value, null);
  return [...candidates.values()].sort(
    (a, b) => (b.score ?? -1) - (a.score ?? -1) || (a.entity < b.entity ? -1 : a.entity > b.entity ? 1 : 0),
  );
}
