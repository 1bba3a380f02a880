/**
 * Signing in at an identity provider as HTTP: a browser is sent there, comes back, and has a session like any other; the session
 * lasts as long as the provider's word, is renewed by asking again, and ends when the provider says so. What the provider says
 * is checked in `oidc/`; who may do what stands in the table of routes.
 */
import { createHash } from 'node:crypto';
import type { HomePaths } from '../../store/home.ts';
import {
  beginSession,
  endSession,
  type KeptSession,
  providerSessions,
  renewSession,
  tokensOfSession,
} from '../../store/sessions.ts';
import { personOf } from '../oidc/claims.ts';
import { Errands, pagePath } from '../oidc/errand.ts';
import { type Failed, Provider } from '../oidc/provider.ts';
import type { ProviderSettings } from '../oidc/settings.ts';
import { TakenOnce } from '../oidc/taken-once.ts';

export interface ProviderSignInOptions {
  readonly home: HomePaths;
  readonly settings: ProviderSettings;
  /** The origin by which browsers reach the console: `https://weir.corp.example`. */
  readonly origin: string;
  /** Keeps that somebody came or went, or was refused. Does not throw. */
  readonly record: (by: string | null, what: string) => void;
  readonly log: (line: string) => void;
}

export type Returned =
  | { readonly kind: 'in'; readonly text: string; readonly maxAgeSeconds: number; readonly back: string }
  /** `isCounted`: the provider was asked for nothing, which is counted against the address. */
  | { readonly kind: 'refused'; readonly reason: string; readonly isCounted: boolean };

export const CALLBACK_PATH = '/api/v1/session/provider/callback';
export const AWAY_SECONDS = 600;
/** While the provider cannot be asked again, a session goes on, and it is tried again after this. */
const WAIT_MS = 60_000;
const MAX_QUERY = 12_000;

export class ProviderSignIn {
  readonly errands = new Errands();
  readonly #options: ProviderSignInOptions;
  readonly #provider: Provider;
  readonly #used = new TakenOnce();
  readonly #renewing = new Map<string, Promise<KeptSession | null>>();
  /** Of the settings that make a role of claims. */
  readonly #rules: string;
  #clockTold = '';

  constructor(options: ProviderSignInOptions) {
    this.#options = options;
    this.#provider = new Provider(options.settings);
    const { claim, roles, user } = options.settings;
    this.#rules = createHash('sha256')
      .update(JSON.stringify([claim, roles, user]))
      .digest('hex')
      .slice(0, 16);
  }

  get settings(): ProviderSettings {
    return this.#options.settings;
  }

  get origin(): string {
    return this.#options.origin;
  }

  /** Whether cookies go over TLS only. */
  get isSecure(): boolean {
    return this.#options.origin.startsWith('https:');
  }

  /** Where to send the browser, and the cookie that it takes along. `back`: the page that it asked for. */
  async begin(
    back: string,
    now: Date,
  ): Promise<{ readonly kind: 'begun'; readonly url: string; readonly cookie: string } | Failed> {
    const begun = await this.#provider.begin(this.#options.origin + CALLBACK_PATH);
    if (begun.kind !== 'begun') return begun;
    const errand = { kind: 'away', pending: begun.pending, back: pagePath(back) } as const;
    return { kind: 'begun', url: begun.url, cookie: this.errands.cookie(errand, AWAY_SECONDS, this.isSecure, now) };
  }

  /** Of a browser that came back. `search`: the query of the address, with its `?`. */
  async returned(search: string, cookies: string | undefined, now: Date): Promise<Returned> {
    const { home, settings, origin, record } = this.#options;
    const { name: provider, issuer } = settings;
    const errand = this.errands.of(cookies, now);
    // No event: whoever has a link can send a browser here.
    if (errand?.kind !== 'away' || search.length > MAX_QUERY) {
      const reason = 'this sign-in was not begun in this browser, or longer than ten minutes ago: begin again';
      return { kind: 'refused', reason, isCounted: false };
    }
    if (!this.#used.take(errand.pending.state, now.getTime() + AWAY_SECONDS * 1000, now.getTime())) {
      return { kind: 'refused', reason: 'this sign-in was used already: begin again', isCounted: false };
    }
    const answered = await this.#provider.finish(new URL(origin + CALLBACK_PATH + search), errand.pending);
    this.#tellClock();
    if (answered.kind !== 'answered' || answered.claims === null) {
      const reason = answered.kind === 'answered' ? `${provider} sent no ID token` : answered.reason;
      record(null, `sign-in to the console by ${provider} refused: ${reason}`);
      return { kind: 'refused', reason, isCounted: answered.kind === 'invalid' || answered.kind === 'declined' };
    }
    const person = personOf(answered.claims, settings);
    const who = `${person.name} (${person.subject} of ${provider})`;
    if (person.role === null) {
      record(person.name, `sign-in to the console refused: ${who} has no role: ${person.reason}`);
      const reason = `${provider} says that you are ${person.name}, and you have no role here: ${person.reason}. Whoever runs Weir gives roles (console.oidc.roles).`;
      return { kind: 'refused', reason, isCounted: false };
    }
    const { sid } = answered.claims;
    const expires = new Date(now.getTime() + settings.sessionMs);
    const begun = beginSession(
      home,
      {
        token: null,
        name: person.name,
        role: person.role,
        expires,
        provider: {
          issuer,
          subject: person.subject,
          sid: typeof sid === 'string' && sid !== '' ? sid : null,
          holds: new Date(Math.min(now.getTime() + answered.holdsMs, expires.getTime())).toISOString(),
          rules: this.#rules,
          tokens: answered.tokens,
        },
      },
      now,
    );
    if (begun === null) {
      return { kind: 'refused', reason: 'too many sessions are open; try again in a minute', isCounted: false };
    }
    record(person.name, `signed in to the console: ${who}, ${person.role}`);
    const maxAgeSeconds = Math.floor(settings.sessionMs / 1000);
    return { kind: 'in', text: begun.text, maxAgeSeconds, back: errand.back };
  }

  /**
   * A session as it is now: where the provider's word has run out it is asked again, once for all who wait. Null where the
   * session is over. `text`: of its cookie.
   */
  async current(session: KeptSession, text: string, now: Date): Promise<KeptSession | null> {
    const { provider } = session;
    if (provider === null) return session;
    // Of a provider that is no longer asked: its word holds no more.
    if (provider.issuer !== this.settings.issuer) return null;
    if (Date.parse(provider.holds) > now.getTime() && provider.rules === this.#rules) return session;
    const { id } = session;
    const renewing =
      this.#renewing.get(id) ?? this.#renewed(session, text, now).finally(() => this.#renewing.delete(id));
    this.#renewing.set(id, renewing);
    return renewing;
  }

  /** Where the browser of an ended session goes on, to end the provider's own; null for nowhere. Asked before it is ended. */
  leaving(text: string): Promise<string | null> {
    const { id } = tokensOfSession(this.#options.home, text);
    return this.#provider.endUrl(id, `${this.#options.origin}/signin`);
  }

  /** Ends what a logout token names. Null where it was believed, else why not. */
  async ended(logoutToken: string, now: Date): Promise<Failed | null> {
    const { home, settings, record } = this.#options;
    const ended = await this.#provider.ended(logoutToken, now);
    // No event: anybody can send one that is not to be trusted.
    if (ended.kind !== 'ended') return ended;
    const { subject, sid, said } = ended;
    const latest = said.getTime() + settings.skewMs;
    for (const session of providerSessions(home, settings.issuer, now)) {
      const { provider } = session;
      if (provider === null || Date.parse(session.created) > latest) continue;
      if (subject !== null && provider.subject !== subject) continue;
      // A session of which the provider never said which one it is goes with its person.
      if (sid !== null && provider.sid !== sid && !(provider.sid === null && subject !== null)) continue;
      endSession(home, session.id);
      record(session.name, `session in the console ended by ${settings.name}: ${session.name} (${provider.subject})`);
    }
    return null;
  }

  async #renewed(session: KeptSession, text: string, now: Date): Promise<KeptSession | null> {
    const { home, settings, record, log } = this.#options;
    const { provider, id, name } = session;
    if (provider === null) return session;
    const { refresh } = tokensOfSession(home, text);
    const end = (why: string): null => {
      endSession(home, id);
      record(name, `session in the console ended: ${name} (${provider.subject} of ${settings.name}): ${why}`);
      return null;
    };
    if (refresh === null) return end('its ID token has run out, and there is no refresh token');
    const answered = await this.#provider.refresh(refresh, provider.subject);
    this.#tellClock();
    const latest = Date.parse(session.expires);
    if (answered.kind === 'away') {
      // Who gave the role under other rules may have meant to take it.
      if (provider.rules !== this.#rules) return end(`who has which role was changed, and ${answered.reason}`);
      log(`weir: console: ${answered.reason}; the session of ${name} goes on meanwhile`);
      const holds = new Date(Math.min(Date.now() + WAIT_MS, latest));
      return renewSession(home, text, { role: session.role, holds, rules: this.#rules });
    }
    if (answered.kind !== 'answered') return end(answered.reason);
    const person = answered.claims === null ? null : personOf(answered.claims, settings);
    if (person?.role === null) return end(`no role any more: ${person.reason}`);
    const holds = new Date(Math.min(now.getTime() + answered.holdsMs, latest));
    // Nothing to judge by: of such a provider the role is looked at when somebody signs in.
    if (person === null && provider.rules !== this.#rules) return end('who has which role was changed');
    const role = person?.role ?? session.role;
    return renewSession(home, text, { role, holds, rules: this.#rules, tokens: answered.tokens });
  }

  #tellClock(): void {
    const problem = this.#provider.clockProblem ?? '';
    if (problem !== '' && this.#clockTold === '') this.#options.log(`weir: console: ${problem}`);
    this.#clockTold = problem;
  }
}
