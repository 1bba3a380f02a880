/**
 * The files of a ZIP (PKWARE's APPNOTE.TXT 6.3.10): stored and deflated ones, by the central directory, each checked
 * against its local header, its size and its CRC-32, since a reader that trusts another of these sees another text.
 * What is encrypted or of another method is left out and said to be missing; ZIP64 and several disks are not read.
 */
import { crc32, inflateRawSync } from 'node:zlib';

export interface ZipBounds {
  readonly maxFiles: number;
  /** All files together, bytes. */
  readonly maxBytes: number;
  /** Past 1 MiB no file may grow more than this many times. */
  readonly maxRatio: number;
}

export interface ZipFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface ZipReading {
  readonly files: readonly ZipFile[];
  /** False where a file was left out. */
  readonly isWhole: boolean;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const RATIO_FROM = 1024 * 1024;
const ENCRYPTED = 0x0001 | 0x0040 | 0x2000;

/** Null where it is no ZIP that can be trusted to say what is in it. */
export function readZip(bytes: Buffer, bounds: ZipBounds): ZipReading | null {
  const end = endRecord(bytes);
  if (end === null) return null;
  const files: ZipFile[] = [];
  let left = bounds.maxBytes;
  let isWhole = true;
  let at = end.directory;
  for (let index = 0; index < end.entries; index++) {
    const entry = entryAt(bytes, at, end.at);
    if (entry === null) return null;
    at = entry.next;
    if (entry.name.endsWith('/') && entry.size === 0) continue;
    if (files.length === bounds.maxFiles || entry.size > left) return { files, isWhole: false };
    const content = contentOf(bytes, entry, bounds.maxRatio);
    if (content === 'broken') return null;
    if (content === 'unread') {
      isWhole = false;
      continue;
    }
    left -= content.length;
    files.push({ name: entry.name, bytes: content });
  }
  // Bytes between the last entry and the end record belong to nobody.
  return at === end.at ? { files, isWhole } : null;
}

interface EndRecord {
  readonly at: number;
  readonly directory: number;
  readonly entries: number;
}

function endRecord(bytes: Buffer): EndRecord | null {
  for (let at = bytes.length - END_BYTES; at >= Math.max(0, bytes.length - END_BYTES - 0xffff); at--) {
    if (bytes.readUInt32LE(at) !== END || at + END_BYTES + bytes.readUInt16LE(at + 20) !== bytes.length) continue;
    const entries = bytes.readUInt16LE(at + 10);
    const directory = bytes.readUInt32LE(at + 16);
    const isOneDisk = bytes.readUInt32LE(at + 4) === 0 && bytes.readUInt16LE(at + 8) === entries;
    const isPlain = isOneDisk && entries !== 0xffff && directory + bytes.readUInt32LE(at + 12) === at;
    return isPlain ? { at, directory, entries } : null;
  }
  return null;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly local: number;
  readonly next: number;
}

function entryAt(bytes: Buffer, at: number, limit: number): Entry | null {
  if (at + ENTRY_BYTES > limit || bytes.readUInt32LE(at) !== ENTRY) return null;
  const nameEnd = at + ENTRY_BYTES + bytes.readUInt16LE(at + 28);
  const next = nameEnd + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  if (next > limit) return null;
  return {
    name: bytes.toString('utf8', at + ENTRY_BYTES, nameEnd),
    flags: bytes.readUInt16LE(at + 8),
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packed: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    local: bytes.readUInt32LE(at + 42),
    next,
  };
}

function contentOf(bytes: Buffer, entry: Entry, maxRatio: number): Buffer | 'broken' | 'unread' {
  const { local, packed, size, crc, method } = entry;
  if (local + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(local) !== LOCAL) return 'broken';
  const nameEnd = local + LOCAL_BYTES + bytes.readUInt16LE(local + 26);
  const from = nameEnd + bytes.readUInt16LE(local + 28);
  const isSame =
    bytes.toString('utf8', local + LOCAL_BYTES, nameEnd) === entry.name && bytes.readUInt16LE(local + 8) === method;
  // Sizes in the local header are 0 where they follow the content.
  const localPacked = bytes.readUInt32LE(local + 18);
  if (!isSame || (localPacked !== 0 && localPacked !== packed) || from + packed > bytes.length) return 'broken';
  if ((entry.flags & ENCRYPTED) !== 0 || (method !== 0 && method !== 8)) return 'unread';
  const content = bytes.subarray(from, from + packed);
  if (method === 0) return packed === size && crc32(content) === crc ? content : 'broken';
  if (size > RATIO_FROM && size > packed * maxRatio) return 'unread';
  try {
    const options = { info: true, maxOutputLength: Math.max(1, size) } as const;
    const { buffer, engine } = inflateRawSync(content, options) as unknown as Inflated;
    const isExact = buffer.length === size && engine.bytesWritten === packed && crc32(buffer) === crc;
    return isExact ? buffer : 'broken';
  } catch {
    return 'broken'; // another size than it says, or no deflate
  }
}

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
