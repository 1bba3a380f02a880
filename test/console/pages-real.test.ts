/** The pages on a running Weir: its records come from calls through its proxy, and nothing else writes them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessibilityProblems, missingBrowser, openWindow, watch } from '../support/browser.ts';
import { eventOf, withPagesOnWeir } from '../support/pages-on-weir.ts';
import { settled } from '../support/pages-under-test.ts';

const CARD = '4111 1111 1111 1111';

const MAIL_POLICY = `apiVersion: weir/v1
kind: Policy
name: mail
rules:
  - name: any
    detect: {entities: [EMAIL_ADDRESS]}
    action: block
tests:
  - {text: "write to jane.doe@acme-corp.com", expect: block}
`;

describe('the pages on a running Weir', { skip: missingBrowser }, () => {
  const running = withPagesOnWeir();

  /** Calls until the status is as it is to be: a change of policies is taken up in a moment. */
  async function answersWith(status: number, contents: readonly string[]): Promise<void> {
    for (const until = Date.now() + 30_000; Date.now() < until; )
      if ((await running().call('drafts', contents)) === status) return;
    assert.equal(await running().call('drafts', contents), status);
  }

  test('the printed link signs in, and the page fills with the first call', async () => {
    const page = await running().context.newPage();
    const wrong = watch(page, running().url);
    await page.goto(running().weir.weir.consoleLink ?? '');
    await page.getByRole('heading', { name: 'Route your first app' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    assert.equal(await running().call('billing', [`charge ${CARD}`]), 400);
    assert.equal(await running().call('crm', ['write to jane.doe@acme-corp.com']), 200);
    const blocked = page.getByRole('link', { name: /^Blocked 1/ });
    await blocked.waitFor();
    await page.getByRole('link', { name: 'Blocked prompts 1 open' }).waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('the map shows who sends what to whom, and a flow its evidence', async () => {
    const page = await running().open('/map');
    const list = (name: string) => page.getByRole('list', { name, exact: true });
    await list('Sources')
      .getByRole('button', { name: /^billing/ })
      .waitFor();
    await list('Data')
      .getByRole('button', { name: /^CREDIT_CARD/ })
      .waitFor();
    await list('Destinations')
      .getByRole('button', { name: /^OpenAI api\.openai\.com/ })
      .click();
    const drawer = page.getByRole('complementary');
    await drawer.getByRole('button', { name: /^billing/ }).click();
    await drawer.getByRole('heading', { name: 'Evidence' }).waitFor();
    await drawer.getByText('/messages/0/content').first().waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('combobox', { name: 'Search flows' }).fill('class:EMAIL_ADDRESS');
    await list('Sources')
      .getByRole('button', { name: /^billing/ })
      .waitFor({ state: 'detached' });
    await list('Sources').getByRole('button', { name: /^crm/ }).waitFor();
    await page.close();
  });

  test('a blocked prompt is opened and reviewed with the keyboard; each is an event under the name of the session', async () => {
    assert.equal(await running().call('claims', [`the card ${CARD} please`]), 400);
    const page = await running().open('/blocked');
    const detail = page.getByRole('region', { name: 'Event', exact: true });
    await page.getByRole('region', { name: 'Queue' }).getByRole('button').filter({ hasText: 'claims' }).click();
    await detail.getByText('claims').first().waitFor();
    const event = eventOf(page);
    await page.keyboard.press('o');
    assert.match(await detail.getByRole('figure').innerText(), /the card\s*CREDIT_CARD\s*please/);
    await page.keyboard.press('m');
    await page.keyboard.type('asked the team');
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page
      .getByRole('status')
      .getByText(/^Needs action: /)
      .waitFor();
    const review = await running().weir.eventWhere(
      'a review',
      ({ kind, refersTo }) => kind === 'review' && refersTo === event,
    );
    assert.equal(review.kind, 'review');
    await page.goto(`${running().url}/blocked?state=needs_action&event=${event}`);
    await detail.getByText('asked the team').first().waitFor();
    await detail.getByText('opened the excerpt').waitFor();
    await page.close();
  });

  test('a draft is tried, saved, put in force and taken back', async () => {
    const mail = ['mail to john.roe@acme-corp.com'];
    const page = await running().open('/policies?file=mail.yaml');
    const editor = page.getByRole('textbox', { name: 'Text of mail.yaml' });
    await editor.click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.insertText(MAIL_POLICY);
    const side = page.getByRole('region', { name: 'What it would do' });
    await side.getByLabel('Sample, looked at and forgotten').fill(mail.join(''));
    await side.getByText('mail/any').first().waitFor();
    await side.getByText('Nothing: it is blocked.').waitFor();
    await page.getByRole('button', { name: 'Save draft' }).click();
    await page.getByText('The draft is saved. It is not in force.').waitFor();
    assert.equal(await running().call('drafts', mail), 200);
    await page.getByRole('button', { name: 'Activate' }).click();
    const dialog = page.getByRole('dialog', { name: 'Put mail.yaml in force' });
    await dialog.getByText('+name: mail').waitFor();
    await dialog.getByText('1 test passed').waitFor();
    await dialog.getByRole('button', { name: 'Activate' }).click();
    await page.getByText(/^mail\.yaml is in/).waitFor();
    await answersWith(400, mail);
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByText('The activation is taken back').waitFor();
    await answersWith(200, mail);
    await page.close();
  });

  test('a report is made of what was recorded, and what a service sent is traced to where it was held back', async () => {
    const page = await running().open('/reports?report=pci');
    await page.getByRole('heading', { name: /^PCI DSS/ }).waitFor();
    await page
      .getByRole('row', { name: /billing.*CREDIT_CARD/ })
      .first()
      .waitFor();
    await page.goto(`${running().url}/map`);
    await page
      .getByRole('list', { name: 'Sources', exact: true })
      .getByRole('button', { name: /^billing/ })
      .click();
    const part = page.getByRole('region', { name: 'What its data can reach' });
    await part.getByRole('button', { name: 'Trace it' }).click();
    await part.getByText('held back').waitFor();
    await page.close();
  });

  test('axe-core finds nothing serious on any page', async () => {
    const page = await running().open('/');
    for (const path of [
      '/',
      '/map',
      '/map?view=table',
      '/blocked',
      '/reports',
      '/reports?report=pci',
      '/policies',
      '/policies?file=guard.yaml',
      '/sensor',
      '/access',
    ]) {
      await page.goto(running().url + path);
      await settled(page);
      assert.deepEqual(await accessibilityProblems(page), [], path);
    }
    await page.close();
  });

  test('a token that was made in the pages opens them for a viewer, who may not review', async () => {
    const page = await running().open('/access');
    await page.getByRole('button', { name: 'New token' }).click();
    await page.getByLabel('Name, with which reviews are signed').fill('vera');
    await page.getByRole('button', { name: 'Make the token' }).click();
    const token = await page.getByRole('dialog', { name: 'The token of vera' }).locator('code').innerText();
    const other = await openWindow(running().browser);
    try {
      const door = await other.newPage();
      await door.goto(`${running().url}/blocked`);
      await door.getByLabel('Token').fill(token);
      await door.getByRole('button', { name: 'Sign in' }).click();
      await door.getByText('A reviewer can review this event.').waitFor();
      assert.equal(await door.getByRole('link', { name: 'Access' }).count(), 0);
    } finally {
      await other.close();
    }
    await page.close();
  });
});
