/** Tables for people: columns as wide as their widest cell, the last one free to run on. Cells are cleaned here. */
import { cleanText } from './clean-text.ts';

/** A piece of text, and the terminal colour (SGR code) that it has where colour is wanted. */
export interface Cell {
  readonly text: string;
  readonly color?: number;
}

const GAP = '  ';

/** Lines of a table with its heads; nothing for no rows. `isRight` names columns of numbers. */
export function tableText(
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: { readonly color: boolean; readonly right?: readonly string[] },
): string {
  if (rows.length === 0) return '';
  const cells = [heads.map((text): Cell => ({ text, color: 2 })), ...rows].map((row) =>
    row.map((cell) => ({ ...cell, text: cleanText(cell.text) })),
  );
  const widths = heads.map((_, i) => Math.max(...cells.map((row) => row[i]?.text.length ?? 0)));
  const line = (row: readonly Cell[]) =>
    row
      .map((cell, i) => colored(pad(cell.text, i, row.length), cell.color))
      .join(GAP)
      .trimEnd();
  const pad = (text: string, i: number, count: number): string => {
    if (options.right?.includes(heads[i] ?? '')) return text.padStart(widths[i] ?? 0);
    return i === count - 1 ? text : text.padEnd(widths[i] ?? 0);
  };
  const colored = (text: string, color: number | undefined): string =>
    options.color && color !== undefined ? `\x1b[${color}m${text}\x1b[0m` : text;
  return `${cells.map(line).join('\n')}\n`;
}
