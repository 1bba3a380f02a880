/**
 * Writes docs/entities.md and engine/recognizers/shipped-names.ts from the built-in recognizers: `node
 * docs/write-entities.ts`; with `--check` it tells whether they are current. A test fails while they are not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { BUILT_IN } from '../engine/recognizers/built-in.ts';
import { checksumNames, createScanner, ENTITIES, type RecognizerInfo, validatorNames } from '../engine/scan/scanner.ts';

interface SurveyedKind {
  readonly id: string;
  /** None where it is no class of data, or not built; the reason tells. */
  readonly entities: readonly string[];
  readonly reason: string;
}

/** Kinds of sensitive data as they were surveyed, and which entities they are: docs/entity-rows.tsv. */
export function surveyedKinds(): readonly SurveyedKind[] {
  const lines = readFileSync(join(packageRoot, 'docs', 'entity-rows.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  return lines.map((line) => {
    const [id = '', entities = '', reason = ''] = line.split('\t');
    return { id, entities: entities === '-' ? [] : entities.split(', '), reason };
  });
}

/** The whole of docs/entities.md. */
export function entitiesDocument(): string {
  const recognizers = [...createScanner().recognizers].sort((a, b) =>
    a.entity < b.entity ? -1 : a.entity > b.entity ? 1 : 0,
  );
  const reported = new Set(recognizers.map((one) => one.entity));
  const wider = [...ENTITIES].filter(([entity]) => !reported.has(entity)).map(([entity]) => `\`${entity}\``);
  return `# Entities

Made by \`node docs/write-entities.ts\` from engine/recognizers/; do not edit it here.

What Weir finds, by the names that policies use. \`weir recognizers\` prints the same list, with the recognizers of
your policies. An example of a credential is masked. Where no country is named, it holds everywhere.

Scores: below 0.5 (low) is shape without evidence, from 0.5 medium, from 0.8 high. A word near a value, or the key that
holds it, lifts the score. A value that its own check refuses (Luhn, mod 97, a checksum, a calendar) is never found; only
the checksum of a credential may be wrong.

A database address (\`POSTGRES_URI\` and the like) is at the same time a \`CONNECTION_STRING\`: a rule may name either.
${wider.length === 0 ? '' : `\nReported as alternatives only: ${wider.join(', ')}.\n`}
| entity | category | countries | recognizer | example |
| --- | --- | --- | --- | --- |
${recognizers.map(row).join('\n')}

## Kinds and their entities

The kinds of sensitive data that were surveyed, and the names above that they have. A kind that joins several is
several entities; the name is Presidio's where Presidio has one.

| kind | entities |
| --- | --- |
${surveyedKinds().map(kindRow).join('\n')}

## Validators

A policy's own recognizer names one of these under \`validator\`: ${listed(checksumNames)}.

So may it the recognizers of numbers that have a check: ${listed(validatorNames.filter((name) => !checksumNames.includes(name)))}.
`;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function kindRow(kind: SurveyedKind): string {
  return `| ${kind.id} | ${kind.entities.length === 0 ? `none: ${kind.reason}` : listed(kind.entities)} |`;
}

function row(one: RecognizerInfo): string {
  const countries = one.countries.length > 6 ? `${one.countries.length} countries` : one.countries.join(', ');
  const example = one.example.replace(/\s+/g, ' ').replaceAll('|', '\\|');
  return `| \`${one.entity}\` | ${one.category} | ${countries} | ${one.name} | \`${example}\` |`;
}

/** The whole of engine/recognizers/shipped-names.ts. */
export function shippedNames(): string {
  const names = new Set(BUILT_IN.flatMap(({ name, entity }) => [name, entity]));
  const countries = new Set(BUILT_IN.flatMap((one) => one.countries));
  return `/**
 * The names of what ships in this folder, for whoever only checks a name: to load the recognizers takes longer than most
 * commands. Made by \`node docs/write-entities.ts\`; do not edit it here.
 */

/** Of recognizers and of the entities that they report. */
export const SHIPPED_NAMES: ReadonlySet<string> = new Set(
  \`
${wrapped([...names])}
\`
    .trim()
    .split(/\\s/),
);

/** ISO 3166-1, of the countries that some recognizer is of. */
export const SHIPPED_COUNTRIES: ReadonlySet<string> = new Set(
  \`
${wrapped([...countries].sort())}
\`
    .trim()
    .split(/\\s/),
);
`;
}

function wrapped(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 115) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}

/** `--check` writes nothing, and exits 1 where a file is not what it would write. */
if (import.meta.main) {
  for (const [name, text] of [
    [join('docs', 'entities.md'), entitiesDocument()],
    [join('engine', 'recognizers', 'shipped-names.ts'), shippedNames()],
  ] as const) {
    const file = join(packageRoot, name);
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${name} is not current; write it with: node docs/write-entities.ts`);
      process.exitCode = 1;
    }
  }
}
