import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessibilityProblems, DESKTOP, missingBrowser, PHONE } from '../support/browser.ts';
import { settled, withBrowser } from '../support/pages-under-test.ts';

const VIEWS = [
  '/',
  '/map',
  '/map?edge=e00001',
  '/map?view=table',
  '/blocked',
  '/reports',
  '/policies',
  '/policies?file=claims.yaml',
  '/sensor',
  '/access',
] as const;
/** What the scheme of colours can change; the rest of a page is the same in both. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'] as const;
const EMPTY = ['/', '/map', '/blocked'] as const;

describe('what axe-core finds serious', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  for (const scheme of ['light', 'dark'] as const) {
    const rules = scheme === 'light' ? undefined : OF_COLOURS;
    for (const size of [DESKTOP, PHONE]) {
      test(`nothing, on any page, in ${scheme} at ${size.width} pixels`, () =>
        drive(
          async (page, mock) => {
            for (const view of VIEWS) {
              await page.goto(mock.url + view);
              await settled(page);
              assert.deepEqual(await accessibilityProblems(page, rules), [], view);
            }
          },
          { scheme, size },
        ));
    }

    test(`nothing, on pages with nothing to show and at the door, in ${scheme}`, () =>
      drive(
        async (page, mock, context) => {
          for (const view of EMPTY) {
            await page.goto(mock.url + view);
            await settled(page);
            assert.deepEqual(await accessibilityProblems(page), [], view);
          }
          await context.clearCookies();
          await page.goto(mock.url);
          await page.getByLabel('Token').waitFor();
          assert.deepEqual(await accessibilityProblems(page), []);
        },
        { scheme, edges: 0, events: 0 },
      ));
  }
});
