/**
 * A new authority without a day on which everything fails: first its certificate is trusted beside the one that signs,
 * then it signs while the one before is still trusted, then that one goes. Each step is a command; none happens by itself.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pemOf } from '../../keys/certificate.ts';
import { putOver, readIfThere, removeMatching } from '../../keys/private-files.ts';
import { writeSecret } from '../../keys/seal.ts';
import {
  type Authority,
  DERIVED,
  INTERMEDIATE,
  KEY,
  loadOrCreateAuthority,
  NEXT_CERTIFICATE,
  NEXT_KEY,
  newCertificate,
  newKeyPem,
  OLD_CERTIFICATE,
  readKey,
  unusable,
  usingFiles,
} from './authority.ts';

/**
 * Makes the pair that is to sign next, and adds its certificate to what clients are told to trust; what signs stays as it
 * is. Null where a rotation is under way already.
 */
export function beginRotation(
  folder: string,
  now: Date = new Date(),
  intercept: readonly string[] | null = null,
): X509Certificate | null {
  return usingFiles(folder, () => {
    const current = loadOrCreateAuthority(folder, now);
    if (current.chainPem !== '') {
      throw unusable('this authority stands below a root: weir ca request asks its owner for the next one', null);
    }
    const keyPath = join(folder, NEXT_KEY);
    if (existsSync(keyPath)) return null;
    const keyPem = newKeyPem();
    const certPem = pemOf(newCertificate(createPrivateKey(keyPem), now, intercept));
    // Trusted before it can sign: a stop in between leaves one certificate too many, and nothing that fails.
    putOver(current.certPath, current.certPem + certPem, 0o644);
    putOver(join(folder, NEXT_CERTIFICATE), certPem, 0o644);
    writeSecret(dirname(folder), keyPath, keyPem);
    rmSync(join(folder, OLD_CERTIFICATE), { force: true });
    removeMatching(folder, DERIVED);
    return new X509Certificate(certPem);
  });
}

/**
 * Lets the next pair sign from the next start on; the certificate before stays trusted and its key is gone. Null where no
 * rotation is under way.
 */
export function finishRotation(folder: string, now: Date = new Date()): Authority | null {
  return usingFiles(folder, () => {
    const before = loadOrCreateAuthority(folder, now);
    const nextKey = join(folder, NEXT_KEY);
    const nextPem = readIfThere(join(folder, NEXT_CERTIFICATE));
    if (!existsSync(nextKey) || nextPem === null) return null;
    if (readKey(nextKey) === null) return null;
    putOver(join(folder, OLD_CERTIFICATE), before.certPem, 0o644);
    // From here on the next one signs: which of the certificates that are trusted it is follows from the key.
    renameSync(nextKey, join(folder, KEY));
    putOver(before.certPath, nextPem + before.certPem, 0o644);
    for (const name of [NEXT_CERTIFICATE, INTERMEDIATE]) rmSync(join(folder, name), { force: true });
    removeMatching(folder, DERIVED);
    return loadOrCreateAuthority(folder, now);
  });
}

/** Takes the certificate before the present one out of what clients are told to trust. False where there is none. */
export function dropOld(folder: string, now: Date = new Date()): boolean {
  return usingFiles(folder, () => {
    const { certPath, certPem, chainPem, certificate, trusted } = loadOrCreateAuthority(folder, now);
    const old = join(folder, OLD_CERTIFICATE);
    if (!existsSync(old)) return false;
    const root = chainPem === '' ? null : trusted.find((one) => certificate.checkIssued(one.certificate));
    putOver(certPath, root == null ? certPem : pemOf(root.certificate.raw), 0o644);
    rmSync(old, { force: true });
    removeMatching(folder, DERIVED);
    return true;
  });
}
