/** MySQL's length-encoded fields and binary values (MySQL documentation, "Client/Server Protocol"). */

const TINY = 1;
const SHORT = 2;
const LONG = 3;
const FLOAT = 4;
const DOUBLE = 5;
const NULL = 6;
const TIMESTAMP = 7;
const LONGLONG = 8;
const INT24 = 9;
const DATE = 10;
const TIME = 11;
const DATETIME = 12;
const YEAR = 13;

/** The fields of one packet; behind its end everything is empty. */
export class MysqlFields {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get isLeft(): boolean {
    return this.at < this.#bytes.length;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** Little-endian. */
  int(width: 1 | 2 | 3 | 4): number {
    const at = this.at;
    this.at += width;
    return this.at <= this.#bytes.length ? this.#bytes.readUIntLE(at, width) : 0;
  }

  /** Null for the mark of NULL; a length beyond any packet is 0. */
  lengthEncoded(): number | null {
    const first = this.int(1);
    if (first < 0xfb) return first;
    if (first === 0xfb) return null;
    if (first === 0xfc) return this.int(2);
    if (first === 0xfd) return this.int(3);
    const low = this.int(4);
    return this.int(4) === 0 ? low : 0;
  }

  bytes(count: number): Buffer {
    const start = Math.min(this.at, this.#bytes.length);
    this.at += count;
    return this.#bytes.subarray(start, this.at);
  }

  /** A string behind its length; null for NULL. */
  string(): Buffer | null {
    const length = this.lengthEncoded();
    return length === null ? null : this.bytes(length);
  }

  /** Up to the next zero byte. */
  terminated(): string {
    const found = this.#bytes.indexOf(0, this.at);
    const end = found === -1 ? this.#bytes.length : found;
    const text = this.#bytes.toString('utf8', Math.min(this.at, end), end);
    this.at = end + 1;
    return text;
  }

  rest(): Buffer {
    return this.bytes(Math.max(0, this.#bytes.length - this.at));
  }

  /** A value in the binary form of its type, as text; null where it holds nothing to read. */
  binary(type: number, isUnsigned: boolean): Buffer | null {
    switch (type) {
      case NULL:
        return null;
      case TINY:
        return this.#number(1, isUnsigned);
      case SHORT:
      case YEAR:
        return this.#number(2, isUnsigned);
      case LONG:
      case INT24:
        return this.#number(4, isUnsigned);
      case LONGLONG:
        return this.#number(8, isUnsigned);
      case FLOAT:
        this.skip(4);
        return null;
      case DOUBLE: {
        const bytes = this.bytes(8);
        return bytes.length === 8 ? Buffer.from(String(bytes.readDoubleLE(0))) : null;
      }
      case DATE:
      case DATETIME:
      case TIMESTAMP:
        return this.#date();
      case TIME:
        this.bytes(this.int(1));
        return null;
      default:
        return this.string();
    }
  }

  #number(width: 1 | 2 | 4 | 8, isUnsigned: boolean): Buffer | null {
    const bytes = this.bytes(width);
    if (bytes.length < width) return null;
    const value =
      width === 8
        ? isUnsigned
          ? bytes.readBigUInt64LE(0)
          : bytes.readBigInt64LE(0)
        : isUnsigned
          ? bytes.readUIntLE(0, width)
          : bytes.readIntLE(0, width);
    return Buffer.from(String(value));
  }

  #date(): Buffer | null {
    const bytes = this.bytes(this.int(1));
    if (bytes.length < 4) return null;
    const parts = [bytes.readUInt16LE(0), bytes[2] ?? 0, bytes[3] ?? 0];
    return Buffer.from(parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-'));
  }
}
