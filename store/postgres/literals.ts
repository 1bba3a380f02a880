/** Many rows in one statement: each column travels as one array, as text that the statement casts. */

/** The text of an array, as PostgreSQL reads it: `{"a","b",NULL}`. What no text column holds, NUL, is replaced. */
export function arrayText(values: Iterable<string | number | null>): string {
  const items: string[] = [];
  let last: string | null = null;
  let quoted = '';
  for (const value of values) {
    if (value === null) items.push('NULL');
    else if (typeof value === 'number') items.push(String(value));
    else {
      // Most columns say the same again and again.
      if (value !== last) quoted = `"${storable(value).replace(/["\\]/g, '\\$&')}"`;
      last = value;
      items.push(quoted);
    }
  }
  return `{${items.join(',')}}`;
}

/** Stand in no JSON, where control characters are escaped: U+001F between two texts, U+001E for NULL. */
const BETWEEN = '\x1f';
const NOTHING = '\x1e';

/** Texts that were parsed as JSON, for `unnest` of type `json`: without the quotes that an array escapes by the thousand. */
export function jsonTexts(values: readonly (string | null)[]): string {
  return values.map((value) => (value === null ? NOTHING : value.toWellFormed())).join(BETWEEN);
}

/** As a text column can hold it: without NUL, without half a surrogate pair. */
export function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text).toWellFormed();
}

/** The columns of rows that are lists, `width` of them, as array texts. */
export function columnsText(rows: readonly (readonly (string | number | null)[])[], width: number): string[] {
  return Array.from({ length: width }, (_, column) => arrayText(rows.map((row) => row[column] ?? null)));
}

/** `unnest($1::text[], $2::bigint[])`, from a place on. Type `json` is text, written by `jsonTexts`. */
export function unnest(types: readonly string[], first = 1): string {
  const each = types.map((type, i) =>
    type === 'json' ? `string_to_array($${first + i}::text, chr(31), chr(30))` : `$${first + i}::${type}[]`,
  );
  return `unnest(${each.join(', ')})`;
}
