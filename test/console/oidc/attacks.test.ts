/** What must not sign anybody in, or out: forged tokens, answers of others, links that lead elsewhere, replays. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { pagePath } from '../../../console/oidc/errand.ts';
import { sessionOfText } from '../../../store/sessions.ts';
import { afterwards } from '../../store/samples.ts';
import {
  type ConsoleWithProvider,
  sentTo,
  startConsoleWithProvider,
  stateOf,
} from '../../support/console-with-provider.ts';
import { CookieBrowser, nextOf, type Page } from '../../support/cookie-browser.ts';
import { type Claims, type ForgingProvider, startForgingProvider } from '../../support/forging-provider.ts';
import { CLIENT } from '../../support/identity-provider.ts';

const ADMIN = { groups: ['security-leads'] };
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} };

interface Place {
  readonly at: ConsoleWithProvider;
  readonly forger: ForgingProvider;
  readonly callback: string;
}

async function place(t: TestContext, given: Parameters<ConsoleWithProvider['take']>[0] = {}): Promise<Place> {
  const forger = await startForgingProvider(CLIENT);
  afterwards(t, () => forger.close());
  const at = await startConsoleWithProvider(t, { issuer: forger.issuer, ...given });
  return { at, forger, callback: `${at.url}/api/v1/session/provider/callback` };
}

const CAME = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };

/** Begins, and comes back with what the token endpoint then answers; `more` replaces parameters of the way back. */
async function signIn(
  { at, forger, callback }: Place,
  answer: Partial<ForgingProvider['answer']> = {},
  more: Readonly<Record<string, string | null>> = {},
): Promise<{ readonly browser: CookieBrowser; readonly page: Page; readonly problem: string | null }> {
  const browser = new CookieBrowser();
  const sent = await sentTo(browser, at.url);
  const nonce = sent.searchParams.get('nonce');
  const right = { claims: {}, header: {}, key: forger.key, body: null, status: 200 };
  forger.answer = { ...right, ...answer, claims: { nonce, ...ADMIN, ...answer.claims } };
  const back = new URLSearchParams({ code: 'c', state: sent.searchParams.get('state') ?? '' });
  for (const [name, value] of Object.entries(more)) value === null ? back.delete(name) : back.set(name, value);
  const page = await browser.ask(`${callback}?${back}`, { headers: CAME });
  const { problem } = await stateOf(browser, at.url);
  return { browser, page, problem };
}

async function isIn(browser: CookieBrowser, at: ConsoleWithProvider): Promise<boolean> {
  return (await stateOf(browser, at.url)).session !== null;
}

test('the request has state, nonce and a PKCE challenge, and the code is exchanged with its verifier', async (t) => {
  const where = await place(t);
  const browser = new CookieBrowser();
  const sent = await sentTo(browser, where.at.url);
  const asked = Object.fromEntries(sent.searchParams);
  assert.equal(sent.origin + sent.pathname, `${where.forger.issuer}/authorize`);
  assert.equal(asked['redirect_uri'], where.callback);
  assert.deepEqual(
    [asked['response_type'], asked['code_challenge_method'], asked['client_id']],
    ['code', 'S256', CLIENT],
  );
  for (const name of ['state', 'nonce', 'code_challenge']) assert.match(asked[name] ?? '', /^[\w-]{43}$/);
  const { browser: other } = await signIn(where);
  assert.ok(await isIn(other, where.at));
  assert.match(where.forger.forms.at(-1)?.get('code_verifier') ?? '', /^[\w-]{43}$/);
  assert.equal(where.forger.forms.at(-1)?.get('redirect_uri'), where.callback);
});

test('no ID token is taken that was not made for this sign-in by this provider, and why is said without its content', async (t) => {
  let where = await place(t);
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const cases: readonly (readonly [string, Partial<ForgingProvider['answer']>])[] = [
    ['for another client', { claims: { aud: 'another-client' } }],
    ['for several, and not made for us', { claims: { aud: [CLIENT, 'another-client'], azp: 'another-client' } }],
    ['of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['of another sign-in', { claims: { nonce: 'x' } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['signed by nobody', { header: { alg: 'none' }, key: null }],
    ['with the signature left out', { key: null }],
    ['signed with a key of somebody else', { key: stranger }],
    ['signed with another algorithm', { header: { alg: 'HS256' } }],
    ['signed with a key that is not published', { header: { kid: 'two' } }],
    ['no token at all', { body: { access_token: 'a', token_type: 'Bearer' } }],
  ];
  for (const [index, [name, answer]] of cases.entries()) {
    // Ten refusals a minute from one address are the limit of a listener.
    if (index % 9 === 0) where = await place(t);
    const { at } = where;
    const { browser, page, problem } = await signIn(where, answer);
    assert.equal(nextOf(page), `${at.url}/signin`, name);
    assert.equal(await isIn(browser, at), false, name);
    assert.match(problem ?? '', /^the answer of Corp is not to be trusted \(\w+(: \w+)?\)$/, name);
    assert.match(at.recorded.at(-1)?.[1] ?? '', /^sign-in to the console by Corp refused: the answer/, name);
  }
});

test('too many who come back with nothing have to wait; a token goes on working', async (t) => {
  const where = await place(t);
  for (let count = 0; count < 10; count++) await signIn(where, { claims: { aud: 'x' } });
  const { page } = await signIn(where);
  assert.equal(page.status, 429);
  assert.ok(Number(page.headers['retry-after']) > 0);
  const wrong = await new CookieBrowser().json('POST', `${where.at.url}/api/v1/session`, { token: 'none' });
  assert.equal(wrong.status, 401);
});

test('clocks may differ by the tolerance; beyond it the refusal names by how much', async (t) => {
  const where = await place(t, { skewMs: 60_000 });
  where.forger.aheadSeconds = -330; // its tokens hold 300 s: run out 30 s ago by our clock
  assert.ok(await isIn((await signIn(where)).browser, where.at));
  assert.match(where.at.logged[0] ?? '', /the clock of this host is 3[23]\d s ahead of that of Corp/);
  where.forger.aheadSeconds = -400;
  const { browser, problem } = await signIn(where);
  assert.equal(await isIn(browser, where.at), false);
  assert.match(problem ?? '', /^the clock of this host is (399|40\d) s ahead of that of Corp$/);
});

test('login CSRF: the answer to a sign-in that another browser began is not taken', async (t) => {
  const where = await place(t);
  const attacker = new CookieBrowser();
  const sent = await sentTo(attacker, where.at.url);
  where.forger.answer = { ...where.forger.answer, claims: { nonce: sent.searchParams.get('nonce'), ...ADMIN } };
  const link = `${where.callback}?code=c&state=${sent.searchParams.get('state')}`;
  const victim = new CookieBrowser();
  const page = await victim.ask(link, { headers: CAME });
  assert.equal(nextOf(page), `${where.at.url}/signin`);
  assert.equal(await isIn(victim, where.at), false);
  // Nor one of the victim's own that has another state.
  await sentTo(victim, where.at.url);
  await victim.ask(link, { headers: CAME });
  assert.equal(await isIn(victim, where.at), false);
  assert.equal(where.forger.forms.length, 0);
});

test('a sign-in begins at a page of the console alone', async (t) => {
  const { at } = await place(t);
  const url = `${at.url}/api/v1/session/provider`;
  const body = '{}';
  const type = { 'content-type': 'application/json' };
  for (const headers of [
    { ...type, origin: 'https://evil.example' },
    { ...type, 'sec-fetch-site': 'cross-site' },
    type,
  ]) {
    const { status } = await new CookieBrowser().ask(url, { method: 'POST', headers, body });
    assert.equal(status, 403);
  }
  assert.equal((await new CookieBrowser().ask(url)).status, 405);
  // By another name of the listener: the cookie would stay there.
  const named = new URL(url);
  named.hostname = 'localhost';
  const { status, json } = await new CookieBrowser().json('POST', named.href, {});
  assert.equal(status, 409);
  assert.match(
    String(json?.['error']),
    /^Corp sends browsers back to http:\/\/127\.0\.0\.1:\d+: open the console there$/,
  );
});

test('mix-up: an answer that names another issuer is not taken', async (t) => {
  const where = await place(t);
  const { browser, problem } = await signIn(where, {}, { iss: 'https://evil.example' });
  assert.equal(await isIn(browser, where.at), false);
  assert.match(problem ?? '', /not to be trusted/);
  assert.equal(where.forger.forms.length, 0);
  const announced = await place(t);
  announced.forger.metadata = { authorization_response_iss_parameter_supported: true };
  assert.equal(await isIn((await signIn(announced)).browser, announced.at), false);
  assert.equal(announced.forger.forms.length, 0);
  const right = await signIn(announced, {}, { iss: announced.forger.issuer });
  assert.ok(await isIn(right.browser, announced.at));
});

test('a provider that says it is another one, or leads to plain HTTP elsewhere, is not spoken to', async (t) => {
  const { at, forger } = await place(t);
  const begin = async () => {
    const { status, json } = await new CookieBrowser().json('POST', `${at.url}/api/v1/session/provider`, {});
    return `${status} ${String(json?.['error'])}`;
  };
  forger.metadata = { issuer: 'https://login.example/{tenant}' };
  assert.match(await begin(), /^500 /);
  forger.metadata = { token_endpoint: 'http://elsewhere.example/token' };
  at.take({ issuer: forger.issuer });
  const where = { at, forger, callback: `${at.url}/api/v1/session/provider/callback` };
  const { browser, problem } = await signIn(where);
  assert.equal(await isIn(browser, at), false);
  assert.match(problem ?? '', /http:\/\/elsewhere\.example is not asked: only https is, or http on this host/);
});

test('what the userinfo endpoint says gives no role: it is not asked', async (t) => {
  const where = await place(t);
  const { browser, problem } = await signIn(where, { claims: { groups: ['everyone'] } });
  assert.equal(await isIn(browser, where.at), false);
  assert.match(problem ?? '', /you have no role here/);
  assert.ok(!where.forger.asked.includes('/userinfo'));
});

test('claims are data: names of properties that objects have by themselves, nested and hostile values give nothing', async (t) => {
  const where = await place(t, { claim: '/__proto__/groups' });
  assert.equal(await isIn((await signIn(where)).browser, where.at), false);
  for (const groups of [
    [['security-leads']],
    { 0: 'security-leads' },
    'security-leads,auditors',
    ' security-leads',
    7,
    null,
  ]) {
    const other = await place(t);
    assert.equal(
      await isIn((await signIn(other, { claims: { groups } })).browser, other.at),
      false,
      JSON.stringify(groups),
    );
  }
});

test('a name from the provider is one line of letters, or the subject is taken', async (t) => {
  const where = await place(t);
  const named = async (claims: Claims): Promise<string | undefined> =>
    (await stateOf((await signIn(where, { claims })).browser, where.at.url)).session?.name;
  assert.equal(await named({ preferred_username: 'Ada Byron' }), 'Ada Byron');
  assert.equal(await named({ preferred_username: '<img src=x onerror=alert(1)>' }), 'somebody');
  assert.equal(await named({ preferred_username: 'ada\nadmin' }), 'somebody');
  assert.equal(await named({ email: 'boss@corp.example', email_verified: false }), 'somebody');
  assert.equal(await named({ email: 'ada@corp.example' }), 'ada@corp.example');
});

test('whoever comes back is led to a page of the console, wherever the link wanted to lead', async (t) => {
  for (const back of ['/', '/map', '/blocked?state=open&event=01J', '/map?q=class%3AUS_SSN']) {
    assert.equal(pagePath(back), back);
  }
  for (const back of [
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    '/.//evil.example',
    '/api/v1/events',
    '/map\r\nSet-Cookie: a=b',
    '/signin?code=x',
    '',
    `/map?q=${'x'.repeat(3000)}`,
  ]) {
    assert.equal(pagePath(back), '/', JSON.stringify(back));
  }
  const { at, forger, callback } = await place(t);
  const browser = new CookieBrowser();
  const sent = await sentTo(browser, at.url, '//evil.example/');
  forger.answer = { ...forger.answer, claims: { nonce: sent.searchParams.get('nonce'), ...ADMIN } };
  const page = await browser.ask(`${callback}?code=c&state=${sent.searchParams.get('state')}`, { headers: CAME });
  assert.equal(page.headers.location, '/');
});

test('a cookie that was changed, or made by another process, is nobody', async (t) => {
  const where = await place(t);
  const { browser } = await signIn(where);
  const [cookie] = browser.cookies;
  assert.ok(cookie);
  for (const value of [`${cookie.value.slice(0, -1)}${cookie.value.endsWith('A') ? 'B' : 'A'}`, 'x'.repeat(60)]) {
    browser.cookies = [{ ...cookie, value }];
    assert.equal(await isIn(browser, where.at), false);
  }
  const errand = new CookieBrowser();
  const sent = await sentTo(errand, where.at.url);
  where.at.take({ issuer: where.forger.issuer }); // a new key, as after a restart
  const back = `${where.callback}?code=c&state=${sent.searchParams.get('state')}`;
  assert.equal(nextOf(await errand.ask(back, { headers: CAME })), `${where.at.url}/signin`);
  assert.equal(await isIn(errand, where.at), false);
});

test('a logout token ends sessions only when it is one: signed, for us, now, once, and no other kind of token', async (t) => {
  const where = await place(t);
  const { at, forger } = where;
  const sid = 'session-at-corp';
  const { browser } = await signIn(where, { claims: { sid } });
  const text = browser.cookies.find(({ name }) => name === 'weir_session')?.value ?? '';
  const url = `${at.url}/api/v1/session/provider/logout`;
  const iat = forger.now();
  const right = {
    iss: forger.issuer,
    aud: CLIENT,
    iat,
    exp: iat + 120,
    jti: 'one',
    events: EVENTS,
    sid,
    sub: 'somebody',
  };
  const post = (token: string): Promise<Page> => new CookieBrowser().form(url, { logout_token: token });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const wrong: Readonly<Record<string, string>> = {
    'another issuer': forger.jwt({ ...right, iss: 'https://evil.example' }),
    'another audience': forger.jwt({ ...right, aud: 'another-client' }),
    'an ID token': forger.jwt({ ...right, events: undefined }),
    'a nonce': forger.jwt({ ...right, nonce: 'n' }),
    'another event': forger.jwt({ ...right, events: { 'http://schemas.openid.net/event/other': {} } }),
    'an event that is no object': forger.jwt({ ...right, events: { [Object.keys(EVENTS)[0] ?? '']: 'x' } }),
    'no jti': forger.jwt({ ...right, jti: undefined }),
    'no iat': forger.jwt({ ...right, iat: undefined }),
    'too old': forger.jwt({ ...right, iat: iat - 900, exp: iat - 600 }),
    'too old, without an end': forger.jwt({ ...right, iat: iat - 900, exp: undefined }),
    'from the future': forger.jwt({ ...right, iat: iat + 900, exp: iat + 1000 }),
    'nobody named': forger.jwt({ ...right, sid: undefined, sub: undefined }),
    'no signature': forger.jwt(right, { alg: 'none' }, null),
    'another key': forger.jwt(right, {}, stranger),
    'a shared secret': forger.jwt(right, { alg: 'HS256' }),
    'no token': 'x',
  };
  for (const [name, token] of Object.entries(wrong)) {
    const { status, text: said, headers } = await post(token);
    assert.equal(status, 400, name);
    assert.equal(JSON.parse(said).error, 'invalid_request', name);
    assert.equal(headers['cache-control'], 'no-store');
    assert.ok(sessionOfText(at.home, text, new Date()), name);
  }
  const events = at.recorded.length;
  const good = forger.jwt(right, { typ: 'logout+jwt' });
  assert.equal((await post(good)).status, 200);
  assert.equal(sessionOfText(at.home, text, new Date()), null);
  assert.equal(at.recorded.length, events + 1);
  // Sent again it ends nothing that began since.
  const { browser: again } = await signIn(where, { claims: { sid } });
  const replayed = await post(good);
  assert.equal(replayed.status, 400);
  assert.match(JSON.parse(replayed.text).error_description, /taken before \(jti\)/);
  assert.ok(await isIn(again, at));
  // By the person alone: all of that person's.
  const { browser: other } = await signIn(where, { claims: { sub: 'another', sid: 'b' } });
  assert.equal((await post(forger.jwt({ ...right, jti: 'two', sid: undefined }))).status, 200);
  assert.equal(await isIn(again, at), false);
  assert.ok(await isIn(other, at));
  assert.equal((await new CookieBrowser().ask(url)).status, 405);
  const twice = `logout_token=${good}&logout_token=${good}`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  assert.equal((await new CookieBrowser().ask(url, { method: 'POST', headers, body: twice })).status, 400);
});

test('a logout token of before does not end a session that began after it was made', async (t) => {
  const where = await place(t, { skewMs: 1000 });
  const { at, forger } = where;
  const { browser } = await signIn(where, { claims: { sid: 'a' } });
  const iat = forger.now() - 30;
  const token = forger.jwt({
    iss: forger.issuer,
    aud: CLIENT,
    iat,
    exp: iat + 120,
    jti: 'old',
    events: EVENTS,
    sub: 'somebody',
  });
  const url = `${at.url}/api/v1/session/provider/logout`;
  assert.equal((await new CookieBrowser().form(url, { logout_token: token })).status, 200);
  assert.ok(await isIn(browser, at));
});

test('a refresh that answers about somebody else ends the session', async (t) => {
  const where = await place(t);
  const { at, forger } = where;
  const { browser } = await signIn(where);
  const text = browser.cookies.find(({ name }) => name === 'weir_session')?.value ?? '';
  const session = sessionOfText(at.home, text, new Date());
  assert.ok(session?.provider);
  forger.answer = { ...forger.answer, claims: { sub: 'another', ...ADMIN } };
  assert.equal(await at.signIn.current(session, text, new Date(Date.parse(session.provider.holds) + 1)), null);
  assert.match(at.recorded.at(-1)?.[1] ?? '', /the ID token is about somebody else/);
});
