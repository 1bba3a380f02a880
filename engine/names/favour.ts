/** What each kind of name is given over no name. */
export const FAVOUR: readonly number[] = [16, 21, 16, 21];
