/** What each kind of name is given over no name. */
export const FAVOUR: readonly number[] = [8, 10, 10, 15];
