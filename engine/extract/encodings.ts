/**
 * Content codings undone (RFC 9110 §8.4): gzip, deflate, br, zstd and identity, stacked. What cannot be undone to its last
 * byte is not read at all: bytes behind the end of a compressed member would reach the upstream unseen. Bounded in
 * size, ratio and number of codings, so that a small body cannot become a huge one.
 */
import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';
import { undoZstd } from '../encodings/zstd.ts';

/** Past 1 MiB a body may not grow more than this many times. */
const MAX_RATIO = 100;
const RATIO_FROM = 1024 * 1024;
const MAX_CODINGS = 4;
const BROTLI_FLUSH = constants.BROTLI_OPERATION_FLUSH;

export interface DecodeLimits {
  /** Greatest size of a body after its codings are undone, bytes. */
  readonly maxDecodedBytes: number;
  /** Undoes Brotli to its last byte; null where it cannot, or where it grows larger. Without one no `br` is read. */
  readonly undoBrotli?: (bytes: Buffer, maxBytes: number) => Buffer | null;
  /** The end of the body is known to be missing: what comes before it is undone as far as that goes. */
  readonly takesCut?: boolean;
}

/** The body without its codings; `changed` when there was one to undo. Null where it could not be undone. */
export function decodeBody(
  body: Buffer,
  headers: readonly string[],
  limits: DecodeLimits,
): { readonly body: Buffer; readonly changed: boolean } | null {
  const codings = contentCodings(headers);
  if (body.length === 0 || codings.length === 0) return { body, changed: false };
  if (codings.length > MAX_CODINGS) return null;
  let decoded: Buffer = body;
  for (let i = codings.length - 1; i >= 0; i--) {
    const maxBytes = Math.min(limits.maxDecodedBytes, Math.max(RATIO_FROM, body.length * MAX_RATIO));
    const next = undo(codings[i] as string, decoded, maxBytes, limits);
    if (next === null) return null;
    decoded = next;
  }
  return { body: decoded, changed: true };
}

/** Codings in the order they were applied, `identity` left out, lower case. */
function contentCodings(headers: readonly string[]): string[] {
  const codings: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 16 || name.toLowerCase() !== 'content-encoding') continue;
    for (const part of (headers[i + 1] ?? '').split(',')) {
      const coding = part.trim().toLowerCase();
      if (coding !== '' && coding !== 'identity') codings.push(coding);
    }
  }
  return codings;
}

function undo(coding: string, bytes: Buffer, maxOutputLength: number, limits: DecodeLimits): Buffer | null {
  const { undoBrotli, takesCut } = limits;
  try {
    if (takesCut === true) return undoneStart(coding, bytes, maxOutputLength);
    switch (coding) {
      case 'gzip':
      case 'x-gzip':
        return whole(bytes, gunzipSync(bytes, { info: true, maxOutputLength }));
      case 'deflate':
        // RFC 9110 means the zlib format; some clients send raw deflate under the name.
        return hasZlibHeader(bytes)
          ? whole(bytes, inflateSync(bytes, { info: true, maxOutputLength }))
          : whole(bytes, inflateRawSync(bytes, { info: true, maxOutputLength }));
      case 'br':
        return undoBrotli?.(bytes, maxOutputLength) ?? null;
      case 'zstd':
        return undoZstd(bytes, maxOutputLength);
      default:
        return null;
    }
  } catch {
    // Broken, cut off or too large: all the same to us, it was not read.
    return null;
  }
}

/** The start of a body whose end is missing. */
function undoneStart(coding: string, bytes: Buffer, maxOutputLength: number): Buffer | null {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength };
  if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(bytes, options);
  if (coding === 'deflate') return hasZlibHeader(bytes) ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
  if (coding === 'br') return begun(brotliDecompressSync(bytes, { ...options, finishFlush: BROTLI_FLUSH }));
  // Block by block of up to 128 KiB: of a shorter start nothing comes out.
  if (coding === 'zstd') return begun(zstdDecompressSync(bytes, { ...options, finishFlush: constants.ZSTD_e_flush }));
  return null;
}

/** Null where nothing could be undone yet. */
function begun(undone: Buffer): Buffer | null {
  return undone.length === 0 ? null : undone;
}

/** gunzipSync goes on over several members but stops at a zero byte and ignores the rest: all must have been taken in. */
function whole(input: Buffer, result: unknown): Buffer | null {
  const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
  return engine.bytesWritten === input.length ? buffer : null;
}

function hasZlibHeader(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0;
  return (first & 0x0f) === 8 && ((first << 8) | (bytes[1] ?? 0)) % 31 === 0;
}
