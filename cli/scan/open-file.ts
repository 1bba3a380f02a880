/**
 * Opens one file and hands on its text as UTF-8, in pieces. It never waits for a pipe that was not named itself, reads
 * no further than the file was long when it was opened, and tells when the file was changed meanwhile.
 */
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type Coverage, FULL, truncated } from '../../flow/coverage.ts';
import type { AddedLines } from './added-lines.ts';
import { type Encoding, encodingOf, PROBE_BYTES, Utf8Pieces } from './encoding.ts';
import { reasonOf, type Source, unread } from './source.ts';
import { WINDOW_SIZES } from './windows.ts';

/** A longer file is read in pieces of this size, bytes. */
const PIECE_BYTES = 4 << 20;
/** Files that say they are empty, as those of /proc do, are read to their end, at most this far. */
const MAX_SIZELESS = 16 << 20;
const SIZELESS_PIECE = 16 << 10;

/** A path of the host; bytes where the name is no UTF-8. */
export type HostPath = string | Buffer;

export interface FileToOpen {
  readonly name: string;
  readonly path: HostPath;
  /** It was named itself: a pipe is waited for, a symbolic link followed, and what cannot be read is an error. */
  readonly isAsked: boolean;
  readonly lines?: AddedLines | null;
}

/** Never throws; what goes wrong while pieces are read is thrown there. */
export async function openFile(file: FileToOpen): Promise<Source> {
  const { name, path, isAsked } = file;
  try {
    if (isAsked && !statSync(path).isFile()) return await openStream(name, createReadStream(path));
    return openRegular(file);
  } catch (error) {
    if (!isAsked && isLink(error)) return unread(name, 'symlink', 'a symbolic link');
    return unread(name, 'unreadable', reasonOf(error), true);
  }
}

/** What O_NOFOLLOW answers. */
function isLink(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ELOOP';
}

function openRegular({ name, path, isAsked, lines = null }: FileToOpen): Source {
  // NONBLOCK: what was a file a moment ago may be a pipe now. It changes nothing for files.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (isAsked ? 0 : (constants.O_NOFOLLOW ?? 0));
  const fd = openSync(path, flags);
  let isKept = false;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return unread(name, 'special', 'no file any more', isAsked);
    const first = stats.size === 0 ? readSizeless(fd) : readUpTo(fd, Math.min(stats.size, WINDOW_SIZES.window));
    const encoding = encodingOf(first);
    if (encoding === null) return unread(name, 'binary', 'a binary file', isAsked);
    // Lines of UTF-16 are not those that git counts.
    const counted = encoding === 'utf8' ? lines : null;
    const pieces = new Utf8Pieces(encoding);
    if (stats.size <= first.length || stats.size === 0) {
      const coverage = coverageAfter(fd, stats, first.length);
      const text = [pieces.next(first), pieces.end()];
      return { kind: 'text', name, pieces: text, lines: counted, coverage: () => coverage };
    }
    isKept = true;
    return longFile(name, fd, stats, first, pieces, counted);
  } finally {
    if (!isKept) closeSync(fd);
  }
}

function longFile(
  name: string,
  fd: number,
  stats: Stats,
  first: Buffer,
  decoder: Utf8Pieces,
  lines: AddedLines | null,
): Source {
  let coverage: Coverage = truncated('changed');
  function* pieces(): Generator<Buffer> {
    let read = first.length;
    try {
      yield decoder.next(first);
      while (read < stats.size) {
        const piece = readUpTo(fd, Math.min(PIECE_BYTES, stats.size - read));
        if (piece.length === 0) break;
        read += piece.length;
        yield decoder.next(piece);
      }
      yield decoder.end();
      coverage = coverageAfter(fd, stats, read);
    } finally {
      closeSync(fd);
    }
  }
  return { kind: 'text', name, pieces: pieces(), lines, coverage: () => coverage };
}

/** `bytes`, or all that there is. */
function readUpTo(fd: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let length = 0;
  while (length < bytes) {
    const read = readSync(fd, buffer, length, bytes - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

/** Most are empty. */
function readSizeless(fd: number): Buffer {
  const pieces: Buffer[] = [];
  for (let length = 0; length < MAX_SIZELESS; ) {
    const piece = readUpTo(fd, SIZELESS_PIECE);
    if (piece.length === 0) break;
    pieces.push(piece);
    length += piece.length;
  }
  return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
}

function coverageAfter(fd: number, before: Stats, read: number): Coverage {
  if (before.size === 0) return read < MAX_SIZELESS ? FULL : truncated('limit');
  const { size, mtimeMs } = fstatSync(fd);
  return read === before.size && size === before.size && mtimeMs === before.mtimeMs ? FULL : truncated('changed');
}

export interface StreamToOpen {
  readonly isAsked: boolean;
  readonly lines: AddedLines | null;
}

/** Standard input, `<(…)`, a content of git. The first bytes are waited for, so that a binary one is told. */
export async function openStream(
  name: string,
  stream: AsyncIterable<Buffer | string>,
  { isAsked, lines }: StreamToOpen = { isAsked: true, lines: null },
): Promise<Source> {
  const chunks = stream[Symbol.asyncIterator]();
  const held: Buffer[] = [];
  let length = 0;
  let isEnded = false;
  try {
    while (length < PROBE_BYTES && !isEnded) {
      const { value, done } = await chunks.next();
      isEnded = done === true;
      if (value === undefined) continue;
      const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : Buffer.from(value);
      held.push(bytes);
      length += bytes.length;
    }
  } catch (error) {
    return unread(name, 'unreadable', reasonOf(error), true);
  }
  const first = Buffer.concat(held);
  const encoding = encodingOf(first);
  if (encoding === null) {
    await chunks.return?.();
    return unread(name, 'binary', 'a binary file', isAsked);
  }
  const rest = isEnded ? null : chunks;
  // Lines of UTF-16 are not those that git counts: all of them are looked at.
  const counted = encoding === 'utf8' ? lines : null;
  return { kind: 'text', name, pieces: streamed(first, rest, encoding), lines: counted, coverage: () => FULL };
}

async function* streamed(
  first: Buffer,
  rest: AsyncIterator<Buffer | string> | null,
  encoding: Encoding,
): AsyncGenerator<Buffer> {
  const decoder = new Utf8Pieces(encoding);
  yield decoder.next(first);
  while (rest !== null) {
    const { value, done } = await rest.next();
    if (done === true) break;
    yield decoder.next(typeof value === 'string' ? Buffer.from(value, 'utf8') : value);
  }
  yield decoder.end();
}
