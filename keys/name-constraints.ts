/**
 * The names that an authority may sign for (RFC 5280 §4.2.1.10): whoever steals its key then gains nothing for any other
 * host. It lays the extension out and reads it; what the names are is for others to say.
 */
import forge from 'node-forge';
import { type Asn1, addressOctets, childrenOf, sequence, tagged } from './asn1.ts';

export interface PermittedNames {
  /** Each with all names below it, A-labels. */
  readonly domains: readonly string[];
  readonly addresses: readonly string[];
}

const NAME_CONSTRAINTS = '2.5.29.30';
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** What of `wanted` an authority may not sign for: `*` where it wants all. */
export function namesBeyond(permitted: PermittedNames | null, wanted: PermittedNames | null): readonly string[] {
  if (permitted === null) return [];
  if (wanted === null) return ['*'];
  const covers = (domain: string): boolean =>
    permitted.domains.some((one) => domain === one || domain.endsWith(`.${one}`));
  return [
    ...wanted.domains.filter((domain) => !covers(domain)),
    ...wanted.addresses.filter((address) => !permitted.addresses.includes(address)),
  ];
}

/** The extension's value. Without an address among them, no address at all is permitted. */
export function constraintsValue({ domains, addresses }: PermittedNames): Asn1 {
  const permitted = [
    ...domains.map((domain) => sequence(tagged(DNS_NAME, domain))),
    ...addresses.map((address) => sequence(tagged(IP_ADDRESS, subnetOctets(address, 0xff)))),
  ];
  if (addresses.length > 0) return sequence(subtrees(0, permitted));
  const everyAddress = ['0.0.0.0', '::'].map((address) => sequence(tagged(IP_ADDRESS, subnetOctets(address, 0))));
  return sequence(subtrees(0, permitted), subtrees(1, everyAddress));
}

/** What a certificate is constrained to; null where it is not. Throws when `der` is not a certificate. */
export function constraintsOf(der: Buffer): PermittedNames | null {
  const [tbs] = childrenOf(forge.asn1.fromDer(der.toString('latin1')));
  const fields = tbs === undefined ? [] : childrenOf(tbs);
  const list = fields.find(
    ({ tagClass, type }) => tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && Number(type) === 3,
  );
  const extensions = list === undefined ? [] : childrenOf(childrenOf(list)[0] ?? list);
  for (const extension of extensions) {
    const parts = childrenOf(extension);
    const id = parts[0]?.value;
    if (typeof id !== 'string' || forge.asn1.derToOid(id) !== NAME_CONSTRAINTS) continue;
    const octets = parts.at(-1)?.value;
    return typeof octets === 'string' ? readConstraints(forge.asn1.fromDer(octets)) : null;
  }
  return null;
}

function readConstraints(value: Asn1): PermittedNames {
  const domains: string[] = [];
  const addresses: string[] = [];
  const permitted = childrenOf(value).find(({ type }) => Number(type) === 0);
  for (const subtree of permitted === undefined ? [] : childrenOf(permitted)) {
    const base = childrenOf(subtree)[0];
    if (base === undefined || typeof base.value !== 'string') continue;
    if (Number(base.type) === DNS_NAME) domains.push(base.value);
    else if (Number(base.type) === IP_ADDRESS) addresses.push(addressText(Buffer.from(base.value, 'latin1')));
  }
  return { domains, addresses };
}

/** Address and mask, 8 or 32 octets. */
function subnetOctets(address: string, mask: number): string {
  const octets = addressOctets(address);
  return Buffer.from([...octets, ...octets.map(() => mask)]).toString('latin1');
}

function addressText(subnet: Buffer): string {
  const octets = subnet.subarray(0, subnet.length / 2);
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => octets.readUInt16BE(at * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function subtrees(tag: number, items: readonly Asn1[]): Asn1 {
  return forge.asn1.create(forge.asn1.Class.CONTEXT_SPECIFIC, tag, true, [...items]);
}
