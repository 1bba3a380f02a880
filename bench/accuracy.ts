/**
 * How exact the scanner is: `./scripts/node bench/accuracy.ts [secrets]`. Exit status 1 where a target is missed.
 * Nothing printed holds a value: rows, rules, entities and masked context only.
 */
import { parseArgs } from 'node:util';
import { createScanner } from '../engine/scan/scanner.ts';
import { measureSecrets, type SecretFigures } from './accuracy/secrets.ts';

const USAGE = `Usage: ./scripts/node bench/accuracy.ts [secrets] [--all]

  secrets   the published examples of credentials: found, left alone, named after their vendor

  --all     list every row that falls short, not only the first
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
});

const PARTS: Readonly<Record<string, () => boolean>> = { secrets };

process.exitCode = main();

function main(): number {
  const named = positionals.length === 0 ? Object.keys(PARTS) : positionals;
  const parts = named.map((name) => PARTS[name]);
  if (values.help || parts.includes(undefined)) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  return parts.map((part) => part?.() ?? false).every((met) => met) ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function some<T>(items: readonly T[], shown = 20): readonly T[] {
  return values.all ? items : items.slice(0, shown);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function secrets(): boolean {
  const figures: SecretFigures = measureSecrets(createScanner());
  const found = figures.secrets - figures.missed.length;
  say(
    `secrets: ${found} of ${figures.secrets} found (${percent(figures.recall)}, target 95 %), ${figures.leftOut} left out`,
  );
  for (const { row, rule } of some(figures.missed)) say(`  missed: row ${row} ${rule}`);
  say(`texts without a secret: ${figures.wrong.length} of ${figures.without} with a finding`);
  for (const { row, rule } of figures.wrong) say(`  found in: row ${row} ${rule}`);
  const short = figures.vendors.filter(({ rows, named }) => named < rows);
  say(`vendors: ${figures.vendors.length - short.length} of ${figures.vendors.length} named in every row`);
  for (const { entity, rows, named, unnamed } of some(short, 200))
    say(`  ${entity}: named in ${named} of ${rows} (not in row ${unnamed.map(({ row }) => row).join(', ')})`);
  return figures.recall >= 0.95 && short.length === 0;
}
