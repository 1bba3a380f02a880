/** Lays texts out side by side, or one below the other where the terminal is narrow. Knows nothing of what they say. */

export interface Column {
  readonly title: string;
  readonly text: string;
}

/** Below this many characters columns cannot be read. */
export const WIDE = 100;
const WIDEST = 120;
const GAP = '  ';

/** A row of columns of the same width; `bold` marks titles. Lines end in `\n`. */
export function sideBySide(columns: readonly Column[], width: number, bold: (text: string) => string): string {
  if (width < WIDE) return stacked(columns, width, bold);
  const each = Math.floor((Math.min(width, WIDEST) - GAP.length * (columns.length - 1)) / columns.length);
  const wrapped = columns.map((column) => wrap(column.text, each));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  const rows = Array.from({ length: height }, (_, row) =>
    wrapped
      .map((lines) => (lines[row] ?? '').padEnd(each))
      .join(GAP)
      .trimEnd(),
  );
  return `${rows.join('\n')}\n`;
}

/** The titles of the columns, for the top of what `sideBySide` prints; empty where they are stacked. */
export function headings(titles: readonly string[], width: number, bold: (text: string) => string): string {
  if (width < WIDE) return '';
  const each = Math.floor((Math.min(width, WIDEST) - GAP.length * (titles.length - 1)) / titles.length);
  const line = titles.map((title) => bold(title.padEnd(each))).join(GAP);
  return `${line.trimEnd()}\n${titles.map(() => '-'.repeat(each)).join(GAP)}\n`;
}

function stacked(columns: readonly Column[], width: number, bold: (text: string) => string): string {
  const lines = columns.flatMap((column) => [
    `  ${bold(column.title)}`,
    ...wrap(column.text, Math.max(20, width - 4)).map((line) => `    ${line}`),
  ]);
  return `${lines.join('\n')}\n`;
}

/** How far the rest of a line that was broken is set in. */
const HANG = 2;

/** Breaks at spaces, and inside a word only where it is longer than a line. What is broken off is set in by two. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    const lead = line.length - line.trimStart().length;
    const hang = ' '.repeat(Math.max(lead, HANG));
    const lines: string[] = [];
    let current = ' '.repeat(lead);
    for (const word of line.trimStart().split(' ')) {
      let rest = current.trim() === '' ? word : ` ${word}`;
      if (current.length + rest.length > width && word.length <= width - hang.length) {
        lines.push(current);
        current = hang;
        rest = word;
      }
      while (current.length + rest.length > width) {
        lines.push(current + rest.slice(0, width - current.length));
        rest = rest.slice(width - current.length);
        current = hang;
      }
      current += rest;
    }
    return [...lines, current];
  });
}
