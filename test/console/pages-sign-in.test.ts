/** The door with an identity provider: a whole sign-in and sign-out of a running Weir in a browser, against `oidc-provider`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { buildConsole } from '../../scripts/build-console.ts';
import { accessibilityProblems, missingBrowser, openWindow, PHONE, startBrowser, watch } from '../support/browser.ts';
import { CLIENT, type IdentityProvider, SECRET, startIdentityProvider } from '../support/identity-provider.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const NAME = '<img src=x onerror=alert(1)> Corp';

describe('the door with an identity provider', { skip: missingBrowser }, () => {
  let corp: IdentityProvider;
  let weir: UnderTest;
  let browser: Browser;
  let url: string;

  before(async () => {
    await buildConsole();
    corp = await startIdentityProvider();
    const oidc = {
      issuer: corp.issuer,
      name: NAME,
      client: CLIENT,
      secretEnv: 'OIDC_SECRET',
      roles: { admin: ['security-leads'], reviewer: ['security'] },
    };
    const config = { console: { listen: '127.0.0.1:0', oidc } };
    weir = await startUnderTest({ console: true, config, env: { OIDC_SECRET: SECRET } });
    url = weir.weir.consoleUrl ?? '';
    corp.register({ origin: url });
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await weir?.close();
    await corp?.close();
  });

  const admin = (what: RegExp) =>
    weir.eventWhere(`an event ${what}`, ({ kind, reason }) => kind === 'admin' && what.test(reason ?? ''));

  test('while the provider is away the page gives the reason, and the next attempt is another one', async () => {
    const context = await openWindow(browser);
    const page = await context.newPage();
    corp.isDown = true;
    await page.goto(url);
    const button = page.getByRole('button', { name: `Sign in with ${NAME}` });
    await button.click();
    await page.getByText(/cannot be asked now: http:\/\/127\.0\.0\.1:\d+ answered 503/).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    corp.isDown = false;
    await button.click();
    await page.getByRole('heading', { name: 'Corporation' }).waitFor();
    await context.close();
  });

  test('it leads to the provider and back to the page that was asked for; signing out ends both sessions', async () => {
    const context = await openWindow(browser);
    const page = await context.newPage();
    const wrong = watch(page, url);
    await page.goto(`${url}/map?view=table`);
    const button = page.getByRole('button', { name: `Sign in with ${NAME}` });
    await button.waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await button.press('Enter');
    await page.getByLabel('Name').fill('ada');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Map', exact: true }).waitFor();
    assert.equal(page.url(), `${url}/map?view=table`);
    await page.getByText('ada', { exact: true }).waitFor();
    const kept = await context.cookies(url);
    assert.deepEqual(
      kept
        .filter(({ name }) => name.startsWith('weir_'))
        .map((cookie) => [cookie.name, cookie.httpOnly, cookie.sameSite]),
      [['weir_session', true, 'Strict']],
    );
    const signedIn = await admin(/^signed in to the console: ada \(ada of .*\), admin$/);
    assert.equal(signedIn.source.user, 'ada');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign out of the corporation?' }).waitFor();
    await page.getByRole('button', { name: 'Yes, sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.equal(page.url(), `${url}/signin`);
    await admin(/^signed out of the console: ada$/);
    await button.click();
    // The provider's session has ended too: it asks who it is.
    await page.getByLabel('Name').waitFor();
    assert.deepEqual(
      wrong.filter((one) => !one.startsWith(`request to ${corp.issuer}`)),
      [],
    );
    await context.close();
  });

  test('whoever has no role reads why, on a phone too, and a token still signs in', async () => {
    const context = await openWindow(browser, { size: PHONE, scheme: 'dark' });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole('button', { name: `Sign in with ${NAME}` }).click();
    await page.getByLabel('Name').fill('norma');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText(/says that you are norma, and you have no role here/).waitFor();
    assert.equal(page.url(), `${url}/signin`);
    assert.deepEqual(await accessibilityProblems(page), []);
    // Nothing is cut off or has to be scrolled to at the side.
    const { width = 0 } = (await page.getByRole('main').boundingBox()) ?? {};
    assert.ok(width > 0 && width <= PHONE.width, `${width}`);
    await admin(/^sign-in to the console refused: norma /);
    await page.goto(weir.weir.consoleLink ?? '');
    await page.getByRole('heading', { name: 'Route your first app' }).waitFor();
    await context.close();
  });
});
