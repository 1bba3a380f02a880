/**
 * A fixed set of ASCII words that is looked up by bytes, so that the names that stand in every body are known without
 * a string being built for each of them. It is filled once; it cannot grow with what clients send.
 */

/** Slots for each word: with four, nearly every look-up ends at the first. */
const SLOTS_PER_WORD = 4;

export class WordSet {
  readonly #words: ReadonlySet<string>;
  readonly #slots: (string | null)[];
  readonly #mask: number;

  /** `text` holds the words, ASCII and not empty, white space between them. */
  constructor(text: string) {
    this.#words = new Set(text.trim().split(/\s+/));
    const size = 2 ** Math.ceil(Math.log2(this.#words.size * SLOTS_PER_WORD));
    this.#slots = new Array<string | null>(size).fill(null);
    this.#mask = size - 1;
    for (const word of this.#words) {
      let slot = hash(Buffer.from(word, 'latin1'), 0, word.length) & this.#mask;
      while (this.#slots[slot] !== null) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = word;
    }
  }

  has(word: string): boolean {
    return this.#words.has(word);
  }

  /** The word that the bytes from `start` to `end` spell; null where they spell none of the set. */
  at(bytes: Buffer, start: number, end: number): string | null {
    if (end <= start) return null;
    for (let slot = hash(bytes, start, end) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const word = this.#slots[slot] as string | null;
      if (word === null || spells(bytes, start, end, word)) return word;
    }
  }
}

/** Whether the bytes from `start` to `end` are the ASCII text `word`. */
export function spells(bytes: Buffer, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
  return true;
}

/** Length, both ends and the middle tell the words of a schema apart. */
function hash(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start] as number;
  const middle = bytes[(start + end) >> 1] as number;
  const last = bytes[end - 1] as number;
  return (end - start) * 67 + first * 31 + middle * 13 + last * 5;
}
