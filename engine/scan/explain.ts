/**
 * Why a score is what it is, in steps whose weights add up to it. Made only when a scan was asked to explain; of the
 * text it names a context word of the recognizer's own list at most, never the value.
 */
import type { ScoreReason } from '../../flow/finding.ts';
import type { ContextWords, Words } from './context.ts';

export interface ContextMatch {
  /** Null where only the fact is known. */
  readonly word: string | null;
  readonly isLabel: boolean;
}

/** The first context word among words, as the recognizer lists it; null where there is none. */
export function contextWordIn(words: Words, wanted: ContextWords): string | null {
  const single = words.list.find((word) => wanted.single.has(word));
  return single ?? wanted.phrases.find((phrase) => words.text.includes(phrase))?.trim() ?? null;
}

/** A step of a score: what it is after the step. */
export type Step = readonly [what: ScoreReason['what'], detail: string, scoreAfter: number];

/** Weights in hundredths, so that they add up to the score as it is shown. A form that moved nothing is not told. */
export function reasonsOf(steps: readonly Step[]): readonly ScoreReason[] {
  let before = 0;
  const reasons = steps.map(([what, detail, score]) => {
    const after = Math.round(Math.min(1, Math.max(0, score)) * 100);
    const weight = (after - before) / 100;
    before = after;
    return { what, detail, weight };
  });
  return reasons.filter(({ what, weight }) => weight !== 0 || what !== 'form');
}

/** Of a recognizer that knows two scores: alone, and with one of its context words. */
export function whyReported(
  name: string,
  alone: number,
  inContext: number,
  context: ContextMatch | null,
): readonly ScoreReason[] {
  const steps: Step[] = [['pattern', `what ${name} looks for and checks, by itself`, alone]];
  if (context !== null) steps.push(['context', contextDetail(context), inContext]);
  else if (inContext > alone) {
    steps.push(['context', `none of its words near it (one would make it ${inContext.toFixed(2)})`, alone]);
  }
  return reasonsOf(steps);
}

export function contextDetail({ word, isLabel }: ContextMatch): string {
  const what = word === null ? 'one of its words' : `the word "${word}"`;
  return `${what} ${isLabel ? 'in its label' : 'near it'}`;
}

/** `1 of 1,000 random strings of its shape`. */
export function chanceDetail(chance: number): string {
  if (chance > 0.5) return `${Math.round(chance * 100)} of 100 random strings of its shape pass its check`;
  return `1 of ${Math.round(1 / chance).toLocaleString('en')} random strings of its shape passes its check`;
}
