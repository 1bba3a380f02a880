import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gdprReport } from '../../../map/reports/gdpr.ts';
import { pciReport } from '../../../map/reports/pci.ts';
import { scanFirstReport } from '../../../map/reports/scan-first.ts';
import { writeReport } from '../../../map/reports/write.ts';
import { afterwards } from '../../store/samples.ts';
import { accessibilityProblems, missingBrowser, openWindow, startBrowser } from '../../support/browser.ts';
import { edge, knowledge } from '../made-edges.ts';
import { bucketReads, HOUSE, inputOf } from './bank.ts';

const HOSTILE = edge('<img src=x onerror=alert(1)>', 'files.example', {
  entities: { CREDIT_CARD: 1, '<script>alert(2)</script>': 1 },
});

test('a report opens in a browser without a request, a script or an accessibility problem, and prints', {
  skip: missingBrowser,
}, async (t) => {
  const browser = await startBrowser();
  afterwards(t, () => browser.close());
  const input = inputOf([...HOUSE, HOSTILE, bucketReads('invoices', 'billing')]);
  for (const report of [pciReport(input), gdprReport(input), scanFirstReport(input, null)]) {
    const context = await openWindow(browser);
    const page = await context.newPage();
    const happened: string[] = [];
    page.on('dialog', (dialog) => {
      happened.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('request', (request) => happened.push(request.url()));
    page.on('pageerror', (error) => happened.push(error.message));
    const html = [...writeReport(report, 'html', { version: '1', categoryOf: knowledge().categoryOf })].join('');
    await page.setContent(html);
    assert.equal(await page.locator('script, img, iframe, form').count(), 0);
    assert.equal(await page.locator('h1').textContent(), report.title);
    await page.locator('.links a').first().click();
    assert.match(page.url(), /#f\d+$/);
    assert.deepEqual(happened, [], report.kind);
    assert.deepEqual(await accessibilityProblems(page), [], report.kind);
    assert.ok((await page.pdf()).length > 1000);
    await context.close();
  }
});
