/**
 * Which findings a person has let through for a while (`weir log allow`). It relaxes a rule, so it counts only where
 * the rule still says so, for the same findings, from the same source, to the same destination.
 */
import type { Finding } from '../../flow/finding.ts';
import type { Override } from '../../flow/override.ts';
import type { Source } from '../../flow/parties.ts';
import type { Scope } from './narrowing.ts';

/** Those that hold for a rule now. `forMs`: what the rule grants; null where it grants nothing. */
export function overridesOf(
  {
    policy,
    name,
    overrideMs: forMs,
  }: { readonly policy: string; readonly name: string; readonly overrideMs: number | null },
  {
    source,
    destination,
    now,
    overrides = [],
  }: Pick<Scope, 'source' | 'destination'> & {
    readonly now: Date;
    readonly overrides?: readonly Override[];
  },
): readonly Override[] {
  if (forMs === null || overrides.length === 0) return [];
  const at = now.getTime();
  return overrides.filter(
    (one) =>
      one.policy === policy &&
      one.rule === name &&
      at >= one.from &&
      at < Math.min(one.until, one.from + forMs) &&
      one.destination.host === destination.host &&
      one.destination.port === destination.port &&
      isSameSource(one.source, source),
  );
}

/** The override that lets a finding through, by the fingerprint under which it was recorded. */
export function overrideOf(overrides: readonly Override[], finding: Finding): Override | null {
  return overrides.find(({ fingerprints }) => fingerprints.includes(finding.fingerprint)) ?? null;
}

/** What was unknown then or is now tells nothing; what is known on both sides has to be the same. */
function isSameSource(then: Override['source'], now: Source): boolean {
  if (then.app !== now.app || then.verified !== now.verified || then.host !== now.host) return false;
  return (['user', 'exe', 'container'] as const).every((key) => {
    const [before, after] = [then[key], now[key]];
    return before === null || after === null || before === after;
  });
}
