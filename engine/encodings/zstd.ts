/**
 * Zstandard (RFC 8878) undone to the last byte. Node's decoder stops without a word behind the first frame and skips what a
 * skippable frame holds, so frames are told apart here and each is decoded for itself. A skippable frame, a dictionary or
 * bytes that are no frame make the whole unreadable: an upstream might make more of them than we do.
 */
import { constants, zstdDecompressSync } from 'node:zlib';

const MAGIC = 0xfd2fb528;
/** The content coding's own bound on the window: 8 MiB (RFC 9659 §3). */
export const MAX_ZSTD_WINDOW_LOG = 23;
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
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_ZSTD_WINDOW_LOG };
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
  const walk = new ZstdFrame();
  const taken = walk.take(bytes.subarray(at));
  return walk.state === 'whole' ? at + taken : null;
}

/** `malformed`: no frame of the format, or one that needs a dictionary. */
export type ZstdFrameState = 'open' | 'whole' | 'malformed';

type Part = 'magic' | 'descriptor' | 'fields' | 'block' | 'content' | 'checksum';

/** Finds the end of one frame while its bytes come, however they are cut. It keeps no more of them than a head of a part. */
export class ZstdFrame {
  #state: ZstdFrameState = 'open';
  #part: Part = 'magic';
  readonly #head: number[] = [];
  #wanted = 4;
  #hasChecksum = false;
  #dictionaryAt = 0;
  #dictionaryBytes = 0;
  #isLast = false;
  /** Bytes of a block's content that are still to come. */
  #left = 0;

  get state(): ZstdFrameState {
    return this.#state;
  }

  /** How many of these bytes belong to the frame. */
  take(bytes: Buffer): number {
    let at = 0;
    while (this.#state === 'open') {
      if (this.#part === 'content') {
        const passed = Math.min(this.#left, bytes.length - at);
        at += passed;
        this.#left -= passed;
        if (this.#left > 0) return at;
        this.#next(this.#isLast ? 'checksum' : 'block');
        continue;
      }
      while (this.#head.length < this.#wanted) {
        const byte = bytes[at];
        if (byte === undefined) return at;
        this.#head.push(byte);
        at += 1;
      }
      this.#read(Buffer.from(this.#head));
      this.#head.length = 0;
    }
    return at;
  }

  #read(head: Buffer): void {
    switch (this.#part) {
      case 'magic':
        if (head.readUInt32LE(0) !== MAGIC) this.#state = 'malformed';
        return this.#next('descriptor');
      case 'descriptor':
        return this.#describe(head.readUInt8(0));
      case 'fields': {
        // A dictionary whose id is 0 is none.
        const bytes = this.#dictionaryBytes;
        if (bytes > 0 && head.readUIntLE(this.#dictionaryAt, bytes) !== 0) this.#state = 'malformed';
        return this.#next('block');
      }
      case 'block':
        return this.#open(head.readUIntLE(0, 3));
      case 'content':
        return;
      case 'checksum':
        this.#state = 'whole';
    }
  }

  #describe(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#dictionaryAt = isSingleSegment ? 0 : 1;
    this.#dictionaryBytes = DICTIONARY_BYTES[descriptor & 3] ?? 0;
    const sizeBytes = FCS_BYTES[descriptor >> 6] || (isSingleSegment ? 1 : 0);
    this.#next('fields');
    this.#wanted = this.#dictionaryAt + this.#dictionaryBytes + sizeBytes;
  }

  #open(head: number): void {
    const kind = (head >> 1) & 3;
    if (kind === BLOCK_RESERVED) this.#state = 'malformed';
    this.#isLast = (head & 1) === 1;
    this.#left = kind === BLOCK_RLE ? 1 : head >>> 3;
    this.#next('content');
  }

  #next(part: Part): void {
    this.#part = part;
    this.#wanted = part === 'descriptor' ? 1 : part === 'block' ? 3 : 4;
    if (part === 'checksum' && !this.#hasChecksum && this.#state === 'open') this.#state = 'whole';
  }
}
