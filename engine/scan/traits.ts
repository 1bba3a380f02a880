/**
 * What a text may hold, told while the gate reads it: without one of these, nobody needs to look for what it is a part
 * of. A trait that is there only says that looking is worth while.
 */

export const [NOT_ASCII, BACKSLASHES, PERCENTS, AMPERSANDS, LETTER_RUNS, SPELLING] = [1, 2, 4, 8, 16, 32];
/** Of a text that nobody has looked at. */
export const ALL_TRAITS = 63;

/** Letters and digits of base64 in a row that are told as LETTER_RUNS. */
export const RUN_LENGTH = 15;
/** Letters or digits with one sign between each that are told as SPELLING. */
export const SPELLED_LENGTH = 9;

/** Kinds of bytes as bits that the two halves of a byte share: each is a square of a table of sixteen by sixteen. */
const [DIGITS, FIRST_LETTERS, LAST_LETTERS, UNDERSCORE, SIGNS] = [1, 2, 4, 8, 16];
/** Of ASCII letters and digits. */
export const ALNUM_BITS = DIGITS | FIRST_LETTERS | LAST_LETTERS;
/** And of the signs of base64 in either alphabet. */
export const LETTER_BITS = ALNUM_BITS | UNDERSCORE | SIGNS;

const halves = (kinds: readonly (readonly [bits: number, holds: (half: number) => boolean])[]): readonly number[] =>
  Array.from({ length: 16 }, (_, half) => kinds.reduce((sum, [bits, holds]) => (holds(half) ? sum | bits : sum), 0));

/** By the upper four bits of a byte: `0`, `@` and \`, `P` and `p`, `_`, `+`, `-` and `/`. */
export const UPPER_HALVES = halves([
  [DIGITS, (half) => half === 3],
  [FIRST_LETTERS, (half) => half === 4 || half === 6],
  [LAST_LETTERS, (half) => half === 5 || half === 7],
  [UNDERSCORE, (half) => half === 5],
  [SIGNS, (half) => half === 2],
]);
/** By the lower four. */
export const LOWER_HALVES = halves([
  [DIGITS, (half) => half <= 9],
  [FIRST_LETTERS, (half) => half >= 1],
  [LAST_LETTERS, (half) => half <= 10],
  [UNDERSCORE, (half) => half === 15],
  [SIGNS, (half) => half === 11 || half === 13 || half === 15],
]);
