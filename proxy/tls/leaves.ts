/**
 * Server certificates for the names that clients ask for, minted when first asked for and kept in memory. Nothing is
 * written to disk, no wildcard is ever made, and how many are kept is bounded, because clients choose the names.
 */
import { createHash, generateKeyPairSync, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { domainToASCII } from 'node:url';
import { issuerOf, leafKeyOf, pemOf, signLeaf, type Validity } from '../../keys/certificate.ts';
import type { Authority } from './authority.ts';

export interface LeafOptions {
  /** Most names kept; the one not used for longest goes first. */
  readonly max?: number;
  /** Life of a leaf from notBefore to notAfter, at most 24 h. */
  readonly maxAgeMs?: number;
  /** Unix time in ms. */
  readonly now?: () => number;
}

export interface Leaves {
  /**
   * The TLS context of a server called `name`: a host name in any case, with or without a trailing dot, in Unicode or
   * A-labels, or an IP address without brackets. To be used at once: a context whose name is displaced by newer ones
   * serves another name then. Throws RangeError for what is neither name nor address.
   */
  contextFor(name: string): SecureContext;
  /** How many names are kept now. */
  readonly size: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Clocks of clients run late: a container that was just resumed, a VM without NTP. */
const BACKDATE_MS = HOUR_MS;

interface Kept {
  readonly context: SecureContext;
  readonly renewAt: number;
}

/**
 * All leaves share one P-256 key that lives as long as the process: whoever could read it from memory could read the
 * authority's key there as well, so a key for each name would cost time and protect nothing.
 */
export function createLeaves(authority: Authority, options: LeafOptions = {}): Leaves {
  const max = Math.max(1, options.max ?? 1000);
  const lifeMs = Math.min(options.maxAgeMs ?? DAY_MS, DAY_MS);
  const now = options.now ?? Date.now;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const issuer = issuerOf(authority.certificate.raw, authority.certificate.publicKey, authority.key);
  const leafKey = leafKeyOf(publicKey, issuer);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const kept = new Map<string, Kept>();

  function mint(host: string, displaced: SecureContext | null): Kept {
    const validity = validityOf(now(), lifeMs, authority.certificate);
    const cert = pemOf(signLeaf(host, leafKey, issuer, validity)) + authority.chainPem;
    // A session of one name is never resumed under another.
    const sessionIdContext = createHash('sha256').update(host).digest('hex').slice(0, 32);
    const renewAt = validity.notAfter.getTime() - lifeMs / 24;
    if (displaced !== null && recertify(displaced, cert, sessionIdContext)) return { context: displaced, renewAt };
    return { context: createSecureContext({ key, cert, sessionIdContext, minVersion: 'TLSv1.2' }), renewAt };
  }

  /** The context of the name that has to go for a new one; null while there is room. */
  function displace(): SecureContext | null {
    const oldest = kept.size < max ? undefined : kept.entries().next().value;
    if (oldest === undefined) return null;
    kept.delete(oldest[0]);
    return oldest[1].context;
  }

  return {
    contextFor(name) {
      const host = leafName(name);
      const found = kept.get(host);
      kept.delete(host); // set again below, as the one used last
      const isFresh = found !== undefined && now() < found.renewAt;
      const leaf = isFresh ? found : mint(host, found?.context ?? displace());
      kept.set(host, leaf);
      return leaf.context;
    },
    get size() {
      return kept.size;
    },
  };
}

/**
 * Gives a context another certificate of the same key; connections made from it before keep theirs. A context is 30 KiB
 * outside V8's sight: left to the garbage collector, 20,000 made-up names held 700 MiB, given new certificates they
 * hold nothing more, and a name costs a fifth of the time. The native methods are those that createSecureContext
 * itself calls; false where they are missing.
 */
function recertify(context: SecureContext, cert: string, sessionIdContext: string): boolean {
  const native: unknown = context.context;
  if (!isRecertifiable(native)) return false;
  native.setCert(cert);
  native.setSessionIdContext(sessionIdContext);
  return true;
}

interface Recertifiable {
  setCert(pem: string): void;
  setSessionIdContext(id: string): void;
}

function isRecertifiable(native: unknown): native is Recertifiable {
  if (typeof native !== 'object' || native === null || !('setCert' in native)) return false;
  if (!('setSessionIdContext' in native) || typeof native.setSessionIdContext !== 'function') return false;
  return typeof native.setCert === 'function';
}

/** Backdated, and never outside the authority's own span, which strict clients would refuse. Both ends count. */
function validityOf(nowMs: number, lifeMs: number, ca: X509Certificate): Validity {
  const start = nowMs - Math.min(BACKDATE_MS, lifeMs / 2);
  return {
    notBefore: new Date(Math.max(start, ca.validFromDate.getTime())),
    notAfter: new Date(Math.min(start + lifeMs - 1000, ca.validToDate.getTime())),
  };
}

function leafName(name: string): string {
  const version = isIP(name);
  if (version === 4) return name;
  if (version === 6 && URL.canParse(`http://[${name}]`)) return new URL(`http://[${name}]`).hostname.slice(1, -1);
  const host = (/^[\x21-\x7e]+$/.test(name) ? name.toLowerCase() : domainToASCII(name)).replace(/\.$/, '');
  // Anything else would go into a certificate as it is: a NUL in a name once fooled clients.
  if (host.length <= 253 && /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/.test(host)) return host;
  throw new RangeError('not a host name or an IP address');
}
