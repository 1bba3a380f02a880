/**
 * Reads bpf/events.h: constants, and the fields of every struct at the offsets that its static asserts state, so that what
 * TypeScript reads and writes is compared with what the C compiler has checked. Frames are taken apart and commands
 * put together by it without the sensor's own decoder.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

export interface HeaderField {
  readonly name: string;
  /** `__u32`, `char`, or the name of a struct. */
  readonly type: string;
  /** Elements of an array; null for a field that is none. */
  readonly count: number | null;
  readonly at: number;
}

export interface HeaderStruct {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly HeaderField[];
}

export type FieldValue = number | bigint | string | Buffer | Fields;
export interface Fields {
  readonly [name: string]: FieldValue;
}

const text = readFileSync(join(packageRoot, 'bpf/events.h'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

export const constants: ReadonlyMap<string, number> = readConstants();
export const structs: ReadonlyMap<string, HeaderStruct> = readStructs();

function readConstants(): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, name = '', value = ''] of text.matchAll(/^#define (WEIR_\w+) (0x[\da-f]+|\d+)\s*$/gm))
    found.set(name, Number(value));
  for (const [, body = ''] of text.matchAll(/^enum \w+ \{([^}]*)\}/gm)) {
    for (const [, name = '', value = ''] of body.matchAll(/(WEIR_\w+) = (\d+)/g)) found.set(name, Number(value));
  }
  return found;
}

function readStructs(): Map<string, HeaderStruct> {
  const found = new Map<string, HeaderStruct>();
  for (const [, name = '', body = ''] of text.matchAll(/^struct (\w+) \{([^}]*)\};/gm)) {
    const size = new RegExp(`^WEIR_SIZE\\(${name}, (\\d+)\\)$`, 'm').exec(text)?.[1];
    assert.ok(size !== undefined, `the size of ${name} is not asserted`);
    const fields: HeaderField[] = [];
    for (const [, type = '', field = '', count] of body.matchAll(/(?:struct )?(\w+) (\w+)(?:\[(\w+)\])?;/g)) {
      if (field.startsWith('reserved')) continue;
      const at = new RegExp(`^WEIR_AT\\(${name}, ${field}, (\\d+)\\)$`, 'm').exec(text)?.[1];
      assert.ok(at !== undefined, `the offset of ${name}.${field} is not asserted`);
      fields.push({
        name: field,
        type,
        count: count === undefined ? null : (constants.get(count) ?? Number(count)),
        at: Number(at),
      });
    }
    found.set(name, { name, size: Number(size), fields });
  }
  return found;
}

export function constantOf(name: string): number {
  const value = constants.get(name);
  assert.ok(value !== undefined, `bpf/events.h has no ${name}`);
  return value;
}

export function structOf(name: string): HeaderStruct {
  const struct = structs.get(name);
  assert.ok(struct !== undefined, `bpf/events.h has no struct ${name}`);
  return struct;
}

/** Fields of a struct that begins at `from`: 64-bit numbers as bigint, `char` arrays as text up to the first NUL, other arrays as bytes. */
export function readFields(name: string, bytes: Buffer, from = 0): Fields {
  const struct = structOf(name);
  assert.ok(bytes.length >= from + struct.size, `${name} has ${struct.size} bytes, here are ${bytes.length - from}`);
  return Object.fromEntries(struct.fields.map((field) => [field.name, readField(field, bytes, from + field.at)]));
}

function readField({ type, count }: HeaderField, bytes: Buffer, at: number): FieldValue {
  if (type === 'char') {
    const all = bytes.subarray(at, at + (count ?? 1));
    const end = all.indexOf(0);
    return all.subarray(0, end < 0 ? all.length : end).toString('utf8');
  }
  if (count !== null) return Buffer.from(bytes.subarray(at, at + count * sizeOf(type)));
  switch (type) {
    case '__u8':
      return bytes.readUInt8(at);
    case '__u16':
      return bytes.readUInt16LE(at);
    case '__u32':
      return bytes.readUInt32LE(at);
    case '__s32':
      return bytes.readInt32LE(at);
    case '__u64':
      return bytes.readBigUInt64LE(at);
    default:
      return readFields(type, bytes, at);
  }
}

function sizeOf(type: string): number {
  return { __u8: 1, char: 1, __u16: 2, __u32: 4, __s32: 4, __u64: 8 }[type] ?? structOf(type).size;
}

/** A struct with these fields, the others 0. */
export function writeFields(name: string, values: Fields): Buffer {
  const struct = structOf(name);
  const bytes = Buffer.alloc(struct.size);
  for (const [key, value] of Object.entries(values)) {
    const field = struct.fields.find((each) => each.name === key);
    assert.ok(field !== undefined, `${name} has no field ${key}`);
    writeField(field, value, bytes);
  }
  return bytes;
}

function writeField({ name, type, count, at }: HeaderField, value: FieldValue, bytes: Buffer): void {
  if (typeof value === 'string' || Buffer.isBuffer(value)) {
    const data = Buffer.from(value);
    assert.ok(data.length <= (count ?? 1) * sizeOf(type), `${name} is too long`);
    data.copy(bytes, at);
  } else if (typeof value === 'object') writeFields(type, value).copy(bytes, at);
  else if (type === '__u64') bytes.writeBigUInt64LE(BigInt(value), at);
  else bytes.writeUIntLE(Number(value), at, sizeOf(type));
}
