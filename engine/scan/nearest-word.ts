/**
 * How far from a value the nearest of a recognizer's words stands. Asked only where several kinds fit the same value and
 * each has one of its words near: then the number belongs to the word that stands next to it.
 */
import { AFTER, BEFORE, type ContextWords, type Words, wordsOf } from './context.ts';
import type { Passage } from './passage.ts';

/** What a word behind the value is further away than one as near before it. */
const BEHIND = 8;

/** Words between the value and the nearest of the given ones; Infinity where none is near. A label is next to its value. */
export function wordDistance(passage: Passage, start: number, end: number, wanted: ContextWords): number {
  if (passage.contextOf(start, end, wanted).isLabel) return 0;
  const before = wordsOf(passage.slice(Math.max(0, start - BEFORE), start));
  const behind = wordsOf(passage.slice(end, Math.min(passage.text.length, end + AFTER)));
  return Math.min(fromEnd(before, wanted), BEHIND + fromStart(behind, wanted));
}

function fromEnd({ list, text }: Words, wanted: ContextWords): number {
  let least = Number.POSITIVE_INFINITY;
  const last = list.findLastIndex((word) => wanted.single.has(word));
  if (last !== -1) least = list.length - 1 - last;
  for (const phrase of wanted.phrases) {
    const at = text.lastIndexOf(phrase);
    if (at !== -1) least = Math.min(least, count(text.slice(at + phrase.length)));
  }
  return least;
}

function fromStart({ list, text }: Words, wanted: ContextWords): number {
  let least = Number.POSITIVE_INFINITY;
  const first = list.findIndex((word) => wanted.single.has(word));
  if (first !== -1) least = first;
  for (const phrase of wanted.phrases) {
    const at = text.indexOf(phrase);
    if (at !== -1) least = Math.min(least, count(text.slice(0, at)));
  }
  return least;
}

function count(text: string): number {
  return text.trim() === '' ? 0 : text.trim().split(' ').length;
}
