import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingBrowser } from '../support/browser.ts';
import { MOCK_CODE, mockToken } from '../support/console-mock.ts';
import { withBrowser } from '../support/pages-under-test.ts';

describe('the pages of the console', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  describe('signing in', () => {
    test('a token opens the console, and signing out closes it in every tab', () =>
      drive(
        async (page, mock, context) => {
          await page.goto(`${mock.url}/?range=7d`);
          await page.getByLabel('Token').fill('a wrong one');
          await page.getByRole('button', { name: 'Sign in' }).click();
          await page.getByText('This token is not known, or has expired.').waitFor();
          await page.getByLabel('Token').fill(mockToken('viewer'));
          await page.getByLabel('Token').press('Enter');
          await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
          assert.equal(new URL(page.url()).search, '?range=7d', 'the page that was asked for is shown');
          const other = await context.newPage();
          await other.goto(mock.url);
          await other.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
          await page.getByRole('button', { name: 'Sign out' }).click();
          await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
          await other.getByText('You signed out in another tab.').waitFor();
        },
        { role: null },
      ));

    for (const link of [`/signin?code=${MOCK_CODE}`, `/#code=${MOCK_CODE}`]) {
      test(`the one-time link ${link.replace(MOCK_CODE, '…')} signs in once and leaves the code in no history`, () =>
        drive(
          async (page, mock, context) => {
            await page.goto(mock.url + link);
            await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
            assert.equal(page.url(), `${mock.url}/`);
            await context.clearCookies();
            await page.goto('about:blank');
            await page.goto(mock.url + link);
            await page.getByText('This link was used already').waitFor();
            assert.ok(!page.url().includes(MOCK_CODE));
          },
          { role: null },
        ));
    }

    test('a session that ends while one reads leads back to the door', () =>
      drive(async (page, mock, context) => {
        await page.goto(mock.url);
        await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
        await context.clearCookies();
        await page.getByRole('button', { name: '7 d' }).click();
        await page.getByText('Your session has ended.').waitFor();
      }));
  });

  describe('the overview', () => {
    test('shows the figures of the range that its address names', () =>
      drive(async (page, mock) => {
        await page.goto(mock.url);
        const stats = page.getByRole('region', { name: /Figures of the last 24 hours/ });
        await stats.getByText('Blocked').waitFor();
        await page.getByRole('img', { name: /^Calls in the last 24 hours: [\d,]+ calls$/ }).waitFor();
        await page.getByRole('button', { name: '7 d' }).click();
        await page.getByRole('region', { name: /Figures of the last 7 days/ }).waitFor();
        assert.equal(new URL(page.url()).search, '?range=7d');
        await page.goBack();
        await page.getByRole('region', { name: /Figures of the last 24 hours/ }).waitFor();
      }));

    test('gives every chart as a table', () =>
      drive(async (page, mock) => {
        await page.goto(mock.url);
        await page.getByText('Figures', { exact: true }).first().click();
        await page.getByRole('table', { name: 'Calls in the last 24 hours' }).getByRole('row').nth(5).waitFor();
      }));

    test('says how to route an app before the first call, with the command to copy', () =>
      drive(
        async (page, mock, context) => {
          await page.goto(mock.url);
          await context.grantPermissions(['clipboard-read', 'clipboard-write']);
          await page.getByRole('heading', { name: 'Route your first app' }).waitFor();
          await page.getByRole('button', { name: 'Copy A command and all that it starts' }).click();
          await page.getByText('Copied').waitFor();
          assert.equal(await page.evaluate('navigator.clipboard.readText()'), './weir run -- claude');
        },
        { edges: 0, events: 0 },
      ));

    test('says what failed and loads again when asked', () =>
      drive(async (page, mock) => {
        await page.goto(mock.url);
        mock.failing.add('/overview');
        await page.getByRole('button', { name: '30 d' }).click();
        await page.getByRole('alert').getByText('The store cannot be read: the disk is full.').waitFor();
        mock.failing.clear();
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('region', { name: /Figures of the last 30 days/ }).waitFor();
      }));
  });

  describe('live updates', () => {
    test('tabs share one stream, and another goes on when the first is closed', () =>
      drive(async (page, mock, context) => {
        await page.goto(mock.url);
        await page.getByText('Live', { exact: true }).waitFor();
        const second = await context.newPage();
        await second.goto(mock.url);
        await second.getByText('Live', { exact: true }).waitFor();
        assert.equal(mock.streams(), 1);
        await page.close();
        await new Promise<void>((resolve) => {
          const look = (): void => {
            if (mock.streams() === 1) resolve();
            else setTimeout(look, 20);
          };
          setTimeout(look, 200);
        });
        mock.tell({
          kind: 'update',
          events: [],
          skipped: 0,
          calls: 1,
          blocked: 0,
          edges: [],
          reviewed: [],
          health: { isReady: false, parts: [{ name: 'store', isReady: false, reason: 'the disk is full' }] },
          policies: null,
        });
        await second.getByText('Not working: store').waitFor();
      }));

    test('a stream that is cut is opened again', () =>
      drive(async (page, mock) => {
        await page.goto(mock.url);
        await page.getByText('Live', { exact: true }).waitFor();
        mock.cut();
        await page.getByText('Reconnecting').waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
      }));
  });
});
