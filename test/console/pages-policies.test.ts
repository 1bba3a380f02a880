import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { missingBrowser } from '../support/browser.ts';
import { withBrowser } from '../support/pages-under-test.ts';

const EDITOR = '/policies?file=claims.yaml';

function editor(page: Page) {
  return page.getByRole('textbox', { name: 'Text of claims.yaml' });
}

/** Goes to the end of the text and writes there. */
async function write(page: Page, text: string): Promise<void> {
  await editor(page).click();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.type(text);
}

describe('policies', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('are listed with what their rules look for and hit, drafts and exceptions beside them', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/policies`);
      const rules = page.getByRole('table', { name: /^Rules of default/ });
      await rules.getByRole('row', { name: /card-in-prompt.*block.*CREDIT_CARD.*118/ }).waitFor();
      await page.getByRole('region', { name: 'claims' }).getByText('monitors 25%').waitFor();
      await page
        .getByRole('region', { name: 'Exceptions' })
        .getByText(/^expires/)
        .waitFor();
    }));

  test('the editor offers keys and values of the schema, and entities', () =>
    drive(async (page, mock) => {
      await page.goto(mock.url + EDITOR);
      await write(page, '\nsev');
      const offered = (name: string | RegExp) => page.getByRole('option', { name });
      await offered(/^severity/).click();
      assert.match(await editor(page).innerText(), /severity: $/);
      await page.keyboard.type('cri');
      await offered(/^critical/).click();
      await page.keyboard.type('\nrules:\n- name: a\ndetect: {entities: [US_S');
      await offered(/^US_SSN/).waitFor();
    }));

  test('what is wrong with a text is marked where it stands, and in words', () =>
    drive(async (page, mock) => {
      await page.goto(mock.url + EDITOR);
      await page.getByText('Nothing is wrong with the text.').waitFor();
      await write(page, '\nnonsense: 1');
      const problems = page.getByRole('region', { name: 'Text' }).getByRole('status');
      await problems.getByText('unknown key; did you mean `name`?').waitFor();
      await page.locator('.cm-lintRange-error').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Activate' }).isDisabled(), true);
    }));

  test('a sample is tried as one writes', () =>
    drive(async (page, mock) => {
      await page.goto(mock.url + EDITOR);
      const side = page.getByRole('region', { name: 'What it would do' });
      await side.getByLabel('Sample, looked at and forgotten').fill(`card ${['4111', '1111'].join(' ')}`);
      await side.getByText('blocked', { exact: true }).waitFor();
      assert.equal(await side.locator('mark').innerText(), ['4111', '1111'].join(' '));
      await side.getByText('Nothing: it is blocked.').waitFor();
    }));

  test('an administrator saves a draft, looks at difference, tests and replay, puts it in force and takes it back', () =>
    drive(async (page, mock) => {
      await page.goto(mock.url + EDITOR);
      await write(page, '\n# looked at');
      await page.getByText('not saved').waitFor();
      await page.getByRole('button', { name: 'Save draft' }).click();
      await page.getByText('The draft is saved. It is not in force.').waitFor();
      assert.deepEqual(mock.activated, []);
      await page.getByRole('button', { name: 'Activate' }).click();
      const dialog = page.getByRole('dialog', { name: 'Put claims.yaml in force' });
      await dialog.getByText(/^\+# \d+ characters/).waitFor();
      await dialog.getByText('1 test passed').waitFor();
      await dialog.getByText('3 events').waitFor();
      await dialog.getByRole('button', { name: 'Activate' }).click();
      await page.getByText('claims.yaml is in force').waitFor();
      assert.deepEqual(mock.activated, ['claims.yaml']);
      await page.getByRole('button', { name: 'Undo', exact: true }).click();
      await page.getByText('The activation is taken back').waitFor();
      assert.deepEqual(mock.activated, []);
    }));

  test('who is no administrator may try and replay, and save nothing', () =>
    drive(
      async (page, mock) => {
        await page.goto(`${mock.url + EDITOR}&panel=backtest`);
        await page.getByRole('button', { name: 'Replay' }).click();
        await page.getByText('undecidable', { exact: true }).waitFor();
        assert.equal(await page.getByRole('button', { name: 'Save draft' }).count(), 0);
        assert.equal(await page.getByRole('link', { name: 'Access' }).count(), 0);
      },
      { role: 'reviewer' },
    ));

  test('those that come with Weir are looked at and not changed', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/policies?file=default.yaml`);
      await page.getByText('This file comes with Weir and stays as it is').waitFor();
      const text = page.getByRole('textbox', { name: 'Text of default.yaml' });
      const before = await text.innerText();
      await text.click();
      await page.keyboard.type('x');
      assert.equal(await text.innerText(), before);
    }));

  test('a new file begins with a text to go on from', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/policies`);
      await page.getByRole('button', { name: 'New policy' }).click();
      await page.getByLabel(/^Name of the file in/).fill('cards');
      await page.getByRole('button', { name: 'Open the editor' }).click();
      await page.getByRole('textbox', { name: 'Text of cards.yaml' }).getByText('kind: Policy').waitFor();
      await page.getByText('a new file').waitFor();
    }));
});

describe('access', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('a token is made, shown once, and revoked', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/access`);
      await page.getByRole('button', { name: 'New token' }).click();
      await page.getByLabel('Name, with which reviews are signed').fill('alice');
      await page.getByLabel('Role').selectOption('reviewer');
      await page.getByRole('button', { name: 'Make the token' }).click();
      await page.getByRole('dialog', { name: 'The token of alice' }).getByText('token-of-alice').waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Revoke alice' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
      await page.getByText('The token of alice is revoked').waitFor();
      await page.getByRole('button', { name: 'Revoke alice' }).waitFor({ state: 'detached' });
    }));

  test('is for administrators', () =>
    drive(
      async (page, mock) => {
        await page.goto(`${mock.url}/access`);
        await page.getByText('This is for administrators').waitFor();
      },
      { role: 'reviewer' },
    ));
});

describe('sensor and fleet', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('shows hosts, what is attached or refused and why, and losses', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/sensor`);
      const host = page.getByRole('region', { name: 'node-1' });
      await host.getByText('stripped: no symbol to attach to').waitFor();
      await host.getByText('12 lost').waitFor();
      await page.getByRole('region', { name: 'node-2' }).getByText('sensor cannot run here').waitFor();
    }));
});
