/**
 * Large messages are looked at, and edited, in a thread, so that no other call waits meanwhile. It is started with the first of them.
 * Until it is ready the asking thread looks itself, but for what would take longer than the start; and where it fails.
 */
import { Worker } from 'node:worker_threads';
import type { Condensed } from '../../engine/condensed.ts';
import type { Edit, Edited } from '../../engine/transform/splice.ts';
import type { Message } from '../../flow/message.ts';
import { countShared } from '../../proxy/body-memory.ts';
import type { Elsewhere, Restored } from '../../proxy/elsewhere.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Done, ExamineThreadData, FromExamineThread, Job, Work } from './examine-thread.ts';

/** Smaller bodies are looked at within two milliseconds, about as long as handing them over would take. */
const LARGE_BYTES = 32 * 1024;
/** So much waits for the thread to be ready rather than keep everybody waiting. */
const HUGE_BYTES = 512 * 1024;
/** In a smaller body edits are made within a millisecond or two by whoever asks. */
const EDITED_BYTES = 256 * 1024;
/** A thread without work is let go: its engine takes memory. */
const IDLE_MS = 600_000;
/** After a failure it is not started again at once. */
const AGAIN_MS = 10_000;

export class ExamineElsewhere implements Elsewhere {
  readonly #data: ExamineThreadData;
  readonly #log: (line: string) => void;
  readonly #asked = new Map<number, (done: Done | null) => void>();
  #worker: Worker | null = null;
  #isReady = false;
  /** Told when the thread is ready, or is not to be had. */
  #onReady: (() => void)[] = [];
  #isClosed = false;
  #nextId = 1;
  #idle: NodeJS.Timeout | null = null;
  #notBefore = 0;

  /** `home`: the folder whose keys fingerprints are made with. `log`: lines for the operator; no text. */
  constructor(home: string, snapshot: Snapshot, log: (line: string) => void) {
    this.#data = { home, snapshot };
    this.#log = log;
  }

  takes({ body }: Message): boolean {
    if (body.length < LARGE_BYTES || this.#isClosed) return false;
    this.#worker ??= this.#start();
    // Its start takes about as long as a look at this much: what is smaller does not wait for it.
    return this.#worker !== null && (this.#isReady || body.length >= HUGE_BYTES);
  }

  examine(message: Message, refusesParts: boolean): Promise<Condensed | null> | null {
    if (!this.takes(message)) return null;
    return this.#asking(message, { kind: 'examine', refusesParts }).then((done) =>
      done?.kind === 'examined' ? done.condensed : null,
    );
  }

  edit(message: Message, found: Condensed, edits: readonly Edit[]): Promise<Edited | null> | null {
    if ((found.body ?? message.body).length < EDITED_BYTES || !this.takes(message)) return null;
    // Of what it found it needs to know again where the texts lie, and no more.
    const places = { ...found, documents: [], findings: { ...found.findings, rows: new Uint32Array() } };
    return this.#asking(message, { kind: 'edit', found: places, edits }).then((done) =>
      done?.kind === 'edited' ? { ...done.edited, body: bufferOf(done.edited.body) } : null,
    );
  }

  restore(message: Message, tokens: ReadonlyMap<string, string>): Promise<Restored | null> | null {
    if (!this.takes(message)) return null;
    return this.#asking(message, { kind: 'restore', tokens }).then((done) =>
      done?.kind === 'restored'
        ? { body: done.body === null ? message.body : bufferOf(done.body), restored: done.restored }
        : null,
    );
  }

  async #asking(message: Message, work: Work): Promise<Done | null> {
    if (!this.#isReady) await this.#whenReady();
    const worker = this.#worker;
    return worker === null || !this.#isReady ? null : this.#ask(worker, message, work);
  }

  #ask(worker: Worker, message: Message, work: Work): Promise<Done | null> {
    const { body, ...rest } = message;
    const id = this.#nextId++;
    const shared = body.buffer instanceof SharedArrayBuffer ? body : sharedCopy(body);
    const job: Job = {
      id,
      work,
      message: rest,
      body: shared.buffer as SharedArrayBuffer,
      start: shared.byteOffset,
      length: shared.length,
    };
    worker.postMessage(job);
    worker.ref();
    if (this.#idle !== null) clearTimeout(this.#idle);
    return new Promise((resolve) => this.#asked.set(id, resolve));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  #start(): Worker | null {
    if (Date.now() < this.#notBefore) return null;
    const file = import.meta.url.endsWith('.ts') ? './examine-thread.ts' : './examine-thread.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: this.#data, execArgv: [] });
    worker.unref();
    worker.on('message', (message: FromExamineThread) => {
      if (message.kind === 'done') {
        if (message.done !== null) countShared(sharedBytes(message.done));
        return this.#done(message.id, message.done);
      }
      this.#isReady = true;
      this.#rest();
      this.#tellReady();
    });
    worker.on('error', (error) => {
      this.#notBefore = Date.now() + AGAIN_MS;
      this.#log(`weir: the thread for large messages failed: ${'code' in error ? String(error.code) : error.name}`);
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      if (!this.#isReady) this.#notBefore = Date.now() + AGAIN_MS;
      this.#worker = null;
      this.#giveUp();
    });
    return worker;
  }

  #done(id: number, done: Done | null): void {
    const tell = this.#asked.get(id);
    this.#asked.delete(id);
    if (this.#asked.size === 0) this.#rest();
    tell?.(done);
  }

  /** Nobody waits: the process may end, and after a while the thread does. */
  #rest(): void {
    this.#worker?.unref();
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
  }

  #whenReady(): Promise<void> {
    return new Promise((resolve) => this.#onReady.push(resolve));
  }

  #tellReady(): void {
    for (const tell of this.#onReady.splice(0)) tell();
  }

  #giveUp(): void {
    this.#isReady = false;
    this.#tellReady();
    for (const id of [...this.#asked.keys()]) this.#done(id, null);
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    this.#giveUp();
    if (this.#idle !== null) clearTimeout(this.#idle);
    await worker?.terminate();
  }
}

function sharedBytes(done: Done): number {
  if (done.kind === 'edited') return done.edited.body.length;
  if (done.kind === 'restored') return done.body?.length ?? 0;
  const { beside, body, documents } = done.condensed;
  return documents.reduce((sum, { bytes }) => sum + bytes.length, beside.length + (body?.length ?? 0));
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function sharedCopy(bytes: Buffer): Buffer {
  const shared = Buffer.from(new SharedArrayBuffer(bytes.length));
  countShared(bytes.length);
  shared.set(bytes);
  return shared;
}
