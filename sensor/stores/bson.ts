/**
 * BSON (bsonspec.org 1.1) to pieces of text: every string and number with the path and the name of its field. Bounded in
 * depth and number; a document that is cut off, or is none, gives what can be read of it.
 */
import { step, type TextSample } from './text-sample.ts';

const MAX_DEPTH = 32;
const MAX_FIELDS = 4000;

export interface BsonWalk {
  /** Asked for each field of the outermost document; false leaves it out. */
  readonly takes?: (name: string) => boolean;
  /** What stands before every path. */
  readonly path: string;
}

/** The fields of one document. Returns its size, or 0 where none begins here. */
export function walkBson(bytes: Buffer, at: number, sample: TextSample, walk: BsonWalk): number {
  if (at + 5 > bytes.length) return 0;
  const size = bytes.readInt32LE(at);
  if (size < 5) return 0;
  new Walker(bytes, sample).document(at, walk.path, 0, walk.takes ?? null, null);
  return size;
}

/** The first string (or name) of a field of the outermost document, and the name of the first field. */
export function bsonHead(bytes: Buffer, at: number, wanted: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  new Walker(bytes, null).heads(at, wanted, found);
  return found;
}

class Walker {
  readonly #bytes: Buffer;
  readonly #sample: TextSample | null;
  #fields = 0;

  constructor(bytes: Buffer, sample: TextSample | null) {
    this.#bytes = bytes;
    this.#sample = sample;
  }

  heads(start: number, wanted: readonly string[], found: Map<string, string>): void {
    let isFirst = true;
    this.#each(start, (type, name, at) => {
      const value = type === 0x02 ? this.#string(at) : null;
      if (isFirst) {
        found.set('', name);
        if (value !== null) found.set('=', value.toString('utf8'));
      }
      isFirst = false;
      if (wanted.includes(name) && value !== null) found.set(name, value.toString('utf8'));
    });
  }

  document(
    start: number,
    path: string,
    depth: number,
    takes: ((name: string) => boolean) | null,
    label: string | null,
  ): void {
    this.#each(start, (type, name, at) => {
      if (takes !== null && !takes(name)) return;
      // Of an array the name of the array counts, not the number of the element.
      const shown = label === null || !/^[0-9]{1,6}$/.test(name) ? name : label;
      this.#value(type, at, path + step(name), shown, depth);
    });
  }

  #value(type: number, at: number, path: string, label: string, depth: number): void {
    const sample = this.#sample;
    if (sample === null) return;
    switch (type) {
      case 0x02:
      case 0x0d:
      case 0x0e: {
        const text = this.#string(at);
        if (text !== null) sample.add(path, label, text);
        return;
      }
      case 0x03:
      case 0x04:
        if (depth < MAX_DEPTH) this.document(at, path, depth + 1, null, type === 0x04 ? label : null);
        return;
      case 0x05: {
        const length = this.#int32(at);
        const kind = this.#bytes[at + 4];
        if (length !== null && kind === 0) sample.add(path, label, this.#bytes.subarray(at + 5, at + 5 + length));
        return;
      }
      case 0x01:
        if (at + 8 <= this.#bytes.length) this.#number(path, label, String(this.#bytes.readDoubleLE(at)));
        return;
      case 0x10: {
        const value = this.#int32(at);
        if (value !== null) this.#number(path, label, String(value));
        return;
      }
      case 0x12:
        if (at + 8 <= this.#bytes.length) this.#number(path, label, String(this.#bytes.readBigInt64LE(at)));
        return;
    }
  }

  /** Short numbers are nobody's. */
  #number(path: string, label: string, text: string): void {
    if (text.length > 3) this.#sample?.addText(path, label, text);
  }

  #each(start: number, visit: (type: number, name: string, at: number) => void): void {
    const size = this.#int32(start);
    if (size === null || size < 5) return;
    const end = Math.min(this.#bytes.length, start + size);
    for (let at = start + 4; at < end; ) {
      const type = this.#bytes[at] ?? 0;
      if (type === 0 || ++this.#fields > MAX_FIELDS) return;
      const nameEnd = this.#bytes.indexOf(0, at + 1);
      if (nameEnd === -1 || nameEnd >= end) return;
      const name = this.#bytes.toString('utf8', at + 1, nameEnd);
      const value = nameEnd + 1;
      visit(type, name, value);
      const length = this.#lengthOf(type, value);
      if (length === null) return;
      at = value + length;
    }
  }

  /** Null for a type that is not known, and for what is cut off. */
  #lengthOf(type: number, at: number): number | null {
    switch (type) {
      case 0x01:
      case 0x09:
      case 0x11:
      case 0x12:
        return 8;
      case 0x02:
      case 0x0d:
      case 0x0e: {
        const length = this.#int32(at);
        return length === null || length < 1 ? null : 4 + length;
      }
      case 0x03:
      case 0x04: {
        const length = this.#int32(at);
        return length === null || length < 5 ? null : length;
      }
      case 0x05: {
        const length = this.#int32(at);
        return length === null || length < 0 ? null : 5 + length;
      }
      case 0x06:
      case 0x0a:
      case 0x7f:
      case 0xff:
        return 0;
      case 0x07:
        return 12;
      case 0x08:
        return 1;
      case 0x0b: {
        const first = this.#bytes.indexOf(0, at);
        const second = first === -1 ? -1 : this.#bytes.indexOf(0, first + 1);
        return second === -1 ? null : second + 1 - at;
      }
      case 0x10:
        return 4;
      case 0x13:
        return 16;
      case 0x0c: {
        const length = this.#int32(at);
        return length === null || length < 1 ? null : 4 + length + 12;
      }
      case 0x0f: {
        const length = this.#int32(at);
        return length === null || length < 14 ? null : length;
      }
      default:
        return null;
    }
  }

  /** As far as it is there. */
  #string(at: number): Buffer | null {
    const length = this.#int32(at);
    if (length === null || length < 1) return null;
    return this.#bytes.subarray(at + 4, at + 4 + length - 1);
  }

  #int32(at: number): number | null {
    return at >= 0 && at + 4 <= this.#bytes.length ? this.#bytes.readInt32LE(at) : null;
  }
}
