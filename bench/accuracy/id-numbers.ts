/**
 * The published valid and invalid identification numbers (test/corpus/id-numbers) against the scanner: does the entity's
 * validator agree with each label, and is `<context word>: VALUE` found where it is valid and let alone where it is not.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { BUILT_IN } from '../../engine/recognizers/built-in.ts';
import type { Recognizer } from '../../engine/scan/recognizer.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { HIGH, MEDIUM, type TextFinding } from '../../flow/finding.ts';

export interface IdExample {
  /** country/kind. */
  readonly module: string;
  readonly value: string;
  readonly label: 0 | 1;
  readonly why: string | null;
}

export interface IdModule {
  readonly module: string;
  /** Null where the number maps to no entity, for the reason given. */
  readonly entity: string | null;
  readonly word: string;
  readonly reason: string;
}

export interface IdFault {
  readonly module: string;
  readonly entity: string;
  /** Place among the examples of its module; no value is ever shown. */
  readonly example: number;
  readonly what: string;
}

export interface IdFigures {
  readonly faults: readonly IdFault[];
  readonly modules: number;
  readonly examples: number;
  readonly unmapped: readonly IdModule[];
  /** Modules whose entity the scanner does not know. */
  readonly pending: readonly IdModule[];
}

const FOLDER = join(packageRoot, 'test', 'corpus', 'id-numbers');

export function idModules(): readonly IdModule[] {
  const lines = readFileSync(join(FOLDER, 'modules.tsv'), 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [module = '', entity = '', word = '', reason = ''] = line.split('\t');
    return { module, entity: entity === '-' ? null : entity, word, reason };
  });
}

export function idExamples(): ReadonlyMap<string, readonly IdExample[]> {
  const lines = readFileSync(join(FOLDER, 'id-numbers.jsonl'), 'utf8').trim().split('\n');
  return Map.groupBy(
    lines.map((line): IdExample => JSON.parse(line)),
    ({ module }) => module,
  );
}

/** The score that a scan gives an entity, as the finding or an alternative of it, over at least half of the span. */
export function scoreOf(findings: readonly TextFinding[], entity: string, start: number, end: number): number {
  let best = 0;
  for (const finding of findings) {
    const shared = Math.min(finding.end, end) - Math.max(finding.start, start);
    if (shared * 2 < end - start) continue;
    if (finding.entity === entity) best = Math.max(best, finding.score);
    for (const other of finding.alternatives) if (other.entity === entity) best = Math.max(best, other.score);
  }
  return best;
}

interface Accepting extends Recognizer {
  accepts(written: string): boolean;
}

function canAccept(recognizer: Recognizer): recognizer is Accepting {
  return 'accepts' in recognizer && typeof recognizer.accepts === 'function';
}

/** The recognizers of an entity for the country of a module, those of all countries where it has none of its own. */
function validatorsOf(entity: string, module: string): readonly Accepting[] {
  const country = module.slice(0, 2).toUpperCase();
  const all = BUILT_IN.filter((one) => one.entity === entity).filter(canAccept);
  const own = all.filter((one) => one.countries.includes(country));
  return own.length > 0 ? own : all;
}

const plain = (value: string): string => value.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();

export function measureIdNumbers(scanner: Scanner, entities: ReadonlySet<string>): IdFigures {
  const examples = idExamples();
  const modules = idModules();
  const faults: IdFault[] = [];
  const pending: IdModule[] = [];
  let count = 0;
  for (const known of modules) {
    const { module, entity, word } = known;
    if (entity === null) continue;
    if (!entities.has(entity)) {
      pending.push(known);
      continue;
    }
    // Two modules of one entity: what one of them refuses may be a valid number of the other.
    const valid = new Set(
      modules
        .filter((other) => other.entity === entity && other.module.slice(0, 2) === module.slice(0, 2))
        .flatMap((other) => examples.get(other.module) ?? [])
        .filter(({ label }) => label === 1)
        .map(({ value }) => plain(value)),
    );
    const validators = validatorsOf(entity, module);
    for (const [example, { value, label }] of (examples.get(module) ?? []).entries()) {
      if (label === 0 && valid.has(plain(value))) continue;
      count++;
      const fault = (what: string): void => void faults.push({ module, entity, example, what });
      const accepted = validators.some((one) => one.accepts(value));
      if (validators.length > 0 && accepted !== (label === 1))
        fault(label === 1 ? 'the validator refuses a valid one' : 'the validator accepts an invalid one');
      const alone = scoreIn(scanner, '', value, entity);
      const named = scoreIn(scanner, `${word}: `, value, entity);
      if (label === 1 && named < MEDIUM) fault(`with its word ${named === 0 ? 'not found' : 'below medium'}`);
      // A value that brings its word along is not alone.
      else if (label === 1 && alone >= MEDIUM && named < HIGH && !value.includes(word))
        fault('medium alone and not high with its word');
      else if (label === 0 && named >= MEDIUM) fault('an invalid one is found with its word');
      if (label === 0 && alone >= MEDIUM) fault('an invalid one is found');
    }
  }
  return {
    faults,
    pending,
    unmapped: modules.filter(({ entity }) => entity === null),
    modules: modules.length,
    examples: count,
  };
}

function scoreIn(scanner: Scanner, before: string, value: string, entity: string): number {
  const text = Buffer.from(`${before}${value}`);
  const findings = scanner.scan(text, { label: null, role: null });
  return scoreOf(findings, entity, Buffer.byteLength(before), text.length);
}
