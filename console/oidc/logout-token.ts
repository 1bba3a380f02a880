/**
 * Logout tokens: a provider's signed word that somebody's sessions have ended (OpenID Connect Back-Channel Logout 1.0 §2.6).
 * Each is taken once. What may stand in one is checked here; what it ends is the caller's.
 */
import type { JWTVerifyGetKey } from 'jose';
import { ProviderAway } from './provider-fetch.ts';
import type { TakenOnce } from './taken-once.ts';

export interface EndedByProvider {
  readonly kind: 'ended';
  /** All sessions of somebody, or with `sid` that one; at least one of the two is there. */
  readonly subject: string | null;
  readonly sid: string | null;
  /** When the provider said so: a session that began later is another one. */
  readonly said: Date;
}

interface LogoutTokenOptions {
  readonly jose: typeof import('jose');
  readonly keys: JWTVerifyGetKey;
  readonly issuer: string;
  /** The audience. */
  readonly client: string;
  readonly algorithms: readonly string[];
  readonly skewMs: number;
  readonly taken: TakenOnce;
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** For a provider whose tokens name no end. */
const MAX_AGE_MS = 300_000;

export class LogoutTokens {
  readonly #options: LogoutTokenOptions;

  constructor(options: LogoutTokenOptions) {
    this.#options = options;
  }

  /** What a token ends; else what is wrong with it. Rejects with ProviderAway where its keys cannot be had. */
  async read(token: string, now: Date): Promise<EndedByProvider | string> {
    const { jose, keys, issuer, client, algorithms, skewMs, taken } = this.#options;
    let claims: Readonly<Record<string, unknown>>;
    try {
      const { payload } = await jose.jwtVerify(token, keys, {
        issuer,
        audience: client,
        algorithms: [...algorithms],
        clockTolerance: Math.max(1, Math.round(skewMs / 1000)),
        currentDate: now,
        requiredClaims: ['iat', 'jti', 'events'],
      });
      claims = payload;
    } catch (error) {
      if (error instanceof ProviderAway) throw error;
      if (error instanceof Error && error.cause instanceof ProviderAway) throw error.cause;
      return `the logout token is not to be trusted (${error instanceof jose.errors.JOSEError ? error.code : 'unexpected'})`;
    }
    const { iat, exp, jti, events, sub, sid } = claims;
    if ('nonce' in claims) return 'a logout token has no nonce: this is another kind of token';
    if (!isLogout(events)) return 'its events do not name a logout';
    if (typeof jti !== 'string' || jti === '' || jti.length > 500) return 'its jti is none';
    const said = typeof iat === 'number' ? iat * 1000 : Number.NaN;
    const ends = typeof exp === 'number' ? exp * 1000 : said + MAX_AGE_MS;
    if (!(said <= now.getTime() + skewMs)) return 'its iat is in the future';
    if (ends + skewMs <= now.getTime()) return 'its iat is too long ago';
    const subject = typeof sub === 'string' && sub !== '' ? sub : null;
    const ofSession = typeof sid === 'string' && sid !== '' ? sid : null;
    if (subject === null && ofSession === null) return 'it names neither sub nor sid';
    if (!taken.take(jti, ends + skewMs, now.getTime())) return 'it was taken before (jti)';
    return { kind: 'ended', subject, sid: ofSession, said: new Date(said) };
  }
}

function isLogout(events: unknown): boolean {
  if (typeof events !== 'object' || events === null || !Object.hasOwn(events, EVENT)) return false;
  const member = Object.entries(events).find(([name]) => name === EVENT)?.[1];
  return typeof member === 'object' && member !== null && !Array.isArray(member);
}
