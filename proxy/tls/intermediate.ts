/**
 * An authority of this home below a root that somebody else keeps, and best keeps offline: home makes the key and a request,
 * the root's owner signs what names it may sign for, and from the next start on it signs. Clients trust the root alone, so that
 * one root serves many proxies. The authority before stays trusted until `weir ca rotate --drop-old`. The root's key is never here.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type X509Certificate,
} from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { issuerOf, pemOf, signAuthority, signIntermediate, type Validity } from '../../keys/certificate.ts';
import { constraintsOf, namesBeyond, type PermittedNames } from '../../keys/name-constraints.ts';
import { makePrivateFolder, putOver, readIfThere, removeMatching } from '../../keys/private-files.ts';
import { certificationRequest, keyOfRequest } from '../../keys/request.ts';
import { readSecret, writeSecret } from '../../keys/seal.ts';
import {
  type Authority,
  certificatePath,
  certificatesOf,
  DERIVED,
  INTERMEDIATE,
  KEY,
  loadOrCreateAuthority,
  newKeyPem,
  OLD_CERTIFICATE,
  readKey,
  unusable,
  usingFiles,
} from './authority.ts';
import { permittedNames } from './permitted-names.ts';

/** Waits for the root's owner. */
const REQUESTED_KEY = 'ca-requested.key';
const BACKDATE_MS = 3_600_000;

export interface Root {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

/** A root that may sign authorities, which may sign leaves. PEM; the key has no password, the file's keeper guards it. */
export function makeRoot(
  commonName: string,
  now: Date,
  lifeMs: number,
): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const cert = pemOf(signAuthority(commonName, publicKey, privateKey, validity(now, lifeMs), null, 1));
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** The root of two PEM texts. Throws WeirError `authority_unusable`; nothing of the key is repeated. */
export function readRoot(certPem: string, keyPem: string): Root {
  const [certificate] = certificatesOf(certPem) ?? [];
  let key: KeyObject | null = null;
  try {
    key = createPrivateKey(keyPem);
  } catch {
    // Falls through: the parser's message may quote the file.
  }
  if (certificate === undefined || key === null || !certificate.ca || !certificate.checkPrivateKey(key)) {
    throw unusable('these are not the certificate and the key of a root', null);
  }
  return { certificate, key };
}

/**
 * Signs a request for an authority, for `permitted` names alone unless null, and no longer than the root itself. PEM, the
 * root's certificate behind it. Null for what is no request.
 */
export function signRequest(
  request: Buffer,
  { certificate, key }: Root,
  commonName: string,
  now: Date,
  lifeMs: number,
  permitted: PermittedNames | null,
): string | null {
  const publicKey = keyOfRequest(request);
  if (publicKey === null) return null;
  const issuer = issuerOf(certificate.raw, certificate.publicKey, key);
  const { notBefore, notAfter } = validity(now, lifeMs);
  const within = {
    notBefore: new Date(Math.max(notBefore.getTime(), certificate.validFromDate.getTime())),
    notAfter: new Date(Math.min(notAfter.getTime(), certificate.validToDate.getTime())),
  };
  return pemOf(signIntermediate(commonName, publicKey, issuer, within, permitted)) + pemOf(certificate.raw);
}

/** A request for this home's authority, DER; the same key until it is answered. */
export function requestAuthority(folder: string): Buffer {
  return usingFiles(folder, () => {
    makePrivateFolder(folder);
    const file = join(folder, REQUESTED_KEY);
    if (!existsSync(file)) writeSecret(dirname(folder), file, newKeyPem());
    const key = readKey(file);
    if (key === null) throw unusable(`${file} went away`, null);
    return certificationRequest(createPublicKey(key), key);
  });
}

/**
 * Takes up what the root's owner has signed, two certificates in PEM: from the next start on it signs. Null where it is in
 * place already. Throws WeirError `authority_unusable` for what is not for the key that was asked with, or may not sign for the
 * hosts of `intercept`; nothing is changed then.
 */
export function installIntermediate(
  folder: string,
  certificates: string,
  now: Date,
  intercept: readonly string[],
): Authority | null {
  return usingFiles(folder, () => {
    const [certificate, root, ...more] = certificatesOf(certificates) ?? [];
    if (certificate === undefined || root === undefined || more.length > 0 || !certificate.ca || !root.ca) {
      throw unusable('expected the certificate of an authority and behind it that of its root, in PEM', null);
    }
    if (readIfThere(join(folder, INTERMEDIATE)) === pemOf(certificate.raw)) return null;
    const key = readKey(join(folder, REQUESTED_KEY));
    if (key === null || !certificate.checkPrivateKey(key)) {
      throw unusable('this certificate is not for the key that this home has asked with: weir ca request', null);
    }
    const isBelow = certificate.checkIssued(root) && certificate.verify(root.publicKey);
    const isSelfSigned = root.checkIssued(root) && root.verify(root.publicKey);
    if (!isBelow || !isSelfSigned) throw unusable('the first certificate is not signed by the second, a root', null);
    if (certificate.validToDate <= now) throw unusable(`it expired on ${certificate.validToDate.toISOString()}`, null);
    const beyond = namesBeyond(constraintsOf(certificate.raw), permittedNames(intercept));
    if (beyond.length > 0) {
      const names = beyond[0] === '*' ? 'any host' : beyond.join(', ');
      throw unusable(
        `it may sign for fewer hosts than proxy.intercept names (${names}): narrow that, or ask for more`,
        null,
      );
    }
    const before = loadOrCreateAuthority(folder, now);
    // Each step leaves a pair that fits: the root is trusted first, then the key changes to one that it vouches for.
    putOver(join(folder, OLD_CERTIFICATE), before.trusted.map((one) => pemOf(one.certificate.raw)).join(''), 0o644);
    putOver(before.certPath, pemOf(root.raw) + before.trusted.map((one) => pemOf(one.certificate.raw)).join(''), 0o644);
    putOver(join(folder, INTERMEDIATE), pemOf(certificate.raw), 0o644);
    writeSecret(dirname(folder), join(folder, KEY), pemOfKey(key));
    rmSync(join(folder, REQUESTED_KEY), { force: true });
    removeMatching(folder, DERIVED);
    return loadOrCreateAuthority(folder, now);
  });
}

/**
 * Takes up an authority that others have as well, PEM. The one before stays trusted until it is dropped. Null where it is in
 * place already. Throws WeirError `authority_unusable`.
 */
export function installShared(folder: string, certPem: string, keyPem: string, now: Date): Authority | null {
  return usingFiles(folder, () => {
    makePrivateFolder(folder);
    const { certificate } = readRoot(certPem, keyPem);
    const certPath = certificatePath(folder);
    const present = readIfThere(certPath);
    const kept = readSecret(dirname(folder), join(folder, KEY))?.toString('utf8') ?? null;
    if (present !== null && kept !== null && certificate.checkPrivateKey(createPrivateKey(kept))) return null;
    const before = present === null || kept === null ? [] : loadOrCreateAuthority(folder, now).trusted;
    const old = before.map((one) => pemOf(one.certificate.raw)).join('');
    if (old !== '') putOver(join(folder, OLD_CERTIFICATE), old, 0o644);
    putOver(certPath, pemOf(certificate.raw) + old, 0o644);
    writeSecret(dirname(folder), join(folder, KEY), keyPem);
    rmSync(join(folder, INTERMEDIATE), { force: true });
    removeMatching(folder, DERIVED);
    return loadOrCreateAuthority(folder, now);
  });
}

function validity(now: Date, lifeMs: number): Validity {
  const notBefore = new Date(now.getTime() - BACKDATE_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + lifeMs) };
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
