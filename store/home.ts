/**
 * The folder that holds all that Weir keeps: CA, keys, database, spool, lock. Makes what is missing with modes that
 * shut everybody else out, and refuses keys that others can read. It never replaces a key that records depend on.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../flow/errors.ts';
import { readSecret, sealedFor } from '../keys/seal.ts';
import {
  type FingerprintKey,
  type FingerprintKeys,
  fingerprintKeysOf,
  ownKey,
  readFleetKeys,
} from './fingerprint-keys.ts';
import { type Lock, takeLock } from './lock.ts';
import { newUlid } from './ulid.ts';

export const KEY_NAMES = ['fingerprint', 'chain', 'excerpt', 'conversation'] as const;
export type KeyName = (typeof KEY_NAMES)[number];
/** 256 bits each, for HMAC-SHA256 (`fingerprint`, `chain`) and AES-256-GCM (`excerpt`, `conversation`). */
export type Keys = Readonly<Record<KeyName, KeyObject>>;

/** Where things lie in a home. */
export interface HomePaths {
  readonly path: string;
  readonly databaseFile: string;
  /** Of a home that hands its records on: those that nobody has acknowledged yet. */
  readonly outboxFile: string;
  readonly spoolFolder: string;
  readonly keysFolder: string;
  readonly caFolder: string;
  /** Made when the first override is given. */
  readonly overridesFolder: string;
  readonly conversationsFolder: string;
  /** Where the sensor and the proxy meet, where connections are steered. */
  readonly steerSocket: string;
}

/** Whether a home keeps its records for good, or until a shared store has them. */
export type Keeping = 'ledger' | 'outbox';
/** Whose records: those of a home, or what it has changed in a shared store, whose chain lies there alone. */
export type Chained = Keeping | 'shared';

export interface Home extends HomePaths {
  readonly keys: Keys;
  /** Home's own under `keys`, with those of the fleet that it has joined. */
  readonly fingerprintKeys: FingerprintKeys;
  readonly keeping: Keeping;
  /**
   * Takes the home for this process; waits up to a second, unless said otherwise, for a command that is just taking up
   * a spool. Throws WeirError `home_locked`, whose message names the process that has it.
   */
  lock(waitMs?: number): Lock;
  /** True between `lock()` and the lock's `release()`. */
  readonly isLocked: boolean;
}

const KEY_BYTES = 32;
const LOCK_WAIT_MS = 1000;

export function homePaths(path: string): HomePaths {
  return {
    path,
    databaseFile: join(path, 'weir.db'),
    outboxFile: join(path, 'outbox.db'),
    spoolFolder: join(path, 'spool'),
    keysFolder: join(path, 'keys'),
    caFolder: join(path, 'ca'),
    overridesFolder: join(path, 'overrides'),
    conversationsFolder: join(path, 'conversations'),
    steerSocket: join(path, 'steer.sock'),
  };
}

/**
 * Opens a home and makes what is missing: folders 0700, keys 0600. Throws WeirError `home_unusable` where it cannot be
 * written, a key can be read by others, or a key is missing though records made with it are there; `seal_unusable` where its secrets are
 * sealed and their key is not to be had.
 */
export function openHome(path: string, keeping: Keeping = 'ledger'): Home {
  const paths = homePaths(path);
  try {
    const { keysFolder, spoolFolder, caFolder, conversationsFolder } = paths;
    for (const folder of [path, keysFolder, spoolFolder, caFolder, conversationsFolder]) makePrivateFolder(folder);
    const keys = {
      fingerprint: loadOrMakeKey(paths, 'fingerprint'),
      chain: loadOrMakeKey(paths, 'chain'),
      excerpt: loadOrMakeKey(paths, 'excerpt'),
      conversation: loadOrMakeKey(paths, 'conversation'),
    };
    let lock: Lock | null = null;
    return {
      ...paths,
      keys,
      fingerprintKeys: fingerprintKeysOf(paths, keys.fingerprint),
      keeping,
      get isLocked() {
        return lock?.isHeld === true;
      },
      lock(waitMs = LOCK_WAIT_MS) {
        lock = takeLock(path, waitMs);
        return lock;
      },
    };
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw new WeirError('home_unusable', `${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A key of a home that may not be complete; null where it is missing. Throws WeirError `home_unusable` for a bad one, `seal_unusable`. */
export function readKey(paths: HomePaths, name: KeyName): KeyObject | null {
  const file = keyFile(paths, name);
  let bytes: Buffer | null;
  try {
    bytes = readSecret(paths.path, file);
  } catch (error) {
    if (error instanceof WeirError) throw error;
    throw new WeirError('home_unusable', `${file}: ${reasonOf(error)}`, { cause: error });
  }
  if (bytes === null) return null;
  if (bytes.length !== KEY_BYTES) {
    throw new WeirError('home_unusable', `${file}: ${bytes.length} bytes, a key has ${KEY_BYTES}; restore it`);
  }
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new WeirError('home_unusable', `${file} can be read by others: chmod 600 it, and consider it known`);
  }
  return createSecretKey(bytes);
}

/** All keys of fingerprints that such a home has, oldest first. Throws as `readKey` does. */
export function readFingerprintKeys(paths: HomePaths): readonly FingerprintKey[] {
  const own = readKey(paths, 'fingerprint');
  return [...(own === null ? [] : [ownKey(own)]), ...readFleetKeys(paths)];
}

/**
 * Ids of the writers whose records this home's chain key made, the present one last: of those that it keeps, or of those
 * that it hands on. Empty before the first record.
 */
export function writerIds(paths: HomePaths, keeping: Chained = 'ledger'): readonly string[] {
  const file = writersFile(paths, keeping);
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new WeirError('home_unusable', `${file}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Those of records that it keeps, of those that it hands on, and of what it has changed in a shared store. */
export function allWriterIds(paths: HomePaths): readonly string[] {
  return (['ledger', 'outbox', 'shared'] as const).flatMap((of) => writerIds(paths, of));
}

/** Notes a new writer of this home. Throws the file system's errors. */
export function addWriterId(paths: HomePaths, id: string, keeping: Chained = 'ledger'): void {
  const fd = openSync(writersFile(paths, keeping), 'a', 0o600);
  try {
    writeSync(fd, `${id}\n`);
  } finally {
    closeSync(fd);
  }
}

function writersFile(paths: HomePaths, keeping: Chained): string {
  return join(paths.keysFolder, WRITERS_FILES[keeping]);
}

const WRITERS_FILES = { ledger: 'writers', outbox: 'outbox-writers', shared: 'shared-writers' } as const;

function keyFile(paths: HomePaths, name: KeyName): string {
  return join(paths.keysFolder, `${name}.key`);
}

function makePrivateFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (made === undefined && (statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function loadOrMakeKey(paths: HomePaths, name: KeyName): KeyObject {
  const present = readKey(paths, name);
  if (present !== null) return present;
  const file = keyFile(paths, name);
  // What the key of the conversations has sealed is a copy of a day: without it they begin anew.
  const written = [paths.databaseFile, paths.outboxFile].find((each) => existsSync(each));
  if (name !== 'conversation' && written !== undefined) {
    const justMade = readKey(paths, name); // by another process at its first start
    if (justMade !== null) return justMade;
    throw new WeirError(
      'home_unusable',
      `${file} is missing, and ${written} was written with it: restore the key, or move the database away`,
    );
  }
  // Written aside and linked, so that of two processes at their first start only one key exists, and it is whole.
  const draft = `${file}.${newUlid()}`;
  writeFileSync(draft, sealedFor(paths.path, file, randomBytes(KEY_BYTES)), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  const key = readKey(paths, name);
  if (key === null) throw new WeirError('home_unusable', `${file} vanished while it was made`);
  return key;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** Node's own messages of file errors hold a path and a code, never content. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}
