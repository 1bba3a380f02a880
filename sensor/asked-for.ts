/**
 * Whose payload is asked for: by default what goes to GenAI and to third parties that nobody has sanctioned, and whatever a
 * policy can act on. It follows the catalog and the policies, and is asked anew when they change. Pure.
 */
import { isIP } from 'node:net';
import type { Catalog } from '../catalog/catalog.ts';
import type { PolicySet } from '../engine/decide/policy-set.ts';
import type { Destination, Source } from '../flow/parties.ts';

export type Asked =
  | { readonly kind: 'asked' }
  /** `reason` is the coverage of what is not read. */
  | { readonly kind: 'not-asked'; readonly reason: 'filtered' | 'tunnelled' };

const ASKED: Asked = { kind: 'asked' };

export interface AskedForParts {
  readonly catalog: Pick<Catalog, 'lookup' | 'patternsOf'>;
  readonly policies: Pick<PolicySet, 'strongest'>;
  /** Hosts whose traffic nobody may look into (`proxy.bypass`). */
  readonly isBypassed: (host: string) => boolean;
}

export function isAskedFor(source: Source, destination: Destination, parts: AskedForParts): Asked {
  if (parts.isBypassed(destination.host)) return { kind: 'not-asked', reason: 'tunnelled' };
  if (destination.category === 'genai') return ASKED;
  const isThird = destination.category !== 'internal' && !isInternalHost(destination.host);
  if (isThird && !destination.sanctioned) return ASKED;
  const mayAct = (direction: 'request' | 'response'): boolean =>
    parts.policies.strongest({ source, destination, direction }) !== 'allow';
  return mayAct('request') || mayAct('response') ? ASKED : { kind: 'not-asked', reason: 'filtered' };
}

/** Endings of names that are nobody's outside (RFC 6761, RFC 8375, RFC 9476; Kubernetes). */
const INTERNAL_ENDINGS = [
  '.local',
  '.localhost',
  '.internal',
  '.intranet',
  '.corp',
  '.home.arpa',
  '.lan',
  '.test',
  '.svc',
  '.alt',
];

/** True for a name without a dot, one with an ending that is not public, and an address of no public network. */
export function isInternalHost(host: string): boolean {
  if (isIP(host) !== 0) return isInternalAddress(host);
  return !host.includes('.') || INTERNAL_ENDINGS.some((ending) => host.endsWith(ending));
}

/** Loopback, link-local and private networks (RFC 1918, RFC 6598, RFC 4193, RFC 4291). */
export function isInternalAddress(address: string): boolean {
  if (isIP(address) === 4) {
    const [a = 0, b = 0] = address.split('.').map(Number);
    return (
      a === 0 ||
      a === 10 ||
      a === 127 ||
      (a === 100 && b >= 64 && b < 128) ||
      (a === 169 && b === 254) ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168)
    );
  }
  return address === '::1' || address === '::' || /^f[cd]|^fe[89ab]/i.test(address);
}
