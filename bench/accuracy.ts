/**
 * How exact the scanner is: `./scripts/node bench/accuracy.ts [entities|secrets|ids|clean]`. Exit status 1 where a target is missed.
 * Nothing printed holds a value: rows, rules, entities and masked context only.
 */
import { parseArgs } from 'node:util';
import { createScanner, ENTITIES } from '../engine/scan/scanner.ts';
import { measureClean, shownContext, TARGET_PER_100_KB } from './accuracy/clean.ts';
import { measureIdNumbers } from './accuracy/id-numbers.ts';
import { withoutGenerator } from './accuracy/kinds.ts';
import { type EntityFigures, measureMixed, type Planted, TARGET } from './accuracy/mixed.ts';
import { measureSecrets, type SecretFigures } from './accuracy/secrets.ts';
import { isExact, worstOf } from './accuracy/summary.ts';
import { loadCorpus } from './corpus/texts.ts';

const USAGE = `Usage: ./scripts/node bench/accuracy.ts [entities] [secrets] [ids] [clean] [options]

  entities  recall and precision by entity, values planted in the clean corpus
  secrets   the published examples of credentials: found, left alone, named after their vendor
  ids       published valid and invalid identification numbers
  clean     false alarms on the clean corpus (bench/corpus/build.ts brings it), by recognizer

  --entity A,B  these entities alone, with what is missed of each
  --all     list every row that falls short, not only the first
  --plain   show what was found in the clean corpus unmasked: its texts are public
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    entity: { type: 'string' },
    plain: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const PARTS: Readonly<Record<string, () => boolean>> = { entities, secrets, ids, clean };

// `| head` closes the pipe early.
process.stdout.on('error', () => process.exit());
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

function entities(): boolean {
  const { texts } = loadCorpus();
  const wanted = values.entity?.split(',');
  const all = new Set(ENTITIES.keys());
  const figures = measureMixed(createScanner(), { entities: wanted === undefined ? all : new Set(wanted), texts });
  const lacking = wanted === undefined ? withoutGenerator(all) : [];
  const short = figures.filter((one) => !isExact(one));
  const text = (value: number | null): string => (value === null ? '    -' : value.toFixed(3));
  say(`entities: ${figures.length - short.length} of ${figures.length} reach ${TARGET} in recall and precision`);
  say('entity                          planted  recall  of it test  precision');
  const worstFirst = (wanted === undefined && !values.all ? short : figures).toSorted(
    (a, b) => worstOf(a) - worstOf(b),
  );
  for (const one of worstFirst) {
    const cells = [String(one.planted), text(one.recall), text(one.recallForTest), text(one.precision)];
    say(`${one.entity.padEnd(32)}${cells.map((cell) => cell.padStart(7)).join('   ')}`);
    if (wanted === undefined && !values.all) say(`    ${reasons(one)}`);
    else for (const line of details(one)) say(`    ${line}`);
  }
  for (const entity of lacking) say(`no generator: ${entity}`);
  return short.length === 0 && lacking.length === 0;
}

/** The carriers that are missed in and what is taken for the entity, most frequent first. */
function reasons({ missed, strays }: EntityFigures): string {
  const missing = counted(missed.map((planted) => planted.carrier.name));
  const wrong = counted(strays.map(({ over, isInClean }) => over ?? (isInClean ? 'clean text' : 'carrier')));
  return [missing === '' ? '' : `missed in ${missing}`, wrong === '' ? '' : `also on ${wrong}`]
    .filter(Boolean)
    .join('; ');
}

function counted(names: readonly string[]): string {
  const groups = [...Map.groupBy(names, (name) => name)].sort(([, a], [, b]) => b.length - a.length);
  return some(groups, 6)
    .map(([name, { length }]) => (length > 1 ? `${name} (${length})` : name))
    .join(', ');
}

function details({ missed, strays }: EntityFigures): readonly string[] {
  const quoted = (text: string): string => JSON.stringify(values.plain ? text : masked(text));
  const shown = ({ text }: Planted): string => quoted(text.toString());
  return [
    ...some(missed, 12).map((planted) => `missed in ${planted.carrier.name}: ${shown(planted)}`),
    ...some(strays, 12).map(
      (stray) => `also on ${stray.over ?? (stray.isInClean ? 'clean text' : 'carrier')}: ${quoted(stray.around)}`,
    ),
  ];
}

function masked(text: string): string {
  return text.replace(/\p{N}/gu, '9');
}
