/**
 * A thread that answers questions, as the listening process sees it: started with the first, ended when one takes too long,
 * so that no question holds up traffic, or the next one for ever. A thread without work is let go where that is asked for.
 */
import { Worker } from 'node:worker_threads';
import type { Answered, Asked, Desk } from '../../console/api/desk.ts';
import type { Situation } from '../../console/api/situation.ts';
import type { Snapshot as StreamSnapshot, Update } from '../../console/api/stream.ts';
import type { Snapshot } from '../snapshot.ts';
import type { DeskData, FromDesk, ToDesk } from './messages.ts';

export interface ThreadDeskOptions {
  /** Of the thread's module, beside this one. */
  readonly module: URL;
  readonly home: string;
  readonly snapshot: Snapshot;
  readonly situation: () => Situation;
  readonly timeoutMs: number;
  /** Null: it stays. */
  readonly idleMs: number | null;
  readonly onUpdate: (update: Update) => void;
  readonly log: (line: string) => void;
}

const GONE: Answered = {
  kind: 'failure',
  code: 'unavailable',
  error: 'it took too long, or was interrupted; ask for less, or again',
};
/** After a failure it is not started again at once. */
const AGAIN_MS = 5000;

interface Waiting {
  readonly tell: (message: FromDesk | null) => void;
  readonly timer: NodeJS.Timeout;
}

export class ThreadDesk implements Desk {
  readonly #options: ThreadDeskOptions;
  readonly #waiting = new Map<number, Waiting>();
  #snapshot: Snapshot;
  #worker: Worker | null = null;
  #nextId = 1;
  #idle: NodeJS.Timeout | null = null;
  #isClosed = false;
  #notBefore = 0;

  constructor(options: ThreadDeskOptions) {
    this.#options = options;
    this.#snapshot = options.snapshot;
  }

  async ask(asked: Asked): Promise<Answered> {
    const situation = this.#options.situation();
    const told = await this.#await((id) => ({ kind: 'ask', id, asked, situation }));
    return told?.kind === 'answered' ? told.answered : GONE;
  }

  /** Null where it cannot be told. */
  async snapshot(): Promise<StreamSnapshot | null> {
    const situation = this.#options.situation();
    const told = await this.#await((id) => ({ kind: 'snapshot', id, situation }));
    return told?.kind === 'snapshot' ? told.snapshot : null;
  }

  /** There are new records, or (`heard`) somebody wants to know of those to come. */
  tell(kind: 'committed' | 'heard'): void {
    const situation = this.#options.situation();
    this.#running()?.postMessage({ kind, situation } satisfies ToDesk);
  }

  take(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#worker?.postMessage({ kind: 'taken', snapshot } satisfies ToDesk);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  #await(message: (id: number) => ToDesk): Promise<FromDesk | null> {
    const worker = this.#running();
    if (worker === null) return Promise.resolve(null);
    const id = this.#nextId++;
    if (this.#idle !== null) clearTimeout(this.#idle);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#options.log('weir: a question to the console took too long; its thread is started again');
        void this.#end();
      }, this.#options.timeoutMs);
      timer.unref();
      this.#waiting.set(id, { tell: resolve, timer });
      worker.postMessage(message(id));
    });
  }

  #running(): Worker | null {
    if (this.#worker !== null) return this.#worker;
    if (this.#isClosed || performance.now() < this.#notBefore) return null;
    const { module, home, log } = this.#options;
    const workerData: DeskData = { home, snapshot: this.#snapshot };
    const worker = new Worker(module, { workerData, execArgv: [] });
    worker.unref();
    worker.on('message', (message: FromDesk) => this.#hear(message));
    worker.on('error', (error) => {
      // Its message is not ours, and may quote what it failed on.
      log(`weir: a thread of the console failed: ${'code' in error ? String(error.code) : error.name}`);
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#notBefore = performance.now() + AGAIN_MS;
      this.#forget();
    });
    this.#worker = worker;
    return worker;
  }

  #hear(message: FromDesk): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'update':
        return this.#options.onUpdate(message.update);
      case 'problem':
        return this.#options.log(`weir: ${message.message}`);
      case 'answered':
      case 'snapshot':
        return this.#tell(message.id, message);
    }
  }

  #tell(id: number, message: FromDesk | null): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.tell(message);
    if (this.#waiting.size === 0) this.#rest();
  }

  #rest(): void {
    const { idleMs } = this.#options;
    if (this.#idle !== null) clearTimeout(this.#idle);
    if (idleMs !== null) this.#idle = setTimeout(() => void this.#end(), idleMs).unref();
  }

  #forget(): void {
    this.#worker = null;
    for (const id of [...this.#waiting.keys()]) this.#tell(id, null);
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#forget();
    if (this.#idle !== null) clearTimeout(this.#idle);
    await worker?.terminate();
  }
}
