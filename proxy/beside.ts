/**
 * A first part of a body that streams by, kept for a scan beside it. Only text is worth keeping: of the rest the
 * record says that it was not looked at.
 */
import { isProtobufType } from '../engine/extract/protobuf-walk.ts';
import { type Coverage, opaque, truncated } from '../flow/coverage.ts';

const TEXTUAL =
  /^(text\/|application\/(.*\+)?(json|xml|x-ndjson|jsonl|x-jsonlines|vnd\.amazon\.eventstream|x-www-form-urlencoded|javascript|yaml|graphql)|multipart\/form-data)/i;

/** True for a content type whose bodies hold text that can be read; one that is missing may be. */
export function isTextual(contentType: string | null): boolean {
  return contentType === null || TEXTUAL.test(contentType.trim()) || isProtobuf(contentType);
}

/** One message of protobuf, whose lengths have to be right: it cannot be edited before it is whole. */
export function isProtobuf(contentType: string | null): boolean {
  return contentType !== null && isProtobufType((contentType.split(';', 1)[0] ?? '').trim().toLowerCase());
}

export class Beside {
  readonly #max: number;
  readonly #isKept: boolean;
  #chunks: Buffer[] = [];
  #kept = 0;
  #seen = 0;

  constructor(maxBytes: number, contentType: string | null) {
    this.#max = maxBytes;
    this.#isKept = isTextual(contentType);
  }

  take(chunk: Buffer): void {
    this.#seen += chunk.length;
    if (!this.#isKept || this.#kept >= this.#max) return;
    const part = chunk.length + this.#kept > this.#max ? chunk.subarray(0, this.#max - this.#kept) : chunk;
    this.#chunks.push(part);
    this.#kept += part.length;
  }

  /** All bytes that went by. */
  get seenBytes(): number {
    return this.#seen;
  }

  bytes(): Buffer {
    return this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks);
  }

  /** What the sample leaves unseen; null when it is the whole body. */
  get missing(): Coverage | null {
    if (this.#seen === 0) return null;
    if (!this.#isKept) return opaque('binary');
    return this.#seen > this.#kept ? truncated('limit') : null;
  }
}
