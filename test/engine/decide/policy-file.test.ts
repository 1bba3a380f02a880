import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '../../../engine/decide/checked-yaml.ts';
import { checkPolicies } from '../../../engine/decide/policy-check.ts';
import { parsePolicies } from '../../../engine/decide/policy-file.ts';
import { compilePolicies } from '../../../engine/decide/policy-set.ts';
import { WeirError } from '../../../flow/errors.ts';

function problemsOf(text: string): string[] {
  const { documents, problems } = parsePolicies('p.yaml', text);
  return [...problems, ...(problems.length > 0 ? [] : checkPolicies(documents))].map(problemText);
}

/** One rule in flow style, on line 5. */
function withRule(rule: string): string {
  return `apiVersion: weir/v1\nkind: Policy\nname: p\nrules:\n  - ${rule}\n`;
}

/** Every key that the grammar has and this version acts on. */
const WHOLE = `apiVersion: weir/v1
kind: Policy
name: card-data
description: Card numbers never reach a GenAI provider.
severity: high
mode: enforce
rollout: 35%
match:
  destinations: {categories: [genai], hosts: ["*.openai.com"], vendors: [], countries: [NO], sanctioned: false}
  sources: {apps: [billing], users: [], processes: [], containers: []}
  directions: [request]
  models: ["gpt-*"]
  roles: [user, tool, file]
  positions: [latest, history]
  not: {sources: {apps: [lab]}}
rules:
  - name: pan
    detect: {entities: [CREDIT_CARD, "category:credential"], minScore: 0.5, minCount: 1, minDistinct: 1}
    action: block
    message: Card data is out of scope for GenAI. See https://wiki.example/pci
    override: {for: 15m, reason: required}
  - name: pace
    limit: {requests: 100, bytes: 10MiB, findings: 20, per: 1h}
    action: block
  - name: contact
    detect: {entities: [EMAIL_ADDRESS]}
    action: redact
    with: last4
    severity: low
    except: {values: ["support@example.com"], patterns: ["@example\\\\.com$"], fingerprints: ["AAAAAAAAAAAAAAAAAAAAAA"], paths: ["/messages/*"], sources: {apps: [a]}, destinations: {hosts: [b.example]}, expires: 2027-01-31T12:00:00+01:00, reason: r, by: me}
  - name: patient
    detect: {entities: [STAFF_ID], and: [{entities: ["category:health"], minScore: 0.3, minCount: 2, minDistinct: 2}], within: 300, coverage: [full]}
    action: block
  - name: no-model-x
    match: {models: ["model-x*"]}
    action: block
recognizers:
  - {entity: STAFF_ID, category: custom, patterns: ["\\\\bE-[0-9]{6}\\\\b"], words: [], validator: null, context: [staff], score: 0.4, hits: ["staff E-123456"], misses: ["E-12"]}
tests:
  - {text: "my card is 4111 1111 1111 1111", expect: block, entities: [CREDIT_CARD], to: api.openai.com, app: billing, user: u, model: gpt-5, role: tool, position: history, direction: request, rule: pan, output: x, used: {requests: 1, bytes: 2KiB, findings: 3}}
---
apiVersion: weir/v1
kind: Exception
name: desk
policy: card-data
rule: contact
values: ["help@example.com"]
expires: 2027-01-31
reason: ours
by: me
`;

test('every key of the grammar is taken', () => {
  assert.deepEqual(problemsOf(WHOLE), []);
});

const REFUSED: readonly [why: string, text: string, problem: RegExp][] = [
  [
    'a limit of nothing',
    withRule('{name: r, limit: {per: 1h}, action: block}'),
    /^p\.yaml:5:22: expected at least one of requests, bytes, findings/,
  ],
  [
    'a limit without a time',
    withRule('{name: r, limit: {requests: 1}, action: block}'),
    /^p\.yaml:5:22: missing key "per", expected a duration/,
  ],
  [
    'a limit over a time that is too short to count in',
    withRule('{name: r, limit: {requests: 1, per: 1s}, action: block}'),
    /^p\.yaml:5:41: out of range: expected a duration/,
  ],
  [
    'a limit beside detect',
    withRule('{name: r, limit: {requests: 1, per: 1h}, detect: {entities: [CREDIT_CARD]}, action: block}'),
    /^p\.yaml:5:22: expected either `limit` or `detect`/,
  ],
  [
    'a limit that edits',
    withRule('{name: r, limit: {requests: 1, per: 1h}, action: redact}'),
    /^p\.yaml:5:54: expected allow, alert or block/,
  ],
  [
    'an override of what lets everything through',
    withRule('{name: r, override: {for: 15m}, action: alert}'),
    /^p\.yaml:5:25: `override` goes with tokenize, redact and block/,
  ],
  [
    'an override without end',
    withRule('{name: r, override: {for: 30d}, action: block}'),
    /^p\.yaml:5:31: out of range: expected a duration/,
  ],
  [
    'a rollout that is no percentage',
    `${withRule('{name: r, action: block}')}rollout: 120%\n`,
    /^p\.yaml:6:10: expected a percentage from 0% to 100%/,
  ],
  [
    'an unknown entity',
    withRule('{name: r, detect: {entities: [CREDITCARD]}, action: block}'),
    /5:35: unknown entity "CREDITCARD"; did you mean "CREDIT_CARD"\?/,
  ],
  [
    'an entity in small letters',
    withRule('{name: r, detect: {entities: [credit_card]}, action: block}'),
    /did you mean "CREDIT_CARD"\?/,
  ],
  [
    'an unknown category',
    withRule('{name: r, detect: {entities: ["category:credentials"]}, action: block}'),
    /5:35: unknown category; expected one of personal, /,
  ],
  [
    'a pattern with look-ahead',
    withRule('{name: r, action: block, except: {patterns: ["(?=a)"]}}'),
    /5:50: RE2 refuses this pattern: invalid perl operator: \(\?=/,
  ],
  [
    'a pattern with a back-reference',
    withRule('{name: r, action: block, except: {patterns: ["(a)\\\\1"]}}'),
    /RE2 refuses this pattern/,
  ],
  [
    'a pattern with a huge repetition',
    withRule('{name: r, action: block, except: {patterns: ["((a{900}){900}){900}"]}}'),
    /RE2 refuses this pattern/,
  ],
  [
    'a pattern of many letters',
    withRule(`{name: r, action: block, except: {patterns: ["${'a'.repeat(1001)}"]}}`),
    /longer than 1000 characters/,
  ],
  [
    'an exception without anything that narrows',
    withRule('{name: r, action: block, except: {reason: x}}'),
    /5:38: expected one of values, patterns/,
  ],
  [
    'an exception with empty lists',
    withRule('{name: r, action: block, except: {values: [], sources: {apps: []}}}'),
    /this would except everything/,
  ],
  [
    'an exception by a value of separators',
    withRule('{name: r, action: block, except: {values: ["--"]}}'),
    /expected a value with letters or digits/,
  ],
  [
    'a fingerprint of another length',
    withRule('{name: r, action: block, except: {fingerprints: [abc]}}'),
    /expected a fingerprint of 22 characters/,
  ],
  [
    'a day that is not in the calendar',
    withRule('{name: r, action: block, except: {values: [a], expires: 2026-02-30}}'),
    /expected a date such as/,
  ],
  [
    'a time without a zone',
    withRule('{name: r, action: block, except: {values: [a], expires: "2026-02-20T10:00"}}'),
    /expected a date such as/,
  ],
  [
    'an empty not',
    withRule('{name: r, match: {not: {}}, action: block}'),
    /an empty `not` would rule out every message/,
  ],
  [
    'a not with empty lists alone',
    withRule('{name: r, match: {not: {roles: []}}, action: block}'),
    /an empty `not` would rule out every message/,
  ],
  ['an empty detect', withRule('{name: r, detect: {}, action: block}'), /expected entities, coverage or both/],
  [
    'an empty list of entities',
    withRule('{name: r, detect: {entities: []}, action: block}'),
    /expected a list of at least 1/,
  ],
  [
    'a detect with nothing behind it',
    withRule('{name: r, detect: , action: block}'),
    /expected an object, found nothing/,
  ],
  [
    'within without and',
    withRule('{name: r, detect: {entities: ["*"], within: 5}, action: block}'),
    /`within` needs `and`/,
  ],
  ['an edit of nothing', withRule('{name: r, action: redact}'), /5:23: expected allow, alert or block/],
  [
    'an edit of what could not be read',
    withRule('{name: r, detect: {coverage: [opaque]}, action: tokenize}'),
    /expected allow, alert or block/,
  ],
  [
    'a redaction of another action',
    withRule('{name: r, detect: {entities: ["*"]}, action: block, with: mask}'),
    /`with` goes with action redact only/,
  ],
  [
    'a host with a scheme',
    withRule('{name: r, match: {destinations: {hosts: ["https://a.example/"]}}, action: block}'),
    /without scheme or path/,
  ],
  [
    'two rules of one name',
    `${withRule('{name: r, action: block}')}  - {name: r, action: alert}\n`,
    /6:12: duplicate rule name "r"/,
  ],
  ['a policy without rules', 'apiVersion: weir/v1\nkind: Policy\nname: p\n', /expected rules, recognizers or both/],
  ['another version', 'apiVersion: weir/v2\nkind: Policy\nname: p\nrules: []\n', /1:13: expected weir\/v1/],
  [
    'another kind',
    'apiVersion: weir/v1\nkind: Polciy\n',
    /2:7: expected one of Policy, Exception; did you mean "Policy"\?/,
  ],
  ['a file without a document', '# nothing\n', /1:1: expected a policy; the file is empty/],
  [
    'an exception without an end',
    'apiVersion: weir/v1\nkind: Exception\npolicy: p\nvalues: [a]\n',
    /missing key "expires"/,
  ],
  [
    'an exception of no policy',
    'apiVersion: weir/v1\nkind: Exception\npolicy: p\nvalues: [a]\nexpires: 2030-01-01\n',
    /3:9: no policy "p" is loaded/,
  ],
  [
    'a test of no rule',
    `${withRule('{name: r, action: block}')}tests: [{text: a, expect: block, rule: s}]\n`,
    /no rule "s" in this policy/,
  ],
  [
    'a recognizer of a built-in entity in another category',
    `${withRule('{name: r, action: block}')}recognizers: [{entity: CREDIT_CARD, category: health, words: [a]}]\n`,
    /CREDIT_CARD is of category financial elsewhere, not health/,
  ],
  [
    'an unknown validator',
    `${withRule('{name: r, action: block}')}recognizers: [{entity: X_ID, words: [a], validator: luhnn}]\n`,
    /6:53: unknown validator "luhnn"; did you mean "luhn"\?/,
  ],
  [
    'a recognizer with a pattern that RE2 refuses',
    `${withRule('{name: r, action: block}')}recognizers:\n  - entity: X_ID\n    patterns: ["ok", "a(?<=b)"]\n`,
    /8:22: RE2 refuses this pattern: invalid perl operator: \(\?</,
  ],
  [
    'a recognizer with a pattern that is too large once compiled',
    `${withRule('{name: r, action: block}')}recognizers: [{entity: X_ID, patterns: ["\\\\pL{1000}"]}]\n`,
    /6:41: RE2 refuses this pattern: pattern too large - compile failed/,
  ],
  [
    'a recognizer with a pattern that matches everywhere',
    `${withRule('{name: r, action: block}')}recognizers: [{entity: X_ID, patterns: ["[0-9]*"]}]\n`,
    /6:41: it matches the empty text/,
  ],
  [
    'more patterns than a request can wait for',
    `${withRule('{name: r, action: block}')}recognizers:\n${Array.from({ length: 6 }, (_, n) => `  - {entity: X_${n}, patterns: [${'x,'.repeat(100)}]}\n`).join('')}`,
    /12:14: more than 500 patterns in all policies together/,
  ],
  [
    'patterns of too many letters together',
    `${withRule('{name: r, action: block}')}recognizers:\n  - {entity: X_A, patterns: [${`"${'x'.repeat(1000)}",`.repeat(100)}]}\n  - {entity: X_B, patterns: [y]}\n`,
    /8:14: patterns of more than 100000 characters/,
  ],
  [
    'more words than are taken',
    `${withRule('{name: r, action: block}')}recognizers:\n  - {entity: X_A, words: [${'w,'.repeat(9999)}]}\n  - {entity: X_B, words: [a, b]}\n`,
    /8:14: more than 10000 words/,
  ],
  [
    'a recognizer that looks for nothing',
    `${withRule('{name: r, action: block}')}recognizers: [{entity: X_ID}]\n`,
    /expected patterns, words or both/,
  ],
];

for (const [why, text, problem] of REFUSED) {
  test(`${why} is a problem with its place`, () => {
    const problems = problemsOf(text);
    assert.ok(problems.length > 0);
    assert.match(problems.join('\n'), problem);
    assert.match(problems[0] ?? '', /^p\.yaml:\d+:\d+: /);
  });
}

test('policies that only together have a problem do not compile, and the error has a line for each', () => {
  const { documents } = parsePolicies(
    'p.yaml',
    `${withRule('{name: r, detect: {entities: [NOPE_A, NOPE_B]}, action: block}')}`,
  );
  assert.throws(
    () => compilePolicies(documents),
    (error) => error instanceof WeirError && error.code === 'policy_invalid' && error.message.split('\n').length === 2,
  );
});

test('a policy file cut or changed anywhere never throws', () => {
  let state = 7;
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state % below;
  };
  const noise = [
    '{',
    '}',
    '[',
    ']',
    ':',
    '- ',
    '&a ',
    '*a',
    '!!x ',
    '\n',
    '  ',
    '"',
    "'",
    '---\n',
    '|',
    '\t',
    '\0',
    '%',
    '@',
    '<<: ',
  ];
  for (let round = 0; round < 60; round++) {
    let text = WHOLE;
    for (let edits = 1 + next(4); edits > 0; edits--) {
      const at = next(text.length);
      text =
        next(3) === 0
          ? text.slice(0, at)
          : text.slice(0, at) + (noise[next(noise.length)] ?? '') + text.slice(at + next(5));
    }
    const { documents, problems } = parsePolicies('p.yaml', text);
    assert.ok(documents.length + problems.length > 0);
    for (const problem of problems) assert.ok(problem.line >= 1 && problem.column >= 1);
  }
});
