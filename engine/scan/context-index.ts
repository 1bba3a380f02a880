/**
 * All context words of all recognizers in one table, so that a text's words are read once, and only where a value
 * stands, however many kinds ask about it. A reader goes over the text in blocks as values ask for them and keeps the
 * places of words that any recognizer knows; what stands near a value is then a union of bits.
 */
import { isDigit, isUpper, isWord } from './bytes.ts';
import { AFTER, BEFORE, type ContextWords, MAX_WORD, wordsOf } from './context.ts';

/** What a word, or a phrase, is a word of. */
interface Entry {
  /** Numbers of lists, rising. */
  readonly lists: number[];
  /** Phrases that begin with the word. */
  readonly phrases: Phrase[];
}

/** Hashes of the words that follow the first, and the entry that the whole stands for. */
interface Phrase {
  readonly rest: readonly number[];
  readonly entry: number;
}

const [UNKNOWN, TOUCHES, MISSES] = [0, 1, 2];
const NO_LISTS: readonly number[] = [];

/** Some of the lists, and which entries are words of one of them. */
export class ListSet {
  readonly bits: Uint32Array;
  readonly #entries: readonly Entry[];
  /** By entry, as far as it has been asked for. */
  readonly #touches: Uint8Array;

  constructor(bits: Uint32Array, entries: readonly Entry[]) {
    this.bits = bits;
    this.#entries = entries;
    this.#touches = new Uint8Array(entries.length);
  }

  /** Whether an entry is a word of one of the lists. */
  touches(entry: number): boolean {
    const known = this.#touches[entry] as number;
    return known === UNKNOWN ? this.#learn(entry) : known === TOUCHES;
  }

  #learn(entry: number): boolean {
    const isTouching = (this.#entries[entry]?.lists ?? NO_LISTS).some((number) => hasBit(this.bits, number));
    this.#touches[entry] = isTouching ? TOUCHES : MISSES;
    return isTouching;
  }

  /** Whether one of the lists is among those of `bits`. */
  isAmong(bits: Uint32Array): boolean {
    const own = this.bits;
    for (let w = 0; w < own.length; w++) if (((bits[w] as number) & (own[w] as number)) !== 0) return true;
    return false;
  }
}

/** log2 of the bytes of a block: less than a window, so that little is read beyond it. */
const BLOCK_BITS = 6;
/** log2 of the bits that tell most words that no list has, without a look into the table. */
const SIEVE_BITS = 17;
const SIEVE_MASK = (1 << SIEVE_BITS) - 1;
/** Bytes between two words of one phrase. */
const MAX_GAP = 4;
/** Longest word of a script without spaces, characters. */
const MAX_EMBEDDED = 8;

export class ContextIndex {
  /** 32-bit words of a set of bits. */
  readonly size: number;
  readonly #entries: readonly Entry[];
  /** By number, those that were asked for by themselves. */
  readonly #only: (ListSet | undefined)[] = [];
  /** By entry: the first of its pairs in `telling`; and behind the last entry, their end. */
  readonly tellingAt: Uint32Array;
  /** Pairs: which 32-bit word of an entry's bits is not 0, and what it is. */
  readonly telling: Uint32Array;
  /** By entry, those that have some. */
  readonly phrases: readonly (readonly Phrase[] | null)[];
  readonly #numbers: ReadonlyMap<ContextWords, number>;
  /** The same by `ContextWords.id`, -1 where there is none. */
  readonly #byId: Int32Array;
  readonly #keys: Int32Array;
  readonly #values: Int32Array;
  readonly #sieve = new Uint8Array(1 << (SIEVE_BITS - 3));
  readonly #hasEmbedded: boolean;

  constructor(lists: readonly ContextWords[]) {
    this.#numbers = new Map([...new Set(lists)].map((words, number) => [words, number]));
    this.#byId = new Int32Array(Math.max(0, ...[...this.#numbers.keys()].map(({ id }) => id)) + 1).fill(-1);
    for (const [{ id }, number] of this.#numbers) this.#byId[id] = number;
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
      for (const [first = 0, ...rest] of hashesOf(words)) {
        const entry = entries[entryOf(first)];
        if (rest.length === 0) addList(entry, number);
        else {
          const whole = this.#push(entries);
          addList(entries[whole], number);
          entry?.phrases.push({ rest, entry: whole });
        }
      }
    }
    this.#entries = entries;
    this.phrases = entries.map(({ phrases }) => (phrases.length === 0 ? null : phrases));
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
      const low = hash & SIEVE_MASK;
      this.#sieve[low >> 3] = (this.#sieve[low >> 3] ?? 0) | (1 << (low & 7));
    }
    const telling: number[] = [];
    this.tellingAt = new Uint32Array(entries.length + 1);
    for (const [entry, { lists }] of entries.entries()) {
      const from = telling.length;
      for (const number of lists) {
        const at = number >> 5;
        const last = telling.length - 2;
        if (last >= from && telling[last] === at) telling[last + 1] = (telling[last + 1] ?? 0) | (1 << (number & 31));
        else telling.push(at, 1 << (number & 31));
      }
      this.tellingAt[entry + 1] = telling.length;
    }
    this.telling = Uint32Array.from(telling);
  }

  #push(entries: Entry[]): number {
    return entries.push({ lists: [], phrases: [] }) - 1;
  }

  /** Lists that are in the index. */
  setOf(lists: Iterable<ContextWords>): ListSet {
    const bits = new Uint32Array(this.size);
    for (const words of lists) setBit(bits, this.numberOf(words));
    return new ListSet(bits, this.#entries);
  }

  /** The list of that number alone. */
  only(number: number): ListSet {
    let lists = this.#only[number];
    if (lists === undefined) {
      const bits = new Uint32Array(this.size);
      setBit(bits, number);
      lists = new ListSet(bits, this.#entries);
      this.#only[number] = lists;
    }
    return lists;
  }

  /** The number of a list; -1 for one that is not in the index. */
  numberOf(words: ContextWords): number {
    return words.id < this.#byId.length ? (this.#byId[words.id] as number) : -1;
  }

  /** The entry of a word; -1 where no list has it. */
  find(hash: number): number {
    const low = hash & SIEVE_MASK;
    if ((((this.#sieve[low >> 3] as number) >> (low & 7)) & 1) === 0) return -1;
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

export function setBit(bits: Uint32Array, number: number): void {
  bits[number >> 5] = (bits[number >> 5] ?? 0) | (1 << (number & 31));
}

export function hasBit(bits: Uint32Array, number: number): boolean {
  return (((bits[number >> 5] as number) >>> (number & 31)) & 1) === 1;
}

/** Lists are numbered from the first on, so that their numbers come rising. */
function addList(entry: Entry | undefined, number: number): void {
  if (entry !== undefined && entry.lists.at(-1) !== number) entry.lists.push(number);
}

/** Hashes of the words of each word or phrase of a list, made once for all indexes. */
const HASHES = new WeakMap<ContextWords, readonly (readonly number[])[]>();

function hashesOf(words: ContextWords): readonly (readonly number[])[] {
  let hashes = HASHES.get(words);
  if (hashes === undefined) {
    hashes = [...words.single, ...words.phrases].flatMap((written) =>
      variantsOf(written).map((variant) => variant.map(hashOf)),
    );
    HASHES.set(words, hashes);
  }
  return hashes;
}

/** Small letters and digits of ASCII, with one space between words: as nearly all words of lists are written. */
const PLAIN = /^ ?[a-z0-9]+(?: [a-z0-9]+)* ?$/;

/** The reader folds ASCII alone; other letters are looked up as they are usually written. */
function variantsOf(written: string): string[][] {
  if (PLAIN.test(written)) return [written.trim().split(' ')];
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
  for (let i = 0; i < word.length; i++) {
    const code = word.charCodeAt(i);
    if (code >= 0x80) return finish(Buffer.from(word, 'utf8').reduce((sum, byte) => step(sum, byte), FNV_START));
    hash = step(hash, code);
  }
  return finish(hash);
}

const FNV_START = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

function step(hash: number, byte: number): number {
  return Math.imul(hash ^ (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte), FNV_PRIME);
}

/** What a byte is to a word: no part of one, a small letter, a digit, a capital, or part of a character beyond ASCII. */
const [SIGN, SMALL, FIGURE, CAPITAL, BEYOND] = [0, 1, 2, 3, 4];
const KIND = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x80) return BEYOND;
  if (isDigit(byte)) return FIGURE;
  if (isUpper(byte)) return CAPITAL;
  return isLetterOrDigit(byte) ? SMALL : SIGN;
});

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
  /** Pairs by block: the first of its triples plus 1, 0 where it has not been read; and the one behind its last. */
  readonly #bounds: Int32Array;
  /** Blocks without a known word that were found last: in a page of numbers each part of a chain asks there again. */
  #bareFrom = 0;
  #bareTo = -1;
  /** Of the word that was read last. */
  #wordHash = 0;
  /** Of the words behind the one that is noted, as far as they have been read: ends, -1 where none follows, and hashes. */
  readonly #behindEnds: number[] = [];
  readonly #behindHashes: number[] = [];

  constructor(index: ContextIndex, text: Uint8Array) {
    this.#index = index;
    this.#text = text;
    this.#bounds = new Int32Array(2 * ((text.length >> BLOCK_BITS) + 1));
  }

  /** Adds the bits of all known words that stand wholly within `from`..`to`. */
  collect(from: number, to: number, bits: Uint32Array): void {
    const { telling, tellingAt } = this.#index;
    const last = Math.max(0, to - 1) >> BLOCK_BITS;
    for (let block = from >> BLOCK_BITS; block <= last; block++) {
      if (this.#bounds[2 * block] === 0) this.#read(block);
      const hits = this.#hits;
      const end = this.#bounds[2 * block + 1] as number;
      for (let k = (this.#bounds[2 * block] as number) - 1; k < end; k += 3) {
        if ((hits[k] as number) < from || (hits[k + 1] as number) > to) continue;
        const entry = hits[k + 2] as number;
        const behind = tellingAt[entry + 1] as number;
        for (let t = tellingAt[entry] as number; t < behind; t += 2) {
          const at = telling[t] as number;
          bits[at] = (bits[at] as number) | (telling[t + 1] as number);
        }
      }
    }
  }

  /** Whether a word of one of the lists stands wholly within `from`..`to`. */
  hasAny(from: number, to: number, lists: ListSet): boolean {
    const last = Math.max(0, to - 1) >> BLOCK_BITS;
    const first = from >> BLOCK_BITS;
    if (first >= this.#bareFrom && last <= this.#bareTo) return false;
    let isBare = true;
    for (let block = first; block <= last; block++) {
      if (this.#bounds[2 * block] === 0) this.#read(block);
      const hits = this.#hits;
      const end = this.#bounds[2 * block + 1] as number;
      for (let k = (this.#bounds[2 * block] as number) - 1; k < end; k += 3) {
        isBare = false;
        if (!lists.touches(hits[k + 2] as number)) continue;
        if ((hits[k] as number) >= from && (hits[k + 1] as number) <= to) return true;
      }
    }
    if (isBare) this.#noteBare(first, last);
    return false;
  }

  #noteBare(first: number, last: number): void {
    const goesOn = first <= this.#bareTo + 1 && last >= this.#bareFrom - 1;
    this.#bareFrom = goesOn ? Math.min(first, this.#bareFrom) : first;
    this.#bareTo = goesOn ? Math.max(last, this.#bareTo) : last;
  }

  #read(block: number): void {
    const text = this.#text;
    const end = Math.min(text.length, (block + 1) << BLOCK_BITS);
    this.#bounds[2 * block] = this.#hits.length + 1;
    // Where a word ends, one begins or a sign stands; only before the first, and behind one that was cut, more is asked.
    let isSure = false;
    for (let i = block << BLOCK_BITS; i < end; ) {
      const kind = KIND[text[i] as number] as number;
      if (kind === SIGN) {
        isSure = true;
        i++;
        continue;
      }
      if (!isSure && !startsWord(text, i)) {
        i++;
        continue;
      }
      const plainTo = kind === BEYOND ? -1 : this.#plainWordAt(i);
      if (plainTo !== -1) {
        const found = this.#index.find(this.#wordHash);
        if (found !== -1) this.#note(i, plainTo, found);
        isSure = plainTo - i < MAX_WORD;
        i = plainTo;
        continue;
      }
      isSure = false;
      const to = this.#readWord(i);
      if (this.#index.hasEmbedded && (text[i] as number) >= 0xe0) this.#readEmbedded(i, to);
      i = to;
    }
    this.#bounds[2 * block + 1] = this.#hits.length;
  }

  /** Notes the word at `start` and the phrases that begin with it; returns its end. */
  #readWord(start: number): number {
    const end = this.#wordAt(start);
    const found = this.#index.find(this.#wordHash);
    if (found !== -1) this.#note(start, end, found);
    return end;
  }

  /** The end of the word at `start`, whose hash is then `#wordHash`. */
  #wordAt(start: number): number {
    const plainTo = this.#plainWordAt(start);
    if (plainTo !== -1) return plainTo;
    const end = wordEnd(this.#text, start);
    this.#wordHash = this.#hash(start, end);
    return end;
  }

  /** The same, hashed while its end is sought; -1 for a word that is not ASCII throughout. */
  #plainWordAt(start: number): number {
    const text = this.#text;
    const last = Math.min(text.length, start + MAX_WORD);
    let hash = FNV_START;
    let before = SIGN;
    let i = start;
    for (; i < last; i++) {
      const byte = text[i] as number;
      const kind = KIND[byte] as number;
      if (kind === SIGN) break;
      if (kind === BEYOND) return -1;
      if (kind === CAPITAL && i > start) {
        // A hump: `customerSsn`, `v2Key`, `HTTPServer`.
        if (before !== CAPITAL) break;
        const after = i + 1 < text.length ? (KIND[text[i + 1] as number] as number) : SIGN;
        if (after === BEYOND) return -1;
        if (after === SMALL) break;
      }
      before = kind;
      hash = Math.imul(hash ^ (kind === CAPITAL ? byte + 0x20 : byte), FNV_PRIME);
    }
    this.#wordHash = finish(hash);
    return i;
  }

  #note(start: number, end: number, found: number): void {
    this.#hits.push(start, end, found);
    const phrases = this.#index.phrases[found];
    if (phrases == null) return;
    // The words behind are read once for all phrases, and as far as one of them goes on.
    let known = 0;
    for (let p = 0; p < phrases.length; p++) {
      const { rest, entry } = phrases[p] as Phrase;
      let k = 0;
      for (; k < rest.length; k++) {
        if (k === known) {
          const next = nextWord(this.#text, k === 0 ? end : (this.#behindEnds[k - 1] as number));
          this.#behindEnds[k] = next === -1 ? -1 : this.#wordAt(next);
          this.#behindHashes[k] = this.#wordHash;
          known++;
        }
        if (this.#behindEnds[k] === -1 || this.#behindHashes[k] !== rest[k]) break;
      }
      if (k === rest.length) this.#hits.push(start, this.#behindEnds[k - 1] as number, entry);
    }
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
  for (let i = from; i < last; i++) {
    if ((KIND[text[i] as number] as number) !== SIGN && startsWord(text, i)) return i;
  }
  return -1;
}

function nextCharacter(text: Uint8Array, at: number): number {
  let next = at + 1;
  while (next < text.length && ((text[next] as number) & 0xc0) === 0x80) next++;
  return next;
}

/** Whether a word of one of the lists stands near `start`..`end`: where `bitsRound` looks. */
export function hasAnyRound(
  reader: ContextReader,
  from: number,
  to: number,
  start: number,
  end: number,
  lists: ListSet,
): boolean {
  return (
    reader.hasAny(Math.max(from, start - BEFORE), start, lists) || reader.hasAny(end, Math.min(to, end + AFTER), lists)
  );
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
