/** Policies and reviews by the API: what may be changed, by what way, and what is on record afterwards. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { judgingAnswering } from '../../../cli/console/judging-desk.ts';
import { unifiedDiff } from '../../../cli/console/unified-diff.ts';
import { loadConfig } from '../../../config/load.ts';
import { loadPolicies } from '../../../config/policies.ts';
import { openHome } from '../../../store/home.ts';
import { createRecorder } from '../../../store/recorder.ts';
import { closingOf, eventsIn, FINDING, openingOf, sampleEvent } from '../../store/samples.ts';
import { type AskedDesk, askDesk } from '../../support/console-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-policies-'));
const policies = join(folder, 'policies');
const home = openHome(join(folder, 'home'));
const CARDS = `apiVersion: weir/v1
kind: Policy
name: cards
description: No cards.
severity: high
rules:
  - name: pan
    detect: {entities: [CREDIT_CARD]}
    action: block
    override: {for: 15m}
tests:
  - {text: "my card is 4111 1111 1111 1111", expect: block}
  - {text: "order 12", expect: allow}
`;
const REDACTING = CARDS.replace('action: block\n    override: {for: 15m}', 'action: redact').replace(
  'expect: block',
  'expect: redact',
);
const blocked = sampleEvent({ action: 'block', policy: 'cards', rule: 'pan', severity: 'high', findings: [FINDING] });
let desk: AskedDesk;

before(async () => {
  mkdirSync(policies);
  writeFileSync(join(policies, 'cards.yaml'), CARDS);
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, JSON.stringify({ home: home.path, policies: ['policies'], sensor: { enabled: false } }));
  const config = loadConfig({ file, env: {}, cwd: folder });
  const snapshot = { config, documents: loadPolicies(config) };
  const lock = home.lock();
  const recorder = createRecorder(home, {
    encryptExcerpts: true,
    eventLog: null,
    onProblem: (text) => assert.fail(text),
    closeMs: 5000,
  });
  await recorder.ready();
  recorder.open(openingOf(blocked));
  recorder.close(closingOf(blocked));
  await recorder.close();
  lock.release();
  desk = askDesk((say) => judgingAnswering({ home: home.path, snapshot }, say));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('policies', () => {
  test('are listed with what their rules hit', async () => {
    const got = Object(await desk.ask('policies'));
    assert.deepEqual([got.files.length, got.files[0].id, got.files[0].isWritable], [1, 'cards.yaml', true]);
    const [rule] = got.policies[0].rules;
    assert.deepEqual(
      [rule.name, rule.detects, rule.hits, rule.observed, rule.lastHit],
      ['pan', 'CREDIT_CARD', 1, 0, blocked.time],
    );
    assert.equal(Object(await desk.ask('policyFile', { parts: { file: 'cards.yaml' } })).text, CARDS);
    assert.ok(Object(await desk.ask('policySchema'))['$schema']);
  });
  test('a text is checked with all others, its errors by line', async () => {
    const good = Object(await desk.ask('checkPolicy', { body: { file: 'cards.yaml', text: REDACTING } }));
    assert.deepEqual([good.problems, good.policies], [[], ['cards']]);
    const bad = Object(
      await desk.ask('checkPolicy', { body: { file: 'cards.yaml', text: CARDS.replace('block', 'blok') } }),
    );
    assert.equal(bad.problems[0].line, 9);
    const twice = Object(await desk.ask('checkPolicy', { body: { text: CARDS } }));
    assert.match(twice.problems[0].message, /cards/);
  });
  test('the tests in a text are run', async () => {
    const good = Object(await desk.ask('testPolicy', { body: { file: 'cards.yaml', text: CARDS } }));
    assert.deepEqual([good.passed, good.failed], [2, 0]);
    assert.doesNotMatch(JSON.stringify(good), /4111/);
    const bad = Object(
      await desk.ask('testPolicy', {
        body: { file: 'cards.yaml', text: CARDS.replace('expect: block', 'expect: allow') },
      }),
    );
    assert.equal(bad.failed, 1);
    assert.doesNotMatch(JSON.stringify(bad), /4111/);
  });
  test('a sample is tried with the set in force and with a text', async () => {
    const sample = 'ü card 4111 1111 1111 1111';
    const now = Object(await desk.ask('tryPolicy', { body: { sample } }));
    assert.deepEqual([now.action, now.rule, now.output], ['block', 'pan', null]);
    assert.deepEqual([now.findings[0].entity, now.findings[0].start, now.findings[0].end], ['CREDIT_CARD', 7, 26]);
    const then = Object(await desk.ask('tryPolicy', { body: { sample, file: 'cards.yaml', text: REDACTING } }));
    assert.deepEqual([then.action, then.output], ['redact', 'ü card [CREDIT_CARD]']);
    const broken = Object(await desk.ask('tryPolicy', { body: { sample, text: 'x' } }));
    assert.ok(broken.problems.length > 0);
    assert.equal(eventsIn(home.path).length, 1);
  });
});

describe('drafts', () => {
  const parts = { file: 'cards.yaml' };
  const draftFile = join(policies, 'cards.draft.yaml');
  test('are saved beside the file, never loaded, and not overwritten unseen', async () => {
    const saved = Object(await desk.ask('saveDraft', { parts, body: { text: REDACTING, revision: null } }));
    assert.equal(readFileSync(draftFile, 'utf8'), REDACTING);
    assert.match(saved.diff, /^--- a\/cards\.yaml\n\+\+\+ b\/cards\.yaml\n@@ -6,8 \+6,7 @@/);
    assert.equal((await desk.refused('saveDraft', { parts, body: { text: CARDS, revision: null } })).code, 'conflict');
    const set = Object(await desk.ask('policies'));
    assert.deepEqual(
      [set.drafts.length, set.drafts[0].file, set.files.length, set.files[0].hasDraft],
      [1, 'cards.yaml', 1, true],
    );
  });
  test('are activated only as they were looked at, on record, and can be taken back', async () => {
    const draft = Object(await desk.ask('draft', { parts }));
    const { revision, baseRevision } = draft;
    assert.equal(
      (await desk.refused('activateDraft', { parts, body: { revision: 'x', baseRevision } })).code,
      'conflict',
    );
    assert.equal(
      (await desk.refused('activateDraft', { parts, body: { revision, baseRevision: 'x' } })).code,
      'conflict',
    );
    assert.equal(readFileSync(join(policies, 'cards.yaml'), 'utf8'), CARDS);
    const done = Object(
      await desk.ask('activateDraft', { parts, body: { revision, baseRevision }, by: { name: 'dora', role: 'admin' } }),
    );
    assert.equal(readFileSync(join(policies, 'cards.yaml'), 'utf8'), REDACTING);
    assert.equal(existsSync(draftFile), false);
    assert.equal(done.file.canUndo, true);
    const [event] = eventsIn(home.path).filter(({ id }) => id === done.event);
    assert.deepEqual([event?.kind, event?.source.user], ['admin', 'dora']);
    assert.match(event?.reason ?? '', /^policy file cards\.yaml activated \([0-9a-f]{16} to [0-9a-f]{16}\)$/);
    await desk.ask('undoPolicy', { parts });
    assert.equal(readFileSync(join(policies, 'cards.yaml'), 'utf8'), CARDS);
    assert.equal((await desk.refused('undoPolicy', { parts })).code, 'conflict');
    assert.deepEqual(readdirSync(policies), ['cards.yaml']);
  });
  test('with an error or a failing test stay drafts', async () => {
    for (const text of [CARDS.replace('block', 'blok'), CARDS.replace('expect: block', 'expect: allow')]) {
      const saved = Object(await desk.ask('saveDraft', { parts, body: { text } }));
      const body = { revision: saved.revision, baseRevision: saved.baseRevision };
      assert.equal((await desk.refused('activateDraft', { parts, body })).code, 'conflict');
    }
    await desk.ask('dropDraft', { parts });
    assert.equal(readFileSync(join(policies, 'cards.yaml'), 'utf8'), CARDS);
  });
  test('of a new file become one, and an undo takes it away', async () => {
    const own = { file: 'new-one.yaml' };
    const text = CARDS.replace('name: cards', 'name: other');
    const saved = Object(await desk.ask('saveDraft', { parts: own, body: { text } }));
    assert.deepEqual([saved.isNew, saved.baseRevision], [true, null]);
    await desk.ask('activateDraft', { parts: own, body: { revision: saved.revision, baseRevision: null } });
    assert.ok(existsSync(join(policies, 'new-one.yaml')));
    await desk.ask('undoPolicy', { parts: own });
    assert.deepEqual(readdirSync(policies), ['cards.yaml']);
  });
  test('go nowhere but into the folder of policies, and never over what comes with Weir', async () => {
    for (const file of [
      '../x.yaml',
      '/etc/x.yaml',
      'a/b.yaml',
      '.x.yaml',
      'x.draft.yaml',
      'x.yml',
      'X.yaml',
      'x\u0000.yaml',
      '..yaml/../x.yaml',
    ]) {
      assert.equal(
        (await desk.refused('saveDraft', { parts: { file }, body: { text: CARDS } })).code,
        'not_found',
        file,
      );
    }
    const config = { ...loadConfig({ file: null, env: { WEIR_HOME: home.path }, cwd: policies }), home: home.path };
    const shipped = askDesk((say) =>
      judgingAnswering({ home: home.path, snapshot: { config, documents: loadPolicies(config) } }, say),
    );
    const set = Object(await shipped.ask('policies'));
    assert.deepEqual([set.files[0].isShipped, set.files[0].isWritable, set.folder], [true, false, null]);
    const own = { file: set.files[0].id };
    assert.equal((await shipped.refused('saveDraft', { parts: own, body: { text: CARDS } })).code, 'read_only');
    assert.ok(
      Object(await shipped.ask('diffPolicy', { body: { file: own.file, text: CARDS } })).diff.startsWith(
        '--- a/default.yaml',
      ),
    );
  });
});

describe('what people decide about an event', () => {
  const parts = { id: blocked.id };
  test('a review is signed by whoever is signed in, and its note holds nothing sensitive', async () => {
    const body = { state: 'false_positive', note: 'the card 4111 1111 1111 1111 is the test card' };
    const got = Object(await desk.ask('review', { parts, body, by: { name: 'erin', role: 'reviewer' } }));
    assert.deepEqual([got.review.by, got.review.note], ['erin', 'the card [CREDIT_CARD] is the test card']);
    const event = eventsIn(home.path).find(({ id }) => id === blocked.id);
    assert.deepEqual([event?.review?.state, event?.review?.by], ['false_positive', 'erin']);
    assert.equal((await desk.refused('review', { parts: { id: got.id }, body })).code, 'conflict');
    assert.equal((await desk.refused('review', { parts: { id: '0'.repeat(26) }, body })).code, 'not_found');
  });
  test('the narrowest exception is proposed, with what it would have changed, and no value in it', async () => {
    const by = { name: 'erin', role: 'reviewer' } as const;
    const got = Object(await desk.ask('exception', { parts, by }));
    assert.deepEqual([got.by, got.scopes], ['fingerprint', ['fingerprint', 'path', 'rule']]);
    assert.equal(got.text, 'Lets these 2 values from billing to api.openai.com pass cards/pan.');
    assert.match(got.yaml, /fingerprints:\n {2}- fpAAAAAAAAAAAAAAAAAAAA\n/);
    assert.match(got.yaml, /by: erin/);
    assert.deepEqual([got.file, got.isWritable], ['exceptions.yaml', true]);
    assert.match(got.diff, /^--- \/dev\/null\n\+\+\+ b\/exceptions\.yaml\n/);
    const [change] = got.effect.changed;
    assert.deepEqual(
      [got.effect.events, got.effect.undecidable, change.before, change.after, change.samples],
      [1, 0, 'block', 'allow', [blocked.id]],
    );
    for (const scope of got.scopes) {
      const one = Object(await desk.ask('exception', { parts, by, query: `by=${scope}&days=7&reason=ticket` }));
      const checked = Object(await desk.ask('checkPolicy', { body: { text: one.yaml } }));
      assert.deepEqual(checked.problems, [], one.yaml);
      assert.ok(Date.parse(one.expires) < Date.now() + 8 * 86_400_000);
    }
    assert.match(
      Object(await desk.ask('exception', { parts, query: 'by=path' })).yaml,
      /paths:\n {2}- \/messages\/\*\/content\n/,
    );
  });
  test('a text is replayed on what is recorded', async () => {
    const same = Object(await desk.ask('backtestPolicy', { body: { file: 'cards.yaml', text: CARDS } }));
    assert.deepEqual([same.backtest.events, same.backtest.unchanged, same.backtest.changed], [1, 1, []]);
    const other = Object(await desk.ask('backtestPolicy', { body: { file: 'cards.yaml', text: REDACTING, days: 7 } }));
    assert.deepEqual([other.backtest.changed[0].before, other.backtest.changed[0].after], ['block', 'redact']);
    const broken = Object(await desk.ask('backtestPolicy', { body: { text: 'x' } }));
    assert.equal(broken.backtest, null);
  });
  test('an override is given where the rule grants it', async () => {
    const got = Object(
      await desk.ask('allow', { parts, body: { reason: 'ticket 7' }, by: { name: 'erin', role: 'reviewer' } }),
    );
    assert.ok(Date.parse(got.until) > Date.now());
    assert.equal(readdirSync(home.overridesFolder).length, 1);
  });
  test('a rule that would have stopped it is suggested', async () => {
    const got = Object(await desk.ask('eventSuggestion', { parts }));
    assert.match(got.yaml, /entities: \["CREDIT_CARD"\]/);
    const checked = Object(await desk.ask('checkPolicy', { body: { text: got.yaml } }));
    assert.deepEqual(checked.problems, []);
  });
});

test('a diff is what patch takes: applied by hand it gives the new text', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}\n`).join('');
  const cases: readonly (readonly [string | null, string | null])[] = [
    ['a\nb\nc\n', 'a\nx\nc\n'],
    [null, 'a\nb\n'],
    ['a\nb\n', null],
    [lines(50), lines(50).replace('line 10\n', 'new\n').replace('line 40\n', '')],
    [lines(30), `first\n${lines(30)}last\n`],
    ['a', 'a\n'],
    ['', 'x\n'],
    [lines(3000), lines(3000).replaceAll('line', 'row')],
  ];
  for (const [before, after_] of cases) assert.equal(patched(before, unifiedDiff('f', before, after_)), after_ ?? '');
  assert.equal(unifiedDiff('f', 'a\n', 'a\n'), '');
});

/** Applies a unified diff, checking every line of context and of what goes. */
function patched(before: string | null, diff: string): string {
  const old = (before ?? '').split('\n');
  const isWhole = (before ?? '').endsWith('\n') || before === '' || before === null;
  if (isWhole) old.pop();
  const out: string[] = [];
  let at = 0;
  let ends = true;
  const lines = diff.split('\n').slice(2, -1);
  for (const [index, line] of lines.entries()) {
    const [, start, count] = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line) ?? [];
    if (start !== undefined) {
      const from = Number(start) - (count === '0' ? 0 : 1);
      while (at < from) out.push(old[at++] ?? '');
      continue;
    }
    if (line.startsWith('\\')) {
      if (lines[index - 1]?.startsWith('+') === true) ends = false;
      continue;
    }
    if (line.startsWith('+')) {
      out.push(line.slice(1));
      continue;
    }
    assert.equal(old[at], line.slice(1));
    if (line.startsWith(' ')) out.push(line.slice(1));
    at++;
  }
  while (at < old.length) out.push(old[at++] ?? '');
  return out.length === 0 ? '' : out.join('\n') + (ends ? '\n' : '');
}
