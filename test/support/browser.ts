/**
 * Debian's Chromium with a fresh profile and no way out but to this host, and what tests ask of a page. Where there is no
 * browser, `missingBrowser` says so, and tests skip with it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Why nothing can be driven here; false where it can. */
export const missingBrowser: string | false = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed`;

const SWITCHES = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** Generous: the machine that tests run on may be busy. */
const PATIENCE_MS = 30_000;

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: SWITCHES, timeout: 60_000 });
}

export const DESKTOP = { width: 1360, height: 900 } as const;
export const PHONE = { width: 390, height: 844 } as const;

export interface Viewing {
  readonly size?: { readonly width: number; readonly height: number };
  readonly scheme?: 'light' | 'dark';
  readonly isStill?: boolean;
}

/** A window of its own: no cookie and no storage of another test. */
export async function openWindow(
  browser: Browser,
  { size = DESKTOP, scheme = 'light', isStill = true }: Viewing = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: size,
    colorScheme: scheme,
    reducedMotion: isStill ? 'reduce' : 'no-preference',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(PATIENCE_MS);
  context.setDefaultNavigationTimeout(PATIENCE_MS);
  return context;
}

/** What went wrong in a page unseen: errors of scripts, refusals by the pages' policy, requests to other hosts. */
export function watch(page: Page, origin: string): readonly string[] {
  const seen: string[] = [];
  page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // A failed request is told by the page itself.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text()))
      seen.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(blob|data):/.test(url)) seen.push(`request to ${url}`);
  });
  return seen;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds serious or critical on the page: rule, and where; with `rules`, by those alone. */
export async function accessibilityProblems(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const isThere = await page.evaluate(() => 'axe' in globalThis);
  if (!isThere) await page.evaluate(axe);
  return page.evaluate(async (only) => {
    interface Found {
      readonly violations: readonly {
        readonly id: string;
        readonly impact: string | null;
        readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[];
      }[];
    }
    const { axe: checker } = globalThis as unknown as { readonly axe: { run(options: object): Promise<Found> } };
    const { violations } = await checker.run(only === undefined ? {} : { runOnly: only });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary ?? ''}`),
      );
  }, rules);
}
