/**
 * The names that the proxy's authority has to sign for, where `proxy.intercept` is a closed list. A list with an open end,
 * such as `*`, gives no constraint.
 */
import { isIP } from 'node:net';
import type { PermittedNames } from '../../keys/name-constraints.ts';
import { OWN_NAME } from '../authority.ts';

/** What the globs name, a whole label at least; null where one of them has an open end. */
export function permittedNames(intercept: readonly string[]): PermittedNames | null {
  // By its own page a browser finds out whether it trusts the authority.
  const domains = new Set<string>([OWN_NAME]);
  const addresses = new Set<string>();
  for (const glob of intercept) {
    if (isIP(glob) !== 0) {
      addresses.add(glob);
      continue;
    }
    // A constraint has no wildcards: it is the part behind the last one, from its first whole label on.
    const labels = glob.split('.');
    const domain = labels.slice(labels.findLastIndex((label) => label.includes('*')) + 1).join('.');
    if (domain === '') return null;
    domains.add(domain);
  }
  const kept = [...domains].filter((domain) => ![...domains].some((other) => domain.endsWith(`.${other}`)));
  return { domains: kept, addresses: [...addresses] };
}
