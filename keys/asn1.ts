/** The values of ASN.1 that certificates are laid out with (X.690), as node-forge's nodes. Bytes are Latin-1 strings. */
import { isIP } from 'node:net';
import forge from 'node-forge';

export type Asn1 = forge.asn1.Asn1;
const { asn1 } = forge;
const { Class, Type } = asn1;

export function bits(octet: number, unused: number): Asn1 {
  return primitive(Type.BITSTRING, String.fromCharCode(unused, octet));
}

export function octets(bytes: Buffer): Asn1 {
  return primitive(Type.OCTETSTRING, bytes.toString('latin1'));
}

export function oid(id: string): Asn1 {
  return primitive(Type.OID, asn1.oidToDer(id).getBytes());
}

export function integer(bytes: string): Asn1 {
  return primitive(Type.INTEGER, bytes);
}

export function boolean(value: boolean): Asn1 {
  return primitive(Type.BOOLEAN, value ? '\xff' : '\x00');
}

export function sequence(...items: Asn1[]): Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items);
}

export function tagged(tag: number, bytes: string): Asn1 {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, false, bytes);
}

export function primitive(type: forge.asn1.Type, bytes: string): Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, bytes);
}

export function childrenOf(node: Asn1): readonly Asn1[] {
  return Array.isArray(node.value) ? node.value : [];
}

export function derOf(node: Asn1): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}

/** 4 or 16 octets. An IPv6 address comes in canonical form: hexadecimal groups, at most one `::`. */
export function addressOctets(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  const [before = '', after] = address.split('::');
  const left = before === '' ? [] : before.split(':');
  const right = after === undefined || after === '' ? [] : after.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}
