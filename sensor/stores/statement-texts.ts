/**
 * The texts of a statement of SQL: its literals by column, its comments, and the path of a parameter. What else it is made of
 * are names of tables and columns, which say nothing of anybody and read like names of people.
 */
import type { SqlPlace, SqlStatement } from './sql.ts';
import { step, type TextSample } from './text-sample.ts';

export function addStatement(sample: TextSample, statement: SqlStatement): void {
  for (const [index, literal] of statement.literals.entries()) {
    sample.addText(pathOf(literal, `/literals/${index}`), literal.label, literal.text);
  }
  for (const [index, text] of statement.comments.entries())
    sample.addText(`/comments/${index}`, null, text, 'metadata');
}

export function addParameter(sample: TextSample, place: SqlPlace | undefined, index: number, text: Buffer): void {
  sample.add(pathOf(place, `/parameters/${index}`), place?.column ?? null, text);
}

/** `/rows/0/email` where it is known which column a value is written to or compared with. */
function pathOf(place: SqlPlace | undefined, otherwise: string): string {
  return place?.column == null ? otherwise : cellPath(place.row ?? 0, place.column);
}

export function cellPath(row: number, column: string | number): string {
  return `/rows/${row}${step(column)}`;
}
