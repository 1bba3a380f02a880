/**
 * The map of characters that SentencePiece compiles into a model (`Precompiled` of a tokenizer.json): a double array
 * over UTF-8 bytes whose values are places in a list of replacements, each ended by a zero byte. The longest key that
 * begins at a place is replaced.
 */
import { AlignedBuilder, type AlignedText } from './aligned-text.ts';

/** Longest key that is followed, bytes. */
const LONGEST = 64;

/** `charsmap` in base64; an empty one changes nothing. Throws where it is none. */
export function precompiled(charsmap: string): (text: AlignedText) => AlignedText {
  if (charsmap === '') return (text) => text;
  const bytes = Buffer.from(charsmap, 'base64');
  const size = bytes.length < 4 ? -1 : bytes.readUInt32LE(0);
  if (size <= 0 || size % 4 !== 0 || size + 4 > bytes.length) throw new Error('a map of characters that is cut short');
  const units = new Uint32Array(size / 4);
  for (let i = 0; i < units.length; i++) units[i] = bytes.readUInt32LE(4 + i * 4);
  const map = new CharacterMap(units, bytes.subarray(4 + size));
  return (text) => map.apply(text);
}

class CharacterMap {
  readonly #units: Uint32Array;
  readonly #values: Buffer;
  /** Of the last search: bytes of the key, and where its replacement begins. */
  #length = 0;
  #value = -1;

  constructor(units: Uint32Array, values: Buffer) {
    this.#units = units;
    this.#values = values;
  }

  apply(given: AlignedText): AlignedText {
    const bytes = Buffer.from(given.text, 'utf8');
    const builder = new AlignedBuilder(given);
    let kept = 0;
    // `at` counts bytes, `unit` the units of UTF-16 that they are.
    for (let at = 0, unit = 0; at < bytes.length; ) {
      this.#search(bytes, at);
      const length = this.#value === -1 ? bytesOf(bytes[at] as number) : this.#length;
      const units = this.#value === -1 ? (length === 4 ? 2 : 1) : unitsOf(bytes, at, at + length);
      if (this.#value !== -1) {
        const replacement = this.#replacement();
        if (replacement !== bytes.toString('utf8', at, at + length)) {
          builder.keep(kept, unit);
          builder.replace(unit, unit + units, replacement);
          kept = unit + units;
        }
      }
      at += length;
      unit += units;
    }
    return builder.end(kept);
  }

  #replacement(): string {
    const end = this.#values.indexOf(0, this.#value);
    return this.#values.toString('utf8', this.#value, end === -1 ? this.#values.length : end);
  }

  /** The longest key that begins at a byte. */
  #search(bytes: Buffer, at: number): void {
    const units = this.#units;
    this.#value = -1;
    let place = offsetOf(units[0] as number);
    const to = Math.min(bytes.length, at + LONGEST);
    for (let i = at; i < to; i++) {
      const byte = bytes[i] as number;
      if (byte === 0) return;
      place = (place ^ byte) >>> 0;
      const unit = units[place];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return;
      place = (place ^ offsetOf(unit)) >>> 0;
      if (((unit >>> 8) & 1) === 0) continue;
      const value = (units[place] ?? 0) & 0x7fffffff;
      if (value >= this.#values.length) return;
      this.#length = i + 1 - at;
      this.#value = value;
    }
  }
}

/** Bytes of the character that begins with this one; the text was made from a string, so it is valid. */
function bytesOf(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function unitsOf(bytes: Buffer, start: number, end: number): number {
  let units = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

/** As the double array keeps it: shifted further where bit 9 says so. */
function offsetOf(unit: number): number {
  return ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
}
