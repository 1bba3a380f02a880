/**
 * The text of an XML part: of Office Open XML (ECMA-376), OpenDocument and whatever else lies in an archive. Every piece of
 * character data counts, known element or not; where a paragraph, a cell or a line ends a break stands. Entities of a
 * document type are not expanded.
 */
import { SaxesParser } from 'saxes';

/** Local names behind which a line ends: paragraphs, breaks, rows. */
const LINE = new Set(['p', 'br', 'cr', 'tr', 'row', 'table-row', 'h', 'si', 'comment', 'list-item', 'line-break']);
/** The same for cells of a table. */
const CELL = new Set(['tc', 'tab', 'table-cell', 'c', 'td', 'th']);

/** Null where it is not well formed. */
export function xmlText(xml: string): string | null {
  const pieces: string[] = [];
  let isBroken = false;
  const parser = new SaxesParser();
  parser.on('error', () => {
    isBroken = true;
  });
  parser.on('text', (piece) => void pieces.push(piece));
  parser.on('cdata', (piece) => void pieces.push(piece));
  // Where a link leads is part of what is said.
  parser.on('opentag', ({ attributes }) => {
    for (const [name, value] of Object.entries(attributes)) {
      if (/^(?:target|.*:href)$/i.test(name) && /^(?:https?|mailto|ftp|file):/i.test(value)) pieces.push(` ${value} `);
    }
  });
  parser.on('closetag', ({ name }) => {
    const local = name.slice(name.indexOf(':') + 1);
    if (LINE.has(local)) pieces.push('\n');
    else if (CELL.has(local)) {
      // The paragraph that ends with its cell ends no line.
      if (pieces.at(-1) === '\n') pieces.pop();
      pieces.push('\t');
    }
  });
  try {
    parser.write(xml).close();
  } catch {
    isBroken = true; // the handler above lets it go on; what it cannot go on from throws
  }
  return isBroken ? null : tidy(pieces.join(''));
}

/** Indentation of the XML itself is no text. */
function tidy(text: string): string {
  return text
    .replace(/[ \t]*\n[ \t\n]*/g, '\n')
    .replace(/\t+(?=\n)/g, '')
    .trim();
}
