/**
 * Memory for large bodies that threads share, and what keeps it from piling up. V8 does not count shared memory, so that
 * nothing would have it collected; and it counts every chunk of a body that comes in, so that it would stop for a whole
 * collection every other body. So a chunk that was copied is let go at once, and V8 is told of what was shared.
 */

/** So much may lie about before it is collected, beside what is in use. */
const COLLECTED_EVERY_BYTES = 128 * 1024 * 1024;
/** More memory outside its heap than V8 lets come without looking what of it can go (64 MiB in Node 24). */
const NOTICED_BYTES = 96 * 1024 * 1024;

let uncollected = 0;

/**
 * Told of memory that is shared, whichever thread took it. Now and then it has V8 begin a collection, in steps and
 * beside the other work, by what V8 takes for a large piece of memory: none of its pages is ever touched.
 */
export function countShared(bytes: number): void {
  uncollected += bytes;
  if (uncollected < COLLECTED_EVERY_BYTES) return;
  uncollected = 0;
  try {
    new ArrayBuffer(NOTICED_BYTES).transfer(0);
  } catch {
    // No room even for what is not touched: V8 collects by itself then.
  }
}

/**
 * Lets go of a chunk whose bytes nobody reads any more, where its memory is its own: then it is free at once and not
 * with the next collection. The chunk is empty afterwards. What Node hands out in pieces of one memory stays.
 */
export function dropChunk({ buffer, byteLength }: Buffer): void {
  if (byteLength >= WORTH_BYTES && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
    buffer.transfer(0);
}

/** A smaller one is not worth the call. */
const WORTH_BYTES = 4096;
