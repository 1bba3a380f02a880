import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Access } from '../../console/api/shapes.ts';
import { buildConsole } from '../../scripts/build-console.ts';
import {
  accessibilityProblems,
  missingBrowser,
  openWindow,
  PHONE,
  startBrowser,
  type Viewing,
  watch,
} from '../support/browser.ts';
import { MOCK_CODE, type Mock, type MockOptions, mockToken, startMock } from '../support/console-mock.ts';

let browser: Browser;

/** Runs with a window of its own and a server of its own; fails where the page had an error, or its policy refused something. */
async function drive(
  work: (page: Page, mock: Mock, context: BrowserContext) => Promise<void>,
  options: MockOptions & Viewing & { readonly role?: Access | null } = {},
): Promise<void> {
  const mock = await startMock(options);
  const context = await openWindow(browser, options);
  try {
    const page = await context.newPage();
    const wrong = watch(page, mock.url);
    const { role = 'admin' } = options;
    if (role !== null) await signIn(page, mock, role);
    await work(page, mock, context);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
    await mock.close();
  }
}

async function signIn(page: Page, mock: Mock, role: Access): Promise<void> {
  await page.goto(mock.url);
  await page.getByLabel('Token').fill(mockToken(role));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

describe('the pages of the console', { skip: missingBrowser }, () => {
  before(async () => {
    await buildConsole();
    browser = await startBrowser();
  });
  after(() => browser.close());

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
      drive(async (page, _, context) => {
        await context.clearCookies();
        await page.getByRole('button', { name: '7 d' }).click();
        await page.getByText('Your session has ended.').waitFor();
      }));
  });

  describe('the overview', () => {
    test('shows the figures of the range that its address names', () =>
      drive(async (page) => {
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
      drive(async (page) => {
        await page.getByText('Figures', { exact: true }).first().click();
        await page.getByRole('table', { name: 'Calls in the last 24 hours' }).getByRole('row').nth(5).waitFor();
      }));

    test('says how to route an app before the first call, with the command to copy', () =>
      drive(
        async (page, _, context) => {
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
        await page.getByText('Live', { exact: true }).waitFor();
        mock.cut();
        await page.getByText('Reconnecting').waitFor();
        await page.getByText('Live', { exact: true }).waitFor();
      }));
  });

  describe('blocked prompts', () => {
    const queue = (page: Page) => page.getByRole('region', { name: 'Queue' });
    const detail = (page: Page) => page.getByRole('region', { name: 'Event' });
    const current = async (page: Page): Promise<string> => new URL(page.url()).searchParams.get('event') ?? '';

    test('are reviewed with the keyboard alone: j, k, a, f, n, and undone', () =>
      drive(
        async (page, mock) => {
          await page.goto(`${mock.url}/blocked`);
          await detail(page).getByRole('heading', { name: 'Why' }).waitFor();
          const first = await current(page);
          await page.keyboard.press('j');
          await page.waitForURL((url) => url.searchParams.get('event') !== first);
          const second = await current(page);
          await page.keyboard.press('k');
          await page.waitForURL((url) => url.searchParams.get('event') === first);
          await page.keyboard.press('a');
          await page
            .getByRole('status')
            .getByText(/^Accepted risk/)
            .waitFor();
          await page.waitForURL((url) => url.searchParams.get('event') === second);
          await page.keyboard.press('m');
          await page.keyboard.type('just a test, n and f');
          await page.keyboard.press('Escape');
          await page.keyboard.press('n');
          await page
            .getByRole('status')
            .getByText(/^Needs action/)
            .waitFor();
          await page.waitForURL((url) => url.searchParams.get('event') !== second);
          const third = await current(page);
          await page.keyboard.press('f');
          await page
            .getByRole('dialog', { name: 'An exception for this false positive' })
            .getByText('3 events')
            .waitFor();
          await page.keyboard.press('j');
          assert.equal(await current(page), third, 'keys do nothing under a dialog');
          await page.keyboard.press('Escape');
          await page.getByRole('dialog').waitFor({ state: 'detached' });
          await page.getByRole('button', { name: 'Undo' }).last().click();
          await detail(page).getByText('open', { exact: true }).waitFor();
          assert.deepEqual(mock.reviews, [
            { event: first, state: 'accepted_risk', note: null },
            { event: second, state: 'needs_action', note: 'just a test, n and f' },
            { event: third, state: 'false_positive', note: null },
            { event: third, state: 'open', note: null },
          ]);
        },
        { role: 'reviewer' },
      ));

    test('tell their keys when asked', () =>
      drive(async (page, mock) => {
        await page.goto(`${mock.url}/blocked`);
        await queue(page).getByRole('listitem').first().waitFor();
        await page.keyboard.press('?');
        await page.getByRole('dialog', { name: 'Keys' }).getByText('false positive').waitFor();
      }));

    test('show the excerpt with the places marked, once it is opened', () =>
      drive(async (page, mock) => {
        const [event] = mock.world.events.filter(({ action, review }) => action === 'block' && review === 'open');
        await page.goto(`${mock.url}/blocked?event=${event?.id}`);
        await page.getByRole('button', { name: 'Open the excerpt' }).click();
        const excerpt = detail(page).getByRole('figure').filter({ hasText: 'settle the open invoice' });
        assert.equal(await excerpt.locator('mark').innerText(), event?.entities[0]?.entity);
      }));

    test('are read, and not reviewed, by a viewer', () =>
      drive(
        async (page, mock) => {
          await page.goto(`${mock.url}/blocked`);
          await detail(page).getByText('A reviewer can review this event.').waitFor();
          assert.equal(await page.getByRole('button', { name: 'Open the excerpt' }).count(), 0);
          await page.keyboard.press('n');
          await page.getByText('Your role reads only. A reviewer can review.').waitFor();
          assert.deepEqual(mock.reviews, []);
        },
        { role: 'viewer' },
      ));

    test('are filtered by what the address says, and it says what is filtered', () =>
      drive(async (page, mock) => {
        await page.goto(`${mock.url}/blocked?state=all&action=tokenize`);
        await queue(page).getByText('tokenized').first().waitFor();
        assert.equal(await queue(page).getByText('blocked', { exact: true }).count(), 0);
        await page.getByRole('button', { name: /^Severity/ }).click();
        await page.getByRole('checkbox', { name: 'critical' }).check();
        await queue(page).getByRole('heading', { name: 'No event is like that' }).waitFor();
        assert.equal(new URL(page.url()).searchParams.get('severity'), 'critical');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Take the filters off' }).click();
        await queue(page).getByRole('listitem').first().waitFor();
      }));

    test('grow as one reads on', () =>
      drive(
        async (page, mock) => {
          await page.goto(`${mock.url}/blocked?state=all`);
          await queue(page).getByRole('listitem').first().waitFor();
          assert.equal(await queue(page).getByRole('listitem').count(), 50);
          await page.getByRole('button', { name: 'Show older ones' }).click();
          await queue(page).getByRole('listitem').nth(99).waitFor();
        },
        { events: 400 },
      ));

    test('a phone shows the queue, then the event, and goes back', () =>
      drive(
        async (page, mock) => {
          await page.goto(`${mock.url}/blocked`);
          await queue(page).getByRole('button').first().click();
          await detail(page).getByRole('heading', { name: 'Why' }).waitFor();
          await page.getByRole('button', { name: 'Queue' }).click();
          await detail(page).waitFor({ state: 'hidden' });
        },
        { size: PHONE },
      ));
  });

  const VIEWS: readonly (readonly [path: string, options: MockOptions])[] = [
    ['/', {}],
    ['/', { edges: 0, events: 0 }],
    ['/blocked', {}],
    ['/blocked', { edges: 0, events: 0 }],
  ];
  for (const scheme of ['light', 'dark'] as const) {
    describe(`accessibility in ${scheme}`, () => {
      test('axe finds nothing serious at the door', () =>
        drive(
          async (page, mock) => {
            await page.goto(mock.url);
            await page.getByLabel('Token').waitFor();
            assert.deepEqual(await accessibilityProblems(page), []);
          },
          { role: null, scheme },
        ));
      for (const [path, options] of VIEWS) {
        test(`axe finds nothing serious at ${path} with ${options.edges ?? 40} flows`, () =>
          drive(
            async (page, mock) => {
              await page.goto(mock.url + path);
              await page.getByRole('status').filter({ hasText: 'Loading' }).waitFor({ state: 'detached' });
              await page.getByRole('main').waitFor();
              assert.deepEqual(await accessibilityProblems(page), []);
            },
            { ...options, scheme },
          ));
      }
    });
  }
});
