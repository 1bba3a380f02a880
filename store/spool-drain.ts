/**
 * Moves what is in the spool into the ledger or the outbox: the one path for a running process, for the next start after a crash
 * and for a worker that died. A file goes only when all its exchanges are committed. It waits for nothing and retries
 * nothing: what could not be committed is still there at the next call.
 */
import { appendFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeObservation } from '../flow/edge.ts';
import type { Answered, Beside, Committed, Entry, Keeper } from './keeper.ts';
import type { SpoolFile } from './spool.ts';
import { lostEntry, parseSpoolLine, readLines, type SpooledOpening } from './spool-reader.ts';

interface Draining {
  /** Whole lines reach to here, as the process that appends has said, or as the file's size says. */
  bytes: number;
  /** All before is committed. */
  position: number;
  isSealed: boolean;
  /** True when the process that appended is gone: what it left open is lost. */
  isOrphan: boolean;
  /** Openings in this file that no closing has answered yet. */
  open: number;
  /** Up to here an earlier run has committed what it holds; null: not asked yet. */
  committed: number | null;
}

interface Open {
  readonly line: string;
  readonly file: string;
}

export interface DrainEvents {
  /** Records just committed, in order of their `seq`. */
  onCommitted(records: readonly Committed[]): void;
  /** Something that is wrong and needs a human's eye, in one line without values. */
  onProblem(message: string): void;
  /** A file that is done with. */
  onDeleted(name: string): void;
  /** A file that somebody else removed: what is appended to it from now on would be lost. */
  onRemoved(name: string): void;
}

export class SpoolDrain {
  readonly #folder: string;
  readonly #keeper: Keeper;
  readonly #events: DrainEvents;
  readonly #files = new Map<string, Draining>();
  readonly #open = new Map<string, Open>();

  constructor(folder: string, keeper: Keeper, events: DrainEvents) {
    this.#folder = folder;
    this.#keeper = keeper;
    this.#events = events;
  }

  /** A file of a living process has grown, or will not grow any more. */
  grow({ name, bytes, isSealed }: SpoolFile): void {
    const file = this.#files.get(name);
    if (file === undefined)
      this.#files.set(name, { bytes, position: 0, isSealed, isOrphan: false, open: 0, committed: null });
    else Object.assign(file, { bytes: Math.max(bytes, file.bytes), isSealed: isSealed || file.isSealed });
  }

  /** A file that a process which is gone has left behind; nothing where it is done with. Throws the file system's errors. */
  adopt(name: string): void {
    const file = this.#files.get(name);
    const bytes = statSync(join(this.#folder, name), { throwIfNoEntry: false })?.size ?? file?.bytes ?? null;
    if (bytes === null) return;
    if (file === undefined)
      this.#files.set(name, { bytes, position: 0, isSealed: true, isOrphan: true, open: 0, committed: null });
    else Object.assign(file, { bytes, isSealed: true, isOrphan: true });
  }

  /**
   * Commits one piece of what is waiting, about half a MiB, in one transaction; or, when all is read, what is left to
   * do with orphans. Returns false when there was nothing to do. Throws what the database throws; nothing is lost then.
   */
  step(): boolean {
    for (const [name, file] of this.#files) {
      if (file.position < file.bytes) {
        this.#commitPiece(name, file);
        return true;
      }
    }
    const isLeft = this.#buryLost();
    this.#deleteDrained();
    return isLeft;
  }

  #commitPiece(name: string, file: Draining): void {
    const piece = this.#read(name, file);
    if (piece === null) return;
    const openings: SpooledOpening[] = [];
    const entries: Entry[] = [];
    const observations: EdgeObservation[] = [];
    const foreign: string[] = [];
    for (const line of piece.lines) {
      const parsed = parseSpoolLine(line);
      if (parsed === null) foreign.push(line);
      else if (parsed.kind === 'opening') openings.push(parsed);
      else if (parsed.kind === 'closing') entries.push(parsed.entry);
      else observations.push(...parsed.observations);
    }
    const isCommitted = file.position < (file.committed ?? 0);
    if (!isCommitted && entries.length + observations.length > 0) {
      const mark = { file: name, bytes: piece.end };
      this.#commit(name, entries, { observations, mark, answered: this.#answeredElsewhere(name, entries) });
    }
    for (const line of foreign) this.#reject(name, line, 'is not a record');
    // From here on nothing throws: position and openings move together with the commit.
    file.position = piece.end;
    for (const opening of openings) this.#noteOpening(name, file, opening);
    for (const { event } of entries) this.#noteClosing(event.id);
  }

  #read(name: string, file: Draining): { readonly lines: readonly string[]; readonly end: number } | null {
    file.committed ??= this.#keeper.committed(name);
    // Not past what was committed, so that a piece is either committed or not.
    const to = file.position < file.committed ? Math.min(file.committed, file.bytes) : file.bytes;
    try {
      const piece = readLines(join(this.#folder, name), file.position, to);
      if (piece.end > file.position) return piece;
      this.#events.onProblem(
        `spool file ${name}: the last ${file.bytes - file.position} bytes are a record cut off; dropped`,
      );
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      this.#events.onProblem(`spool file ${name} was removed from outside: records not yet committed are lost`);
      this.#events.onRemoved(name);
    }
    file.position = file.bytes;
    return null;
  }

  #noteOpening(name: string, file: Draining, { id, line }: SpooledOpening): void {
    if (this.#open.has(id)) return;
    this.#open.set(id, { line, file: name });
    file.open++;
  }

  #noteClosing(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    const file = this.#files.get(open.file);
    if (file !== undefined) file.open--;
  }

  /** Events whose openings lie in other files than their closings: those may be read again when these are gone. */
  #answeredElsewhere(name: string, entries: readonly Entry[]): readonly Answered[] {
    return entries.flatMap(({ event: { id } }) => {
      const file = this.#open.get(id)?.file ?? name;
      return file === name ? [] : [{ id, file }];
    });
  }

  #commit(name: string, entries: readonly Entry[], beside: Beside): void {
    try {
      this.#events.onCommitted(this.#keeper.append(entries, beside));
    } catch (error) {
      if (!isFaultOfRecord(error)) throw error;
      this.#commitSingly(name, entries, beside);
    }
  }

  /** One record of a piece cannot be kept: the others are not held up by it. */
  #commitSingly(
    name: string,
    entries: readonly Entry[],
    { observations = [], mark = null, answered = [] }: Beside,
  ): void {
    for (const entry of entries) {
      // The mark comes behind all of them: until then it is known by its id.
      const known = answered.find(({ id }) => id === entry.event.id) ?? { id: entry.event.id, file: name };
      try {
        this.#events.onCommitted(this.#keeper.append([entry], { answered: [known] }));
      } catch (error) {
        if (!isFaultOfRecord(error)) throw error;
        this.#reject(name, `C ${JSON.stringify(entry)}`, 'cannot be kept');
      }
    }
    try {
      this.#keeper.append([], { observations, mark });
    } catch (error) {
      if (!isFaultOfRecord(error)) throw error;
      this.#reject(name, `E ${JSON.stringify(observations)}`, 'cannot be kept');
      this.#keeper.append([], { mark });
    }
  }

  /** A line that cannot become an event is put aside for a human, cut to a bounded length, and named. */
  #reject(name: string, line: string, what: string): void {
    appendFileSync(join(this.#folder, 'rejected'), `${line.slice(0, MAX_REJECTED)}\n`, { mode: 0o600 });
    this.#events.onProblem(
      `spool file ${name}: a line of ${line.length} characters ${what}; put aside in spool/rejected`,
    );
  }

  /** Exchanges whose process is gone become events `worker_lost`, once every orphan has been read for their closings. */
  #buryLost(): boolean {
    const lost = [...this.#open].filter(([, { file }]) => this.#files.get(file)?.isOrphan === true);
    if (lost.length === 0) return false;
    const dead = lost.slice(0, MAX_BURIED);
    const entries = dead.map(([, { line }]) => lostEntry(line)).filter((entry) => entry !== null);
    if (entries.length > 0)
      this.#commit('openings', entries, { answered: dead.map(([id, { file }]) => ({ id, file })) });
    for (const [id, { line, file }] of dead) {
      if (lostEntry(line) === null) this.#reject(file, line, 'is not a record');
      this.#noteClosing(id);
    }
    return true;
  }

  #deleteDrained(): void {
    for (const [name, file] of this.#files) {
      if (!file.isSealed || file.open > 0 || file.position < file.bytes) continue;
      rmSync(join(this.#folder, name), { force: true });
      this.#keeper.forgetMark(name);
      this.#files.delete(name);
      this.#events.onDeleted(name);
    }
  }
}

const MAX_REJECTED = 64 * 1024;
const MAX_BURIED = 1000;

/** SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE, or a TypeError of our own: no retry mends it. */
function isFaultOfRecord(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return [18, 19, 20, 25].includes(error.errcode & 255);
}
