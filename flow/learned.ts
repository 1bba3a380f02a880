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
