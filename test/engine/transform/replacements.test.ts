import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Conversation } from '../../../engine/transform/conversation.ts';
import { replacements } from '../../../engine/transform/replacements.ts';
import { applyEdits } from '../../../engine/transform/splice.ts';
import type { Redaction, Verdict } from '../../../flow/decision.ts';
import type { Finding } from '../../../flow/finding.ts';
import { extracted, request, UNKNOWN } from '../extract/messages.ts';

const hash = (entity: string, value: string) => `${entity.length}-${value.length}`;

/** Finds each word of a body and edits it as told; the body after it. */
function edit(
  body: object,
  asked: readonly (readonly [string, string, 'tokenize' | Redaction])[],
  conversation: Conversation | null,
): unknown {
  const message = request('/upload', body, { destination: UNKNOWN });
  const extraction = extracted(message);
  const findings: Finding[] = [];
  const verdicts: Verdict[] = [];
  for (const [word, entity, how] of asked) {
    extraction.segments.forEach((segment, index) => {
      for (let at = segment.text.indexOf(word); at !== -1; at = segment.text.indexOf(word, at + 1)) {
        findings.push({
          entity,
          category: 'personal',
          start: at,
          end: at + Buffer.byteLength(word),
          score: 0.9,
          recognizer: 'test',
          alternatives: [],
          segment: index,
          path: segment.path,
          role: segment.role,
          position: segment.position,
          fingerprint: '',
        });
        verdicts.push({
          finding: findings.length - 1,
          action: how === 'tokenize' ? 'tokenize' : 'redact',
          with: how === 'tokenize' ? 'label' : how,
        });
      }
    });
  }
  const edits = replacements(extraction, findings, verdicts, conversation, hash);
  return JSON.parse(applyEdits(message, extraction, edits).body.toString());
}

test('redacts with a label, a mask, the last four or a hash', () => {
  const body = { a: 'no 4111-1111-1111-1234 x' };
  const value = '4111-1111-1111-1234';
  assert.deepEqual(edit(body, [[value, 'CREDIT_CARD', 'label']], null), { a: 'no [CREDIT_CARD] x' });
  assert.deepEqual(edit(body, [[value, 'CREDIT_CARD', 'mask']], null), { a: `no ${'*'.repeat(19)} x` });
  assert.deepEqual(edit(body, [[value, 'CREDIT_CARD', 'last4']], null), { a: `no ${'*'.repeat(15)}1234 x` });
  assert.deepEqual(edit(body, [[value, 'CREDIT_CARD', 'hash']], null), { a: 'no [CREDIT_CARD:11-19] x' });
  assert.deepEqual(edit({ a: 'pin 123456' }, [['123456', 'PIN', 'last4']], null), { a: 'pin ******' });
  assert.deepEqual(edit(body, [[value, 'CREDIT_CARD', 'tokenize']], null), { a: 'no [CREDIT_CARD] x' });
});

test('numbers tokens in order of first appearance and keeps them for the whole conversation', () => {
  const conversation = new Conversation();
  const asked = [
    ['Bob', 'PERSON', 'tokenize'],
    ['Ann', 'PERSON', 'tokenize'],
    ['a@b.example', 'EMAIL_ADDRESS', 'tokenize'],
  ] as const;
  assert.deepEqual(edit({ m: ['Ann and Bob', 'Bob: a@b.example'] }, asked, conversation), {
    m: ['<PERSON_1> and <PERSON_2>', '<PERSON_2>: <EMAIL_ADDRESS_1>'],
  });
  assert.deepEqual(edit({ m: ['Bob', 'Ann'] }, asked, conversation), { m: ['<PERSON_2>', '<PERSON_1>'] });
  assert.equal(conversation.valueOf('<PERSON_2>'), 'Bob');
  assert.equal(conversation.valueOf('<PERSON_3>'), null);
});

test('skips the number of a token that stands literally in the payload, unless it was issued', () => {
  const conversation = new Conversation();
  const asked = [['Ann', 'PERSON', 'tokenize']] as const;
  assert.deepEqual(edit({ a: 'Ann', b: JSON.stringify({ c: 'a literal <PERSON_1>' }) }, asked, conversation), {
    a: '<PERSON_2>',
    b: '{"c":"a literal <PERSON_1>"}',
  });
  assert.deepEqual(edit({ a: '<PERSON_2> is Ann' }, asked, conversation), { a: '<PERSON_2> is <PERSON_2>' });
  assert.equal(conversation.tokenFor('PERSON', 'Bob'), '<PERSON_3>');
});

test('findings that overlap become one edit of the strongest action, whole span', () => {
  const conversation = new Conversation();
  const asked = [
    ['ann', 'PERSON', 'tokenize'],
    ['ann@mail.example', 'EMAIL_ADDRESS', 'tokenize'],
  ] as const;
  assert.deepEqual(edit({ a: 'to ann@mail.example.' }, asked, conversation), { a: 'to <EMAIL_ADDRESS_1>.' });
  assert.deepEqual(
    edit(
      { a: 'x abcdef y' },
      [
        ['abcd', 'A', 'label'],
        ['cdef', 'B', 'tokenize'],
      ],
      conversation,
    ),
    { a: 'x [A] y' },
  );
  assert.equal(conversation.tokens.size, 1);
});

test('gives back only tokens whose value stands in the present request', () => {
  const conversation = new Conversation();
  conversation.tokenFor('PERSON', 'Ann');
  conversation.tokenFor('PERSON', 'Bob');
  assert.deepEqual(
    [...conversation.present([{ replacement: '<PERSON_2>' }, { replacement: '[X]' }])],
    [['<PERSON_2>', 'Bob']],
  );
});
