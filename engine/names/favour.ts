/** What each kind of name is given over no name. */
export const FAVOUR: readonly number[] = [14, 20, 15, 20];
