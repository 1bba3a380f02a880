/**
 * Words seen of late, each once described and, where it was needed, with its scores at every place it can stand in; so
 * that a word costs its description once and five vectors after. It is emptied when full, and what it says of a word
 * depends on the word alone. It keeps hashes, no text.
 */
import { LANES } from './labels.ts';
import type { Model } from './model.ts';
import { MARK, type Tokens, WORD } from './tokens.ts';
import { describe, lineOf, markOf, OFFSETS, THE_EDGE, type Word, wordRows } from './words.ts';

/** Words kept at most. */
const SLOTS = 1 << 14;
const BUCKETS = SLOTS * 2;
/** Fixed slots: marks by their byte, line ends, the edge of the text. */
const LINE_SLOT = 256;
const PARAGRAPH_SLOT = 257;
export const EDGE_SLOT = 258;
const FIRST_FREE = 260;

/** Scores of a slot: LANES numbers for each of `OFFSETS`. */
export const STRIDE = LANES * OFFSETS.length;

export class Lexicon {
  readonly classes = new Uint8Array(SLOTS);
  readonly flags = new Uint8Array(SLOTS);
  readonly hashes = new Int32Array(SLOTS);
  readonly lexical = new Int32Array(SLOTS);
  readonly scores = new Int32Array(SLOTS * STRIDE);
  readonly #model: Model;
  readonly #isScored = new Uint8Array(SLOTS);
  readonly #buckets = new Int16Array(BUCKETS);
  readonly #first = new Int32Array(SLOTS);
  readonly #second = new Int32Array(SLOTS);
  #used = FIRST_FREE;
  readonly #rows: number[] = [];

  constructor(model: Model) {
    this.#model = model;
    for (let byte = 0; byte < 256; byte++) this.#set(byte, markOf(byte));
    this.#set(LINE_SLOT, lineOf(1));
    this.#set(PARAGRAPH_SLOT, lineOf(2));
    this.#set(EDGE_SLOT, THE_EDGE);
  }

  /** Asks for room for so many new words; slots handed out before are void after that. */
  makeRoom(words: number): void {
    if (this.#used + words <= SLOTS) return;
    this.#buckets.fill(0);
    this.#isScored.fill(0, FIRST_FREE);
    this.#used = FIRST_FREE;
  }

  slotOf(text: Buffer, tokens: Tokens, n: number): number {
    const first = tokens.first[n] as number;
    const kind = tokens.kinds[n] as number;
    if (kind !== WORD) return kind === MARK ? first : first > 1 ? PARAGRAPH_SLOT : LINE_SLOT;
    const second = tokens.second[n] as number;
    let at = (first ^ (first >>> 15) ^ second) & (BUCKETS - 1);
    for (;;) {
      const slot = this.#buckets[at] as number;
      if (slot === 0) return this.#add(text, tokens, n, at);
      if (this.#first[slot] === first && this.#second[slot] === second) return slot;
      at = (at + 1) & (BUCKETS - 1);
    }
  }

  #add(text: Buffer, tokens: Tokens, n: number, bucket: number): number {
    const slot = this.#used++;
    this.#buckets[bucket] = slot;
    this.#first[slot] = tokens.first[n] as number;
    this.#second[slot] = tokens.second[n] as number;
    this.#set(slot, describe(spelled(text, tokens, n), this.#model.gazetteer));
    return slot;
  }

  #set(slot: number, word: Word): void {
    this.classes[slot] = word.wordClass;
    this.flags[slot] = word.flags;
    this.hashes[slot] = word.hash;
    this.lexical[slot] = word.lexical;
    if (slot < FIRST_FREE) this.#score(slot, word);
  }

  /** Fills in the scores of a slot that `tokens` holds at `n`, if that has not been done. */
  score(slot: number, text: Buffer, tokens: Tokens, n: number): void {
    if (this.#isScored[slot] === 1) return;
    this.#score(slot, describe(spelled(text, tokens, n), this.#model.gazetteer));
  }

  #score(slot: number, word: Word): void {
    this.#isScored[slot] = 1;
    const { weights, mask } = this.#model;
    const rows = this.#rows;
    for (let place = 0; place < OFFSETS.length; place++) {
      rows.length = 0;
      wordRows(word, place, true, rows);
      const to = slot * STRIDE + place * LANES;
      for (let lane = 0; lane < LANES; lane++) {
        let sum = 0;
        for (let k = 0; k < rows.length; k++) sum += weights[((rows[k] as number) & mask) * LANES + lane] as number;
        this.scores[to + lane] = sum;
      }
    }
  }
}

/** Longer words are described by their length alone. */
const LONGEST_BYTES = 96;

export function spelled(text: Buffer, tokens: Tokens, n: number): string {
  const start = tokens.starts[n] as number;
  const end = tokens.ends[n] as number;
  return end - start > LONGEST_BYTES ? 'x'.repeat(LONGEST_BYTES) : text.toString('utf8', start, end);
}
