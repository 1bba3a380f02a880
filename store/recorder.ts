/**
 * Records for the proxy of a Weir of one process, and for the process above several: a spool of its own, and the writer
 * that commits the spools of all. The caller holds the home's lock.
 */
import type { EdgeObservation } from '../flow/edge.ts';
import type { Closing, EdgeRecorder, Opening, Recorder } from '../flow/recorder.ts';
import type { Home } from './home.ts';
import type { RetentionRules } from './retention.ts';
import { type SpoolFile, tryAppend } from './spool.ts';
import { SpoolRecorder } from './spool-recorder.ts';
import { Writer, type WriterOptions } from './writer.ts';

export interface RecorderOptions extends Omit<WriterOptions, 'onRemoved'> {
  /** `excerpts.encrypt`: false stores the redacted text readable. */
  readonly encryptExcerpts: boolean;
  /** Hears what a human must know, one line without values; the same line at most every five seconds. */
  readonly onProblem: (message: string) => void;
  /** Hears of a removed spool file that may be another process's. */
  readonly onRemoved?: (name: string) => void;
  /** A spool file of this size is full; 8 MiB. */
  readonly maxSpoolFileBytes?: number;
  /** How long lines are gathered before the writer is told; 40, and 200 while there are many. */
  readonly gatherMs?: number;
  /** How long `close` waits for the database before it leaves the rest to the next start; 10 s. */
  readonly closeMs?: number;
}

export interface StoreRecorder extends Recorder, EdgeRecorder {
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
  /** A spool file of another process has grown, or will not grow any more. */
  grown(file: SpoolFile): void;
  /** Another process is gone: what it has recorded is committed, and what it left open becomes `worker_lost`. */
  bury(owner: string): void;
  /** `excerpts.encrypt` from now on. */
  encryptExcerpts(isEncrypted: boolean): void;
  /** `retention` from now on; null: nothing goes with time. */
  retain(rules: RetentionRules | null): void;
}

const REPEAT_MS = 5000;
const CLOSE_MS = 10_000;
const PROBE_MS = 1000;

/**
 * Begins recording in a home whose lock is held, and takes up what earlier runs left. Throws WeirError `home_unusable`
 * for a database of a newer version, SQLite's own error where it cannot be opened.
 */
export function createRecorder(home: Home, options: RecorderOptions): StoreRecorder {
  return new HomeRecorder(home, options);
}

class HomeRecorder implements StoreRecorder {
  readonly #home: Home;
  readonly #writer: Writer;
  readonly #spool: SpoolRecorder;
  readonly #closeMs: number;
  #spoolProblem: string | null = null;
  #probedAt = 0;
  #isClosed = false;

  constructor(home: Home, options: RecorderOptions) {
    this.#home = home;
    this.#closeMs = options.closeMs ?? CLOSE_MS;
    const report = seldom(options.onProblem);
    this.#writer = new Writer(home, {
      eventLog: options.eventLog,
      onProblem: report,
      ...(options.onCounted === undefined ? {} : { onCounted: options.onCounted }),
      retention: options.retention ?? null,
      ...(options.outboxBytes === undefined ? {} : { outboxBytes: options.outboxBytes }),
      onRemoved: (name) => {
        this.#spool.leave(name);
        options.onRemoved?.(name);
      },
    });
    const { maxSpoolFileBytes, gatherMs } = options;
    this.#spool = new SpoolRecorder({
      spoolFolder: home.spoolFolder,
      owner: null,
      excerptKey: options.encryptExcerpts ? home.keys.excerpt : null,
      ...(maxSpoolFileBytes === undefined ? {} : { maxSpoolFileBytes }),
      ...(gatherMs === undefined ? {} : { gatherMs }),
      onGrown: (file) => this.#writer.grown(file),
      onProblem: (message) => {
        this.#spoolProblem = message;
        this.#probedAt = 0;
        if (message !== null) report(message);
      },
    });
  }

  get problem(): string | null {
    return this.#spoolProblem ?? this.#writer.problem;
  }

  probe(): string | null {
    const now = performance.now();
    if (this.#probedAt === 0 || now - this.#probedAt >= PROBE_MS) {
      this.#probedAt = now;
      this.#spoolProblem = tryAppend(this.#home.spoolFolder);
    }
    if (this.#spoolProblem !== null) return this.#spoolProblem;
    return this.#writer.problem === null ? null : 'the database cannot be written; stderr says why';
  }

  get spoolBytes(): number {
    return this.#writer.spoolBytes;
  }

  open(opening: Opening): void {
    this.#spool.open(opening);
  }

  observe(observations: readonly EdgeObservation[]): void {
    this.#spool.observe(observations);
  }

  openSoon(opening: Opening): Promise<void> {
    return this.#spool.openSoon(opening);
  }

  closeSoon(closing: Closing): Promise<void> {
    return this.#spool.closeSoon(closing);
  }

  close(): Promise<void>;
  close(closing: Closing): void;
  close(closing?: Closing): void | Promise<void> {
    return closing === undefined ? this.#shutDown() : this.#spool.close(closing);
  }

  ready(): Promise<void> {
    return this.#writer.ready();
  }

  flush(): Promise<void> {
    this.#spool.tell();
    return this.#writer.flush();
  }

  grown(file: SpoolFile): void {
    this.#writer.grown(file);
  }

  bury(owner: string): void {
    this.#writer.bury(owner);
  }

  retain(rules: RetentionRules | null): void {
    this.#writer.retain(rules);
  }

  encryptExcerpts(isEncrypted: boolean): void {
    this.#spool.excerptKey = isEncrypted ? this.#home.keys.excerpt : null;
  }

  async #shutDown(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#spool.end();
    await this.#writer.close(this.#closeMs);
  }
}

/** The same words at most every few seconds: a full disk would otherwise fill the log as well. */
export function seldom(say: (message: string) => void): (message: string) => void {
  const said = new Map<string, number>();
  return (message) => {
    const now = Date.now();
    if (now - (said.get(message) ?? 0) < REPEAT_MS) return;
    if (said.size > 100) said.clear();
    said.set(message, now);
    say(message);
  };
}
