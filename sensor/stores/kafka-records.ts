/**
 * Kafka's records (its documentation, "Message Format"): batches of version 2 and message sets of 0 and 1, with keys, values and
 * headers. gzip and zstd are undone; what is packed otherwise is said to be compressed.
 */
import { crc32, gunzipSync } from 'node:zlib';
import { undoZstd } from '../../engine/encodings/zstd.ts';
import { opaque } from '../../flow/coverage.ts';
import { SAMPLED, step, type TextSample } from './text-sample.ts';

const BATCH_HEAD = 61;
const MAX_UNPACKED = 256 * 1024;
const MAX_RECORDS = 1000;

/** The records of the batches that stand in these bytes, from the first one that is found on. */
export function addRecords(bytes: Buffer, from: number, sample: TextSample): void {
  let number = 0;
  for (let at = from; at + 17 <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 8);
    const magic = bytes[at + 16];
    const end = at + 12 + length;
    if (magic === 2 && isBatch(bytes, at, length)) {
      number = addBatch(bytes.subarray(at, end), number, sample);
    } else if ((magic === 0 || magic === 1) && isOld(bytes, at, length)) {
      number = addOld(bytes.subarray(at, end), magic, number, sample);
    } else {
      at++;
      continue;
    }
    if (end > bytes.length) sample.note(SAMPLED);
    at = end;
  }
}

/** A message of the older versions is known by its checksum alone, so it has to be there whole. */
function isOld(bytes: Buffer, at: number, length: number): boolean {
  const end = at + 12 + length;
  return length >= 14 && end <= bytes.length && crc32(bytes.subarray(at + 16, end)) === bytes.readUInt32BE(at + 12);
}

function isBatch(bytes: Buffer, at: number, length: number): boolean {
  if (at + BATCH_HEAD > bytes.length || length < BATCH_HEAD - 12) return false;
  const last = bytes.readInt32BE(at + 23);
  const count = bytes.readInt32BE(at + 57);
  return last >= 0 && count >= 1 && count <= last + 1 && (bytes.readUInt16BE(at + 21) & ~0x7f) === 0;
}

function addBatch(batch: Buffer, first: number, sample: TextSample): number {
  const attributes = batch.readUInt16BE(21);
  if ((attributes & 0x20) !== 0) return first; // a mark of a transaction
  const isCut = batch.length < 12 + batch.readInt32BE(8);
  const records = unpacked(attributes & 7, batch.subarray(BATCH_HEAD), isCut);
  if (records === null) {
    sample.note(opaque('compressed'));
    return first;
  }
  const fields = new VarFields(records);
  let number = first;
  for (let left = Math.min(batch.readInt32BE(57), MAX_RECORDS); left > 0 && fields.isLeft; left--, number++) {
    fields.varint(); // length
    fields.skip(1);
    fields.varint(); // time
    fields.varint(); // offset
    const path = `/records/${number}`;
    sample.add(`${path}/key`, 'key', fields.bytes());
    sample.add(`${path}/value`, null, fields.bytes());
    for (let headers = Math.min(fields.varint(), 100); headers > 0 && fields.isLeft; headers--) {
      const name = fields.bytes().toString('utf8');
      sample.add(`${path}/headers${step(name)}`, name, fields.bytes(), 'metadata');
    }
  }
  return number;
}

function addOld(message: Buffer, magic: number, number: number, sample: TextSample): number {
  const packing = (message[17] ?? 0) & 7;
  let at = magic === 1 ? 26 : 18;
  const take = (): Buffer => {
    if (at + 4 > message.length) return message.subarray(message.length);
    const length = Math.max(0, message.readInt32BE(at));
    const value = message.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  const key = take();
  const value = take();
  if (packing === 0) {
    sample.add(`/records/${number}/key`, 'key', key);
    sample.add(`/records/${number}/value`, null, value);
    return number + 1;
  }
  // A packed message holds a set of others.
  const inside = unpacked(packing, value, false);
  if (inside === null) sample.note(opaque('compressed'));
  else if (inside.length >= 17 && ((inside[17] ?? 0) & 7) === 0) addRecords(inside, 0, sample);
  return number + 1;
}

/** Null for what cannot be undone: snappy, lz4, and what is cut off. */
function unpacked(packing: number, bytes: Buffer, isCut: boolean): Buffer | null {
  if (packing === 0) return bytes;
  if (isCut) return null;
  try {
    if (packing === 1) return gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED });
    return packing === 4 ? undoZstd(bytes, MAX_UNPACKED) : null;
  } catch {
    return null; // broken, or larger than it may become
  }
}

/** Zigzag numbers of variable length; behind the end everything is empty. */
class VarFields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isLeft(): boolean {
    return this.#at < this.#bytes.length;
  }

  skip(count: number): void {
    this.#at += count;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) break;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  bytes(): Buffer {
    const length = Math.max(0, this.varint());
    const start = Math.min(this.#at, this.#bytes.length);
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }
}
