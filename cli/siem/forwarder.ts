/**
 * Takes committed events to a sink, in the order in which they were committed, from where it left off: how far it has come
 * is kept in home once a batch is handed over, so that each event goes at least once. Where the sink is away it tries
 * again, later each time; an event that the sink refuses for good goes to a file beside, and keeps no other waiting.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { WeirError } from '../../flow/errors.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { codeOf, type EventLine, type Sink, SinkFailure } from './sink.ts';

/** The records, as far as this asks. */
export interface Committed {
  after(position: number, limit: number): Promise<{ readonly events: readonly WeirEvent[]; readonly position: number }>;
  position(): Promise<number>;
}

export interface ForwarderOptions {
  readonly name: string;
  readonly sink: Sink;
  readonly records: () => Committed;
  /** Whether an event goes there. */
  readonly isWanted: (event: WeirEvent) => boolean;
  /** Most events a second. */
  readonly rate: number;
  /** Where it is kept how far it has come; `.dead.ndjson` beside takes what is refused. */
  readonly cursorFile: string;
  readonly line: EventLine;
  readonly log: (line: string) => void;
}

export interface ForwarderFigures {
  readonly sent: number;
  readonly refused: number;
  /** Committed events that it has not looked at yet. */
  readonly lag: number;
  readonly isFailing: boolean;
}

const TICK_MS = 1000;
const MOST_AT_ONCE = 500;
const LONGEST_RETRY_MS = 60_000;

export class Forwarder {
  readonly #options: ForwarderOptions;
  /** Null until the store has answered for the first time. */
  #cursor: number | null;
  #sent = 0;
  #refused = 0;
  #lag = 0;
  #failure: string | null = null;
  #retryMs = TICK_MS;
  #timer: NodeJS.Timeout | null = null;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Begins where it left off; the first time with what is committed from now on. */
  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#cursor = this.#kept();
    if (this.#cursor === null) this.#work = this.#begin();
    this.#schedule(TICK_MS);
  }

  async #begin(): Promise<void> {
    try {
      this.#move(await this.#options.records().position());
    } catch {
      // A store that is away: the first round that reaches it says so, and begins there.
    }
  }

  get figures(): ForwarderFigures {
    return { sent: this.#sent, refused: this.#refused, lag: this.#lag, isFailing: this.#failure !== null };
  }

  /** An event that was refused for good by a sink that took the others. */
  refused(count: number, reason: string): void {
    this.#refused += count;
    this.#options.log(`weir: siem ${this.#options.name}: ${count} events were refused for good: ${reason}`);
  }

  /** Hands over what is committed and ends, within so long; the rest goes at the next start. */
  async close(limitMs: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const limit = new Promise<void>((resolve) => setTimeout(resolve, limitMs).unref());
    await Promise.race([this.#work.then(() => this.#run(Number.POSITIVE_INFINITY)), limit]);
    await this.#options.sink.close();
  }

  #schedule(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#work = this.#run(this.#options.rate).then((isDone) => this.#schedule(isDone ? TICK_MS : this.#retryMs));
    }, delayMs).unref();
  }

  /** Up to so many events; false where the sink did not take them. */
  async #run(most: number): Promise<boolean> {
    try {
      return await this.#handOver(this.#options.records(), most);
    } catch (error) {
      // A store that is away: what is there goes when it is back.
      const { name, log } = this.#options;
      const reason = error instanceof WeirError ? error.message : `the records cannot be read (${codeOf(error)})`;
      if (this.#failure !== reason) log(`weir: siem ${name}: ${reason}`);
      this.#failure = reason;
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
      return false;
    }
  }

  async #handOver(records: Committed, most: number): Promise<boolean> {
    let cursor = this.#cursor ?? (await records.position());
    if (this.#cursor === null) this.#move(cursor);
    let isTaken = true;
    for (let left = most; left > 0; ) {
      const { events, position } = await records.after(cursor, Math.min(left, MOST_AT_ONCE));
      if (position === cursor) break;
      const wanted = events.filter(this.#options.isWanted);
      isTaken = wanted.length === 0 || (await this.#send(wanted));
      if (!isTaken) break;
      cursor = position;
      this.#move(cursor);
      left -= events.length;
    }
    // Also while the sink takes nothing: that is when it grows.
    this.#lag = Math.max(0, (await records.position()) - cursor);
    return isTaken;
  }

  async #send(events: readonly WeirEvent[]): Promise<boolean> {
    const { sink, name, log } = this.#options;
    try {
      await sink.send(events);
      this.#sent += events.length;
      if (this.#failure !== null) log(`weir: siem ${name}: it takes events again`);
      this.#failure = null;
      this.#retryMs = TICK_MS;
      return true;
    } catch (error) {
      const reason = error instanceof SinkFailure ? error.message : `unexpected ${codeOf(error)}`;
      if (error instanceof SinkFailure && error.isForGood) return await this.#split(events, reason);
      if (this.#failure !== reason) log(`weir: siem ${name}: ${reason}; events wait in the records`);
      this.#failure = reason;
      this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
      return false;
    }
  }

  /** Of a batch that is refused for good, each half by itself, until the one is found that is to blame. */
  async #split(events: readonly WeirEvent[], reason: string): Promise<boolean> {
    const [only, ...more] = events;
    if (only === undefined) return true;
    if (more.length === 0) {
      this.#bury(only, reason);
      return true;
    }
    const middle = Math.ceil(events.length / 2);
    return (await this.#send(events.slice(0, middle))) && (await this.#send(events.slice(middle)));
  }

  #bury(event: WeirEvent, reason: string): void {
    const { cursorFile, line, name, log } = this.#options;
    const file = `${cursorFile}.dead.ndjson`;
    this.#refused++;
    try {
      appendFileSync(file, `${line(event)}\n`, { mode: 0o600 });
      log(`weir: siem ${name}: event ${event.id} is refused for good (${reason}); it is in ${file}`);
    } catch (error) {
      log(
        `weir: siem ${name}: event ${event.id} is refused for good, and ${file} cannot be written (${codeOf(error)})`,
      );
    }
  }

  #kept(): number | null {
    try {
      const position = Number(readFileSync(this.#options.cursorFile, 'utf8'));
      return Number.isSafeInteger(position) && position >= 0 ? position : null;
    } catch {
      return null; // The first start with this sink.
    }
  }

  #move(cursor: number): void {
    this.#cursor = cursor;
    const { cursorFile, name, log } = this.#options;
    try {
      mkdirSync(dirname(cursorFile), { recursive: true, mode: 0o700 });
      writeFileSync(`${cursorFile}.draft`, `${cursor}\n`, { mode: 0o600 });
      renameSync(`${cursorFile}.draft`, cursorFile);
    } catch (error) {
      log(`weir: siem ${name}: ${cursorFile} cannot be written (${codeOf(error)}): after a restart events come again`);
    }
  }
}
