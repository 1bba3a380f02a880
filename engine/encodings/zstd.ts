/**
 * Zstandard (RFC 8878) undone to the last byte. Node's decoder stops without a word behind the first frame and skips what a
 * skippable frame holds, so frames are told apart here and each is decoded for itself. A skippable frame, a dictionary or
 * bytes that are no frame make the whole unreadable: an upstream might make more of them than we do.
 */
import { constants, zstdDecompressSync } from 'node:zlib';

const MAGIC = 0xfd2fb528;
/** The content coding's own bound on the window: 8 MiB (RFC 9659 §3). */
const MAX_WINDOW_LOG = 23;
const FCS_BYTES = [0, 2, 4, 8] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** Null where it is not Zstandard to its last byte, or larger than `maxBytes` when undone. */
export function undoZstd(bytes: Buffer, maxBytes: number): Buffer | null {
  const pieces: Buffer[] = [];
  let left = maxBytes;
  let at = 0;
  do {
    const end = frameEnd(bytes, at);
    if (end === null) return null;
    const piece = undoFrame(bytes.subarray(at, end), left);
    if (piece === null) return null;
    pieces.push(piece);
    left -= piece.length;
    at = end;
  } while (at < bytes.length);
  return pieces.length === 1 ? (pieces[0] ?? null) : Buffer.concat(pieces);
}

function undoFrame(frame: Buffer, maxBytes: number): Buffer | null {
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
  try {
    // A limit of nothing is no limit to zlib; the first byte too many is then one over.
    const undone = zstdDecompressSync(frame, { params, maxOutputLength: Math.max(1, maxBytes) });
    return undone.length > maxBytes ? null : undone;
  } catch {
    return null; // broken, or too large: it was not read either way
  }
}

/** Where the frame that begins at `at` ends (RFC 8878 §3.1.1); null for none that is whole and needs no dictionary. */
function frameEnd(bytes: Buffer, at: number): number | null {
  if (bytes.length < at + 5 || bytes.readUInt32LE(at) !== MAGIC) return null;
  const descriptor = bytes.readUInt8(at + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = DICTIONARY_BYTES[descriptor & 3] ?? 0;
  const sizeBytes = FCS_BYTES[descriptor >> 6] || (isSingleSegment ? 1 : 0);
  let next = at + 5 + (isSingleSegment ? 0 : 1);
  if (dictionaryBytes > 0 && (next + dictionaryBytes > bytes.length || !isZero(bytes, next, dictionaryBytes)))
    return null;
  next += dictionaryBytes + sizeBytes;
  for (let isLast = false; !isLast; ) {
    if (next + 3 > bytes.length) return null;
    const head = bytes.readUIntLE(next, 3);
    const kind = (head >> 1) & 3;
    if (kind === BLOCK_RESERVED) return null;
    isLast = (head & 1) === 1;
    next += 3 + (kind === BLOCK_RLE ? 1 : head >>> 3);
  }
  if ((descriptor & 4) !== 0) next += 4;
  return next > bytes.length ? null : next;
}

/** A dictionary whose id is 0 is none. */
function isZero(bytes: Buffer, at: number, length: number): boolean {
  return bytes.readUIntLE(at, length) === 0;
}
