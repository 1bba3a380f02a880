/**
 * A model that finds names, in a thread of its own, asked about texts. What it is asked is bounded in time and in bytes;
 * beyond that the answer is what is known by then, and says that it is not whole. What it found in a text it remembers
 * under a keyed hash, since agents send their history again with every turn; no text is kept.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { GivenName, NamesInTexts } from '../engine/names/given.ts';
import { WeirError } from '../flow/errors.ts';
import type { FromThread, Job, ThreadData, ToThread } from './model-thread.ts';

export interface NameModelOptions {
  /** Absolute. */
  readonly folder: string;
  /** 32 random bytes: for the hashes of this process. */
  readonly key: Buffer;
  /** Lines for the operator; no text. */
  readonly log: (line: string) => void;
  /** Texts that wait or are being read, bytes; beyond that nothing is taken. Infinity for one that reads in order. */
  readonly maxWaitingBytes?: number;
}

export interface NameModel {
  /** Never rejects. `withinMs`: what is not read by then is left out; null waits. */
  read(texts: readonly Buffer[], withinMs: number | null): Promise<NamesInTexts>;
  close(): Promise<void>;
}

const MAX_WAITING = 8 << 20;
const MAX_KNOWN = 8192;
const FIRST_RESPAWN_MS = 1000;
const LAST_RESPAWN_MS = 60_000;
const CLOSE_MS = 5000;
/** How long a text that came too late is read on. */
const MAX_LATE_MS = 30_000;
const NONE: readonly GivenName[] = [];

/** Starts the thread and waits until the model is loaded. Throws WeirError `model_unusable`. */
export async function openNameModel(options: NameModelOptions): Promise<NameModel> {
  const model = new ThreadedModel(options);
  await model.start();
  return model;
}

interface Asked {
  readonly id: number;
  readonly stop: Int32Array;
  readonly bytes: number;
  readonly onRead: (at: number, names: readonly GivenName[]) => void;
  readonly onOver: () => void;
}

class ThreadedModel implements NameModel {
  readonly #options: NameModelOptions;
  readonly #key: KeyObject;
  readonly #known = new Map<string, readonly GivenName[]>();
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | null = null;
  #isReady = false;
  #isClosing = false;
  #nextId = 1;
  #waiting = 0;
  /** What nobody waits for any more, and is read on for the next turn as long as nobody else asks. */
  #late: Asked | null = null;
  #respawnMs = FIRST_RESPAWN_MS;
  #respawn: NodeJS.Timeout | null = null;
  #hasFailed = false;

  constructor(options: NameModelOptions) {
    this.#options = options;
    this.#key = createSecretKey(options.key);
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { folder } = this.#options;
      // From source and from dist alike: the thread's file has the extension of this one.
      const file = import.meta.url.endsWith('.ts') ? './model-thread.ts' : './model-thread.js';
      const workerData: ThreadData = { folder };
      const worker = new Worker(new URL(file, import.meta.url), { workerData, execArgv: [] });
      this.#worker = worker;
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'ready') {
          this.#isReady = true;
          this.#respawnMs = FIRST_RESPAWN_MS;
          resolve();
        } else if (message.kind === 'unusable') reject(new WeirError('model_unusable', message.message));
        else this.#hear(message);
      });
      worker.on('error', (error) => {
        reject(
          new WeirError('model_unusable', `${folder}: the model's thread failed (${error.name})`, { cause: error }),
        );
      });
      worker.on('exit', () => {
        reject(new WeirError('model_unusable', `${folder}: the model's thread ended`));
        this.#ended(worker);
      });
    });
  }

  #hear(message: Exclude<FromThread, { readonly kind: 'ready' | 'unusable' }>): void {
    const asked = this.#asked.get(message.id);
    if (asked === undefined) return;
    if (message.kind === 'read') {
      asked.onRead(message.at, message.names);
      return;
    }
    if (message.failure !== null && !this.#hasFailed) {
      this.#hasFailed = true;
      this.#options.log(`weir: the model fails on a text (${message.failure}); further failures are told as coverage`);
    }
    this.#forget(asked);
  }

  #forget(asked: Asked): void {
    if (!this.#asked.delete(asked.id)) return;
    this.#waiting -= asked.bytes;
    if (this.#late === asked) this.#late = null;
    asked.onOver();
  }

  /** A thread that dies takes what it was asked along, and is started again after a while. */
  #ended(worker: Worker): void {
    if (this.#worker !== worker) return;
    const wasReady = this.#isReady;
    this.#isReady = false;
    this.#worker = null;
    for (const asked of [...this.#asked.values()]) this.#forget(asked);
    if (this.#isClosing || !(wasReady || this.#respawn !== null)) return;
    this.#options.log(`weir: the model's thread ended; it is started again in ${this.#respawnMs / 1000} s`);
    this.#respawn = setTimeout(() => {
      this.start().catch(() => {});
    }, this.#respawnMs).unref();
    this.#respawnMs = Math.min(LAST_RESPAWN_MS, this.#respawnMs * 2);
  }

  read(texts: readonly Buffer[], withinMs: number | null): Promise<NamesInTexts> {
    const names: (readonly GivenName[] | null)[] = [];
    const hashes: string[] = [];
    const open: number[] = [];
    let bytes = 0;
    for (const [at, text] of texts.entries()) {
      const hash = createHmac('sha256', this.#key).update(text).digest('base64');
      hashes.push(hash);
      const known = this.#known.get(hash) ?? null;
      names.push(known);
      if (known !== null) {
        this.#known.delete(hash);
        this.#known.set(hash, known);
        continue;
      }
      open.push(at);
      bytes += text.length;
    }
    const answer = (): NamesInTexts => ({
      names: names.map((one) => one ?? NONE),
      isWhole: names.every((one) => one !== null),
    });
    const room = (this.#options.maxWaitingBytes ?? MAX_WAITING) - this.#waiting;
    const worker = this.#worker;
    if (open.length === 0 || worker === null || !this.#isReady || bytes > room) return Promise.resolve(answer());
    return new Promise((resolve) => {
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const id = this.#nextId++;
      // Copies are handed over: a text of the proxy is a part of a larger buffer, which stays.
      const job: Job = { kind: 'read', id, texts: open.map((at) => new Uint8Array(texts[at] ?? [])), stop };
      const asked: Asked = {
        id,
        stop,
        bytes,
        onRead: (at, found) => {
          const place = open[at] ?? -1;
          names[place] = found;
          this.#remember(hashes[place] ?? '', found);
        },
        onOver: () => {
          clearTimeout(timer);
          resolve(answer());
        },
      };
      const onLate = (): void => {
        resolve(answer());
        // Its bytes count until the thread says that it is over: it may still be at one of its windows.
        if (this.#asked.size > 1) return stopReading(asked);
        this.#late = asked;
        timer = setTimeout(() => stopReading(asked), MAX_LATE_MS).unref();
      };
      let timer = withinMs === null ? undefined : setTimeout(onLate, withinMs);
      if (this.#late !== null) stopReading(this.#late);
      this.#waiting += bytes;
      this.#asked.set(id, asked);
      worker.postMessage(job satisfies ToThread, job.texts.map(({ buffer }) => buffer).filter(isTransferable));
    });
  }

  #remember(hash: string, names: readonly GivenName[]): void {
    this.#known.set(hash, names);
    if (this.#known.size > MAX_KNOWN) for (const [oldest] of this.#known) if (this.#known.delete(oldest)) break;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#respawn !== null) clearTimeout(this.#respawn);
    const worker = this.#worker;
    if (worker === null) return;
    for (const asked of this.#asked.values()) stopReading(asked);
    const isOver = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ kind: 'close' } satisfies ToThread);
    // Ended by itself, so that no window is cut off within the library's own code.
    const timer = setTimeout(() => void worker.terminate(), CLOSE_MS);
    await isOver;
    clearTimeout(timer);
  }
}

function stopReading({ stop }: Asked): void {
  Atomics.store(stop, 0, 1);
}

function isTransferable(buffer: ArrayBufferLike): buffer is ArrayBuffer {
  return buffer instanceof ArrayBuffer;
}
