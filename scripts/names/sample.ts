/** A text with the names that stand in it, as training and measuring take it; and its noise of case and accents. */
import { ADDRESS, beginOf, type NameKind, OUTSIDE } from '../../engine/names/labels.ts';
import { LINE, type Tokens } from '../../engine/names/tokens.ts';
import type { Random } from './random.ts';

export interface Span {
  readonly kind: NameKind;
  /** UTF-16, end exclusive. */
  readonly start: number;
  readonly end: number;
}

export interface Sample {
  readonly text: string;
  readonly spans: readonly Span[];
  /** A filled template. */
  readonly isMade?: boolean;
}

/** Labels of the tokens read from the UTF-8 of a sample (of one block). */
export function labelsOf(sample: Sample, tokens: Tokens): Uint8Array {
  const labels = new Uint8Array(tokens.count);
  let at = 0;
  for (const span of [...sample.spans].sort((a, b) => a.start - b.start)) {
    const start = Buffer.byteLength(sample.text.slice(0, span.start));
    const end = start + Buffer.byteLength(sample.text.slice(span.start, span.end));
    let label = beginOf(span.kind);
    while (at < tokens.count && (tokens.ends[at] as number) <= start) at++;
    while (at < tokens.count && (tokens.starts[at] as number) < end) {
      if (tokens.kinds[at] === LINE && span.kind !== ADDRESS) labels[at] = OUTSIDE;
      else {
        labels[at] = label;
        label = beginOf(span.kind) + 1;
      }
      at++;
    }
  }
  return labels;
}

/** Same length in UTF-16, so that spans stay: only letters whose other case is one unit are changed. */
function eachLetter(text: string, change: (letter: string) => string): string {
  return [...text]
    .map((letter) => {
      const changed = change(letter);
      return changed.length === letter.length ? changed : letter;
    })
    .join('');
}

export function inCapitals(text: string): string {
  return eachLetter(text, (letter) => letter.toUpperCase());
}

export function inLowerCase(text: string): string {
  return eachLetter(text, (letter) => letter.toLowerCase());
}

export function withoutAccents(text: string): string {
  return eachLetter(text, (letter) => letter.normalize('NFD').replace(/\p{M}/gu, ''));
}

/** Of the noise, what is capitals, and what is capitals or lower case; accents are left out in the rest. */
export interface NoiseShares {
  readonly capitals: number;
  readonly cased: number;
}

/** As it is measured with. */
const EVEN: NoiseShares = { capitals: 0.3, cased: 0.65 };
/** As it is trained with: what people type in a hurry has no capitals. */
export const MOSTLY_LOWER: NoiseShares = { capitals: 0.2, cased: 0.8 };

export function withNoise(sample: Sample, random: Random, share: number, { capitals, cased } = EVEN): Sample {
  const drawn = random.next() / share;
  if (drawn < capitals) return { ...sample, text: inCapitals(sample.text) };
  if (drawn < cased) return { ...sample, text: inLowerCase(sample.text) };
  if (drawn < 1) return { ...sample, text: withoutAccents(sample.text) };
  return sample;
}
