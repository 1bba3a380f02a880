/** `weir recognizers`: lists what can be found. Examples of credentials are masked. */
import { createScanner, type RecognizerInfo } from '../engine/scan/scanner.ts';
import { type Command, type CommandContext, hasOption, UsageError } from './command.ts';

export const command: Command = {
  name: 'recognizers',
  summary: 'lists what can be found',
  usage: 'weir recognizers [--json]',
  details: `Prints entity, category, countries (none: everywhere), recognizer and an example, a line each.
With --config the recognizers of its policies are listed too, and what it disables is not.

  --json  an object a line: name, entity, category, countries, example`,
  example: 'weir recognizers',
  options: { json: { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  if (context.positionals.length > 0) throw new UsageError('takes no arguments');
  const recognizers = [...(await listed(context))].sort((a, b) =>
    a.entity < b.entity ? -1 : a.entity > b.entity ? 1 : 0,
  );
  if (hasOption(context, 'json')) {
    for (const { name, entity, category, countries, example } of recognizers) {
      context.out(`${JSON.stringify({ name, entity, category, countries, example })}\n`);
    }
    return 0;
  }
  const rows = [
    ['ENTITY', 'CATEGORY', 'COUNTRIES', 'RECOGNIZER', 'EXAMPLE'],
    ...recognizers.map((one) => [
      one.entity,
      one.category,
      countriesOf(one),
      one.name,
      one.example.replace(/\s+/g, ' '),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    context.out(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  return 0;
}

async function listed(context: CommandContext): Promise<readonly RecognizerInfo[]> {
  if (context.configFile === null) return createScanner().recognizers;
  const { loadPolicies } = await import('../config/policies.ts');
  const { recognizersOf } = await import('../engine/decide/policy-set.ts');
  const config = context.config();
  return createScanner({ custom: recognizersOf(loadPolicies(config)), disable: config.detection.disable }).recognizers;
}

function countriesOf({ countries }: RecognizerInfo): string {
  return countries.length > 4 ? `${countries.length} countries` : countries.join(' ') || '-';
}
