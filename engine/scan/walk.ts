/**
 * A walk of the gate over one text: from stop to stop, a stop being a byte at which a literal ends or that is a digit.
 * Stops are told a piece of the text at a time, into a list: by the kernel in WebAssembly where the host has it and the
 * piece is worth a call, else by a loop in JavaScript. A walk belongs to a scanner and is used again for the next text,
 * of which the kernel's memory holds the last piece until the one after overwrites it; it is never read from outside.
 */
import { type Automaton, CLASS_BITS } from './automaton.ts';
import { END_OF_LIST, type Kernel, LIST_A_AT, LIST_B_AT, PIECE, TEXT_AT } from './kernel.ts';

/** Shorter pieces, bytes, are walked in JavaScript: copying them and calling the kernel would take longer. */
const KERNEL_FROM = 128;
const NO_TEXT = new Uint8Array();

export class Walk {
  /** The state of the gate at the place that `seek` returned: a telling one. */
  state = 0;
  readonly #gate: Automaton;
  readonly #kernel: Kernel | null;
  /** The kernel's copy of the piece. */
  readonly #bytes: Uint8Array;
  /** Lists of stops, `place in the piece << 16 | state`; END_OF_LIST and the state at the end of the piece behind them. */
  readonly #stops: Int32Array;
  readonly #listA: number;
  #text: Uint8Array = NO_TEXT;
  #pieceAt = 0;
  #pieceEnd = 0;
  /** Index in `#stops` of the next stop, and of the second list while that is still to be read; else 0. */
  #at = 0;
  #listB = 0;
  /** Where in the piece the first list ends. */
  #splitAt = 0;

  /** `kernel` has been loaded with the tables of this gate. */
  constructor(gate: Automaton, kernel: Kernel | null) {
    this.#gate = gate;
    this.#kernel = kernel;
    this.#bytes = kernel === null ? NO_TEXT : new Uint8Array(kernel.memory, TEXT_AT, PIECE);
    this.#stops = kernel === null ? new Int32Array(PIECE + 2) : new Int32Array(kernel.memory);
    this.#listA = kernel === null ? 0 : LIST_A_AT >> 2;
  }

  begin(text: Uint8Array): void {
    this.#text = text;
    this.#pieceEnd = 0;
    this.#walkPiece(0);
  }

  /** The place of the next stop; -1 at the end of the text. */
  seek(): number {
    for (;;) {
      const stop = this.#stops[this.#at] as number;
      if (stop !== END_OF_LIST) {
        this.#at++;
        this.state = stop & 0xffff;
        return this.#pieceAt + (stop >>> 16);
      }
      if (this.#listB !== 0) {
        // Its stops within the first list's stretch are the first list's. END_OF_LIST counts as a place behind all.
        this.#at = this.#listB;
        while ((this.#stops[this.#at] as number) >>> 16 < this.#splitAt) this.#at++;
        this.#listB = 0;
      } else if (this.#pieceEnd < this.#text.length) this.#walkPiece(this.#stops[this.#at + 1] as number);
      else {
        this.#text = NO_TEXT;
        return -1;
      }
    }
  }

  #walkPiece(state: number): void {
    const start = this.#pieceEnd;
    const length = Math.min(PIECE, this.#text.length - start);
    this.#pieceAt = start;
    this.#pieceEnd = start + length;
    this.#at = this.#listA;
    this.#listB = 0;
    if (this.#kernel === null || length < KERNEL_FROM) this.#walkHere(start, start + length, state);
    else this.#walkInKernel(this.#kernel, length, state);
  }

  #walkHere(start: number, end: number, from: number): void {
    const { classOf, next, firstTelling } = this.#gate;
    const text = this.#text;
    const stops = this.#stops;
    let at = this.#listA;
    let state = from;
    for (let i = start; i < end; i++) {
      // Each index is within its table; asking again at each byte would halve the speed.
      state = next[(state << CLASS_BITS) | (classOf[text[i] as number] as number)] as number;
      if (state >= firstTelling) stops[at++] = ((i - start) << 16) | state;
    }
    stops[at] = END_OF_LIST;
    stops[at + 1] = state;
  }

  #walkInKernel(kernel: Kernel, length: number, state: number): void {
    const text = this.#text;
    this.#bytes.set(length === text.length ? text : text.subarray(this.#pieceAt, this.#pieceEnd));
    // The second walk begins at the root, `depth` bytes or more before its own stretch: there its state is right, since
    // a state depends on no more bytes than the longest literal has.
    const { depth } = this.#gate;
    const isSplit = length > 2 * depth;
    const each = isSplit ? (length + depth + 1) >> 1 : length;
    kernel.walkTwo(0, length - each, each, state);
    this.#splitAt = each;
    if (isSplit) this.#listB = LIST_B_AT >> 2;
  }
}
