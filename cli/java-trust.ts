/**
 * Java's own form of a trust store (JKS), because a JVM reads no PEM. It holds certificates only; the password that the
 * format asks for is Java's public default and guards nothing.
 */
import { createHash } from 'node:crypto';

export const JKS_PASSWORD = 'changeit';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;

/** The store as bytes; the same certificates (DER) give the same bytes. */
export function javaTrustStore(certificates: readonly Buffer[]): Buffer {
  const entries = certificates.flatMap((der, index) => [
    u32(TRUSTED_CERTIFICATE),
    text(`weir-${index}`),
    Buffer.alloc(8), // creation time: none, so that equal stores are equal files
    text('X.509'),
    u32(der.length),
    der,
  ]);
  const body = Buffer.concat([u32(MAGIC), u32(VERSION), u32(certificates.length), ...entries]);
  const password = Buffer.from(JKS_PASSWORD, 'utf16le').swap16();
  // The format's own integrity check: a fixed phrase, not a secret.
  const digest = createHash('sha1').update(password).update('Mighty Aphrodite').update(body).digest();
  return Buffer.concat([body, digest]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** java.io.DataOutput.writeUTF of ASCII. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}
