/**
 * What the label of a text says: its words, and which recognizers want the text because of them. The same few labels
 * come with nearly every message (`content`, `model`), so what was read is kept, up to a bound: senders choose labels.
 */
import { NO_WORDS, type Words, wordsOf } from './context.ts';
import { ContextIndex, hasBit } from './context-index.ts';
import type { Recognizer } from './recognizer.ts';

export interface Label {
  readonly words: Words;
  /** Lists of the context index that have one of its words. */
  readonly bits: Uint32Array;
  /** Recognizers whose `labels` are among the words. */
  readonly wanted: readonly Recognizer[];
}

/** Of a longer label the last characters count. */
const MAX_CHARS = 200;
const NOBODY: readonly Recognizer[] = [];
/** Longer ones are hardly met twice. */
const MAX_KEPT_CHARS = 40;
const MAX_KEPT = 1000;

export class Labels {
  readonly #labelled: readonly Recognizer[];
  /** The lists of their labels: hundreds, of which a label has words of a few. */
  readonly #wanting: ContextIndex;
  readonly #known = new Map<string, Label>();

  readonly #index: ContextIndex;
  readonly #none: Label;

  constructor(recognizers: readonly Recognizer[], index: ContextIndex) {
    this.#index = index;
    this.#none = { words: NO_WORDS, bits: new Uint32Array(index.size), wanted: [] };
    this.#labelled = recognizers.filter((one) => one.labels !== undefined);
    this.#wanting = new ContextIndex(this.#labelled.flatMap(({ labels }) => labels ?? []));
  }

  read(label: string | null): Label {
    if (label === null || label === '') return this.#none;
    if (label.length > MAX_KEPT_CHARS) return this.#understand(label);
    const known = this.#known.get(label);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_KEPT) this.#known.clear();
    const read = this.#understand(label);
    this.#known.set(label, read);
    return read;
  }

  #understand(label: string): Label {
    const read = label.length > MAX_CHARS ? label.slice(-MAX_CHARS) : label;
    const words = wordsOf(read);
    if (words === NO_WORDS) return this.#none;
    const bits = this.#wanting.bitsOf(read);
    const wanted = bits.every((word) => word === 0)
      ? NOBODY
      : this.#labelled.filter(({ labels }) => labels !== undefined && hasBit(bits, this.#wanting.numberOf(labels)));
    return { words, bits: this.#index.bitsOf(read), wanted };
  }
}
