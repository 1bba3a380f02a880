/** Printed forms of identification numbers: `###.###.###-##`, `@@ ## ## ## @`. Compiled once, compared by masks and sizes. */
import { isDigits as hasDigits } from './check-digits.ts';
import { DASH, DOT, PAREN, SLASH, SPACE } from './numbers.ts';

/** How a chain of groups is written: without separators, as printed, or with separators at other places. */
export type Fit = 'none' | 'compact' | 'printed' | 'other';

export interface Form {
  /** Characters without separators. */
  readonly length: number;
  readonly isDigits: boolean;
  /** Two letters or more stand for themselves: a country's, a register's. */
  readonly hasLetters: boolean;
  /** Any digits: what a chain of so many digits always has. */
  readonly isAnyDigits: boolean;
  /** Bit i: character i must be a digit; must be a letter. */
  readonly digitMask: number;
  readonly letterMask: number;
  readonly groups: readonly number[];
  /** The same, as `3-3-4`. */
  readonly sizes: string;
  /** Bits of the separator after each group but the last. */
  readonly separators: readonly number[];
  /** Whether a value without separators, in upper case, has this form, its literal characters included. */
  takes(compact: string): boolean;
}

/** What a chain of groups tells, of digits or of digits and letters. */
interface Groups {
  readonly separators: Int32Array;
  start(group: number): number;
  end(group: number): number;
}

export const MAX_FORM = 31;
const SEPARATORS: Readonly<Record<string, number>> = {
  ' ': SPACE,
  '-': DASH,
  '.': DOT,
  '/': SLASH,
  '(': PAREN,
  ')': PAREN,
};

/** Throws for a form that is no form: a mistake in a recognizer, not in a text. */
export function compileForms(forms: readonly string[], owner: string): readonly Form[] {
  return forms.map((form) => compileForm(form, owner));
}

function compileForm(form: string, owner: string): Form {
  let compact = '';
  const groups: number[] = [];
  const separators: number[] = [];
  let size = 0;
  for (const character of form) {
    const separator = SEPARATORS[character];
    if (separator === undefined) {
      compact += character;
      size++;
    } else if (size > 0) {
      groups.push(size);
      separators.push(separator);
      size = 0;
    } else if (separators.length > 0) {
      separators[separators.length - 1] = (separators.at(-1) ?? 0) | separator;
    }
  }
  if (size > 0) groups.push(size);
  else separators.pop();
  if (!/^[#@*0-9A-Z]{4,31}$/.test(compact)) throw new Error(`${owner}: no form: ${form}`);
  let digitMask = 0;
  let letterMask = 0;
  for (let i = 0; i < compact.length; i++) {
    const character = compact.charAt(i);
    if (character === '#' || /[0-9]/.test(character)) digitMask |= 1 << i;
    else if (character !== '*') letterMask |= 1 << i;
  }
  const isDigits = /^[#0-9]+$/.test(compact);
  const hasLetters = /[A-Z]{2}/.test(compact);
  // By character: what may stand there, as bits, or the code of the one that must.
  const asked = Uint8Array.from(compact, (one) => ASKED[one] ?? one.charCodeAt(0));
  const isAnyDigits = /^#+$/.test(compact);
  // What the number pass hands out is digits already.
  const takes = (value: string): boolean =>
    value.length === compact.length && ((isAnyDigits && hasDigits(value, value.length)) || isAsAsked(value, asked));
  return {
    length: compact.length,
    isDigits,
    isAnyDigits,
    hasLetters,
    digitMask,
    letterMask,
    groups,
    sizes: groups.join('-'),
    separators,
    takes,
  };
}

const [A_DIGIT, A_LETTER] = [1, 2];
const ASKED: Readonly<Record<string, number>> = { '#': A_DIGIT, '@': A_LETTER, '*': A_DIGIT | A_LETTER };

function isAsAsked(value: string, asked: Uint8Array): boolean {
  for (let i = 0; i < asked.length; i++) {
    const code = value.charCodeAt(i);
    const one = asked[i] as number;
    if (one > (A_DIGIT | A_LETTER) ? code !== one : (kindOf(code) & one) === 0) return false;
  }
  return true;
}

function kindOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return A_DIGIT;
  return code >= 0x41 && code <= 0x5a ? A_LETTER : 0;
}

/** The best fit of groups `first`..`last` to any of the forms that `compact`, their characters, has; digits where a form is of digits. */
export function fitOf(forms: readonly Form[], chain: Groups, first: number, last: number, compact: string): Fit {
  let fit: Fit = 'none';
  const isOne = first === last;
  const isEven = !isOne && isUniform(chain, first, last);
  for (let k = 0; k < forms.length; k++) {
    const form = forms[k];
    if (form === undefined || form.length !== compact.length) continue;
    // How it is cut is asked first: most rows of groups are cut as no form is.
    const isPrinted = !isOne && hasGroups(form, chain, first, last, isEven);
    if ((!isOne && !isPrinted && !isEven) || (!form.isAnyDigits && !form.takes(compact))) continue;
    if (isOne) return 'compact';
    if (isPrinted) return 'printed';
    fit = 'other';
  }
  return fit;
}

/** The sizes of the form, with its separators or with one kind of separator throughout. */
function hasGroups(form: Form, chain: Groups, first: number, last: number, isEven: boolean): boolean {
  if (form.groups.length !== last - first + 1) return false;
  let isAsPrinted = true;
  for (let i = first; i <= last; i++) {
    if (chain.end(i) - chain.start(i) !== form.groups[i - first]) return false;
    if (i < last && chain.separators[i] !== form.separators[i - first]) isAsPrinted = false;
  }
  return isAsPrinted || isEven;
}

/** One kind of separator throughout: a space, a dash or a dot. */
export function isUniform(chain: Groups, first: number, last: number): boolean {
  const kind = chain.separators[first] as number;
  // Three groups and more with ` - ` between them; two would be a range.
  const isSpacedDash = kind === (SPACE | DASH) && last - first > 1;
  if (kind !== SPACE && kind !== DASH && kind !== DOT && !isSpacedDash) return false;
  for (let i = first + 1; i < last; i++) if (chain.separators[i] !== kind) return false;
  return true;
}
