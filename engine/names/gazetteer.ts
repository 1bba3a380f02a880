/**
 * Lists of given names, family names, places and common words, packed: of each entry there is a hash of 24 bits and a
 * byte of flags, so that 70,000 entries take 200 KB and no text. One word in 250 that is in no list passes as an entry;
 * the tagger was trained with that.
 */
import { hashOf } from './words.ts';

export const GIVEN = 1;
export const GIVEN_RARE = 2;
export const FAMILY = 4;
export const FAMILY_RARE = 8;
export const TOWN = 16;
export const TOWN_SMALL = 32;
export const REGION = 64;
export const COMMON = 128;

const KEY_BITS = 24;
/** 64 KB, which stay in a core's own cache. */
const FILTER_BITS = 1 << 19;
/** Hashes of pairs of words are kept in the same table. */
const PAIR_SEED = 0x51ed27;
const WORD_SEED = 0x3c6ef3;

export function wordKey(word: string): number {
  return hashOf(word, WORD_SEED) >>> (32 - KEY_BITS);
}

/** Of two hashes of lower-case words, as `Word.hash` has them. */
export function pairKey(first: number, second: number): number {
  return (Math.imul(first ^ PAIR_SEED, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> (32 - KEY_BITS);
}

export class Gazetteer {
  readonly #keys: Int32Array;
  readonly #flags: Uint8Array;
  readonly #mask: number;
  /** A bit a key, by its lowest bits: most words and nearly all pairs are in no list, and that is told without a look at the keys. */
  readonly #isThere = new Uint32Array(FILTER_BITS >> 5);

  constructor(keys: ArrayLike<number>, flags: ArrayLike<number>) {
    let size = 16;
    while (size < keys.length * 2) size *= 2;
    this.#mask = size - 1;
    this.#keys = new Int32Array(size).fill(-1);
    this.#flags = new Uint8Array(size);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number;
      const bit = key & (FILTER_BITS - 1);
      this.#isThere[bit >> 5] = (this.#isThere[bit >> 5] as number) | (1 << (bit & 31));
      let at = key & this.#mask;
      while (this.#keys[at] !== -1 && this.#keys[at] !== key) at = (at + 1) & this.#mask;
      this.#keys[at] = key;
      this.#flags[at] = (this.#flags[at] as number) | (flags[i] as number);
    }
  }

  #at(key: number): number {
    const bit = key & (FILTER_BITS - 1);
    if (((this.#isThere[bit >> 5] as number) & (1 << (bit & 31))) === 0) return 0;
    let at = key & this.#mask;
    for (;;) {
      const own = this.#keys[at];
      if (own === key) return this.#flags[at] as number;
      if (own === -1) return 0;
      at = (at + 1) & this.#mask;
    }
  }

  /** Flags of a word in lower case without accents. */
  flags(word: string): number {
    return this.#at(wordKey(word));
  }

  /** Flags of two words that together are the beginning of a place's name. */
  pairFlags(first: number, second: number): number {
    return this.#at(pairKey(first, second));
  }

  isCommon(flags: number): boolean {
    return (flags & COMMON) !== 0;
  }
}

/** Differences of sorted keys as bytes of 7 bits, then the flags. */
export function packGazetteer(entries: ReadonlyMap<number, number>): Uint8Array {
  const keys = [...entries.keys()].sort((a, b) => a - b);
  const bytes: number[] = [];
  let last = 0;
  for (const key of keys) {
    let step = key - last;
    last = key;
    while (step >= 0x80) {
      bytes.push((step & 0x7f) | 0x80);
      step >>>= 7;
    }
    bytes.push(step);
  }
  return Uint8Array.from([...bytes, ...keys.map((key) => entries.get(key) ?? 0)]);
}

export function unpackGazetteer(bytes: Uint8Array, count: number): Gazetteer {
  const keys = new Int32Array(count);
  let at = 0;
  let last = 0;
  for (let i = 0; i < count; i++) {
    let step = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      step |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    last += step;
    keys[i] = last;
  }
  return new Gazetteer(keys, bytes.subarray(at, at + count));
}
