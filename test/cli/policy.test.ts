import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { main } from '../../cli/main.ts';
import { schemaText } from '../../cli/policy/schema.ts';
import { packageRoot } from '../../config/package-root.ts';
import { FINDING, record, sampleEvent, startRecorder } from '../store/samples.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `weir policy ARGS` in a folder of its own that holds these files. */
async function policy(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
  stdin = '',
  home: string | null = null,
): Promise<Ran> {
  const cwd = mkdtempSync(join(tmpdir(), 'weir-policy-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  let out = '';
  let err = '';
  const code = await main(['policy', ...args], {
    env: { WEIR_HOME: home ?? join(cwd, 'home') },
    cwd,
    stdin: Readable.from([stdin]),
    isTerminal: false,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

const CARD = ['4111', '1111', '1111', '1111'].join(' ');
const GOOD = [
  'apiVersion: weir/v1',
  'kind: Policy',
  'name: card-data',
  'rules:',
  '  - {name: pan, detect: {entities: [CREDIT_CARD]}, action: redact}',
  'tests:',
  `  - {text: "my card is ${CARD}", expect: redact, entities: [CREDIT_CARD], rule: pan, output: "my card is [CREDIT_CARD]"}`,
  '  - {text: "order 4111 1111 1111 1112", expect: allow}',
  '',
].join('\n');

test('check says what it read, and exits 0', async () => {
  const { code, out, err } = await policy(['check', 'a.yaml'], { 'a.yaml': GOOD });
  assert.deepEqual([code, out, err], [0, 'ok: 1 policy, 1 rule in 1 file\n', '']);
});

test('check tells every error with its place and exits 2', async () => {
  const broken = GOOD.replace('detect:', 'detekt:')
    .replace('kind: Policy', 'kind: Policy\nmode: enforced')
    .replace('action: redact', 'action: redcat');
  const { code, out, err } = await policy(['check', 'a.yaml'], { 'a.yaml': broken });
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.deepEqual(err.trim().split('\n'), [
    'a.yaml:3:7: expected one of enforce, monitor; did you mean "enforce"?',
    'a.yaml:6:17: unknown key "detekt"; did you mean "detect"?',
    'a.yaml:6:60: expected one of allow, alert, tokenize, redact, block; did you mean "redact"?',
  ]);
});

test('check finds what only all files together show', async () => {
  const other = GOOD.replace('CREDIT_CARD]}, action', 'CREDITCARD]}, action');
  const exception = 'apiVersion: weir/v1\nkind: Exception\npolicy: card-dta\nvalues: [a]\nexpires: 2099-01-01\n';
  const { code, err } = await policy(['check', '.'], {
    'a.yaml': GOOD,
    'b.yaml': other,
    'c.yaml': exception,
    'd.draft.yaml': 'nonsense',
  });
  assert.equal(code, 2);
  assert.match(err, /b\.yaml:3:7: duplicate policy name "card-data"; it stands at a\.yaml:3, too/);
  assert.match(err, /b\.yaml:5:37: unknown entity "CREDITCARD"; did you mean "CREDIT_CARD"\?/);
  assert.match(err, /c\.yaml:3:9: no policy "card-dta" is loaded; did you mean "card-data"\?/);
  assert.ok(!err.includes('d.draft.yaml'));
});

interface Warned {
  readonly why: string;
  readonly rules: string;
  readonly head?: string;
  readonly expected: RegExp | null;
}

const WARNINGS: readonly Warned[] = [
  {
    why: 'a rule whose direction the policy leaves out',
    head: 'match: {directions: [request]}',
    rules: '- {name: r, match: {directions: [response]}, action: block}',
    expected: /warning: never holds: its directions \(response\) are not among the policy's \(request\)/,
  },
  {
    why: 'a rule behind one that is stronger and wider',
    rules:
      '- {name: r, detect: {entities: [CREDIT_CARD]}, action: tokenize}\n  - {name: s, detect: {entities: ["*"]}, action: block}',
    expected: /5:12: warning: never decides: p\/s \(block\) holds wherever it does/,
  },
  {
    why: 'not a rule behind one that takes exceptions',
    rules:
      '- {name: r, detect: {entities: [CREDIT_CARD]}, action: tokenize}\n  - {name: s, detect: {entities: ["*"]}, action: block, except: {values: [a]}}',
    expected: null,
  },
  {
    why: 'not a rule at a lower score than the stronger one',
    rules:
      '- {name: r, detect: {entities: [CREDIT_CARD]}, action: tokenize}\n  - {name: s, detect: {entities: ["*"], minScore: 0.9}, action: block}',
    expected: null,
  },
  {
    why: 'an exception that ran out',
    rules: '- {name: r, detect: {entities: [CREDIT_CARD]}, action: block, except: {values: [a], expires: 2020-01-31}}',
    expected: /warning: the exception ran out on 2020-01-31/,
  },
  {
    why: 'an exception by pattern that takes out everything',
    rules: '- {name: r, detect: {entities: [CREDIT_CARD]}, action: block, except: {patterns: [".*"]}}',
    expected: /warning: a pattern of the exception matches the empty text/,
  },
  {
    why: 'an exception by value where no findings are looked at',
    rules: '- {name: r, action: block, except: {values: [a]}}',
    expected: /warning: the exception names values or paths, but the rule looks at no findings/,
  },
];

for (const { why, rules, head, expected } of WARNINGS) {
  test(`check warns of ${why.replace(/^not /, 'nothing: ')}, and exits 0`, async () => {
    const text = `apiVersion: weir/v1\nkind: Policy\nname: p\nrules:\n  ${rules}\n${head ?? ''}\ntests: [{text: a, expect: ${/^- \{name: r, action/.test(rules) ? 'block' : 'allow'}}]\n`;
    const { code, err } = await policy(['check', 'a.yaml'], { 'a.yaml': text });
    assert.equal(code, 0);
    if (expected === null) assert.equal(err, '');
    else assert.match(err, expected);
  });
}

const STAFF = (hits: string, misses: string) =>
  `apiVersion: weir/v1\nkind: Policy\nname: p\nrecognizers:\n  - {entity: STAFF_ID, patterns: ["\\\\bE-[0-9]{6}\\\\b"], context: [staff], score: 0.4, hits: [${hits}], misses: [${misses}]}\n`;

test('check tries the examples of recognizers and exits 1 when one fails', async () => {
  const good = await policy(['check', 'a.yaml'], { 'a.yaml': STAFF('"staff E-123456"', '"E-12", "E-123456"') });
  assert.deepEqual([good.code, good.err], [0, '']);
  const bad = await policy(['check', 'a.yaml'], { 'a.yaml': STAFF('"staff E-12"', '"staff E-123456"') });
  assert.equal(bad.code, 1);
  assert.match(
    bad.err,
    /^a\.yaml:5:93: hits\[0\]: STAFF_ID is not found\na\.yaml:5:117: misses\[0\]: STAFF_ID is found/,
  );
});

test('check as JSON is one document with errors and warnings', async () => {
  const { code, out } = await policy(['check', '--json', 'a.yaml'], { 'a.yaml': GOOD.replace('detect:', 'detekt:') });
  assert.equal(code, 2);
  const data: unknown = JSON.parse(out);
  assert.deepEqual(data, {
    ok: false,
    files: ['a.yaml'],
    policies: [],
    errors: [{ file: 'a.yaml', line: 5, column: 17, message: 'unknown key "detekt"; did you mean "detect"?' }],
    failures: [],
    warnings: [],
  });
});

test('a file that is not there is named, exit 2', async () => {
  const { code, err } = await policy(['check', 'nowhere.yaml']);
  assert.equal(code, 2);
  assert.match(err, /nowhere\.yaml:1:1: no such file or folder/);
});

test('test runs the tests of a policy and shows no value of theirs', async () => {
  const { code, out } = await policy(['test', 'a.yaml'], { 'a.yaml': GOOD });
  assert.equal(code, 0);
  assert.match(out, /^ok {3}card-data a\.yaml:7 redact: my card is \[CREDIT_CARD\]$/m);
  assert.match(out, /^2 of 2 tests passed$/m);
  assert.ok(!out.includes(CARD));
});

test('test names what was not as expected, and exits 1', async () => {
  const text = GOOD.replace('expect: redact, entities: [CREDIT_CARD]', 'expect: block, entities: [US_SSN]').replace(
    '[CREDIT_CARD]"}',
    'gone"}',
  );
  const { code, out } = await policy(['test', 'a.yaml'], { 'a.yaml': text });
  assert.equal(code, 1);
  assert.deepEqual(out.split('\n').slice(0, 5), [
    'FAIL card-data a.yaml:7 block',
    '     expected block, got redact by rule pan',
    '     expected to find US_SSN, found CREDIT_CARD',
    '     expected output "my card is gone", got another one',
    'ok   card-data a.yaml:8 allow: order 4111 1111 1111 1112',
  ]);
  assert.ok(!out.includes(CARD));
});

test('test takes each policy alone: a stricter one beside it changes nothing', async () => {
  const strict =
    'apiVersion: weir/v1\nkind: Policy\nname: all\nmode: monitor\nrules: [{name: r, action: block}]\ntests: [{text: a, expect: block}]\n';
  const { code, out } = await policy(['test', '.'], { 'a.yaml': GOOD, 'b.yaml': strict });
  assert.deepEqual([code, out.includes('3 of 3 tests passed')], [0, true]);
});

test('test of a policy with an error exits 2 and says where', async () => {
  const { code, err } = await policy(['test', 'a.yaml'], { 'a.yaml': GOOD.replace('kind: Policy', 'kind: Polcy') });
  assert.equal(code, 2);
  assert.match(err, /a\.yaml:2:7: expected one of Policy, Exception; did you mean "Policy"\?/);
});

test('explain shows findings, every rule and the decision, and not the value', async () => {
  const { code, out } = await policy(['explain', 'a.yaml'], { 'a.yaml': GOOD }, `ü my card is ${CARD}`);
  assert.equal(code, 0);
  assert.match(out, /^request to api\.openai\.com:443 \(genai, OpenAI.*\), role user, position latest$/m);
  assert.match(out, /^ {2}CREDIT_CARD [01.]+ at 13\.\.32 by /m);
  assert.match(out, /^ {2}held {6}card-data\/pan {2}redact {4}1 CREDIT_CARD, score [01.]+ >= 0\.5$/m);
  assert.match(out, /^Decision: redact by card-data\/pan \(severity medium, version [0-9a-f]{12}\)$/m);
  assert.match(out, /^ {2}ü my card is \[CREDIT_CARD\]$/m);
  assert.ok(!out.includes(CARD));
});

test('explain says why a rule did not hold for the role, the place and the app asked about', async () => {
  const text = GOOD.replace('rules:', 'match: {roles: [tool], not: {sources: {apps: [desk]}}}\nrules:');
  const files = { 'a.yaml': text };
  const asUser = await policy(['explain', 'a.yaml', '--text', `card ${CARD}`], files);
  assert.match(
    asUser.out,
    /not held {2}card-data\/pan {2}redact {4}CREDIT_CARD found, but not in the roles and positions that it looks at \(tool\)/,
  );
  const asTool = await policy(['explain', 'a.yaml', '--text', `card ${CARD}`, '--role', 'tool'], files);
  assert.match(asTool.out, /Decision: redact/);
  const asDesk = await policy(
    ['explain', 'a.yaml', '--text', `card ${CARD}`, '--role', 'tool', '--app', 'desk'],
    files,
  );
  assert.match(asDesk.out, /not held.*`not` takes this source, destination or direction out/);
});

test('explain as JSON has the trace of every rule and the decision', async () => {
  const { out } = await policy(
    ['explain', 'a.yaml', '--json', '--to', 'api.anthropic.com:443', '--text', `card ${CARD}`],
    { 'a.yaml': GOOD },
  );
  const data = JSON.parse(out);
  assert.equal(data.destination.vendor, 'Anthropic');
  assert.deepEqual(
    data.findings.map((one: { entity: string; start: number; end: number }) => [one.entity, one.start, one.end]),
    [['CREDIT_CARD', 5, 24]],
  );
  assert.deepEqual(
    data.rules.map((one: { rule: string; held: boolean }) => [one.rule, one.held]),
    [['pan', true]],
  );
  assert.deepEqual([data.decision.action, data.decision.rule, data.output], ['redact', 'pan', 'card [CREDIT_CARD]']);
  assert.ok(!out.includes(CARD));
});

test('explain of an event shows the decisions on record with their reasons', async (t) => {
  const { recorder, home } = await startRecorder(t);
  const decision = {
    direction: 'request',
    action: 'block',
    mode: 'enforce',
    policy: 'card-data',
    policyVersion: '0123456789ab',
    rule: 'pan',
    severity: 'high',
    explanation: ['card-data/pan: 2 CREDIT_CARD at /messages/1/content, score 1 >= 0.5'],
  } as const;
  const event = sampleEvent({
    ...decision,
    decisions: [decision],
    findings: [FINDING],
    outcome: 'blocked',
    enforced: true,
  });
  await record(recorder, [event]);
  const { code, out } = await policy(['explain', '--event', event.id], {}, '', home.path);
  assert.equal(code, 0);
  assert.match(out, /^ {2}2 CREDIT_CARD 1 at \/messages\/1\/content \(request, user, latest\)$/m);
  assert.match(out, /^Decision on the request: block by card-data\/pan \(severity high, version 0123456789ab\)$/m);
  assert.match(out, /^ {2}card-data\/pan: 2 CREDIT_CARD at/m);
  const asJson = JSON.parse((await policy(['explain', '--event', event.id, '--json'], {}, '', home.path)).out);
  assert.deepEqual([asJson.id, asJson.enforced, asJson.decisions], [event.id, true, [decision]]);
});

test('explain of an event that is not on record exits 1; beside a text it is bad usage', async () => {
  const missing = await policy(['explain', '--event', '01HZZZZZZZZZZZZZZZZZZZZZZZ']);
  assert.deepEqual([missing.code, missing.err], [1, 'no event of this id is on record\n']);
  const both = await policy(['explain', '--event', 'x', '--text', 'y']);
  assert.equal(both.code, 2);
});

test('bad usage names what was meant, exit 2', async () => {
  assert.match((await policy(['chek'])).err, /unknown command ".*chek".*did you mean "check"\?/);
  assert.match(
    (await policy(['explain', '--role', 'usr', '--text', 'a'])).err,
    /--role must be one of .*did you mean "user"\?/,
  );
  assert.match(
    (await policy(['explain', '--to', 'https://x/', '--text', 'a'])).err,
    /--to must be a host or host:port/,
  );
});

test('the shipped schema is the one that weir policy schema prints', async () => {
  const { code, out } = await policy(['schema']);
  assert.equal(code, 0);
  assert.equal(out, schemaText());
  const shipped = readFileSync(join(packageRoot, 'policies/policy.schema.json'), 'utf8');
  assert.deepEqual(JSON.parse(shipped), JSON.parse(out), 'run: ./weir policy schema > policies/policy.schema.json');
});

test('a limit is tested by what the source has used before', async () => {
  const file = [
    'apiVersion: weir/v1',
    'kind: Policy',
    'name: pace',
    'rollout: 0%',
    'rules:',
    '  - {name: calls, limit: {requests: 10, bytes: 1KiB, per: 1h}, action: block}',
    'tests:',
    '  - {text: hello, expect: allow}',
    '  - {text: hello, used: {requests: 9, bytes: 1000}, expect: allow}',
    '  - {text: hello, used: {requests: 10}, expect: block, rule: calls}',
    '  - {text: hello, used: {bytes: 1020}, expect: block}',
    '  - {text: hello, used: {requests: 10}, expect: allow}',
    '',
  ].join('\n');
  const { code, out } = await policy(['test', 'a.yaml'], { 'a.yaml': file });
  assert.equal(code, 1);
  assert.match(out, /4 of 5 tests passed/);
  assert.match(out, /a\.yaml:12 allow\n +expected allow, got block by rule calls/);
});
