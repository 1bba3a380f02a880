/**
 * Who wants to see a part of a chain: by its length, its groups and which of its characters are digits. What no
 * recognizer has a form for is handed to nobody, and what is asked of all alike is asked once: that a value stands by
 * itself, and that one of the words without which it is nothing stands near it.
 */
import type { ContextWords } from './context.ts';
import type { ContextIndex, ListSet } from './context-index.ts';
import { MAX_FORM } from './forms.ts';
import { MAX_PART_DIGITS } from './numbers.ts';
import type { Recognizer } from './recognizer.ts';

/** A recognizer that is asked only where one of its words is near. */
export interface Worded {
  readonly recognizer: Recognizer;
  readonly words: ContextWords;
}

export interface Wanted {
  /** Asked wherever the chain stands. */
  readonly free: readonly Recognizer[];
  /** Asked where it stands by itself. */
  readonly alone: readonly Recognizer[];
  /** Asked where it stands by itself and one of their words is near it. */
  readonly worded: readonly Worded[];
  /** The lists of all of `worded`. */
  readonly words: ListSet;
}

function wantedOf(
  recognizers: readonly Recognizer[],
  index: ContextIndex,
  asksContext: (recognizer: Recognizer) => boolean,
): Wanted | null {
  if (recognizers.length === 0) return null;
  const worded = recognizers.flatMap((recognizer) =>
    recognizer.context !== undefined && asksContext(recognizer) ? [{ recognizer, words: recognizer.context }] : [],
  );
  return {
    free: recognizers.filter((one) => one.asksAlone !== true),
    alone: recognizers.filter((one) => one.asksAlone === true && !asksContext(one)),
    worded,
    words: index.setOf(worded.map(({ words }) => words)),
  };
}

/** Of parts of chains of digits. */
export class NumberTable {
  readonly #byDigits: readonly (readonly Recognizer[])[];
  readonly #index: ContextIndex;
  readonly #least: number;
  /** What was made out for a way of grouping: bit i for a group that ends behind digit i, EVEN. */
  readonly #known = new Map<number, Wanted | null>();

  /** What scores less than `least` without a word is asked for only where one is near. */
  constructor(recognizers: readonly Recognizer[], index: ContextIndex, least: number) {
    this.#index = index;
    this.#least = least;
    this.#byDigits = Array.from({ length: MAX_PART_DIGITS + 1 }, (_, digits) =>
      recognizers.filter(
        ({ numbers }) =>
          numbers !== undefined &&
          numbers.minDigits <= digits &&
          digits <= numbers.maxDigits &&
          (numbers.forms?.some((form) => form.length === digits) ?? true),
      ),
    );
  }

  /**
   * `ends`: bit i for a group that ends behind digit i, of MAX_PART_DIGITS at most. `joined`: bits of the separators
   * between the groups. `isEven`: one group, or one separator throughout. `isLoose`: spaces alone part its groups, and
   * more groups stand before or behind.
   */
  of(ends: number, joined: number, isEven: boolean, isLoose: boolean): Wanted | null {
    const key = ends | (joined << JOINED_SHIFT) | (isEven ? EVEN : 0) | (isLoose ? LOOSE : 0);
    const known = this.#known.get(key);
    return known === undefined ? this.#makeOut(key, ends, joined, isEven, isLoose) : known;
  }

  #makeOut(key: number, ends: number, joined: number, isEven: boolean, isLoose: boolean): Wanted | null {
    const sizes = sizesOf(ends);
    const isOne = sizes.length === 1;
    const written = sizes.join('-');
    const hasSizes = ({ numbers }: Recognizer): boolean =>
      isOne ||
      (numbers?.forms?.some(({ groups }) => groups.join('-') === written) ??
        numbers?.sizes?.includes(written) ??
        false);
    const asking = (this.#byDigits[32 - Math.clz32(ends)] ?? []).filter(
      (one) =>
        one.numbers !== undefined &&
        one.numbers.minGroups <= sizes.length &&
        sizes.length <= one.numbers.maxGroups &&
        (joined & ~(one.numbers.separators ?? ANY_SEPARATOR)) === 0 &&
        (isOne || (one.numbers.sizes?.includes(written) ?? true)) &&
        (one.numbers.forms === undefined || isEven || hasSizes(one)),
    );
    const wanted = wantedOf(
      asking,
      this.#index,
      (one) =>
        one.asksContext === true ||
        (one.numbers?.asksContextIfOdd === true && !hasSizes(one)) ||
        isLow(one.scoreAlone, !isOne && !isLoose && hasSizes(one), this.#least),
    );
    if (this.#known.size >= MAX_KEPT) this.#known.clear();
    this.#known.set(key, wanted);
    return wanted;
  }
}

function isLow(alone: Recognizer['scoreAlone'], isPrinted: boolean, least: number): boolean {
  return alone !== undefined && (isPrinted ? alone.printed : alone.compact) < least;
}

const ANY_SEPARATOR = 0x1f;
/** Above the bits of MAX_PART_DIGITS digits: the separators, then what else is told apart. */
const JOINED_SHIFT = MAX_PART_DIGITS;
const EVEN = 1 << (JOINED_SHIFT + 5);
const LOOSE = EVEN << 1;

function sizesOf(ends: number): readonly number[] {
  const sizes: number[] = [];
  for (let at = 0, from = 0; at < MAX_PART_DIGITS; at++) {
    if (((ends >> at) & 1) === 0) continue;
    sizes.push(at + 1 - from);
    from = at + 1;
  }
  return sizes;
}

/** Ways of grouping, and patterns of digits, that are kept; texts are free to come up with more. */
const MAX_KEPT = 4096;

/** Of parts of chains of letters and digits. */
export class CodeTable {
  readonly #byLength: (readonly Recognizer[])[] = [];
  readonly #index: ContextIndex;
  readonly #least: number;
  /** By length, of one group and, MAX_FORM on, of several: what was made out for a pattern of digits. */
  readonly #known: Map<number, Wanted | null>[] = [];
  #kept = 0;

  /** What scores less than `least` without a word is asked for only where one is near. */
  constructor(recognizers: readonly Recognizer[], index: ContextIndex, least: number) {
    this.#index = index;
    this.#least = least;
    for (const recognizer of recognizers) {
      for (const length of new Set(recognizer.codes?.map((form) => form.length))) {
        this.#byLength[length] = [...(this.#byLength[length] ?? []), recognizer];
        this.#known[length] ??= new Map();
        this.#known[length + MAX_FORM] ??= new Map();
      }
    }
  }

  /** Bit i of `digits`: character i is a digit. */
  of(length: number, digits: number, isOne: boolean): Wanted | null {
    const known = this.#known[isOne ? length : length + MAX_FORM];
    if (known === undefined) return null;
    const wanted = known.get(digits);
    return wanted === undefined ? this.#makeOut(length, digits, isOne, known) : wanted;
  }

  #makeOut(length: number, digits: number, isOne: boolean, known: Map<number, Wanted | null>): Wanted | null {
    const asking = (this.#byLength[length] ?? []).filter(({ codes }) =>
      codes?.some(
        (form) =>
          form.length === length && (digits & form.digitMask) === form.digitMask && (digits & form.letterMask) === 0,
      ),
    );
    const wanted = wantedOf(
      asking,
      this.#index,
      (one) => one.asksContext === true || isLow(one.codeScoreAlone, !isOne, this.#least),
    );
    if (this.#kept >= MAX_KEPT) {
      for (const one of this.#known) one?.clear();
      this.#kept = 0;
    }
    known.set(digits, wanted);
    this.#kept++;
    return wanted;
  }
}
