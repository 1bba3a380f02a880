/**
 * Writes docs/console/*.png: each page at the width of a desktop and of a phone, on a company that is made up
 * (test/support/console-world.ts), so that they are the same each time. Needs Debian's Chromium.
 *
 *     ./scripts/node docs/write-console-shots.ts
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { packageRoot } from '../config/package-root.ts';
import { buildConsole } from '../scripts/build-console.ts';
import { openWindow, PHONE, startBrowser } from '../test/support/browser.ts';
import { startMock } from '../test/support/console-mock.ts';
import { settled } from '../test/support/pages-under-test.ts';

const folder = join(packageRoot, 'docs/console');
const DESK = { width: 1280, height: 800 } as const;

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly scheme?: 'light' | 'dark';
  readonly prepare?: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  { name: 'overview', path: '/' },
  { name: 'map', path: '/map', scheme: 'dark' },
  { name: 'flow', path: '/map?edge=e00001' },
  {
    name: 'blocked',
    path: '/blocked',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Open the excerpt' }).click();
      await page.getByRole('figure').first().waitFor();
    },
  },
  {
    name: 'policies',
    path: '/policies?file=claims.yaml',
    prepare: async (page) => {
      await page
        .getByLabel('Sample, looked at and forgotten')
        .fill(`my card is ${['4111', '1111', '1111', '1111'].join(' ')}`);
      await page.getByText('Nothing: it is blocked.').waitFor();
    },
  },
  { name: 'reports', path: '/reports?report=pci' },
  { name: 'sensor', path: '/sensor', scheme: 'dark' },
];

mkdirSync(folder, { recursive: true });
await buildConsole();
const mock = await startMock({ edges: 26, now: Date.now() });
const browser = await startBrowser();
try {
  for (const [suffix, size] of [
    ['', DESK],
    ['-phone', PHONE],
  ] as const) {
    for (const { name, path, scheme = 'light', prepare } of SHOTS) {
      const context = await openWindow(browser, { size, scheme });
      await context.addCookies([{ name: 'weir_session', value: 'admin', url: mock.url }]);
      const page = await context.newPage();
      await page.goto(mock.url + path);
      await settled(page);
      // A phone shows the queue first.
      if (size === PHONE && path === '/blocked')
        await page.getByRole('region', { name: 'Queue' }).getByRole('button').first().click();
      await prepare?.(page);
      await page.mouse.move(0, 0);
      const file = join(folder, `${name}${suffix}.png`);
      await page.screenshot({ path: file, animations: 'disabled', caret: 'hide' });
      console.log(file);
      await context.close();
    }
  }
} finally {
  await browser.close();
  await mock.close();
}
