/**
 * Dumps: tables of hundreds of rows, of which nearly all are alike. The first rows are scanned as any text is, and each of
 * their cells by itself as well, under the name of its column; where both say the same of every cell, a further row is
 * judged cell by cell, and its findings are those of its cells. A cell that was met before is known; one of a shape that
 * so far was always one kind of value is put to that kind's own check; all others are scanned by themselves. A row with a
 * cell that bears on its neighbours (a cue, a word of context that the column does not usually have) or is longer than cells
 * are is left in the text, with the rows beside it, and scanned there. What is left is a text of the usual kind.
 */
import type { TextFinding } from '../../flow/finding.ts';
import { Column, type DumpScanner, type Outcome, type Part } from './dump-column.ts';
import { eachTable, type Row, type RowVisitor } from './tables.ts';

/** What is left of a text without the rows that are known, and what was found in those. */
export interface DumpReading {
  readonly text: Buffer;
  /** By place in the whole text. */
  readonly findings: TextFinding[];
  /** The place in the whole text of a place in what is left; of the end of a span the place behind its last byte. */
  placeOf(at: number, isEnd: boolean): number;
}

/** Shorter texts are scanned sooner than their tables are learned. */
export const MIN_DUMP_BYTES = 24 * 1024;
/** Rows by which the columns are judged, and from how many rows on that is worth while. */
const SAMPLE_ROWS = 64;
const MIN_ROWS = 160;
const MAX_COLUMNS = 64;
const BAR = 0x7c;
/** Of so many rows that are judged one in four has to be known, or the table is not worth it. */
const TRIAL_ROWS = 256;

/** A row that is judged: what each of its cells came to; kept until the one behind it is known. */
class Judged {
  start = 0;
  end = 0;
  isKnown = false;
  count = 0;
  readonly starts = new Int32Array(MAX_COLUMNS);
  readonly ends = new Int32Array(MAX_COLUMNS);
  readonly outcomes: Outcome[] = [];

  take(row: Row): void {
    this.start = row.start;
    this.end = row.end;
    this.count = row.count;
    this.isKnown = false;
    for (let column = 0; column < row.count; column++) {
      this.starts[column] = row.starts[column] as number;
      this.ends[column] = row.ends[column] as number;
    }
  }
}

/** The text without the rows of its dumps that are known; null where there are none. */
export function readDumps(text: Buffer, scanner: DumpScanner): DumpReading | null {
  if (!mayHoldDump(text)) return null;
  const removed: number[] = [];
  const findings: TextFinding[] = [];
  eachTable(text, (names, at): RowVisitor | null => {
    // Tables of Markdown are written by hand: their cells are texts, of which hardly one is like the next.
    if (names.length > MAX_COLUMNS || text[at] === BAR) return null;
    const dump = new Dump(text, at, names, scanner, removed, findings);
    return (row) => dump.take(row);
  });
  if (removed.length === 0) return null;
  return leftOf(text, removed, findings);
}

/** A dump that is worth it is longer than two looks are apart. */
const LOOK_BYTES = 4096;
const LOOK_LINES = 3;
const MAX_LOOK = 2048;
/** Tuples of one statement that stand in one line. */
const NEXT_TUPLE = Buffer.from('),(');

/**
 * Whether a look here and there meets rows: lines with as many commas, semicolons or tabs as the lines behind them. Most
 * texts are told from dumps by it at no cost; what it misses is scanned as any text is.
 */
function mayHoldDump(text: Buffer): boolean {
  let met = 0;
  for (let at = 0; at < text.length && met < 2; at += LOOK_BYTES) if (isAmongRows(text, at)) met++;
  return met === 2;
}

function isAmongRows(text: Buffer, at: number): boolean {
  const feed = feedNear(text, at);
  if (feed === -1) return text.subarray(at, at + MAX_LOOK).includes(NEXT_TUPLE);
  let from = feed + 1;
  let before = 0;
  for (let line = 0; line < LOOK_LINES; line++) {
    const end = feedNear(text, from);
    if (end === -1) return false;
    const delimiters = delimitersIn(text, from, end);
    if (delimiters === 0 || (line > 0 && delimiters !== before)) return false;
    before = delimiters;
    from = end + 1;
  }
  return true;
}

/** The next line feed, -1 where none is near: in one long line each look would go to its end. */
function feedNear(text: Buffer, from: number): number {
  const at = text.subarray(from, from + MAX_LOOK + 1).indexOf(0x0a);
  return at === -1 ? -1 : from + at;
}

/** One number for how many of each sort a line has outside of quotes; the one that ends it is of a list, or of a statement. */
function delimitersIn(text: Buffer, from: number, end: number): number {
  let [commas, semicolons, tabs, last] = [0, 0, 0, 0];
  let isQuoted = false;
  for (let i = from; i < end; i++) {
    const byte = text[i] as number;
    if (byte === 0x22) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (byte === 0x2c) commas++;
    else if (byte === 0x3b) semicolons++;
    else if (byte === 0x09) tabs++;
    if (byte !== 0x0d && byte !== 0x20) last = byte;
  }
  if (last === 0x2c) commas--;
  if (last === 0x3b) semicolons--;
  return (commas << 20) | (semicolons << 10) | tabs;
}

function leftOf(text: Buffer, removed: readonly number[], findings: TextFinding[]): DumpReading | null {
  const gaps: (readonly [number, number])[] = [];
  for (let i = 0; i < removed.length; i += 2) gaps.push([removed[i] ?? 0, removed[i + 1] ?? 0]);
  gaps.sort(([a], [b]) => a - b);
  // Lines of SQL that read as CSV as well would be told of twice.
  if (gaps.some(([from], at) => at > 0 && from < (gaps[at - 1]?.[1] ?? 0))) return null;
  findings.sort((a, b) => a.start - b.start);
  // Pairs: a place in what is left, and the one in the whole text from which on it runs along.
  const marks: number[] = [];
  const parts: Buffer[] = [];
  let left = 0;
  let at = 0;
  for (const [from, to] of [...gaps, [text.length, text.length] as const]) {
    if (from > at) {
      marks.push(left, at);
      parts.push(text.subarray(at, from));
      left += from - at;
    }
    at = Math.max(at, to);
  }
  return {
    text: Buffer.concat(parts),
    findings,
    placeOf(place, isEnd) {
      let low = 0;
      let high = marks.length / 2;
      const sought = isEnd ? place - 1 : place;
      while (low + 1 < high) {
        const middle = (low + high) >> 1;
        if ((marks[middle * 2] ?? 0) <= sought) low = middle;
        else high = middle;
      }
      return place - (marks[low * 2] ?? 0) + (marks[low * 2 + 1] ?? 0);
    },
  };
}

/** One table while it is read. */
class Dump {
  readonly #text: Buffer;
  readonly #headAt: number;
  readonly #names: readonly string[];
  readonly #scanner: DumpScanner;
  readonly #removed: number[];
  readonly #findings: TextFinding[];
  readonly #sample: Judged[] = [];
  #columns: readonly Column[] | null = null;
  #rows = 0;
  #known = 0;
  /** The last two rows, and whether the one before them was known. */
  #last = new Judged();
  #current = new Judged();
  #isKnownBefore = false;
  #isUsualGap = false;
  /** Between two rows. */
  #gap: Buffer | null = null;
  #isGivenUp = false;

  constructor(
    text: Buffer,
    headAt: number,
    names: readonly string[],
    scanner: DumpScanner,
    removed: number[],
    findings: TextFinding[],
  ) {
    this.#text = text;
    this.#headAt = headAt;
    this.#names = names;
    this.#scanner = scanner;
    this.#removed = removed;
    this.#findings = findings;
  }

  take(row: Row): void {
    if (this.#isGivenUp) return;
    const number = this.#rows++;
    if (number < MIN_ROWS) {
      this.#prepare(row, number);
      return;
    }
    if (this.#columns === null) return;
    if (this.#rows - MIN_ROWS === TRIAL_ROWS && this.#known * 4 < TRIAL_ROWS) {
      this.#isGivenUp = true;
      return;
    }
    this.#current.take(row);
    const isUsualGap = this.#hasUsualGap(this.#last.end, row.start);
    this.#current.isKnown = this.#judge(this.#current, this.#columns);
    if (this.#current.isKnown) this.#known++;
    const last = this.#last;
    if (this.#isKnownBefore && this.#isUsualGap && last.isKnown && isUsualGap && this.#current.isKnown)
      this.#remove(last, row.start);
    this.#isKnownBefore = last.isKnown;
    this.#isUsualGap = isUsualGap;
    this.#last = this.#current;
    this.#current = last;
  }

  /** Rows before it is worth while: the first are kept, and learned from once there are enough. */
  #prepare(row: Row, number: number): void {
    if (number < SAMPLE_ROWS) {
      const kept = new Judged();
      kept.take(row);
      this.#sample.push(kept);
      return;
    }
    if (number === MIN_ROWS - 1) {
      this.#columns = this.#learn();
      this.#isGivenUp = this.#columns === null;
      this.#last.take(row);
    }
  }

  #hasUsualGap(from: number, to: number): boolean {
    const gap = this.#gap;
    if (gap === null || to - from !== gap.length) return false;
    for (let i = 0; i < gap.length; i++) if (this.#text[from + i] !== gap[i]) return false;
    return true;
  }

  #judge(row: Judged, columns: readonly Column[]): boolean {
    if (row.count !== columns.length) return false;
    for (let c = 0; c < columns.length; c++) {
      const outcome = (columns[c] as Column).outcomeOf(row.starts[c] as number, row.ends[c] as number);
      if (outcome === null) return false;
      row.outcomes[c] = outcome;
    }
    return true;
  }

  #remove(row: Judged, nextAt: number): void {
    const removed = this.#removed;
    // Row after row: one stretch.
    if (removed[removed.length - 1] === row.start) removed[removed.length - 1] = nextAt;
    else removed.push(row.start, nextAt);
    for (let c = 0; c < row.count; c++) {
      const parts = row.outcomes[c] as Outcome;
      for (let k = 0; k < parts.length; k++) {
        const { entity, category, score, recognizer, alternatives, start, before } = parts[k] as Part;
        this.#findings.push({
          entity,
          category,
          start: (row.starts[c] as number) + start,
          end: (row.ends[c] as number) - before,
          score,
          recognizer,
          alternatives,
        });
      }
    }
  }

  /** The columns, if cells by themselves come to what they come to in the table; else null. */
  #learn(): readonly Column[] | null {
    const text = this.#text;
    const rows = this.#sample;
    const [first, second] = rows;
    const last = rows.at(-1);
    if (first === undefined || second === undefined || last === undefined) return null;
    if (rows.some(({ count }) => count !== this.#names.length)) return null;
    this.#gap = Buffer.from(text.subarray(first.end, second.start));
    if (rows.some((row, at) => at > 0 && !this.#hasUsualGap(rows[at - 1]?.end ?? 0, row.start))) return null;
    const from = text.lastIndexOf(0x0a, this.#headAt) + 1;
    const sample = text.subarray(from, last.end);
    const found = this.#scanner.scan(sample).filter(({ category }) => category !== 'content');
    const columns = this.#names.map((name) => new Column(text, this.#scanner.label(name), this.#scanner));
    for (const [c, column] of columns.entries())
      column.meet(rows.map((row) => [row.starts[c] ?? 0, row.ends[c] ?? 0] as const));
    for (const column of columns) for (const other of columns) column.standBeside(other);
    const seen = new Set<TextFinding>();
    // The first row stands beside the names of the columns, and what they say of it is more than of the others.
    for (const row of rows.slice(1)) {
      for (const [c, column] of columns.entries()) {
        const [start, end] = [row.starts[c] ?? 0, row.ends[c] ?? 0];
        const inTable = found.filter((one) => one.start + from >= start && one.end + from <= end);
        for (const one of inTable) seen.add(one);
        // What a row with something unusual in it comes to is no measure.
        if (this.#judge(row, columns) && !column.agrees(start, end, start - from, inTable)) return null;
      }
    }
    const isAcross = rows.some(
      (row, at) =>
        at > 0 &&
        found.some((one) => !seen.has(one) && one.start + from < row.end && one.end + from > row.start) &&
        this.#judge(row, columns),
    );
    return isAcross ? null : columns;
  }
}
