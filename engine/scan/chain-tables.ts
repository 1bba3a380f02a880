/**
 * Who wants to see a part of a chain: by its length, its groups and which of its characters are digits. What no
 * recognizer has a form for is handed to nobody, and what is asked of all alike is asked once: that a value stands by
 * itself, and that one of the words without which it is nothing stands near it.
 */
import type { ContextWords } from './context.ts';
import type { ContextIndex, ListSet } from './context-index.ts';
import type { Form } from './forms.ts';
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

/** The different ones: texts are free to come up with ever more patterns, which come down to a few hundred of these. */
class AllWanted {
  readonly #index: ContextIndex;
  readonly #numbers = new Map<Recognizer, number>();
  readonly #made = new Map<string, Wanted>();

  constructor(recognizers: readonly Recognizer[], index: ContextIndex) {
    this.#index = index;
    for (const [number, recognizer] of recognizers.entries()) this.#numbers.set(recognizer, number);
  }

  of(recognizers: readonly Recognizer[], asksContext: (recognizer: Recognizer) => boolean): Wanted | null {
    if (recognizers.length === 0) return null;
    const isWorded = recognizers.map((one) => one.context !== undefined && asksContext(one));
    const key = recognizers.map((one, i) => `${this.#numbers.get(one)}${isWorded[i] === true ? 'w' : ''}`).join();
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const worded = recognizers.flatMap((recognizer, i) =>
      recognizer.context !== undefined && isWorded[i] === true ? [{ recognizer, words: recognizer.context }] : [],
    );
    const wanted = {
      free: recognizers.filter((one, i) => one.asksAlone !== true && isWorded[i] !== true),
      alone: recognizers.filter((one, i) => one.asksAlone === true && isWorded[i] !== true),
      worded,
      words: this.#index.setOf(worded.map(({ words }) => words)),
    };
    if (this.#made.size < MAX_MADE) this.#made.set(key, wanted);
    return wanted;
  }
}

const MAX_MADE = 4096;

/** log2 of the patterns that are kept; one that comes to the place of another drives it out. */
const SLOT_BITS = 12;

/** What was made out for patterns of two numbers. */
class Kept {
  readonly #first = new Int32Array(1 << SLOT_BITS);
  readonly #second = new Int32Array(1 << SLOT_BITS);
  readonly #wanted: (Wanted | null | undefined)[] = Array.from({ length: 1 << SLOT_BITS }, () => undefined);

  get(first: number, second: number): Wanted | null | undefined {
    const slot = slotOf(first, second);
    return this.#first[slot] === first && this.#second[slot] === second ? this.#wanted[slot] : undefined;
  }

  set(first: number, second: number, wanted: Wanted | null): void {
    const slot = slotOf(first, second);
    this.#first[slot] = first;
    this.#second[slot] = second;
    this.#wanted[slot] = wanted;
  }
}

function slotOf(first: number, second: number): number {
  return (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> (32 - SLOT_BITS);
}

/** Of parts of chains of digits. */
export class NumberTable {
  readonly #byDigits: readonly (readonly Recognizer[])[];
  readonly #all: AllWanted;
  readonly #least: number;
  readonly #ofOne: readonly (Wanted | null)[];
  readonly #kept = new Kept();

  /** What scores less than `least` without a word is asked for only where one is near. */
  constructor(recognizers: readonly Recognizer[], index: ContextIndex, least: number) {
    this.#all = new AllWanted(recognizers, index);
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
    this.#ofOne = this.#byDigits.map((_, digits) => (digits === 0 ? null : this.of(1 << (digits - 1), 0, true, false)));
  }

  /** Of one group of so many digits. */
  ofOne(digits: number): Wanted | null {
    return this.#ofOne[digits] ?? null;
  }

  /**
   * `ends`: bit i for a group that ends behind digit i, of MAX_PART_DIGITS at most. `joined`: bits of the separators
   * between the groups. `isEven`: one group, or one separator throughout. `isLoose`: spaces alone part its groups, and
   * more groups stand before or behind.
   */
  of(ends: number, joined: number, isEven: boolean, isLoose: boolean): Wanted | null {
    const how = joined | (isEven ? EVEN : 0) | (isLoose ? LOOSE : 0);
    const kept = this.#kept.get(ends, how);
    if (kept !== undefined) return kept;
    const wanted = this.#makeOut(ends, joined, isEven, isLoose);
    this.#kept.set(ends, how, wanted);
    return wanted;
  }

  #makeOut(ends: number, joined: number, isEven: boolean, isLoose: boolean): Wanted | null {
    const sizes = sizesOf(ends);
    const isOne = sizes.length === 1;
    const written = sizes.join('-');
    const hasSizes = ({ numbers }: Recognizer): boolean =>
      isOne || hasForm(numbers?.forms, written) || numbers?.sizes?.includes(written) === true;
    const asking = (this.#byDigits[32 - Math.clz32(ends)] ?? []).filter(
      (one) =>
        one.numbers !== undefined &&
        one.numbers.minGroups <= sizes.length &&
        sizes.length <= one.numbers.maxGroups &&
        (joined & ~(one.numbers.separators ?? ANY_SEPARATOR)) === 0 &&
        (isOne || (one.numbers.sizes?.includes(written) ?? true)) &&
        (one.numbers.forms === undefined || isEven || hasSizes(one)),
    );
    return this.#all.of(
      asking,
      (one) =>
        one.asksContext === true ||
        (one.numbers?.asksContextIfOdd === true && !hasSizes(one)) ||
        isLow(one.scoreAlone, !isOne && !isLoose && hasSizes(one), this.#least),
    );
  }
}

function isLow(alone: Recognizer['scoreAlone'], isPrinted: boolean, least: number): boolean {
  return alone !== undefined && (isPrinted ? alone.printed : alone.compact) < least;
}

function hasForm(forms: readonly Form[] | undefined, written: string): boolean {
  return forms?.some(({ sizes }) => sizes === written) === true;
}

const ANY_SEPARATOR = 0x1f;
/** Above the bits of the separators. */
const EVEN = 0x20;
const LOOSE = 0x40;

/** Sizes of groups by the places of their last characters. */
function sizesOf(ends: number): readonly number[] {
  const sizes: number[] = [];
  for (let at = 0, from = 0; at < 31; at++) {
    if (((ends >> at) & 1) === 0) continue;
    sizes.push(at + 1 - from);
    from = at + 1;
  }
  return sizes;
}

/** Of parts of chains of letters and digits. */
export class CodeTable {
  readonly #byLength: (readonly Recognizer[])[] = [];
  /** By length, pairs of what the forms of that length ask for: which characters are digits, and which letters. */
  readonly #masks: (Int32Array | undefined)[] = [];
  readonly #all: AllWanted;
  readonly #least: number;
  readonly #kept = new Kept();

  /** What scores less than `least` without a word is asked for only where one is near. */
  constructor(recognizers: readonly Recognizer[], index: ContextIndex, least: number) {
    this.#all = new AllWanted(recognizers, index);
    this.#least = least;
    for (const recognizer of recognizers)
      for (const length of new Set(recognizer.codes?.map((form) => form.length)))
        this.#byLength[length] = [...(this.#byLength[length] ?? []), recognizer];
    for (const [length, known] of this.#byLength.entries())
      if (known !== undefined) this.#masks[length] = masksOf(known, length);
  }

  /**
   * `ends`: bit i for a group that ends behind character i. `digits`: bit i where character i is a digit. `isEven`: one
   * group, or one separator throughout.
   */
  of(length: number, ends: number, digits: number, isEven: boolean): Wanted | null {
    const masks = this.#masks[length];
    if (masks === undefined) return null;
    const how = isEven ? ~ends : ends;
    const kept = this.#kept.get(how, digits);
    if (kept !== undefined) return kept;
    // Hashes come with ever other digits, which no form has: they are not kept, and drive nothing out.
    if (!isAsked(masks, digits)) return null;
    const wanted = this.#makeOut(length, ends, digits, isEven);
    this.#kept.set(how, digits, wanted);
    return wanted;
  }

  #makeOut(length: number, ends: number, digits: number, isEven: boolean): Wanted | null {
    const sizes = sizesOf(ends);
    const isOne = sizes.length === 1;
    const written = sizes.join('-');
    const takes = (form: Form): boolean =>
      form.length === length &&
      (digits & form.digitMask) === form.digitMask &&
      (digits & form.letterMask) === 0 &&
      (isEven || form.sizes === written);
    const asking = (this.#byLength[length] ?? []).filter(({ codes }) => codes?.some(takes));
    return this.#all.of(
      asking,
      (one) =>
        one.asksContext === true || isLow(one.codeScoreAlone, !isOne && hasForm(one.codes, written), this.#least),
    );
  }
}

/** Each pair once. */
function masksOf(recognizers: readonly Recognizer[], length: number): Int32Array {
  const forms = recognizers.flatMap(({ codes }) => codes?.filter((form) => form.length === length) ?? []);
  const pairs = new Map(
    forms.map(({ digitMask, letterMask }) => [`${digitMask} ${letterMask}`, [digitMask, letterMask]]),
  );
  return Int32Array.from([...pairs.values()].flat());
}

function isAsked(masks: Int32Array, digits: number): boolean {
  for (let i = 0; i < masks.length; i += 2) {
    const mask = masks[i] as number;
    if ((digits & mask) === mask && (digits & (masks[i + 1] as number)) === 0) return true;
  }
  return false;
}
