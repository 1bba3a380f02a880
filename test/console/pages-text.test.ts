/** Whatever an answer holds is shown as text: 300 vectors, in every field of every answer, on every page. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missingBrowser } from '../support/browser.ts';
import { settled, withBrowser } from '../support/pages-under-test.ts';
import { assertNothingRan, dialogsOf } from '../support/runs-nothing.ts';
import { xssVectors } from '../support/xss-vectors.ts';

const VECTORS = xssVectors(300);

/** Fields whose words and forms the API fixes; of all others the text is free. */
const FIXED: ReadonlySet<string> = new Set(
  [
    'id kind time start from to action review state level role position direction channel channels mode outcome severity side',
    'source destination firstSeen lastSeen lastHit expires created lastUsed changed next edge edges revision baseRevision group',
    'before after by scopes code sentAt cursor samples lastSent until isolation hasCalls filter',
    'at since heard startedAt newest',
  ].flatMap((line) => line.split(' ')),
);

/** Puts the next vector in place of every free text, also where a name is a key. */
function poisoned(take: () => string): (path: string, answer: unknown) => unknown {
  const poison = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return FIXED.has(key) ? value : take();
    if (Array.isArray(value)) return value.map((one) => poison(one, key));
    if (typeof value !== 'object' || value === null) return value;
    const isCounts =
      Object.values(value).every((one) => typeof one === 'number') &&
      /^(?:entities|actions|reasons|byAction)$/.test(key);
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [isCounts ? take() : name, poison(inner, name)]),
    );
  };
  return (path, answer) => (path === '/session' ? answer : poison(answer, ''));
}

const VIEWS: readonly (readonly [path: string, act: (page: Page) => Promise<void>])[] = [
  ['/', async () => {}],
  [
    '/map',
    async (page) => {
      await page.getByRole('list', { name: 'Destinations' }).getByRole('button').first().click();
      await page.getByRole('complementary').waitFor();
    },
  ],
  ['/map?view=table', async () => {}],
  ['/map?edge=e00001', async (page) => page.getByRole('heading', { name: 'Evidence' }).waitFor()],
  [
    '/blocked',
    async (page) => {
      await page.getByRole('button', { name: 'Open the excerpt' }).click();
      await page.getByRole('figure').first().waitFor();
      await page
        .getByRole('region', { name: 'Event' })
        .getByRole('button', { name: /^False positive/ })
        .click();
      await page.getByRole('heading', { name: 'What it would have changed' }).waitFor();
    },
  ],
  ['/policies', async () => {}],
  ['/policies?file=claims.yaml', (page) => page.locator('.cm-content').first().waitFor()],
  ['/sensor', async () => {}],
  ['/access', async () => {}],
];

describe('text in answers', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('there are 300 different vectors', () => {
    assert.equal(new Set(VECTORS).size, 300);
  });

  let at = 0;
  const shown = new Set<string>();
  const take = (): string => {
    const vector = VECTORS[at % VECTORS.length] ?? '';
    at += 1;
    shown.add(vector);
    return vector;
  };

  for (const [path, act] of VIEWS) {
    test(`is text on ${path}`, () =>
      drive(
        async (page, mock) => {
          const dialogs = dialogsOf(page);
          await page.goto(mock.url + path);
          await settled(page);
          await act(page);
          await assertNothingRan(page, path);
          // The editor's text stands in a shadow root, which the text of the body leaves out.
          const parts = [page.locator('body'), ...(await page.locator('.cm-content').all())];
          const text = (await Promise.all(parts.map((part) => part.innerText()))).join('\n');
          assert.match(text, /globalThis\.ran=1/, 'the vectors are on the page, as text');
          // What waits for a pointer or the focus.
          for (const target of await page.locator('main a, main button').all())
            await target.dispatchEvent('pointerenter');
          await assertNothingRan(page, path);
          assert.deepEqual(dialogs, []);
          assert.equal(new URL(page.url()).origin, new URL(mock.url).origin);
        },
        { edges: 60, events: 60, alter: poisoned(take) },
      ));
  }

  test('all of them were shown', () => {
    assert.equal(shown.size, 300);
  });
});
