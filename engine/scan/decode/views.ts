/** All other readings of a text: with escapes undone, look-alikes folded, spelling joined, prefixes of lines taken off, packed runs unpacked. */
import type { Passage } from '../passage.ts';
import { AMPERSANDS, BACKSLASHES, LETTER_RUNS, NOT_ASCII, PERCENTS, SPELLING } from '../traits.ts';
import { escapeViews } from './escapes.ts';
import { foldViews } from './folds.ts';
import { packedViews } from './packed.ts';
import { prefixViews } from './prefixes.ts';
import { spelledViews } from './spelled.ts';
import type { Budget, View } from './view.ts';

/** How many encodings may lie round a value. */
export const MAX_DEPTH = 3;
const LEAST_BUDGET = 256 * 1024;
const MOST_BUDGET = 1024 * 1024;

/** Decoded bytes that a text may cost: a fifth of its length, a text of a few pages what it needs. */
export function budgetOf(length: number): number {
  return Math.min(MOST_BUDGET, Math.max(LEAST_BUDGET, Math.floor(length / 5)));
}

/** What the passage does not have the traits of is not looked for. */
export function* viewsOf(passage: Passage, isBase64Read: boolean, budget: Budget): Generator<View> {
  const { text } = passage;
  if (passage.has(BACKSLASHES | PERCENTS | AMPERSANDS)) yield* escapeViews(text, budget);
  if (passage.has(NOT_ASCII)) yield* foldViews(text, budget);
  if (passage.has(SPELLING)) yield* spelledViews(text, budget);
  yield* prefixViews(text, budget);
  if (passage.has(LETTER_RUNS)) yield* packedViews(text, passage.letterRuns, isBase64Read, budget);
}
