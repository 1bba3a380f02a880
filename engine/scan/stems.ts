/**
 * What the gate's kernel looks for, as an automaton (Aho-Corasick) over stems: the first eight bytes of each literal, as
 * codes of six bits that ASCII letters share with their capitals, all digits with each other, and what is not ASCII with
 * signs. So a row of its table is 128 bytes and there are half as many rows as for whole literals; what is read often
 * lies in the first of a row's two cache lines. What a code or the end of a stem leaves open, the kernel compares where
 * a stem stands.
 */
import { isAlnum, isDigit, isHex, isLetter, isWord } from './bytes.ts';
import type { Cue } from './recognizer.ts';

/** A literal that the gate looks for, and what its cue asks of its neighbours. */
export interface Literal {
  readonly cue: Cue;
  readonly bytes: Uint8Array;
}

/** States carry a code below them. */
export const CODE_BITS = 6;
const CODES = 1 << CODE_BITS;
/** Bytes of a stem. */
export const STEM = 8;

/** The first code is that of a byte of its own; those behind the last are shared by what is not named. From the most frequent in texts on: half of them fill a cache line. */
const NAMED = ' etaoinsrhldcumfpgwybv0".-_,:/k\nxjqz(=)\'*\t;<>@[]`{|}+&%$#!?^~\\';
const SHARED_FROM = 48;

export const CODE_OF = Uint8Array.from({ length: 256 }, (_, byte) => {
  const at = NAMED.indexOf(isDigit(byte) ? '0' : String.fromCharCode(isLetter(byte) ? byte | 0x20 : byte));
  return at === -1 ? SHARED_FROM + (byte % (CODES - SHARED_FROM)) : at;
});
const DIGIT_CODE = NAMED.indexOf('0');

/** What is asked of the neighbours of a literal, as bits. */
export const [STARTS_WORD, ENDS_WORD, IN_HEX] = [1, 2, 4];

export function asksOf({ startsWord, endsWord, inHex }: Cue): number {
  return (startsWord === true ? STARTS_WORD : 0) | (endsWord === true ? ENDS_WORD : 0) | (inHex === true ? IN_HEX : 0);
}

/** Kinds of bytes that the kernel asks for, as bits. */
export const [OF_WORD, OF_HEX, OF_RUN, OF_DIGIT] = [1, 2, 4, 8];
export const KIND_OF = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    (isWord(byte) ? OF_WORD : 0) |
    (isHex(byte) ? OF_HEX : 0) |
    (isAlnum(byte) ? OF_RUN : 0) |
    (isDigit(byte) ? OF_DIGIT : 0),
);

export interface Stems {
  /** Next state by (state << CODE_BITS) | code; the first state is 0. */
  readonly next: Uint16Array;
  /** States from here on have something to tell: a digit that follows none, or stems that end there. */
  readonly firstTelling: number;
  /** By state from `firstTelling` on, the numbers of the literals whose stems end there. */
  readonly told: readonly (readonly number[])[];
}

/** Null where there are more states than a number of 16 bits tells. */
export function stemsOf(literals: readonly Literal[]): Stems | null {
  const most = literals.reduce((sum, { bytes }) => sum + Math.min(STEM, bytes.length), 3);
  // Its memory is new and all of it is written: half of it is half of the time.
  const next = most > 0xffff ? new Int32Array(most << CODE_BITS) : new Uint16Array(most << CODE_BITS);
  const own: (number[] | undefined)[] = [];
  let states = 1;
  const follow = (state: number, code: number): number => {
    const at = (state << CODE_BITS) | code;
    if (next[at] === 0) next[at] = states++;
    return next[at] as number;
  };
  const digit = follow(0, DIGIT_CODE);
  for (const [number, { bytes }] of literals.entries()) {
    let state = 0;
    for (let i = 0; i < bytes.length && i < STEM; i++) state = follow(state, CODE_OF[bytes[i] as number] as number);
    const known = own[state];
    if (known === undefined) own[state] = [number];
    else known.push(number);
  }
  const further = states++;
  const { order, isAfterDigit, told } = complete(next, own, states);
  // A digit that follows another leads to a state of its own, which goes on as the digit's does and tells nothing of
  // it: whoever hears of the first reads on by itself.
  next.copyWithin(further << CODE_BITS, digit << CODE_BITS, (digit + 1) << CODE_BITS);
  told[further] = own[digit] ?? NONE;
  order.push(further);
  isAfterDigit[further] = 1;
  for (let state = 0; state < states; state++) {
    const at = (state << CODE_BITS) | DIGIT_CODE;
    if (isAfterDigit[state] === 1 && next[at] === digit) next[at] = further;
  }
  return states > 0xffff
    ? null
    : numbered(next, order, told, (state) => state !== further && isAfterDigit[state] === 1);
}

const NONE: readonly number[] = [];

/** Gives each state its way on for each code: where it has no child, that of its longest suffix. */
function complete(
  next: Int32Array | Uint16Array,
  own: readonly (readonly number[] | undefined)[],
  states: number,
): { order: number[]; isAfterDigit: Uint8Array; told: (readonly number[])[] } {
  const fail = new Int32Array(states);
  const isAfterDigit = new Uint8Array(states);
  const told: (readonly number[])[] = Array<readonly number[]>(states).fill(NONE);
  const order = [0];
  for (let head = 0; head < order.length; head++) {
    const state = order[head] as number;
    const back = fail[state] as number;
    const ending = own[state];
    const suffixes = told[back] as readonly number[];
    told[state] = ending === undefined ? suffixes : suffixes.length === 0 ? ending : [...ending, ...suffixes];
    for (let code = 0; code < CODES; code++) {
      const at = (state << CODE_BITS) | code;
      const child = next[at] as number;
      const beside = state === 0 ? 0 : (next[(back << CODE_BITS) | code] as number);
      if (child === 0) {
        next[at] = beside;
        continue;
      }
      fail[child] = beside;
      if (code === DIGIT_CODE) isAfterDigit[child] = 1;
      order.push(child);
    }
  }
  return { order, isAfterDigit, told };
}

/** Telling states are numbered behind the others: the loop over the text then has one comparison a byte. */
function numbered(
  next: Int32Array | Uint16Array,
  order: readonly number[],
  told: readonly (readonly number[])[],
  isFirstDigit: (state: number) => boolean,
): Stems {
  const tells = (state: number): boolean => (told[state] ?? NONE).length > 0 || isFirstDigit(state);
  const ranked = [...order.filter((state) => !tells(state)), ...order.filter(tells)];
  const number = new Uint16Array(told.length);
  for (const [index, state] of ranked.entries()) number[state] = index;
  const table = new Uint16Array(ranked.length << CODE_BITS);
  for (const [index, state] of ranked.entries()) {
    const from = state << CODE_BITS;
    const to = index << CODE_BITS;
    for (let code = 0; code < CODES; code++) table[to + code] = number[next[from + code] as number] as number;
  }
  const firstTelling = ranked.findIndex(tells);
  return { next: table, firstTelling, told: ranked.slice(firstTelling).map((state) => told[state] ?? NONE) };
}
