/**
 * Who may open the console and its API: tokens, and the sessions begun with them, a small file each in home. A file holds
 * the digest of a secret, never the secret; what is revoked is a file that is gone, so that every process sees it at once.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCESS, type Access } from '../flow/access.ts';
import type { HomePaths } from './home.ts';

export interface Token {
  /** 12 hexadecimal digits; no secret. */
  readonly id: string;
  readonly name: string;
  readonly role: Access;
  /** RFC 3339. */
  readonly created: string;
  /** Null: never. */
  readonly expires: string | null;
  /** To the hour; null where it never was. Of sessions it is not kept. */
  readonly lastUsed: string | null;
}

/** Begun with a token, or with the link that is printed at the start (`token` null). */
export interface KeptSession {
  readonly id: string;
  readonly token: string | null;
  readonly name: string;
  readonly role: Access;
  readonly expires: string;
}

/** What is in a file, of both. */
interface Kept {
  readonly id: string;
  readonly name: string;
  readonly role: Access;
  readonly created: string;
  readonly expires: string | null;
  readonly token: string | null;
  /** Of the secret, which has 256 bits: nothing is to be guessed, so that one round is enough. */
  readonly sha256: string;
}

/** Of whoever a token is for: it stands in reviews, events and tables. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const SUFFIX = '.json';
const USED = '.used';
const ID = /^[0-9a-f]{12}$/;
const SECRET = /^(?:weir_)?([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const HOUR_MS = 3_600_000;
const MAX_FILE_BYTES = 16 * 1024;
export const MAX_TOKENS = 1000;
const MAX_SESSIONS = 1000;

/** Of those that are there, expired ones included, by name. */
export function listTokens(home: HomePaths): readonly Token[] {
  const folder = tokensFolder(home);
  const tokens = namesIn(folder).flatMap((id) => {
    const kept = readOne(folder, id);
    return kept === null ? [] : [tokenOf(folder, kept)];
  });
  return tokens.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A new token; its text is nowhere kept. The caller has looked that the name is free. Throws the file system's errors. */
export function createToken(
  home: HomePaths,
  { name, role, expires }: { readonly name: string; readonly role: Access; readonly expires: Date | null },
  now: Date,
): { readonly text: string; readonly token: Token } {
  const folder = tokensFolder(home);
  const made = write(folder, { name, role, expires, token: null }, now);
  return { text: `weir_${made.text}`, token: tokenOf(folder, made.kept) };
}

/** False where there is none of this id. Sessions begun with it end with it. */
export function revokeToken(home: HomePaths, id: string): boolean {
  if (!ID.test(id)) return false;
  const folder = tokensFolder(home);
  const wasThere = statSync(join(folder, id + SUFFIX), { throwIfNoEntry: false }) !== undefined;
  for (const suffix of [SUFFIX, USED]) rmSync(join(folder, id + suffix), { force: true });
  return wasThere;
}

/** The token that a text is, if it is one and still holds. Takes note that it was used. */
export function tokenOfText(home: HomePaths, text: string, now: Date): Token | null {
  const folder = tokensFolder(home);
  const kept = keptOf(folder, text, now);
  if (kept === null) return null;
  noteUse(folder, kept.id, now);
  return tokenOf(folder, kept);
}

/** Begins a session; its text goes into a cookie. Those that have run out are removed. */
export function beginSession(
  home: HomePaths,
  session: { readonly token: string | null; readonly name: string; readonly role: Access; readonly expires: Date },
  now: Date,
): { readonly text: string; readonly session: KeptSession } | null {
  const folder = sessionsFolder(home);
  let count = 0;
  for (const id of namesIn(folder)) {
    const old = readOne(folder, id);
    if (old === null || isOver(old, now)) rmSync(join(folder, id + SUFFIX), { force: true });
    else count++;
  }
  if (count >= MAX_SESSIONS) return null;
  const { text, kept } = write(folder, session, now);
  return { text, session: sessionOf(kept) };
}

/** The session that the text of a cookie is, if it still holds, and the token it began with too. */
export function sessionOfText(home: HomePaths, text: string, now: Date): KeptSession | null {
  const kept = keptOf(sessionsFolder(home), text, now);
  if (kept === null) return null;
  if (kept.token !== null) {
    const token = ID.test(kept.token) ? readOne(tokensFolder(home), kept.token) : null;
    if (token === null || isOver(token, now)) return null;
  }
  return sessionOf(kept);
}

/** Whether a session, or a token that is used without one, still lets somebody in. */
export function sessionHolds(
  home: HomePaths,
  { session, token }: { readonly session: string | null; readonly token: string | null },
  now: Date,
): boolean {
  const holds = (folder: string, id: string): boolean => {
    const kept = ID.test(id) ? readOne(folder, id) : null;
    return kept !== null && !isOver(kept, now);
  };
  if (session !== null && !holds(sessionsFolder(home), session)) return false;
  return token === null || holds(tokensFolder(home), token);
}

export function endSession(home: HomePaths, id: string): void {
  if (ID.test(id)) rmSync(join(sessionsFolder(home), id + SUFFIX), { force: true });
}

function tokensFolder(home: HomePaths): string {
  return join(home.path, 'tokens');
}

function sessionsFolder(home: HomePaths): string {
  return join(home.path, 'sessions');
}

function write(
  folder: string,
  { name, role, expires, token }: { name: string; role: Access; expires: Date | null; token: string | null },
  now: Date,
): { readonly text: string; readonly kept: Kept } {
  const id = randomBytes(6).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const kept: Kept = {
    id,
    name,
    role,
    created: now.toISOString(),
    expires: expires?.toISOString() ?? null,
    token,
    sha256: digest(secret).toString('hex'),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${id}.draft`);
  writeFileSync(draft, `${JSON.stringify(kept)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  renameSync(draft, join(folder, id + SUFFIX));
  return { text: `${id}_${secret}`, kept };
}

/** The id leads to a file; the secret alone decides, compared by its digest in time that tells nothing of it. */
function keptOf(folder: string, text: string, now: Date): Kept | null {
  const [, id = '', secret = ''] = SECRET.exec(text) ?? [];
  if (id === '') return null;
  const kept = readOne(folder, id);
  const expected = Buffer.from(kept?.sha256 ?? '0'.repeat(64), 'hex');
  const isRight = timingSafeEqual(digest(secret), expected);
  return kept !== null && isRight && !isOver(kept, now) ? kept : null;
}

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function isOver({ expires }: Kept, now: Date): boolean {
  return expires !== null && Date.parse(expires) <= now.getTime();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => name.slice(0, -SUFFIX.length))
      .filter((id) => ID.test(id));
  } catch {
    return []; // none was ever made
  }
}

/** Null for what is not whole, or not ours: then nobody comes in by it. */
function readOne(folder: string, id: string): Kept | null {
  const file = join(folder, id + SUFFIX);
  try {
    if (statSync(file).size > MAX_FILE_BYTES) return null;
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isKept(read) && read.id === id ? read : null;
  } catch {
    return null;
  }
}

function isKept(read: unknown): read is Kept {
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return false;
  const { id, name, role, created, expires, token, sha256 }: Readonly<Record<string, unknown>> = { ...read };
  const isMoment = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return (
    typeof id === 'string' &&
    typeof name === 'string' &&
    ACCESS.some((one) => one === role) &&
    isMoment(created) &&
    (expires === null || isMoment(expires)) &&
    (token === null || typeof token === 'string') &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

function tokenOf(folder: string, { id, name, role, created, expires }: Kept): Token {
  const used = statSync(join(folder, id + USED), { throwIfNoEntry: false });
  return { id, name, role, created, expires, lastUsed: used === undefined ? null : used.mtime.toISOString() };
}

function sessionOf({ id, token, name, role, created, expires }: Kept): KeptSession {
  return { id, token, name, role, expires: expires ?? created };
}

/** Beside the token's own file: a write to that could bring back one that is being revoked. */
function noteUse(folder: string, id: string, now: Date): void {
  const file = join(folder, id + USED);
  const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
  try {
    if (statSync(file, { throwIfNoEntry: false })?.mtimeMs === hour.getTime()) return;
    writeFileSync(file, '', { mode: 0o600 });
    utimesSync(file, hour, hour);
  } catch {
    // A full disk keeps nobody out.
  }
}
