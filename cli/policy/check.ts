/**
 * `weir policy check`: every error of the policies at once, with its place; then what is allowed and hardly meant, and
 * the policies' own recognizers against their examples. It writes nothing.
 */
import type { Problem } from '../../engine/decide/checked-yaml.ts';
import { problemText } from '../../engine/decide/checked-yaml.ts';
import { isException, isPolicy, type PolicyDocument } from '../../engine/decide/policy-file.ts';
import { lintPolicies } from '../../engine/decide/policy-lint.ts';
import { recognizersOf } from '../../engine/decide/policy-set.ts';
import { createScanner } from '../../engine/scan/scanner.ts';
import { MEDIUM } from '../../flow/finding.ts';
import { type Command, hasOption } from '../command.ts';
import { policiesAskedFor } from './policy-sources.ts';

/** The recognizers' own examples: hits in which the entity is not found at 0.5 or higher, misses in which it is. */
export function tryExamples(documents: readonly PolicyDocument[]): readonly Problem[] {
  const custom = recognizersOf(documents);
  if (custom.length === 0) return [];
  const scanner = createScanner({ custom });
  const finds = (entity: string, text: string): boolean =>
    scanner
      .scan(Buffer.from(text, 'utf8'), { label: null, role: null })
      .flatMap((finding) => [finding, ...finding.alternatives])
      .some((one) => one.entity === entity && one.score >= MEDIUM);
  const failures: Problem[] = [];
  for (const { entity, hits, misses } of documents.filter(isPolicy).flatMap((policy) => policy.recognizers)) {
    for (const [index, { value, place }] of hits.entries()) {
      if (!finds(entity.value, value))
        failures.push({ ...place, message: `hits[${index}]: ${entity.value} is not found` });
    }
    for (const [index, { value, place }] of misses.entries()) {
      if (finds(entity.value, value))
        failures.push({ ...place, message: `misses[${index}]: ${entity.value} is found` });
    }
  }
  return failures;
}

export const command: Command = {
  name: 'policy check',
  summary: 'validates policies and points at rules that can never act',
  usage: 'weir policy check [FILE|FOLDER…] [--json]',
  details: [
    'Errors and warnings go to stderr as FILE:LINE:COLUMN: what is wrong. Warnings are rules that never hold or never',
    "decide, exceptions that ran out, policies without tests. The examples (hits, misses) of the policies' own",
    'recognizers are tried. Without files: the policies of the configuration.',
    'Exit code 2 for an error, 1 when an example of a recognizer fails, 0 otherwise, with warnings too.',
  ].join('\n'),
  example: 'weir policy check policies/',
  options: { json: { type: 'boolean' } },
  async run(context) {
    const { files, documents, problems } = policiesAskedFor(context);
    const isSound = problems.length === 0;
    const warnings = isSound ? lintPolicies(documents, new Date()) : [];
    const failures = isSound ? tryExamples(documents) : [];
    const policies = documents.filter(isPolicy);
    if (hasOption(context, 'json')) {
      const names = policies.map((policy) => policy.name.value);
      context.out(
        `${JSON.stringify({ ok: isSound && failures.length === 0, files, policies: names, errors: problems, failures, warnings })}\n`,
      );
    } else {
      for (const problem of [...problems, ...failures]) context.err(`${problemText(problem)}\n`);
      for (const warning of warnings)
        context.err(`${problemText({ ...warning, message: `warning: ${warning.message}` })}\n`);
      if (isSound && failures.length === 0) {
        const rules = policies.reduce((sum, policy) => sum + policy.rules.length, 0);
        const exceptions = documents.filter(isException).length;
        const parts = [counted(policies.length, 'policy', 'policies'), counted(rules, 'rule', 'rules')];
        if (exceptions > 0) parts.push(counted(exceptions, 'exception', 'exceptions'));
        context.out(`ok: ${parts.join(', ')} in ${counted(files.length, 'file', 'files')}\n`);
      }
    }
    return isSound ? (failures.length > 0 ? 1 : 0) : 2;
  },
};

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
