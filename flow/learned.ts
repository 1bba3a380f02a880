/**
 * What is known of the fields of an edge: how many values stood in one, how many of them were wholly of a kind, and how
 * people judged those. Only of fields beside the turns: what anyone says is no field.
 */

/** What one message adds to a field: of the values that stood there, how many were wholly of each entity. */
export interface FieldSight {
  /** As a finding's, with `*` for each place in a list. */
  readonly path: string;
  readonly values: number;
  readonly whole: Readonly<Record<string, number>>;
}

/** What is known of a field by now. */
export interface LearnedField {
  readonly values: number;
  readonly whole: Readonly<Record<string, number>>;
  /** Different values, by entity: that were reviewed as false positives, and as confirmed. */
  readonly refuted: Readonly<Record<string, number>>;
  readonly confirmed: Readonly<Record<string, number>>;
}

/** By path. */
export type LearnedFields = ReadonlyMap<string, LearnedField>;

/** `/items/3/email` and `/items/4/email` are one field. */
export function fieldPath(path: string): string {
  return path.replace(/\/\d+(?=\/|$)/g, '/*');
}

/** What several messages add to the fields of one edge. */
export function addSights(sights: readonly FieldSight[], more: readonly FieldSight[]): readonly FieldSight[] {
  const sums = new Map(sights.map((sight) => [sight.path, sight]));
  for (const sight of more) {
    const known = sums.get(sight.path);
    const whole = { ...known?.whole };
    for (const entity in sight.whole) whole[entity] = (whole[entity] ?? 0) + (sight.whole[entity] ?? 0);
    sums.set(sight.path, { path: sight.path, values: (known?.values ?? 0) + sight.values, whole });
  }
  return [...sums.values()];
}
