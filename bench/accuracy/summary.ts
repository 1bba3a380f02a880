/** All measures of accuracy in one, and their part of docs/benchmarks.md. */
import { createScanner, ENTITIES } from '../../engine/scan/scanner.ts';
import { loadCorpus } from '../corpus/texts.ts';
import { type CleanFigures, measureClean, TARGET_PER_100_KB } from './clean.ts';
import { type FieldFigures, fieldLines, measureFields } from './fields.ts';
import { type IdFigures, measureIdNumbers } from './id-numbers.ts';
import { withoutGenerator } from './kinds.ts';
import { type EntityFigures, measureMixed, TARGET } from './mixed.ts';
import { measureSecrets, type SecretFigures } from './secrets.ts';

export interface AccuracyFigures {
  readonly entities: readonly EntityFigures[];
  readonly lacking: readonly string[];
  readonly clean: CleanFigures;
  readonly missingTexts: number;
  readonly secrets: SecretFigures;
  readonly ids: IdFigures;
  readonly fields: FieldFigures;
}

export function measureAccuracy(): AccuracyFigures {
  const scanner = createScanner();
  const { texts, missing } = loadCorpus();
  const all = new Set(ENTITIES.keys());
  return {
    entities: measureMixed(scanner, { entities: all, texts }),
    lacking: withoutGenerator(all),
    clean: measureClean(scanner, texts),
    missingTexts: missing.length,
    secrets: measureSecrets(scanner),
    ids: measureIdNumbers(scanner, all),
    fields: measureFields(scanner, all),
  };
}

export function isExact({ recall, recallForTest, precision }: EntityFigures): boolean {
  return recall >= TARGET && recallForTest >= TARGET && (precision ?? 1) >= TARGET;
}

export function worstOf({ recall, recallForTest, precision }: EntityFigures): number {
  return Math.min(recall, recallForTest, precision ?? 1);
}

const figure = (value: number | null): string => (value === null ? '' : value.toFixed(3));
const SHOWN = 40;

/** The section of docs/benchmarks.md. */
export function accuracyLines(figures: AccuracyFigures): readonly string[] {
  const { entities, clean } = figures;
  const short = entities.filter((one) => !isExact(one)).toSorted((a, b) => worstOf(a) - worstOf(b));
  const planted = entities.reduce((sum, one) => sum + one.planted, 0);
  const kinds = [...clean.byKind].map(
    ([kind, { bytes, alarms }]) =>
      `| ${kind} | ${(bytes / 1e6).toFixed(2)} | ${alarms} | ${((alarms * 100_000) / bytes).toFixed(2)} |`,
  );
  return [
    `${planted} values of ${entities.length} entities, made by generators that share nothing with the recognizers (stdnum, Faker, libphonenumber's ` +
      'examples, shapes as issuers document them, published examples with other characters), in 42 carriers each (prose, mail, JSON, ' +
      'YAML, CSV, forms, logs, SQL, code), a third of them kept for test, one in each 5 KB of a clean corpus. ' +
      'Recall: medium or higher over half of the value, as the finding or an alternative of it.',
    '',
    `${entities.length - short.length} of ${entities.length} entities reach ${TARGET} in recall, recall in the carriers kept for test, and precision.` +
      (short.length === 0 ? '' : ` The ${short.length > SHOWN ? `${SHOWN} worst` : 'others'}:`),
    '',
    ...(short.length === 0 ? [] : ['| entity | recall | for test | precision |', '| --- | ---: | ---: | ---: |']),
    ...short
      .slice(0, SHOWN)
      .map(
        (one) => `| ${one.entity} | ${figure(one.recall)} | ${figure(one.recallForTest)} | ${figure(one.precision)} |`,
      ),
    '',
    `False alarms (medium or higher; names, places, dates, URLs and IP addresses left out, ${clean.judgedTrue} spans judged true) on ` +
      `${(clean.bytes / 1e6).toFixed(1)} MB of clean text${figures.missingTexts === 0 ? '' : `, ${figures.missingTexts} texts missing`}:`,
    '',
    '| text | MB | false alarms | per 100 KB |',
    '| --- | ---: | ---: | ---: |',
    ...kinds,
    '',
    ...fieldLines(figures.fields),
  ];
}

export function accuracyVerdicts({ entities, lacking, clean, secrets, ids }: AccuracyFigures): readonly string[] {
  const met = (is: boolean): string => (is ? 'met' : 'NOT met');
  const exact = entities.filter(isExact).length;
  const named = secrets.vendors.filter((vendor) => vendor.named === vendor.rows).length;
  return [
    `entities with recall and precision of ${TARGET} or more: ${exact} of ${entities.length}: ${met(exact === entities.length)}` +
      (lacking.length === 0 ? '' : ` (${lacking.length} without a generator: ${lacking.join(', ')})`),
    `false alarms in clean text: ${clean.per100Kb.toFixed(2)} per 100 KB, target below ${TARGET_PER_100_KB}: ${met(clean.per100Kb < TARGET_PER_100_KB)}`,
    `published credentials found: ${(secrets.recall * 100).toFixed(1)} % of ${secrets.secrets}, target 95 % or more: ${met(secrets.recall >= TARGET)}`,
    `texts without a credential that are left alone: ${secrets.without - secrets.wrong.length} of ${secrets.without}`,
    `vendors whose published credentials are all named after them: ${named} of ${secrets.vendors.length}: ${met(named === secrets.vendors.length)}`,
    `published identification numbers: ${ids.faults.length} faults in ${ids.examples} of ${ids.modules - ids.unmapped.length} kinds: ${met(ids.faults.length === 0 && ids.pending.length === 0)}`,
  ];
}
