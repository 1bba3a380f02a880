/**
 * Who asks: by a bearer token, by the cookie of a session, or nobody. Sessions begin with a token, with the one-time code of the
 * link that is printed at the start, or at an identity provider (`provider-sign-in.ts`). It decides who somebody is; what they
 * may do stands in the table of routes.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Access } from '../../flow/access.ts';
import type { HomePaths } from '../../store/home.ts';
import { beginSession, endSession, type KeptSession, sessionOfText } from '../../store/sessions.ts';
import { tokenOfText } from '../../store/tokens.ts';
import type { ProviderSignIn } from './provider-sign-in.ts';

/** Somebody who was let in. `session`: the id of a session by cookie; null for a bearer token. */
export interface Visitor {
  readonly name: string;
  readonly role: Access;
  readonly session: string | null;
  /** The id of the token that this is, or began with; null for the others. */
  readonly token: string | null;
  readonly expires: string | null;
  /** What the session began with; a bearer token is `token`. */
  readonly from: 'link' | 'token' | 'provider';
  /** What their calls are counted together by. */
  readonly key: string;
}

export const COOKIE = 'weir_session';
const CODE_MS = 600_000;
const SESSION_MS = 12 * 3_600_000;
const CODE_BYTES = 24;

/** A one-time code: good once, for ten minutes, from this process alone. */
export class OneTimeCode {
  readonly name: string;
  readonly text: string;
  readonly #digest: Buffer;
  readonly #until: number;
  readonly #now: () => number;
  #isUsed = false;

  /** `name`: whom the session is for, who runs this process. */
  constructor(name: string, now: () => number = () => performance.now()) {
    this.name = name;
    this.text = randomBytes(CODE_BYTES).toString('base64url');
    this.#digest = digest(this.text);
    this.#now = now;
    this.#until = now() + CODE_MS;
  }

  /** True once. */
  use(text: string): boolean {
    const isRight = timingSafeEqual(digest(text), this.#digest);
    if (!isRight || this.#isUsed || this.#now() >= this.#until) return false;
    this.#isUsed = true;
    return true;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** `Set-Cookie` for a session just begun, and who it is; null where the credential is none. */
export function signIn(
  home: HomePaths,
  given: { readonly code: string } | { readonly token: string },
  code: OneTimeCode | null,
  now: Date,
): { readonly visitor: Visitor; readonly text: string; readonly maxAgeSeconds: number } | 'refused' | 'full' {
  let who: { readonly name: string; readonly role: Access; readonly token: string | null };
  let until = now.getTime() + SESSION_MS;
  if ('code' in given) {
    if (code === null || !code.use(given.code)) return 'refused';
    who = { name: code.name, role: 'admin', token: null };
  } else {
    const token = tokenOfText(home, given.token, now);
    if (token === null) return 'refused';
    who = { name: token.name, role: token.role, token: token.id };
    if (token.expires !== null) until = Math.min(until, Date.parse(token.expires));
  }
  const begun = beginSession(home, { ...who, expires: new Date(until) }, now);
  if (begun === null) return 'full';
  return {
    visitor: visitorOfSession(begun.session),
    text: begun.text,
    maxAgeSeconds: Math.floor((until - now.getTime()) / 1000),
  };
}

/** Who sends a request. `wrong`: there is a credential, and it is none of ours. */
export async function visitorOf(
  home: HomePaths,
  request: IncomingMessage,
  provider: ProviderSignIn | null,
  now: Date,
): Promise<Visitor | 'nobody' | 'wrong'> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, text = ''] = /^Bearer +([\w-]{1,200})$/i.exec(authorization) ?? [];
    const token = tokenOfText(home, text, now);
    if (token === null) return 'wrong';
    const { id, name, role, expires } = token;
    return { name, role, session: null, token: id, expires, from: 'token', key: `token ${id}` };
  }
  const text = cookieOf(request);
  if (text === null) return 'nobody';
  const session = sessionOfText(home, text, now);
  // One that has run out, or was signed out elsewhere, is nobody: its browser still sends it.
  if (session === null) return 'nobody';
  if (session.provider === null) return visitorOfSession(session);
  const current = (await provider?.current(session, text, now)) ?? null;
  return current === null ? 'nobody' : visitorOfSession(current);
}

function visitorOfSession({ id, name, role, token, provider, expires }: KeptSession): Visitor {
  const from = provider !== null ? 'provider' : token === null ? 'link' : 'token';
  return { name, role, session: id, token, expires, from, key: `session ${id}` };
}

export function signOut(home: HomePaths, visitor: Visitor): void {
  if (visitor.session !== null) endSession(home, visitor.session);
}

/** Cookies know no port: what another listener of this host set under the same name comes too, and each is tried by its form. */
export function cookieOf({ headers }: IncomingMessage): string | null {
  for (const part of (headers.cookie ?? '').slice(0, 8192).split(';')) {
    const [, text] = /^\s*weir_session=([\w-]{1,200})\s*$/.exec(part) ?? [];
    if (text !== undefined) return text;
  }
  return null;
}

/** `isSecure`: the browser speaks TLS, to a proxy before this listener. */
export function cookieText(text: string, maxAgeSeconds: number, isSecure: boolean): string {
  return `${COOKIE}=${text}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${isSecure ? '; Secure' : ''}`;
}
