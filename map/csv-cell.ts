/** Cells of CSV (RFC 4180) that are safe to open in a spreadsheet. */

/**
 * A text cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return (their full-width forms as well) is a
 * formula to a spreadsheet: an apostrophe before it makes it text again. Numbers are our own and stay as they are.
 */
export function csvCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}
