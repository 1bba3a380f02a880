/** `--entities`: which findings are asked for, by entity or `category:NAME`; an alternative counts at its own score. */
import { didYouMean } from '../../engine/decide/near-name.ts';
import { ENTITIES, type Scanner } from '../../engine/scan/scanner.ts';
import { CATEGORIES, type TextFinding } from '../../flow/finding.ts';
import { UsageError } from '../command.ts';

export type FindingFilter = (finding: TextFinding) => boolean;

/** `lists`: values of the option, each one or several names with commas between; none of them means every entity. Throws UsageError. */
export function findingFilter(lists: readonly string[], minScore: number, scanner: Scanner): FindingFilter {
  if (namesIn(lists).length === 0) return (finding) => finding.score >= minScore;
  const isWanted = wantedEntities(lists, scanner);
  return (finding) =>
    (finding.score >= minScore && isWanted(finding.entity)) ||
    finding.alternatives.some((other) => other.score >= minScore && isWanted(other.entity));
}

/** Whether an entity is asked for, by its name or by its category. Throws UsageError. */
export function wantedEntities(lists: readonly string[], scanner: Scanner): (entity: string) => boolean {
  const names = namesIn(lists);
  if (names.length === 0) return () => true;
  const known = new Map([...ENTITIES, ...scanner.recognizers.map((one) => [one.entity, one.category] as const)]);
  const wanted = new Set(names.map((name) => checked(name, known)));
  return (entity) => wanted.has(entity) || wanted.has(`category:${known.get(entity) ?? ''}`);
}

function namesIn(lists: readonly string[]): readonly string[] {
  return lists
    .flatMap((list) => list.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function checked(name: string, known: ReadonlyMap<string, string>): string {
  const categories = CATEGORIES.map((category) => `category:${category}`);
  const found = [...known.keys(), ...categories].find((one) => one.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(`--entities: there is no entity "${name}"${didYouMean(name, [...known.keys(), ...categories])}`);
}
