/**
 * The spool: what the process has recorded and the database does not have yet. Plain appends without fsync, so that a
 * record outlives the process once a call returns; a power cut may take the last moments. One file has one process
 * that appends to it. Nothing here waits, reads back or knows the database.
 *
 * A line is `O `, the event's id and an opening, `C ` and a closing with its excerpt sealed, or `E ` and a list of what edges
 * gain without an event, as JSON, and a newline.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../flow/errors.ts';
import { newUlid } from './ulid.ts';

const SUFFIX = '.spool';
const PROBE = 'probe';

/** A spool file and how much of it is whole lines. */
export interface SpoolFile {
  readonly name: string;
  readonly bytes: number;
  /** True once nothing more will be appended. */
  readonly isSealed: boolean;
}

/** Names of the spool files in a folder, oldest first (their names are ULIDs). */
export function listSpool(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort();
}

/** Why no record could be written to the folder now, in one line; null where one could. Leaves nothing behind. */
export function tryAppend(folder: string): string | null {
  const path = join(folder, PROBE);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, '-', { mode: 0o600 });
    rmSync(path);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return `the spool cannot be written (${code})`;
  }
}

/** Of a folder's spool files those that one process of several has begun. */
export function spoolOf(folder: string, owner: string): readonly string[] {
  return listSpool(folder).filter((name) => name.endsWith(`-${owner}${SUFFIX}`));
}

/** What calls record in one turn is mostly within it. */
const ROOM_BYTES = 128 * 1024;
/** UTF-8 of one UTF-16 unit. */
const MOST_BYTES_A_UNIT = 3;

/** The end of the spool that is appended to. */
export class Spool {
  readonly #folder: string;
  readonly #maxFileBytes: number;
  readonly #onSealed: (file: SpoolFile) => void;
  readonly #ending: string;
  #fd: number | null = null;
  #name = '';
  #bytes = 0;
  readonly #room = Buffer.allocUnsafeSlow(ROOM_BYTES);

  /**
   * `onSealed` is told of each file that will not grow any more. `owner` stands in the names of the files, so that they can
   * be found when their process is gone.
   */
  constructor(folder: string, maxFileBytes: number, onSealed: (file: SpoolFile) => void, owner: string | null = null) {
    this.#ending = owner === null ? SUFFIX : `-${owner}${SUFFIX}`;
    this.#folder = folder;
    this.#maxFileBytes = maxFileBytes;
    this.#onSealed = onSealed;
  }

  /** The file that is being appended to; null where there is none, before the first line and after a rotation. */
  get file(): SpoolFile | null {
    return this.#fd === null ? null : { name: this.#name, bytes: this.#bytes, isSealed: false };
  }

  /**
   * Appends lines, newlines included: all of them, or none. Throws WeirError `store_unwritable` when they could not be
   * written; the file then ends with the line before.
   */
  append(lines: string): void {
    try {
      const fd = this.#ready();
      const bytes = this.#encoded(lines);
      const { length } = bytes;
      const written = writeSync(fd, bytes);
      if (written !== length) {
        this.#cutBack();
        throw new Error(`only ${written} of ${length} bytes could be written`);
      }
      this.#bytes += length;
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      throw new WeirError('store_unwritable', `${this.#folder}: ${reason}`, { cause: error });
    }
  }

  /** In the room that is used again for it, where it has space for any text of this length. */
  #encoded(lines: string): Buffer {
    if (lines.length * MOST_BYTES_A_UNIT > this.#room.length) return Buffer.from(lines);
    return this.#room.subarray(0, this.#room.write(lines));
  }

  /** Ends the present file; the next line begins a new one. */
  rotate(): void {
    if (this.#fd === null) return;
    closeSync(this.#fd);
    this.#fd = null;
    this.#onSealed({ name: this.#name, bytes: this.#bytes, isSealed: true });
  }

  #ready(): number {
    if (this.#fd !== null && this.#bytes < this.#maxFileBytes) return this.#fd;
    const full = this.#fd;
    const name = newUlid() + this.#ending;
    let fd: number;
    try {
      fd = this.#create(name);
    } catch (error) {
      // A file past its size is better than a record that is refused.
      if (full !== null) return full;
      throw error;
    }
    this.rotate();
    this.#fd = fd;
    this.#name = name;
    this.#bytes = 0;
    return fd;
  }

  #create(name: string): number {
    const path = join(this.#folder, name);
    try {
      return openSync(path, 'ax', 0o600);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      return openSync(path, 'ax', 0o600);
    }
  }

  /** After a line that was written in part. Where the part cannot be taken back, the file is left to the reader's care. */
  #cutBack(): void {
    if (this.#fd === null) return;
    try {
      ftruncateSync(this.#fd, this.#bytes);
    } catch {
      // The reader goes by `bytes`, and at the next start cuts what has no newline.
      this.rotate();
    }
  }
}
