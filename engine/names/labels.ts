/** The labels of the tagger, in the order of the weights: outside, and begin and inside of four kinds of name. */

/** Person, place, organisation, postal address. */
export type NameKind = 0 | 1 | 2 | 3;
export const PERSON = 0;
export const PLACE = 1;
export const ORGANISATION = 2;
export const ADDRESS = 3;

export const LABELS = 9;
export const OUTSIDE = 0;

/**
 * Numbers of two labels are kept in one of 32 bits, the even label's plus the odd one's times 65,536: sums of such are
 * sums of both, as long as each stays within 16 bits. A row of all labels is this many.
 */
export const LANES = 5;

export function beginOf(kind: NameKind): number {
  return 1 + 2 * kind;
}

/** Begin labels are odd, inside labels even and above 0. */
export function kindOf(label: number): NameKind {
  return ((label - 1) >> 1) as NameKind;
}

/** Whether `next` may follow `label`: an inside only its own begin or inside. */
export function mayFollow(label: number, next: number): boolean {
  return next === OUTSIDE || next % 2 === 1 || label === next || label === next - 1;
}
