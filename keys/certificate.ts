/**
 * X.509 v3 certificates (RFC 5280) as DER: fields laid out with node-forge's ASN.1, signed with ECDSA P-256 and SHA-256
 * by node:crypto. It knows the profiles that are needed: authorities, servers, and nodes of a fleet. It holds no
 * state and touches no file.
 */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';
import {
  type Asn1,
  addressOctets,
  bits,
  boolean,
  childrenOf,
  derOf,
  integer,
  octets,
  oid,
  primitive,
  sequence,
  tagged,
} from './asn1.ts';
import { constraintsValue, type PermittedNames } from './name-constraints.ts';

const { asn1 } = forge;
const { Class, Type } = asn1;

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  nameConstraints: '2.5.29.30',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
} as const;

/** The end of UTCTime's range: dates from here on are GeneralizedTime (RFC 5280 §4.1.2.5). */
const GENERALIZED_FROM = Date.UTC(2050, 0, 1);
/** ub-common-name of RFC 5280, in characters. */
const MAX_COMMON_NAME = 64;

/** What signs: the authority's name as it stands in its own certificate, its key's identifier, and the key. */
export interface Issuer {
  readonly name: Asn1;
  readonly keyId: Buffer;
  readonly key: KeyObject;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * A self-signed authority, for `permitted` names alone unless null. It may sign leaves, and with `below` authorities that do,
 * and nothing else. DER.
 */
export function signAuthority(
  commonName: string,
  publicKey: KeyObject,
  key: KeyObject,
  validity: Validity,
  permitted: PermittedNames | null = null,
  below: 0 | 1 = 0,
): Buffer {
  const subject = name(commonName.slice(0, MAX_COMMON_NAME));
  const issuer = { name: subject, keyId: keyIdOf(publicKey), key };
  const extensions = authorityExtensions(publicKey, permitted, below);
  return signed(subject, issuer, validity, spkiOf(publicKey), extensions);
}

/** An authority below another, which may sign leaves and nothing below them. DER. */
export function signIntermediate(
  commonName: string,
  publicKey: KeyObject,
  issuer: Issuer,
  validity: Validity,
  permitted: PermittedNames | null,
): Buffer {
  return signed(name(commonName.slice(0, MAX_COMMON_NAME)), issuer, validity, spkiOf(publicKey), [
    ...authorityExtensions(publicKey, permitted, 0),
    authorityKeyId(issuer),
  ]);
}

function authorityExtensions(publicKey: KeyObject, permitted: PermittedNames | null, below: 0 | 1): readonly Asn1[] {
  return [
    extension(OID.basicConstraints, true, sequence(boolean(true), integer(String.fromCharCode(below)))),
    extension(OID.keyUsage, true, bits(0b0000_0110, 1)), // keyCertSign, cRLSign
    ...(permitted === null ? [] : [extension(OID.nameConstraints, true, constraintsValue(permitted))]),
    extension(OID.subjectKeyId, false, octets(keyIdOf(publicKey))),
  ];
}

function authorityKeyId(issuer: Issuer): Asn1 {
  return extension(OID.authorityKeyId, false, sequence(tagged(0, issuer.keyId.toString('latin1'))));
}

/** Who a client is, in its subject, and the one name by which others map it. */
export interface ClientName {
  readonly commonName: string;
  readonly unit: string;
  readonly organization: string;
  readonly dnsName: string;
}

/** A client's certificate: it proves who connects, and no server can be run with it. DER. */
export function signClient(client: ClientName, publicKey: KeyObject, issuer: Issuer, validity: Validity): Buffer {
  const subject = distinguished([
    [OID.organization, client.organization],
    [OID.organizationalUnit, client.unit],
    [OID.commonName, client.commonName],
  ]);
  const alternative = extension(OID.subjectAltName, false, sequence(generalName(client.dnsName)));
  return signed(subject, issuer, validity, spkiOf(publicKey), [
    alternative,
    ...leafExtensions(publicKey, issuer, OID.clientAuth),
  ]);
}

/** A server's certificate for several hosts, names and addresses. DER. */
export function signServer(
  hosts: readonly [string, ...string[]],
  publicKey: KeyObject,
  issuer: Issuer,
  validity: Validity,
): Buffer {
  // No common name: what counts is the alternative names alone, which are critical then (§4.2.1.6).
  const alternative = extension(OID.subjectAltName, true, sequence(...hosts.map(generalName)));
  const extensions = leafExtensions(publicKey, issuer, OID.serverAuth);
  return signed(sequence(), issuer, validity, spkiOf(publicKey), [alternative, ...extensions]);
}

/** What all leaves on one key have in common, made once: it is most of the ASN.1. */
export interface LeafKey {
  readonly spki: Asn1;
  readonly extensions: readonly Asn1[];
}

export function leafKeyOf(publicKey: KeyObject, issuer: Issuer): LeafKey {
  return { spki: spkiOf(publicKey), extensions: leafExtensions(publicKey, issuer, OID.serverAuth) };
}

function leafExtensions(publicKey: KeyObject, issuer: Issuer, usage: string): readonly Asn1[] {
  return [
    extension(OID.keyUsage, true, bits(0b1000_0000, 7)), // digitalSignature: all that ECDHE needs
    extension(OID.extKeyUsage, false, sequence(oid(usage))),
    extension(OID.subjectKeyId, false, octets(keyIdOf(publicKey))),
    authorityKeyId(issuer),
  ];
}

/** A server's leaf for one host name (A-labels) or one IP address, never a wildcard. DER. */
export function signLeaf(host: string, leafKey: LeafKey, issuer: Issuer, validity: Validity): Buffer {
  // OpenSSL holds a common name against the constraints of names, an address as well.
  const fits = host.length <= MAX_COMMON_NAME && isIP(host) === 0;
  // With an empty subject the alternative name is the only one there is, and has to be critical (§4.2.1.6).
  const alternative = extension(OID.subjectAltName, !fits, sequence(generalName(host)));
  const subject = fits ? name(host) : sequence();
  return signed(subject, issuer, validity, leafKey.spki, [alternative, ...leafKey.extensions]);
}

/** The issuer that a certificate of ours describes. Throws when `der` is not a certificate with a subject key id. */
export function issuerOf(der: Buffer, publicKey: KeyObject, key: KeyObject): Issuer {
  const [tbs] = childrenOf(asn1.fromDer(der.toString('latin1')));
  if (tbs === undefined) throw new Error('not a certificate');
  const subject = childrenOf(tbs)[5]; // version, serial, signature, issuer, validity, subject
  if (subject === undefined) throw new Error('not a version 3 certificate');
  return { name: subject, keyId: keyIdOf(publicKey), key };
}

export function pemOf(der: Buffer, label = 'CERTIFICATE'): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function signed(subject: Asn1, issuer: Issuer, validity: Validity, spki: Asn1, extensions: readonly Asn1[]): Buffer {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const tbs = sequence(
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [integer('\x02')]), // version 3
    integer(serial()),
    algorithm,
    issuer.name,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    spki,
    asn1.create(Class.CONTEXT_SPECIFIC, 3, true, [sequence(...extensions)]),
  );
  const signature = sign('sha256', derOf(tbs), issuer.key);
  return derOf(sequence(tbs, algorithm, primitive(Type.BITSTRING, `\x00${signature.toString('latin1')}`)));
}

/** 20 octets, positive and never with a leading zero octet (RFC 5280 §4.1.2.2): 158 random bits. */
function serial(): string {
  const bytes = randomBytes(20);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('latin1');
}

/** RFC 7093 §2 method 1: the leftmost 160 bits of SHA-256 over the key's bits; SHA-1 is not to be had on FIPS hosts. */
function keyIdOf(publicKey: KeyObject): Buffer {
  const bitString = childrenOf(spkiOf(publicKey))[1];
  const value = typeof bitString?.value === 'string' ? bitString.value : '';
  return createHash('sha256').update(Buffer.from(value, 'latin1').subarray(1)).digest().subarray(0, 20);
}

export function spkiOf(publicKey: KeyObject): Asn1 {
  // decodeBitStrings would turn the point into a nested value when it happens to look like one.
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('latin1');
  return asn1.fromDer(der, { strict: true, parseAllBytes: true, decodeBitStrings: false } as never);
}

function generalName(host: string): Asn1 {
  return isIP(host) === 0 ? tagged(2, host) : tagged(7, Buffer.from(addressOctets(host)).toString('latin1'));
}

function name(commonName: string): Asn1 {
  return distinguished([[OID.commonName, commonName]]);
}

function distinguished(parts: readonly (readonly [id: string, value: string])[]): Asn1 {
  const sets = parts.map(([id, value]) => {
    const text = primitive(Type.UTF8, forge.util.encodeUtf8(value));
    return asn1.create(Class.UNIVERSAL, Type.SET, true, [sequence(oid(id), text)]);
  });
  return sequence(...sets);
}

function extension(id: string, isCritical: boolean, value: Asn1): Asn1 {
  const body = primitive(Type.OCTETSTRING, asn1.toDer(value).getBytes());
  return isCritical ? sequence(oid(id), boolean(true), body) : sequence(oid(id), body);
}

function time(date: Date): Asn1 {
  return date.getTime() < GENERALIZED_FROM
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}
