/** Tokens by the API: who may come in, by whom that was changed is an event. */
import type { EventBody } from '../../flow/event.ts';
import type { HomePaths } from '../../store/home.ts';
import { ownEvent } from '../../store/own-events.ts';
import { createToken, listTokens, MAX_TOKENS, revokeToken, type Token } from '../../store/tokens.ts';
import { type Handlers, Refusal } from './desk.ts';
import type { TokenEntry } from './shapes.ts';

export const DEFAULT_EXPIRY = '90d';
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `30d`, `12h`, `2w`, `never` from now on; undefined for anything else. */
export function expiryOf(text: string, now: Date): Date | null | undefined {
  if (text === 'never') return null;
  const [, digits, unit = ''] = /^([1-9]\d{0,3})([hdw])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return digits === undefined || unitMs === undefined ? undefined : new Date(now.getTime() + Number(digits) * unitMs);
}

/** Why a token of this name cannot be made; null where it can. Reviews are signed with the name, so that it is one person's. */
export function tokenProblem(home: HomePaths, name: string, now: Date): string | null {
  const tokens = listTokens(home);
  if (tokens.length >= MAX_TOKENS) return `there are ${MAX_TOKENS} tokens already; revoke some`;
  const same = tokens.find((token) => token.name === name && !isExpired(token, now));
  return same === undefined ? null : `there is a token of this name, ${same.id}; revoke it first`;
}

function isExpired({ expires }: Token, now: Date): boolean {
  return expires !== null && Date.parse(expires) <= now.getTime();
}

export function tokenCreated(by: string | null, { name, role, expires, id }: Token): EventBody {
  const until = expires === null ? 'that does not expire' : `until ${expires}`;
  return ownEvent('admin', by, { reason: `token ${id} made: ${name}, ${role}, ${until}` });
}

export function tokenRevoked(by: string | null, { name, id }: Token): EventBody {
  return ownEvent('admin', by, { reason: `token ${id} revoked: ${name}` });
}

/** `record`: keeps an event; throws where it cannot. What is not on record is not done. */
export function tokenRoutes(
  home: HomePaths,
  record: (event: EventBody) => void,
): Handlers<'tokens' | 'createToken' | 'revokeToken'> {
  return {
    tokens: () => {
      const now = new Date();
      return { tokens: listTokens(home).map((token) => entryOf(token, now)) };
    },
    createToken: ({ by, body }) => {
      const now = new Date();
      const expires = expiryOf(body.expires ?? DEFAULT_EXPIRY, now);
      if (expires === undefined) throw new Refusal('bad_request', 'body.expires: expected such as 30d, 12h or never');
      const problem = tokenProblem(home, body.name, now);
      if (problem !== null) throw new Refusal('conflict', problem);
      const { text, token } = createToken(home, { name: body.name, role: body.role, expires }, now);
      try {
        record(tokenCreated(by.name, token));
      } catch (error) {
        revokeToken(home, token.id);
        throw error;
      }
      return { token: text, entry: entryOf(token, now) };
    },
    revokeToken: ({ by, parts }) => {
      const token = listTokens(home).find(({ id }) => id === parts['id']);
      if (token === undefined) throw new Refusal('not_found', 'there is no such token');
      // Closed even where nothing can be recorded.
      revokeToken(home, token.id);
      record(tokenRevoked(by.name, token));
      return null;
    },
  };
}

function entryOf(token: Token, now: Date): TokenEntry {
  return { ...token, isExpired: isExpired(token, now) };
}
