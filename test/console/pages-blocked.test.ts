import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missingBrowser, PHONE } from '../support/browser.ts';
import { withBrowser } from '../support/pages-under-test.ts';

describe('blocked prompts', { skip: missingBrowser }, () => {
  const drive = withBrowser();

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
        await detail(page).getByText('open', { exact: true }).first().waitFor();
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
