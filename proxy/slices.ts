/**
 * Large bodies on their way out: slice by slice, and between two of them the loop is let go. TLS encrypts what it is given
 * at once, and a socket that takes all of it says so at once: without that nobody else is served before the last byte.
 */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientResponse } from './client-message.ts';

/** A larger body goes out in slices. */
export const MAX_AT_ONCE_BYTES = 512 * 1024;
/** Encrypted and written in about a tenth of a millisecond. */
export const SLICE_BYTES = 128 * 1024;

/** The body as a stream of slices, each in a turn of the loop of its own. Not copied. */
export function inSlices(body: Buffer): Readable {
  return Readable.from(slicesOf(body));
}

async function* slicesOf(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) {
    if (at > 0) await nextTurn();
    yield body.subarray(at, at + SLICE_BYTES);
  }
}

/**
 * Ends an answer with `bytes`, a large one as the client takes it; its head has been given. Resolves when all of it was
 * handed over, or the client is gone.
 */
export async function endWith(response: ClientResponse, bytes: Buffer): Promise<void> {
  let at = 0;
  if (bytes.length > MAX_AT_ONCE_BYTES) {
    let goOn = (): void => {};
    response.on('close', () => goOn());
    for (; bytes.length - at > SLICE_BYTES; at += SLICE_BYTES) {
      if (response.destroyed) return;
      if (!response.write(bytes.subarray(at, at + SLICE_BYTES))) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
          response.once('drain', resolve);
        });
      }
      await nextTurn();
    }
  }
  if (!response.destroyed) response.end(at === 0 ? bytes : bytes.subarray(at));
}
