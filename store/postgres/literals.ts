/** Many rows in one statement: each column travels as one array, as text that the statement casts. */

/** The text of an array, as PostgreSQL reads it: `{"a","b",NULL}`. What no text column holds, NUL, is replaced. */
export function arrayText(values: Iterable<string | number | null>): string {
  const items: string[] = [];
  for (const value of values) {
    if (value === null) items.push('NULL');
    else if (typeof value === 'number') items.push(String(value));
    else items.push(`"${storable(value).replace(/["\\]/g, '\\$&')}"`);
  }
  return `{${items.join(',')}}`;
}

/** As a text column can hold it: without NUL, without half a surrogate pair. */
export function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text).toWellFormed();
}

/** The columns of rows that are lists, `width` of them, as array texts. */
export function columnsText(rows: readonly (readonly (string | number | null)[])[], width: number): string[] {
  return Array.from({ length: width }, (_, column) => arrayText(rows.map((row) => row[column] ?? null)));
}

/** `unnest($1::text[], $2::bigint[])`, from a place on. */
export function unnest(types: readonly string[], first = 1): string {
  return `unnest(${types.map((type, i) => `$${first + i}::${type}[]`).join(', ')})`;
}
