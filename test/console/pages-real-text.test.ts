/** Prompts of which each holds a way to run a script, through the proxy into the records and onto the pages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missingBrowser } from '../support/browser.ts';
import { eventOf, withPagesOnWeir } from '../support/pages-on-weir.ts';
import { settled } from '../support/pages-under-test.ts';
import { assertNothingRan, dialogsOf } from '../support/runs-nothing.ts';
import { xssVectors } from '../support/xss-vectors.ts';

const CARD = '4111 1111 1111 1111';
const VECTORS = xssVectors(300);
/** An excerpt shows so many places. */
const VECTORS_A_PROMPT = 5;

/** Letters and digits only: an excerpt may tidy white space. */
const bare = (text: string): string => text.replaceAll(/\W/g, '');

describe('prompts that hold markup', { skip: missingBrowser }, () => {
  const running = withPagesOnWeir();

  async function signedIn(): Promise<Page> {
    const page = await running().context.newPage();
    await page.goto(running().weir.weir.consoleLink ?? '');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    return page;
  }

  test('300 vectors as prompts are stored and shown, and none runs', { timeout: 240_000 }, async () => {
    for (let at = 0; at < VECTORS.length; at += VECTORS_A_PROMPT) {
      const vectors = VECTORS.slice(at, at + VECTORS_A_PROMPT);
      const contents = vectors.map((vector) => `${vector} ${CARD}`);
      assert.equal(await running().call('vectors', contents, vectors[0] ?? ''), 400);
    }
    const page = await signedIn();
    await page.goto(`${running().url}/blocked?app=vectors`);
    await settled(page);
    const dialogs = dialogsOf(page);
    const detail = page.getByRole('region', { name: 'Event', exact: true });
    const shown: string[] = [];
    for (let at = 0; at < VECTORS.length / VECTORS_A_PROMPT; at += 1) {
      await page.getByRole('button', { name: 'Open the excerpt' }).click();
      await detail
        .getByRole('figure')
        .nth(VECTORS_A_PROMPT - 1)
        .waitFor();
      shown.push(...(await detail.getByRole('figure').locator('p').allTextContents()));
      await assertNothingRan(page, eventOf(page));
      const before = eventOf(page);
      await page.keyboard.press('j');
      if (at + 1 < VECTORS.length / VECTORS_A_PROMPT) await page.waitForURL(() => eventOf(page) !== before);
    }
    const missing = VECTORS.filter((vector) => !shown.some((text) => bare(text).includes(bare(vector).slice(-16))));
    assert.deepEqual(missing, []);
    for (const path of ['/', '/map', '/map?view=table', '/blocked?state=all']) {
      await page.goto(running().url + path);
      await settled(page);
      await assertNothingRan(page, path);
    }
    assert.deepEqual(dialogs, []);
    await page.close();
  });
});
