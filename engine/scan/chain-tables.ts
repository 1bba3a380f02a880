/**
 * Who wants to see a part of a chain: by its length, its groups and which of its characters are digits. What no
 * recognizer has a form for is handed to nobody, and what is asked of all alike is asked once: that a value stands by
 * itself, and that one of the words without which it is nothing stands near it.
 */
import type { ContextWords } from './context.ts';
import { type ContextIndex, setBit } from './context-index.ts';
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
  /** The lists of all of `worded`, as bits of the context index. */
  readonly words: Uint32Array;
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
  const words = new Uint32Array(index.size);
  for (const one of worded) setBit(words, index.numberOf(one.words));
  return {
    free: recognizers.filter((one) => one.asksAlone !== true),
    alone: recognizers.filter((one) => one.asksAlone === true && !asksContext(one)),
    worded,
    words,
  };
}

/** Of parts of chains of digits. */
export class NumberTable {
  readonly #byDigits: readonly (readonly Recognizer[])[];
  readonly #index: ContextIndex;
  /** What was made out for a way of grouping: bit i for a group that ends behind digit i, EVEN. */
  readonly #known = new Map<number, Wanted | null>();

  constructor(recognizers: readonly Recognizer[], index: ContextIndex) {
    this.#index = index;
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

  /** `ends`: bit i for a group that ends behind digit i, of MAX_PART_DIGITS at most. `isEven`: one group, or one separator throughout. */
  of(ends: number, isEven: boolean): Wanted | null {
    const key = isEven ? ends | EVEN : ends;
    const known = this.#known.get(key);
    return known === undefined ? this.#makeOut(key, ends, isEven) : known;
  }

  #makeOut(key: number, ends: number, isEven: boolean): Wanted | null {
    const sizes = sizesOf(ends);
    const hasSizes = ({ numbers }: Recognizer): boolean =>
      sizes.length === 1 || (numbers?.forms?.some(({ groups }) => groups.join() === sizes.join()) ?? false);
    const asking = (this.#byDigits[32 - Math.clz32(ends)] ?? []).filter(
      (one) =>
        one.numbers !== undefined &&
        one.numbers.minGroups <= sizes.length &&
        sizes.length <= one.numbers.maxGroups &&
        (one.numbers.forms === undefined || isEven || hasSizes(one)),
    );
    const wanted = wantedOf(
      asking,
      this.#index,
      (one) => one.asksContext === true || (one.numbers?.asksContextIfOdd === true && !hasSizes(one)),
    );
    if (this.#known.size >= MAX_KEPT) this.#known.clear();
    this.#known.set(key, wanted);
    return wanted;
  }
}

/** Above the bits of MAX_PART_DIGITS digits. */
const EVEN = 1 << MAX_PART_DIGITS;

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
  /** By length: what was made out for a pattern of digits. */
  readonly #known: Map<number, Wanted | null>[] = [];
  #kept = 0;

  constructor(recognizers: readonly Recognizer[], index: ContextIndex) {
    this.#index = index;
    for (const recognizer of recognizers) {
      for (const length of new Set(recognizer.codes?.map((form) => form.length))) {
        this.#byLength[length] = [...(this.#byLength[length] ?? []), recognizer];
        this.#known[length] ??= new Map();
      }
    }
  }

  /** Bit i of `digits`: character i is a digit. */
  of(length: number, digits: number): Wanted | null {
    const known = this.#known[length];
    if (known === undefined) return null;
    const wanted = known.get(digits);
    return wanted === undefined ? this.#makeOut(length, digits) : wanted;
  }

  #makeOut(length: number, digits: number): Wanted | null {
    const asking = (this.#byLength[length] ?? []).filter(({ codes }) =>
      codes?.some(
        (form) =>
          form.length === length && (digits & form.digitMask) === form.digitMask && (digits & form.letterMask) === 0,
      ),
    );
    const wanted = wantedOf(asking, this.#index, (one) => one.asksContext === true);
    if (this.#kept >= MAX_KEPT) {
      for (const one of this.#known) one?.clear();
      this.#kept = 0;
    }
    this.#known[length]?.set(digits, wanted);
    this.#kept++;
    return wanted;
  }
}
