/**
 * The writer: a thread of its own that owns ledger or outbox, and chain. It is told how far the spool has grown, commits in
 * groups, prints the event log, and goes on trying when the database cannot be written. It keeps no record in memory:
 * what it has not committed lies in the spool.
 */
import type { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { destination } from 'pino';
import type { Figures } from '../flow/figures.ts';
import { type Home, type Keeping, openHome } from './home.ts';
import type { Committed, Keeper } from './keeper.ts';
import { Ledger } from './ledger.ts';
import { openOutbox } from './outbox.ts';
import { logLine } from './record.ts';
import { Retention, type RetentionRules } from './retention.ts';
import { openDatabase } from './schema.ts';
import type { SpoolFile } from './spool.ts';
import { SpoolDrain } from './spool-drain.ts';
import { Tally } from './tally.ts';

/** What the thread begins with. */
export interface WriterData {
  readonly homePath: string;
  /** Files that processes which are gone have left. */
  readonly orphans: readonly string[];
  /** Files of living processes. */
  readonly files: readonly SpoolFile[];
  readonly eventLog: 'stdout' | null;
  /** Whether to say `counted` of what is committed. */
  readonly isCounting: boolean;
  readonly retention: RetentionRules | null;
  /** Whether it chains into the ledger or into the outbox, and how large that may be. */
  readonly keeping: Keeping;
  readonly outboxBytes: number;
}

export type ToWriter =
  | { readonly kind: 'grown'; readonly file: SpoolFile }
  /** The process that appended to these is gone. */
  | { readonly kind: 'orphaned'; readonly names: readonly string[] }
  /** Answered by `flushed` once all that was told before is committed. */
  | { readonly kind: 'flush'; readonly id: number }
  /** What goes with time from now on. */
  | { readonly kind: 'retention'; readonly rules: RetentionRules | null }
  /** Ends the thread, whatever is left: the spool has it. */
  | { readonly kind: 'stop' };

export type FromWriter =
  /** The orphans are dealt with. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'flushed'; readonly id: number }
  /** Figures of what was just committed. */
  | { readonly kind: 'counted'; readonly figures: Figures }
  | { readonly kind: 'deleted'; readonly name: string }
  | { readonly kind: 'removed'; readonly name: string }
  /** `isFailing`: nothing is committed until `recovered`. */
  | { readonly kind: 'problem'; readonly message: string; readonly isFailing: boolean }
  | { readonly kind: 'recovered' };

/** Not for long: what waits is in the spool, and the next try begins with whatever has come meanwhile. */
const BUSY_MS = 1000;
/** Between two steps of filling in what an older version has not written. */
const FILL_PAUSE_MS = 5;
/** Between two steps of retention, and between two looks for what is over its age. */
const RETENTION_PAUSE_MS = 20;
const RETENTION_EVERY_MS = 60_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;
/** Lines that stdout has not taken: past these they are left out, and that is said. */
const MAX_UNPRINTED = 16 * 1024 * 1024;
/** Characters of lines that are handed on together. */
const PRINTED_AT_ONCE = 64 * 1024;
const LAST_LINES_MS = 1000;

class Writer {
  readonly #port: MessagePort;
  readonly #data: WriterData;
  readonly #log: EventLog | null;
  readonly #tally: Tally | null;
  #drain: SpoolDrain | null = null;
  #ledger: Ledger | null = null;
  #retention: Retention | null = null;
  #rules: RetentionRules | null;
  #retentionAt = 0;
  #tending: NodeJS.Timeout | null = null;
  #database: DatabaseSync | null = null;
  #closeDatabase: () => void = () => {};
  #waiting: number[] = [];
  /** The latest that was said of each file. */
  readonly #told = new Map<string, SpoolFile>();
  #orphaned: string[] = [];
  #isScheduled = false;
  #isStopped = false;
  #isReady = false;
  #retryMs = FIRST_RETRY_MS;
  #isFailing = false;

  constructor(port: MessagePort, data: WriterData) {
    this.#port = port;
    this.#data = data;
    this.#rules = data.retention;
    if (data.retention !== null) this.#tendSoon();
    this.#log = data.eventLog === null ? null : new EventLog((message) => this.#warn(message));
    this.#tally = data.isCounting ? new Tally() : null;
    for (const file of data.files) this.#told.set(file.name, file);
    port.on('message', (message: ToWriter) => this.#hear(message));
    this.#schedule(0);
  }

  #hear(message: ToWriter): void {
    if (message.kind === 'stop') {
      this.#stop();
      return;
    }
    if (message.kind === 'retention') {
      this.#rules = message.rules;
      this.#retention = null;
      this.#retentionAt = 0;
      if (message.rules !== null) this.#tendSoon();
    } else if (message.kind === 'grown') this.#told.set(message.file.name, message.file);
    else if (message.kind === 'orphaned') this.#orphaned.push(...message.names);
    else this.#waiting.push(message.id);
    this.#schedule(0);
  }

  /** The port is all that keeps the thread alive. */
  async #stop(): Promise<void> {
    this.#isStopped = true;
    this.#closeDatabase();
    await this.#log?.end();
    this.#port.close();
  }

  #schedule(delayMs: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const run = () => {
      this.#isScheduled = false;
      if (!this.#isStopped) this.#run();
    };
    if (delayMs === 0) setImmediate(run);
    else setTimeout(run, delayMs);
  }

  /** One transaction, then room for messages. */
  #run(): void {
    try {
      const drain = this.#opened();
      for (const file of this.#told.values()) drain.grow(file);
      this.#told.clear();
      for (const name of this.#orphaned) drain.adopt(name);
      this.#orphaned = [];
      const isMore = drain.step();
      this.#tellCounted();
      this.#recovered();
      if (isMore) {
        this.#schedule(0);
        return;
      }
      this.#rest();
      this.#fillIn();
      this.#tend();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** One step. What waits in the spool goes first: between two steps there is room for it. */
  #fillIn(): void {
    try {
      if (this.#ledger?.fill() === true) this.#schedule(FILL_PAUSE_MS);
    } catch {
      // A full disk is told of by what cannot be committed; this can wait.
      this.#schedule(LONGEST_RETRY_MS);
    }
  }

  /** One step of retention, once a minute until there is nothing more to do. */
  #tend(): void {
    if (this.#rules === null || this.#ledger === null || this.#database === null) return;
    if (performance.now() < this.#retentionAt) return;
    this.#retention ??= new Retention(this.#database, this.#ledger, this.#rules);
    let isMore = false;
    try {
      isMore = this.#retention.step(Date.now());
    } catch (error) {
      this.#warn(
        `what is over its age could not be removed: ${error instanceof Error ? error.message : 'unknown reason'}`,
      );
    }
    if (isMore) this.#schedule(RETENTION_PAUSE_MS);
    else this.#retentionAt = performance.now() + RETENTION_EVERY_MS;
    if (!isMore) this.#tendSoon();
  }

  #tendSoon(): void {
    if (this.#tending !== null) clearTimeout(this.#tending);
    const delay = Math.max(0, this.#retentionAt - performance.now());
    this.#tending = setTimeout(() => this.#schedule(0), delay).unref();
  }

  #opened(): SpoolDrain {
    if (this.#drain !== null) return this.#drain;
    const home = openHome(this.#data.homePath, this.#data.keeping);
    const keeper = home.keeping === 'outbox' ? this.#openOutbox(home) : this.#openLedger(home);
    const drain = new SpoolDrain(home.spoolFolder, keeper, {
      onCommitted: (records) => this.#committed(records),
      onProblem: (message) => this.#warn(message),
      onDeleted: (name) => this.#say({ kind: 'deleted', name }),
      onRemoved: (name) => this.#say({ kind: 'removed', name }),
    });
    for (const name of this.#data.orphans) drain.adopt(name);
    this.#drain = drain;
    return drain;
  }

  #openLedger(home: Home): Keeper {
    const database = openDatabase(home.databaseFile, BUSY_MS);
    const ledger = new Ledger(database, home, home.keys.chain, (message) => this.#warn(message));
    this.#ledger = ledger;
    this.#database = database;
    this.#closeDatabase = () => database.close();
    return ledger;
  }

  #openOutbox(home: Home): Keeper {
    const onProblem = (message: string) => this.#warn(message);
    const outbox = openOutbox(home, {
      maxBytes: this.#data.outboxBytes,
      onProblem,
      onDropped: ({ action, count }, recorded) => {
        this.#tally?.dropped(action, count);
        this.#committed(recorded);
      },
    });
    this.#closeDatabase = () => outbox.close();
    return outbox;
  }

  #committed(records: readonly Committed[]): void {
    this.#log?.print(records);
    if (this.#tally !== null) for (const { event } of records) this.#tally.add(event);
  }

  #tellCounted(): void {
    const figures = this.#tally?.take() ?? null;
    if (figures !== null) this.#say({ kind: 'counted', figures });
  }

  #rest(): void {
    if (!this.#isReady) this.#say({ kind: 'ready' });
    this.#isReady = true;
    for (const id of this.#waiting.splice(0)) this.#say({ kind: 'flushed', id });
  }

  #failed(error: unknown): void {
    this.#isFailing = true;
    const reason = error instanceof Error ? error.message : 'unknown reason';
    const message = `records wait in the spool: the database cannot be written: ${reason}`;
    this.#say({ kind: 'problem', message, isFailing: true });
    this.#schedule(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  #recovered(): void {
    this.#retryMs = FIRST_RETRY_MS;
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#say({ kind: 'recovered' });
  }

  #warn(message: string): void {
    this.#say({ kind: 'problem', message, isFailing: false });
  }

  #say(message: FromWriter): void {
    this.#port.postMessage(message);
  }
}

/** The event log: events as lines, without excerpt and review, written past the main thread. */
class EventLog {
  readonly #destination: ReturnType<typeof destination>;
  #isGone = false;

  constructor(onProblem: (message: string) => void) {
    // Not synchronous: a terminal that is held, or a pipe that nobody reads, must not hold up what is committed.
    this.#destination = destination({ dest: 1, sync: false, maxLength: MAX_UNPRINTED });
    this.#destination.on('drop', () =>
      onProblem('stdout is not read: the event log lacks lines; the database has all'),
    );
    this.#destination.on('error', () => {
      // Its reader went away; so it does when `weir up | head` ends. The guard goes on.
      this.#isGone = true;
    });
  }

  print(records: readonly Committed[]): void {
    if (this.#isGone) return;
    let lines = '';
    for (const record of records) {
      lines += logLine(record);
      if (lines.length < PRINTED_AT_ONCE) continue;
      this.#destination.write(lines);
      lines = '';
    }
    if (lines !== '') this.#destination.write(lines);
  }

  /** Resolves when what was printed is written, or cannot be. */
  end(): Promise<void> {
    if (this.#isGone) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LAST_LINES_MS);
    this.#destination.flush(() => {
      clearTimeout(timer);
      resolve();
    });
    return promise;
  }
}

if (parentPort !== null) new Writer(parentPort, workerData);
