/**
 * The wire format of Protocol Buffers, read without a schema: tags, lengths and where each value stands
 * (https://protobuf.dev/programming-guides/encoding/). It says nothing of what a value means, goes into no field, and
 * never throws. What would not be written again byte for byte as it came is told from what would.
 */

/** 0: a varint. 1: 8 bytes. 2: a length and so many bytes. 3: a group, whose fields are `items`. 5: 4 bytes. */
export type Wire = 0 | 1 | 2 | 3 | 5;

/** One field of a message. Offsets count from the beginning of the bytes that were read. */
export interface ProtobufField {
  readonly number: number;
  readonly wire: Wire;
  /** Where the length begins, for wire 2; else as `start`. */
  readonly lengthAt: number;
  /** The value; of a group, its fields. */
  readonly start: number;
  readonly end: number;
  /** Of a varint up to 2^53, its value; else -1. */
  readonly value: number;
  readonly items: readonly ProtobufField[];
}

export interface ProtobufMessage {
  readonly fields: readonly ProtobufField[];
  /** Each varint is as short as it can be: written again, the message has the same bytes. */
  readonly isCanonical: boolean;
  /** Some field is a number or a group, and not bytes with a length. */
  readonly hasScalars: boolean;
  /** All that stands between the values of wire 2 is visible ASCII or white space. */
  readonly isPrintable: boolean;
}

/** So many fields may still be read; shared by all messages of one body. */
export interface FieldBudget {
  left: number;
}

/** A field costs some 150 bytes; past this many a body counts as not read. */
export const MAX_FIELDS = 200_000;
/** Groups within groups; the parsers of most languages stop at 100. */
const MAX_GROUPS = 100;
/** 2^29 - 1. */
const MAX_NUMBER = 536_870_911;
const MAX_VARINT_BYTES = 10;

/** The one message that `bytes` hold, to the last byte; null where they hold none. Empty bytes are an empty message. */
export function readProtobuf(bytes: Buffer, budget: FieldBudget): ProtobufMessage | null {
  const reader = new Reader(bytes, budget);
  const fields = reader.fields(0, MAX_GROUPS);
  if (fields === null || reader.at !== bytes.length) return null;
  const { isCanonical, hasScalars, isPrintable } = reader;
  return { fields, isCanonical, hasScalars, isPrintable };
}

/** A length as a varint, as short as it can be. */
export function varintOf(length: number): Buffer {
  const bytes: number[] = [];
  let left = length;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
  return Buffer.from(bytes);
}

/** What stands behind a length that `bytes` begin with, where that is all of the rest; null otherwise. */
export function contentOf(bytes: Buffer): Buffer | null {
  const reader = new Reader(bytes, { left: 0 });
  const length = reader.varint();
  return length === bytes.length - reader.at && reader.isCanonical ? bytes.subarray(reader.at) : null;
}

/** Whether both are messages with the same fields in the same order, whatever they hold. */
export function haveSameFields(before: Buffer, after: Buffer): boolean {
  const was = readProtobuf(before, { left: MAX_FIELDS });
  const is = readProtobuf(after, { left: MAX_FIELDS });
  if (was === null || is === null || !is.isCanonical || was.fields.length !== is.fields.length) return false;
  return was.fields.every(({ number, wire }, i) => is.fields[i]?.number === number && is.fields[i]?.wire === wire);
}

class Reader {
  readonly bytes: Buffer;
  readonly budget: FieldBudget;
  at = 0;
  isCanonical = true;
  hasScalars = false;
  isPrintable = true;

  constructor(bytes: Buffer, budget: FieldBudget) {
    this.bytes = bytes;
    this.budget = budget;
  }

  /** Fields up to the end, or to the end of the group with that number (0: none). */
  fields(group: number, depth: number): ProtobufField[] | null {
    const fields: ProtobufField[] = [];
    while (this.at < this.bytes.length) {
      const tag = this.varint();
      if (tag < 0 || tag > 0xffff_ffff) return null;
      const number = Math.floor(tag / 8);
      const wire = tag % 8;
      if (number === 0 || number > MAX_NUMBER) return null;
      if (wire === 4) return number === group ? fields : null;
      if (this.budget.left-- <= 0) return null;
      const field = this.field(number, wire, depth);
      if (field === null) return null;
      fields.push(field);
    }
    return group === 0 ? fields : null;
  }

  field(number: number, wire: number, depth: number): ProtobufField | null {
    const start = this.at;
    switch (wire) {
      case 0: {
        this.hasScalars = true;
        const value = this.varint();
        if (value < 0) return null;
        return scalar(number, wire, start, this.at, value <= Number.MAX_SAFE_INTEGER ? value : -1);
      }
      case 1:
      case 5:
        return this.fixed(number, wire, start, wire === 1 ? 8 : 4);
      case 2: {
        const length = this.varint();
        if (length < 0 || length > this.bytes.length - this.at) return null;
        const from = this.at;
        this.at += length;
        return { number, wire, lengthAt: start, start: from, end: this.at, value: -1, items: [] };
      }
      case 3: {
        this.hasScalars = true;
        const items = depth === 0 ? null : this.fields(number, depth - 1);
        if (items === null) return null;
        return { number, wire, lengthAt: start, start, end: this.at, value: -1, items };
      }
      default:
        return null;
    }
  }

  fixed(number: number, wire: 1 | 5, start: number, width: number): ProtobufField | null {
    this.hasScalars = true;
    if (width > this.bytes.length - start) return null;
    this.at += width;
    return scalar(number, wire, start, this.at, -1);
  }

  /** The varint that begins here; -1 where it is cut off or too long. Past 2^53 its value is only nearly right. */
  varint(): number {
    const { bytes } = this;
    let value = 0;
    let factor = 1;
    for (let width = 1; width <= MAX_VARINT_BYTES; width++) {
      if (this.at >= bytes.length) return -1;
      const byte = bytes[this.at++] as number;
      if (byte > 0x7e || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) this.isPrintable = false;
      value += (byte & 0x7f) * factor;
      factor *= 0x80;
      if (byte >= 0x80) continue;
      // Ten bytes hold 70 bits: what is past the 64th would be lost.
      if ((byte === 0 && width > 1) || (width === MAX_VARINT_BYTES && byte > 1)) this.isCanonical = false;
      return value;
    }
    return -1;
  }
}

function scalar(number: number, wire: 0 | 1 | 5, start: number, end: number, value: number): ProtobufField {
  return { number, wire, lengthAt: start, start, end, value, items: [] };
}
