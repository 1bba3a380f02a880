/** Reports, what data can reach, and the nodes of a fleet, in a browser. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { accessibilityProblems, missingBrowser, PHONE } from '../support/browser.ts';
import { settled, withBrowser } from '../support/pages-under-test.ts';
import { xssVectors } from '../support/xss-vectors.ts';

describe('reports', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('are chosen by a button that the address keeps; every row leads to its flow', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/reports`);
      await page.getByRole('heading', { name: 'A report: scan-first' }).waitFor();
      await page.getByRole('button', { name: 'PCI DSS' }).press('Enter');
      await page.getByRole('heading', { name: 'PCI DSS 4.0: card data in motion' }).waitFor();
      assert.equal(page.url(), `${mock.url}/reports?report=pci`);
      const table = page.getByRole('region', { name: 'Flows that leave the environment' });
      await table.getByText('And 234 more: the file has all of them.').waitFor();
      await page.getByText('2 of 26 flows are known from logs alone').waitFor();
      await table
        .getByRole('link', { name: /^Flow 1 of / })
        .first()
        .click();
      await page.waitForURL(/\/map\?edge=/);
      await page.goBack();
      await page.getByRole('heading', { name: 'PCI DSS 4.0: card data in motion' }).waitFor();
    }));

  test('are handed out as files, which the page never opens', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/reports?report=gdpr`);
      await page.getByLabel('Format').selectOption('md');
      const coming = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download' }).click();
      const file = await coming;
      assert.equal(file.suggestedFilename(), 'weir-gdpr.md');
      assert.equal(readFileSync(await file.path(), 'utf8'), '<h1>gdpr</h1>');
      assert.equal(new URL(page.url()).pathname, '/reports');
    }));

  test('say why where they cannot be made', () =>
    drive(async (page, mock) => {
      mock.failing.add('/reports/hipaa');
      await page.goto(`${mock.url}/reports?report=hipaa`);
      await page.getByText('The store cannot be read: the disk is full.').waitFor();
      mock.failing.delete('/reports/hipaa');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByRole('heading', { name: 'A report: hipaa' }).waitFor();
    }));

  for (const scheme of ['light', 'dark'] as const) {
    test(`fit a phone, and axe-core finds nothing serious, in ${scheme}`, () =>
      drive(
        async (page, mock) => {
          for (const view of ['/reports?report=pci', '/sensor']) {
            await page.goto(mock.url + view);
            await settled(page);
            assert.deepEqual(await accessibilityProblems(page), [], view);
            const { width = 0 } = (await page.getByRole('main').boundingBox()) ?? {};
            assert.ok(width > 0 && width <= PHONE.width, `${view}: ${width}`);
          }
        },
        { scheme, size: PHONE },
      ));
  }
});

describe('what data can reach', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('is traced from a place on the map: places, hops, and what was held back', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      await page.getByRole('list', { name: 'Sources', exact: true }).getByRole('button').first().click();
      const part = page.getByRole('region', { name: 'What its data can reach' });
      await part.getByRole('button', { name: 'Trace it' }).press('Enter');
      await part.getByText('LLM, 2 hops').waitFor();
      await part.getByText('held back').waitFor();
      await part.getByText('Over which hops').waitFor();
      await part.getByText('Not seen: 2 of 26 edges could not be looked into').waitFor();
      assert.deepEqual(await accessibilityProblems(page), []);
    }));

  test('is asked of a class too, and the map says that the sensor lost data', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/map`);
      await page.getByRole('heading', { name: /^The sensor of this host lost data/ }).waitFor();
      await page.getByText('ring buffer full 12').waitFor();
      await page.getByRole('list', { name: 'Data', exact: true }).getByRole('button').first().click();
      const part = page.getByRole('region', { name: 'Where it came from and went' });
      await part.getByRole('button', { name: 'Trace it' }).click();
      await part.getByText('confirmed', { exact: true }).waitFor();
      await page.goto(mock.url);
      await page.getByText(/Lost by the sensor of this host since it started: ring buffer full \(12\)/).waitFor();
    }));
});

describe('a fleet', { skip: missingBrowser }, () => {
  const drive = withBrowser();

  test('is a table of nodes: what they run, what they refused, who is silent', () =>
    drive(async (page, mock) => {
      await page.goto(`${mock.url}/sensor`);
      const nodes = page.getByRole('region', { name: 'Nodes of the fleet' });
      await nodes.getByText('published: bank 8').waitFor();
      await nodes.getByRole('row', { name: /node-2 .*bank 7 refused/ }).waitFor();
      await nodes.getByText('it is signed by a key that this node does not trust').waitFor();
      await nodes.getByRole('row', { name: /node-3 .*silent/ }).waitFor();
      const chains = page.getByRole('region', { name: 'Chains of records' });
      await chains
        .getByRole('listitem')
        .filter({ hasText: /node-2.*9,120 records.*14 missing/ })
        .waitFor();
    }));

  test('is not there for a Weir without a bus', () =>
    drive(
      async (page, mock) => {
        await page.goto(`${mock.url}/sensor`);
        await settled(page);
        assert.equal(await page.getByRole('region', { name: 'Nodes of the fleet' }).count(), 0);
      },
      {
        alter: (path, answer) =>
          path === '/fleet/policies' ? { hasBus: false, problem: null, published: null, nodes: [] } : answer,
      },
    ));

  test('hostile names in reports, chains and nodes are text', () => {
    const hostile = (value: unknown): unknown => {
      const vectors = xssVectors(120);
      let next = 0;
      const walk = (one: unknown, key: string): unknown => {
        if (Array.isArray(one)) return one.map((inner) => walk(inner, key));
        if (typeof one === 'object' && one !== null) {
          return Object.fromEntries(Object.entries(one).map(([name, inner]) => [name, walk(inner, name)]));
        }
        const isPlain = typeof one === 'string' && !/^(\d{4}-|e\d)/.test(one);
        const isWord = ['kind', 'certainty', 'state', 'id', 'edge', 'edges'].includes(key);
        return isPlain && !isWord ? `${vectors[next++ % vectors.length]} ${one}` : one;
      };
      return walk(value, '');
    };
    return drive(
      async (page, mock) => {
        for (const view of ['/reports?report=pci', '/sensor']) {
          await page.goto(mock.url + view);
          await settled(page);
        }
        await page.goto(`${mock.url}/map`);
        await page.getByRole('list', { name: 'Sources', exact: true }).getByRole('button').first().click();
        await page.getByRole('button', { name: 'Trace it' }).click();
        await page.getByText('LLM, 2 hops').waitFor();
        const ran = await page.evaluate(() => Reflect.get(globalThis, 'ran') ?? null);
        assert.equal(ran, null);
      },
      {
        alter: (path, answer) => (/^\/(reports|lineage|fleet)/.test(path) ? hostile(answer) : answer),
      },
    );
  });
});
