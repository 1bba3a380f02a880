import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecideInput, Scope } from '../../../engine/decide/policy-set.ts';
import { opaque } from '../../../flow/coverage.ts';
import type { Action } from '../../../flow/decision.ts';
import { messageOf, NOBODY, OPENAI, type Part, policiesOf, policyOf } from './messages.ts';

const CARD = '4111 1111 1111 1111';
const MAIL = 'jane.doe@example.com';
const card: Part = { text: `pay with ${CARD} now`, found: [{ entity: 'CREDIT_CARD', value: CARD }] };
const mail: Part = { text: `write to ${MAIL}`, found: [{ entity: 'EMAIL_ADDRESS', value: MAIL }] };

interface Case {
  readonly why: string;
  readonly policies: readonly string[];
  readonly parts: readonly Part[];
  readonly over?: Partial<DecideInput>;
  readonly action: Action;
  readonly rule?: string;
  /** Text of the explanation, in order. */
  readonly reasons?: readonly string[];
}

function runCases(cases: readonly Case[]): void {
  for (const { why, policies, parts, over, action, rule, reasons } of cases) {
    test(why, () => {
      const decision = policiesOf(...policies).decide(messageOf(parts, over));
      assert.equal(decision.enforced.action, action);
      if (rule !== undefined) assert.equal(decision.enforced.rule, rule);
      if (reasons !== undefined) {
        assert.deepEqual(
          decision.explanation.map((reason) => reason.text),
          reasons,
        );
      }
    });
  }
}

runCases([
  {
    why: 'a message in which no rule holds is allowed by no policy',
    policies: [policyOf(['{name: r, detect: {entities: [CREDIT_CARD]}, action: block}'])],
    parts: [mail],
    action: 'allow',
    reasons: [],
  },
  {
    why: 'a rule holds for any of its entities and says where, how many and at which score',
    policies: [policyOf(['{name: r, detect: {entities: [CREDIT_CARD, US_SSN]}, action: block}'])],
    parts: [
      card,
      {
        text: `${CARD} ${CARD}`,
        found: [
          { entity: 'CREDIT_CARD', value: CARD, score: 0.8 },
          { entity: 'CREDIT_CARD', value: CARD },
        ],
      },
    ],
    action: 'block',
    reasons: ['1 CREDIT_CARD at /messages/0/content, 2 CREDIT_CARD at /messages/1/content, score 0.8 >= 0.5'],
  },
  {
    why: 'a category means all its entities',
    policies: [policyOf(['{name: r, detect: {entities: ["category:financial"]}, action: block}'])],
    parts: [card],
    action: 'block',
  },
  {
    why: 'a star means every entity',
    policies: [policyOf(['{name: r, detect: {entities: ["*"]}, action: alert}'])],
    parts: [mail],
    action: 'alert',
  },
  {
    why: 'minScore is 0.5 unless said',
    policies: [policyOf(['{name: r, detect: {entities: [PERSON]}, action: block}'])],
    parts: [{ text: 'Jane', found: [{ entity: 'PERSON', value: 'Jane', score: 0.49 }] }],
    action: 'allow',
  },
  {
    why: 'minScore is met by an equal score',
    policies: [policyOf(['{name: r, detect: {entities: [PERSON], minScore: 0.8}, action: block}'])],
    parts: [{ text: 'Jane', found: [{ entity: 'PERSON', value: 'Jane', score: 0.8 }] }],
    action: 'block',
  },
  {
    why: 'an alternative counts at its own score and under its own name',
    policies: [policyOf(['{name: r, detect: {entities: [US_SSN]}, action: block}'])],
    parts: [
      { text: '123', found: [{ entity: 'US_ITIN', value: '123', alternatives: [{ entity: 'US_SSN', score: 0.6 }] }] },
    ],
    action: 'block',
    reasons: ['1 US_SSN at /messages/0/content, score 0.6 >= 0.5'],
  },
  {
    why: 'an alternative below minScore does not count, however high the finding itself',
    policies: [policyOf(['{name: r, detect: {entities: [US_SSN]}, action: block}'])],
    parts: [
      { text: '123', found: [{ entity: 'US_ITIN', value: '123', alternatives: [{ entity: 'US_SSN', score: 0.4 }] }] },
    ],
    action: 'allow',
  },
  {
    why: 'minCount counts all its entities together',
    policies: [policyOf(['{name: r, detect: {entities: [CREDIT_CARD, EMAIL_ADDRESS], minCount: 2}, action: block}'])],
    parts: [card, mail],
    action: 'block',
  },
  {
    why: 'minCount is not met by fewer',
    policies: [policyOf(['{name: r, detect: {entities: [CREDIT_CARD], minCount: 2}, action: block}'])],
    parts: [card],
    action: 'allow',
  },
  {
    why: 'minDistinct does not count one value twice',
    policies: [policyOf(['{name: r, detect: {entities: [CREDIT_CARD], minDistinct: 2}, action: block}'])],
    parts: [card, card],
    action: 'allow',
  },
  {
    why: 'minDistinct is met by different values',
    policies: [policyOf(['{name: r, detect: {entities: ["*"], minDistinct: 2}, action: block}'])],
    parts: [card, mail],
    action: 'block',
  },
]);

const HEALTH =
  '{name: r, detect: {entities: [PERSON], and: [{entities: ["category:health"]}], within: 10}, action: block}';
const ill = (text: string): Part => ({
  text,
  found: [
    { entity: 'PERSON', value: 'Ann' },
    { entity: 'DIAGNOSIS', value: 'flu', category: 'health' },
  ],
});

runCases([
  {
    why: 'within counts the characters between the two, the bound included',
    policies: [policyOf([HEALTH])],
    parts: [ill('Ann..........flu')],
    action: 'block',
  },
  {
    why: 'within is not met one character further away',
    policies: [policyOf([HEALTH])],
    parts: [ill('Ann...........flu')],
    action: 'allow',
  },
  {
    why: 'within counts characters and not bytes',
    policies: [policyOf([HEALTH])],
    parts: [ill('Ann€€€€€€€€€€flu')],
    action: 'block',
  },
  {
    why: 'what stands in another segment is never near',
    policies: [policyOf([HEALTH])],
    parts: [
      { text: 'Ann', found: [{ entity: 'PERSON', value: 'Ann' }] },
      { text: 'flu', found: [{ entity: 'DIAGNOSIS', value: 'flu', category: 'health' }] },
    ],
    action: 'allow',
  },
  {
    why: 'without within, the other may stand anywhere in the message',
    policies: [
      policyOf(['{name: r, detect: {entities: [PERSON], and: [{entities: ["category:health"]}]}, action: block}']),
    ],
    parts: [
      { text: 'Ann', found: [{ entity: 'PERSON', value: 'Ann' }] },
      { text: 'flu', found: [{ entity: 'DIAGNOSIS', value: 'flu', category: 'health' }] },
    ],
    action: 'block',
  },
  {
    why: 'a finding is not its own companion',
    policies: [policyOf(['{name: r, detect: {entities: [PERSON], and: [{entities: ["*"]}]}, action: block}'])],
    parts: [{ text: 'Ann', found: [{ entity: 'PERSON', value: 'Ann' }] }],
    action: 'allow',
  },
  {
    why: 'only findings with a companion near are counted',
    policies: [
      policyOf([
        '{name: r, detect: {entities: [PERSON], minCount: 2, and: [{entities: [US_SSN]}], within: 5}, action: block}',
      ]),
    ],
    parts: [
      {
        text: 'Ann 123 and far away from all that there is Bob',
        found: [
          { entity: 'PERSON', value: 'Ann' },
          { entity: 'US_SSN', value: '123' },
          { entity: 'PERSON', value: 'Bob' },
        ],
      },
    ],
    action: 'allow',
  },
]);

const block = (match: string) =>
  policyOf([`{name: r, match: ${match}, detect: {entities: [CREDIT_CARD]}, action: block}`]);
const to = (over: Partial<typeof OPENAI>) => ({ destination: { ...OPENAI, ...over } });
const from = (over: Partial<typeof NOBODY>) => ({ source: { ...NOBODY, ...over } });

runCases([
  {
    why: 'a category narrows the destination',
    policies: [block('{destinations: {categories: [genai]}}')],
    parts: [card],
    over: to({ category: 'saas' }),
    action: 'allow',
  },
  {
    why: 'a host glob narrows the destination',
    policies: [block('{destinations: {hosts: ["*.openai.com"]}}')],
    parts: [card],
    action: 'block',
  },
  {
    why: 'a vendor is matched in any case of letters',
    policies: [block('{destinations: {vendors: [openai]}}')],
    parts: [card],
    action: 'block',
  },
  {
    why: 'an unknown country is none of those named',
    policies: [block('{destinations: {countries: [US]}}')],
    parts: [card],
    over: to({ country: null }),
    action: 'allow',
  },
  {
    why: 'an unknown country is not taken out by a country under not',
    policies: [block('{not: {destinations: {countries: [US]}}}')],
    parts: [card],
    over: to({ country: null }),
    action: 'block',
  },
  {
    why: 'sanctioned: false takes what is not sanctioned',
    policies: [block('{destinations: {sanctioned: false}}')],
    parts: [card],
    action: 'block',
  },
  {
    why: 'sanctioned: false leaves what is',
    policies: [block('{destinations: {sanctioned: false}}')],
    parts: [card],
    over: to({ sanctioned: true }),
    action: 'allow',
  },
  {
    why: 'an empty list narrows nothing',
    policies: [block('{destinations: {vendors: []}, sources: {users: []}, models: []}')],
    parts: [card],
    action: 'block',
  },
  { why: 'a direction narrows', policies: [block('{directions: [response]}')], parts: [card], action: 'allow' },
  {
    why: 'a model glob narrows, in any case of letters',
    policies: [block('{models: ["GPT-*"]}')],
    parts: [card],
    over: { model: 'gpt-5' },
    action: 'block',
  },
  {
    why: 'an unknown model is none of those named',
    policies: [block('{models: ["*"]}')],
    parts: [card],
    action: 'allow',
  },
  { why: 'a role narrows what is looked at', policies: [block('{roles: [tool]}')], parts: [card], action: 'allow' },
  {
    why: 'a position narrows what is looked at',
    policies: [block('{positions: [history]}')],
    parts: [{ ...card, position: 'history' }],
    action: 'block',
  },
  {
    why: 'not with two keys takes out what fits both',
    policies: [block('{not: {roles: [user], positions: [latest]}}')],
    parts: [card],
    action: 'allow',
  },
  {
    why: 'not with two keys leaves what fits one of them',
    policies: [block('{not: {roles: [user], positions: [latest]}}')],
    parts: [{ ...card, position: 'history' }],
    action: 'block',
  },
  {
    why: 'not on a model takes the message out',
    policies: [block('{not: {models: ["safe-*"]}}')],
    parts: [card],
    over: { model: 'safe-1' },
    action: 'allow',
  },
  {
    why: 'not on an unknown model takes nothing out',
    policies: [block('{not: {models: ["safe-*"]}}')],
    parts: [card],
    action: 'block',
  },
  {
    why: 'the match of the policy and that of the rule both have to hold',
    policies: [
      policyOf(
        ['{name: r, match: {roles: [user]}, detect: {entities: [CREDIT_CARD]}, action: block}'],
        'match: {positions: [history]}',
      ),
    ],
    parts: [card],
    action: 'allow',
  },
  {
    why: 'a rule on an app holds for the app',
    policies: [block('{sources: {apps: [billing]}}')],
    parts: [card],
    over: from({ app: 'billing', verified: true }),
    action: 'block',
  },
  {
    why: 'a rule on an app holds for who only claims to be it',
    policies: [block('{sources: {apps: [billing]}}')],
    parts: [card],
    over: from({ app: 'billing' }),
    action: 'block',
  },
  {
    why: 'not on an app takes the app out',
    policies: [block('{not: {sources: {apps: [billing]}}}')],
    parts: [card],
    over: from({ app: 'billing', verified: true }),
    action: 'allow',
  },
  {
    why: 'not on an app does not take out who only claims to be it',
    policies: [block('{not: {sources: {apps: [billing]}}}')],
    parts: [card],
    over: from({ app: 'billing' }),
    action: 'block',
  },
  {
    why: 'a process is matched by name or by path',
    policies: [block('{sources: {processes: ["/srv/*"]}}')],
    parts: [card],
    over: from({ process: 'node', exe: '/srv/app/node' }),
    action: 'block',
  },
  {
    why: 'an unknown user is none of those named',
    policies: [block('{sources: {users: ["*"]}}')],
    parts: [card],
    action: 'allow',
  },
]);

runCases([
  {
    why: 'a rule without detect holds for every message that matches',
    policies: [policyOf(['{name: no-x, match: {models: ["x*"]}, action: block}'])],
    parts: [],
    over: { model: 'x1' },
    action: 'block',
    rule: 'no-x',
    reasons: ['the message matches'],
  },
  {
    why: 'a rule without detect on a role holds only where such a text is',
    policies: [policyOf(['{name: no-tools, match: {roles: [tool]}, action: block}'])],
    parts: [mail],
    action: 'allow',
  },
  {
    why: 'a rule on coverage holds for what could not be read',
    policies: [policyOf(['{name: r, detect: {coverage: [opaque]}, action: block}'])],
    parts: [],
    over: { coverage: opaque('media') },
    action: 'block',
    reasons: ['coverage opaque: media'],
  },
  {
    why: 'a rule on coverage does not hold for what was read',
    policies: [policyOf(['{name: r, detect: {coverage: [opaque, truncated]}, action: block}'])],
    parts: [card],
    action: 'allow',
  },
  {
    why: 'coverage and entities have to hold both',
    policies: [policyOf(['{name: r, detect: {coverage: [opaque], entities: [CREDIT_CARD]}, action: block}'])],
    parts: [mail],
    over: { coverage: opaque('media') },
    action: 'allow',
  },
]);

const excepting = (except: string) =>
  policyOf([`{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: block, except: ${except}}`]);
const [mailPrint] = messageOf([mail]).findings.map((finding) => finding.fingerprint);

runCases([
  {
    why: 'an exception by value takes the finding out, and the explanation says so',
    policies: [excepting(`{values: [${MAIL}], reason: our own desk}`)],
    parts: [mail],
    action: 'allow',
    reasons: ['the exception "except" took out 1 finding (our own desk)'],
  },
  {
    why: 'a value is compared without case and separators',
    policies: [excepting('{values: ["Jane.Doe@EXAMPLE.com"]}')],
    parts: [mail],
    action: 'allow',
  },
  {
    why: 'another value is not taken out',
    policies: [excepting('{values: [john@example.com]}')],
    parts: [mail],
    action: 'block',
  },
  {
    why: 'a pattern is searched for in the value',
    policies: [excepting('{patterns: ["@example\\\\.com$"]}'.replace(/"/g, '"'))],
    parts: [mail],
    action: 'allow',
  },
  {
    why: 'a pattern does not reach past the value',
    policies: [excepting('{patterns: ["^write"]}')],
    parts: [mail],
    action: 'block',
  },
  {
    why: 'a fingerprint takes its value out',
    policies: [excepting(`{fingerprints: ["${mailPrint}"]}`)],
    parts: [mail],
    action: 'allow',
  },
  {
    why: 'a path narrows an exception',
    policies: [excepting(`{values: [${MAIL}], paths: ["/system/*"]}`)],
    parts: [mail],
    action: 'block',
  },
  {
    why: 'a path alone takes out all that stands there',
    policies: [excepting('{paths: ["/messages/*/content"]}')],
    parts: [mail],
    action: 'allow',
  },
  {
    why: 'a destination narrows an exception',
    policies: [excepting('{destinations: {sanctioned: true}}')],
    parts: [mail],
    action: 'block',
  },
  {
    why: 'an exception by destination takes everything out there',
    policies: [excepting('{destinations: {sanctioned: true}}')],
    parts: [mail],
    over: to({ sanctioned: true }),
    action: 'allow',
  },
  {
    why: 'an exception by app needs the token',
    policies: [excepting('{sources: {apps: [desk]}}')],
    parts: [mail],
    over: from({ app: 'desk' }),
    action: 'block',
  },
  {
    why: 'an exception by app holds with the token',
    policies: [excepting('{sources: {apps: [desk]}}')],
    parts: [mail],
    over: from({ app: 'desk', verified: true }),
    action: 'allow',
  },
  {
    why: 'an exception holds to the end of its last day, UTC',
    policies: [excepting(`{values: [${MAIL}], expires: 2026-06-01}`)],
    parts: [mail],
    over: { now: new Date('2026-06-01T23:59:59Z') },
    action: 'allow',
  },
  {
    why: 'an exception that ran out takes nothing out',
    policies: [excepting(`{values: [${MAIL}], expires: 2026-05-31}`)],
    parts: [mail],
    action: 'block',
  },
  {
    why: 'exceptions come before counting',
    policies: [
      policyOf([`{name: r, detect: {entities: ["*"], minCount: 2}, action: block, except: {values: [${MAIL}]}}`]),
    ],
    parts: [card, mail],
    action: 'allow',
  },
  {
    why: 'an exception of one rule leaves other rules as they are',
    policies: [
      policyOf([
        `{name: a, detect: {entities: [EMAIL_ADDRESS]}, action: block, except: {values: [${MAIL}]}}`,
        '{name: b, detect: {entities: [EMAIL_ADDRESS]}, action: redact}',
      ]),
    ],
    parts: [mail],
    action: 'redact',
    rule: 'b',
  },
  {
    why: 'a document of kind Exception takes findings out of the rule it names',
    policies: [
      policyOf(['{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: block}']),
      `kind: Exception\nname: desk\npolicy: p\nrule: r\nvalues: [${MAIL}]\nexpires: 2027-01-01`,
    ],
    parts: [mail],
    action: 'allow',
    reasons: ['the exception "desk" took out 1 finding'],
  },
  {
    why: 'a document of kind Exception without a rule holds for all rules of the policy and no other',
    policies: [
      policyOf(['{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: block}']),
      `kind: Policy\nname: q\nrules: [{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: alert}]`,
      `kind: Exception\npolicy: p\nvalues: [${MAIL}]\nexpires: 2027-01-01`,
    ],
    parts: [mail],
    action: 'alert',
  },
  {
    why: 'an exception by destination takes out a rule that looks at no finding',
    policies: [
      policyOf([
        '{name: r, detect: {coverage: [opaque]}, action: block, except: {destinations: {hosts: [api.openai.com]}}}',
      ]),
    ],
    parts: [],
    over: { coverage: opaque('media') },
    action: 'allow',
  },
  {
    why: 'an exception by value does not take out a rule that looks at no finding',
    policies: [policyOf([`{name: r, detect: {coverage: [opaque]}, action: block, except: {values: [${MAIL}]}}`])],
    parts: [mail],
    over: { coverage: opaque('media') },
    action: 'block',
  },
]);

const both = [
  '{name: a, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}',
  '{name: b, detect: {entities: ["*"]}, action: redact, with: last4}',
  '{name: c, detect: {entities: [EMAIL_ADDRESS]}, action: redact, with: mask}',
];

test('each finding gets the strongest edit that an enforced rule asks for, and of two redactions the one that shows less', () => {
  const { verdicts, enforced } = policiesOf(policyOf(both)).decide(messageOf([card, mail]));
  assert.deepEqual(verdicts, [
    { finding: 0, action: 'redact', with: 'last4' },
    { finding: 1, action: 'redact', with: 'mask' },
  ]);
  assert.equal(enforced.action, 'redact');
});

test('the strongest action wins; equal ones are told apart by severity, then by name', () => {
  const rules = [
    '{name: z, detect: {entities: ["*"]}, action: block, severity: low}',
    '{name: y, detect: {entities: ["*"]}, action: block, severity: high}',
    '{name: x, detect: {entities: ["*"]}, action: block, severity: high}',
    '{name: a, detect: {entities: ["*"]}, action: redact, severity: critical}',
  ];
  const { enforced } = policiesOf(policyOf(rules)).decide(messageOf([card]));
  assert.deepEqual([enforced.rule, enforced.severity, enforced.mode], ['x', 'high', 'enforce']);
});

test('the subject of a block is what its rule is about, and nothing else', () => {
  const rules = [
    '{name: a, detect: {entities: [CREDIT_CARD]}, action: block}',
    '{name: b, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}',
  ];
  assert.deepEqual(policiesOf(policyOf(rules)).decide(messageOf([mail, card])).subject, [1]);
});

test('what a policy in monitor mode says is kept apart and changes nothing', () => {
  const set = policiesOf(policyOf(['{name: r, detect: {entities: ["*"]}, action: block}'], 'mode: monitor'));
  const { enforced, monitored, verdicts, subject, explanation } = set.decide(messageOf([card]));
  assert.deepEqual([enforced.action, enforced.policy, verdicts, subject], ['allow', null, [], []]);
  assert.deepEqual([monitored?.action, monitored?.mode, monitored?.rule], ['block', 'monitor', 'r']);
  assert.deepEqual(
    explanation.map((reason) => reason.text),
    ['monitor only, 1 CREDIT_CARD at /messages/0/content, score 1 >= 0.5'],
  );
});

test('a tokenize rule of a monitoring policy makes no edit beside an enforced one', () => {
  const set = policiesOf(
    policyOf(['{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: redact}'], 'mode: monitor'),
    'kind: Policy\nname: q\nrules: [{name: r, detect: {entities: [CREDIT_CARD]}, action: tokenize}]',
  );
  assert.deepEqual(set.decide(messageOf([card, mail])).verdicts, [{ finding: 0, action: 'tokenize', with: 'label' }]);
});

const tokenizing = policyOf(['{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: tokenize}']);

test('where no edit can be made, an edit becomes a block in the latest turn', () => {
  const { enforced, verdicts, subject, explanation } = policiesOf(tokenizing).decide(
    messageOf([mail, { ...mail, immutable: true }]),
  );
  assert.deepEqual([enforced.action, enforced.rule, subject], ['block', 'r', [1]]);
  assert.deepEqual(verdicts, [{ finding: 0, action: 'tokenize', with: 'label' }]);
  assert.match(explanation[0]?.text ?? '', /immutable/);
});

test('where no edit can be made, an edit becomes an alert in history, and the rest is edited', () => {
  const { enforced, verdicts, explanation } = policiesOf(tokenizing).decide(
    messageOf([mail, { ...mail, immutable: true, position: 'history' }]),
  );
  assert.equal(enforced.action, 'tokenize');
  assert.deepEqual(
    verdicts.map((verdict) => verdict.finding),
    [0],
  );
  assert.deepEqual(
    explanation.map((reason) => reason.action),
    ['tokenize', 'alert'],
  );
  assert.match(explanation[1]?.text ?? '', /immutable/);
});

test('a block holds in a text that cannot be edited as anywhere else', () => {
  const set = policiesOf(policyOf(['{name: r, detect: {entities: [EMAIL_ADDRESS]}, action: block}']));
  assert.equal(set.decide(messageOf([{ ...mail, immutable: true, position: 'history' }])).enforced.action, 'block');
});

test('the strongest action of a scope counts enforced rules, whatever model and roles they name', () => {
  const set = policiesOf(
    policyOf(
      [
        '{name: a, match: {models: [x], roles: [tool]}, detect: {entities: [PERSON]}, action: redact}',
        '{name: b, action: alert}',
      ],
      'match: {destinations: {categories: [genai]}, directions: [request]}',
    ),
    'kind: Policy\nname: m\nmode: monitor\nrules: [{name: r, action: block}]',
    'kind: Policy\nname: out\nmatch: {not: {destinations: {categories: [genai, unknown]}}}\nrules: [{name: r, action: block}]',
  );
  const scope: Scope = { direction: 'request', source: NOBODY, destination: OPENAI };
  assert.equal(set.strongest(scope), 'redact');
  assert.equal(set.strongest({ ...scope, direction: 'response' }), 'allow');
  assert.equal(set.strongest({ ...scope, destination: { ...OPENAI, category: 'unknown' } }), 'allow');
  assert.equal(set.strongest({ ...scope, destination: { ...OPENAI, category: 'cdn' } }), 'block');
});

test('a rule that relaxes for an app is told apart from one for who only claims to be it', () => {
  const set = policiesOf(block('{not: {sources: {apps: [billing]}}}'));
  const scope = { direction: 'request', destination: OPENAI } as const;
  assert.equal(set.strongest({ ...scope, source: { ...NOBODY, app: 'billing', verified: true } }), 'allow');
  assert.equal(set.strongest({ ...scope, source: { ...NOBODY, app: 'billing' } }), 'block');
});

test('no explanation holds a value', () => {
  const set = policiesOf(
    policyOf([
      ...both,
      `{name: d, detect: {entities: ["*"]}, action: block, except: {values: [${MAIL}]}}`,
      HEALTH.replace('name: r', 'name: e'),
    ]),
  );
  const text = JSON.stringify([set.decide(messageOf([card, mail])), set.trace(messageOf([card, mail]))]);
  assert.ok(!text.includes(CARD) && !text.includes(MAIL));
});

test('a trace tells of every rule why it held or not', () => {
  const set = policiesOf(
    policyOf([
      '{name: a, detect: {entities: [CREDIT_CARD]}, action: block}',
      '{name: b, match: {directions: [response]}, action: block}',
      '{name: c, match: {models: [x]}, action: block}',
      '{name: d, detect: {entities: [PERSON]}, action: block}',
      '{name: e, detect: {entities: [CREDIT_CARD], minCount: 3}, action: block}',
      '{name: f, detect: {entities: [EMAIL_ADDRESS], minScore: 0.9}, action: block}',
      '{name: g, match: {roles: [tool]}, detect: {entities: [CREDIT_CARD]}, action: block}',
      `{name: h, detect: {entities: [CREDIT_CARD]}, action: block, except: {values: ["${CARD}"]}}`,
      '{name: i, detect: {entities: [CREDIT_CARD], and: [{entities: [EMAIL_ADDRESS], minScore: 0.9}], within: 9}, action: block}',
      '{name: j, detect: {coverage: [opaque]}, action: block}',
      '{name: k, detect: {entities: [CREDIT_CARD], minDistinct: 2}, action: block}',
      '{name: l, match: {not: {destinations: {categories: [genai]}}}, action: block}',
    ]),
  );
  const weakMail: Part = { text: MAIL, found: [{ entity: 'EMAIL_ADDRESS', value: MAIL, score: 0.6 }] };
  const trace = set.trace(messageOf([card, weakMail], { model: 'y' }));
  assert.deepEqual(
    trace.map(({ rule, held, text }) => `${rule} ${held}: ${text}`),
    [
      'a true: 1 CREDIT_CARD at /messages/0/content, score 1 >= 0.5',
      'b false: the message is a request',
      'c false: the model is another one, not x',
      'd false: no finding of PERSON',
      'e false: 1 found, minCount is 3',
      'f false: score 0.6 of EMAIL_ADDRESS is below minScore 0.9',
      'g false: CREDIT_CARD found, but not in the roles and positions that it looks at (tool)',
      'h false: exceptions take out all of CREDIT_CARD',
      'i false: 1 of CREDIT_CARD, but not with EMAIL_ADDRESS within 9 characters',
      'j false: coverage is full',
      'k false: 1 different values found, minDistinct is 2',
      'l false: `not` takes this source, destination or direction out',
    ],
  );
});

test('the version of a policy changes with what decides and not with its words or tests', () => {
  const versionOf = (more: string, action = 'block') =>
    policiesOf(policyOf([`{name: r, detect: {entities: [CREDIT_CARD]}, action: ${action}}`], more)).decide(
      messageOf([card]),
    ).enforced.policyVersion;
  const version = versionOf('');
  assert.match(version ?? '', /^[0-9a-f]{12}$/);
  assert.equal(versionOf('description: other words\ntests: [{text: a, expect: allow}]'), version);
  assert.equal(versionOf('# a comment\nmode: enforce'), version);
  assert.notEqual(versionOf('severity: critical'), version);
  assert.notEqual(versionOf('', 'redact'), version);
});
