/**
 * A walk of the gate over one text: from event to event, an event being the first digit of a run of letters and digits,
 * or the last byte of a literal whose neighbours are as its cue asks. Events come in the order of the text; at one byte
 * the digit first, then literals, the longest first. A walk belongs to a scanner and is used again for the next text.
 */
import { Automaton, CLASS_BITS } from './automaton.ts';
import { alnumEnd, digitsEnd, isDigit, isHex, isWord, touchesWordBefore } from './bytes.ts';
import { EVENTS_AT, type Kernel, loadKernel, MARGIN, PIECE, TEXT_AT, TRAITS_AT } from './kernel.ts';
import type { Literal } from './stems.ts';
import { ALL_TRAITS } from './traits.ts';

export interface Walk {
  /** What the last event was: the number of a literal, or DIGIT. */
  readonly literal: number;
  /** Where the run of letters and digits ends whose first digit was told last, and where its first digits do. */
  readonly runEnd: number;
  readonly digitsEnd: number;
  /** Of what has been read; of the whole text when it has been walked to its end. */
  readonly traits: number;
  begin(text: Uint8Array): void;
  /** The place of the next event; -1 at the end of the text. */
  seek(): number;
}

export const DIGIT = -1;
const NO_TEXT = new Uint8Array();
const END_OF_LIST = -1;

export function walkOf(literals: readonly Literal[]): Walk {
  const kernel = loadKernel(literals);
  return kernel === null ? new PlainWalk(literals) : new KernelWalk(kernel);
}

/**
 * By the kernel, a piece of the text at a time. Its memory holds the last piece until the next overwrites it; it is
 * never read from outside.
 */
export class KernelWalk implements Walk {
  literal = DIGIT;
  runEnd = 0;
  digitsEnd = 0;
  traits = 0;
  readonly #kernel: Kernel;
  /** The kernel's copy of the piece, from MARGIN bytes before it on. */
  readonly #bytes: Uint8Array;
  readonly #events: Int32Array;
  readonly #order: Int32Array;
  #text: Uint8Array = NO_TEXT;
  #pieceAt = 0;
  /** Index in `#events` of the next event. */
  #at = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#bytes = new Uint8Array(kernel.memory, TEXT_AT - MARGIN, PIECE + 2 * MARGIN);
    this.#events = new Int32Array(kernel.memory);
    this.#order = Int32Array.from(kernel.order);
  }

  begin(text: Uint8Array): void {
    this.#text = text;
    this.runEnd = 0;
    this.traits = 0;
    this.#tellPiece(0);
  }

  seek(): number {
    for (;;) {
      const event = this.#events[this.#at] as number;
      if (event === END_OF_LIST) {
        if (this.#pieceAt + PIECE >= this.#text.length) {
          this.#text = NO_TEXT;
          return -1;
        }
        this.#tellPiece(this.#pieceAt + PIECE);
        continue;
      }
      this.#at++;
      const place = this.#pieceAt + (event >> 16);
      const rank = event & 0xffff;
      if (rank > 0) {
        this.literal = this.#order[rank - 1] as number;
        return place;
      }
      // Within a run that began before what the kernel saw, it tells a digit again.
      if (place < this.runEnd) continue;
      this.literal = DIGIT;
      this.digitsEnd = digitsEnd(this.#text, place + 1);
      this.runEnd = alnumEnd(this.#text, this.digitsEnd);
      return place;
    }
  }

  #tellPiece(at: number): void {
    const text = this.#text;
    const { depth } = this.#kernel;
    const from = Math.max(0, at - MARGIN);
    const end = Math.min(text.length, at + PIECE);
    const to = Math.min(text.length, end + MARGIN);
    const bytes = this.#bytes;
    const copied = MARGIN - (at - from);
    if (copied > 0) bytes.fill(0, 0, copied);
    bytes.set(from === 0 && to === text.length ? text : text.subarray(from, to), copied);
    bytes.fill(0, copied + to - from, Math.min(bytes.length, copied + to - from + MARGIN));
    this.#pieceAt = at;
    this.#at = EVENTS_AT >> 2;
    const first = TEXT_AT;
    this.#kernel.run(
      first - Math.min(at, depth),
      first + Math.min(end - at + depth, to - at),
      first,
      first + end - at,
      at === 0 ? first : 0,
    );
    this.traits |= this.#events[TRAITS_AT >> 2] as number;
  }
}

/** The same in JavaScript, by an automaton (Aho-Corasick): for hosts without WebAssembly, and to compare with. */
export class PlainWalk implements Walk {
  literal = DIGIT;
  runEnd = 0;
  digitsEnd = 0;
  readonly traits = ALL_TRAITS;
  readonly #literals: readonly Literal[];
  readonly #gate: Automaton;
  #text: Uint8Array = NO_TEXT;
  /** The byte that is read next, and the state before it. */
  #next = 0;
  #state = 0;
  /** Endings of the last byte that are still to be told. */
  #ending = 0;
  #endingsTo = 0;

  constructor(literals: readonly Literal[]) {
    this.#literals = literals;
    this.#gate = new Automaton(literals.map(({ bytes }) => bytes));
  }

  begin(text: Uint8Array): void {
    this.#text = text;
    this.runEnd = 0;
    this.#next = 0;
    this.#state = 0;
    this.#ending = 0;
    this.#endingsTo = 0;
  }

  seek(): number {
    const { classOf, next, firstTelling, endings, endingsAt } = this.#gate;
    const text = this.#text;
    for (;;) {
      while (this.#ending < this.#endingsTo) {
        const index = endings[this.#ending++] as number;
        const literal = this.#literals[index];
        if (literal === undefined || !standsAt(text, this.#next, literal)) continue;
        this.literal = index;
        return this.#next - 1;
      }
      if (this.#next === text.length) {
        this.#text = NO_TEXT;
        this.#next = 0;
        return -1;
      }
      const at = this.#next++;
      const byte = text[at] as number;
      this.#state = next[(this.#state << CLASS_BITS) | (classOf[byte] as number)] as number;
      if (this.#state < firstTelling) continue;
      const told = this.#state - firstTelling;
      this.#ending = endingsAt[told] as number;
      this.#endingsTo = endingsAt[told + 1] as number;
      if (at < this.runEnd || !isDigit(byte)) continue;
      this.literal = DIGIT;
      this.digitsEnd = digitsEnd(text, at + 1);
      this.runEnd = alnumEnd(text, this.digitsEnd);
      return at;
    }
  }
}

/** Whether a literal, letters folded, that ends at `end` is written as its cue asks, with such neighbours. */
function standsAt(text: Uint8Array, end: number, { cue, bytes }: Literal): boolean {
  const start = end - bytes.length;
  if (cue.endsWord === true && end < text.length && isWord(text[end] as number)) return false;
  if (cue.startsWord === true && touchesWordBefore(text, start)) return false;
  const again = start + (cue.againAt ?? 0);
  if (again >= text.length || text[again] !== text[start]) return false;
  if (cue.exact === true) for (let i = 0; i < bytes.length; i++) if (bytes[i] !== text[start + i]) return false;
  if (cue.inHex !== true) return true;
  const own = text[start];
  if (end >= text.length || (!isHex(text[end] as number) && text[end] !== own)) return false;
  return start === 0 || isHex(text[start - 1] as number) || text[start - 1] === own;
}
