/**
 * A text of any length through a model that reads so many tokens at once: windows that overlap, the scores of a token
 * taken from the window in which it has more text round it. And the scores of words made into names.
 */
import type { GivenName } from '../engine/names/given.ts';
import type { NameKind } from '../engine/names/labels.ts';
import type { Label } from './labels.ts';
import type { Encoding, Tokenizer } from './tokenizer.ts';

/** Tokens read at once at most: longer windows cost more a token and say little more about a name. */
export const MOST_TOKENS = 256;
/** Tokens before and behind a window's own that it reads for what they say about them. */
const CONTEXT = 32;

export interface TokenWindow {
  /** Tokens that are read, end exclusive. */
  readonly from: number;
  readonly to: number;
  /** Those whose scores are taken. */
  readonly ownFrom: number;
  readonly ownTo: number;
}

/** `most`: tokens of the text that fit in one window. */
export function windowsOf(count: number, most: number): readonly TokenWindow[] {
  if (count <= most) return count === 0 ? [] : [{ from: 0, to: count, ownFrom: 0, ownTo: count }];
  const context = Math.min(CONTEXT, most >> 2);
  const windows: TokenWindow[] = [];
  for (let own = 0; own < count; ) {
    const from = Math.max(0, own - context);
    const to = Math.min(count, from + most);
    const ownTo = to === count ? count : to - context;
    windows.push({ from, to, ownFrom: own, ownTo });
    own = ownTo;
  }
  return windows;
}

/** Numbers of a window with the frame round them. */
export function framed(encoding: Encoding, window: TokenWindow, { before, after }: Tokenizer): readonly number[] {
  return [...before, ...encoding.ids.slice(window.from, window.to), ...after];
}

/** What a model makes of one word. */
export interface WordScore {
  readonly kind: NameKind | null;
  readonly isBegin: boolean;
  readonly confidence: number;
}

/**
 * The kind of a word from the scores of its first token, one a label (logits): the kind whose labels are likeliest
 * together, and whether a label that begins a name is the likeliest of them.
 */
export function wordScore(logits: ArrayLike<number>, at: number, labels: readonly Label[]): WordScore {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < labels.length; k++) most = Math.max(most, logits[at + k] as number);
  const shares = new Map<NameKind | null, number>();
  let sum = 0;
  for (const [k, { kind }] of labels.entries()) {
    const share = Math.exp((logits[at + k] as number) - most);
    shares.set(kind, (shares.get(kind) ?? 0) + share);
    sum += share;
  }
  let best: { readonly kind: NameKind | null; readonly share: number } = { kind: null, share: shares.get(null) ?? 0 };
  for (const [kind, share] of shares) if (share > best.share) best = { kind, share };
  let top = Number.NEGATIVE_INFINITY;
  let isBegin = false;
  for (const [k, label] of labels.entries()) {
    const logit = logits[at + k] as number;
    if (label.kind !== best.kind || logit <= top) continue;
    top = logit;
    isBegin = label.isBegin;
  }
  return { kind: best.kind, isBegin, confidence: best.share / sum };
}

/** Less is a guess. */
const LEAST = 0.5;
/** Between two words of one name. */
const JOINT = /^(?:[ \u00a0\t]{1,3}|\. ?)$/u;
/** Within one word that a tokenizer cuts: `O'Brien`, `Anne-Marie`. Here a label that begins a name begins none. */
const TIGHT = /^[-'’\u2010\u2011]?$/u;

interface Open {
  readonly kind: NameKind;
  readonly start: number;
  readonly end: number;
  /** Of the confidence of its words. */
  readonly sum: number;
  readonly words: number;
}

/** Words into names, UTF-16 units of the text. Marks are part of a name only between two words of it. */
export function namesOf(text: string, encoding: Encoding, scores: readonly (WordScore | null)[]): GivenName[] {
  const names: GivenName[] = [];
  const finish = (one: Open | null): void => {
    if (one !== null) names.push({ kind: one.kind, start: one.start, end: one.end, confidence: one.sum / one.words });
  };
  let open = null as Open | null;
  for (const { start, end, score } of wordsOf(text, encoding, scores)) {
    const next = score === null || score.kind === null || score.confidence < LEAST ? null : score;
    const last = open;
    if (next === null || next.kind === null) {
      finish(last);
      open = null;
    } else if (last !== null && goesOn(last, next, text.slice(last.end, start))) {
      open = { ...last, end, sum: last.sum + next.confidence, words: last.words + 1 };
    } else {
      finish(last);
      open = { kind: next.kind, start, end, sum: next.confidence, words: 1 };
    }
  }
  finish(open);
  return names;
}

function goesOn(open: Open, next: WordScore, joint: string): boolean {
  return open.kind === next.kind && (TIGHT.test(joint) || (JOINT.test(joint) && !next.isBegin));
}

/** Pieces that are no mark, without the space that some tokenizers count to them. */
function* wordsOf(text: string, { starts, ends, isFirst }: Encoding, scores: readonly (WordScore | null)[]) {
  for (let i = 0; i < starts.length; ) {
    const first = i++;
    while (i < starts.length && isFirst[i] !== true) i++;
    let start = starts[first] as number;
    let end = ends[i - 1] as number;
    while (start < end && /\s/.test(text.charAt(start))) start++;
    while (end > start && /\s/.test(text.charAt(end - 1))) end--;
    if (/[\p{L}\p{M}\p{N}]/u.test(text.slice(start, end))) yield { start, end, score: scores[first] ?? null };
  }
}
