/** What tells two writings of a policy apart in the records: a digest of what decides, its tests and words left out. */
import { createHash } from 'node:crypto';
import type { Policy } from './grammar.ts';

/** Twelve hex digits of SHA-256 over the policy's canonical content: defaults filled in, keys sorted. */
export function policyVersion(policy: Policy): string {
  const { name, severity, mode, rollout, match, rules, recognizers } = policy;
  // Order never matters to a decision, so it does not here.
  const sorted = rules.toSorted((a, b) => (a.name.value < b.name.value ? -1 : 1));
  const decides = { name: name.value, severity, mode, rollout, match, rules: sorted, recognizers };
  return createHash('sha256').update(canonical(decides)).digest('hex').slice(0, 12);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'place') return undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
