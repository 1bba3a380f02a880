/**
 * A text while a tokenizer normalises it: what it has become so far, and of each UTF-16 unit which units of the original
 * it came from. So a token found in the normalised text has its place in the original.
 */

export interface AlignedText {
  readonly text: string;
  /** Of each unit of `text`: where what it stands for begins and ends in the original, UTF-16. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

export function aligned(text: string): AlignedText {
  const from = new Int32Array(text.length);
  const to = new Int32Array(text.length);
  for (let i = 0; i < text.length; i++) {
    from[i] = i;
    to[i] = i + 1;
  }
  return { text, from, to };
}

/** What becomes of one match; the same string leaves it as it is. */
export type Rewrite = (match: string) => string;

/** Replaces each match of a global expression. Every unit of a replacement stands for all of its match. */
export function rewritten(given: AlignedText, pattern: RegExp, rewrite: Rewrite): AlignedText {
  const builder = new AlignedBuilder(given);
  let at = 0;
  for (const match of given.text.matchAll(pattern)) {
    const found = match[0];
    if (found === '') continue;
    const replacement = rewrite(found);
    if (replacement === found) continue;
    builder.keep(at, match.index);
    at = match.index + found.length;
    builder.replace(match.index, at, replacement);
  }
  return builder.end(at);
}

/** Makes one aligned text from another, front to back. */
export class AlignedBuilder {
  readonly #given: AlignedText;
  #text = '';
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  #isChanged = false;

  constructor(given: AlignedText) {
    this.#given = given;
  }

  /** Takes over a stretch as it is. */
  keep(start: number, end: number): void {
    const { text, from, to } = this.#given;
    this.#text += text.slice(start, end);
    for (let i = start; i < end; i++) {
      this.#from.push(from[i] as number);
      this.#to.push(to[i] as number);
    }
  }

  /** Puts something else in the place of a stretch; of an empty one, before it. */
  replace(start: number, end: number, replacement: string): void {
    const { text, from, to } = this.#given;
    this.#isChanged = true;
    const first = start < text.length ? (from[start] as number) : (to[text.length - 1] ?? 0);
    const last = end > start ? (to[end - 1] as number) : first;
    this.#text += replacement;
    for (let i = 0; i < replacement.length; i++) {
      this.#from.push(first);
      this.#to.push(last);
    }
  }

  /** The rest as it is. */
  end(at: number): AlignedText {
    if (!this.#isChanged && at === 0) return this.#given;
    this.keep(at, this.#given.text.length);
    return { text: this.#text, from: Int32Array.from(this.#from), to: Int32Array.from(this.#to) };
  }
}

/** A stretch of it. */
export function sliceOf({ text, from, to }: AlignedText, start: number, end: number): AlignedText {
  return { text: text.slice(start, end), from: from.subarray(start, end), to: to.subarray(start, end) };
}
