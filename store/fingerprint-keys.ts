/**
 * The keys that values are fingerprinted with, by epoch: home's own, epoch 0, and those of the fleet that it has joined, from 1
 * on. New fingerprints are made under the newest whose time has come; the others are kept, since what is on record can be
 * looked up by them alone. A key is never replaced by another under the same epoch.
 */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../flow/errors.ts';
import { readSecret, writeSecret } from '../keys/seal.ts';

export interface FingerprintKey {
  readonly epoch: number;
  /** Unix time in ms from which on new fingerprints are made under it. */
  readonly fromMs: number;
  readonly key: KeyObject;
}

/** Those of a home, as of some seconds ago at most. */
export interface FingerprintKeys {
  /** All of them, oldest first. */
  all(): readonly FingerprintKey[];
  /** Under which new fingerprints are made now. */
  newest(): FingerprintKey;
  /**
   * For digests that are compared over time and never looked up on record: where a source stands in a rollout, which
   * conversation a text belongs to. It stays as it is when keys rotate; in a fleet it is the same on every node.
   */
  standing(): FingerprintKey;
}

const FILE = 'fleet-fingerprint.key';
const LOOK_MS = 5000;
const KEY_BYTES = 32;

/** The keys of a home whose own is known. They are looked for again as time goes by, so that a new epoch is taken up. */
export function fingerprintKeysOf(
  home: { readonly path: string; readonly keysFolder: string },
  own: KeyObject,
  now: () => number = Date.now,
): FingerprintKeys {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let state = '';
  let known: readonly FingerprintKey[] = [ownKey(own)];
  const all = (): readonly FingerprintKey[] => {
    const at = now();
    // A clock that was set back counts as time gone by.
    if (at >= lookedAt && at - lookedAt < LOOK_MS) return known;
    const isFirst = lookedAt === Number.NEGATIVE_INFINITY;
    lookedAt = at;
    try {
      const found = statSync(join(home.keysFolder, FILE), { throwIfNoEntry: false });
      const present = found === undefined ? '' : `${found.mtimeMs} ${found.ino} ${found.size}`;
      if (present !== state) {
        known = [ownKey(own), ...readFleetKeys(home)];
        state = present;
      }
    } catch (error) {
      // What was read once holds; a start without the fleet's keys would make fingerprints that fit nobody's.
      if (isFirst) throw error;
    }
    return known;
  };
  return {
    all,
    newest: () => {
      const at = now();
      return all().findLast(({ fromMs }) => fromMs <= at) ?? ownKey(own);
    },
    standing: () => {
      const keys = all();
      return keys[1] ?? keys[0] ?? ownKey(own);
    },
  };
}

/** The fleet's keys that home keeps, oldest first; none where it has not joined. Throws WeirError. */
export function readFleetKeys(home: { readonly path: string; readonly keysFolder: string }): readonly FingerprintKey[] {
  const file = join(home.keysFolder, FILE);
  const text = readSecret(home.path, file)?.toString('utf8');
  if (text === undefined) return [];
  const keys = parseFingerprintKeys(text);
  if (keys === null) throw new WeirError('home_unusable', `${file} is damaged: restore it, or join again`);
  return keys;
}

/** Keeps the fleet's keys. Throws WeirError `home_unusable` where one is missing or another than before: records depend on it. */
export function writeFleetKeys(
  home: { readonly path: string; readonly keysFolder: string },
  keys: readonly FingerprintKey[],
): void {
  for (const { epoch, key } of readFleetKeys(home)) {
    if (keys.some((one) => one.epoch === epoch && one.key.equals(key))) continue;
    throw new WeirError('home_unusable', `the key of epoch ${epoch} would be lost, and records were made with it`);
  }
  writeSecret(home.path, join(home.keysFolder, FILE), fingerprintKeysText(keys));
}

/** As they travel and lie on disk; a secret. */
export function fingerprintKeysText(keys: readonly FingerprintKey[]): string {
  const rows = keys.map(({ epoch, fromMs, key }) => ({ epoch, fromMs, key: key.export().toString('base64url') }));
  return JSON.stringify(rows.toSorted((a, b) => a.epoch - b.epoch));
}

/** Null for what is no such text. */
export function parseFingerprintKeys(text: string): readonly FingerprintKey[] | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null; // its message would quote a secret
  }
  if (!Array.isArray(read)) return null;
  const keys: FingerprintKey[] = [];
  for (const row of read as readonly unknown[]) {
    if (typeof row !== 'object' || row === null) return null;
    const { epoch, fromMs, key }: Readonly<Record<string, unknown>> = { ...row };
    if (typeof epoch !== 'number' || !Number.isInteger(epoch) || epoch < 1 || epoch > 99_999) return null;
    if (typeof fromMs !== 'number' || !Number.isFinite(fromMs) || typeof key !== 'string') return null;
    const bytes = Buffer.from(key, 'base64url');
    if (bytes.length !== KEY_BYTES || epoch <= (keys.at(-1)?.epoch ?? 0)) return null;
    keys.push({ epoch, fromMs, key: createSecretKey(bytes) });
  }
  return keys;
}

/** Home's own key as that of epoch 0. */
export function ownKey(key: KeyObject): FingerprintKey {
  return { epoch: 0, fromMs: Number.NEGATIVE_INFINITY, key };
}
