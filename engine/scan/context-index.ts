/**
 * All context words of all recognizers in one table, so that a text's words are read once, and only where a value
 * stands, however many kinds ask about it. A reader goes over the text in blocks as values ask for them and keeps the
 * places of words that any recognizer knows; what stands near a value is then a union of bits.
 */
import { isDigit, isUpper, isWord } from './bytes.ts';
import { AFTER, BEFORE, type ContextWords, MAX_WORD, wordsOf } from './context.ts';

/** What a word, or a phrase, is a word of: bits by the number of each list. */
interface Entry {
  readonly bits: Uint32Array;
  /** Phrases that begin with the word: hashes of the words that follow, and the entry that the whole stands for. */
  readonly phrases: { readonly rest: readonly number[]; readonly entry: number }[];
}

/** log2 of the bytes of a block. */
const BLOCK_BITS = 8;
/** Bytes between two words of one phrase. */
const MAX_GAP = 4;
/** Longest word of a script without spaces, characters. */
const MAX_EMBEDDED = 8;

export class ContextIndex {
  /** 32-bit words of a set of bits. */
  readonly size: number;
  readonly entries: readonly Entry[];
  readonly #numbers: ReadonlyMap<ContextWords, number>;
  readonly #keys: Int32Array;
  readonly #values: Int32Array;
  readonly #hasEmbedded: boolean;

  constructor(lists: readonly ContextWords[]) {
    this.#numbers = new Map([...new Set(lists)].map((words, number) => [words, number]));
    this.size = Math.max(1, (this.#numbers.size + 31) >> 5);
    const entries: Entry[] = [];
    const byHash = new Map<number, number>();
    const entryOf = (hash: number): number => {
      const known = byHash.get(hash);
      if (known !== undefined) return known;
      byHash.set(hash, entries.length);
      return this.#push(entries);
    };
    for (const [words, number] of this.#numbers) {
      for (const written of [...words.single, ...words.phrases]) {
        for (const variant of variantsOf(written)) {
          const [first = 0, ...rest] = variant.map(hashOf);
          const entry = entries[entryOf(first)];
          if (rest.length === 0) setBit(entry?.bits, number);
          else {
            const whole = this.#push(entries);
            setBit(entries[whole]?.bits, number);
            entry?.phrases.push({ rest, entry: whole });
          }
        }
      }
    }
    this.entries = entries;
    this.#hasEmbedded = [...this.#numbers.keys()].some((words) => [...words.single].some(isUnspaced));
    let slots = 256;
    while (slots < byHash.size * 4) slots *= 2;
    this.#keys = new Int32Array(slots);
    this.#values = new Int32Array(slots).fill(-1);
    for (const [hash, entry] of byHash) {
      let slot = hash & (slots - 1);
      while (this.#values[slot] !== -1) slot = (slot + 1) & (slots - 1);
      this.#keys[slot] = hash;
      this.#values[slot] = entry;
    }
  }

  #push(entries: Entry[]): number {
    return entries.push({ bits: new Uint32Array(this.size), phrases: [] }) - 1;
  }

  /** The number of a list; -1 for one that is not in the index. */
  numberOf(words: ContextWords): number {
    return this.#numbers.get(words) ?? -1;
  }

  /** The entry of a word; -1 where no list has it. */
  find(hash: number): number {
    const mask = this.#keys.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#values[slot] as number;
      if (entry === -1 || this.#keys[slot] === hash) return entry;
    }
  }

  /** Whether any list has a word of a script without spaces, which stands within a run of letters. */
  get hasEmbedded(): boolean {
    return this.#hasEmbedded;
  }

  /** Bits of all lists that have a word of `text`. */
  bitsOf(text: string): Uint32Array {
    const bytes = Buffer.from(text, 'utf8');
    const reader = new ContextReader(this, bytes);
    const bits = new Uint32Array(this.size);
    reader.collect(0, bytes.length, bits);
    return bits;
  }
}

function setBit(bits: Uint32Array | undefined, number: number): void {
  if (bits !== undefined) bits[number >> 5] = (bits[number >> 5] ?? 0) | (1 << (number & 31));
}

export function hasBit(bits: Uint32Array, number: number): boolean {
  return (((bits[number >> 5] as number) >>> (number & 31)) & 1) === 1;
}

/** The reader folds ASCII alone; other letters are looked up as they are usually written. */
function variantsOf(written: string): string[][] {
  const words = [...wordsOf(written.trim()).list];
  if (words.every((word) => !/[^ -~]/.test(word))) return [words];
  const capital = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const all = [
    words,
    capital,
    [capital[0] ?? '', ...words.slice(1)],
    [words[0] ?? '', ...capital.slice(1)],
    words.map((word) => word.toUpperCase()),
  ];
  return [...new Map(all.map((variant) => [variant.join(' '), variant])).values()];
}

/** Written without spaces between words: Thai, Lao, Chinese, Japanese; and Korean, whose words bear endings. */
function isUnspaced(word: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Hangul}]/u.test(
    word,
  );
}

/** FNV-1a over UTF-8 bytes, ASCII letters in lower case. */
function hashOf(word: string): number {
  let hash = FNV_START;
  for (const byte of Buffer.from(word, 'utf8')) hash = step(hash, byte);
  return finish(hash);
}

const FNV_START = 0x811c9dc5 | 0;

function step(hash: number, byte: number): number {
  return Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte), 0x01000193);
}

function finish(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** A letter or digit, of any script; `_` separates words. */
function isLetterOrDigit(byte: number): boolean {
  return byte >= 0x80 || (byte !== 0x5f && isWord(byte));
}

/** The character that begins at `at`: ASCII, or of two bytes (Latin, Greek, Cyrillic); empty for others, which have no case or no place in a key. */
function characterAt(text: Uint8Array, at: number): string {
  const byte = text[at] ?? 0;
  if (byte < 0x80) return String.fromCharCode(byte);
  return (byte & 0xe0) === 0xc0 ? String.fromCharCode(((byte & 0x1f) << 6) | ((text[at + 1] ?? 0) & 0x3f)) : '';
}

function isCapital(character: string): boolean {
  return character !== character.toLowerCase();
}

function isSmall(character: string): boolean {
  return character !== character.toUpperCase();
}

/** A word begins at `i`: after what is no letter, or at the hump of a camelCase or HTTPServer. */
function startsWord(text: Uint8Array, i: number): boolean {
  const byte = text[i] as number;
  if (!isLetterOrDigit(byte)) return false;
  if (i === 0) return true;
  const before = text[i - 1] as number;
  if (!isLetterOrDigit(before)) return true;
  // Most letters are small ones in ASCII, or lie within a character.
  if (byte < 0x80 ? !isUpper(byte) : (byte & 0xe0) !== 0xc0 || !isCapital(characterAt(text, i))) return false;
  if (isDigit(before)) return true;
  const last = characterAt(text, before < 0x80 ? i - 1 : i - 2);
  return isSmall(last) || (isCapital(last) && isSmall(characterAt(text, byte < 0x80 ? i + 1 : i + 2)));
}

/** Places of known words in one text, read block by block as they are asked for. */
export class ContextReader {
  readonly #index: ContextIndex;
  readonly #text: Uint8Array;
  /** Triples start, end, entry. */
  #hits: number[] = [];
  /** By block: the first of its triples plus 1, 0 where it has not been read; and the one behind its last. */
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  constructor(index: ContextIndex, text: Uint8Array) {
    this.#index = index;
    this.#text = text;
  }

  /** Adds the bits of all known words that stand wholly within `from`..`to`. */
  collect(from: number, to: number, bits: Uint32Array): void {
    const last = Math.max(0, to - 1) >> BLOCK_BITS;
    for (let block = from >> BLOCK_BITS; block <= last; block++) {
      if (this.#from[block] === undefined) this.#read(block);
      const end = this.#to[block] as number;
      for (let k = this.#from[block] as number; k < end; k += 3) {
        if ((this.#hits[k] as number) < from || (this.#hits[k + 1] as number) > to) continue;
        const own = this.#index.entries[this.#hits[k + 2] as number]?.bits;
        if (own === undefined) continue;
        for (let w = 0; w < own.length; w++) bits[w] = (bits[w] as number) | (own[w] as number);
      }
    }
  }

  #read(block: number): void {
    const text = this.#text;
    const end = Math.min(text.length, (block + 1) << BLOCK_BITS);
    this.#from[block] = this.#hits.length;
    for (let i = block << BLOCK_BITS; i < end; ) {
      if (!startsWord(text, i)) {
        i++;
        continue;
      }
      const to = this.#readWord(i);
      if (this.#index.hasEmbedded && (text[i] as number) >= 0xe0) this.#readEmbedded(i, to);
      i = to;
    }
    this.#to[block] = this.#hits.length;
  }

  /** Notes the word at `start` and the phrases that begin with it; returns its end. */
  #readWord(start: number): number {
    const end = wordEnd(this.#text, start);
    const found = this.#index.find(this.#hash(start, end));
    if (found === -1) return end;
    this.#hits.push(start, end, found);
    const phrases = this.#index.entries[found]?.phrases ?? [];
    for (let p = 0; p < phrases.length; p++) {
      const phrase = phrases[p];
      if (phrase === undefined) continue;
      let at = end;
      let isThere = true;
      for (let k = 0; k < phrase.rest.length && isThere; k++) {
        const next = nextWord(this.#text, at);
        at = next === -1 ? at : wordEnd(this.#text, next);
        isThere = next !== -1 && this.#hash(next, at) === phrase.rest[k];
      }
      if (isThere) this.#hits.push(start, at, phrase.entry);
    }
    return end;
  }

  /** Words within a run of letters that are not set apart by spaces. */
  #readEmbedded(start: number, end: number): void {
    const text = this.#text;
    for (let at = start; at < end; at = nextCharacter(text, at)) {
      if ((text[at] as number) < 0xe0) continue;
      let hash = FNV_START;
      let i = at;
      for (let count = 0; count < MAX_EMBEDDED && i < end; count++) {
        const to = Math.min(end, nextCharacter(text, i));
        for (; i < to; i++) hash = step(hash, text[i] as number);
        const found = this.#index.find(finish(hash));
        if (found !== -1) this.#hits.push(at, i, found);
      }
    }
  }

  #hash(start: number, end: number): number {
    let hash = FNV_START;
    for (let i = start; i < end; i++) hash = step(hash, this.#text[i] as number);
    return finish(hash);
  }
}

/** End of the word at `start`; a longer one than any context word is cut. */
function wordEnd(text: Uint8Array, start: number): number {
  const last = Math.min(text.length, start + MAX_WORD);
  let end = start + 1;
  while (end < last && isLetterOrDigit(text[end] as number) && !startsWord(text, end)) end++;
  return end;
}

/** Start of the word after `from`, a few signs on at the most; -1 where none is. */
function nextWord(text: Uint8Array, from: number): number {
  const last = Math.min(text.length, from + MAX_GAP);
  for (let i = from; i < last; i++) if (startsWord(text, i)) return i;
  return -1;
}

function nextCharacter(text: Uint8Array, at: number): number {
  let next = at + 1;
  while (next < text.length && ((text[next] as number) & 0xc0) === 0x80) next++;
  return next;
}

/** Sets `bits` to what stands near `start`..`end`: in the windows before and after it within `from`..`to`, the value itself left out. */
export function bitsRound(
  reader: ContextReader,
  from: number,
  to: number,
  start: number,
  end: number,
  bits: Uint32Array,
): void {
  bits.fill(0);
  reader.collect(Math.max(from, start - BEFORE), start, bits);
  reader.collect(end, Math.min(to, end + AFTER), bits);
}
