import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../flow/finding.ts';
import { cpuMs } from '../../support/cpu-time.ts';
import { messageOf, OPENAI, policiesOf, policyOf } from './messages.ts';

const RULES = Array.from(
  { length: 20 },
  (_, i) =>
    `{name: r${i}, match: {roles: [user]}, detect: {entities: [CREDIT_CARD, "category:credential"]}, action: block}`,
);

test('a message without findings costs microseconds', () => {
  const set = policiesOf(policyOf(RULES, 'match: {destinations: {categories: [genai], hosts: ["*.openai.com"]}}'));
  const message = messageOf([{ text: 'hello' }]);
  const decide = (times: number) => {
    for (let i = 0; i < times; i++) set.decide(message);
  };
  decide(2000);
  assert.ok(cpuMs(() => decide(10_000)) < 600, 'more than 60 microseconds each');
});

test('scopes without end do not grow the memory of a policy set', () => {
  const set = policiesOf(policyOf(RULES, 'match: {destinations: {hosts: ["*.openai.com"]}}'));
  const message = messageOf([]);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 10_000; i++) set.decide({ ...message, destination: { ...OPENAI, host: `h${i}.example` } });
  assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
});

function crowd(
  entityOf: (index: number) => string,
  fingerprintOf: (index: number) => string,
): ReturnType<typeof messageOf> {
  const count = 20_000;
  const text = 'ab '.repeat(count);
  const base = messageOf([{ text }]);
  const findings: Finding[] = Array.from({ length: count }, (_, index) => ({
    entity: entityOf(index),
    category: 'personal',
    start: index * 3,
    end: index * 3 + 2,
    score: 1,
    recognizer: 'by-hand',
    alternatives: [],
    segment: 0,
    path: '/x',
    role: 'user',
    position: 'latest',
    fingerprint: fingerprintOf(index),
  }));
  return { ...base, findings };
}

test('findings by the ten thousand near each other are decided on in linear time', () => {
  const near =
    '{name: r, detect: {entities: [PERSON], and: [{entities: [US_SSN], minDistinct: 2}], within: 1000000}, action: block}';
  const beside = '{name: s, detect: {entities: [PERSON], and: [{entities: [US_SSN], minDistinct: 2}]}, action: block}';
  const excepted =
    '{name: t, detect: {entities: ["*"]}, action: redact, except: {patterns: ["(a|b|ab)*c"], paths: ["/**/y"]}}';
  const set = policiesOf(policyOf([near, beside, excepted]));
  const message = crowd(
    (index) => (index % 2 === 0 ? 'PERSON' : 'US_SSN'),
    () => 'the same one value',
  );
  assert.ok(cpuMs(() => set.decide(message)) < 4000);
});
