/**
 * PostgreSQL's binary forms of values to text, for those types that can hold what a recognizer looks for. Others give
 * null: their bytes say nothing that could be read.
 */

const OID = {
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  json: 114,
  xml: 142,
  inet: 869,
  cidr: 650,
  macaddr: 829,
  date: 1082,
  numeric: 1700,
  uuid: 2950,
  jsonb: 3802,
} as const;

/** char, name, text, bpchar, varchar, unknown, citext has no fixed number. */
const TEXTS: ReadonlySet<number> = new Set([18, 19, 25, 705, 1042, 1043, OID.json, OID.xml]);
/** Arrays of text, varchar, bpchar, int4, int8, numeric, uuid, jsonb. */
const ARRAYS: ReadonlySet<number> = new Set([1009, 1015, 1014, 1007, 1016, 1231, 2951, 3807]);
/** 1970-01-01 to 2000-01-01 in days. */
const EPOCH_DAYS = 10_957;
const DAY_MS = 86_400_000;
const MAX_ELEMENTS = 1000;

/** `oid` 0 is a type that is not known: text is taken for text where it reads as such. */
export function binaryText(oid: number, bytes: Buffer): Buffer | null {
  if (TEXTS.has(oid) || oid === OID.bytea) return bytes;
  if (ARRAYS.has(oid)) return arrayText(bytes);
  const text = fixedText(oid, bytes);
  if (text !== null) return Buffer.from(text, 'latin1');
  if (oid === OID.jsonb) return bytes[0] === 1 ? bytes.subarray(1) : null;
  // citext, enums and domains have numbers of their own in every database.
  return oid === 0 || oid >= 16_384 ? readable(bytes) : null;
}

function fixedText(oid: number, bytes: Buffer): string | null {
  switch (oid) {
    case OID.int2:
      return bytes.length === 2 ? String(bytes.readInt16BE(0)) : null;
    case OID.int4:
      return bytes.length === 4 ? String(bytes.readInt32BE(0)) : null;
    case OID.int8:
      return bytes.length === 8 ? String(bytes.readBigInt64BE(0)) : null;
    case OID.numeric:
      return numericText(bytes);
    case OID.uuid:
      return bytes.length === 16 ? bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : null;
    case OID.macaddr:
      return bytes.length === 6 ? [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':') : null;
    case OID.inet:
    case OID.cidr:
      return inetText(bytes);
    case OID.date:
      return bytes.length === 4 ? dateText(bytes.readInt32BE(0)) : null;
    default:
      return null;
  }
}

function readable(bytes: Buffer): Buffer | null {
  return bytes.includes(0) ? null : bytes;
}

function dateText(days: number): string | null {
  const date = new Date((days + EPOCH_DAYS) * DAY_MS);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10);
}

function inetText(bytes: Buffer): string | null {
  const address = bytes.subarray(4);
  if (address.length !== bytes[3]) return null;
  if (address.length === 4) return address.join('.');
  if (address.length !== 16) return null;
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(address.readUInt16BE(at).toString(16));
  return groups.join(':');
}

/** Groups of four decimal digits, the weight of the first, sign and digits behind the point. */
function numericText(bytes: Buffer): string | null {
  if (bytes.length < 8) return null;
  const count = bytes.readUInt16BE(0);
  const weight = bytes.readInt16BE(2);
  const sign = bytes.readUInt16BE(4);
  const scale = bytes.readUInt16BE(6);
  if (bytes.length !== 8 + count * 2 || (sign !== 0 && sign !== 0x4000) || count > 64 || weight > 64) return null;
  const group = (index: number): string =>
    index >= 0 && index < count ? String(bytes.readUInt16BE(8 + index * 2)).padStart(4, '0') : '0000';
  let whole = '';
  for (let index = 0; index <= weight; index++) whole += group(index);
  let fraction = '';
  for (let index = weight + 1; fraction.length < Math.min(scale, 100); index++) fraction += group(index);
  const digits = `${whole.replace(/^0+(?=.)/, '') || '0'}${scale === 0 ? '' : `.${fraction.slice(0, scale)}`}`;
  return sign === 0 ? digits : `-${digits}`;
}

/** The elements, a line each. */
function arrayText(bytes: Buffer): Buffer | null {
  if (bytes.length < 12) return null;
  const dimensions = bytes.readInt32BE(0);
  const oid = bytes.readInt32BE(8);
  if (dimensions < 0 || dimensions > 6) return null;
  const elements: Buffer[] = [];
  for (let at = 12 + dimensions * 8; at + 4 <= bytes.length && elements.length < MAX_ELEMENTS; ) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) continue;
    const element = ARRAYS.has(oid) ? null : binaryText(oid, bytes.subarray(at, at + length));
    if (element !== null) elements.push(element, Buffer.from('\n'));
    at += length;
  }
  return Buffer.concat(elements);
}
