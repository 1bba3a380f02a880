import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicies } from '../../../engine/decide/policy-file.ts';
import { compilePolicies, type PolicySet } from '../../../engine/decide/policy-set.ts';
import { sourceIdentity } from '../../../engine/decide/source-identity.ts';
import type { Source } from '../../../flow/parties.ts';
import { messageOf, NOBODY, OPENAI, policyOf } from './messages.ts';

/** Where each host stands is its name. */
function rolledOut(rollout: string, more = ''): PolicySet {
  const text = `apiVersion: weir/v1\n${policyOf(['{name: r, action: block}'], `rollout: ${rollout}\n${more}`)}`;
  const stands = new Map(['0', '19.99', '20', '99.99'].map((host) => [sourceIdentity(hostOf(host)), Number(host)]));
  return compilePolicies(parsePolicies('p.yaml', text).documents, (policy, source) => {
    assert.equal(policy, 'p');
    return stands.get(source) ?? Number.NaN;
  });
}

function hostOf(host: string): Source {
  return { ...NOBODY, host };
}

function outcome(policies: PolicySet, host: string): readonly unknown[] {
  const source = hostOf(host);
  const { enforced, monitored } = policies.decide(messageOf([{ text: 'x' }], { source }));
  return [
    policies.strongest({ direction: 'request', source, destination: OPENAI }),
    enforced.action,
    monitored?.action ?? null,
  ];
}

test('a policy is enforced for its share of the sources and watches the others', () => {
  const policies = rolledOut('20%');
  for (const host of ['0', '19.99']) assert.deepEqual(outcome(policies, host), ['block', 'block', null], host);
  for (const host of ['20', '99.99']) assert.deepEqual(outcome(policies, host), ['allow', 'allow', 'block'], host);
  const { explanation } = policies.decide(messageOf([{ text: 'x' }], { source: hostOf('20') }));
  assert.deepEqual(
    explanation.map(({ text }) => text),
    ['monitor only (outside the rollout of 20%)'],
  );
  const [trace] = policies.trace(messageOf([{ text: 'x' }], { source: hostOf('20') }));
  assert.equal(trace?.mode, 'monitor');
});

test('0% is nobody and 100% everybody', () => {
  assert.deepEqual(outcome(rolledOut('0%'), '0'), ['allow', 'allow', 'block']);
  assert.deepEqual(outcome(rolledOut('100%'), '99.99'), ['block', 'block', null]);
});

test('a policy that only watches watches everybody, whatever its rollout', () => {
  assert.deepEqual(outcome(rolledOut('20%', 'mode: monitor'), '0'), ['allow', 'allow', 'block']);
});
