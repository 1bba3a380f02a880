/** Of MySQL: definitions of columns, the bits that stand for null, and the parameters of prepared statements. */
import { MysqlFields } from './mysql-values.ts';

/** Of a packet. */
const HEAD = 4;
const UNSIGNED = 0x20;
/** Of a table or statement, at most. */
export const MAX_COLUMNS = 4096;

/** As its definition says. */
export interface Column {
  readonly name: string;
  readonly type: number;
  readonly isUnsigned: boolean;
}

/** Of a prepared statement, as the client sends it. */
export interface Parameter {
  readonly type: number;
  readonly isUnsigned: boolean;
}

/** The name stands behind four others; type and flags near the end, whatever a server has put between. */
export function columnOf(bytes: Buffer): Column {
  const fields = new MysqlFields(bytes, HEAD);
  for (let count = 0; count < 4; count++) fields.string();
  const name = fields.string()?.toString('utf8') ?? '';
  const fixed = Math.max(HEAD, bytes.length - 12);
  const type = bytes[fixed + 6] ?? 253;
  const flags = fixed + 9 <= bytes.length ? bytes.readUInt16LE(fixed + 7) : 0;
  return { name, type, isUnsigned: (flags & UNSIGNED) !== 0 };
}

/** The row's header, then a bit a column, from the third on. */
export function nullsOf(fields: MysqlFields, count: number): ReadonlySet<number> {
  fields.skip(1);
  const bits = fields.bytes((count + 9) >> 3);
  return bitsOf(bits, count, 2);
}

function bitsOf(bits: Buffer, count: number, from: number): ReadonlySet<number> {
  const set = new Set<number>();
  for (let index = 0; index < count; index++) {
    const bit = index + from;
    if (((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0) set.add(index);
  }
  return set;
}

/** The types of parameters, or `known` where they are not sent again, and those values that are not null. */
export function readParameters(
  fields: MysqlFields,
  count: number,
  known: readonly Parameter[],
  hasNames: boolean,
): { readonly parameters: readonly Parameter[]; readonly values: ReadonlyMap<number, Buffer> } {
  const most = Math.min(count, MAX_COLUMNS);
  const nulls = bitsOf(fields.bytes((most + 7) >> 3), most, 0);
  let parameters = known;
  if (fields.int(1) === 1) {
    const read: Parameter[] = [];
    for (let index = 0; index < most && fields.isLeft; index++) {
      const type = fields.int(1);
      read.push({ type, isUnsigned: (fields.int(1) & 0x80) !== 0 });
      if (hasNames) fields.string();
    }
    parameters = read;
  }
  const values = new Map<number, Buffer>();
  for (const [index, { type, isUnsigned }] of parameters.entries()) {
    if (!fields.isLeft) break;
    if (nulls.has(index)) continue;
    const text = fields.binary(type, isUnsigned);
    if (text !== null) values.set(index, Buffer.from(text));
  }
  return { parameters, values };
}
