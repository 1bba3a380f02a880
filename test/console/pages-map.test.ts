import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { DESKTOP, missingBrowser, PHONE } from '../support/browser.ts';
import { withBrowser } from '../support/pages-under-test.ts';

describe('the map', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  const map = (page: Page) => page.getByRole('region', { name: 'Map of flows' });

  test('shows sources, data and destinations, and what passes through each', () =>
    drive(
      async (page, mock) => {
        await page.goto(`${mock.url}/map`);
        await map(page).getByRole('list', { name: 'Sources' }).getByRole('button').first().waitFor();
        const names = await map(page).getByRole('list', { name: 'Sources' }).getByRole('button').allInnerTexts();
        for (const { source, destination, direction, entities } of mock.world.edges) {
          if (Object.keys(entities).length === 0 && direction === 'in') continue;
          const giver = direction === 'out' ? source.label : destination.label;
          assert.ok(
            names.some((name) => name.startsWith(giver)),
            `${giver} is among ${names.join(' | ')}`,
          );
        }
        assert.equal(await page.getByRole('status').getByText('10 flows', { exact: true }).count(), 1);
      },
      { edges: 10 },
    ));

  for (const [edges, size] of [
    [10, DESKTOP],
    [5000, DESKTOP],
    [5000, PHONE],
  ] as const) {
    test(`with ${edges} flows on ${size.width} pixels its labels do not lie on one another, and no more is drawn than can be read`, () =>
      drive(
        async (page, mock) => {
          await page.goto(`${mock.url}/map`);
          await map(page).getByRole('list', { name: 'Data' }).getByRole('button').first().waitFor();
          for (const list of ['Sources', 'Data', 'Destinations']) {
            const marks = await map(page).getByRole('list', { name: list }).getByRole('button').all();
            assert.ok(marks.length <= 24, `${marks.length} of ${list}`);
            const boxes = (await Promise.all(marks.map((mark) => mark.boundingBox()))).filter((box) => box !== null);
            const sorted = boxes.toSorted((a, b) => a.y - b.y);
            for (const [i, box] of sorted.entries()) {
              const above = sorted[i - 1];
              if (above !== undefined)
                assert.ok(above.y + above.height <= box.y + 3, `${list}: ${i} lies on the one before`);
              assert.ok(box.x >= 0 && box.x + box.width <= size.width, `${list}: ${i} stands out of the page`);
            }
          }
          const ribbons = await map(page).locator('path.ribbon').count();
          assert.ok(ribbons > 0 && ribbons <= 420, `${ribbons} ribbons`);
          if (edges === 5000)
            await map(page)
              .getByRole('button', { name: /^and \d+ more/ })
              .first()
              .waitFor();
        },
        { edges, size },
      ));
  }

  test('lights the whole of the paths of what has the focus', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      const first = map(page).getByRole('list', { name: 'Data' }).getByRole('button').first();
      await first.focus();
      await map(page).locator('path.ribbon[data-lit="false"]').first().waitFor({ state: 'attached' });
      const lit = await map(page).locator('path.ribbon[data-lit="true"]').count();
      assert.ok(lit >= 2, `${lit} ribbons are lit: one to either side at least`);
    }));

  test('a mark opens its flows, a flow its evidence, and Escape goes back', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      const destination = map(page)
        .getByRole('list', { name: 'Destinations' })
        .getByRole('button', { name: /^Anthropic/ });
      await destination.press('Enter');
      const drawer = page.getByRole('complementary');
      await drawer.getByRole('listitem').first().waitFor();
      await drawer.getByRole('listitem').getByRole('button').first().click();
      await drawer.getByRole('heading', { name: 'Evidence' }).waitFor();
      await drawer.getByText('sensitivity').waitFor();
      await drawer.getByRole('heading', { name: 'A rule that would stop it' }).waitFor();
      assert.match(new URL(page.url()).search, /edge=e\d+/);
      await page.keyboard.press('Escape');
      await drawer.getByRole('heading', { name: 'Evidence' }).waitFor({ state: 'detached' });
    }));

  test('every view is a link: filters, table, search, an edge', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      await page.getByRole('button', { name: /^Vendor/ }).click();
      await page.getByRole('checkbox', { name: /^OpenAI/ }).check();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Table', exact: true }).click();
      await page.getByRole('button', { name: 'Not', exact: true }).click();
      await page.getByRole('heading', { name: 'No flow is like that' }).waitFor();
      await page.getByRole('button', { name: 'Sanctioned', exact: true }).click();
      await page.getByRole('table', { name: /^Flows, sorted by risk/ }).waitFor();
      const url = page.url();
      const rows = await page.getByRole('row').count();
      await page.goto('about:blank');
      await page.goto(url);
      await page.getByRole('table', { name: /^Flows, sorted by risk/ }).waitFor();
      assert.equal(await page.getByRole('row').count(), rows);
      await page.getByRole('button', { name: 'Take off vendor OpenAI' }).click();
      await page.waitForURL((next) => !next.searchParams.has('vendor'));
      await page.getByRole('row').nth(rows).waitFor();
    }));

  test('the search offers keys and values, and takes effect as it is written', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      const search = page.getByRole('combobox', { name: 'Search flows' });
      await search.fill('ven');
      await page.getByRole('option', { name: /^vendor:/ }).waitFor();
      await search.press('ArrowDown');
      await search.press('Enter');
      await page.getByRole('option', { name: 'vendor:OpenAI' }).click();
      assert.equal(await search.inputValue(), 'vendor:OpenAI ');
      await page.waitForURL((url) => url.searchParams.get('q') === 'vendor:OpenAI');
    }));

  test('the time is chosen with the keyboard and stands in the address', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      const from = page.getByRole('slider', { name: 'From' });
      await from.focus();
      await from.press('ArrowRight');
      await from.press('ArrowRight');
      await page.waitForURL((url) => url.searchParams.has('from'));
      await page.getByRole('button', { name: 'All time' }).click();
      await page.waitForURL((url) => !url.searchParams.has('from'));
    }));

  test('the table grows as one reads on', () =>
    drive(
      async (page, mock) => {
        await page.goto(`${mock.url}/map?view=table`);
        await page.getByRole('button', { name: 'Show more (100 of 5,000)' }).click();
        await page.getByRole('row').nth(200).waitFor();
      },
      { edges: 5000 },
    ));
});
