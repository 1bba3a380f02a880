/**
 * Sessions of the console, a small file each in home (`kept-secrets.ts`). One begins with a token, with the link that is printed
 * at the start, or at the word of an identity provider. Of the provider's tokens nothing can be read from the file alone: they
 * are sealed under a key that comes from the cookie's secret, which no file has.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Access } from '../flow/access.ts';
import type { HomePaths } from './home.ts';
import {
  dropKept,
  isMoment,
  isOver,
  type Kept,
  keptIds,
  keptOfText,
  makeSecret,
  partsOf,
  readKept,
  writeKept,
} from './kept-secrets.ts';
import { tokenHolds } from './tokens.ts';

/** What an identity provider said at the beginning, or when it was last asked. */
export interface ProvidersWord {
  readonly issuer: string;
  /** Who it is there (`sub`). */
  readonly subject: string;
  /** The provider's own session (`sid`); null where it named none. */
  readonly sid: string | null;
  /** RFC 3339: until when the word holds; after that it is asked again. */
  readonly holds: string;
  /** Names the rules by which the role was given: under others it is asked again. */
  readonly rules: string;
}

/** With which a provider is asked again, and told of a sign-out. */
export interface ProviderTokens {
  readonly refresh: string | null;
  readonly id: string | null;
}

export interface KeptSession {
  readonly id: string;
  /** The token it began with. */
  readonly token: string | null;
  /** Null where it began with a token or the link. */
  readonly provider: ProvidersWord | null;
  readonly name: string;
  readonly role: Access;
  /** RFC 3339. */
  readonly created: string;
  readonly expires: string;
}

interface More {
  readonly token: string | null;
  readonly provider: (ProvidersWord & { readonly sealed: string | null }) | null;
}

const MAX_SESSIONS = 1000;
/** What is longer is not kept: then the provider is not asked again, or is not told who leaves. */
const MAX_TOKEN_CHARACTERS = 6000;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Begins a session; its text goes into a cookie. Those that have run out are removed. Null: there are too many. */
export function beginSession(
  home: HomePaths,
  session: {
    readonly token: string | null;
    readonly name: string;
    readonly role: Access;
    readonly expires: Date;
    readonly provider?: ProvidersWord & { readonly tokens: ProviderTokens };
  },
  now: Date,
): { readonly text: string; readonly session: KeptSession } | null {
  const folder = sessionsFolder(home);
  let count = 0;
  for (const id of keptIds(folder)) {
    const old = readKept(folder, id, moreOf);
    if (old === null || isOver(old, now)) dropKept(folder, id);
    else count++;
  }
  if (count >= MAX_SESSIONS) return null;
  const { token, provider } = session;
  const more = (id: string, secret: string): More => {
    if (provider === undefined) return { token, provider: null };
    const { tokens, ...word } = provider;
    return { token, provider: { ...word, sealed: seal(tokens, id, secret) } };
  };
  const { text, kept } = makeSecret(folder, session, more, now);
  return { text, session: sessionOf(kept) };
}

/** The session that the text of a cookie is, if it still holds, and the token it began with too. */
export function sessionOfText(home: HomePaths, text: string, now: Date): KeptSession | null {
  const kept = keptOfText(sessionsFolder(home), text, moreOf, now);
  if (kept === null) return null;
  if (kept.token !== null && !tokenHolds(home, kept.token, now)) return null;
  return sessionOf(kept);
}

/** The provider's tokens of a session; nothing where there are none, or the text is not its own. */
export function tokensOfSession(home: HomePaths, text: string): ProviderTokens {
  const { id, secret } = partsOf(text);
  const sealed = readKept(sessionsFolder(home), id, moreOf)?.provider?.sealed ?? null;
  return (sealed === null ? null : unseal(sealed, id, secret)) ?? { refresh: null, id: null };
}

/** Keeps what a provider said anew; null where the session has ended meanwhile. `tokens` absent: as they were. */
export function renewSession(
  home: HomePaths,
  text: string,
  renewed: { readonly role: Access; readonly holds: Date; readonly rules: string; readonly tokens?: ProviderTokens },
): KeptSession | null {
  const folder = sessionsFolder(home);
  const { id, secret } = partsOf(text);
  const kept = readKept(folder, id, moreOf);
  if (kept === null || kept.provider === null) return null;
  const sealed = renewed.tokens === undefined ? kept.provider.sealed : seal(renewed.tokens, id, secret);
  const next = {
    ...kept,
    role: renewed.role,
    provider: { ...kept.provider, holds: renewed.holds.toISOString(), rules: renewed.rules, sealed },
  };
  writeKept(folder, next);
  return sessionOf(next);
}

/** Whether a session, or a token that is used without one, still lets somebody in without asking anybody. */
export function sessionHolds(
  home: HomePaths,
  { session, token }: { readonly session: string | null; readonly token: string | null },
  now: Date,
): boolean {
  if (session !== null) {
    const kept = readKept(sessionsFolder(home), session, moreOf);
    if (kept === null || isOver(kept, now)) return false;
    if (kept.provider !== null && isOver({ expires: kept.provider.holds }, now)) return false;
  }
  return token === null || tokenHolds(home, token, now);
}

/** Those that a provider began and that have not run out. */
export function providerSessions(home: HomePaths, issuer: string, now: Date): readonly KeptSession[] {
  const folder = sessionsFolder(home);
  return keptIds(folder).flatMap((id) => {
    const kept = readKept(folder, id, moreOf);
    return kept?.provider?.issuer === issuer && !isOver(kept, now) ? [sessionOf(kept)] : [];
  });
}

export function endSession(home: HomePaths, id: string): void {
  dropKept(sessionsFolder(home), id);
}

function sessionsFolder(home: HomePaths): string {
  return join(home.path, 'sessions');
}

function moreOf({ token, provider }: Readonly<Record<string, unknown>>): More | null {
  if (token !== null && typeof token !== 'string') return null;
  // As before there were providers.
  if (provider === undefined || provider === null) return { token, provider: null };
  if (typeof provider !== 'object') return null;
  const { issuer, subject, sid, holds, rules, sealed }: Readonly<Record<string, unknown>> = { ...provider };
  if (typeof issuer !== 'string' || typeof subject !== 'string') return null;
  if (typeof rules !== 'string' || !isMoment(holds)) return null;
  if ((sid !== null && typeof sid !== 'string') || (sealed !== null && typeof sealed !== 'string')) return null;
  return { token, provider: { issuer, subject, sid, holds, rules, sealed } };
}

function sessionOf({ id, token, provider, name, role, created, expires }: Kept & More): KeptSession {
  if (provider === null) return { id, token, provider, name, role, created, expires: expires ?? created };
  const { sealed: _, ...word } = provider;
  return { id, token, provider: word, name, role, created, expires: expires ?? created };
}

function keyOf(id: string, secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, id, 'weir: tokens of a session', 32));
}

/** AES-256-GCM, a new nonce each time; null where nothing is to be kept. */
function seal(tokens: ProviderTokens, id: string, secret: string): string | null {
  const short = (token: string | null): string | null =>
    token !== null && token.length <= MAX_TOKEN_CHARACTERS ? token : null;
  const kept: ProviderTokens = { refresh: short(tokens.refresh), id: short(tokens.id) };
  if (kept.refresh === null && kept.id === null) return null;
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyOf(id, secret), iv);
  const body = Buffer.concat([cipher.update(JSON.stringify(kept), 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function unseal(sealed: string, id: string, secret: string): ProviderTokens | null {
  try {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', keyOf(id, secret), bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
    const { refresh, id: idToken }: Readonly<Record<string, unknown>> = JSON.parse(text.toString('utf8'));
    return {
      refresh: typeof refresh === 'string' ? refresh : null,
      id: typeof idToken === 'string' ? idToken : null,
    };
  } catch {
    return null; // changed, or of another secret
  }
}
