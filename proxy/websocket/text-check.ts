/** Whether a text that comes in pieces is UTF-8, a character cut between two of them included (RFC 6455 §8.1). Pure. */
import { isUtf8 } from 'node:buffer';

const NOTHING = Buffer.alloc(0);

export class TextCheck {
  /** The beginning of a character, at most three bytes. */
  #begun: Buffer = NOTHING;

  /** False once no continuation could make it UTF-8. */
  take(piece: Buffer): boolean {
    const bytes = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    const end = bytes.length - begunAtEnd(bytes);
    this.#begun = end === bytes.length ? NOTHING : Buffer.from(bytes.subarray(end));
    return isUtf8(bytes.subarray(0, end));
  }

  /** True where the text is whole. */
  get isWhole(): boolean {
    return this.#begun.length === 0;
  }
}

/** How many bytes at the end are the beginning of a character that is not whole. */
function begunAtEnd(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return width > back ? back : 0;
  }
  return 0;
}
