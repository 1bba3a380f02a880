/**
 * `weir policy test`: runs the tests written in policies. Each policy is tested alone and as if enforced, so that its
 * tests mean the same wherever it is loaded; recognizers of all files are there, exceptions of other files are not.
 */
import { type Catalog, createCatalog } from '../../catalog/catalog.ts';
import type { PolicyTest } from '../../engine/decide/grammar.ts';
import { isPolicy, type PolicyDocument, type PolicyOf } from '../../engine/decide/policy-file.ts';
import { compilePolicies, recognizersOf } from '../../engine/decide/policy-set.ts';
import { createScanner } from '../../engine/scan/scanner.ts';
import { KEPT, MEDIUM } from '../../flow/finding.ts';
import { type Command, hasOption } from '../command.ts';
import { soundPolicies } from './policy-sources.ts';
import { DEFAULT_TO, destinationOf, type Trial, tryText } from './trial.ts';

export interface TestResult {
  readonly policy: string;
  /** Of the test, in its file. */
  readonly place: string;
  /** The test's text with what was found in it replaced. */
  readonly redacted: string;
  readonly expect: string;
  /** What was not as expected; empty when the test passed. */
  readonly failures: readonly string[];
}

/** Runs every test of the documents, in the order of the files. The catalog says what `to` is. */
export function runPolicyTests(documents: readonly PolicyDocument[], catalog: Catalog): readonly TestResult[] {
  const policies = documents.filter(isPolicy);
  const scanner = createScanner({ custom: recognizersOf(documents), least: KEPT });
  return policies.flatMap((policy) => {
    const alone = compilePolicies(
      policies.map((one) => (one === policy ? enforced(one) : { ...one, rules: [], tests: [] })),
    );
    return policy.tests.map(({ value: test, place }) => {
      const base = {
        policy: policy.name.value,
        place: `${place.file}:${place.line}`,
        expect: test.expect,
      };
      const destination = destinationOf(catalog, test.to ?? DEFAULT_TO);
      if (destination === null) return { ...base, redacted: '', failures: ['`to` is not a host or host:port'] };
      const input = { ...test, to: test.to ?? DEFAULT_TO };
      const trial = tryText({ scanner, policies: alone, catalog, keys: [] }, input, destination);
      return { ...base, redacted: redactedText(trial), failures: failuresOf(test, trial) };
    });
  });
}

function enforced(policy: PolicyOf): PolicyOf {
  return { ...policy, mode: 'enforce', rollout: '100%' };
}

function failuresOf(test: PolicyTest, { inspection, output }: Trial): string[] {
  const failures: string[] = [];
  const { action, rule } = inspection.decision.enforced;
  if (action !== test.expect)
    failures.push(`expected ${test.expect}, got ${action}${rule === null ? '' : ` by rule ${rule}`}`);
  if (test.rule !== null && rule !== test.rule.value) {
    failures.push(`expected rule ${test.rule.value}, got ${rule ?? 'none'}`);
  }
  const found = new Set(
    inspection.findings.filter((finding) => finding.score >= MEDIUM).map((finding) => finding.entity),
  );
  const missing = (test.entities ?? []).filter((entity) => !found.has(entity.value)).map((entity) => entity.value);
  if (missing.length > 0) {
    failures.push(`expected to find ${missing.join(', ')}, found ${[...found].join(', ') || 'nothing'}`);
  }
  if (test.output !== null && output !== test.output) {
    failures.push(
      output === null
        ? 'expected an output, but it is blocked'
        : `expected output ${JSON.stringify(test.output)}, got another one`,
    );
  }
  return failures;
}

export const command: Command = {
  name: 'policy test',
  summary: 'runs the tests written in the policies',
  usage: 'weir policy test [FILE|FOLDER…] [--json]',
  details: [
    'Prints a line a test, ok or FAIL with the reason. Each policy is tested alone, as if enforced everywhere, and',
    'without exceptions of other documents. Without files: the policies of the configuration.',
    'Exit code 1 when a test failed, 2 when a policy has an error.',
  ].join('\n'),
  example: 'weir policy test policies/default.yaml',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const { documents } = soundPolicies(context);
    const results = runPolicyTests(documents, createCatalog(context.config().destinations));
    const failed = results.filter((result) => result.failures.length > 0).length;
    if (hasOption(context, 'json')) {
      for (const { policy, place, expect, failures } of results) {
        context.out(`${JSON.stringify({ policy, place, expect, ok: failures.length === 0, failures })}\n`);
      }
    } else {
      for (const result of results) context.out(resultText(result));
      context.out(`${results.length - failed} of ${results.length} tests passed\n`);
    }
    if (results.length === 0) context.err('no tests are written in these policies\n');
    return failed > 0 ? 1 : 0;
  },
};

/** Of a test that failed the text is not shown: what it hides was perhaps not found. */
function resultText({ policy, place, redacted, expect, failures }: TestResult): string {
  if (failures.length === 0) return `ok   ${policy} ${place} ${expect}: ${shortened(redacted)}\n`;
  return `FAIL ${policy} ${place} ${expect}\n${failures.map((failure) => `     ${failure}\n`).join('')}`;
}

function redactedText({ inspection }: Trial): string {
  const { body } = inspection.extraction;
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, entity, score } of inspection.findings.toSorted((a, b) => a.start - b.start)) {
    if (start < at || score < MEDIUM) continue;
    parts.push(body.toString('utf8', at, start), `[${entity}]`);
    at = end;
  }
  return parts.join('') + body.toString('utf8', at);
}

function shortened(text: string): string {
  const line = JSON.stringify(text).slice(1, -1);
  return line.length > 72 ? `${line.slice(0, 71)}…` : line;
}
