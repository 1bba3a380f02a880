/** Protobuf written by hand for tests: a field is a number and what it holds. */

/** Text, bytes, a message of further fields, or an integer as a varint. */
export type Value = string | Buffer | readonly Field[] | number | bigint;
export type Field = readonly [number, Value];

/** The bytes of a message. */
export function protobuf(...fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.map(([number, value]) => field(number, value)));
}

function field(number: number, value: Value): Buffer {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return Buffer.concat([varint(BigInt(number) << 3n), varint(BigInt.asUintN(64, BigInt(value)))]);
  }
  const content = typeof value === 'string' ? Buffer.from(value) : Buffer.isBuffer(value) ? value : protobuf(...value);
  return Buffer.concat([varint((BigInt(number) << 3n) | 2n), varint(BigInt(content.length)), content]);
}

/** A varint; `width` makes it longer than need be. */
export function varint(value: bigint | number, width = 0): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    bytes.push(left > 0n || bytes.length + 1 < width ? low | 0x80 : low);
  } while (left > 0n || bytes.length < width);
  return Buffer.from(bytes);
}
