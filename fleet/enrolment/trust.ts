/**
 * Which authorities a fleet trusts, as it is told to its nodes: a text with a version, signed by each of them that still signs.
 * A node believes what one of those that it trusts already has signed, and nothing older than what it has.
 */
import { createHash, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { BadField, Fields, PEM } from './checked-fields.ts';
import { CENTRE_NAME } from './terms.ts';

export interface Trust {
  readonly fleet: string;
  /** Higher with each change. */
  readonly version: number;
  /** PEM, one each; the first is the one that issues. */
  readonly authorities: readonly string[];
}

/** As it travels and is kept: the text that was signed, and ECDSA over it by one authority or several. */
export interface SignedTrust {
  readonly text: string;
  readonly signatures: readonly string[];
}

const LABEL = 'weir authorities 1\n';
/** One that issues, one that is next or was before. */
const MOST_AUTHORITIES = 4;

export function signTrust(trust: Trust, keys: readonly KeyObject[]): SignedTrust {
  const text = JSON.stringify(trust);
  const signatures = keys.map((key) => sign('sha256', Buffer.from(LABEL + text), key).toString('base64url'));
  return { text, signatures };
}

/** What the fleet trusts, where one of these authorities (PEM, one behind the other) has signed it; null for anything else. */
export function openTrust({ text, signatures }: SignedTrust, pems: string): Trust | null {
  const bytes = Buffer.from(LABEL + text);
  const keys = certificatesIn(pems).map(({ publicKey }) => publicKey);
  const isSigned = signatures.some((signature) =>
    keys.some((key) => verify('sha256', bytes, key, Buffer.from(signature, 'base64url'))),
  );
  if (!isSigned) return null;
  try {
    const fields = Fields.parse(text);
    const authorities = fields.texts('authorities', PEM, MOST_AUTHORITIES);
    const isWhole = authorities.length > 0 && authorities.every(isAuthority);
    if (!isWhole) return null;
    return { fleet: fields.text('fleet', /^[0-9a-f]{16}$/), version: fields.number('version'), authorities };
  } catch (error) {
    if (error instanceof BadField) return null;
    throw error;
  }
}

/** As it stands in an answer or a file. Throws BadField. */
export function signedTrustIn(fields: Fields): SignedTrust {
  return {
    text: fields.text('text', /^[^\0]{2,100000}$/u),
    signatures: fields.texts('signatures', /^[\w-]{1,400}$/, MOST_AUTHORITIES),
  };
}

/** The certificates in a PEM text, in their order. Throws for what is none. */
export function certificatesIn(pems: string): readonly X509Certificate[] {
  const blocks = pems.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Whether one of these authorities (PEM, one behind the other) has signed it. */
export function isSignedByOne(certificate: X509Certificate, pems: string): boolean {
  return certificatesIn(pems).some(({ publicKey }) => certificate.verify(publicKey));
}

/** Whether the authority that issues now has signed it. */
export function isOfIssuer(certificate: X509Certificate, pems: string): boolean {
  const [issuer] = certificatesIn(pems);
  return issuer !== undefined && certificate.verify(issuer.publicKey);
}

/** SHA-256 over its DER, hexadecimal. */
export function certificateDigest({ raw }: X509Certificate): string {
  return createHash('sha256').update(raw).digest('hex');
}

/** By which people tell authorities apart. */
export function shortId(digest: string): string {
  return digest.slice(0, 16);
}

/** By this name (SNI) a node asks for the centre's certificate under the authority that it knows. */
export function centreNameUnder(digest: string): string {
  return `${shortId(digest)}.${CENTRE_NAME}`;
}

function isAuthority(pem: string): boolean {
  try {
    const [certificate, ...more] = certificatesIn(pem);
    return (
      certificate !== undefined && more.length === 0 && certificate.ca && certificate.verify(certificate.publicKey)
    );
  } catch {
    return false; // no certificate
  }
}
