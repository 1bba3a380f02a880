/** Signing in to the console at an identity provider, against `oidc-provider`: in, renewed, out, and ended by the provider. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { sessionHolds, sessionOfText } from '../../../store/sessions.ts';
import { afterwards } from '../../store/samples.ts';
import {
  arrive,
  type ConsoleWithProvider,
  ROLES,
  sentTo,
  signInAs,
  startConsoleWithProvider,
  stateOf,
} from '../../support/console-with-provider.ts';
import { CookieBrowser, nextOf } from '../../support/cookie-browser.ts';
import {
  CLIENT,
  type ClientSettings,
  type IdentityProvider,
  SECRET,
  startIdentityProvider,
} from '../../support/identity-provider.ts';

type Given = Parameters<ConsoleWithProvider['take']>[0];

async function place(
  t: TestContext,
  given: Given = {},
  client: Partial<ClientSettings> = {},
): Promise<{ readonly at: ConsoleWithProvider; readonly corp: IdentityProvider; readonly browser: CookieBrowser }> {
  const corp = await startIdentityProvider();
  afterwards(t, () => corp.close());
  const at = await startConsoleWithProvider(t, { issuer: corp.issuer, ...given });
  corp.register({ origin: at.url, ...client });
  return { at, corp, browser: new CookieBrowser() };
}

const sessionCookie = (browser: CookieBrowser): string =>
  browser.cookies.find(({ name }) => name === 'weir_session')?.value ?? '';

test('somebody with a group that has a role is led back to the page, signed in, and that is an event', async (t) => {
  const { at, browser } = await place(t);
  const page = await signInAs(browser, at.url, 'ravi', '/blocked?state=open');
  assert.equal(page.status, 303, page.text);
  assert.equal(nextOf(page), `${at.url}/blocked?state=open`);
  const cookies = page.headers['set-cookie'] ?? [];
  assert.match(cookies[0] ?? '', /^weir_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  assert.match(cookies[1] ?? '', /^weir_errand=; Path=\/api\/v1\/session; HttpOnly; SameSite=Lax; Max-Age=0$/);
  const { session, provider } = await stateOf(browser, at.url);
  assert.deepEqual([session?.name, session?.role, session?.from, provider], ['ravi', 'reviewer', 'provider', 'Corp']);
  assert.deepEqual(at.recorded, [['ravi', 'signed in to the console: ravi (ravi of Corp), reviewer']]);
});

test('groups come as a list or a string, from a claim or below one; the strongest role holds', async (t) => {
  const { at, corp, browser } = await place(t);
  await signInAs(browser, at.url, 'vera');
  assert.equal((await stateOf(browser, at.url)).session?.role, 'viewer');
  corp.people.set('both', { claims: { groups: ['auditors', 'security-leads', 'security'] } });
  const other = new CookieBrowser();
  await signInAs(other, at.url, 'both');
  assert.deepEqual((await stateOf(other, at.url)).session?.role, 'admin');
  at.take({ issuer: corp.issuer, claim: '/realm_access/roles', roles: { ...ROLES, admin: ['weir-admin'] } });
  const third = new CookieBrowser();
  await signInAs(third, at.url, 'nora');
  const { session } = await stateOf(third, at.url);
  assert.deepEqual([session?.name, session?.role], ['nora@corp.example', 'admin']);
});

test('whoever has no role gets no session, but a page that says why', async (t) => {
  const { at, browser } = await place(t);
  for (const [who, why] of [
    ['norma', /norma, and you have no role here: no value of its claim groups gives one \(there are 1\)/],
    ['nick', /nick, and you have no role here: its ID token has no claim groups/],
  ] as const) {
    const other = new CookieBrowser();
    const page = await signInAs(other, at.url, who, '/map');
    assert.equal(nextOf(page), `${at.url}/signin`);
    assert.equal(sessionCookie(other), '');
    const { session, problem } = await stateOf(other, at.url);
    assert.equal(session, null);
    assert.match(problem ?? '', why);
    assert.match(at.recorded.at(-1)?.[1] ?? '', new RegExp(`^sign-in to the console refused: ${who} `));
  }
  // Another browser hears nothing of it.
  assert.equal((await stateOf(browser, at.url)).problem, null);
});

test('whoever gives up at the provider is told so', async (t) => {
  const { at, browser } = await place(t);
  await signInAs(browser, at.url, 'cancel');
  assert.equal((await stateOf(browser, at.url)).problem, 'Corp answered access_denied');
});

test('a client shows who it is with a key (private_key_jwt)', async (t) => {
  for (const type of ['rsa', 'ec', 'ed25519'] as const) {
    const { privateKey, publicKey } =
      type === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : type === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' };
    const credential = { kind: 'key', pem, id: 'k1' } as const;
    const { at, browser } = await place(t, { credential }, { authentication: 'private_key_jwt', keys: [jwk] });
    await signInAs(browser, at.url, 'ada');
    const { session, problem } = await stateOf(browser, at.url);
    assert.deepEqual([type, session?.role, problem], [type, 'admin', null]);
  }
});

test('no token of the provider can be read from home, and none is in the browser', async (t) => {
  const { at, browser } = await place(t);
  await signInAs(browser, at.url, 'ada');
  const folder = join(at.home.path, 'sessions');
  const [file = ''] = readdirSync(folder);
  const text = readFileSync(join(folder, file), 'utf8');
  assert.doesNotMatch(text, /eyJ|security-leads/);
  assert.match(text, /"sealed":"[\w-]{100,}"/);
  assert.deepEqual(
    browser.cookies.filter(({ value }) => /eyJ/.test(value)),
    [],
  );
});

test('when the word of the provider has run out it is asked again, once for all that wait, and the role is what it says', async (t) => {
  const { at, corp, browser } = await place(t);
  await signInAs(browser, at.url, 'ada');
  const text = sessionCookie(browser);
  const session = sessionOfText(at.home, text, new Date());
  assert.ok(session?.provider);
  const later = new Date(Date.parse(session.provider.holds) + 1000);
  assert.equal(sessionHolds(at.home, { session: session.id, token: null }, later), false);
  corp.people.set('ada', { claims: { preferred_username: 'ada', groups: ['security'] } });
  const before = corp.asked.filter((path) => path === '/token').length;
  const renewed = await Promise.all([1, 2, 3].map(() => at.signIn.current(session, text, later)));
  assert.deepEqual(
    renewed.map((one) => [one?.id, one?.role]),
    [1, 2, 3].map(() => [session.id, 'reviewer']),
  );
  assert.equal(corp.asked.filter((path) => path === '/token').length - before, 1);
  assert.ok(sessionHolds(at.home, { session: session.id, token: null }, later));
  assert.equal((await stateOf(browser, at.url)).session?.role, 'reviewer');
  // Again, with the refresh token that took the other's place.
  const again = sessionOfText(at.home, text, later);
  assert.ok(again?.provider);
  const evenLater = new Date(Date.parse(again.provider.holds) + 1000);
  assert.equal((await at.signIn.current(again, text, evenLater))?.role, 'reviewer');
});

test('a session ends where the provider refuses to renew it, or its person has no role any more', async (t) => {
  const { at, corp } = await place(t);
  const renewedFor = async (who: string, change: () => unknown) => {
    const browser = new CookieBrowser();
    await signInAs(browser, at.url, who);
    const text = sessionCookie(browser);
    const session = sessionOfText(at.home, text, new Date());
    assert.ok(session?.provider);
    await change();
    const later = new Date(Date.parse(session.provider.holds) + 1000);
    assert.equal(await at.signIn.current(session, text, later), null);
    assert.equal((await stateOf(browser, at.url)).session, null);
    return at.recorded.at(-1)?.[1] ?? '';
  };
  const gone = await renewedFor('ravi', () => corp.people.set('ravi', { claims: { groups: ['everyone'] } }));
  assert.match(gone, /^session in the console ended: ravi \(ravi of Corp\): no role any more/);
  const refused = await renewedFor('ada', () => corp.revokeAll());
  assert.match(refused, /^session in the console ended: ada \(ada of Corp\): Corp answered invalid_grant$/);
});

test('while the provider is away sessions go on, and whoever wants to sign in is told the reason', async (t) => {
  const { at, corp, browser } = await place(t);
  await signInAs(browser, at.url, 'ada');
  const text = sessionCookie(browser);
  const session = sessionOfText(at.home, text, new Date());
  assert.ok(session?.provider);
  corp.isDown = true;
  const later = new Date(Date.parse(session.provider.holds) + 1000);
  assert.equal((await at.signIn.current(session, text, later))?.role, 'admin');
  assert.match(at.logged.at(-1) ?? '', /Corp cannot be asked now: .* answered 503; the session of ada goes on/);
  assert.equal((await stateOf(browser, at.url)).session?.name, 'ada');
  // What is known of the provider still sends browsers there; a console that never reached it cannot.
  at.take({ issuer: corp.issuer });
  const { status, json } = await new CookieBrowser().json('POST', `${at.url}/api/v1/session/provider`, {});
  assert.equal(status, 503);
  assert.match(String(json?.['error']), /^Corp cannot be asked now: http:\/\/127\.0\.0\.1:\d+ answered 503$/);
  await corp.close();
  const gone = await new CookieBrowser().json('POST', `${at.url}/api/v1/session/provider`, {});
  assert.match(String(gone.json?.['error']), /cannot be reached \(ECONNREFUSED\)/);
});

test('no session outlives the configured length, however often it is renewed', async (t) => {
  const { at, browser } = await place(t, { sessionMs: 60_000 });
  await signInAs(browser, at.url, 'ada');
  const text = sessionCookie(browser);
  const session = sessionOfText(at.home, text, new Date());
  assert.ok(session?.provider);
  assert.equal(session.provider.holds, session.expires);
  assert.equal(sessionOfText(at.home, text, new Date(Date.parse(session.expires))), null);
});

test('signing out ends the session here, and sends the browser on to end the one of the provider', async (t) => {
  const { at, browser } = await place(t, {}, { isTold: false });
  await signInAs(browser, at.url, 'ada');
  const text = sessionCookie(browser);
  const out = await browser.json('DELETE', `${at.url}/api/v1/session`);
  assert.equal(out.status, 200);
  assert.equal(sessionOfText(at.home, text, new Date()), null);
  assert.equal(at.recorded.at(-1)?.[1], 'signed out of the console: ada');
  const end = await browser.ask(String(out.json?.['url']));
  assert.match(end.text, /Sign out of the corporation/);
  const [, secret = ''] = /name="xsrf" value="(\w+)"/.exec(end.text) ?? [];
  const { origin } = new URL(end.url);
  const done = await browser.form(`${origin}/session/end/confirm`, { xsrf: secret, logout: 'yes' });
  assert.equal(nextOf(done), `${at.url}/signin`);
  // The provider asks for a name again.
  const asked = await browser.follow((await sentTo(browser, at.url)).href);
  assert.match(asked.text, /name="who"/);
});

test('a logout at the provider ends the sessions that began there, and no others', async (t) => {
  const { at, browser } = await place(t);
  await signInAs(browser, at.url, 'ada');
  const elsewhere = new CookieBrowser();
  await signInAs(elsewhere, at.url, 'ada');
  const other = new CookieBrowser();
  await signInAs(other, at.url, 'ravi');
  // The browser signs out at the provider itself; that tells the console, by a session's id.
  const end = await browser.ask(`${at.signIn.settings.issuer}/session/end?client_id=${CLIENT}`);
  const [, secret = ''] = /name="xsrf" value="(\w+)"/.exec(end.text) ?? [];
  await browser.form(`${at.signIn.settings.issuer}/session/end/confirm`, { xsrf: secret, logout: 'yes' });
  // The provider tells before it answers.
  assert.equal((await stateOf(browser, at.url)).session, null);
  assert.equal((await stateOf(elsewhere, at.url)).session?.name, 'ada');
  assert.equal((await stateOf(other, at.url)).session?.name, 'ravi');
  assert.equal(at.recorded.at(-1)?.[1], 'session in the console ended by Corp: ada (ada)');
});

test('other rules for roles hold for those who are in, from their next request on', async (t) => {
  const { at, corp, browser } = await place(t);
  await signInAs(browser, at.url, 'ada');
  at.take({ issuer: corp.issuer, roles: { admin: [], reviewer: [], viewer: ['security-leads'] } });
  assert.equal((await stateOf(browser, at.url)).session?.role, 'viewer');
  at.take({ issuer: corp.issuer, roles: { admin: ['nobody'], reviewer: [], viewer: [] } });
  assert.equal((await stateOf(browser, at.url)).session, null);
});

test('another provider, or none, ends the sessions of the one before', async (t) => {
  const { at, corp, browser } = await place(t);
  await signInAs(browser, at.url, 'ada');
  at.take({ issuer: 'https://elsewhere.example' });
  assert.equal((await stateOf(browser, at.url)).session, null);
  at.take({ issuer: corp.issuer });
  assert.equal((await stateOf(browser, at.url)).session?.name, 'ada');
});

test('a wrong secret is told as what the provider answered, without the secret', async (t) => {
  const { at, browser } = await place(t, { credential: { kind: 'secret', secret: `${SECRET}x` } });
  await signInAs(browser, at.url, 'ada');
  assert.equal((await stateOf(browser, at.url)).problem, 'Corp answered invalid_client');
  assert.ok(!JSON.stringify(at.recorded).includes(SECRET));
});

test('a sign-in that came back is used once', async (t) => {
  const { at, browser } = await place(t);
  const at1 = await sentTo(browser, at.url);
  const asking = await browser.follow(at1.href);
  const named = await browser.form(asking.url, { who: 'ada' });
  const last = await browser.follow(nextOf(named) ?? '', (next) => next.startsWith(`${at.url}/api/`));
  const kept = [...browser.cookies];
  assert.equal(nextOf(await arrive(browser, last)), `${at.url}/`);
  browser.cookies = kept;
  assert.equal(nextOf(await arrive(browser, last)), `${at.url}/signin`);
  assert.match((await stateOf(browser, at.url)).problem ?? '', /used already/);
});
