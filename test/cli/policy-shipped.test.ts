import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createCatalog } from '../../catalog/catalog.ts';
import { runPolicyTests } from '../../cli/policy/test.ts';
import { packageRoot } from '../../config/package-root.ts';
import { readPolicies } from '../../config/policies.ts';
import { problemText } from '../../engine/decide/checked-yaml.ts';
import { isPolicy, type PolicyOf, parsePolicies } from '../../engine/decide/policy-file.ts';
import { lintPolicies } from '../../engine/decide/policy-lint.ts';
import { compilePolicies } from '../../engine/decide/policy-set.ts';
import { ENTITIES } from '../../engine/scan/scanner.ts';
import { messageOf } from '../engine/decide/messages.ts';

const read = readPolicies([join(packageRoot, 'policies')]);
const policies = read.documents.filter(isPolicy);

function named(name: string): PolicyOf {
  const found = policies.find((policy) => policy.name.value === name);
  assert.ok(found !== undefined, `no policy ${name} is shipped`);
  return found;
}

test('the shipped policies have no problem and no warning', () => {
  assert.deepEqual(read.problems.map(problemText), []);
  // One by one: beside strict.yaml the weaker ones would rightly be said to never decide.
  for (const policy of policies) {
    assert.deepEqual(lintPolicies([policy], new Date('2026-01-01T00:00:00Z')).map(problemText), []);
  }
});

test('each shipped policy has at least ten tests, and all pass', () => {
  for (const name of ['default', 'monitor', 'strict']) assert.ok(named(name).tests.length >= 10, name);
  const failed = runPolicyTests(read.documents, createCatalog([])).filter((result) => result.failures.length > 0);
  assert.deepEqual(
    failed.map(({ policy, place, failures }) => [policy, place, ...failures]),
    [],
  );
});

test('monitor.yaml detects what default.yaml does, rule by rule', () => {
  const detections = (policy: PolicyOf) =>
    JSON.stringify(
      {
        match: policy.match,
        rules: policy.rules.map(({ name, match, detect, action, severity }) => ({
          name,
          match,
          detect,
          action,
          severity,
        })),
      },
      (key, value: unknown) => (key === 'place' ? undefined : value),
    );
  assert.equal(detections(named('monitor')), detections(named('default')));
  assert.equal(named('monitor').mode, 'monitor');
});

const ROLES = ['system', 'user', 'assistant', 'tool', 'file', 'metadata'] as const;

test('in default.yaml every credential and card is blocked in a fresh prompt and a pseudonym everywhere else', () => {
  const set = compilePolicies([named('default')]);
  const entities = [...ENTITIES].filter(([entity, category]) => category === 'credential' || entity === 'CREDIT_CARD');
  assert.ok(entities.length >= 10);
  for (const [entity, category] of entities) {
    for (const role of ROLES) {
      for (const position of ['latest', 'history'] as const) {
        const { enforced, verdicts } = set.decide(
          messageOf([{ text: 'x', role, position, found: [{ entity, value: 'x', category, score: 0.5 }] }]),
        );
        const isFresh = position === 'latest' && (role === 'user' || role === 'metadata');
        assert.equal(enforced.action, isFresh ? 'block' : 'tokenize', `${entity} ${role} ${position}`);
        if (!isFresh) assert.deepEqual(verdicts, [{ finding: 0, action: 'tokenize', with: 'label' }]);
      }
    }
  }
});

test('default.yaml leaves network addresses, dates and uncertain names alone', () => {
  const set = compilePolicies([named('default')]);
  const left = [...ENTITIES].filter(([, category]) => category === 'network').map(([entity]) => entity);
  for (const entity of [...left, 'DATE_OF_BIRTH', 'ORGANIZATION', 'LOCATION']) {
    const category = ENTITIES.get(entity) ?? 'personal';
    if (category === 'credential') continue;
    const { enforced } = set.decide(messageOf([{ text: 'x', found: [{ entity, value: 'x', category }] }]));
    assert.equal(enforced.action, 'allow', entity);
  }
  const name = (score: number) =>
    set.decide(messageOf([{ text: 'x', found: [{ entity: 'PERSON', value: 'x', score }] }])).enforced.action;
  assert.deepEqual([name(0.79), name(0.8)], ['allow', 'tokenize']);
});

test('strict.yaml only ever blocks or allows, and blocks what could not be read', () => {
  const strict = named('strict');
  assert.deepEqual([...new Set(strict.rules.map((rule) => rule.action))], ['block']);
  const set = compilePolicies([strict]);
  assert.equal(
    set.decide(messageOf([], { coverage: { level: 'opaque', reason: 'media' } })).enforced.rule,
    'unreadable',
  );
});

test('no shipped policy holds a response or a destination that is not GenAI', () => {
  const set = compilePolicies(policies);
  const { source, destination } = messageOf([]);
  assert.equal(set.strongest({ direction: 'response', source, destination }), 'allow');
  assert.equal(
    set.strongest({ direction: 'request', source, destination: { ...destination, category: 'unknown' } }),
    'allow',
  );
  assert.equal(set.strongest({ direction: 'request', source, destination }), 'block');
});

test('no file of policies/ holds a literal that looks like a credential', () => {
  for (const file of read.files) {
    assert.doesNotMatch(
      readFileSync(file, 'utf8'),
      /AKIA[A-Z0-9]{16}|gh[pousr]_\w{36}|sk-\w{20}|:\/\/[^\s:/]+:[^\s@/]+@(?!db1\.internal)/,
      file,
    );
  }
});

/** The text of every fenced YAML block of a page that is a whole document. */
function examplesIn(page: string): readonly string[] {
  const text = readFileSync(join(packageRoot, page), 'utf8');
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, body]) =>
    body?.includes('apiVersion:') === true ? [body] : [],
  );
}

test('the examples in the guides are policies without a problem', () => {
  const pages = ['docs/policies.md', 'policies/README.md'];
  const examples = pages.flatMap((page) => examplesIn(page).map((text) => ({ page, text })));
  assert.ok(examples.length >= 3);
  for (const { page, text } of examples) {
    const sound = text.replace('"…22 characters…"', `"${'a'.repeat(22)}"`);
    assert.deepEqual(parsePolicies(page, sound).problems.map(problemText), []);
  }
});
