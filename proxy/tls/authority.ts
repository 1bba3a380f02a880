/**
 * The certificate authority of one home: a P-256 key and a self-signed certificate, made at first use and kept in two
 * files. It refuses a key that others can read, a pair that does not match and a certificate that has expired. The key
 * never leaves its file and this process. The file's mode guards it, and home's seal where there is one.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  X509Certificate,
} from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { WeirError } from '../../flow/errors.ts';
import { pemOf, signAuthority } from '../../keys/certificate.ts';
import { constraintsOf, namesBeyond } from '../../keys/name-constraints.ts';
import {
  keyUsable,
  makePrivateFolder,
  putIfAbsent,
  putOver,
  readIfThere,
  removeMatching,
} from '../../keys/private-files.ts';
import { readSecret, sealedFor, writeSecret } from '../../keys/seal.ts';
import { permittedNames } from './permitted-names.ts';

export interface Authority {
  /** The certificate that signs, PEM. */
  readonly certPem: string;
  /** What is shown behind a leaf, PEM: where the one that signs stands below a root, itself; else nothing. */
  readonly chainPem: string;
  /** All that clients are told to trust, PEM: while keys are rotated the other certificate as well. */
  readonly trustPem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** Absolute or as the folder was given: the file that clients are told to trust. */
  readonly certPath: string;
  /** The first 16 hex digits of SHA-256 over the certificate's DER: which home this is, in public. */
  readonly digest: string;
  /** All that clients are told to trust; a proxy that is running may still show the one before. */
  readonly trusted: readonly TrustedCertificate[];
}

export interface TrustedCertificate {
  readonly digest: string;
  readonly certificate: X509Certificate;
}

const DAY_MS = 86_400_000;
const LIFE_MS = 730 * DAY_MS;
const BACKDATE_MS = 3_600_000;
/** From here on before the end every start says so. */
const NOTICE_MS = 30 * DAY_MS;
const CERTIFICATE = 'ca.pem';
export const KEY = 'ca.key';
/** The pair that is to sign next, and the certificate before the present one: see rotation.ts. */
export const NEXT_CERTIFICATE = 'ca-next.pem';
export const NEXT_KEY = 'ca-next.key';
export const OLD_CERTIFICATE = 'ca-old.pem';
/** The certificate that signs where it stands below a root: see intermediate.ts. */
export const INTERMEDIATE = 'ca-intermediate.pem';
/** Made from the certificates by `weir env` and `weir ca trust`, and made anew when they change. */
export const DERIVED = /^(?:(?:bundle|extra|java)(?:-[0-9a-f]+)?|ca-[0-9a-f]{16})\.(?:pem|jks)$/;

/** Where the certificate of the authority in `folder` is or will be. */
export function certificatePath(folder: string): string {
  return join(folder, CERTIFICATE);
}

/**
 * The authority kept in `folder` (home/ca), made when there is none: safe when two processes do so at once, for both
 * get the same one. `intercept`: the hosts that it has to sign for; a new one may sign for no others where the list is
 * closed. Throws WeirError `home_unusable`, `authority_unusable`.
 */
export function loadOrCreateAuthority(
  folder: string,
  now: Date = new Date(),
  intercept: readonly string[] | null = null,
): Authority {
  return usingFiles(folder, () => {
    makePrivateFolder(folder);
    const keyPath = join(folder, KEY);
    const certPath = certificatePath(folder);
    // Certificate before key: one that is there without its key is a loss to be told, not to be papered over.
    if (!existsSync(keyPath) && existsSync(certPath) && !existsSync(keyPath)) {
      throw unusable(`${certPath} is there but its key ${keyPath} is not: put the key back`);
    }
    if (!existsSync(keyPath)) putIfAbsent(keyPath, sealedFor(dirname(folder), keyPath, newKeyPem()), 0o600);
    const key = readKey(keyPath);
    if (key === null) throw unusable(`${keyPath} went away while it was being made`);
    if (readIfThere(certPath) === null) putIfAbsent(certPath, pemOf(newCertificate(key, now, intercept)), 0o644);
    const authority = readPair(certPath, key);
    if (authority.certificate.validToDate <= now) {
      const day = authority.certificate.validToDate.toISOString().slice(0, 10);
      throw unusable(`the certificate authority ${certPath} expired on ${day}: make a new one`);
    }
    if (intercept !== null) requireNames(authority, intercept);
    return authority;
  });
}

/** A certificate for a name that the authority may not sign for fails in each client in its own words. */
function requireNames({ certificate, certPath }: Authority, intercept: readonly string[]): void {
  const beyond = namesBeyond(constraintsOf(certificate.raw), permittedNames(intercept));
  if (beyond.length === 0) return;
  const names = beyond[0] === '*' ? 'any host' : beyond.join(', ');
  throw unusable(
    `${certPath} was made for fewer hosts than proxy.intercept names now (${names}): make one for those too, ` +
      'with "weir ca rotate" so that what is trusted today stays so meanwhile',
  );
}

/**
 * Puts a new key and certificate over those in `folder`, and removes what was made from the old certificate. Whoever
 * trusts the old one does not trust the new one; a running proxy keeps the old one in memory.
 */
export function replaceAuthority(
  folder: string,
  now: Date = new Date(),
  intercept: readonly string[] | null = null,
): Authority {
  return usingFiles(folder, () => {
    makePrivateFolder(folder);
    const keyPem = newKeyPem();
    const key = createPrivateKey(keyPem);
    const certPath = certificatePath(folder);
    // The window between the two renames shows as a pair that does not match, which a start refuses with this fix.
    writeSecret(dirname(folder), join(folder, KEY), keyPem);
    putOver(certPath, pemOf(newCertificate(key, now, intercept)), 0o644);
    for (const name of [NEXT_KEY, NEXT_CERTIFICATE, OLD_CERTIFICATE, INTERMEDIATE])
      rmSync(join(folder, name), { force: true });
    removeMatching(folder, DERIVED);
    return readPair(certPath, key);
  });
}

/** A line to print at every start while the end is near; null otherwise. */
export function expiryNotice(authority: Authority, now: Date = new Date()): string | null {
  const end = authority.certificate.validToDate;
  if (end.getTime() - now.getTime() > NOTICE_MS) return null;
  const day = end.toISOString().slice(0, 10);
  return `the certificate authority expires on ${day}; "weir ca rotate" makes the next one in time`;
}

export function readKey(path: string): KeyObject | null {
  if (!existsSync(path)) return null;
  const problem = keyUsable(path);
  if (problem !== null) throw unusable(problem, null);
  const pem = readSecret(dirname(dirname(path)), path)?.toString('utf8');
  if (pem === undefined) return null;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Falls through: the parser's message may quote the file.
  }
  throw unusable(`${path} does not hold a P-256 private key`);
}

function readPair(certPath: string, key: KeyObject): Authority {
  const trustPem = readIfThere(certPath);
  const trusted = trustPem === null ? null : certificatesOf(trustPem);
  if (trustPem === null || trusted === null) throw unusable(`${certPath} does not hold a certificate`);
  const own = trusted.find((one) => one.checkPrivateKey(key));
  const certificate = own ?? intermediateBeside(certPath, key, trusted);
  if (certificate === null) throw unusable(`${certPath} was not made for the key beside it`);
  if (!certificate.ca) throw unusable(`${certPath} is not the certificate of an authority`);
  const certPem = own !== undefined && trusted.length === 1 ? trustPem : pemOf(certificate.raw);
  return {
    certPem,
    chainPem: own === undefined ? certPem : '',
    trustPem,
    certificate,
    key,
    certPath,
    digest: digestOf(certificate),
    trusted: trusted.map((one) => ({ digest: digestOf(one), certificate: one })),
  };
}

/** The certificate of an authority below one that is trusted; null where there is none for this key. */
function intermediateBeside(
  certPath: string,
  key: KeyObject,
  trusted: readonly X509Certificate[],
): X509Certificate | null {
  const pem = readIfThere(join(dirname(certPath), INTERMEDIATE));
  const [certificate] = pem === null ? [] : (certificatesOf(pem) ?? []);
  if (certificate === undefined || !certificate.checkPrivateKey(key)) return null;
  const isBelow = trusted.some((root) => certificate.checkIssued(root) && certificate.verify(root.publicKey));
  return isBelow ? certificate : null;
}

/** Null for a file without a certificate, or with one that cannot be read. */
export function certificatesOf(pem: string): readonly X509Certificate[] | null {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return found.length === 0 ? null : found.map((one) => new X509Certificate(one));
  } catch {
    return null; // the parser's message may quote the file
  }
}

function digestOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex').slice(0, 16);
}

export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function newCertificate(key: KeyObject, now: Date, intercept: readonly string[] | null): Buffer {
  // The random part tells two authorities of one host apart: clients look up issuers by name.
  const suffix = randomBytes(4).toString('hex');
  const validity = {
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() - BACKDATE_MS + LIFE_MS),
  };
  const permitted = intercept === null ? null : permittedNames(intercept);
  return signAuthority(`Weir CA ${hostname().slice(0, 40)} ${suffix}`, createPublicKey(key), key, validity, permitted);
}

export function unusable(what: string, fix: string | null = 'weir ca init --force'): WeirError {
  return new WeirError('authority_unusable', fix === null ? what : `${what} (or run: ${fix})`);
}

/** Errors of the file system as the one error that says which folder it is about. */
export function usingFiles<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof WeirError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new WeirError('home_unusable', `the folder ${folder} cannot be used: ${error.message}`, { cause: error });
  }
}
