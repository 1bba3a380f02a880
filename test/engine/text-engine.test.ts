import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Conversation, createEngine, type EngineOptions, WeirError } from '../../engine/text-engine.ts';

const CARD = '4111 1111 1111 1111';
const NOW = new Date('2027-01-15T00:00:00Z');
const TO = { now: NOW, destination: { host: 'api.openai.com' } };

const POLICY = `apiVersion: weir/v1
kind: Policy
name: own
match: {destinations: {categories: [genai]}}
rules:
  - {name: card, detect: {entities: [CREDIT_CARD]}, action: block, message: No cards.}
  - {name: contact, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}
  - {name: staff, detect: {entities: [STAFF_ID]}, action: redact}
recognizers:
  - {entity: STAFF_ID, patterns: ["\\\\bE-[0-9]{6}\\\\b"], score: 0.9}
---
apiVersion: weir/v1
kind: Exception
name: support
policy: own
values: ["support@example.com"]
expires: 2027-01-31
`;

function problemOf(options: EngineOptions): WeirError {
  try {
    createEngine(options);
  } catch (error) {
    assert.ok(error instanceof WeirError);
    return error;
  }
  assert.fail('it was taken');
}

describe('createEngine', () => {
  const engine = createEngine({ policies: [{ name: 'own.yaml', text: POLICY }] });

  it('finds by UTF-16 offsets, whatever stands before', () => {
    const text = `é 漢 😀 \ud800 ${CARD} 𝒳 a@example.com`;
    const { findings, coverage } = engine.inspect(text);
    assert.deepEqual(
      findings.map((one) => [one.entity, text.slice(one.start, one.end)]),
      [
        ['CREDIT_CARD', CARD],
        ['EMAIL_ADDRESS', 'a@example.com'],
      ],
    );
    assert.deepEqual(coverage, { level: 'full', reason: null });
  });

  it('redacts by label, or by what it is told', () => {
    const inspected = engine.inspect(`card ${CARD}!`);
    assert.equal(inspected.redact(), 'card [CREDIT_CARD]!');
    assert.equal(
      inspected.redact(({ start, end }) => '*'.repeat(end - start)),
      `card ${'*'.repeat(19)}!`,
    );
    assert.equal(engine.inspect('nothing').redact(), 'nothing');
  });

  it('takes a threshold, a label, and explains a score when asked to', () => {
    const score = (label: string | null) =>
      engine.inspect('219-09-9998', { minScore: 0, label }).findings.find((one) => one.entity === 'US_SSN')?.score ?? 0;
    assert.ok(score('customer_ssn') > score(null));
    assert.deepEqual(engine.inspect('219-09-9998', { minScore: 1 }).findings, []);
    const [finding] = engine.inspect(`card ${CARD}`, { explain: true }).findings;
    assert.ok((finding?.explanation ?? []).length > 0);
    assert.equal(engine.inspect(`card ${CARD}`).findings[0]?.explanation, undefined);
  });

  it('leaves out what is disabled, and adds recognizers of the caller and of policies', () => {
    const own = createEngine({
      disable: ['CREDIT_CARD'],
      recognizers: [{ entity: 'ORDER', words: ['PO-7'] }],
      policies: [{ name: 'own.yaml', text: POLICY }],
    });
    const found = own.inspect(`${CARD} PO-7 E-123456`).findings.map((one) => one.entity);
    assert.deepEqual(found, ['ORDER', 'STAFF_ID']);
    const names = own.recognizers.map((one) => one.entity);
    assert.ok(names.includes('ORDER') && names.includes('STAFF_ID') && !names.includes('CREDIT_CARD'));
  });

  it('decides by the policies: blocked, edited, let through', () => {
    const blocked = engine.decide(`my ${CARD}`, TO);
    assert.equal(blocked.action, 'block');
    assert.deepEqual([blocked.rule, blocked.message, blocked.output], ['card', 'No cards.', null]);
    assert.ok(blocked.explanation.length > 0 && !JSON.stringify(blocked).includes('4111'));
    assert.equal(engine.decide('E-123456 a@example.com', TO).output, '[STAFF_ID] <EMAIL_ADDRESS_1>');
    const elsewhere = { now: NOW, destination: { host: 'db.internal', category: 'internal' } } as const;
    assert.deepEqual(engine.decide(`my ${CARD}`, elsewhere).output, `my ${CARD}`);
    assert.equal(createEngine().decide(`my ${CARD}`, TO).action, 'allow');
  });

  it('takes the time from the caller: an exception runs out', () => {
    assert.equal(engine.decide('support@example.com', TO).output, 'support@example.com');
    const later = { ...TO, now: new Date('2027-02-01T00:00:00Z') };
    assert.equal(engine.decide('support@example.com', later).output, '<EMAIL_ADDRESS_1>');
  });

  it('keeps pseudonyms within a conversation', () => {
    const conversation = new Conversation();
    const { output: first } = engine.decide('a@example.com b@example.com', { ...TO, conversation });
    assert.equal(first, '<EMAIL_ADDRESS_1> <EMAIL_ADDRESS_2>');
    assert.equal(engine.decide('b@example.com', { ...TO, conversation }).output, '<EMAIL_ADDRESS_2>');
    assert.equal(conversation.valueOf('<EMAIL_ADDRESS_2>'), 'b@example.com');
  });

  it('refuses what it cannot use, with the place', () => {
    const policy = problemOf({
      policies: [{ name: 'bad.yaml', text: POLICY.replace('action: block', 'action: bock') }],
    });
    assert.equal(policy.code, 'policy_invalid');
    assert.match(policy.message, /^bad\.yaml:6:\d+: .*block/);
    const pattern = problemOf({ recognizers: [{ entity: 'P', patterns: ['ok', 'a(?=b)'] }] });
    assert.equal(pattern.code, 'pattern_invalid');
    assert.match(pattern.message, /patterns\[1\]/);
    const disable = problemOf({ disable: ['CREDIT_CART'] });
    assert.equal(disable.code, 'config_invalid');
    assert.match(disable.message, /CREDIT_CARD/);
  });
});
