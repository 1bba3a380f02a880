/**
 * A column of a dump: what its cells are usually made of, what those that were met before came to, and which shapes of
 * them are always one kind of value.
 */
import { type Alternative, type Category, HIGH, type TextFinding } from '../../flow/finding.ts';
import { isPlainHost, plainMailbox } from '../recognizers/contact/email-address.ts';
import { isAllDigits, isDigit, isHex, numberIn } from './bytes.ts';
import type { CellCheck } from './cell-checks.ts';
import type { Label } from './labels.ts';

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
  /** Keys (`numberKey`) of numbers that are words of context (`1099`). */
  readonly numberWords: ReadonlySet<number>;
  /** The check of the recognizer that found a value which is all of a cell; null where it has none for a cell alone. */
  checkOf(finding: TextFinding, cell: Buffer, label: Label): CellCheck | null;
}

/** A longer cell is a text. */
const MAX_CELL = 256;
/** Of the sample's cells, so many with a cue or a word make it one of the column's own. */
const USUAL = 4;
/** After so many cells of one shape and kind its own check is enough. */
const PROVEN = 16;

/** What was found in a cell, placed from its start and, where it reaches to the end, from there. */
export interface Part {
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
export type Outcome = readonly Part[];
const NOTHING: Outcome = [];

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
/** After so many different cells that a check was enough for it is asked of all: to find them again would take longer. */
const MANY_CHECKS = 2048;

/** A shape of cells, and what those of it have been so far. */
interface Shape {
  count: number;
  /** Of one part; null where they were different things. */
  outcome: Outcome | null;
  readonly check: CellCheck | null;
}

/** A number of so many digits, as one number. */
export function numberKey(value: number, digits: number): number {
  return value * 32 + digits;
}

export class Column {
  readonly #text: Buffer;
  /** The same, for what is read four bytes at a time. */
  readonly #view: DataView;
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
  /** Cells that a check was enough for, and those that were scanned. */
  #checks = 0;
  #scans = 0;
  /** What an address whose host is known comes to; and the hosts, by a hash. */
  #mailbox: Outcome | null = null;
  readonly #hosts = new Int32Array(HOSTS).fill(-1);
  readonly #hostEnds = new Int32Array(HOSTS);

  constructor(text: Buffer, label: Label, scanner: DumpScanner) {
    this.#text = text;
    this.#view = new DataView(text.buffer, text.byteOffset, text.length);
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
    const hash = hashOf(this.#view, start, end);
    const slot = hash & ((1 << this.#bits) - 1);
    const place = this.#places[slot] as number;
    this.#asked++;
    if (place !== -1 && this.#lengths[slot] === length && isSame(this.#view, place, start, length)) {
      this.#met++;
      return this.#outcomes[slot] as Outcome | null;
    }
    this.#isDistinct =
      (this.#asked === TELLING_CELLS && this.#met * 10 < TELLING_CELLS) ||
      (this.#checks >= MANY_CHECKS && this.#scans * 10 < this.#checks);
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
    const checked = this.#checked(start, end, shape);
    if (checked === null) {
      this.#scans++;
      return this.#read(start, end, shape);
    }
    this.#checks++;
    return checked;
  }

  #slotOfHost(start: number, end: number): number {
    return hashOf(this.#view, start, end) & (HOSTS - 1);
  }

  /** Whether the host of an address was met before in one that was checked. */
  #isKnownHost(start: number, end: number): boolean {
    const slot = this.#slotOfHost(start, end);
    const place = this.#hosts[slot] as number;
    if (place === -1 || this.#hostEnds[slot] !== place + end - start) return false;
    return isSame(this.#view, place, start, end - start);
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
    return this.#scanner.numberWords.has(numberKey(numberIn(this.#text, start, end), end - start));
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

/** Four bytes at a time. */
function hashOf(text: DataView, start: number, end: number): number {
  let hash = (0x811c9dc5 ^ (end - start)) | 0;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ text.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ text.getUint8(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

function isSame(text: DataView, from: number, otherFrom: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4)
    if (text.getInt32(from + i, true) !== text.getInt32(otherFrom + i, true)) return false;
  for (; i < length; i++) if (text.getUint8(from + i) !== text.getUint8(otherFrom + i)) return false;
  return true;
}
