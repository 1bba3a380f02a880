/** `weir recognizers`: lists what can be found, all or by kind and country. Examples of credentials are masked. */
import type { RecognizerInfo, Scanner } from '../engine/scan/scanner.ts';
import { type Command, type CommandContext, hasOption, listOption, UsageError } from './command.ts';
import { scannerOf } from './configured-scanner.ts';
import { wantedEntities } from './scan/entity-filter.ts';

export const command: Command = {
  name: 'recognizers',
  summary: 'lists what can be found',
  usage: 'weir recognizers [--entities LIST] [--country LIST] [--json]',
  details: `Prints entity, category, countries (none: everywhere), recognizer and an example, a line each.
With --config the recognizers of its policies are listed too, and what it disables is not.

  --entities LIST  only these, with commas between: CREDIT_CARD,category:credential
  --country LIST   only those of these countries (DE,FR), and those of none with "-"
  --json           an object a line: name, entity, category, countries, example`,
  example: `weir recognizers
weir recognizers --country DE,AT --entities category:government_id`,
  options: {
    entities: { type: 'string', multiple: true },
    country: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  if (context.positionals.length > 0) throw new UsageError('takes no arguments');
  const recognizers = (await listed(context)).toSorted((a, b) =>
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
  const scanner = await scannerOf(context);
  const isWanted = wantedEntities(listOption(context, 'entities'), scanner);
  const countries = wantedCountries(listOption(context, 'country'), scanner);
  return scanner.recognizers.filter((one) => isWanted(one.entity) && countries(one));
}

/** Throws UsageError for a country of which nothing is known. */
function wantedCountries(lists: readonly string[], scanner: Scanner): (one: RecognizerInfo) => boolean {
  const wanted = lists.flatMap((list) => list.split(',')).map((code) => code.trim().toUpperCase());
  const known = new Set(scanner.recognizers.flatMap((one) => one.countries));
  const unknown = wanted.find((code) => code !== '-' && !known.has(code));
  if (unknown !== undefined) throw new UsageError(`--country: nothing belongs to "${unknown}" (ISO 3166-1: DE, FR)`);
  if (wanted.length === 0) return () => true;
  return ({ countries }) =>
    countries.length === 0 ? wanted.includes('-') : countries.some((code) => wanted.includes(code));
}

function countriesOf({ countries }: RecognizerInfo): string {
  return countries.length > 4 ? `${countries.length} countries` : countries.join(' ') || '-';
}
