/**
 * Blocks of ClickHouse's native format: columns one after the other, each with its name, its type and all of its rows; and the
 * frames that they are compressed in (LZ4, zstd, none). By ClickHouse's documentation of the Native format and protocol.
 */
import { zstdDecompressSync } from 'node:zlib';
import { opaque } from '../../flow/coverage.ts';
import { cellPath } from './statement-texts.ts';
import type { TextSample } from './text-sample.ts';

/** There are too few bytes to say. */
export class ShortError extends Error {}
/** It is nothing that is known here. */
export class BrokenError extends Error {}

const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Takes bytes from the front; throws ShortError where there are too few. */
export class Cursor {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  take(length: number): Buffer {
    if (length < 0 || this.at + length > this.bytes.length) throw new ShortError();
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  varuint(): number {
    let value = 0;
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new BrokenError();
  }

  text(): Buffer {
    const length = this.varuint();
    if (length > MAX_TEXT_BYTES) throw new BrokenError();
    return this.take(length);
  }

  /** Of 64 bits, as far as a number goes. */
  size(): number {
    return Number(this.take(8).readBigUInt64LE());
  }
}

type Emit = (row: number, text: Buffer | string) => void;

/** Bytes of a value whose text says nothing of anybody, or is not read. */
const UNREAD_BYTES: Readonly<Record<string, number>> = {
  ...{ Bool: 1, Nothing: 1, Enum8: 1, Enum16: 2, Float32: 4, Float64: 8, BFloat16: 2, DateTime: 4, DateTime64: 8 },
  ...{ UUID: 16, IPv6: 16, Decimal32: 4, Decimal64: 8, Decimal128: 16, Decimal256: 32, Int128: 16, UInt128: 16 },
  ...{ Int256: 32, UInt256: 32, Time: 4, Time64: 8 },
};
const INTEGERS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  Int8: (bytes) => String(bytes.readInt8()),
  UInt8: (bytes) => String(bytes.readUInt8()),
  Int16: (bytes) => String(bytes.readInt16LE()),
  UInt16: (bytes) => String(bytes.readUInt16LE()),
  Int32: (bytes) => String(bytes.readInt32LE()),
  UInt32: (bytes) => String(bytes.readUInt32LE()),
  Int64: (bytes) => String(bytes.readBigInt64LE()),
  UInt64: (bytes) => String(bytes.readBigUInt64LE()),
};
const INTEGER_BYTES = { 8: 1, 16: 2, 32: 4, 64: 8 } as const;
/** Numbers are read from five digits on. */
const MIN_DIGITS = 5;
const DAY_MS = 86_400_000;
const MAX_COLUMNS = 10_000;
const MAX_DEPTH = 8;

/** A type by its name and what stands in its brackets. */
function partsOf(type: string): { readonly name: string; readonly inner: readonly string[] } {
  const open = type.indexOf('(');
  if (open === -1) return { name: type.trim(), inner: [] };
  const inner: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open + 1; at < type.length; at++) {
    const sign = type[at];
    if (sign === '(') depth++;
    else if ((sign === ',' && depth === 0) || (sign === ')' && depth-- === 0)) {
      inner.push(type.slice(from, at).trim());
      from = at + 1;
    }
  }
  return { name: type.slice(0, open).trim(), inner };
}

/** The type of a field of a Tuple, which may have a name before it. */
function fieldType(field: string): string {
  const space = field.search(/[\s(]/);
  return space !== -1 && field[space] !== '(' ? field.slice(space + 1).trim() : field;
}

/** What stands before the rows of a column: the version of each dictionary within. */
function readPrefix(cursor: Cursor, type: string, depth = 0): void {
  const { name, inner } = partsOf(type);
  if (depth > MAX_DEPTH) throw new BrokenError();
  if (name === 'LowCardinality') cursor.take(8);
  else if (name === 'Tuple') for (const field of inner) readPrefix(cursor, fieldType(field), depth + 1);
  else if (/^(?:Array|Nullable|Map)$/.test(name)) for (const each of inner) readPrefix(cursor, each, depth + 1);
}

function readColumn(cursor: Cursor, type: string, rows: number, emit: Emit, depth = 0): void {
  const { name, inner } = partsOf(type);
  const [first = ''] = inner;
  if (depth > MAX_DEPTH) throw new BrokenError();
  const integer = INTEGERS[name];
  if (name === 'String') {
    for (let row = 0; row < rows; row++) emit(row, cursor.text());
  } else if (name === 'FixedString' && Number(first) > 0) {
    for (let row = 0; row < rows; row++) {
      const value = cursor.take(Number(first));
      const end = value.indexOf(0);
      emit(row, end === -1 ? value : value.subarray(0, end));
    }
  } else if (integer !== undefined) {
    const bytes = INTEGER_BYTES[/\d+$/.exec(name)?.[0] as unknown as keyof typeof INTEGER_BYTES];
    for (let row = 0; row < rows; row++) {
      const digits = integer(cursor.take(bytes));
      if (digits.length >= MIN_DIGITS) emit(row, digits);
    }
  } else if (name === 'Date' || name === 'Date32') {
    for (let row = 0; row < rows; row++) {
      const days = name === 'Date' ? cursor.take(2).readUInt16LE() : cursor.take(4).readInt32LE();
      if (Math.abs(days) < 100_000) emit(row, new Date(days * DAY_MS).toISOString().slice(0, 10));
    }
  } else if (name === 'IPv4') {
    for (let row = 0; row < rows; row++) emit(row, [...cursor.take(4)].reverse().join('.'));
  } else if (name === 'Nullable') {
    const nulls = cursor.take(rows);
    readColumn(cursor, first, rows, (row, text) => nulls[row] === 0 && emit(row, text), depth + 1);
  } else if (name === 'LowCardinality') {
    readDictionary(cursor, first, rows, emit, depth);
  } else if (name === 'Array') {
    readArrays(cursor, first, rows, emit, depth);
  } else if (name === 'Map') {
    readArrays(cursor, `Tuple(${inner.join(', ')})`, rows, emit, depth);
  } else if (name === 'Tuple' && inner.length > 0) {
    for (const field of inner) readColumn(cursor, fieldType(field), rows, emit, depth + 1);
  } else if (name === 'SimpleAggregateFunction' && inner[1] !== undefined) {
    readColumn(cursor, inner[1], rows, emit, depth + 1);
  } else {
    const bytes = name === 'Decimal' ? decimalBytes(Number(first)) : UNREAD_BYTES[name];
    if (bytes === undefined) throw new BrokenError();
    cursor.take(bytes * rows);
  }
}

function decimalBytes(precision: number): number {
  return precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
}

function readArrays(cursor: Cursor, type: string, rows: number, emit: Emit, depth: number): void {
  const ends = new Cursor(cursor.take(rows * 8));
  const rowOf: number[] = [];
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const end = ends.size();
    // Each element has a byte at least.
    if (end < total || end - total > cursor.bytes.length) throw end < total ? new BrokenError() : new ShortError();
    for (; total < end; total++) rowOf.push(row);
  }
  readColumn(cursor, type, total, (at, text) => emit(rowOf[at] ?? 0, text), depth + 1);
}

const NEEDS_GLOBAL = 1n << 8n;

/** Distinct values, and for each row the number of its own. */
function readDictionary(cursor: Cursor, type: string, rows: number, emit: Emit, depth: number): void {
  const flags = cursor.take(8).readBigUInt64LE();
  const width = 2 ** Number(flags & 0xffn);
  if ((flags & NEEDS_GLOBAL) !== 0n || width > 8) throw new BrokenError();
  const { name, inner } = partsOf(type);
  const isNullable = name === 'Nullable';
  const values = new Map<number, Buffer | string>();
  const count = cursor.size();
  if (count > cursor.bytes.length) throw new ShortError();
  const keep: Emit = (at, text) => void values.set(at, text);
  readColumn(cursor, isNullable ? (inner[0] ?? '') : type, count, keep, depth + 1);
  if (cursor.size() !== rows) throw new BrokenError();
  const keys = cursor.take(rows * width);
  for (let row = 0; row < rows; row++) {
    const key = width === 8 ? Number(keys.readBigUInt64LE(row * 8)) : keys.readUIntLE(row * width, width);
    const value = isNullable && key === 0 ? undefined : values.get(key);
    if (value !== undefined) emit(row, value);
  }
}

export interface BlockShape {
  /** What both sides speak. */
  readonly revision: number;
}

/** Reads one block; its texts go into the sample, also those before the place where it breaks off. Returns its rows. */
export function readBlock(cursor: Cursor, { revision }: BlockShape, sample: TextSample): number {
  if (revision >= 51_903) {
    for (let field = cursor.varuint(); field !== 0; field = cursor.varuint()) {
      if (field > 2) throw new BrokenError();
      cursor.take(field === 1 ? 1 : 4);
    }
  }
  const columns = cursor.varuint();
  const rows = cursor.varuint();
  if (columns > MAX_COLUMNS) throw new BrokenError();
  for (let index = 0; index < columns; index++) {
    const column = cursor.text().toString('utf8');
    const type = cursor.text().toString('latin1');
    // Sparse columns and the like have a form of their own.
    if (revision >= 54_454 && cursor.byte() !== 0) throw new BrokenError();
    if (rows === 0) continue;
    readPrefix(cursor, type);
    readColumn(cursor, type, rows, (row, text) =>
      sample.add(cellPath(row, column), column, typeof text === 'string' ? Buffer.from(text) : text),
    );
  }
  return rows;
}

const FRAME_HEAD = 25;
const METHOD = { none: 0x02, lz4: 0x82, zstd: 0x90 } as const;
/** Of a frame so much is undone: a sample is a fraction of it. */
const MAX_UNDONE_BYTES = 256 * 1024;

/** A block in its frames: the same as `readBlock`, of as much of them as is there. */
export function readCompressedBlock(cursor: Cursor, shape: BlockShape, fresh: () => TextSample): number {
  let plain = Buffer.alloc(0);
  for (;;) {
    const isWhole = takeFrame(cursor, (bytes) => {
      plain = Buffer.concat([plain, bytes]);
    });
    try {
      const rows = readBlock(new Cursor(plain), shape, fresh());
      if (isWhole) return rows;
      throw new ShortError();
    } catch (error) {
      // It goes on in the next frame.
      if (!(error instanceof ShortError) || !isWhole || plain.length > MAX_UNDONE_BYTES) throw error;
    }
  }
}

/** Gives what a frame holds, also of one that is cut; whether it was whole. */
function takeFrame(cursor: Cursor, give: (bytes: Buffer) => void): boolean {
  const head = cursor.take(FRAME_HEAD);
  const method = head[16];
  const size = head.readUInt32LE(17) - 9;
  const full = head.readUInt32LE(21);
  if (size < 0 || size > MAX_TEXT_BYTES || full > MAX_TEXT_BYTES) throw new BrokenError();
  const isWhole = cursor.at + size <= cursor.bytes.length;
  const payload = cursor.take(isWhole ? size : cursor.bytes.length - cursor.at);
  if (method === METHOD.none) give(payload);
  else if (method === METHOD.lz4) give(undoLz4(payload, Math.min(full, MAX_UNDONE_BYTES)));
  else if (method === METHOD.zstd && isWhole) give(undoZstd(payload));
  else if (method !== METHOD.zstd) throw new BrokenError();
  return isWhole;
}

function undoZstd(bytes: Buffer): Buffer {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: 4 * MAX_UNDONE_BYTES });
  } catch {
    throw new BrokenError();
  }
}

/** A block of LZ4 (its block format, without a frame), as far as the bytes and the room go. */
export function undoLz4(bytes: Buffer, most: number): Buffer {
  const out = Buffer.alloc(most);
  let at = 0;
  let has = 0;
  const length = (nibble: number): number => {
    let sum = nibble;
    if (nibble !== 15) return sum;
    for (let more = 255; more === 255 && at < bytes.length; ) {
      more = bytes[at++] ?? 0;
      sum += more;
    }
    return sum;
  };
  while (at < bytes.length && has < most) {
    const token = bytes[at++] ?? 0;
    const literals = length(token >> 4);
    const copied = bytes.copy(out, has, at, Math.min(at + literals, bytes.length));
    has += copied;
    at += literals;
    if (copied < literals || at + 2 > bytes.length) break;
    const back = bytes.readUInt16LE(at);
    at += 2;
    const end = Math.min(most, has + length(token & 15) + 4);
    if (back === 0 || back > has) throw new BrokenError();
    for (; has < end; has++) out[has] = out[has - back] ?? 0;
  }
  return out.subarray(0, has);
}

/** Says of a sample that the rest of its block is of a form that is not read. */
export function noteUnread(sample: TextSample): void {
  sample.note(opaque('unread'));
}
