/**
 * The columns of tables within a text: the header of a CSV, tab-separated or Markdown table, and the column list of an
 * INSERT, name what stands below them. Read line by line as values ask, forwards only, so that all questions together
 * read the text once. It does not parse a table as its programs would; a row that is cut or quoted oddly has no name.
 */
import type { ContextIndex } from './context-index.ts';

const DELIMITERS = [0x2c, 0x09, 0x3b, 0x7c];
/** Longer lines are no rows of a table that a person or program would exchange. */
const MAX_LINE = 8192;
const MAX_CELL = 64;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;

/** Rows of one header; of an INSERT, its tuples. */
interface Table {
  readonly delimiter: number;
  /** Delimiters in each row. */
  readonly count: number;
  readonly names: readonly Uint32Array[];
}

/** The row that a place stands in: words of other rows say nothing of it, its column's name does. */
export interface Cell {
  readonly name: Uint32Array;
  readonly rowStart: number;
  readonly rowEnd: number;
}

/** A line, and how often each of DELIMITERS stands in it outside of quotes. */
interface Line {
  readonly start: number;
  readonly end: number;
  readonly counts: readonly number[];
}

export class Columns {
  readonly #text: Buffer;
  readonly #index: ContextIndex;
  #line: Line = { start: 0, end: -1, counts: [] };
  #table: Table | null = null;
  #statement: Statement | null = null;
  #searchedTo = 0;

  constructor(text: Buffer, index: ContextIndex) {
    this.#text = text;
    this.#index = index;
  }

  /** The cell of a place; null where no table is, or the place lies behind what was read. */
  cellAt(place: number): Cell | null {
    return this.#inStatement(place) ?? this.#inTable(place);
  }

  #inTable(place: number): Cell | null {
    if (place < this.#line.start) return null;
    while (this.#line.end < place) if (!this.#nextLine()) return null;
    if (this.#table === null) return null;
    const { start, end } = this.#line;
    const name = this.#table.names[columnOf(this.#text, start, place, this.#table.delimiter)];
    return name === undefined ? null : { name, rowStart: start, rowEnd: end };
  }

  #nextLine(): boolean {
    const start = this.#line.end + 1;
    if (start >= this.#text.length) return false;
    const before = this.#line;
    this.#line = lineAt(this.#text, start);
    if (this.#table !== null && this.#line.counts[DELIMITERS.indexOf(this.#table.delimiter)] === this.#table.count)
      return true;
    this.#table = this.#tableOf(before, this.#line);
    return true;
  }

  /** Two lines in a row with the same delimiter as often, the first of words. */
  #tableOf(header: Line, row: Line): Table | null {
    for (const [i, delimiter] of DELIMITERS.entries()) {
      const count = header.counts[i] ?? 0;
      if (count === 0 || row.counts[i] !== count) continue;
      const cells = cellsOf(this.#text, header.start, header.end, delimiter);
      if (cells.every(isName)) return { delimiter, count, names: cells.map((cell) => this.#index.bitsOf(cell)) };
    }
    return null;
  }

  #inStatement(place: number): Cell | null {
    while (this.#searchedTo <= place) {
      const next = nextInsert(this.#text, this.#searchedTo);
      if (next === -1) {
        this.#searchedTo = this.#text.length + 1;
        break;
      }
      if (next > place) break;
      this.#searchedTo = next + 1;
      this.#statement = statementAt(this.#text, next, this.#index) ?? this.#statement;
    }
    return this.#statement?.cellAt(place) ?? null;
  }
}

function lineAt(text: Buffer, start: number): Line {
  const feed = text.indexOf(0x0a, start);
  const end = feed === -1 ? text.length : feed;
  const counts = [0, 0, 0, 0];
  if (end - start > MAX_LINE) return { start, end, counts };
  let isQuoted = false;
  for (let i = start; i < end; i++) {
    const byte = text[i] as number;
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (byte === 0x2c) counts[0] = (counts[0] as number) + 1;
    else if (byte === 0x09) counts[1] = (counts[1] as number) + 1;
    else if (byte === 0x3b) counts[2] = (counts[2] as number) + 1;
    else if (byte === 0x7c) counts[3] = (counts[3] as number) + 1;
  }
  return { start, end, counts };
}

/** Number of the column at a place: delimiters before it, those within double quotes left out. */
function columnOf(text: Buffer, from: number, place: number, delimiter: number): number {
  let column = 0;
  let isQuoted = false;
  for (let i = from; i < place; i++) {
    const byte = text[i] as number;
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === delimiter && !isQuoted) column++;
  }
  return column;
}

function cellsOf(text: Buffer, from: number, to: number, delimiter: number): string[] {
  const cells: string[] = [];
  let start = from;
  let isQuoted = false;
  for (let i = from; i <= to; i++) {
    const byte = i === to ? delimiter : (text[i] as number);
    if (byte === QUOTE) isQuoted = !isQuoted;
    if (byte !== delimiter || (isQuoted && i < to)) continue;
    cells.push(text.toString('utf8', start, Math.min(i, start + MAX_CELL + 1)));
    start = i + 1;
  }
  return cells;
}

/** A cell that names a column: short, with a letter, without what values are made of. Outer cells of Markdown are empty. */
function isName(cell: string): boolean {
  return (
    cell.length <= MAX_CELL &&
    (/^[\s"]*$/.test(cell) || /^[\s"]*[\p{L}_][^@=<>{}]*$/u.test(cell)) &&
    !/\d{4}/.test(cell)
  );
}

/** Place of the next `INSERT INTO`, in capitals or not. */
function nextInsert(text: Buffer, from: number): number {
  const upper = text.indexOf('INSERT INTO', from, 'latin1');
  const lower = text.indexOf('insert into', from, 'latin1');
  return upper === -1 || (lower !== -1 && lower < upper) ? lower : upper;
}

/** The column list of an INSERT is read up to so many bytes. */
const MAX_HEAD = 4096;

function statementAt(text: Buffer, at: number, index: ContextIndex): Statement | null {
  const head = text.toString('latin1', at, at + MAX_HEAD);
  const match = /^insert into\s+[^\s(]{1,200}\s*\(([^()]*)\)\s*values?\s*/i.exec(head);
  if (match === null) return null;
  const names = (match[1] ?? '').split(',').map((name) => index.bitsOf(name));
  return new Statement(text, at + match[0].length, names);
}

/** The tuples behind VALUES, read forwards from one to the next. */
class Statement {
  readonly #text: Buffer;
  readonly #names: readonly Uint32Array[];
  #at: number;
  #tuple = -1;
  #column = 0;
  #isQuoted = false;
  #isOver = false;

  constructor(text: Buffer, at: number, names: readonly Uint32Array[]) {
    this.#text = text;
    this.#at = at;
    this.#names = names;
  }

  cellAt(place: number): Cell | null {
    if (this.#tuple !== -1 && place < this.#at && place > this.#tuple) {
      // A little back, within the tuple: read again from its start.
      this.#at = this.#tuple + 1;
      this.#column = 0;
      this.#isQuoted = false;
    }
    if (place < this.#at) return null;
    while (this.#at < place && !this.#isOver) this.#step();
    const name = this.#names[this.#column];
    if (this.#isOver || this.#tuple === -1 || name === undefined) return null;
    return { name, rowStart: this.#tuple, rowEnd: this.#text.length };
  }

  #step(): void {
    const byte = this.#text[this.#at++] as number;
    if (this.#isQuoted) {
      if (byte === 0x5c) this.#at++;
      else if (byte === APOSTROPHE) this.#isQuoted = false;
    } else if (byte === APOSTROPHE) this.#isQuoted = true;
    else if (this.#tuple === -1) {
      if (byte === 0x28) {
        this.#tuple = this.#at - 1;
        this.#column = 0;
      } else if (byte !== 0x2c && byte > 0x20) this.#isOver = true;
    } else if (byte === 0x2c) this.#column++;
    else if (byte === 0x29) this.#tuple = -1;
  }
}
