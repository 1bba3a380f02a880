/** The texts of a statement of SQL: its literals by column, the statement without them, and the path of a parameter. */
import type { SqlPlace, SqlStatement } from './sql.ts';
import { step, type TextSample } from './text-sample.ts';

export function addStatement(sample: TextSample, statement: SqlStatement): void {
  sample.addText('/statement', null, statement.bare, 'metadata');
  for (const [index, { column, row, text }] of statement.literals.entries()) {
    sample.addText(pathOf({ column, row }, `/literals/${index}`), column, text);
  }
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
