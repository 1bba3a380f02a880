/**
 * One text while it is scanned: its bytes, what is known of it, and what has been reported so far. Lives for one scan.
 */
import type { Role } from '../../flow/segment.ts';
import { type ContextWords, hasContextWord, NO_WORDS, type Words, wordsRound } from './context.ts';
import type { Recognizer } from './recognizer.ts';

export interface Sighting {
  readonly recognizer: Recognizer;
  readonly start: number;
  readonly end: number;
  readonly score: number;
}

export class Passage {
  readonly text: Buffer;
  readonly role: Role | null;
  readonly label: Words;
  readonly sightings: Sighting[] = [];
  #wordsAt = -1;
  #wordsEnd = -1;
  #words: Words = NO_WORDS;
  readonly #enabled: ReadonlySet<Recognizer>;
  #readTo: Map<string, number> | null = null;
  #found: Map<string, { from: number; at: number }> | null = null;

  constructor(text: Buffer, label: Words, role: Role | null, enabled: ReadonlySet<Recognizer>) {
    this.text = text;
    this.label = label;
    this.role = role;
    this.#enabled = enabled;
  }

  /** Reports a value. `inContext` is its score with one of the recognizer's context words near; 0 is no finding. */
  report(recognizer: Recognizer, start: number, end: number, alone: number, inContext: number = alone): void {
    let score = alone;
    if (inContext > alone && recognizer.context !== undefined && this.hasContext(start, end, recognizer.context))
      score = inContext;
    if (score > 0 && this.#enabled.has(recognizer)) this.sightings.push({ recognizer, start, end, score });
  }

  /** Whether one of the words stands near the span or in the label. */
  hasContext(start: number, end: number, words: ContextWords): boolean {
    return hasContextWord(this.label, words) || hasContextWord(this.wordsRound(start, end), words);
  }

  /** Words near the span; kept for the next recognizer that asks about the same one. */
  wordsRound(start: number, end: number): Words {
    if (this.#wordsAt !== start || this.#wordsEnd !== end) {
      this.#words = wordsRound(this.text, start, end);
      this.#wordsAt = start;
      this.#wordsEnd = end;
    }
    return this.#words;
  }

  /** Place of a literal at or after `from`, -1 where there is none. Ask with rising `from`: then all calls together read the text once. */
  indexOf(literal: string, from: number): number {
    this.#found ??= new Map();
    const known = this.#found.get(literal);
    if (known !== undefined && from >= known.from && (known.at === -1 || known.at >= from)) return known.at;
    const at = this.text.indexOf(literal, from, 'latin1');
    this.#found.set(literal, { from, at });
    return at;
  }

  /** Whether `markRead` was called for a place behind `at`: what reads a whole region at one cue skips the cues inside it. */
  isRead(reader: string, at: number): boolean {
    return at < this.readTo(reader);
  }

  /** How far `markRead` was called for. */
  readTo(reader: string): number {
    return this.#readTo?.get(reader) ?? 0;
  }

  markRead(reader: string, to: number): void {
    this.#readTo ??= new Map();
    this.#readTo.set(reader, to);
  }

  /** The text of a span; for short spans that are looked at more closely. */
  slice(start: number, end: number): string {
    return this.text.toString('utf8', start, end);
  }

  /** A span of ASCII, one character a byte. */
  ascii(start: number, end: number): string {
    return this.text.toString('latin1', start, end);
  }
}
