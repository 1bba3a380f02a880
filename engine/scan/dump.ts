/**
 * Dumps: tables of hundreds of rows, of which nearly all are alike. The first rows are scanned as any text is, and each of
 * their cells by itself as well, under the name of its column; where both say the same of every cell, a further row is
 * judged cell by cell, and its findings are those of its cells. A cell that was met before is known; one of a shape that
 * so far was always one kind of value is put to that kind's own check; all others are scanned by themselves. A row with a
 * cell that bears on its neighbours (a cue, a word of context that the column does not usually have) or is longer than cells
 * are is left in the text, with the rows beside it, and scanned there. What is left is a text of the usual kind.
 */
import { type Alternative, type Category, HIGH, type TextFinding } from '../../flow/finding.ts';
import { isPlainHost, plainMailbox } from '../recognizers/contact/email-address.ts';
import { isAllDigits, isDigit, isHex } from './bytes.ts';
import type { CellCheck } from './cell-checks.ts';
import type { Label } from './labels.ts';
import { eachTable, type Row, type RowVisitor } from './tables.ts';

/** What a cell comes to: findings with places from its start, and whether the rest of its row need not know of it. */
export interface CellReading {
  readonly findings: readonly TextFinding[];
  /** Literals that the gate tells of in it. */
  readonly cues: ReadonlySet<number>;
  /** Lists that have a word of it. */
  readonly words: Uint32Array;
  /** Names of the recognizers that looked at it, which is a matter of its shape alone; null where that is not known. */
  readonly asked: ReadonlySet<string> | null;
}

/** What reading a dump asks of the scanner. */
export interface DumpScanner {
  label(name: string): Label;
  /** A text with its tables. */
  scan(text: Buffer): readonly TextFinding[];
  /** A cell by itself; `bits`: lists that have a word in its row or label. */
  read(cell: Buffer, label: Label, bits: Uint32Array): CellReading;
  /** Numbers that are words of context (`1099`). */
  readonly numberWords: ReadonlySet<string>;
  /** The check of the recognizer that found a value which is all of a cell; null where it has none for a cell alone. */
  checkOf(finding: TextFinding, cell: Buffer, label: Label): CellCheck | null;
}

/** What is left of a text without the rows that are known, and what was found in those. */
export interface Condensed {
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
/** A longer cell is a text. */
const MAX_CELL = 256;
/** Of the sample's cells, so many with a cue or a word make it one of the column's own. */
const USUAL = 4;
/** After so many cells of one shape and kind its own check is enough. */
const PROVEN = 16;
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

/** What was found in a cell, placed from its start and, where it reaches to the end, from there. */
interface Part {
  readonly entity: string;
  readonly category: Category;
  readonly score: number;
  /** What the cell by itself scored. */
  readonly alone: number;
  readonly recognizer: string;
  readonly alternatives: readonly Alternative[];
  readonly start: number;
  /** Bytes before the end of the cell. */
  readonly before: number;
}
type Outcome = readonly Part[];
const NOTHING: Outcome = [];

/** The text without the rows of its dumps that are known; null where there are none. */
export function condense(text: Buffer, scanner: DumpScanner): Condensed | null {
  if (!mayHoldDump(text)) return null;
  const removed: number[] = [];
  const findings: TextFinding[] = [];
  eachTable(text, (names, at): RowVisitor | null => {
    if (names.length > MAX_COLUMNS) return null;
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
  const feed = text.indexOf(0x0a, at);
  if (feed === -1 || feed - at > MAX_LOOK) return text.subarray(at, at + MAX_LOOK).includes(NEXT_TUPLE);
  let from = feed + 1;
  let before = 0;
  for (let line = 0; line < LOOK_LINES; line++) {
    const end = text.indexOf(0x0a, from);
    if (end === -1 || end - from > MAX_LOOK) return false;
    const delimiters = delimitersIn(text, from, end);
    if (delimiters === 0 || (line > 0 && delimiters !== before)) return false;
    before = delimiters;
    from = end + 1;
  }
  return true;
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

function leftOf(text: Buffer, removed: readonly number[], findings: TextFinding[]): Condensed | null {
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

/** log2 of the cells that a column remembers, at first and at most. */
const FIRST_BITS = 8;
const MOST_BITS = 15;

const IDLE_DIGITS = 25;
/** Digits of the longest number that is a word of context. */
const LONGEST_NUMBER_WORD = 5;
/** Hosts of addresses that are kept, a power of two. */
const HOSTS = 1024;
/** After so many cells it is told whether values come again. */
const TELLING_CELLS = 8192;

/** A shape of cells, and what those of it have been so far. */
interface Shape {
  count: number;
  /** Of one part; null where they were different things. */
  outcome: Outcome | null;
  readonly check: CellCheck | null;
}

class Column {
  readonly #text: Buffer;
  readonly #label: Label;
  readonly #scanner: DumpScanner;
  readonly #cues = new Map<number, number>();
  readonly #words: Uint32Array;
  /** Lists that have a word of its label, or one that is usual in its row. */
  readonly #around: Uint32Array;
  readonly #wordCounts = new Map<number, number>();
  readonly #shapes = new Map<number, Shape>();
  /** By number of digits: 1 where nobody looks at such numbers. */
  readonly #isIdle = new Uint8Array(IDLE_DIGITS);
  /** What the table makes of a finding of a cell by itself, by entity and score. */
  readonly #inTable = new Map<string, Pick<Part, 'score' | 'recognizer' | 'alternatives'>>();
  /** Cells met before, by a hash of theirs: place, length and what they came to, null for what bears on others. */
  #bits = FIRST_BITS;
  #places = new Int32Array(1 << FIRST_BITS).fill(-1);
  #lengths = new Int32Array(1 << FIRST_BITS);
  #outcomes: (Outcome | null)[] = [];
  #misses = 0;
  /** Cells that were looked up, and those that were there; where hardly any is, no more are kept. */
  #asked = 0;
  #met = 0;
  #isDistinct = false;
  /** What an address whose host is known comes to; and the hosts, by a hash. */
  #mailbox: Outcome | null = null;
  readonly #hosts = new Int32Array(HOSTS).fill(-1);
  readonly #hostEnds = new Int32Array(HOSTS);

  constructor(text: Buffer, label: Label, scanner: DumpScanner) {
    this.#text = text;
    this.#label = label;
    this.#scanner = scanner;
    this.#words = new Uint32Array(label.bits.length);
    this.#around = Uint32Array.from(label.bits);
  }

  /** Learns which cues and words are usual in it. */
  meet(cells: readonly (readonly [number, number])[]): void {
    for (const [start, end] of cells) {
      if (end === start || end - start > MAX_CELL) continue;
      const { cues, words } = this.#scanner.read(this.#text.subarray(start, end), this.#label, this.#around);
      for (const cue of cues) this.#cues.set(cue, (this.#cues.get(cue) ?? 0) + 1);
      for (let bit = 0; bit < words.length * 32; bit++)
        if ((((words[bit >> 5] as number) >>> (bit & 31)) & 1) === 1)
          this.#wordCounts.set(bit, (this.#wordCounts.get(bit) ?? 0) + 1);
    }
    for (const [bit, count] of this.#wordCounts)
      if (count >= USUAL) this.#words[bit >> 5] = ((this.#words[bit >> 5] as number) | (1 << (bit & 31))) >>> 0;
    this.#forget();
  }

  /** Words that are usual in another column stand near its cells. */
  standBeside(other: Column): void {
    for (let w = 0; w < this.#around.length; w++)
      this.#around[w] = ((this.#around[w] as number) | (other.#words[w] as number)) >>> 0;
  }

  /** Whether a cell by itself comes to what it comes to in the table; `from`: its place in the text of `inTable`. */
  agrees(start: number, end: number, from: number, inTable: readonly TextFinding[]): boolean {
    const alone = this.outcomeOf(start, end) ?? NOTHING;
    if (alone.length !== inTable.length) return false;
    return alone.every((part, at) => {
      const other = inTable[at];
      if (other === undefined || other.entity !== part.entity || other.start !== from + part.start) return false;
      if (other.end !== from + (end - start) - part.before) return false;
      const { score, recognizer, alternatives } = other;
      const key = `${part.entity} ${part.alone}`;
      const known = this.#inTable.get(key);
      if (known === undefined) {
        this.#inTable.set(key, { score, recognizer, alternatives });
        this.#forget();
      }
      return known === undefined || (known.score === score && known.recognizer === recognizer);
    });
  }

  #forget(): void {
    this.#places.fill(-1);
    this.#outcomes = [];
    this.#shapes.clear();
    this.#mailbox = null;
    this.#hosts.fill(-1);
  }

  /** What a cell comes to; null where its row has to be scanned. */
  outcomeOf(start: number, end: number): Outcome | null {
    const length = end - start;
    if (length === 0) return NOTHING;
    if (length > MAX_CELL) return null;
    const text = this.#text;
    const at = this.#mailbox === null ? -1 : plainMailbox(text, start, end);
    if (at !== -1 && this.#isKnownHost(at + 1, end)) return this.#mailbox;
    if (length < IDLE_DIGITS && this.#isIdle[length] === 1 && this.#isIdleNumber(start, end)) return NOTHING;
    if (this.#isDistinct) return this.#judged(start, end, at);
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (text[i] as number), 0x01000193);
    hash ^= hash >>> 15;
    const slot = hash & ((1 << this.#bits) - 1);
    const place = this.#places[slot] as number;
    this.#asked++;
    if (place !== -1 && this.#lengths[slot] === length && isSame(text, place, start, length)) {
      this.#met++;
      return this.#outcomes[slot] as Outcome | null;
    }
    this.#isDistinct = this.#asked === TELLING_CELLS && this.#met * 10 < TELLING_CELLS;
    const outcome = this.#judged(start, end, at);
    if (++this.#misses > 1 << this.#bits && this.#bits < MOST_BITS) this.#grow();
    const own = hash & ((1 << this.#bits) - 1);
    this.#places[own] = start;
    this.#lengths[own] = length;
    this.#outcomes[own] = outcome;
    return outcome;
  }

  /** A cell that was not met before. `at`: where the sign of an address stands in it, -1 where that was not looked for. */
  #judged(start: number, end: number, at: number): Outcome | null {
    const text = this.#text;
    // Digits count as one another, all else as it is: what is left is the shape.
    let shape = 0x811c9dc5 | 0;
    let digits = 0;
    for (let i = start; i < end; i++) {
      const byte = text[i] as number;
      const isOne = isDigit(byte);
      if (isOne) digits++;
      shape = Math.imul(shape ^ (isOne ? 0x30 : byte), 0x01000193);
    }
    // An address has words in it: its shape is that it is one.
    if (digits * 2 < end - start) shape = at !== -1 || plainMailbox(text, start, end) !== -1 ? MAILBOX : UNSHAPED;
    if (digits === end - start && this.#isNumberWord(start, end)) shape = UNSHAPED;
    else if (isUuid(text, start, end)) shape = UUID;
    return this.#checked(start, end, shape) ?? this.#read(start, end, shape);
  }

  #slotOfHost(start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (this.#text[i] as number), 0x01000193);
    return (hash ^ (hash >>> 15)) & (HOSTS - 1);
  }

  /** Whether the host of an address was met before in one that was checked. */
  #isKnownHost(start: number, end: number): boolean {
    const slot = this.#slotOfHost(start, end);
    const place = this.#hosts[slot] as number;
    if (place === -1 || this.#hostEnds[slot] !== place + end - start) return false;
    return isSame(this.#text, place, start, end - start);
  }

  #rememberHost(start: number, end: number): void {
    const slot = this.#slotOfHost(start, end);
    this.#hosts[slot] = start;
    this.#hostEnds[slot] = end;
  }

  #grow(): void {
    this.#bits += 2;
    this.#places = new Int32Array(1 << this.#bits).fill(-1);
    this.#lengths = new Int32Array(1 << this.#bits);
    this.#outcomes = [];
    this.#misses = 0;
  }

  /** Digits alone, in a number that nobody looks at, and no word of context. */
  #isIdleNumber(start: number, end: number): boolean {
    for (let i = start; i < end; i++) if (!isDigit(this.#text[i] as number)) return false;
    return !this.#isNumberWord(start, end);
  }

  #isNumberWord(start: number, end: number): boolean {
    if (end - start > LONGEST_NUMBER_WORD) return false;
    return this.#scanner.numberWords.has(this.#text.toString('latin1', start, end));
  }

  /** A cell of a shape that was always one kind of value, by that kind's own check; null where that does not tell. */
  #checked(start: number, end: number, shape: number): Outcome | null {
    const known = this.#shapes.get(shape);
    if (known === undefined || known.count < PROVEN || known.outcome === null || known.check === null) return null;
    if (!known.check(this.#text, start, end)) return null;
    if (shape === MAILBOX) {
      this.#mailbox = known.outcome;
      const at = this.#text.indexOf(0x40, start);
      if (isPlainHost(this.#text, at + 1, end)) this.#rememberHost(at + 1, end);
    }
    return known.outcome;
  }

  #read(start: number, end: number, shape: number): Outcome | null {
    const reading = this.#scanner.read(this.#text.subarray(start, end), this.#label, this.#around);
    const { findings, cues, words } = reading;
    for (const cue of cues) if ((this.#cues.get(cue) ?? 0) < USUAL) return null;
    for (let w = 0; w < words.length; w++) if (((words[w] as number) & ~(this.#words[w] as number)) !== 0) return null;
    const length = end - start;
    const outcome = findings.map((one): Part => {
      const { entity, category, score, recognizer, alternatives } = one;
      const inTable = this.#inTable.get(`${entity} ${score}`) ?? { score, recognizer, alternatives };
      return { entity, category, alone: score, ...inTable, start: one.start, before: length - one.end };
    });
    this.#note(shape, this.#text.subarray(start, end), reading, outcome);
    return outcome;
  }

  #note(shape: number, cell: Buffer, { findings, asked }: CellReading, outcome: Outcome): void {
    if (shape === UNSHAPED) return;
    const [finding] = findings;
    const part = outcome.length === 1 ? (outcome[0] ?? null) : null;
    const known = this.#shapes.get(shape);
    if (known === undefined) {
      if (this.#shapes.size >= MAX_SHAPES) return;
      if (outcome.length === 0 && asked?.size === 0) {
        // Nobody looks at such a cell.
        this.#shapes.set(shape, { count: PROVEN, outcome: NOTHING, check: ANY });
        if (cell.length < IDLE_DIGITS && cell.every(isDigit)) this.#isIdle[cell.length] = 1;
        return;
      }
      if (shape === UUID && outcome.length === 0) {
        this.#shapes.set(shape, { count: 1, outcome, check: ANY });
        return;
      }
      const isWhole = finding !== undefined && finding.start === 0 && finding.end === cell.length;
      const isOnly = asked?.size === 1 && finding !== undefined && asked.has(finding.recognizer);
      if (part === null || !isWhole || (part.score < HIGH && !isOnly)) return;
      this.#shapes.set(shape, { count: 1, outcome, check: this.#scanner.checkOf(finding, cell, this.#label) });
      return;
    }
    const [first] = known.outcome ?? NOTHING;
    if (shape === UUID && outcome.length !== (known.outcome?.length ?? -1)) known.outcome = null;
    else if (shape === UUID) known.count++;
    if (shape === UUID || first === undefined) return;
    if (part !== null && isLike(first, part)) {
      known.count++;
      // Other kinds that a value may be by chance are not those of the next one.
      const alternatives = first.alternatives.filter((one) =>
        part.alternatives.some((other) => isSameKind(one, other)),
      );
      if (alternatives.length < first.alternatives.length) known.outcome = [{ ...first, alternatives }];
    }
    // What is something else without passing the check is no argument against it.
    else if (known.check?.(cell, 0, cell.length) === true) {
      known.outcome = null;
      if (shape === MAILBOX) this.#mailbox = null;
    }
  }
}

const MAILBOX = 1;
const UNSHAPED = 0;
const UUID = 2;
const MAX_SHAPES = 256;

const ANY: CellCheck = () => true;

function isSameKind(a: Alternative, b: Alternative): boolean {
  return a.entity === b.entity && a.score === b.score;
}

function isLike(a: Part, b: Part): boolean {
  return (
    a.entity === b.entity &&
    a.score === b.score &&
    a.recognizer === b.recognizer &&
    a.start === b.start &&
    a.before === b.before
  );
}

/** A UUID in its usual form, of which neither the first nor the last part is a number: nothing in it is a value by itself. */
function isUuid(text: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 36 || isAllDigits(text, start, start + 8) || isAllDigits(text, end - 12, end)) return false;
  for (let i = 0; i < 36; i++) {
    const byte = text[start + i] as number;
    const isDash = i === 8 || i === 13 || i === 18 || i === 23;
    if (isDash ? byte !== 0x2d : !isHex(byte)) return false;
  }
  return true;
}

function isSame(text: Uint8Array, from: number, otherFrom: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (text[from + i] !== text[otherFrom + i]) return false;
  return true;
}
