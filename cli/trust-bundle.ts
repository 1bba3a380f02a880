/**
 * Files of certificates for programs that take one file as all they trust: what the system trusts, or what the user's
 * own variable names, and the authority of this home with it. It only ever adds to what was trusted, reads no key, and
 * writes in home/ca alone.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { putOver, readIfThere } from '../keys/private-files.ts';

/** A certificate as base64 of its DER, on one line: equal certificates are equal strings. */
export type Certificate = string;

/** Where Linux and BSD distributions keep their roots, in the order in which Go and OpenSSL builds look. */
const ROOT_FILES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Alpine, Arch
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem', // FreeBSD, OpenBSD
];

/** What this system trusts; the roots that Node carries where the system's cannot be found. */
export function systemRoots(): readonly Certificate[] {
  if (process.platform === 'linux' || process.platform === 'freebsd' || process.platform === 'openbsd') {
    for (const file of ROOT_FILES) {
      const found = certificatesAt(file);
      if (found !== null && found.length > 0) return found;
    }
  } else {
    // macOS and Windows: with what a company's administrator has added.
    const found = certificatesIn(getCACertificates('system').join('\n'));
    if (found.length > 0) return found;
  }
  return certificatesIn(getCACertificates('bundled').join('\n'));
}

export function certificatesIn(pem: string): readonly Certificate[] {
  const found = new Set<Certificate>();
  for (const match of pem.matchAll(/-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END/g)) {
    found.add((match[1] ?? '').replace(/\s+/g, ''));
  }
  return [...found];
}

/** Of a file, or of the files of a folder as OpenSSL keeps them; null when it cannot be read. */
export function certificatesAt(path: string): readonly Certificate[] | null {
  try {
    if (!statSync(path).isDirectory()) return certificatesIn(readFileSync(path, 'utf8'));
    const files = readdirSync(path).filter(
      (name) => /\.(?:pem|crt|cer|\d+)$/.test(name) && existsSync(join(path, name)),
    );
    return [...new Set(files.flatMap((name) => certificatesIn(readFileSync(join(path, name), 'utf8'))))];
  } catch {
    return null; // the caller says so: a program with such a variable would have failed on it
  }
}

/** `NAME.pem` for the plain set, else `NAME-DIGEST.pem`: the same certificates are always the same file. */
export function trustFileName(
  name: string,
  certificates: readonly Certificate[],
  plain: readonly Certificate[],
): string {
  const digest = digestOf(certificates);
  return digest === digestOf(plain) ? name : `${name}-${digest}`;
}

/** Writes the certificates as PEM, unless the file is so already, and returns its path. */
export function writeTrustFile(folder: string, fileName: string, certificates: readonly Certificate[]): string {
  const path = join(folder, fileName);
  const text = certificates.map(pemText).join('');
  if (readIfThere(path) !== text) putOver(path, text, 0o644);
  return path;
}

function pemText(certificate: Certificate): string {
  return `-----BEGIN CERTIFICATE-----\n${certificate.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;
}

function digestOf(certificates: readonly Certificate[]): string {
  return createHash('sha256').update(certificates.toSorted().join('\n')).digest('hex').slice(0, 16);
}
