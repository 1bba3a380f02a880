/**
 * The writer as its process sees it: starts the thread that owns database and chain, tells it how far the spool of each
 * process has grown, and starts it again when it dies. One writer a home: the caller holds the home's lock.
 */
import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import type { Figures } from '../flow/figures.ts';
import type { Home } from './home.ts';
import { mendOutbox } from './outbox-damage.ts';
import type { RetentionRules } from './retention.ts';
import { openDatabase } from './schema.ts';
import { listSpool, type SpoolFile, spoolOf } from './spool.ts';
import type { FromWriter, ToWriter, WriterData } from './writer-thread.ts';

export interface WriterOptions {
  /** Where each committed event goes as a line of NDJSON, without its excerpt; null: nowhere. */
  readonly eventLog: 'stdout' | null;
  /** Hears what a human must know, one line without values. */
  readonly onProblem: (message: string) => void;
  /** Hears what was counted of events as they are committed; without it nothing is counted. */
  readonly onCounted?: (figures: Figures) => void;
  /** What goes with time; null or absent: nothing does. */
  readonly retention?: RetentionRules | null;
  /** How large the outbox may be, of a home that hands its records on; 2 GiB. */
  readonly outboxBytes?: number;
  /** Hears of a spool file that somebody else removed: its process has to begin another. */
  readonly onRemoved: (name: string) => void;
}

const RESPAWN_MS = 200;
const OUTBOX_BYTES = 2 * 2 ** 30;

export class Writer {
  readonly #home: Home;
  readonly #options: WriterOptions;
  /** Left by processes that are gone, and not yet dealt with. */
  readonly #orphans: Set<string>;
  /** Of living processes: the latest that was said of each file, until it is deleted. */
  readonly #files = new Map<string, SpoolFile>();
  #thread: Worker;
  #flushes = new Map<number, () => void>();
  #lastFlush = 0;
  #isReady = false;
  #onReady: (() => void)[] = [];
  #isWriting = false;
  #isClosing = false;
  #problem: string | null = null;
  #retention: RetentionRules | null;

  /**
   * Takes up what earlier runs left. Throws WeirError `home_unusable` for a database of a newer version, SQLite's own
   * error where it cannot be opened.
   */
  constructor(home: Home, options: WriterOptions) {
    assert(home.isLocked, 'a writer needs the lock of its home');
    if (home.keeping === 'ledger') openDatabase(home.databaseFile).close();
    // Before anybody has it open.
    else mendOutbox(home, options.onProblem);
    this.#home = home;
    this.#options = options;
    this.#retention = options.retention ?? null;
    this.#orphans = new Set(listSpool(home.spoolFolder));
    this.#thread = this.#start();
  }

  /** Why nothing is committed now, in one line; null while it is. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Bytes of the spool that are not yet known to be in the database. */
  get spoolBytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.bytes;
    return bytes;
  }

  /** A spool file of a living process has grown, or will not grow any more. */
  grown(file: SpoolFile): void {
    this.#files.set(file.name, file);
    this.#tell({ kind: 'grown', file });
  }

  /** A process is gone: what it has recorded is committed, and what it left open becomes `worker_lost`. */
  bury(owner: string): void {
    let names: readonly string[];
    try {
      names = spoolOf(this.#home.spoolFolder, owner);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      this.#options.onProblem(`the spool of a worker that is gone cannot be read: ${reason}`);
      return;
    }
    for (const name of names) {
      this.#files.delete(name);
      this.#orphans.add(name);
    }
    if (names.length > 0) this.#tell({ kind: 'orphaned', names });
  }

  /** What goes with time from now on. */
  retain(rules: RetentionRules | null): void {
    this.#retention = rules;
    this.#tell({ kind: 'retention', rules });
  }

  /** Resolves once what earlier runs left in the spool is committed. */
  ready(): Promise<void> {
    return this.#isReady ? Promise.resolve() : new Promise((resolve) => this.#onReady.push(resolve));
  }

  /** Resolves once all that was said before is committed. */
  flush(): Promise<void> {
    const id = ++this.#lastFlush;
    return new Promise((resolve) => {
      this.#flushes.set(id, resolve);
      this.#tell({ kind: 'flush', id });
    });
  }

  /** Commits what is there within so long, and ends the thread; the rest is left to the next start, and that is said. */
  async close(limitMs: number): Promise<void> {
    if (this.#isClosing) return;
    if (!(await this.#flushWithin(limitMs))) {
      this.#options.onProblem('records are left in the spool; the next start commits them');
    }
    this.#isClosing = true;
    if (!this.#isWriting) return;
    const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
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

  #start(): Worker {
    // From source and from dist alike: the thread's file has the extension of this one.
    const url = new URL(import.meta.url.endsWith('.ts') ? './writer-thread.ts' : './writer-thread.js', import.meta.url);
    const workerData: WriterData = {
      homePath: this.#home.path,
      orphans: [...this.#orphans],
      files: [...this.#files.values()],
      eventLog: this.#options.eventLog,
      isCounting: this.#options.onCounted !== undefined,
      retention: this.#retention,
      keeping: this.#home.keeping,
      outboxBytes: this.#options.outboxBytes ?? OUTBOX_BYTES,
    };
    // None of the process's own flags: `--input-type` and the like would keep the thread from starting.
    const thread = new Worker(url, { workerData, execArgv: [] });
    this.#isWriting = true;
    thread.on('message', (message: FromWriter) => this.#hear(message));
    thread.on('error', (error) => this.#options.onProblem(`the writer thread failed: ${nameOf(error)}`));
    thread.on('exit', () => this.#ended());
    return thread;
  }

  /** A writer that dies takes nothing along: its successor reads the spool from the beginning. */
  #ended(): void {
    this.#isWriting = false;
    if (this.#isClosing) return;
    this.#problem = 'the writer thread ended; it is being started again';
    this.#options.onProblem(this.#problem);
    setTimeout(() => {
      if (this.#isClosing) return;
      this.#thread = this.#start();
      for (const id of this.#flushes.keys()) this.#tell({ kind: 'flush', id });
    }, RESPAWN_MS);
  }

  #tell(message: ToWriter): void {
    this.#thread.postMessage(message);
  }

  #hear(message: FromWriter): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true;
        this.#problem = null;
        for (const resolve of this.#onReady.splice(0)) resolve();
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
        this.#files.delete(message.name);
        break;
      case 'removed':
        this.#options.onRemoved(message.name);
        break;
      case 'problem':
        if (message.isFailing) this.#problem = message.message;
        this.#options.onProblem(message.message);
        break;
      case 'recovered':
        this.#problem = null;
        this.#options.onProblem('the database can be written again');
        break;
    }
  }
}

/** Its message is not ours, and may quote what it failed on. */
function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
