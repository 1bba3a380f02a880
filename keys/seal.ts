/**
 * Secrets of a home at rest: sealed (AES-256-GCM) under a key that does not lie in home, but in a file, such as an
 * environment's secret mount, or in a credential that systemd hands to the unit. Home says where its key is (`sealed-by`), so that
 * every process finds it. It keeps no key in memory for longer than a call, and takes no passphrase.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { WeirError } from '../flow/errors.ts';
import { putOver, readIfThere } from './private-files.ts';

/** Where the key is: a file by its absolute path, or a credential by its name below `$CREDENTIALS_DIRECTORY`. */
export type SealPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'credential'; readonly name: string };

/** A key that secrets are sealed under. `id` says which, and nothing of it. */
export interface SealKey {
  readonly place: SealPlace;
  readonly id: string;
  readonly key: Buffer;
}

const HEAD = /^weir-sealed 1 ([0-9a-f]{16})\n([A-Za-z0-9_-]+)\n$/;
const START = 'weir-sealed ';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NOTE = 'sealed-by';

/** `file:/run/secrets/weir` or `credential:weir-seal`; null for anything else. */
export function parseSealPlace(text: string): SealPlace | null {
  const [, kind, at = ''] = /^(file|credential):(.+)$/.exec(text) ?? [];
  if (kind === 'file') return isAbsolute(at) ? { kind, path: at } : null;
  // systemd's own rule for the names of credentials; no path leaves the folder by one.
  return kind === 'credential' && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(at) ? { kind, name: at } : null;
}

export function sealPlaceText(place: SealPlace): string {
  return place.kind === 'file' ? `file:${place.path}` : `credential:${place.name}`;
}

/** Reads the key at a place. Throws WeirError `seal_unusable`. */
export function readSealKey(place: SealPlace, env: NodeJS.ProcessEnv = process.env): SealKey {
  const file = fileOf(place, env);
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    throw new WeirError('seal_unusable', `the key of ${sealPlaceText(place)} cannot be read (${code}: ${file})`, {
      cause: error,
    });
  }
  const key = keyIn(bytes);
  if (key === null) {
    const wanted = '32 random bytes, as they are, in base64 or in hexadecimal (openssl rand -base64 32)';
    throw new WeirError('seal_unusable', `${sealPlaceText(place)} does not hold a key: expected ${wanted}`);
  }
  return { place, id: derived(key, 'id').toString('hex', 0, 8), key: derived(key, 'key') };
}

/** Where the key of a home is; null where its secrets are not sealed. More than one while they are sealed anew. */
export function sealPlacesOf(home: string): readonly SealPlace[] {
  const note = readIfThere(join(home, NOTE));
  if (note === null) return [];
  const places = note
    .split('\n')
    .filter(Boolean)
    .map((line) => parseSealPlace(line));
  const whole = places.filter((place) => place !== null);
  if (whole.length === 0 || whole.length < places.length) {
    throw new WeirError('seal_unusable', `${join(home, NOTE)} names no place of a key: file:/PATH or credential:NAME`);
  }
  return whole;
}

/** Notes where the key of a home is, the one to seal by first; none: nothing is sealed from now on. */
export function noteSealPlaces(home: string, places: readonly SealPlace[]): void {
  if (places.length === 0) rmSync(join(home, NOTE), { force: true });
  else putOver(join(home, NOTE), places.map((place) => `${sealPlaceText(place)}\n`).join(''), 0o600);
}

/** What a file of a home is to hold for this secret: sealed where the home's secrets are, else as it is. */
export function sealedFor(home: string, file: string, secret: string | Buffer): Buffer {
  const [place] = sealPlacesOf(home);
  const bytes = Buffer.from(secret);
  return place === undefined ? bytes : sealUnder(readSealKey(place), nameIn(home, file), bytes);
}

/**
 * The secret that a file of a home holds, sealed or not; null where there is none. Throws WeirError `seal_unusable` where the
 * key is not to be had or is another one, and the file system's errors.
 */
export function readSecret(home: string, file: string): Buffer | null {
  let stored: Buffer;
  try {
    stored = readFileSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  return isSealed(stored) ? openSecret(home, file, stored) : stored;
}

/** Writes a secret over what is there, sealed where the home's secrets are. */
export function writeSecret(home: string, file: string, secret: string | Buffer): void {
  putOver(file, sealedFor(home, file, secret), 0o600);
}

export function isSealed(stored: Buffer): boolean {
  return stored.subarray(0, START.length).toString('latin1') === START;
}

/** The id of the key that this was sealed under; null for what is not sealed. */
export function sealIdOf(stored: Buffer): string | null {
  return HEAD.exec(stored.toString('latin1'))?.[1] ?? null;
}

/** Seals under one key, bound to the file's name in home: one secret does not pass for another. */
export function sealUnder({ id, key }: SealKey, name: string, secret: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(name));
  const sealed = Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  return Buffer.from(`${START}1 ${id}\n${sealed.toString('base64url')}\n`);
}

/** A file's name as it is sealed with it: its path from home, with slashes. A key that is to be the next takes its place as it is. */
export function nameIn(home: string, file: string): string {
  return relative(home, file)
    .split(sep)
    .join('/')
    .replace(/^ca\/ca-next\.key$/, 'ca/ca.key');
}

function openSecret(home: string, file: string, stored: Buffer): Buffer {
  const [, id, text = ''] = HEAD.exec(stored.toString('latin1')) ?? [];
  if (id === undefined) throw new WeirError('seal_unusable', `${file} is damaged: restore it`);
  const places = sealPlacesOf(home);
  if (places.length === 0) {
    throw new WeirError('seal_unusable', `${file} is sealed, and ${join(home, NOTE)}, which says by what, is missing`);
  }
  const others: string[] = [];
  for (const place of places) {
    const sealKey = readSealKey(place);
    if (sealKey.id === id) return opened(sealKey, nameIn(home, file), Buffer.from(text, 'base64url'), file);
    others.push(`${sealPlaceText(place)} is ${sealKey.id}`);
  }
  throw new WeirError('seal_unusable', `${file} is sealed under the key ${id}; ${others.join(', ')}`);
}

function opened({ key }: SealKey, name: string, sealed: Buffer, file: string): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new WeirError('seal_unusable', `${file} was changed, or is another file's content: restore it`);
  }
}

function fileOf(place: SealPlace, env: NodeJS.ProcessEnv): string {
  if (place.kind === 'file') return place.path;
  const folder = env['CREDENTIALS_DIRECTORY'];
  if (folder !== undefined && isAbsolute(folder)) return join(folder, place.name);
  throw new WeirError(
    'seal_unusable',
    `the secrets of this home are sealed by the credential ${place.name}, and this process has no CREDENTIALS_DIRECTORY ` +
      '(below a running unit, as root: CREDENTIALS_DIRECTORY=/run/credentials/UNIT)',
  );
}

/** Null for what is too short, or would be a passphrase. */
function keyIn(bytes: Buffer): Buffer | null {
  if (bytes.length === KEY_BYTES) return bytes;
  const text = bytes.toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : null;
}

function derived(key: Buffer, what: string): Buffer {
  return createHmac('sha256', key).update(`weir seal ${what} 1`).digest();
}
