/**
 * The certificate authority of one home: a P-256 key and a self-signed certificate, made at first use and kept in two
 * files. It refuses a key that others can read, a pair that does not match and a certificate that has expired. The key
 * never leaves its file and this process; there is no password on it, the file's mode is what guards it.
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
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { WeirError } from '../../flow/errors.ts';
import { keyUsable, makePrivateFolder, putIfAbsent, putOver, readIfThere, removeMatching } from './authority-files.ts';
import { pemOf, signAuthority } from './certificate.ts';

export interface Authority {
  readonly certPem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** Absolute or as the folder was given: the file that clients are told to trust. */
  readonly certPath: string;
  /** The first 16 hex digits of SHA-256 over the certificate's DER: which home this is, in public. */
  readonly digest: string;
}

const DAY_MS = 86_400_000;
const LIFE_MS = 730 * DAY_MS;
const BACKDATE_MS = 3_600_000;
/** From here on before the end every start says so. */
const NOTICE_MS = 30 * DAY_MS;
const CERTIFICATE = 'ca.pem';
const KEY = 'ca.key';

/** Where the certificate of the authority in `folder` is or will be. */
export function certificatePath(folder: string): string {
  return join(folder, CERTIFICATE);
}

/**
 * The authority kept in `folder` (home/ca), made when there is none: safe when two processes do so at once, for both
 * get the same one. Throws WeirError `home_unusable`.
 */
export function loadOrCreateAuthority(folder: string, now: Date = new Date()): Authority {
  return usingFiles(folder, () => {
    makePrivateFolder(folder);
    const keyPath = join(folder, KEY);
    const certPath = certificatePath(folder);
    // Certificate before key: one that is there without its key is a loss to be told, not to be papered over.
    if (!existsSync(keyPath) && existsSync(certPath) && !existsSync(keyPath)) {
      throw unusable(`${certPath} is there but its key ${keyPath} is not: put the key back`);
    }
    if (!existsSync(keyPath)) putIfAbsent(keyPath, newKeyPem(), 0o600);
    const key = readKey(keyPath);
    if (key === null) throw unusable(`${keyPath} went away while it was being made`);
    if (readIfThere(certPath) === null) putIfAbsent(certPath, pemOf(newCertificate(key, now)), 0o644);
    const authority = readPair(certPath, key);
    if (authority.certificate.validToDate <= now) {
      const day = authority.certificate.validToDate.toISOString().slice(0, 10);
      throw unusable(`the certificate authority ${certPath} expired on ${day}: make a new one`);
    }
    return authority;
  });
}

/**
 * Puts a new key and certificate over those in `folder`, and removes what was made from the old certificate. Whoever
 * trusts the old one does not trust the new one; a running proxy keeps the old one in memory.
 */
export function replaceAuthority(folder: string, now: Date = new Date()): Authority {
  return usingFiles(folder, () => {
    makePrivateFolder(folder);
    const keyPem = newKeyPem();
    const key = createPrivateKey(keyPem);
    const certPath = certificatePath(folder);
    // The window between the two renames shows as a pair that does not match, which a start refuses with this fix.
    putOver(join(folder, KEY), keyPem, 0o600);
    putOver(certPath, pemOf(newCertificate(key, now)), 0o644);
    removeMatching(folder, /^(?:bundle|extra|java)(?:-[0-9a-f]+)?\.(?:pem|jks)$/);
    return readPair(certPath, key);
  });
}

/** A line to print at every start while the end is near; null otherwise. */
export function expiryNotice(authority: Authority, now: Date = new Date()): string | null {
  const end = authority.certificate.validToDate;
  if (end.getTime() - now.getTime() > NOTICE_MS) return null;
  const day = end.toISOString().slice(0, 10);
  return `the certificate authority expires on ${day}; from then on nothing starts until "weir ca init --force"`;
}

function readKey(path: string): KeyObject | null {
  const pem = readIfThere(path);
  if (pem === null) return null;
  const problem = keyUsable(path);
  if (problem !== null) throw unusable(problem, null);
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {
    // Falls through: the parser's message may quote the file.
  }
  throw unusable(`${path} does not hold a P-256 private key`);
}

function readPair(certPath: string, key: KeyObject): Authority {
  const certPem = readIfThere(certPath);
  let certificate: X509Certificate | null = null;
  try {
    certificate = certPem === null ? null : new X509Certificate(certPem);
  } catch {
    // Falls through to the refusal.
  }
  if (certPem === null || certificate === null) throw unusable(`${certPath} does not hold a certificate`);
  if (!certificate.checkPrivateKey(key)) throw unusable(`${certPath} was not made for the key beside it`);
  if (!certificate.ca) throw unusable(`${certPath} is not the certificate of an authority`);
  const digest = createHash('sha256').update(certificate.raw).digest('hex').slice(0, 16);
  return { certPem, certificate, key, certPath, digest };
}

function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function newCertificate(key: KeyObject, now: Date): Buffer {
  // The random part tells two authorities of one host apart: clients look up issuers by name.
  const suffix = randomBytes(4).toString('hex');
  const validity = {
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() - BACKDATE_MS + LIFE_MS),
  };
  return signAuthority(`Weir CA ${hostname().slice(0, 40)} ${suffix}`, createPublicKey(key), key, validity);
}

function unusable(what: string, fix: string | null = 'weir ca init --force'): WeirError {
  return new WeirError('authority_unusable', fix === null ? what : `${what} (or run: ${fix})`);
}

/** Errors of the file system as the one error that says which folder it is about. */
function usingFiles<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof WeirError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new WeirError('home_unusable', `the folder ${folder} cannot be used: ${error.message}`, { cause: error });
  }
}
