import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationText, type Usage, type UsageKey, type Used } from '../../../engine/decide/limit.ts';
import { sourceIdentity } from '../../../engine/decide/source-identity.ts';
import { messageOf, NOBODY, type Part, policiesOf, policyOf } from './messages.ts';

const CARD = '4111 1111 1111 1111';
const card: Part = { text: `pay with ${CARD}`, found: [{ entity: 'CREDIT_CARD', value: CARD }] };
const guess: Part = { text: 'Jane', found: [{ entity: 'PERSON', value: 'Jane', score: 0.4 }] };
const plain: Part = { text: 'hello' };

function before(used: Partial<Used>, asked: UsageKey[] = []): Usage {
  return {
    used(key) {
      asked.push(key);
      return { requests: 0, bytes: 0, findings: 0, ...used };
    },
  };
}

const LIMIT = policyOf([
  '{name: r, limit: {requests: 3, bytes: 1KiB, findings: 2, per: 1h}, action: block, message: Slow down.}',
]);

test('a limit holds once a source exceeds it, the message itself counted, and says by what', () => {
  const policies = policiesOf(LIMIT);
  const asked: UsageKey[] = [];
  const decide = (used: Partial<Used>, parts: readonly Part[] = [plain], bytes = 0) =>
    policies.decide(messageOf(parts, { usage: before(used, asked), bytes }));
  assert.equal(decide({ requests: 2 }).enforced.action, 'allow');
  const fourth = decide({ requests: 3 });
  assert.equal(fourth.enforced.action, 'block');
  assert.equal(fourth.enforced.message, 'Slow down.');
  assert.deepEqual(
    fourth.explanation.map(({ text }) => text),
    ['4 requests in 1h, limit 3'],
  );
  assert.equal(decide({ bytes: 1000 }, [plain], 24).enforced.action, 'allow');
  assert.equal(decide({ bytes: 1000 }, [plain], 25).enforced.action, 'block');
  assert.equal(decide({ findings: 1 }, [card]).enforced.action, 'allow');
  assert.equal(decide({ findings: 2 }, [card]).enforced.action, 'block');
  assert.equal(decide({ findings: 2 }, [guess]).enforced.action, 'allow');
  const both = decide({ requests: 9, findings: 9 }, [card]);
  assert.deepEqual(
    both.explanation.map(({ text }) => text),
    ['10 requests in 1h, limit 3, 10 findings in 1h, limit 2'],
  );
  assert.deepEqual(
    [...new Set(asked.map((key) => JSON.stringify(key)))],
    [JSON.stringify({ policy: 'p', rule: 'r', source: sourceIdentity(NOBODY), perMs: 3_600_000 })],
  );
});

test('what a message counts is what the rule takes in, without what exceptions take out', () => {
  const policies = policiesOf(
    policyOf([
      `{name: r, match: {roles: [tool]}, limit: {findings: 5, per: 1d}, action: alert, except: {values: ["${CARD}"]}}`,
    ]),
  );
  const other = '5500 0000 0000 0004';
  const found = [{ entity: 'CREDIT_CARD', value: other }];
  const uses = policies.usesOf(
    messageOf([card, { ...card, role: 'tool' }, { text: other, role: 'tool', found }, { text: other, found }], {
      bytes: 70,
    }),
  );
  assert.deepEqual(
    uses.map(({ rule, perMs, adds }) => ({ rule, perMs, adds })),
    [{ rule: 'r', perMs: 86_400_000, adds: { requests: 1, bytes: 70, findings: 1 } }],
  );
  const response = policies.usesOf(messageOf([plain], { direction: 'response', bytes: 9 }));
  assert.deepEqual(response[0]?.adds, { requests: 0, bytes: 9, findings: 0 });
});

test('a message that the rule does not take in is not counted', () => {
  const policies = policiesOf(
    policyOf(['{name: r, match: {models: ["gpt-*"]}, limit: {requests: 1, per: 1h}, action: block}']),
    policyOf(
      ['{name: s, match: {destinations: {vendors: [Nobody]}}, limit: {requests: 1, per: 1h}, action: block}'],
      'description: two',
    ).replace('name: p', 'name: q'),
  );
  assert.ok(policies.hasLimits);
  assert.deepEqual(policies.usesOf(messageOf([plain], { model: 'other' })), []);
  assert.deepEqual(
    policies.usesOf(messageOf([plain], { model: 'gpt-4o' })).map(({ rule }) => rule),
    ['r'],
  );
  assert.equal(policiesOf(policyOf(['{name: r, action: alert}'])).hasLimits, false);
});

test('an exception for a source takes it out of a limit, and a claimed label does not', () => {
  const policies = policiesOf(
    policyOf(['{name: r, limit: {requests: 1, per: 1h}, action: block, except: {sources: {apps: [batch]}}}']),
  );
  const of = (verified: boolean) =>
    messageOf([plain], { source: { ...NOBODY, app: 'batch', verified }, usage: before({ requests: 5 }) });
  assert.equal(policies.decide(of(true)).enforced.action, 'allow');
  assert.deepEqual(policies.usesOf(of(true)), []);
  assert.equal(policies.decide(of(false)).enforced.action, 'block');
});

test('a source is no other one by another label that it claims', () => {
  const claimed = { ...NOBODY, host: 'laptop', app: 'x' };
  assert.equal(sourceIdentity(claimed), sourceIdentity({ ...claimed, app: 'y' }));
  assert.notEqual(sourceIdentity(claimed), sourceIdentity({ ...claimed, verified: true }));
  assert.equal(sourceIdentity(claimed), sourceIdentity({ ...claimed, pid: 7, process: 'node' }));
  assert.notEqual(sourceIdentity(claimed), sourceIdentity({ ...claimed, host: 'other' }));
});

test('a time is written in its largest whole unit', () => {
  assert.deepEqual([60_000, 5_400_000, 3_600_000, 86_400_000, 1500].map(durationText), [
    '1m',
    '90m',
    '1h',
    '1d',
    '1500ms',
  ]);
});
