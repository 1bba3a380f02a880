/** What an `entities` list means: which findings it takes, under which name and at which score. */
import type { Category, Finding } from '../../flow/finding.ts';

/** Which findings an `entities` list means. */
export interface Selector {
  readonly text: string;
  readonly minScore: number;
  takes(entity: string, category: Category | null): boolean;
}

export function compileSelector(
  entities: readonly string[],
  minScore: number,
  categoryOf: (entity: string) => Category | null,
): Selector {
  const names = new Set(entities);
  const categories = new Set(entities.filter((one) => one.startsWith('category:')).map((one) => one.slice(9)));
  const text =
    entities.length <= 6 ? entities.join(', ') : `${entities.slice(0, 6).join(', ')} and ${entities.length - 6} more`;
  if (names.has('*')) return { text: '*', minScore, takes: () => true };
  return {
    text,
    minScore,
    takes(entity, category) {
      if (names.has(entity)) return true;
      const own = category ?? categoryOf(entity);
      return own !== null && categories.has(own);
    },
  };
}

/** The entity by which a selector takes a finding (its own, or that of an alternative), at which score; null if none. */
export function selected(selector: Selector, finding: Finding): { entity: string; score: number } | null {
  let best: { entity: string; score: number } | null = null;
  if (finding.score >= selector.minScore && selector.takes(finding.entity, finding.category)) best = finding;
  for (const other of finding.alternatives) {
    const isBetter = other.score >= selector.minScore && other.score > (best?.score ?? -1);
    if (isBetter && selector.takes(other.entity, null)) best = other;
  }
  return best;
}
