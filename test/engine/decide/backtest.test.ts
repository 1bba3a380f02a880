/** What policies would have done to events on record, each with the reason where it cannot be told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BacktestOptions, createBacktest } from '../../../engine/decide/backtest.ts';
import { parsePolicies } from '../../../engine/decide/policy-file.ts';
import type { EventBody, EventFinding } from '../../../flow/event.ts';
import type { Destination } from '../../../flow/parties.ts';
import { FINDING, OPENAI, SOURCE, sampleEvent } from '../../store/samples.ts';

const NOW = new Date('2026-06-01T00:00:00Z');

function documentsOf(...texts: readonly string[]) {
  return texts.flatMap((text) => {
    const { documents, problems } = parsePolicies('p.yaml', text);
    assert.deepEqual(problems, []);
    return documents;
  });
}

const policy = (rules: string, more = '') => `apiVersion: weir/v1\nkind: Policy\nname: p\n${more}rules:\n${rules}\n`;

const destinationOf = ({ destination }: EventBody): Destination => ({
  ...{ host: destination.host ?? '', port: destination.port ?? 443, vendor: destination.vendor, category: 'genai' },
  ...{ country: null, sanctioned: false },
});

function replay(text: string | readonly string[], events: readonly EventBody[], more: Partial<BacktestOptions> = {}) {
  const documents = documentsOf(...(typeof text === 'string' ? [text] : text));
  const fingerprints = (entity: string, value: string) => [`${entity}_${value}_AAAAA`];
  const backtest = createBacktest({ documents, before: [], destinationOf, now: NOW, fingerprints, ...more });
  for (const event of events) backtest.add(event);
  return backtest.result();
}

const found = (change: Partial<EventFinding> = {}): EventFinding => ({
  ...FINDING,
  count: 1,
  scores: { '1': 1 },
  fingerprints: ['CREDIT_CARD_4111_AAAAA'],
  ...change,
});
const event = (findings: readonly EventFinding[], change: Partial<EventBody> = {}) =>
  sampleEvent({ findings, ...change });

const BLOCK_CARDS = policy('  - {name: r, detect: {entities: [CREDIT_CARD]}, action: block}');

test('an event that a rule would decide otherwise is a change, with its id', () => {
  const [card, none] = [event([found()]), event([])];
  const result = replay(BLOCK_CARDS, [card, none]);
  assert.deepEqual([result.events, result.unchanged, result.undecidable], [2, 1, 0]);
  const change = {
    before: 'allow',
    after: 'block',
    isEnforced: true,
    policy: 'p',
    rule: 'r',
    events: 1,
    samples: [card.id],
  };
  assert.deepEqual(result.changed, [change]);
  assert.deepEqual(result.rules, [{ policy: 'p', rule: 'r', decides: 1, undecidable: 0 }]);
});

test('what was decided alike is unchanged, and what no rule decides any more is a change to allow', () => {
  const blocked = event([found()], { action: 'block', policy: 'p', rule: 'r' });
  assert.equal(replay(BLOCK_CARDS, [blocked]).unchanged, 1);
  const none = replay(policy('  - {name: r, detect: {entities: [US_SSN]}, action: block}'), [blocked]);
  assert.deepEqual(
    none.changed.map(({ before, after, policy: by, rule }) => [before, after, by, rule]),
    [['block', 'allow', 'p', 'r']],
  );
});

const CASES: readonly (readonly [
  what: string,
  rules: string,
  findings: readonly EventFinding[],
  outcome: 'block' | 'allow' | string,
])[] = [
  ['a threshold that is met', 'detect: {entities: [CREDIT_CARD], minScore: 0.9}, action: block', [found()], 'block'],
  [
    'a threshold that is not',
    'detect: {entities: [CREDIT_CARD], minScore: 0.9}, action: block',
    [found({ scores: { '0.6': 1 } })],
    'allow',
  ],
  [
    'a count',
    'detect: {entities: [CREDIT_CARD], minCount: 3}, action: block',
    [found({ count: 3, scores: { '1': 2, '0.6': 1 } })],
    'block',
  ],
  [
    'a count of one less',
    'detect: {entities: [CREDIT_CARD], minCount: 3}, action: block',
    [found({ count: 2, scores: { '1': 2 } })],
    'allow',
  ],
  [
    'different values',
    'detect: {entities: [CREDIT_CARD], minDistinct: 2}, action: block',
    [found({ count: 3, scores: { '1': 3 }, fingerprints: ['a', 'b'] })],
    'block',
  ],
  [
    'the same value',
    'detect: {entities: [CREDIT_CARD], minDistinct: 2}, action: block',
    [found({ count: 3, scores: { '1': 3 } })],
    'allow',
  ],
  [
    'an alternative',
    'detect: {entities: [US_SSN]}, action: block',
    [found({ alternatives: [{ entity: 'US_SSN', score: 0.7 }] })],
    'block',
  ],
  ['another role', 'match: {roles: [tool]}, detect: {entities: [CREDIT_CARD]}, action: block', [found()], 'allow'],
  ['the same role', 'match: {roles: [user]}, detect: {entities: [CREDIT_CARD]}, action: block', [found()], 'block'],
  [
    'another app',
    'match: {sources: {apps: [other]}}, detect: {entities: [CREDIT_CARD]}, action: block',
    [found()],
    'allow',
  ],
  [
    'another host',
    'match: {destinations: {hosts: ["a.example"]}}, detect: {entities: [CREDIT_CARD]}, action: block',
    [found()],
    'allow',
  ],
  [
    'an exception by path',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {paths: ["/messages/*/content"]}',
    [found()],
    'allow',
  ],
  [
    'an exception by value',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {values: ["4111"]}',
    [found()],
    'allow',
  ],
  [
    'an exception by another value',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {values: ["4222"]}',
    [found()],
    'block',
  ],
  [
    'an exception by fingerprint',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {fingerprints: ["CREDIT_CARD_4111_AAAAA"]}',
    [found()],
    'allow',
  ],
  [
    'a pattern of an exception',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {patterns: ["^4"]}',
    [found()],
    'a pattern of an exception',
  ],
  [
    'a pattern where nothing is found',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {patterns: ["^4"]}',
    [],
    'allow',
  ],
  [
    'two beside each other',
    'detect: {entities: [CREDIT_CARD], and: [{entities: [PERSON]}]}, action: block',
    [found(), found({ entity: 'PERSON', category: 'personal' })],
    'block',
  ],
  [
    'how near two are',
    'detect: {entities: [CREDIT_CARD], and: [{entities: [PERSON]}], within: 50}, action: block',
    [found(), found({ entity: 'PERSON', category: 'personal' })],
    'within',
  ],
  [
    'one of two alone, however near',
    'detect: {entities: [CREDIT_CARD], and: [{entities: [PERSON]}], within: 50}, action: block',
    [found()],
    'allow',
  ],
  ['a limit', 'limit: {requests: 1, per: 1h}, action: block', [], 'a limit'],
  [
    'a score that is not kept',
    'detect: {entities: [CREDIT_CARD], minScore: 0.1}, action: block',
    [],
    'a score below what is kept',
  ],
  [
    'cleared fingerprints by an exception',
    'detect: {entities: [CREDIT_CARD]}, action: block, except: {fingerprints: ["CREDIT_CARD_4222_AAAAA"]}',
    [found({ fingerprints: [] })],
    'cleared fingerprints',
  ],
  [
    'cleared fingerprints by their number',
    'detect: {entities: [CREDIT_CARD], minDistinct: 2}, action: block',
    [found({ count: 2, scores: { '1': 2 }, fingerprints: [] })],
    'cleared fingerprints',
  ],
  [
    'cleared fingerprints that make no difference',
    'detect: {entities: [CREDIT_CARD]}, action: block',
    [found({ fingerprints: [] })],
    'block',
  ],
  ['roles without a finding', 'match: {roles: [tool]}, action: block', [], 'texts without findings'],
  ['every message', 'action: block', [], 'block'],
];

for (const [what, rule, findings, outcome] of CASES) {
  test(`${what}: ${outcome}`, () => {
    const result = replay(policy(`  - {name: r, ${rule}}`), [event(findings)]);
    if (outcome === 'block') assert.deepEqual([result.changed[0]?.after, result.undecidable], ['block', 0]);
    else if (outcome === 'allow') assert.deepEqual([result.unchanged, result.undecidable], [1, 0]);
    else {
      assert.deepEqual([result.undecidable, result.unchanged, result.changed], [1, 0, []]);
      assert.equal(result.reasons[outcome as keyof typeof result.reasons], 1, JSON.stringify(result.reasons));
    }
  });
}

test('what cannot be told makes no difference below what can', () => {
  const rules = [
    '  - {name: r, detect: {entities: [CREDIT_CARD]}, action: block}',
    '  - {name: s, detect: {entities: [CREDIT_CARD]}, action: alert, except: {patterns: ["^4"]}}',
  ];
  const result = replay(policy(rules.join('\n')), [event([found()])]);
  assert.deepEqual([result.undecidable, result.changed[0]?.after], [0, 'block']);
});

test('a recognizer that was not there yet may have found something in any message of its rules', () => {
  const own = `recognizers:\n  - {entity: STAFF_ID, category: custom, patterns: ["E-[0-9]{6}"], score: 0.9, hits: ["E-123456"], misses: ["E-1"]}\n`;
  const text = policy('  - {name: r, detect: {entities: [STAFF_ID]}, action: block}', own);
  assert.deepEqual(replay(text, [event([])]).reasons, { 'a new recognizer': 1 });
  assert.equal(replay(text, [event([])], { before: documentsOf(text) }).unchanged, 1);
});

test('a policy in mode monitor, or one that this source is outside the rollout of, changes what is observed', () => {
  const monitor = replay(policy('  - {name: r, detect: {entities: [CREDIT_CARD]}, action: block}', 'mode: monitor\n'), [
    event([found()]),
  ]);
  assert.deepEqual(
    monitor.changed.map(({ before, after, isEnforced }) => [before, after, isEnforced]),
    [['allow', 'block', false]],
  );
  const rollout = policy('  - {name: r, detect: {entities: [CREDIT_CARD]}, action: block}', 'rollout: 10%\n');
  const of = (stand: number) => replay(rollout, [event([found()])], { standOf: () => stand }).changed[0]?.isEnforced;
  assert.deepEqual([of(5), of(50)], [true, false]);
});

test('what the sensor saw was carried out by nobody: only what is observed changes', () => {
  const seen = event([found()], { channel: 'sensor', enforced: false });
  const { changed } = replay(BLOCK_CARDS, [seen]);
  assert.deepEqual(
    changed.map(({ after, isEnforced }) => [after, isEnforced]),
    [['block', false]],
  );
});

test('an exception document is replayed, and one that has expired takes nothing out', () => {
  const exception = (expires: string) =>
    `apiVersion: weir/v1\nkind: Exception\npolicy: p\nrule: r\nfingerprints: ["CREDIT_CARD_4111_AAAAA"]\nexpires: ${expires}\nreason: test card\n`;
  const blocked = event([found()], { action: 'block', policy: 'p', rule: 'r' });
  assert.equal(replay([BLOCK_CARDS, exception('2026-12-31')], [blocked]).changed[0]?.after, 'allow');
  assert.equal(replay([BLOCK_CARDS, exception('2026-01-31')], [blocked]).unchanged, 1);
});

test('only exchanges with a destination are looked at, and what the proxy decided of itself stays', () => {
  const others = [
    sampleEvent({ kind: 'review' }),
    sampleEvent({ destination: { ...OPENAI, host: null, port: null } }),
    event([], { action: 'block', policy: 'proxy', rule: 'onOpaque', source: SOURCE }),
  ];
  const result = replay(BLOCK_CARDS, others);
  assert.deepEqual([result.events, result.unchanged], [1, 1]);
});
