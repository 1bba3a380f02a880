/** A running Weir with its console in a browser: records come from calls through its proxy, and nothing else writes them. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { packageRoot } from '../../config/package-root.ts';
import { buildConsole } from '../../scripts/build-console.ts';
import { openWindow, startBrowser } from './browser.ts';
import { settled } from './pages-under-test.ts';
import { startUnderTest, type UnderTest } from './weir-under-test.ts';

export interface PagesOnWeir {
  readonly weir: UnderTest;
  readonly url: string;
  readonly browser: Browser;
  /** One window for all tests of the `describe`: who signs in stays signed in. */
  readonly context: BrowserContext;
  /** A call of an app through the gateway, a user's turn for each content; its status. */
  call(app: string, contents: readonly string[], model?: string): Promise<number>;
  /** Opens a page and waits until nothing is loading. */
  open(path: string): Promise<Page>;
}

/** For the `describe` it is called in. What it gives is there once its tests run. The policies are in a folder that may be changed. */
export function withPagesOnWeir(): () => PagesOnWeir {
  let running: PagesOnWeir | null = null;
  let policies = '';
  before(async () => {
    await buildConsole();
    policies = mkdtempSync(join(tmpdir(), 'weir-policies-'));
    cpSync(join(packageRoot, 'policies/default.yaml'), join(policies, 'guard.yaml'));
    const weir = await startUnderTest({ console: true, reloads: true, config: { policies: [policies] } });
    const url = weir.weir.consoleUrl ?? '';
    const browser = await startBrowser();
    const context = await openWindow(browser);
    running = {
      weir,
      url,
      browser,
      context,
      async call(app, contents, model = 'gpt-4o') {
        const answer = await fetch(`http://127.0.0.1:${weir.port}/openai/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-weir-app': `${app}:` },
          body: JSON.stringify({ model, messages: contents.map((content) => ({ role: 'user', content })) }),
        });
        await answer.arrayBuffer();
        return answer.status;
      },
      async open(path) {
        const page = await context.newPage();
        await page.goto(url + path);
        await settled(page);
        return page;
      },
    };
  });
  after(async () => {
    await running?.browser.close();
    await running?.weir.close();
    rmSync(policies, { recursive: true, force: true });
  });
  return () => {
    if (running === null) throw new Error('asked for before the tests run');
    return running;
  };
}

/** The event that the page's address names. */
export const eventOf = (page: Page): string => new URL(page.url()).searchParams.get('event') ?? '';
