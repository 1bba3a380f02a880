/**
 * The console's pages in a browser, with the API in memory: a window and a server of its own for each test, and what must
 * not happen in any (an error in a script, something that the pages' policy refuses, a request to another host) looked for.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Access } from '../../console/api/shapes.ts';
import { buildConsole } from '../../scripts/build-console.ts';
import { openWindow, startBrowser, type Viewing, watch } from './browser.ts';
import { type Mock, type MockOptions, startMock } from './console-mock.ts';

/** `role` null: nobody is signed in. */
export type Driving = MockOptions & Viewing & { readonly role?: Access | null };

type Work = (page: Page, mock: Mock, context: BrowserContext) => Promise<void>;

/** For the `describe` it is called in: builds the pages and starts a browser before, ends it after. */
export function withBrowser(): (work: Work, options?: Driving) => Promise<void> {
  let browser: Browser;
  before(async () => {
    await buildConsole();
    browser = await startBrowser();
  });
  after(() => browser.close());
  return async (work, options = {}) => {
    const mock = await startMock(options);
    const context = await openWindow(browser, options);
    try {
      const { role = 'admin' } = options;
      if (role !== null) await context.addCookies([{ name: 'weir_session', value: role, url: mock.url }]);
      const page = await context.newPage();
      const wrong = watch(page, mock.url);
      await work(page, mock, context);
      assert.deepEqual(wrong, []);
    } finally {
      await context.close();
      await mock.close();
    }
  };
}

/** Waits until nothing is loading any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('main').waitFor();
  await page.locator('.bones').first().waitFor({ state: 'detached' });
}
