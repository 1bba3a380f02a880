/**
 * One text while it is scanned: its bytes, what is known of it, and what has been reported so far. Lives for one scan.
 */
import type { ScoreReason } from '../../flow/finding.ts';
import type { Role } from '../../flow/segment.ts';
import { type LetterRun, letterRuns } from '../encodings/base64.ts';
import { isAlnum } from './bytes.ts';
import { type ContextWords, hasContextWord, NO_WORDS, type Words, wordsRound } from './context.ts';
import { bitsRound, type ContextIndex, ContextReader, hasAnyRound, hasBit, type ListSet } from './context-index.ts';
import { type ContextMatch, contextWordIn, whyReported } from './explain.ts';
import type { Label } from './labels.ts';
import { hasCurrencyBeside, PLAIN_AFTER, PLAIN_BEFORE, PLAIN_WORDS } from './plain.ts';
import type { Recognizer } from './recognizer.ts';
import type { Cells } from './tables.ts';
import { Tally } from './tally.ts';
import { ALL_TRAITS, LETTER_RUNS } from './traits.ts';

export interface Sighting {
  readonly recognizer: Recognizer;
  readonly start: number;
  readonly end: number;
  readonly score: number;
  /** Only where the scan explains. */
  readonly explanation?: readonly ScoreReason[];
  /** What the span decodes to, where the value was found encoded. */
  readonly value?: string;
}

const NO_BITS = new Uint32Array(0);
const NO_RUNS: readonly LetterRun[] = [];

/** What a scanner wants of all its texts. */
export interface Wanting {
  readonly enabled: ReadonlySet<Recognizer>;
  readonly index: ContextIndex;
  /** What scores less is not kept. */
  readonly least: number;
}

/** Recognizers that are asked about a text, by name, where the words of `bits` stand near all of it. */
export interface Asked {
  readonly names: Set<string>;
  readonly bits: Uint32Array;
  readonly index: ContextIndex;
}

export class Passage {
  readonly text: Buffer;
  readonly role: Role | null;
  readonly label: Words;
  readonly sightings: Sighting[] = [];
  /** Kinds of a text or a stretch of it, which hold findings of other kinds. */
  readonly wholes: Sighting[] = [];
  #tallies: Map<Recognizer, Tally> | null = null;
  /** Where it is kept: who was asked about a place in the text. */
  readonly asked: Asked | null;
  /** Whether each sighting says why its score is what it is. */
  readonly isExplaining: boolean;
  #reasons: readonly ScoreReason[] | null = null;
  readonly #least: number;
  #wordsAt = -1;
  #wordsEnd = -1;
  #words: Words = NO_WORDS;
  readonly #enabled: ReadonlySet<Recognizer>;
  readonly #index: ContextIndex;
  readonly #labelBits: Uint32Array;
  #reader: ContextReader | null = null;
  /** Cells of tables, whose columns are their labels. */
  #cells: Cells | null = null;
  #bits: Uint32Array = NO_BITS;
  #bitsAt = -1;
  #bitsEnd = -1;
  #askedAt = -1;
  #askedEnd = -1;
  #traits = ALL_TRAITS;
  #letterRuns: readonly LetterRun[] | null = null;
  #compact = '';
  #compactAt = -1;
  #compactEnd = -1;
  #readTo: Map<string, number> | null = null;
  #found: Map<string, { from: number; at: number }> | null = null;

  constructor(
    text: Buffer,
    label: Label,
    role: Role | null,
    { enabled, index, least }: Wanting,
    isExplaining = false,
    asked: Asked | null = null,
  ) {
    this.text = text;
    this.asked = asked;
    this.isExplaining = isExplaining;
    this.#least = least;
    this.label = label.words;
    this.role = role;
    this.#enabled = enabled;
    this.#index = index;
    this.#labelBits = label.bits;
  }

  /** Reports a value. `inContext` is its score with one of the recognizer's context words near; 0 is no finding. */
  report(recognizer: Recognizer, start: number, end: number, alone: number, inContext: number = alone): void {
    let score = alone;
    if (inContext > alone && recognizer.context !== undefined && this.hasContext(start, end, recognizer.context))
      score = inContext;
    if (score > 0 && score >= this.#least && this.#enabled.has(recognizer)) {
      if (!this.isExplaining) this.sightings.push({ recognizer, start, end, score });
      else this.#reportExplained({ recognizer, start, end, score }, alone, inContext);
    } else this.#reasons = null;
  }

  /** Runs of letters that may be base64 or hexadecimal; read once. */
  get letterRuns(): readonly LetterRun[] {
    this.#letterRuns ??= this.has(LETTER_RUNS) ? letterRuns(this.text) : NO_RUNS;
    return this.#letterRuns;
  }

  /** What the text may hold; known when the gate has read it. */
  holdTraits(traits: number): void {
    this.#traits = traits;
  }

  /** Whether the text may hold what one of these traits is a part of. */
  has(traits: number): boolean {
    return (this.#traits & traits) !== 0;
  }

  /** Reports a document, or a stretch of one: it stands beside the findings within it. */
  reportWhole(recognizer: Recognizer, start: number, end: number, score: number): void {
    if (score > 0 && this.#enabled.has(recognizer) && end > start) this.wholes.push({ recognizer, start, end, score });
  }

  /** The cues that a recognizer has noted in this text. */
  tallyOf(recognizer: Recognizer): Tally | null {
    return this.#tallies?.get(recognizer) ?? null;
  }

  /** Notes a cue, of that number, for `finish`. */
  note(recognizer: Recognizer, start: number, end: number, cue: number): void {
    this.#tallies ??= new Map();
    let tally = this.#tallies.get(recognizer);
    if (tally === undefined) {
      tally = new Tally();
      this.#tallies.set(recognizer, tally);
    }
    tally.add(start, end, cue);
  }

  /** Why the next value that is reported has its score; for recognizers whose score has more than two steps. */
  explainNext(reasons: readonly ScoreReason[]): void {
    this.#reasons = reasons;
  }

  #reportExplained(sighting: Sighting, alone: number, inContext: number): void {
    const { recognizer, start, end, score } = sighting;
    const context =
      score > alone && recognizer.context !== undefined ? this.contextOf(start, end, recognizer.context) : null;
    const explanation = this.#reasons ?? whyReported(recognizer.name, alone, inContext, context);
    this.#reasons = null;
    this.sightings.push({ ...sighting, explanation });
  }

  /** Which word `hasContext` found. */
  contextOf(start: number, end: number, words: ContextWords): ContextMatch {
    const inLabel = contextWordIn(this.label, words);
    if (inLabel !== null) return { word: inLabel, isLabel: true };
    const column = this.#cells?.labelAt(start) ?? null;
    const inColumn = column === null ? null : contextWordIn(column.words, words);
    if (inColumn !== null) return { word: inColumn, isLabel: true };
    return { word: contextWordIn(this.wordsRound(start, end), words), isLabel: false };
  }

  /** Cells of the text's tables: the name of a column counts as a word near each of its values. */
  holdCells(cells: Cells): void {
    this.#cells = cells;
  }

  /** Whether one of the words stands near the span, in the label or in the name of its column. */
  hasContext(start: number, end: number, words: ContextWords): boolean {
    const number = this.#index.numberOf(words);
    if (number === -1) return hasContextWord(this.label, words) || hasContextWord(this.wordsRound(start, end), words);
    if (this.#bitsAt === start && this.#bitsEnd === end) return hasBit(this.#bits, number);
    // Whoever is the first to ask is mostly the only one; for a second, what stands there is gathered for all.
    if (this.#askedAt === start && this.#askedEnd === end) return hasBit(this.#bitsRound(start, end), number);
    this.#askedAt = start;
    this.#askedEnd = end;
    return this.hasAnyContext(start, end, this.#index.only(number));
  }

  /** Whether a word of one of the lists stands there. */
  hasAnyContext(start: number, end: number, lists: ListSet): boolean {
    if (this.#bitsAt === start && this.#bitsEnd === end) return lists.isAmong(this.#bits);
    if (lists.isAmong(this.#labelBits)) return true;
    const column = this.#cells?.labelAt(start) ?? null;
    if (column !== null && lists.isAmong(column.bits)) return true;
    this.#reader ??= new ContextReader(this.#index, this.text);
    const row = this.#cells?.rowAt(start, this.text) ?? null;
    if (row === null) return hasAnyRound(this.#reader, 0, this.text.length, start, end, lists);
    return hasAnyRound(this.#reader, row.start, row.end, start, end, lists);
  }

  /** The lists that have a word near the span, in the label or in the name of its column; kept for the next that asks. */
  #bitsRound(start: number, end: number): Uint32Array {
    if (this.#bitsAt === start && this.#bitsEnd === end) return this.#bits;
    const bits = this.#freshBits();
    this.#collect(start, end, bits);
    addBits(bits, this.#labelBits);
    const column = this.#cells?.labelAt(start) ?? null;
    if (column !== null) addBits(bits, column.bits);
    this.#bitsAt = start;
    this.#bitsEnd = end;
    return bits;
  }

  /** Bits of the words round a span; in a table, of those in its row alone: other rows, and names of other columns, say nothing of it. */
  #collect(start: number, end: number, bits: Uint32Array): void {
    this.#reader ??= new ContextReader(this.#index, this.text);
    const row = this.#cells?.rowAt(start, this.text) ?? null;
    if (row === null) bitsRound(this.#reader, 0, this.text.length, start, end, bits);
    else bitsRound(this.#reader, row.start, row.end, start, end, bits);
  }

  /** The one set of bits of this text, which is no longer that of the span asked for last. */
  #freshBits(): Uint32Array {
    if (this.#bits === NO_BITS) this.#bits = new Uint32Array(this.#index.size);
    this.#bitsAt = -1;
    return this.#bits;
  }

  /** Whether a number reads as a timestamp, amount, version or counter: a word for one is close by, or a currency. */
  readsAsPlain(start: number, end: number): boolean {
    const number = this.#index.numberOf(PLAIN_WORDS);
    if (number === -1) return false;
    if (hasBit(this.#labelBits, number) || hasCurrencyBeside(this.text, start, end)) return true;
    this.#reader ??= new ContextReader(this.#index, this.text);
    const bits = this.#freshBits().fill(0);
    this.#reader.collect(Math.max(0, start - PLAIN_BEFORE), start, bits);
    this.#reader.collect(end, Math.min(this.text.length, end + PLAIN_AFTER), bits);
    return hasBit(bits, number);
  }

  /** Bits of the words beside a span, outside of it, together with those of `own`. */
  bitsBeside(start: number, end: number, own: Uint32Array): Uint32Array {
    const bits = new Uint32Array(own.length);
    this.#reader ??= new ContextReader(this.#index, this.text);
    bitsRound(this.#reader, 0, this.text.length, start, end, bits);
    addBits(bits, own);
    return bits;
  }

  /** The letters and digits of a span, as they are written, separators dropped; kept for the next that asks. */
  compact(start: number, end: number): string {
    if (this.#compactAt !== start || this.#compactEnd !== end) {
      this.#compact = compactOf(this.text, start, end);
      this.#compactAt = start;
      this.#compactEnd = end;
    }
    return this.#compact;
  }

  /** Words near the span; kept for the next recognizer that asks about the same one. */
  wordsRound(start: number, end: number): Words {
    if (this.#wordsAt !== start || this.#wordsEnd !== end) {
      this.#words = wordsRound(this.text, start, end);
      this.#wordsAt = start;
      this.#wordsEnd = end;
    }
    return this.#words;
  }

  /** Place of a literal at or after `from`, -1 where there is none. Ask with rising `from`: then all calls together read the text once. */
  indexOf(literal: string, from: number): number {
    this.#found ??= new Map();
    const known = this.#found.get(literal);
    if (known !== undefined && from >= known.from && (known.at === -1 || known.at >= from)) return known.at;
    const at = this.text.indexOf(literal, from, 'latin1');
    this.#found.set(literal, { from, at });
    return at;
  }

  /** Whether `markRead` was called for a place behind `at`: what reads a whole region at one cue skips the cues inside it. */
  isRead(reader: string, at: number): boolean {
    return at < this.readTo(reader);
  }

  /** How far `markRead` was called for. */
  readTo(reader: string): number {
    return this.#readTo?.get(reader) ?? 0;
  }

  markRead(reader: string, to: number): void {
    this.#readTo ??= new Map();
    this.#readTo.set(reader, to);
  }

  /** The text of a span; for short spans that are looked at more closely. */
  slice(start: number, end: number): string {
    return this.text.toString('utf8', start, end);
  }

  /** A span of ASCII, one character a byte. */
  ascii(start: number, end: number): string {
    return this.text.toString('latin1', start, end);
  }
}

const COMPACT = Buffer.alloc(64);

function compactOf(text: Buffer, start: number, end: number): string {
  if (end - start > COMPACT.length) return text.toString('latin1', start, end).replace(/[^0-9A-Za-z]+/g, '');
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = text[i] as number;
    if (isAlnum(byte)) COMPACT[length++] = byte;
  }
  return COMPACT.toString('latin1', 0, length);
}

function addBits(bits: Uint32Array, more: Uint32Array): void {
  for (let w = 0; w < bits.length; w++) bits[w] = (bits[w] as number) | (more[w] as number);
}
