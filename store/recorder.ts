/**
 * Records exchanges for the proxy: each call is one append to the spool in this thread; a writer thread commits what
 * the spool holds. It never waits for the database, and never lets a call pass as recorded that would not outlive the
 * process. One recorder a home: the caller holds the home's lock.
 */
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import type { Figures } from '../flow/figures.ts';
import type { Closing, Opening, Recorder } from '../flow/recorder.ts';
import type { Home } from './home.ts';
import { plainExcerpt, sealExcerpt } from './keyed.ts';
import { openDatabase } from './schema.ts';
import { listSpool, Spool, type SpoolFile, tryAppend } from './spool.ts';
import { closingLine, openingLine } from './spool-reader.ts';
import type { FromWriter, ToWriter, WriterData } from './writer-thread.ts';

export interface RecorderOptions {
  /** `excerpts.encrypt`: false stores the redacted text readable. */
  readonly encryptExcerpts: boolean;
  /** Where each committed event goes as a line of NDJSON, without its excerpt; null: nowhere. */
  readonly eventLog: 'stdout' | null;
  /** Hears what a human must know, one line without values; the same line at most every five seconds. */
  readonly onProblem: (message: string) => void;
  /** Hears what was counted of events as they are committed; without it nothing is counted. */
  readonly onCounted?: (figures: Figures) => void;
  /** A spool file of this size is full; 8 MiB. */
  readonly maxSpoolFileBytes?: number;
  /** How long lines are gathered before the writer is told; 40, and 200 while there are many. */
  readonly gatherMs?: number;
  /** How long `close` waits for the database before it leaves the rest to the next start; 10 s. */
  readonly closeMs?: number;
}

export interface StoreRecorder extends Recorder {
  close(closing: Closing): void;
  /** Flushes, ends the writer and removes what is committed from the spool. No call may follow. */
  close(): Promise<void>;
  /** Resolves once what earlier runs left in the spool is committed. */
  ready(): Promise<void>;
  /** Resolves once all that was recorded before is committed. */
  flush(): Promise<void>;
  /** Why records cannot be kept now, in one line; null while they can: for /readyz. */
  readonly problem: string | null;
  /**
   * The same in words of ours, for whoever asks, after trying to write to the spool, at most once a second: a fault shows
   * before a call meets it, and heals without one.
   */
  probe(): string | null;
  /** Bytes of the spool that are not yet known to be in the database. */
  readonly spoolBytes: number;
}

const MIB = 1024 * 1024;
/** After so long without a record the spool file is ended, so that it does not keep what the database may purge. */
const IDLE_MS = 1000;
const GATHER_MS = 40;
const BUSY_GATHER_MS = 200;
const BUSY_CHARS = 32 * 1024;
const RESPAWN_MS = 200;
const REPEAT_MS = 5000;
const PROBE_MS = 1000;
/** Closings that could not be written: kept in memory up to so much, so that space returning saves them. */
const MAX_UNWRITTEN = 8 * MIB;

/**
 * Begins recording in a home whose lock is held, and takes up what earlier runs left. Throws WeirError `home_unusable`
 * for a database of a newer version, SQLite's own error where it cannot be opened.
 */
export function createRecorder(home: Home, options: RecorderOptions): StoreRecorder {
  assert(home.isLocked, 'a recorder needs the lock of its home');
  openDatabase(home.databaseFile).close();
  return new SpoolRecorder(home, options);
}

interface Gathered {
  readonly line: string;
  /** The event whose exchange has ended; null for an opening. */
  readonly closingOf: string | null;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class SpoolRecorder implements StoreRecorder {
  readonly #home: Home;
  readonly #options: RecorderOptions;
  readonly #spool: Spool;
  readonly #orphans: Set<string>;
  /** Files that will not grow any more and are not yet deleted. */
  readonly #sealed = new Map<string, SpoolFile>();
  readonly #unwritten = new Map<string, string>();
  #unwrittenLength = 0;
  /** What was recorded in this turn of the event loop and is written at its end, in one write. */
  #gathered: Gathered[] = [];
  #worker: Worker;
  #gathering: NodeJS.Timeout | null = null;
  #gatherMs = GATHER_MS;
  /** Characters since the writer was last told. */
  #appended = 0;
  #idle: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #flushes = new Map<number, () => void>();
  #lastFlush = 0;
  #isReady = false;
  #onReady: (() => void)[] = [];
  #isWriting = false;
  #isClosing = false;
  #spoolProblem: string | null = null;
  #probedAt = 0;
  #writerProblem: string | null = null;
  readonly #said = new Map<string, number>();

  constructor(home: Home, options: RecorderOptions) {
    this.#home = home;
    this.#options = options;
    this.#orphans = new Set(listSpool(home.spoolFolder));
    this.#spool = new Spool(home.spoolFolder, options.maxSpoolFileBytes ?? 8 * MIB, (file) => {
      this.#sealed.set(file.name, file);
      this.#tell({ kind: 'grown', file });
    });
    this.#worker = this.#startWriter();
  }

  get problem(): string | null {
    return this.#spoolProblem ?? this.#writerProblem;
  }

  probe(): string | null {
    const now = performance.now();
    if (this.#probedAt === 0 || now - this.#probedAt >= PROBE_MS) {
      this.#probedAt = now;
      this.#spoolProblem = tryAppend(this.#home.spoolFolder);
    }
    if (this.#spoolProblem !== null) return this.#spoolProblem;
    return this.#writerProblem === null ? null : 'the database cannot be written; stderr says why';
  }

  get spoolBytes(): number {
    let bytes = this.#spool.file?.bytes ?? 0;
    for (const file of this.#sealed.values()) bytes += file.bytes;
    return bytes;
  }

  open(opening: Opening): void {
    this.#writeGathered();
    this.#writeUnwritten();
    this.#append(openingLine(opening));
  }

  openSoon(opening: Opening): Promise<void> {
    return this.#gather({ line: openingLine(opening), closingOf: null });
  }

  closeSoon(closing: Closing): Promise<void> {
    return this.#gather({ line: this.#closingLine(closing), closingOf: closing.event.id });
  }

  close(): Promise<void>;
  close(closing: Closing): void;
  close(closing?: Closing): void | Promise<void> {
    if (closing === undefined) return this.#shutDown();
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

  #closingLine({ event, edges, excerpt }: Closing): string {
    return closingLine({ event, edges, excerpt: excerpt === null ? null : this.#stored(event.id, excerpt) });
  }

  #gather(record: Pick<Gathered, 'line' | 'closingOf'>): Promise<void> {
    return new Promise((resolve, reject) => {
      // After what this turn has still to read: the more records one write takes, the less each of them costs.
      if (this.#gathered.push({ ...record, resolve, reject }) === 1) setImmediate(() => this.#writeGathered());
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

  ready(): Promise<void> {
    return this.#isReady ? Promise.resolve() : new Promise((resolve) => this.#onReady.push(resolve));
  }

  flush(): Promise<void> {
    const id = ++this.#lastFlush;
    this.#writeGathered();
    this.#tellGrown();
    return new Promise((resolve) => {
      this.#flushes.set(id, resolve);
      this.#tell({ kind: 'flush', id });
    });
  }

  #stored(eventId: string, excerpt: string): string {
    return this.#options.encryptExcerpts
      ? sealExcerpt(this.#home.keys.excerpt, eventId, excerpt)
      : plainExcerpt(excerpt);
  }

  #append(lines: string): void {
    try {
      this.#spool.append(lines);
    } catch (error) {
      this.#spoolProblem = error instanceof Error ? error.message : 'the spool cannot be written';
      this.#probedAt = 0;
      this.#report(this.#spoolProblem);
      throw error;
    }
    this.#spoolProblem = null;
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
    if (file !== null) this.#tell({ kind: 'grown', file });
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

  #startWriter(): Worker {
    // From source and from dist alike: the thread's file has the extension of this one.
    const url = new URL(import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js', import.meta.url);
    const current = this.#spool.file;
    const workerData: WriterData = {
      homePath: this.#home.path,
      orphans: [...this.#orphans],
      files: current === null ? [...this.#sealed.values()] : [...this.#sealed.values(), current],
      eventLog: this.#options.eventLog,
      isCounting: this.#options.onCounted !== undefined,
    };
    // None of the process's own flags: `--input-type` and the like would keep the thread from starting.
    const worker = new Worker(url, { workerData, execArgv: [] });
    this.#isWriting = true;
    worker.on('message', (message: FromWriter) => this.#hear(message));
    worker.on('error', (error) => this.#report(`the writer thread failed: ${nameOf(error)}`));
    worker.on('exit', () => this.#writerEnded());
    return worker;
  }

  /** A writer that dies takes nothing along: its successor reads the spool from the beginning. */
  #writerEnded(): void {
    this.#isWriting = false;
    if (this.#isClosing) return;
    this.#writerProblem = 'the writer thread ended; it is being started again';
    this.#report(this.#writerProblem);
    setTimeout(() => {
      if (this.#isClosing) return;
      this.#worker = this.#startWriter();
      for (const id of this.#flushes.keys()) this.#tell({ kind: 'flush', id });
    }, RESPAWN_MS);
  }

  #tell(message: ToWriter): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: FromWriter): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#writerProblem = null;
        for (const resolve of this.#onReady.splice(0)) resolve();
        break;
      case 'idle':
        this.#rotateWhenIdle(message.openExchanges);
        break;
      case 'flushed':
        this.#flushes.get(message.id)?.();
        this.#flushes.delete(message.id);
        break;
      case 'counted':
        this.#options.onCounted?.(message.figures);
        break;
      case 'deleted':
        this.#orphans.delete(message.name);
        this.#sealed.delete(message.name);
        break;
      case 'removed':
        if (this.#spool.file?.name === message.name) this.#spool.rotate();
        break;
      case 'problem':
        if (message.isFailing) this.#writerProblem = message.message;
        this.#report(message.message);
        break;
      case 'recovered':
        this.#writerProblem = null;
        this.#report('the database can be written again');
        break;
    }
  }

  #rotateWhenIdle(openExchanges: number): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    const bytes = this.#spool.file?.bytes ?? 0;
    if (bytes === 0 || openExchanges > 0 || this.#isClosing) return;
    this.#idle = setTimeout(() => {
      if (this.#spool.file?.bytes === bytes) this.#spool.rotate();
    }, IDLE_MS).unref();
  }

  async #shutDown(): Promise<void> {
    if (this.#isClosing) return;
    for (const timer of [this.#idle, this.#retry]) if (timer !== null) clearTimeout(timer);
    this.#writeGathered();
    try {
      this.#writeUnwritten();
    } catch {
      // Reported; their openings are in the spool, and the next start names them.
    }
    this.#tellGrown();
    this.#spool.rotate();
    const isFlushed = await this.#flushWithin(this.#options.closeMs ?? 10_000);
    if (!isFlushed) this.#report('records are left in the spool; the next start commits them');
    this.#isClosing = true;
    if (!this.#isWriting) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#tell({ kind: 'stop' });
    await ended;
  }

  async #flushWithin(limitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), limitMs);
    this.flush().then(() => resolve(true));
    const isFlushed = await promise;
    clearTimeout(timer);
    return isFlushed;
  }

  /** The same words at most every few seconds: a full disk would otherwise fill the log as well. */
  #report(message: string): void {
    const now = Date.now();
    if (now - (this.#said.get(message) ?? 0) < REPEAT_MS) return;
    if (this.#said.size > 100) this.#said.clear();
    this.#said.set(message, now);
    this.#options.onProblem(message);
  }
}

/** Its message is not ours, and may quote what it failed on. */
function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
