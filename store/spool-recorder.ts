/**
 * Records exchanges in one process: each call is one append to this process's own spool files, in its own thread. The
 * writer, here or in the process above, is told how far they have grown. It never waits for the database, and never
 * lets a call pass as recorded that would not outlive the process.
 */
import type { KeyObject } from 'node:crypto';
import type { EdgeObservation } from '../flow/edge.ts';
import type { Closing, EdgeRecorder, Opening, Recorder } from '../flow/recorder.ts';
import { plainExcerpt, sealExcerpt } from './keyed.ts';
import { Spool, type SpoolFile } from './spool.ts';
import { closingLine, observedLine, openingLine } from './spool-reader.ts';

export interface SpoolRecorderOptions {
  readonly spoolFolder: string;
  /** Stands in the names of its files: one of several processes; null for the only one. */
  readonly owner: string | null;
  /** Seals excerpts; null stores the redacted text readable. */
  readonly excerptKey: KeyObject | null;
  /** A file of this size is full; 8 MiB. */
  readonly maxSpoolFileBytes?: number;
  /** How long lines are gathered before the writer is told; 40, and 200 while there are many. */
  readonly gatherMs?: number;
  /** Tells the writer that a file has grown, or will not grow any more. */
  readonly onGrown: (file: SpoolFile) => void;
  /** Hears why records cannot be kept, and null once they can again; called on each failure. */
  readonly onProblem: (message: string | null) => void;
}

const MIB = 1024 * 1024;
/** After so long without a record the spool file is ended, so that it does not keep what the database may purge. */
const IDLE_MS = 1000;
const GATHER_MS = 40;
const BUSY_GATHER_MS = 200;
const BUSY_CHARS = 32 * 1024;
/** Closings that could not be written: kept in memory up to so much, so that space returning saves them. */
const MAX_UNWRITTEN = 8 * MIB;

interface Gathered {
  readonly line: string;
  /** The event whose exchange has ended; null for an opening. */
  readonly closingOf: string | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class SpoolRecorder implements Recorder, EdgeRecorder {
  #options: SpoolRecorderOptions;
  readonly #spool: Spool;
  readonly #unwritten = new Map<string, string>();
  #unwrittenLength = 0;
  /** What was recorded in this turn of the event loop and is written at its end, in one write. */
  #gathered: Gathered[] = [];
  #gathering: NodeJS.Timeout | null = null;
  #gatherMs = GATHER_MS;
  /** Characters since the writer was last told. */
  #appended = 0;
  #idle: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #problem: string | null = null;

  constructor(options: SpoolRecorderOptions) {
    this.#options = options;
    const { spoolFolder, maxSpoolFileBytes = 8 * MIB, onGrown, owner } = options;
    this.#spool = new Spool(spoolFolder, maxSpoolFileBytes, onGrown, owner);
  }

  /** Seals excerpts from now on, or no longer. */
  set excerptKey(excerptKey: KeyObject | null) {
    this.#options = { ...this.#options, excerptKey };
  }

  open(opening: Opening): void {
    this.#writeGathered();
    this.#writeUnwritten();
    this.#append(openingLine(opening));
  }

  observe(observations: readonly EdgeObservation[]): void {
    if (observations.length === 0) return;
    this.#writeGathered();
    this.#writeUnwritten();
    this.#append(observedLine(observations));
  }

  openSoon(opening: Opening): Promise<void> {
    return this.#gather({ line: openingLine(opening), closingOf: null });
  }

  closeSoon(closing: Closing): Promise<void> {
    return this.#gather({ line: this.#closingLine(closing), closingOf: closing.event.id });
  }

  close(closing: Closing): void {
    const line = this.#closingLine(closing);
    this.#writeGathered();
    try {
      this.#writeUnwritten();
      this.#append(line);
    } catch (error) {
      this.#keepUnwritten(closing.event.id, line);
      throw error;
    }
  }

  /** Writes all that was recorded and tells the writer of it. Never throws: who recorded hears of it. */
  tell(): void {
    this.#writeGathered();
    this.#tellGrown();
  }

  /** A file that somebody removed: the next record begins another. */
  leave(name: string): void {
    if (this.#spool.file?.name === name) this.#spool.rotate();
  }

  /** The last of it: what could not be written is tried once more, and the file is ended. */
  end(): void {
    for (const timer of [this.#idle, this.#retry]) if (timer !== null) clearTimeout(timer);
    this.#writeGathered();
    try {
      this.#writeUnwritten();
    } catch {
      // Reported; their openings are in the spool, and the next start names them.
    }
    this.#tellGrown();
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#spool.rotate();
  }

  #closingLine({ event, edges, excerpt }: Closing): string {
    return closingLine({ event, edges, excerpt: excerpt === null ? null : this.#stored(event.id, excerpt) });
  }

  #gather(record: Pick<Gathered, 'line' | 'closingOf'>): Promise<void> {
    return new Promise((resolve, reject) => {
      // When all calls of this turn have come so far: the more records one write takes, the less each of them costs.
      if (this.#gathered.push({ ...record, resolve, reject }) === 1) process.nextTick(() => this.#writeGathered());
    });
  }

  /** Never throws: who gathered hears of it. */
  #writeGathered(): void {
    if (this.#gathered.length === 0) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    try {
      this.#writeUnwritten();
      let lines = '';
      for (const { line } of gathered) lines += line;
      this.#append(lines);
    } catch (error) {
      for (const { line, closingOf, reject } of gathered) {
        if (closingOf !== null) this.#keepUnwritten(closingOf, line);
        reject(error);
      }
      return;
    }
    for (const { resolve } of gathered) resolve();
  }

  #stored(eventId: string, excerpt: string): string {
    const { excerptKey } = this.#options;
    return excerptKey === null ? plainExcerpt(excerpt) : sealExcerpt(excerptKey, eventId, excerpt);
  }

  #append(lines: string): void {
    try {
      this.#spool.append(lines);
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : 'the spool cannot be written';
      this.#options.onProblem(this.#problem);
      throw error;
    }
    if (this.#problem !== null) {
      this.#problem = null;
      this.#options.onProblem(null);
    }
    this.#appended += lines.length;
    this.#gathering ??= setTimeout(() => this.#tellGrown(), this.#options.gatherMs ?? this.#gatherMs);
  }

  #tellGrown(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    // Under load a commit of few records would write the same pages of the database again and again.
    this.#gatherMs = this.#appended > BUSY_CHARS ? BUSY_GATHER_MS : GATHER_MS;
    this.#appended = 0;
    const file = this.#spool.file;
    if (file === null) return;
    this.#options.onGrown(file);
    this.#endWhenIdle(file.bytes);
  }

  /** The exchange has happened and its end could not be written: it is tried again before and until anything else. */
  #keepUnwritten(id: string, line: string): void {
    const earlier = this.#unwritten.get(id)?.length ?? 0;
    if (this.#unwrittenLength - earlier + line.length > MAX_UNWRITTEN) return; // at the next start it is `worker_lost`
    this.#unwrittenLength += line.length - earlier;
    this.#unwritten.set(id, line);
    this.#retry ??= setTimeout(() => this.#retryUnwritten(), IDLE_MS).unref();
  }

  #writeUnwritten(): void {
    for (const [id, line] of this.#unwritten) {
      this.#append(line);
      this.#unwritten.delete(id);
      this.#unwrittenLength -= line.length;
    }
  }

  #retryUnwritten(): void {
    this.#retry = null;
    try {
      this.#writeUnwritten();
    } catch {
      // Said already; the next try may find space.
      this.#retry = setTimeout(() => this.#retryUnwritten(), IDLE_MS).unref();
    }
  }

  /** A file with open exchanges stays until they are closed, whether it is ended or not. */
  #endWhenIdle(bytes: number): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      if (this.#spool.file?.bytes === bytes) this.#spool.rotate();
    }, IDLE_MS).unref();
  }
}
