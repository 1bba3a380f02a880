/**
 * Trains the name tagger and writes engine/names/weights.json. Needs the development dependencies, and the packages
 * that technical-training.tsv names; says what is missing, and with `--without-missing` goes on.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../config/package-root.ts';
import { COMMON, FAMILY, GIVEN, packGazetteer, unpackGazetteer } from '../../engine/names/gazetteer.ts';
import { folded } from '../../engine/names/words.ts';
import { trainingSamples } from './corpora.ts';
import { averageOf, type Trained, train } from './crf.ts';
import { gazetteerEntries } from './gazetteer-sources.ts';
import { TRAINING_LOCALES } from './locales.ts';
import { pack } from './packing.ts';
import { makeProductSentences } from './products.ts';
import { Random } from './random.ts';
import { MOSTLY_LOWER, type Sample, withNoise } from './sample.ts';
import { makeSentences } from './sentences.ts';
import { makeLogs, makeNumbers, readTechnical, technicalSamples } from './technical.ts';

const { values } = parseArgs({
  options: {
    'without-missing': { type: 'boolean' },
    out: { type: 'string', default: join(packageRoot, 'engine/names/weights.json') },
    bits: { type: 'string', default: '17' },
    epochs: { type: 'string', default: '4' },
    runs: { type: 'string', default: '3' },
    sentences: { type: 'string', default: '26000' },
    quality: { type: 'string', default: '9' },
  },
});
const SEED = 20_24;
/** Share of sentences with noise of case and accents: of the labelled as they are measured, of the made ones more. */
const NOISE_LABELLED = 0.1;
const NOISE_MADE = 0.14;

const random = new Random(SEED);
const technical = readTechnical('technical-training.tsv');
if (technical.missing.length > 0) {
  console.error(
    `${technical.missing.length} files differ or are not installed, among them ${technical.missing.slice(0, 3).join(', ')}`,
  );
  if (values['without-missing'] !== true) process.exit(1);
}

const labelled: readonly Sample[] = trainingSamples(random);

function withoutNames({ text, spans }: Sample): string {
  let at = 0;
  let rest = '';
  for (const span of spans) {
    rest += text.slice(at, span.start);
    at = span.end;
  }
  return rest + text.slice(at);
}

/** How often words stand in lower case in running text that is not a filled template. */
function countLowerCase(texts: Iterable<string>): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  for (const text of texts)
    for (const [word] of text.matchAll(/(?<![\p{L}\p{N}_])\p{Ll}{2,}(?![\p{L}\p{N}_])/gu))
      seen.set(word, (seen.get(word) ?? 0) + 1);
  return seen;
}
const seen = countLowerCase([...labelled.map(withoutNames), ...technical.files.map((one) => one.text)]);
const entries = gazetteerEntries(seen);
const gazetteer = unpackGazetteer(packGazetteer(entries), entries.size);

/** A given name and a family name side by side. */
function isKnownName(line: string): boolean {
  for (const [, first = '', last = ''] of line.matchAll(
    /(?<!\p{L})(\p{Lu}\p{Ll}+) (?:\p{Lu}\. )?(?=(\p{Lu}\p{Ll}+))/gu,
  )) {
    const a = gazetteer.flags(folded(first.toLowerCase()));
    const b = gazetteer.flags(folded(last.toLowerCase()));
    if ((a & GIVEN) !== 0 && (b & FAMILY) !== 0 && ((a & COMMON) === 0 || (b & COMMON) === 0)) return true;
  }
  return false;
}
const noNames = [...technicalSamples(technical.files, isKnownName), ...makeLogs(1500, SEED), ...makeNumbers(400, SEED)];

/** One training: sentences made and noise thrown anew. */
function trainOnce(run: number): Trained {
  const seed = SEED + run;
  const noise = new Random(seed);
  const sentences = [
    ...makeSentences(Number(values.sentences), seed, TRAINING_LOCALES, 'training'),
    ...makeProductSentences(Number(values.sentences) >> 4, seed, 'training'),
  ];
  const samples = [
    ...labelled.map((one) => withNoise(one, noise, NOISE_LABELLED)),
    ...sentences.map((one) => withNoise(one, noise, NOISE_MADE, MOSTLY_LOWER)),
    ...noNames,
  ];
  console.error(
    `run ${run}: ${labelled.length} labelled, ${sentences.length} made, ${noNames.length} technical samples; ${entries.size} entries`,
  );
  return train(samples, gazetteer, {
    rowBits: Number(values.bits),
    epochs: Number(values.epochs),
    step: 0.15,
    seed,
    onEpoch: (epoch, loss) => console.error(`epoch ${epoch}: ${loss.toFixed(4)} a token`),
  });
}

const trained = averageOf(Array.from({ length: Number(values.runs) }, (_, run) => trainOnce(run)));
const packed = pack(trained, entries, Number(values.quality));
writeFileSync(values.out, `${JSON.stringify(packed)}\n`);
console.error(`${values.out}: ${Math.round(packed.data.length / 1024)} KB`);
