/**
 * Tables in a text: rows of cells under a line of names (CSV with commas, semicolons or tabs, Markdown), and the values of
 * SQL's INSERT under its list of columns. The name of a column is the label of each cell below, however far below: a key
 * path by another way of writing. Linear in the length of the text; what is no table costs the first bytes of each line.
 */
import { byteSet, isDigit, isIn, placeOf, runEnd } from './bytes.ts';
import type { Label } from './labels.ts';
import { type LineHeads, lineHeads, NO_NAME } from './line-heads.ts';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const BAR = 0x7c;
const OPEN = 0x28;
const CLOSE = 0x29;
const DELIMITERS = byteSet('\t;|,');

/** Of a name of a column, bytes; so the first delimiter of a line of names is not far from its start. */
const MAX_NAME = 48;
/** Of a cell with a name: quotes or stars, and a space on either side. */
const MAX_CELL = MAX_NAME + 8;
const MAX_LINE = 4_000;
const MAX_COLUMNS = 400;
/** From INSERT to VALUES, bytes. */
const MAX_INSERT_HEAD = 4_000;

/** A row of a table: its span, and those of its cells without quotes and spaces, empty ones too. Used again for the next. */
export class Row {
  start = 0;
  end = 0;
  /** Cells. */
  count = 0;
  readonly starts = new Int32Array(MAX_COLUMNS + 1);
  readonly ends = new Int32Array(MAX_COLUMNS + 1);

  begin(at: number): void {
    this.start = at;
    this.count = 0;
  }

  /** Adds the cell that `from`..`to` holds; false where there are too many. */
  add(text: Uint8Array, from: number, to: number): boolean {
    if (this.count > MAX_COLUMNS) return false;
    let start = from;
    let end = to;
    while (start < end && isSpace(text[start] as number)) start++;
    while (end > start && isSpace(text[end - 1] as number)) end--;
    const quote = text[start];
    if (end - start >= 2 && (quote === QUOTE || quote === APOSTROPHE) && text[end - 1] === quote) {
      start++;
      end--;
    }
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
    return true;
  }
}

/** A row that is made when there is one: most texts have none. */
class SpareRow {
  #row: Row | null = null;

  get(): Row {
    this.#row ??= new Row();
    return this.#row;
  }
}

export type RowVisitor = (row: Row) => void;

/** Told the span of a table's rows. */
export type RowsVisitor = (start: number, end: number) => void;

/**
 * Asked with the names of a table's columns and where they begin; hands back what is to be done with its rows, or null to
 * pass it over.
 */
export type TableVisitor = (names: readonly string[], at: number) => RowVisitor | null;

/** Cells whose column has a label that says something, in the order of the text. */
export class Cells {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #labels: Label[] = [];
  #last = 0;
  /** Pairs start, end; and the pair that was asked for last: values come in order, and what came before has been asked. */
  readonly #tables: number[] = [];
  #lastTable = 0;

  /** Called with rising spans within one table; tables may come in any order, and then `settle` has to be called. */
  add(start: number, end: number, label: Label): void {
    this.#starts.push(start);
    this.#ends.push(end);
    this.#labels.push(label);
  }

  /** The rows of a table, from the first to the last. */
  addRows(start: number, end: number): void {
    this.#tables.push(start, end);
  }

  /** The line of a table that a place stands in; null outside of tables. */
  rowAt(at: number, text: Buffer): { readonly start: number; readonly end: number } | null {
    for (let i = this.#lastTable; i < this.#tables.length; i += 2) {
      const start = this.#tables[i] as number;
      const end = this.#tables[i + 1] as number;
      if (at < start) return null;
      if (at >= end) continue;
      this.#lastTable = i;
      const feed = at === 0 ? -1 : text.lastIndexOf(LINE_FEED, at - 1);
      return { start: Math.max(start, feed + 1), end: Math.min(end, lineEnd(text, at)) };
    }
    return null;
  }

  get size(): number {
    return this.#starts.length;
  }

  /** Puts the cells in the order of the text. */
  settle(): void {
    const pairs = Array.from({ length: this.#tables.length / 2 }, (_, i) => [
      this.#tables[i * 2] ?? 0,
      this.#tables[i * 2 + 1] ?? 0,
    ]);
    this.#tables.splice(0, this.#tables.length, ...pairs.sort(([a = 0], [b = 0]) => a - b).flat());
    if (this.#starts.every((start, at) => at === 0 || start >= (this.#starts[at - 1] ?? 0))) return;
    const order = this.#starts.map((_, at) => at).sort((a, b) => (this.#starts[a] ?? 0) - (this.#starts[b] ?? 0));
    const [starts, ends, labels] = [[...this.#starts], [...this.#ends], [...this.#labels]];
    order.forEach((from, at) => {
      this.#starts[at] = starts[from] ?? 0;
      this.#ends[at] = ends[from] ?? 0;
      const label = labels[from];
      if (label !== undefined) this.#labels[at] = label;
    });
  }

  /** The label of the cell that a value beginning at `at` stands in, or null. Values mostly come in order. */
  labelAt(at: number): Label | null {
    const starts = this.#starts;
    let low = 0;
    let high = starts.length;
    if (at >= (starts[this.#last] ?? 0)) low = this.#last;
    else high = this.#last;
    if (low + 1 < high && at < (starts[low + 1] ?? 0)) high = low + 1;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle;
    }
    this.#last = low;
    return at >= (starts[low] ?? Number.POSITIVE_INFINITY) && at < (this.#ends[low] ?? 0)
      ? (this.#labels[low] ?? null)
      : null;
  }
}

/** `rows` is told the span of each table's rows; `lines` tells which lines are looked at for names. */
export function eachTable(
  text: Buffer,
  visit: TableVisitor,
  rows: RowsVisitor = () => {},
  lines: LineHeads = lineHeads(text),
): void {
  eachLineTable(text, visit, rows, lines);
  for (const word of VALUES) eachInsert(text, word, visit, rows);
}

function eachLineTable(text: Buffer, visit: TableVisitor, rows: RowsVisitor, lines: LineHeads): void {
  const heads = new Heads(text);
  const row = new SpareRow();
  for (let at = lines.next(0); at !== -1; ) {
    const { isHead, end, delimiter, count } = heads.read(at);
    const next = isHead && end < text.length ? lineEnd(text, end + 1) : 0;
    if (next > 0 && next - end <= MAX_LINE && countOf(text, end + 1, next, delimiter) === count) {
      const names = namesIn(text, at, end, delimiter);
      const visitor = names === null ? null : visit(names, at);
      if (visitor !== null) {
        const to = readRows(text, end + 1, delimiter, count, row.get(), visitor);
        rows(end + 1, to);
        at = lines.next(to);
        continue;
      }
      // Under a rule stand values, of which none is a name for those below.
      if (delimiter === BAR && isRule(text, end + 1, next)) {
        at = lines.next(readRows(text, end + 1, delimiter, count, row.get(), () => undefined));
        continue;
      }
    }
    at = lines.next(end + 1);
  }
}

/** The line of dashes under the names of a table of Markdown. */
function isRule(text: Buffer, from: number, to: number): boolean {
  return runEnd(text, from, RULE, to - from) === to && text.subarray(from, to).includes('--');
}

const RULE = byteSet('|: \t\r-');

const IN_NO_NAME = byteSet(NO_NAME);

/** What a byte is to a line of names. */
const [OF_NAME, OF_NO_NAME, DELIMITS, FEEDS, CONTINUES] = [0, 1, 2, 3, 4];
const ROLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === LINE_FEED) return FEEDS;
  if (isIn(DELIMITERS, byte)) return DELIMITS;
  if (isIn(IN_NO_NAME, byte)) return OF_NO_NAME;
  return (byte & 0xc0) === 0x80 ? CONTINUES : OF_NAME;
});

/** Looks at one line after the other for one that may be of names, no further than it still may. */
class Heads {
  readonly #text: Buffer;
  isHead = false;
  /** Of the line. */
  end = 0;
  delimiter = 0;
  /** Delimiters outside of quotes. */
  count = 0;

  constructor(text: Buffer) {
    this.#text = text;
  }

  /** Reads the line that begins at `at`. The delimiter is the first that stands within the length of a name. */
  read(at: number): this {
    const text = this.#text;
    this.isHead = false;
    let i = at;
    const within = Math.min(text.length, at + MAX_NAME);
    let role = OF_NAME;
    if (!isDigit(text[at] as number)) {
      for (; i < within; i++) {
        role = ROLE[text[i] as number] as number;
        if (role !== OF_NAME && role !== CONTINUES) break;
      }
    }
    if (role === FEEDS) this.end = i;
    else if (role === DELIMITS) this.#readNames(at, text[i] as number);
    else this.end = lineEnd(text, i);
    return this;
  }

  #readNames(at: number, delimiter: number): void {
    const text = this.#text;
    const last = Math.min(text.length, at + MAX_LINE + 1);
    let count = 0;
    let isQuoted = false;
    // Characters of the cell, without the spaces that pad it.
    let length = 0;
    let before = 0;
    let i = at;
    for (; i < last && length <= MAX_CELL; i++) {
      const byte = text[i] as number;
      const role = ROLE[byte] as number;
      if (role === FEEDS || role === OF_NO_NAME) break;
      if (byte === QUOTE) isQuoted = !isQuoted;
      if (byte === delimiter) {
        if (!isQuoted) count++;
        length = 0;
      } else if (role !== CONTINUES && (byte !== 0x20 || before !== 0x20)) length++;
      before = byte;
    }
    const isWhole = i === text.length || (i < last && text[i] === LINE_FEED);
    this.end = isWhole ? i : lineEnd(text, i);
    // `"key": value,` and the like: a list written a line an item is no table.
    const isList = delimiter !== BAR && lastByte(text, at, i) === delimiter;
    this.isHead = isWhole && length <= MAX_CELL && !isQuoted && !isList && count <= MAX_COLUMNS;
    this.delimiter = delimiter;
    this.count = count;
  }
}

/** Reads the rows from `at` on; returns where the first line begins that is none. */
function readRows(text: Buffer, at: number, delimiter: number, count: number, row: Row, visit: RowVisitor): number {
  let next = at;
  while (next < text.length) {
    const end = readRow(text, next, delimiter, count, row);
    if (end === -1) return next;
    visit(row);
    next = end + 1;
  }
  return next;
}

/** Reads a line with so many delimiters outside of double quotes; returns its end, -1 where it is no such line. */
function readRow(text: Buffer, at: number, delimiter: number, count: number, row: Row): number {
  const last = Math.min(text.length, at + MAX_LINE + 1);
  row.begin(at);
  let isQuoted = false;
  let from = at;
  let i = at;
  for (; i < last; i++) {
    const byte = text[i] as number;
    if (byte === LINE_FEED) break;
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === delimiter && !isQuoted) {
      if (row.count === count) return -1;
      row.add(text, from, i);
      from = i + 1;
    }
  }
  if (isQuoted || row.count !== count || i - at > MAX_LINE || !row.add(text, from, i)) return -1;
  row.end = i;
  return i;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === RETURN || byte === 0x09;
}

function lastByte(text: Buffer, from: number, to: number): number {
  let last = to - 1;
  while (last > from && isSpace(text[last] as number)) last--;
  return text[last] ?? 0;
}

function lineEnd(text: Buffer, from: number): number {
  return placeOf(text, LINE_FEED, from);
}

/** Delimiters of a line outside of double quotes; -1 where a quote is left open. */
function countOf(text: Buffer, from: number, to: number, delimiter: number): number {
  let count = 0;
  let isQuoted = false;
  for (let i = from; i < to; i++) {
    const byte = text[i] as number;
    if (byte === QUOTE) isQuoted = !isQuoted;
    else if (byte === delimiter && !isQuoted) count++;
  }
  return isQuoted ? -1 : count;
}

const NAME = /^[\p{L}_#][\p{L}\p{N}\p{M}_ .:()#/'’-]*$/u;

/** The names of a line's cells; null where one of them is no name. An empty cell at an end is Markdown's. */
function namesIn(text: Buffer, from: number, to: number, delimiter: number): readonly string[] | null {
  const cells = text.toString('utf8', from, to).split(String.fromCharCode(delimiter));
  const names = cells.map((cell) => cell.trim().replace(/^["'`*]+|["'`*]+$/g, ''));
  const isTable = names.every((name, at) =>
    name === '' ? at === 0 || at === names.length - 1 : name.length <= MAX_NAME && NAME.test(name),
  );
  return isTable && names.filter((name) => name !== '').length > 1 ? names : null;
}

const VALUES: readonly Buffer[] = ['VALUES', 'values'].map((word) => Buffer.from(word));

function eachInsert(text: Buffer, word: Buffer, visit: TableVisitor, rows: RowsVisitor): void {
  const row = new SpareRow();
  let lastColumns = '';
  let visitor: RowVisitor | null = null;
  // What stood between the last two rows: one INSERT after the other has the same head.
  let gapFrom = 0;
  let gapTo = 0;
  let lastEnd = -1;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + word.length)) {
    const values = at + word.length;
    if (lastEnd === -1 || !isSame(text, gapFrom, gapTo, lastEnd, values)) {
      let close = at - 1;
      while (close > 0 && (isSpace(text[close] ?? 0) || text[close] === LINE_FEED)) close--;
      if (text[close] !== CLOSE) continue;
      const head = Math.max(0, close - MAX_INSERT_HEAD);
      const open = head + text.subarray(head, close).lastIndexOf(OPEN);
      if (open < head) continue;
      const columns = text.toString('utf8', open + 1, close);
      if (columns !== lastColumns) {
        const names = columns.split(',').map((name) => name.trim().replace(/^[`"'[]+|[`"'\]]+$/g, ''));
        lastColumns = columns;
        visitor = names.length <= MAX_COLUMNS && names.every((name) => NAME.test(name)) ? visit(names, open) : null;
      }
      gapFrom = Math.max(0, lastEnd);
      gapTo = lastEnd === -1 ? 0 : values;
    }
    if (visitor === null) {
      lastEnd = -1;
      continue;
    }
    const end = readTuples(text, values, row.get(), visitor);
    rows(values, end);
    lastEnd = end;
    at = end - word.length;
  }
}

/** Reads `(…), (…)`; returns where it stopped, at least `from`. */
function readTuples(text: Buffer, from: number, row: Row, visit: RowVisitor): number {
  let at = from;
  while (at < text.length) {
    while (at < text.length && (isSpace(text[at] ?? 0) || text[at] === LINE_FEED || text[at] === COMMA)) at++;
    if (text[at] !== OPEN) return at;
    at = readTuple(text, at, row);
    visit(row);
  }
  return at;
}

/** Reads the tuple that opens at `at`; returns its end. */
function readTuple(text: Buffer, at: number, row: Row): number {
  row.begin(at);
  let start = at + 1;
  let isQuoted = false;
  let i = start;
  for (; i < text.length; i++) {
    const byte = text[i];
    if (isQuoted && byte === BACKSLASH) i++;
    else if (byte === APOSTROPHE) isQuoted = !isQuoted;
    else if (!isQuoted && (byte === COMMA || byte === CLOSE)) {
      row.add(text, start, i);
      start = i + 1;
      if (byte === CLOSE) {
        row.end = i + 1;
        return i + 1;
      }
    }
  }
  row.end = i;
  return i;
}

/** The same bytes stand in two places. */
function isSame(text: Uint8Array, from: number, to: number, otherFrom: number, otherTo: number): boolean {
  if (to - from !== otherTo - otherFrom) return false;
  for (let i = from, k = otherFrom; i < to; i++, k++) if (text[i] !== text[k]) return false;
  return true;
}
