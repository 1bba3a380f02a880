/**
 * How exact the scanner is: `./scripts/node bench/accuracy.ts [secrets|ids|clean]`. Exit status 1 where a target is missed.
 * Nothing printed holds a value: rows, rules, entities and masked context only.
 */
import { parseArgs } from 'node:util';
import { createScanner, ENTITIES } from '../engine/scan/scanner.ts';
import { measureClean, shownContext, TARGET_PER_100_KB } from './accuracy/clean.ts';
import { measureIdNumbers } from './accuracy/id-numbers.ts';
import { measureSecrets, type SecretFigures } from './accuracy/secrets.ts';
import { loadCorpus } from './corpus/texts.ts';

const USAGE = `Usage: ./scripts/node bench/accuracy.ts [secrets] [ids] [clean] [options]

  secrets   the published examples of credentials: found, left alone, named after their vendor
  ids       published valid and invalid identification numbers
  clean     false alarms on the clean corpus (bench/corpus/build.ts brings it), by recognizer

  --all     list every row that falls short, not only the first
  --plain   show what was found in the clean corpus unmasked: its texts are public
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    plain: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const PARTS: Readonly<Record<string, () => boolean>> = { secrets, ids, clean };

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

function clean(): boolean {
  const { texts, missing } = loadCorpus();
  for (const { source, package: name, version, file } of some(missing, 5))
    say(`missing: ${source} ${name} ${version} ${file}`);
  if (missing.length > 0) say(`${missing.length} texts are missing: ./scripts/node bench/corpus/build.ts`);
  const figures = measureClean(createScanner(), texts);
  const per = (alarms: number, bytes: number): string => `${((alarms * 100_000) / bytes).toFixed(2)} per 100 KB`;
  say(
    `clean corpus: ${figures.alarms.length} false alarms in ${(figures.bytes / 1e6).toFixed(2)} MB, ` +
      `${per(figures.alarms.length, figures.bytes)} (target below ${TARGET_PER_100_KB}), ${figures.judgedTrue} judged true`,
  );
  for (const [kind, { bytes, alarms }] of figures.byKind)
    say(`  ${kind}: ${(bytes / 1e6).toFixed(2)} MB, ${alarms}, ${per(alarms, bytes)}`);
  const byRecognizer = [...Map.groupBy(figures.alarms, ({ finding }) => finding.recognizer)];
  for (const [recognizer, alarms] of byRecognizer.sort(([, a], [, b]) => b.length - a.length)) {
    say(`  ${recognizer}: ${alarms.length}`);
    for (const alarm of some(alarms, 6))
      say(
        `    ${alarm.text.package} ${alarm.finding.entity} ${alarm.finding.score} ${shownContext(alarm, values.plain)}`,
      );
  }
  return texts.length > 0 && figures.per100Kb < TARGET_PER_100_KB;
}

function ids(): boolean {
  const figures = measureIdNumbers(createScanner(), new Set(ENTITIES.keys()));
  say(
    `identification numbers: ${figures.faults.length} faults in ${figures.examples} examples; of ${figures.modules} modules ` +
      `${figures.unmapped.length} map to no entity and ${figures.pending.length} to one without a recognizer`,
  );
  for (const { module, entity, example, what } of some(figures.faults, 100))
    say(`  ${module} ${entity} example ${example}: ${what}`);
  for (const { module, entity } of figures.pending) say(`  no recognizer: ${module} ${entity}`);
  if (values.all) for (const { module, reason } of figures.unmapped) say(`  unmapped: ${module}: ${reason}`);
  return figures.faults.length === 0 && figures.pending.length === 0;
}
