import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Override } from '../../../flow/override.ts';
import { messageOf, NOBODY, type Part, policiesOf, policyOf } from './messages.ts';

const CARD = '4111 1111 1111 1111';
const OTHER = '5500 0000 0000 0004';
const NOW = Date.parse('2026-06-01T12:00:00Z');
const MINUTE = 60_000;
const part = (value: string): Part => ({ text: `pay ${value}`, found: [{ entity: 'CREDIT_CARD', value }] });
const RULE = '{name: r, detect: {entities: [CREDIT_CARD]}, action: block, override: {for: 15m}}';
const policies = policiesOf(policyOf([RULE]));
const source = { ...NOBODY, app: 'desk', verified: true, host: 'laptop', user: 'jane' };

const GIVEN: Override = {
  event: '01KA0000000000000000000001',
  policy: 'p',
  rule: 'r',
  fingerprints: messageOf([part(CARD)]).findings.map(({ fingerprint }) => fingerprint),
  source,
  destination: { host: 'api.openai.com', port: 443 },
  from: NOW - MINUTE,
  until: NOW + 14 * MINUTE,
};

function decide(given: Partial<Override>, parts: readonly Part[] = [part(CARD)], over = {}, of = policies) {
  return of.decide(messageOf(parts, { source, overrides: [{ ...GIVEN, ...given }], ...over }));
}

test('the same finding from the same source to the same destination passes as an alert, on record', () => {
  const { enforced, verdicts, explanation } = decide({});
  assert.deepEqual([enforced.action, enforced.rule], ['alert', 'r']);
  assert.deepEqual(verdicts, []);
  assert.deepEqual(
    explanation.map(({ text }) => text),
    [
      'let through until 2026-06-01T12:14:00.000Z by the override of event 01KA0000000000000000000001, 1 CREDIT_CARD at /messages/0/content, score 1 >= 0.5',
    ],
  );
});

test('anything else is decided as before', () => {
  const elsewhere: readonly [string, Partial<Override>, object?][] = [
    ['another value', { fingerprints: ['x'] }],
    ['no value', { fingerprints: [] }],
    ['another destination', { destination: { host: 'api.openai.com', port: 8443 } }],
    ['another host', { source: { ...source, host: 'other' } }],
    ['another app', { source: { ...source, app: 'x' } }],
    ['an app whose token is missing now', {}, { source: { ...source, verified: false } }],
    ['another user', { source: { ...source, user: 'joe' } }],
    ['another rule', { rule: 's' }],
    ['another policy', { policy: 'q' }],
    ['before its time', { from: NOW + 1, until: NOW + MINUTE }],
    ['after its time', { until: NOW }],
    ['longer than the rule grants', { from: NOW - 15 * MINUTE, until: NOW + 60 * MINUTE }],
  ];
  for (const [why, given, over] of elsewhere) {
    assert.equal(decide(given, [part(CARD)], over ?? {}).enforced.action, 'block', why);
  }
});

test('beside a finding that was let through another one still blocks', () => {
  const { enforced, subject, explanation } = decide({}, [part(CARD), part(OTHER)]);
  assert.equal(enforced.action, 'block');
  assert.deepEqual(subject, [1]);
  assert.equal(explanation.length, 2);
});

test('what is unknown of a source, then or now, tells nothing', () => {
  assert.equal(decide({ source: { ...source, user: null, exe: '/bin/x' } }).enforced.action, 'alert');
});

test('of a rule that edits, what was let through is not edited', () => {
  const tokenizing = policiesOf(policyOf([RULE.replace('block', 'tokenize')]));
  const { enforced, verdicts } = decide({}, [part(CARD), part(OTHER)], {}, tokenizing);
  assert.equal(enforced.action, 'tokenize');
  assert.deepEqual(
    verdicts.map(({ finding }) => finding),
    [1],
  );
});

test('a rule that grants no override any more is not overridden', () => {
  const strict = policiesOf(policyOf([RULE.replace(', override: {for: 15m}', '')]));
  assert.equal(decide({}, [part(CARD)], {}, strict).enforced.action, 'block');
  assert.equal(strict.hasOverrides, false);
  assert.equal(policies.hasOverrides, true);
});

test('a rule that looks at no finding is let through for source and destination', () => {
  const limit = policiesOf(policyOf(['{name: r, match: {models: ["x*"]}, action: block, override: {for: 15m}}']));
  assert.equal(decide({ fingerprints: [] }, [part(CARD)], { model: 'x1' }, limit).enforced.action, 'alert');
  assert.equal(
    decide({ source: { ...source, host: 'other' } }, [part(CARD)], { model: 'x1' }, limit).enforced.action,
    'block',
  );
});

test('another rule that stops the same finding still does', () => {
  const two = policiesOf(policyOf([RULE, '{name: s, detect: {entities: [CREDIT_CARD]}, action: redact}']));
  assert.equal(decide({}, [part(CARD)], {}, two).enforced.action, 'redact');
});

test('who is stopped is told that it can be let through', () => {
  const { enforced } = policies.decide(messageOf([part(CARD)]));
  assert.match(enforced.message ?? '', /^It can be let through for 15m: weir log allow EVENT --reason WHY\.$/);
});
