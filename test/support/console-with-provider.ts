/** The console's listener with its API and an identity provider, and nothing else of Weir: for tests of signing in. */
import type { TestContext } from 'node:test';
import { ProviderSignIn } from '../../console/api/provider-sign-in.ts';
import { createApi } from '../../console/api/server.ts';
import { startConsole } from '../../console/console.ts';
import { Metrics } from '../../console/metrics.ts';
import type { ProviderSettings } from '../../console/oidc/settings.ts';
import { type Home, openHome } from '../../store/home.ts';
import { afterwards, temporaryFolder } from '../store/samples.ts';
import { type CookieBrowser, nextOf, type Page } from './cookie-browser.ts';
import { CLIENT, SECRET } from './identity-provider.ts';

export interface ConsoleWithProvider {
  readonly home: Home;
  readonly url: string;
  /** Where people sign in; of the settings that were given last. */
  readonly signIn: ProviderSignIn;
  /** What was kept: by whom, and what. */
  readonly recorded: (readonly [by: string | null, what: string])[];
  readonly logged: string[];
  take(settings: Partial<ProviderSettings>): void;
}

export const ROLES = { admin: ['security-leads'], reviewer: ['security'], viewer: ['auditors'] } as const;

export async function startConsoleWithProvider(
  t: TestContext,
  given: Partial<ProviderSettings> & { readonly issuer: string },
): Promise<ConsoleWithProvider> {
  const home = openHome(temporaryFolder(t));
  const recorded: (readonly [string | null, string])[] = [];
  const logged: string[] = [];
  const made: { signIn: ProviderSignIn | null } = { signIn: null };
  const record = (by: string | null, what: string): void => void recorded.push([by, what]);
  const api = createApi({
    home,
    desk: { ask: async () => ({ kind: 'answer', json: '{}' }) },
    code: null,
    version: '1',
    host: 'build-7',
    names: [],
    stream: (_, response) => response.end(),
    provider: () => made.signIn,
    record,
  });
  const running = await startConsole({
    listen: { host: '127.0.0.1', port: 0 },
    names: [],
    parts: () => [],
    metrics: new Metrics('1'),
    gather: async () => {},
    pages: null,
    api,
  });
  afterwards(t, () => running.close());
  const base: ProviderSettings = {
    issuer: given.issuer,
    name: 'Corp',
    client: CLIENT,
    credential: { kind: 'secret', secret: SECRET },
    ca: [],
    scopes: ['openid', 'profile', 'email'],
    claim: 'groups',
    roles: ROLES,
    user: null,
    skewMs: 60_000,
    sessionMs: 12 * 3_600_000,
  };
  const take = (settings: Partial<ProviderSettings>): ProviderSignIn => {
    const log = (line: string): void => void logged.push(line);
    const next = { ...base, ...settings };
    made.signIn = new ProviderSignIn({ home, settings: next, origin: running.url, record, log });
    return made.signIn;
  };
  let signIn = take(given);
  return {
    home,
    url: running.url,
    get signIn() {
      return signIn;
    },
    recorded,
    logged,
    take(settings) {
      signIn = take(settings);
    },
  };
}

/** Begins as the page does; where the browser is sent. */
export async function sentTo(browser: CookieBrowser, url: string, back = '/'): Promise<URL> {
  const { status, json } = await browser.json('POST', `${url}/api/v1/session/provider`, { back });
  if (status !== 200 || typeof json?.['url'] !== 'string') throw new Error(`${status} ${JSON.stringify(json)}`);
  return new URL(json['url']);
}

/** Signs somebody in at `oidc-provider`, up to the answer of the console's callback. */
export async function signInAs(browser: CookieBrowser, url: string, who: string, back = '/'): Promise<Page> {
  const isCallback = (next: string): boolean => next.startsWith(`${url}/api/`);
  const at = await sentTo(browser, url, back);
  const asking = await browser.follow(at.href, isCallback);
  if (nextOf(asking) !== null) return arrive(browser, asking);
  const named = await browser.form(asking.url, { who });
  return arrive(browser, await browser.follow(nextOf(named) ?? '', isCallback));
}

/** As a navigation that a page of the provider begins. */
export function arrive(browser: CookieBrowser, page: Page): Promise<Page> {
  const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
  return browser.ask(nextOf(page) ?? '', { headers });
}

export async function stateOf(
  browser: CookieBrowser,
  url: string,
): Promise<{
  readonly session: { readonly name: string; readonly role: string; readonly from: string } | null;
  readonly provider: string | null;
  readonly problem: string | null;
}> {
  const { page } = await browser.json('GET', `${url}/api/v1/session`);
  return JSON.parse(page.text);
}
