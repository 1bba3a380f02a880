/** The sheets of an Office Open XML workbook (ECMA-376 part 1, §18) as lines of tab-separated cells: a column keeps its heading. */
import { SaxesParser } from 'saxes';

/** A gap of so many empty cells is written out; a wider one is one cell. */
const MAX_GAP = 64;

/** The items of xl/sharedStrings.xml, to which cells point by number; null where it is broken. */
export function sharedStrings(xml: string): readonly string[] | null {
  const items: string[] = [];
  let item = '';
  let isBroken = false;
  const parser = new SaxesParser();
  parser.on('error', () => {
    isBroken = true;
  });
  parser.on('text', (piece) => {
    item += piece;
  });
  parser.on('opentag', ({ name }) => {
    if (localName(name) === 'si') item = '';
  });
  parser.on('closetag', ({ name }) => {
    if (localName(name) === 'si') items.push(item.replace(/[\t\n\r]+/g, ' '));
  });
  return parseWith(parser, xml) && !isBroken ? items : null;
}

/** One sheet; null where it is broken. What is in it beside cells (comments, drawings) lies in parts of its own. */
export function sheetText(xml: string, strings: readonly string[]): string | null {
  const lines: string[] = [];
  let row: string[] = [];
  let value = '';
  let kind = '';
  // Headers, footers, lists to choose from: all that is in no cell.
  const beside: string[] = [];
  let isInCells = false;
  let isBroken = false;
  const parser = new SaxesParser();
  parser.on('error', () => {
    isBroken = true;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const local = localName(name);
    if (local === 'sheetData') isInCells = true;
    if (local === 'row') row = [];
    if (local !== 'c') return;
    value = '';
    kind = attributes['t'] ?? '';
    const column = columnOf(attributes['r'] ?? '');
    const gap = column === null ? 0 : column - row.length;
    for (let i = 0; i < Math.min(gap, MAX_GAP); i++) row.push('');
  });
  parser.on('text', (piece) => {
    if (isInCells) value += piece;
    else if (piece.trim() !== '') beside.push(piece.trim());
  });
  parser.on('closetag', ({ name }) => {
    const local = localName(name);
    if (local === 'sheetData') isInCells = false;
    // A formula may hold a value as well: it stands before what it comes to.
    if (local === 'f' && value !== '') value += ' ';
    if (local === 'c') row.push((kind === 's' ? (strings[Number(value)] ?? value) : value).replace(/[\t\n\r]+/g, ' '));
    if (local === 'row' && row.some((cell) => cell !== '')) lines.push(row.join('\t'));
  });
  if (!parseWith(parser, xml) || isBroken) return null;
  return [...lines, ...beside].join('\n');
}

function parseWith(parser: SaxesParser, xml: string): boolean {
  try {
    parser.write(xml).close();
    return true;
  } catch {
    return false; // not XML
  }
}

/** `C7` is 2; null without letters. */
function columnOf(reference: string): number | null {
  const letters = /^[A-Z]{1,3}/.exec(reference)?.[0] ?? null;
  if (letters === null) return null;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
