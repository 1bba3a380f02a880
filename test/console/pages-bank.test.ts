/** The pages on what the demo's bank leaves: twelve services, ten thousand buckets, and the sensor where the host allows it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Bank, playBank } from '../../cli/demo/bank/bank.ts';
import { settled as committed } from '../../cli/demo/bank/findings.ts';
import { loadConfig } from '../../config/load.ts';
import { buildConsole } from '../../scripts/build-console.ts';
import { accessibilityProblems, missingBrowser, openWindow, startBrowser, watch } from '../support/browser.ts';

describe('the pages on the bank', { skip: missingBrowser }, () => {
  let folder: string;
  let bank: Bank;
  let browser: Browser;
  let context: BrowserContext;
  let origin: string;

  before(
    async () => {
      await buildConsole();
      folder = mkdtempSync(join(tmpdir(), 'weir-bank-'));
      const said: string[] = [];
      bank = await playBank({
        ...{ folder, hasSensor: true, say: (line: string) => void said.push(line) },
        context: {
          ...{ values: {}, positionals: [], env: process.env, cwd: folder, configFile: null, color: false },
          ...{ config: () => loadConfig({ file: null, env: {}, cwd: folder }), out: () => {}, err: () => {} },
          stdin: process.stdin,
        },
      });
      await committed(bank.home);
      browser = await startBrowser();
      context = await openWindow(browser);
      const link = bank.weir.consoleLink ?? '';
      origin = new URL(link).origin;
      const page = await context.newPage();
      await page.goto(link);
      await page.getByRole('heading', { name: 'Overview' }).waitFor({ timeout: 60_000 });
      await page.close();
    },
    { timeout: 280_000 },
  );
  after(async () => {
    await browser?.close();
    await bank?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(path: string): Promise<{ readonly page: Page; readonly wrong: readonly string[] }> {
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const wrong = watch(page, origin);
    await page.goto(`${origin}${path}`);
    return { page, wrong };
  }

  test('the overview counts its calls and what was blocked', async () => {
    const { page, wrong } = await open('/');
    await page.getByRole('link', { name: /^Blocked 8/ }).waitFor();
    await page.getByText('EMAIL_ADDRESS', { exact: true }).first().waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('the map of ten thousand flows is drawn joined, and one service is found in it', async () => {
    const { page, wrong } = await open('/map');
    const list = (name: string) => page.getByRole('list', { name, exact: true });
    await list('Sources')
      .getByRole('button', { name: /^team-support/ })
      .waitFor();
    assert.ok((await list('Destinations').getByRole('button').count()) < 40, 'too many to read');
    await page.getByRole('combobox', { name: 'Search flows' }).fill('app:support-copilot class:EMAIL_ADDRESS');
    await list('Sources')
      .getByRole('button', { name: /^support-copilot/ })
      .waitFor();
    await list('Destinations')
      .getByRole('button', { name: /^OpenAI api\.openai\.com/ })
      .waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('the queue holds the blocked prompts, each with why', async () => {
    const { page, wrong } = await open('/blocked');
    const queue = page.getByRole('region', { name: 'Queue' });
    await queue.getByRole('button').filter({ hasText: 'coding-agent' }).first().click();
    const detail = page.getByRole('region', { name: 'Event', exact: true });
    await detail.getByText('default/credential-in-prompt').first().waitFor();
    assert.equal(await queue.getByRole('listitem').count(), 8);
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('policies and the sensor show what is in force and what is attached', async () => {
    const policies = await open('/policies');
    await policies.page.getByText('card-in-prompt').first().waitFor();
    assert.deepEqual(await accessibilityProblems(policies.page), []);
    assert.deepEqual(policies.wrong, []);
    await policies.page.close();
    const sensor = await open('/sensor');
    await sensor.page.getByRole('heading', { name: 'Sensor and fleet' }).waitFor();
    if (bank.weir.isSensorRunning) await sensor.page.getByText('uprobe_multi').first().waitFor();
    assert.deepEqual(await accessibilityProblems(sensor.page), []);
    assert.deepEqual(sensor.wrong, []);
    await sensor.page.close();
  });
});
