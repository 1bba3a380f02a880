/**
 * Tokens: who may open the console and its API, a small file each in home (`kept-secrets.ts`). What is revoked is a file that
 * is gone, and the sessions that began with it end with it.
 */
import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Access } from '../flow/access.ts';
import type { HomePaths } from './home.ts';
import { isOver, KEPT_ID, KEPT_SUFFIX, type Kept, keptIds, keptOfText, makeSecret, readKept } from './kept-secrets.ts';

export interface Token {
  /** 12 hexadecimal digits; no secret. */
  readonly id: string;
  readonly name: string;
  readonly role: Access;
  /** RFC 3339. */
  readonly created: string;
  /** Null: never. */
  readonly expires: string | null;
  /** To the hour; null where it never was. */
  readonly lastUsed: string | null;
}

/** Of whoever a token is for: it stands in reviews, events and tables. */
export const TOKEN_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

const USED = '.used';
const HOUR_MS = 3_600_000;
export const MAX_TOKENS = 1000;

/** Of those that are there, expired ones included, by name. */
export function listTokens(home: HomePaths): readonly Token[] {
  const folder = tokensFolder(home);
  const tokens = keptIds(folder).flatMap((id) => {
    const kept = readKept(folder, id, nothingMore);
    return kept === null ? [] : [tokenOf(folder, kept)];
  });
  return tokens.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** A new token; its text is nowhere kept. The caller has looked that the name is free. Throws the file system's errors. */
export function createToken(
  home: HomePaths,
  who: { readonly name: string; readonly role: Access; readonly expires: Date | null },
  now: Date,
): { readonly text: string; readonly token: Token } {
  const folder = tokensFolder(home);
  const made = makeSecret(folder, who, () => ({}), now);
  return { text: `weir_${made.text}`, token: tokenOf(folder, made.kept) };
}

/** False where there is none of this id. Sessions begun with it end with it. */
export function revokeToken(home: HomePaths, id: string): boolean {
  if (!KEPT_ID.test(id)) return false;
  const folder = tokensFolder(home);
  const wasThere = statSync(join(folder, id + KEPT_SUFFIX), { throwIfNoEntry: false }) !== undefined;
  for (const suffix of [KEPT_SUFFIX, USED]) rmSync(join(folder, id + suffix), { force: true });
  return wasThere;
}

/** The token that a text is, if it is one and still holds. Takes note that it was used. */
export function tokenOfText(home: HomePaths, text: string, now: Date): Token | null {
  const folder = tokensFolder(home);
  const kept = keptOfText(folder, text, nothingMore, now);
  if (kept === null) return null;
  noteUse(folder, kept.id, now);
  return tokenOf(folder, kept);
}

/** Whether the token of an id is there and has not run out. */
export function tokenHolds(home: HomePaths, id: string, now: Date): boolean {
  const kept = readKept(tokensFolder(home), id, nothingMore);
  return kept !== null && !isOver(kept, now);
}

function tokensFolder(home: HomePaths): string {
  return join(home.path, 'tokens');
}

function nothingMore(): object {
  return {};
}

function tokenOf(folder: string, { id, name, role, created, expires }: Kept): Token {
  const used = statSync(join(folder, id + USED), { throwIfNoEntry: false });
  return { id, name, role, created, expires, lastUsed: used === undefined ? null : used.mtime.toISOString() };
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
