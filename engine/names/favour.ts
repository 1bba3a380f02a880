/** What each kind of name is given over no name. */
export const FAVOUR: readonly number[] = [22, 24, 18, 22];
