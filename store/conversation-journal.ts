/**
 * The copy of the conversations on disk, so that a restart loses none: files of sealed records in home, appended to
 * without fsync (a record outlives the process once the call returns). What they hold are the values that pseudonyms
 * stand for, so nothing is ever written in clear. It keeps no conversation itself.
 *
 * A file begins with nothing; a record is four bytes of length, then AES-256-GCM ciphertext and tag. Each file has a key
 * of its own, derived from the home's key and the file's name (HKDF, RFC 5869), and its records are numbered in the IV:
 * none is read in another place, in another file or twice.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ConversationRecord } from '../flow/conversation-record.ts';
import { newUlid } from './ulid.ts';

export interface ConversationJournal {
  /** What earlier runs have written, in order. Damaged and foreign files are named to `onProblem` and passed over. */
  read(): readonly ConversationRecord[];
  /** Appends one record. Where it cannot be written that is said, and `isBehind` is true until the next rewriting. */
  record(record: ConversationRecord): void;
  /**
   * Begins a new file with all that `records` gives, a slice at a time while others are appended, then removes the old
   * ones. Never rejects: what cannot be written is said, and the old files stay.
   */
  rewrite(records: Iterable<ConversationRecord>): Promise<void>;
  /** Bytes on disk, of the files of this run. */
  readonly bytes: number;
  readonly isBehind: boolean;
  close(): void;
}

const SUFFIX = '.conversations';
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
/** A record is far smaller; what says otherwise is damaged. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** Written before others get a turn. */
const SLICE_BYTES = 256 * 1024;

/** Opens the journal of a home whose lock is held. `onProblem`: one line without values. */
export function openConversationJournal(
  folder: string,
  key: KeyObject,
  onProblem: (message: string) => void,
): ConversationJournal {
  return new FolderJournal(folder, key, onProblem);
}

/** The file that is appended to. */
interface Appending {
  readonly name: string;
  readonly fd: number;
  readonly key: KeyObject;
  records: number;
}

class FolderJournal implements ConversationJournal {
  readonly #folder: string;
  readonly #key: KeyObject;
  readonly #onProblem: (message: string) => void;
  #file: Appending | null = null;
  #bytes = 0;
  #isBehind = false;
  #isClosed = false;

  constructor(folder: string, key: KeyObject, onProblem: (message: string) => void) {
    this.#folder = folder;
    this.#key = key;
    this.#onProblem = onProblem;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isBehind(): boolean {
    return this.#isBehind;
  }

  read(): readonly ConversationRecord[] {
    const records: ConversationRecord[] = [];
    for (const name of this.#names()) {
      try {
        this.#readFile(name, records);
      } catch (error) {
        this.#onProblem(`${join(this.#folder, name)} cannot be read: ${reasonOf(error)}`);
      }
    }
    return records;
  }

  record(record: ConversationRecord): void {
    if (this.#isClosed) return;
    try {
      this.#append(record);
    } catch (error) {
      this.#fail(error);
    }
  }

  async rewrite(records: Iterable<ConversationRecord>): Promise<void> {
    const old = this.#names();
    this.#leaveFile();
    this.#bytes = 0;
    this.#isBehind = false;
    let written = 0;
    for (const record of records) {
      this.record(record);
      if (this.#isBehind || this.#isClosed) return;
      if (this.#bytes - written < SLICE_BYTES) continue;
      written = this.#bytes;
      await turn();
    }
    if (this.#isBehind || this.#isClosed) return;
    try {
      for (const name of old) rmSync(join(this.#folder, name), { force: true });
    } catch (error) {
      this.#fail(error);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#leaveFile();
  }

  #append(record: ConversationRecord): void {
    this.#file ??= this.#begin();
    const { fd, key, records } = this.#file;
    const sealed = seal(key, records, JSON.stringify(record));
    const framed = Buffer.allocUnsafe(LENGTH_BYTES + sealed.length);
    framed.writeUInt32BE(sealed.length);
    sealed.copy(framed, LENGTH_BYTES);
    if (writeSync(fd, framed) !== framed.length) throw new Error('a record could be written in part only');
    this.#file.records++;
    this.#bytes += framed.length;
  }

  #begin(): Appending {
    const name = newUlid() + SUFFIX;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return { name, fd: openSync(join(this.#folder, name), 'ax', 0o600), key: fileKey(this.#key, name), records: 0 };
  }

  /** No number is used twice in a file: after a failure another is begun. */
  #fail(error: unknown): void {
    this.#isBehind = true;
    this.#leaveFile();
    this.#onProblem(`conversations are not copied to disk, a restart would lose them: ${reasonOf(error)}`);
  }

  #leaveFile(): void {
    if (this.#file === null) return;
    closeSync(this.#file.fd);
    this.#file = null;
  }

  /** Oldest first: the names are ULIDs. */
  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(SUFFIX))
        .sort();
    } catch {
      // There is no folder yet; one that cannot be read cannot be written either, which is said then.
      return [];
    }
  }

  #readFile(name: string, into: ConversationRecord[]): void {
    const bytes = readFileSync(join(this.#folder, name));
    const key = fileKey(this.#key, name);
    let at = 0;
    for (let number = 0; at + LENGTH_BYTES <= bytes.length; number++) {
      const length = bytes.readUInt32BE(at);
      const end = at + LENGTH_BYTES + length;
      // The last one was cut off when its process ended: nobody was answered by it.
      if (end > bytes.length && length <= MAX_RECORD_BYTES) return;
      const text = length < TAG_BYTES ? null : unseal(key, number, bytes.subarray(at + LENGTH_BYTES, end));
      if (text === null) {
        this.#onProblem(
          `${join(this.#folder, name)} is damaged or was sealed with another key: ${bytes.length - at} bytes of it are not read, and their conversations begin anew`,
        );
        return;
      }
      into.push(JSON.parse(text));
      at = end;
    }
  }
}

function fileKey(key: KeyObject, name: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `weir conversations 1\0${name}`, 32)));
}

function seal(key: KeyObject, number: number, text: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, ivOf(number));
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function unseal(key: KeyObject, number: number, sealed: Buffer): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, ivOf(number), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return decipher.update(sealed.subarray(0, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    // The tag does not fit: changed, moved, or not ours.
    return null;
  }
}

function ivOf(number: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUIntBE(number, 6, 6);
  return iv;
}

/** Node's own messages of file errors hold a path and a code, never content. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
