/**
 * Brotli (RFC 7932) undone to the last byte, by a decoder in WebAssembly: Node's own has a memory-safety flaw before
 * 22.23.4, 24.22.1 and 26.12.1 (CVE-2026-111497), and what comes here is chosen by whoever sends it.
 */
import { createRequire } from 'node:module';

/** `require`: the library's form for bundlers would fetch its code by URL. */
const load = createRequire(import.meta.url);
type Library = typeof import('brotli-wasm', { with: { 'resolution-mode': 'require' }});

const CHUNK_BYTES = 256 * 1024;

/** Null where it is not Brotli to its last byte, or larger than `maxBytes` when undone. */
export function undoBrotli(bytes: Buffer, maxBytes: number): Buffer | null {
  // The code of a large window, which is no part of the standard and may ask for a gigabyte.
  if (bytes.length === 0 || ((bytes[0] ?? 0) & 0x7f) === 0x11) return null;
  const { DecompressStream, BrotliStreamResultCode }: Library = load('brotli-wasm');
  const stream = new DecompressStream();
  const pieces: Buffer[] = [];
  let at = 0;
  let size = 0;
  try {
    for (;;) {
      const { code, buf, input_offset } = stream.decompress(bytes.subarray(at), CHUNK_BYTES);
      at += input_offset;
      size += buf.length;
      if (size > maxBytes) return null;
      pieces.push(Buffer.from(buf.buffer, buf.byteOffset, buf.length));
      if (code === BrotliStreamResultCode.ResultSuccess)
        return at === bytes.length ? Buffer.concat(pieces, size) : null;
      // It wants more than there is, or goes round without getting on.
      if (code !== BrotliStreamResultCode.NeedsMoreOutput || (buf.length === 0 && input_offset === 0)) return null;
    }
  } catch {
    return null; // broken: it was not read
  } finally {
    stream.free();
  }
}
