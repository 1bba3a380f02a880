/** `weir policy bundle build`: a bundle of policies that are right by themselves and pass their own tests. */
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { createCatalog } from '../../../catalog/catalog.ts';
import { readPolicies } from '../../../config/policies.ts';
import { problemText } from '../../../engine/decide/checked-yaml.ts';
import { bundleText, readBundle } from '../../../engine/decide/policy-bundle.ts';
import { type Command, type CommandContext, listOption, numberOption, textOption, UsageError } from '../../command.ts';
import { tryExamples } from '../check.ts';
import { runPolicyTests } from '../test.ts';
import { neededOption, writeBundleAt } from './bundle-files.ts';

export const command: Command = {
  name: 'policy bundle build',
  summary: 'makes a bundle of policies, checked and tested',
  usage: [
    'weir policy bundle build FILE|FOLDER… --name NAME --version N --out FILE',
    '[--not-before TIME] [--least-engine VERSION] [--label LABEL] [--rollout PERCENT]',
  ].join('\n                                 '),
  details: [
    'Checks the policies, runs their tests and the examples of their recognizers, and writes them as one document.',
    'It is signed by `sign`; a node takes up no other.',
    '--version       a whole number, higher than the last: nodes never go back to a lower one',
    '--not-before    when nodes take it up, such as 2026-12-01T06:00:00Z; at once otherwise',
    '--least-engine  the lowest version of Weir that understands it',
    '--label         only for nodes with this label (bundle.labels); may be repeated',
    '--rollout       for this share of the nodes, in percent; a node of a small share is in every larger one',
    'Exit code 1 when a test fails, 2 for a policy with an error.',
  ].join('\n'),
  example: 'weir policy bundle build policies/ --name prod --version 12 --label canary --out prod.bundle',
  options: {
    name: { type: 'string' },
    version: { type: 'string' },
    out: { type: 'string' },
    'not-before': { type: 'string' },
    'least-engine': { type: 'string' },
    label: { type: 'string', multiple: true },
    rollout: { type: 'string' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  if (context.positionals.length === 0) throw new UsageError('needs the policies: files or folders');
  const name = neededOption(context, 'name', 'what the bundle is called');
  const version = numberOption(context, 'version', { min: 1, max: Number.MAX_SAFE_INTEGER, integer: true });
  if (version === null) throw new UsageError('needs --version, a whole number higher than the last');
  const out = neededOption(context, 'out', 'the file to write');
  const { files, documents, problems } = readPolicies(context.positionals, context.cwd);
  for (const problem of problems) context.err(`${problemText(problem)}\n`);
  if (problems.length > 0) return 2;
  const failures = [
    ...tryExamples(documents).map(problemText),
    ...runPolicyTests(documents, createCatalog([])).flatMap(({ place, failures: why }) =>
      why.map((text) => `${place}: ${text}`),
    ),
  ];
  for (const failure of failures) context.err(`${failure}\n`);
  if (failures.length > 0) return 1;
  const labels = listOption(context, 'label');
  const bundle = {
    ...{ name, version, created: new Date().toISOString(), notBefore: momentOf(textOption(context, 'not-before')) },
    ...{ leastEngine: textOption(context, 'least-engine'), labels: labels.length === 0 ? null : labels },
    rollout: numberOption(context, 'rollout', { min: 1, max: 100, integer: true }) ?? 100,
    files: files.map((file) => ({ path: basename(file), text: readFileSync(resolve(context.cwd, file), 'utf8') })),
  };
  // Read as a node would: what it would refuse is not written.
  const read = readBundle(Buffer.from(bundleText({ bundle, signatures: [] }), 'utf8'));
  if (read.kind === 'refused') throw new UsageError(read.reason);
  writeBundleAt(context, out, read.signed);
  context.out(`${name} ${version}: ${files.length} ${files.length === 1 ? 'file' : 'files'}, not signed yet: ${out}\n`);
  return 0;
}

function momentOf(text: string | null): string | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError('--not-before: expected a time such as 2026-12-01T06:00:00Z');
  return new Date(ms).toISOString();
}
