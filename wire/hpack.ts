/**
 * HPACK (RFC 7541), read only, by somebody who listens and may have come late: an entry of the dynamic table that was
 * added before is unknown and stays so, while all that is added from then on is known. Never throws; what cannot be
 * read is said, and the state after it is that of a listener who comes late.
 */
import { huffmanText } from './huffman.ts';

/** Names are lower case as sent; null stands for what was in a table that was not heard. */
export interface Field {
  readonly name: string | null;
  readonly value: string | null;
}

export interface Block {
  readonly fields: readonly Field[];
  /** False where it broke off, in what is no HPACK, or beyond the bounds. */
  readonly isWhole: boolean;
}

const DEFAULT_TABLE_BYTES = 4096;
/** What an entry counts beside its text (RFC 7541 §4.1). */
const ENTRY_BYTES = 32;
const STATIC_COUNT = 61;

export interface HpackLimits {
  /** The table may be made as large as this by its sender; 64 KiB unless said, as browsers and gRPC have it. */
  readonly maxTableBytes?: number;
  /** All names and values of a block; 256 KiB. */
  readonly maxBlockBytes?: number;
}

export class HpackDecoder {
  readonly #maxTableBytes: number;
  readonly #maxBlockBytes: number;
  /** The newest last. */
  #entries: Field[] = [];
  #bytes = 0;
  #tableBytes = DEFAULT_TABLE_BYTES;

  constructor({ maxTableBytes = 64 * 1024, maxBlockBytes = 256 * 1024 }: HpackLimits = {}) {
    this.#maxTableBytes = maxTableBytes;
    this.#maxBlockBytes = maxBlockBytes;
  }

  /** Something was not heard: what was added meanwhile is unknown, and so is at which index the rest stands. */
  lose(): void {
    this.#entries = [];
    this.#bytes = 0;
  }

  /** One whole block, its fragments joined. */
  decode(block: Buffer): Block {
    const fields: Field[] = [];
    const reader = new Reader(block);
    let bytes = 0;
    while (!reader.isAtEnd) {
      const field = this.#next(reader);
      if (field === 'broken') {
        this.lose();
        return { fields, isWhole: false };
      }
      if (field === null) continue;
      bytes += sizeOf(field);
      if (bytes > this.#maxBlockBytes) {
        this.lose();
        return { fields, isWhole: false };
      }
      fields.push(field);
    }
    return { fields, isWhole: true };
  }

  /** Null for a change of the table's size. */
  #next(reader: Reader): Field | null | 'broken' {
    const first = reader.peek();
    if ((first & 0x80) !== 0) {
      const index = reader.integer(7);
      if (index === null || index === 0) return 'broken';
      return this.#entry(index);
    }
    if ((first & 0xe0) === 0x20) {
      const size = reader.integer(5);
      if (size === null || size > this.#maxTableBytes) return 'broken';
      this.#tableBytes = size;
      this.#evict();
      return null;
    }
    const isAdded = (first & 0x40) !== 0;
    const index = reader.integer(isAdded ? 6 : 4);
    if (index === null) return 'broken';
    const name = index === 0 ? reader.text() : this.#entry(index).name;
    if (index === 0 && name === null) return 'broken';
    const value = reader.text();
    if (value === null) return 'broken';
    const field = { name, value };
    if (isAdded) this.#add(field);
    return field;
  }

  #entry(index: number): Field {
    if (index <= STATIC_COUNT) return STATIC[index - 1] ?? UNKNOWN;
    return this.#entries[this.#entries.length - (index - STATIC_COUNT)] ?? UNKNOWN;
  }

  #add(field: Field): void {
    this.#entries.push(field);
    this.#bytes += sizeOf(field);
    this.#evict();
  }

  #evict(): void {
    let gone = 0;
    while (this.#bytes > this.#tableBytes && gone < this.#entries.length) {
      this.#bytes -= sizeOf(this.#entries[gone] ?? UNKNOWN);
      gone++;
    }
    if (gone > 0) this.#entries.splice(0, gone);
  }
}

function sizeOf({ name, value }: Field): number {
  return (name?.length ?? 0) + (value?.length ?? 0) + ENTRY_BYTES;
}

const UNKNOWN: Field = { name: null, value: null };

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(): number {
    return this.#bytes[this.#at] ?? 0;
  }

  /** RFC 7541 §5.1; null where it does not end, or is larger than any that is meant. */
  integer(prefixBits: number): number | null {
    const mask = 2 ** prefixBits - 1;
    let value = (this.#bytes[this.#at++] ?? 0) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
    }
    return null;
  }

  /** RFC 7541 §5.2. Bytes beyond ASCII are Latin-1, as Node has the fields of HTTP/1. */
  text(): string | null {
    if (this.isAtEnd) return null;
    const isHuffman = (this.peek() & 0x80) !== 0;
    const length = this.integer(7);
    if (length === null || this.#at + length > this.#bytes.length) return null;
    const piece = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return isHuffman ? huffmanText(piece) : piece.toString('latin1');
  }
}

/** RFC 7541 appendix A; names that have one value only, or none, stand alone. */
const STATIC: readonly Field[] = [
  ':authority',
  ':method GET',
  ':method POST',
  ':path /',
  ':path /index.html',
  ':scheme http',
  ':scheme https',
  ...['200', '204', '206', '304', '400', '404', '500'].map((status) => `:status ${status}`),
  'accept-charset',
  'accept-encoding gzip, deflate',
  'accept-language',
  'accept-ranges',
  'accept',
  'access-control-allow-origin',
  'age',
  'allow',
  'authorization',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'etag',
  'expect',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'link',
  'location',
  'max-forwards',
  'proxy-authenticate',
  'proxy-authorization',
  'range',
  'referer',
  'refresh',
  'retry-after',
  'server',
  'set-cookie',
  'strict-transport-security',
  'transfer-encoding',
  'user-agent',
  'vary',
  'via',
  'www-authenticate',
].map((entry) => {
  const space = entry.indexOf(' ');
  return space === -1 ? { name: entry, value: '' } : { name: entry.slice(0, space), value: entry.slice(space + 1) };
});
