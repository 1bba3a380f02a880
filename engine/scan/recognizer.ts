/**
 * What a recognizer is. One looks at the text only where one of its cues stands: a literal found by the gate, a chain
 * of digits found by the number pass, or the label of the text as a whole. It reports spans and scores; it never
 * keeps a value.
 */
import type { Category } from '../../flow/finding.ts';
import type { CodeChain } from './codes.ts';
import type { ContextWords } from './context.ts';
import type { Form } from './forms.ts';
import type { NumberChain } from './numbers.ts';
import type { Passage } from './passage.ts';

/** A literal that the gate looks for, ASCII letters in either case unless `exact`. */
export interface Cue {
  readonly literal: string;
  /** The literal must be written in this case. */
  readonly exact?: boolean;
  /** No letter, digit or underscore may stand before it. */
  readonly startsWord?: boolean;
  /** No letter, digit or underscore may follow it. */
  readonly endsWord?: boolean;
  /** Of a one-byte literal: the same byte must stand this many bytes on. */
  readonly againAt?: number;
  /** A hexadecimal digit, or the literal's own byte, must stand on either side. */
  readonly inHex?: boolean;
}

/** Which chains of digits a recognizer wants to see: by their digits and by how many groups they are written in. */
export interface NumberShape {
  readonly minDigits: number;
  readonly maxDigits: number;
  readonly minGroups: number;
  readonly maxGroups: number;
  /** The printed forms, where a chain has to have one of them: then only chains that may are handed out. */
  readonly forms?: readonly Form[];
  /** Digits of each group, such as `4-4-4-4`, where it is written in several; any unless said. */
  readonly sizes?: readonly string[];
  /** Separators that may stand between its groups, as bits; any unless said. */
  readonly separators?: number;
  /** In groups of other sizes than those of its forms it is nothing without one of the words of `context`. */
  readonly asksContextIfOdd?: boolean;
}

/** Which runs of letters and digits a recognizer wants to see, by their length in bytes. */
export interface RunShape {
  readonly min: number;
  readonly max: number;
}

/** A text that holds a finding: its exact value, and at least this score (0.5 unless said). */
export interface HitExample {
  readonly text: string;
  readonly value: string;
  readonly label?: string;
  readonly atLeast?: number;
}

/** A text that holds no finding of this entity at medium or higher. */
export interface MissExample {
  readonly text: string;
  readonly label?: string;
}

/** A RegExp, or what finds more than one can. The text is read a byte a character. */
export interface Opening {
  exec(text: string): { readonly index: number } | null;
}

/**
 * How far a value reaches: of a text that comes in pieces, so much may have to wait for the rest. Nothing need be said of
 * values without white space up to 256 bytes, nor of groups of digits and capitals with separators between.
 */
export interface Reach {
  /** Bytes of the longest value; 256 unless said. */
  readonly maxLength?: number;
  /** Words of the longest value that is written in words. */
  readonly words?: number;
  /** Matches an end of a text in which a value with white space has begun (`$` is the end); the value begins where the match does. */
  readonly opens?: Opening;
  /** Of a value that is told by its beginning alone, where it ends: it is replaced at once, and what follows up to here dropped. */
  readonly closes?: RegExp;
}

export interface Recognizer {
  /** kebab-case, unique. */
  readonly name: string;
  readonly entity: string;
  readonly category: Category;
  /** ISO 3166-1 alpha-2; empty where it belongs to no country. */
  readonly countries: readonly string[];
  readonly cues?: readonly Cue[];
  readonly numbers?: NumberShape;
  /** Forms with letters whose chains of letters and digits it wants to see. */
  readonly codes?: readonly Form[];
  /** Letters (this many, at the start of a word) that stand directly before the digits that it wants to see. */
  readonly prefixLetters?: number;
  /** Runs of ASCII letters and digits, with at least one of each, between bytes that are neither. */
  readonly runs?: RunShape;
  /** Words of a label (key, header or field name) that call `findLabelled` with the whole text. */
  readonly labels?: ContextWords;
  /** Words near a value, or in its label, that lift its score. */
  readonly context?: ContextWords;
  /** Chains are handed out only where they stand by themselves, as `mayBeValue` tells. */
  readonly asksAlone?: boolean;
  /** Chains are handed out only where one of the words of `context` is near. */
  readonly asksContext?: boolean;
  /**
   * The score of a value of `numbers` without a word near it: written without separators, and in groups as it is
   * printed. Absent: not known before it is looked at. A scanner that is asked for more hands it out only where a word is near.
   */
  readonly scoreAlone?: { readonly compact: number; readonly printed: number };
  /** The same for `codes`. */
  readonly codeScoreAlone?: { readonly compact: number; readonly printed: number };
  /** True where what it finds holds values of other kinds that are not reported beside it: a key block, a URL. */
  readonly isWhole?: boolean;
  /** Another entity that everything found here is as well: a wider class. */
  readonly alsoEntity?: string;
  readonly reach?: Reach;
  /** A literal cue stands at `start`..`end`. */
  findAtCue?(passage: Passage, start: number, end: number, cue: Cue): void;
  /** Groups `first`..`last` of a chain have the wanted number of digits. */
  findInNumbers?(passage: Passage, chain: NumberChain, first: number, last: number): void;
  /**
   * Whether the letters and digits of one of `codes`, letters in upper case, can be a value; `isUpper` where they are written
   * so. Asked before words are looked for, which costs more than most checks. Absent: not known.
   */
  mayBeCode?(compact: string, isUpper: boolean): boolean;
  /** Groups `first`..`last` of a chain of letters and digits have the length and the digits of one of `codes`. */
  findInCodes?(passage: Passage, chain: CodeChain, first: number, last: number): void;
  /** A word begins at `start` with `prefixLetters` letters and then a digit. */
  findPrefixed?(passage: Passage, start: number): void;
  /** A run of letters and digits of the wanted length; an underscore may touch it. */
  findRun?(passage: Passage, start: number, end: number): void;
  /** The text as a whole bears a label with one of `labels`. */
  findLabelled?(passage: Passage): void;
  /**
   * What `findLabelled` reports of `start`..`end` where they are all of a text, told without one being made of them: for
   * the cells of a column; -1 where that has to be asked.
   */
  labelledScore?(text: Uint8Array, start: number, end: number): number;
  /** Called once, after all cues: for kinds that many cues together make, and for what concerns the text as a whole. */
  finish?(passage: Passage): void;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** Joins the pieces of an example, so that no literal that looks like a secret stands in the source. */
export function assembled(...pieces: readonly string[]): string {
  return pieces.join('');
}
