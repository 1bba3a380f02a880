/**
 * From the bus into a shared store, as many of them as wanted at once: what they take in they share. A message is
 * acknowledged when it is committed, never before, so that one that is killed loses nothing and repeats what the store
 * knows already. What no store will keep goes to the dead letters and holds up nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { WeirError } from '../flow/errors.ts';
import type { Figure } from '../flow/figures.ts';
import type { ArrivalStore, ChainFault } from '../store/arrival.ts';
import { readArrival, readHead, readObserved } from '../store/arrival-text.ts';
import type { Bus } from './bus.ts';
import { bury, TRIES } from './dead-letters.ts';
import { deliver, type Parcel } from './delivery.ts';
import { COLLECTOR, DEFLATED, kindOf, makeCollector, makeRecordsStream, RECORDS_STREAM } from './streams.ts';

export interface CollectorOptions {
  readonly bus: Bus;
  readonly store: ArrivalStore;
  /** The home, where the dead letters lie. */
  readonly home: string;
  readonly onFaults: (faults: readonly ChainFault[]) => void;
  readonly onBuried: (id: string, why: string) => void;
  /** Hears what a human must know, one line without values. */
  readonly onProblem: (message: string) => void;
  /** Between two tries of a record that was refused; 1 s. */
  readonly againMs?: number;
}

interface Held {
  readonly message: JsMsg;
  readonly parcel: Parcel;
}

/** Of one transaction; a batch is what has come within so long of its first. */
const MOST = 1000;
const GATHER_MS = 200;
/** Asked for ahead, so that the next batch is there when this one is committed. */
const AHEAD = 2 * MOST;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;
/** While the store is away the bus is told that these are not forgotten. */
const WORKING_MS = 10_000;
/** A message inflates to no more: a node sends what is above its bus's largest message, and no bus takes 64 MiB. */
const MOST_INFLATED = 256 * 2 ** 20;

export class Collector {
  readonly #options: CollectorOptions;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #messages: ConsumerMessages | null = null;
  #storeProblem: string | null = null;
  #streamProblem: string | null = null;
  #added = 0;
  #duplicates = 0;
  #batches = 0;
  #retries = 0;

  /** Begins at once, and waits for bus and store as long as it takes. */
  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Why nothing is stored now; null while it is. */
  get busProblem(): string | null {
    return this.#options.bus.problem ?? this.#streamProblem;
  }

  get storeProblem(): string | null {
    return this.#storeProblem;
  }

  figures(): readonly Figure[] {
    const all: readonly (readonly [string, number])[] = [
      ['weir_collect_added_total', this.#added],
      ['weir_collect_duplicates_total', this.#duplicates],
      ['weir_collect_batches_total', this.#batches],
      ['weir_collect_retries_total', this.#retries],
    ];
    return all.map(([name, value]) => ({ name, labels: [], value }));
  }

  /** Ends behind the batch that is under way; what it has not committed is delivered again, to another. */
  async close(): Promise<void> {
    this.#stopping.abort();
    this.#messages?.stop();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)));
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const connection = await Promise.race([this.#options.bus.ready(), stopped]);
      if (connection === null) return;
      try {
        await this.#collectFrom(connection);
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#setStream(error instanceof Error ? error.message : 'unknown reason');
      }
      await pause(retryMs, undefined, { signal }).catch(() => {});
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  /** Until the connection is closed for good, or the consumer goes. */
  async #collectFrom(connection: NatsConnection): Promise<void> {
    const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
    const manager = await jetstreamManager(connection);
    for (const made of [await makeRecordsStream(manager), await makeCollector(manager)]) {
      if (made.kind === 'refused') throw new Error(`${RECORDS_STREAM} or its consumer cannot be made: ${made.reason}`);
    }
    const consumer = await jetstream(connection).consumers.get(RECORDS_STREAM, COLLECTOR);
    const messages = await consumer.consume({
      max_messages: AHEAD,
      expires: 10_000,
      idle_heartbeat: 2000,
      abort_on_missing_resource: true,
    });
    if (this.#stopping.signal.aborted) return messages.stop();
    this.#messages = messages;
    this.#setStream(null);
    const waiting: JsMsg[] = [];
    let wake = (): void => {};
    let isOver = false;
    const reading = (async () => {
      for await (const message of messages) {
        waiting.push(message);
        wake();
      }
    })().finally(() => {
      isOver = true;
      wake();
    });
    while (!isOver || waiting.length > 0) {
      if (waiting.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || isOver) resolve();
        });
      if (this.#stopping.signal.aborted) break;
      if (waiting.length < MOST && !isOver) await pause(GATHER_MS);
      await this.#store(waiting.splice(0, MOST));
    }
    // What is not stored goes to another at once.
    for (const message of waiting) message.nak();
    messages.stop();
    await reading;
  }

  async #store(messages: readonly JsMsg[]): Promise<void> {
    let batch = this.#read(messages);
    for (let tries = 1; batch.length > 0; tries++) {
      const refused = await this.#committed(batch);
      if (refused === null) return;
      for (const { message, parcel } of batch) if (!refused.has(parcel.id)) message.ack();
      batch = batch.filter(({ parcel }) => refused.has(parcel.id));
      if (batch.length === 0) return;
      if (tries >= TRIES) return this.#bury(batch, (id) => refused.get(id) ?? '');
      await pause(this.#options.againMs ?? 1000, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** What the store refused of it; null where this one was stopped before the store took anything. */
  async #committed(batch: readonly Held[]): Promise<ReadonlyMap<string, string> | null> {
    const parcels = onceEach(batch);
    let retryMs = FIRST_RETRY_MS;
    let toldAt = performance.now();
    for (;;) {
      try {
        const { added, duplicates, faults, refused } = await deliver(this.#options.store, parcels);
        this.#setStore(null);
        this.#batches++;
        this.#added += added;
        this.#duplicates += duplicates;
        if (faults.length > 0) this.#faulty(faults, batch);
        return refused;
      } catch (error) {
        this.#retries++;
        // A message of ours names the place; any other may hold what was sent.
        this.#setStore(
          error instanceof WeirError
            ? error.message
            : `the store failed (${error instanceof Error ? error.name : 'unknown'})`,
        );
      }
      if (this.#stopping.signal.aborted) return null;
      await pause(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      if (performance.now() - toldAt < WORKING_MS) continue;
      toldAt = performance.now();
      for (const { message } of batch) message.working();
    }
  }

  #read(messages: readonly JsMsg[]): readonly Held[] {
    const held: Held[] = [];
    for (const message of messages) {
      const parcel = parcelOf(message);
      if (parcel !== null) held.push({ message, parcel });
      else
        this.#buryMessages([
          { message, id: message.headers?.get('Nats-Msg-Id') ?? 'without an id', why: 'no node has written it' },
        ]);
    }
    return held;
  }

  /** What was kept out of a chain is nowhere else. */
  #faulty(faults: readonly ChainFault[], batch: readonly Held[]): void {
    const out = new Set(faults.filter(({ kind }) => kind !== 'broken').flatMap(({ ids }) => ids));
    const kept = batch.filter(({ parcel }) => parcel.kind === 'record' && out.has(parcel.id));
    bury(
      this.#options.home,
      kept.map(({ message }) => ({
        why: 'kept out of its chain',
        subject: message.subject,
        text: textOf(message) ?? '',
      })),
    );
    this.#options.onFaults(faults);
  }

  #bury(batch: readonly Held[], whyOf: (id: string) => string): void {
    this.#buryMessages(batch.map(({ message, parcel }) => ({ message, id: parcel.id, why: whyOf(parcel.id) })));
  }

  #buryMessages(all: readonly { readonly message: JsMsg; readonly id: string; readonly why: string }[]): void {
    bury(
      this.#options.home,
      all.map(({ message, why }) => ({
        why,
        subject: message.subject,
        text: textOf(message) ?? Buffer.from(message.data).toString('base64'),
      })),
    );
    for (const { message, id, why } of all) {
      message.term();
      this.#options.onBuried(id, why);
    }
  }

  #setStore(problem: string | null): void {
    this.#say(this.#storeProblem, problem);
    this.#storeProblem = problem;
  }

  #setStream(problem: string | null): void {
    this.#say(this.#streamProblem, problem);
    this.#streamProblem = problem;
  }

  #say(before: string | null, now: string | null): void {
    if (before === now) return;
    this.#options.onProblem(now === null ? 'records are stored again' : `records wait on the bus: ${now}`);
  }
}

/** A message that came twice is one parcel. */
function onceEach(batch: readonly Held[]): readonly Parcel[] {
  const seen = new Map(
    batch.map(({ parcel }) => [
      `${parcel.kind} ${parcel.id} ${parcel.kind === 'record' ? parcel.what.hash : ''}`,
      parcel,
    ]),
  );
  return [...seen.values()];
}

/** Null for what no node has written. */
function parcelOf(message: JsMsg): Parcel | null {
  const text = textOf(message);
  if (text === null) return null;
  try {
    switch (kindOf(message.subject)) {
      case 'records': {
        const what = readArrival(text);
        return { kind: 'record', id: what.id, what };
      }
      case 'observed': {
        const what = readObserved(text);
        return { kind: 'observed', id: what.id, what };
      }
      case 'heads': {
        const what = readHead(text);
        return { kind: 'head', id: `${what.writer}-${what.seq}`, what };
      }
      case null:
        return null;
    }
  } catch {
    return null;
  }
}

function textOf({ subject, data }: JsMsg): string | null {
  if (!subject.endsWith(`.${DEFLATED}`))
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
  try {
    return inflateRawSync(data, { maxOutputLength: MOST_INFLATED }).toString('utf8');
  } catch {
    return null;
  }
}
