/**
 * Certification requests (PKCS #10, RFC 2986): whoever asks for a certificate proves that it has the key. Of a request that
 * comes in, the key alone is taken; names and extensions that it asks for are never looked at, so that none can be slipped in.
 */
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import forge from 'node-forge';
import { childrenOf, derOf, integer, oid, primitive, sequence } from './asn1.ts';
import { spkiOf } from './certificate.ts';

const { asn1 } = forge;
const { Class, Type } = asn1;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
/** A P-256 request without attributes has some 150 bytes. */
const MAX_BYTES = 4096;

/** A request for a key of ours, without a name: whoever signs it knows what it is for. DER. */
export function certificationRequest(publicKey: KeyObject, key: KeyObject): Buffer {
  const attributes = asn1.create(Class.CONTEXT_SPECIFIC, 0, true, []);
  const info = sequence(integer('\x00'), sequence(), spkiOf(publicKey), attributes);
  const signature = sign('sha256', derOf(info), key).toString('latin1');
  return derOf(sequence(info, sequence(oid(ECDSA_WITH_SHA256)), primitive(Type.BITSTRING, `\x00${signature}`)));
}

/** The P-256 key of a request that is signed by it; null for anything else. */
export function keyOfRequest(der: Buffer): KeyObject | null {
  if (der.length > MAX_BYTES) return null;
  try {
    // What is nested in a bit string is not looked into: a signature may happen to look like a value.
    const options = { strict: true, parseAllBytes: true, decodeBitStrings: false } as never;
    const [info, algorithm, signature] = childrenOf(asn1.fromDer(der.toString('latin1'), options));
    if (info === undefined || algorithm === undefined || typeof signature?.value !== 'string') return null;
    const [used] = childrenOf(algorithm);
    if (typeof used?.value !== 'string' || asn1.derToOid(used.value) !== ECDSA_WITH_SHA256) return null;
    const spki = childrenOf(info)[2];
    if (spki === undefined) return null;
    const key = createPublicKey({ key: derOf(spki), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return null;
    const bytes = Buffer.from(signature.value, 'latin1').subarray(1);
    return verify('sha256', derOf(info), key, bytes) ? key : null;
  } catch {
    return null; // not a request, or of an algorithm that nobody here makes
  }
}
