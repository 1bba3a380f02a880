/**
 * All that is done with the keys of a home: fingerprints of values, digests and hashes of records, sealing of
 * excerpts. Each use has a label of its own in front, so that no digest of one kind passes for another. It reads no
 * file and keeps nothing.
 */
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync, timingSafeEqual } from 'node:crypto';
import type { FingerprintKey } from './fingerprint-keys.ts';
import { hmacSha256 } from './hmac.ts';

/**
 * The fingerprint of a value: HMAC-SHA256 of entity, NUL and the normalised value, first 16 bytes, base64url, 22
 * characters. `normalise` is that of engine/scan/normalise.ts; it is handed in because the store does not import the engine.
 */
export function fingerprint(
  key: KeyObject,
  entity: string,
  value: string,
  normalise: (value: string) => string,
): string {
  const mac = Buffer.from(hmacSha256(key, `${entity}\0${normalise(value)}`, 'binary'), 'latin1');
  return mac.toString('base64url', 0, 16);
}

/**
 * As above under a key of an epoch, which stands before it: `3.` and the 22 characters. Epoch 0, a home's own key, has no
 * number.
 */
export function fingerprintUnder(
  { epoch, key }: FingerprintKey,
  entity: string,
  value: string,
  normalise: (value: string) => string,
): string {
  const text = fingerprint(key, entity, value, normalise);
  return epoch === 0 ? text : `${epoch}.${text}`;
}

/** `prevHash` of a writer's first record: 32 zero bytes. */
export const GENESIS = Buffer.alloc(32).toString('base64url');

/** The hash of a record over its core text, which holds `prevHash`: HMAC-SHA256, base64url, 43 characters. */
export function recordHash(key: KeyObject, core: string): string {
  return mac(key, 'event', core);
}

/** What stands in a record for its personal part, so that the part can be cleared. `personal` begins with a random salt. */
export function personalDigest(key: KeyObject, eventId: string, personal: string): string {
  return mac(key, 'personal', `${eventId}\0${personal}`);
}

/** What stands in a record for its excerpt as stored, sealed or not. */
export function excerptDigest(key: KeyObject, eventId: string, stored: string): string {
  return mac(key, 'excerpt', `${eventId}\0${stored}`);
}

/** Seals how many records a writer has and the hash of its last, so that a tail cut off is noticed. */
export function headMac(key: KeyObject, writer: string, seq: number, hash: string): string {
  return mac(key, 'head', `${writer}\0${seq}\0${hash}`);
}

/** Compares two digests without telling by time how far they agree. */
export function isSameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

const SEALED = 'gcm1:';
const PLAIN = 'text:';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A call to the generator costs more than the sealing of a line of text, so that it is asked for many at once. */
const fresh = Buffer.alloc(IV_BYTES * 256);
let used = fresh.length;

function freshIv(): Buffer {
  if (used === fresh.length) {
    randomFillSync(fresh);
    used = 0;
  }
  used += IV_BYTES;
  return fresh.subarray(used - IV_BYTES, used);
}

/**
 * Seals an excerpt with AES-256-GCM (random 96-bit IV, SP 800-38D), bound to its event by the id as additional data.
 * Result: `gcm1:` and base64url of IV, ciphertext, tag.
 */
export function sealExcerpt(key: KeyObject, eventId: string, excerpt: string): string {
  const iv = freshIv();
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(eventId));
  const sealed = Buffer.concat([iv, cipher.update(excerpt, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return SEALED + sealed.toString('base64url');
}

/** An excerpt as stored where `excerpts.encrypt` is false: redacted, and readable by whoever reads the database. */
export function plainExcerpt(excerpt: string): string {
  return PLAIN + excerpt;
}

/** The redacted text; null where it was sealed under another key, for another event, or was changed. */
export function openExcerpt(key: KeyObject | null, eventId: string, stored: string): string | null {
  if (stored.startsWith(PLAIN)) return stored.slice(PLAIN.length);
  if (key === null || !stored.startsWith(SEALED)) return null;
  const sealed = Buffer.from(stored.slice(SEALED.length), 'base64url');
  if (sealed.length < IV_BYTES + TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(eventId));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // The tag does not fit: it is not ours to open, and says nothing of what it holds.
    return null;
  }
}

function mac(key: KeyObject, label: string, text: string): string {
  return hmacSha256(key, `weir ${label} 1\0${text}`, 'base64url');
}
