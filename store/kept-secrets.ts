/**
 * Small files of home, one a secret that lets somebody in: the file has the digest of the secret, never the secret. What is
 * taken back is a file that is gone, so that every process sees it at once. What else stands in a file is its owner's.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCESS, type Access } from '../flow/access.ts';

/** What every file has. */
export interface Kept {
  /** 12 hexadecimal digits; no secret. */
  readonly id: string;
  readonly name: string;
  readonly role: Access;
  /** RFC 3339. */
  readonly created: string;
  /** Null: never. */
  readonly expires: string | null;
  /** Of the secret, which has 256 bits: nothing is to be guessed, so that one round is enough. */
  readonly sha256: string;
}

/** The owner's part of a file that was read; null for one that is none of the owner's. */
export type ReadMore<T> = (read: Readonly<Record<string, unknown>>) => T | null;

export const KEPT_ID = /^[0-9a-f]{12}$/;
export const KEPT_SUFFIX = '.json';
const SECRET = /^(?:weir_)?([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const MAX_FILE_BYTES = 32 * 1024;

/** Makes a secret and its file; `text` is nowhere kept. Throws the file system's errors. */
export function makeSecret<T extends object>(
  folder: string,
  who: { readonly name: string; readonly role: Access; readonly expires: Date | null },
  more: (id: string, secret: string) => T,
  now: Date,
): { readonly text: string; readonly kept: Kept & T } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const kept = {
    id,
    name: who.name,
    role: who.role,
    created: now.toISOString(),
    expires: who.expires?.toISOString() ?? null,
    sha256: digest(secret).toString('hex'),
    ...more(id, secret),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeKept(folder, kept);
  return { text: `${id}_${secret}`, kept };
}

/** Puts a file in the place of the one of this id, whole or not at all. */
export function writeKept(folder: string, kept: Kept): void {
  const draft = join(folder, `${kept.id}.${randomBytes(4).toString('hex')}.draft`);
  writeFileSync(draft, `${JSON.stringify(kept)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(draft, join(folder, kept.id + KEPT_SUFFIX));
}

/** The id leads to a file; the secret alone decides, compared by its digest in time that tells nothing of it. */
export function keptOfText<T extends object>(
  folder: string,
  text: string,
  more: ReadMore<T>,
  now: Date,
): (Kept & T) | null {
  const { id, secret } = partsOf(text);
  if (id === '') return null;
  const kept = readKept(folder, id, more);
  const expected = Buffer.from(kept?.sha256 ?? '0'.repeat(64), 'hex');
  const isRight = timingSafeEqual(digest(secret), expected);
  return kept !== null && isRight && !isOver(kept, now) ? kept : null;
}

/** Empty for what has not the form of one. */
export function partsOf(text: string): { readonly id: string; readonly secret: string } {
  const [, id = '', secret = ''] = SECRET.exec(text) ?? [];
  return { id, secret };
}

export function isOver({ expires }: Pick<Kept, 'expires'>, now: Date): boolean {
  return expires !== null && Date.parse(expires) <= now.getTime();
}

export function keptIds(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(KEPT_SUFFIX))
      .map((name) => name.slice(0, -KEPT_SUFFIX.length))
      .filter((id) => KEPT_ID.test(id));
  } catch {
    return []; // none was ever made
  }
}

/** Null for what is not whole, or not ours: then nobody comes in by it. */
export function readKept<T extends object>(folder: string, id: string, more: ReadMore<T>): (Kept & T) | null {
  if (!KEPT_ID.test(id)) return null;
  const file = join(folder, id + KEPT_SUFFIX);
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return null;
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (!isKept(read) || read.id !== id) return null;
    const rest = more({ ...read });
    if (rest === null) return null;
    const { name, role, created, expires, sha256 } = read;
    return { id, name, role, created, expires, sha256, ...rest };
  } catch {
    return null;
  }
}

export function dropKept(folder: string, id: string): void {
  if (KEPT_ID.test(id)) rmSync(join(folder, id + KEPT_SUFFIX), { force: true });
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function isKept(read: unknown): read is Kept {
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return false;
  const { id, name, role, created, expires, sha256 }: Readonly<Record<string, unknown>> = { ...read };
  return (
    typeof id === 'string' &&
    typeof name === 'string' &&
    ACCESS.some((one) => one === role) &&
    isMoment(created) &&
    (expires === null || isMoment(expires)) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

export function isMoment(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
