import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../flow/finding.ts';
import { messageOf, type Part, policiesOf } from './messages.ts';

/** mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const ENTITY_LISTS = ['[CREDIT_CARD]', '[EMAIL_ADDRESS]', '["*"]', '["category:financial"]', '[PERSON, US_SSN]'];
const ACTIONS = ['allow', 'alert', 'tokenize', 'redact', 'block'];
const MATCHES = ['{}', '{roles: [tool]}', '{positions: [history]}', '{not: {roles: [user]}}', '{models: ["m*"]}'];
const EXCEPTS = ['{values: [aa]}', '{patterns: ["^b"]}', '{paths: ["/messages/0/*"]}'];
const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'];
const VALUES = ['aa', 'bb', 'cc'];

test('the order of policies, rules and exceptions never changes a decision', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomFrom(seed);
    const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
    const policies = ['p', 'q', 's'].map((name) => ({
      name,
      head: `kind: Policy\nname: ${name}\nmode: ${pick(['enforce', 'enforce', 'monitor'])}\nseverity: ${pick(SEVERITIES)}\nmatch: ${pick(MATCHES)}`,
      rules: ['r1', 'r2', 'r3', 'r4'].map((rule) => {
        const except = random() < 0.4 ? `, except: ${pick(EXCEPTS)}` : '';
        const count = random() < 0.3 ? ', minCount: 2' : '';
        return `{name: ${rule}, match: ${pick(MATCHES)}, detect: {entities: ${pick(ENTITY_LISTS)}${count}}, action: ${pick(ACTIONS)}${except}}`;
      }),
    }));
    const exceptions = ['x1', 'x2'].map(
      (name) =>
        `kind: Exception\nname: ${name}\npolicy: ${pick(['p', 'q', 's'])}\nvalues: [${pick(VALUES)}]\nexpires: 2030-01-01`,
    );
    const parts: Part[] = Array.from({ length: 4 }, () => ({
      text: 'aa bb cc',
      role: random() < 0.5 ? 'user' : 'tool',
      position: random() < 0.5 ? 'latest' : 'history',
      immutable: random() < 0.2,
      found: VALUES.map((value) => ({
        entity: pick(['CREDIT_CARD', 'EMAIL_ADDRESS', 'PERSON']),
        value,
        score: random(),
      })),
    }));
    const message = messageOf(parts, { model: 'm1' });
    const written = (order: <T>(items: readonly T[]) => readonly T[]): string[] => [
      ...order([
        ...order(policies).map(
          ({ head, rules }) =>
            `${head}\nrules:\n${order(rules)
              .map((rule) => `  - ${rule}`)
              .join('\n')}`,
        ),
        ...exceptions,
      ]),
    ];
    const decided = (documents: readonly string[]) => JSON.stringify(policiesOf(...documents).decide(message));
    const straight = decided(written((items) => items));
    for (let again = 0; again < 3; again++) {
      assert.equal(decided(written((items) => shuffled(items, random))), straight, `seed ${seed}`);
    }
  }
});

test('the order of findings never changes the action, the rule or the edits', () => {
  const set = policiesOf(
    'kind: Policy\nname: p\nrules:\n  - {name: a, detect: {entities: [PERSON], and: [{entities: [US_SSN]}], within: 4}, action: block}\n  - {name: b, detect: {entities: ["*"], minDistinct: 2}, action: redact}',
  );
  const message = messageOf([
    {
      text: 'aa bb cc',
      found: [
        { entity: 'PERSON', value: 'aa' },
        { entity: 'US_SSN', value: 'bb' },
        { entity: 'PERSON', value: 'cc' },
      ],
    },
  ]);
  const edits = (findings: readonly Finding[]) => {
    const { enforced, verdicts } = set.decide({ ...message, findings });
    return [enforced.action, enforced.rule, verdicts.map((verdict) => findings[verdict.finding]?.start).sort()];
  };
  const straight = edits(message.findings);
  for (let seed = 1; seed <= 10; seed++)
    assert.deepEqual(edits(shuffled(message.findings, randomFrom(seed))), straight);
});
