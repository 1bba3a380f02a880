/**
 * Reads documents in a thread that is started with the first one and ends when it takes too long or too much memory. What
 * is not read in time, or does not find room, is answered as not read: it is never waited for without end.
 */
import { Worker } from 'node:worker_threads';
import type { CarriedDocument, DocumentReader, DocumentReading } from '../engine/extract/documents.ts';
import type { DocumentDone, DocumentJob } from './document-thread.ts';

export interface DocumentReaderOptions {
  /** For all the documents of one message. */
  readonly withinMs: number;
  /** Lines for the operator; no text. */
  readonly log: (line: string) => void;
  /** Documents that wait or are being read, bytes. */
  readonly maxWaitingBytes?: number;
  /** Of the thread's own memory, MiB. */
  readonly maxHeapMb?: number;
}

export interface OpenDocumentReader {
  readonly read: DocumentReader;
  close(): Promise<void>;
}

const MAX_WAITING = 64 << 20;
const MAX_HEAP_MB = 512;
/** A thread without work is let go: it keeps pdf.js in memory. */
const IDLE_MS = 60_000;

export function openDocumentReader(options: DocumentReaderOptions): OpenDocumentReader {
  const reader = new ThreadedReader(options);
  return { read: (documents) => reader.read(documents), close: () => reader.close() };
}

interface Waiting {
  readonly bytes: number;
  readonly done: (reading: DocumentReading) => void;
}

class ThreadedReader {
  readonly #options: DocumentReaderOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 1;
  #waitingBytes = 0;
  #idle: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: DocumentReaderOptions) {
    this.#options = options;
  }

  async read(documents: readonly CarriedDocument[]): Promise<readonly DocumentReading[]> {
    const jobs = documents.map(({ bytes }) => this.#ask(bytes));
    const timer = setTimeout(() => {
      // Whatever it is at, it is not coming back from it in time: what waits behind it starts anew.
      for (const { cancel, isDone } of jobs) if (!isDone()) cancel();
    }, this.#options.withinMs);
    const readings = await Promise.all(jobs.map(({ reading }) => reading));
    clearTimeout(timer);
    return readings;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
  }

  #ask(bytes: Buffer): { readonly reading: Promise<DocumentReading>; cancel(): void; isDone(): boolean } {
    const id = this.#nextId++;
    const max = this.#options.maxWaitingBytes ?? MAX_WAITING;
    if (this.#isClosed || this.#waitingBytes + bytes.length > max) {
      return { reading: Promise.resolve(null), cancel: () => {}, isDone: () => true };
    }
    this.#waitingBytes += bytes.length;
    let isFirst = false;
    const reading = new Promise<DocumentReading>((resolve) => {
      isFirst = this.#waiting.size === 0;
      this.#waiting.set(id, { bytes: bytes.length, done: resolve });
    });
    if (isFirst && this.#idle !== null) clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // While somebody waits the process does.
    this.#worker.ref();
    // A copy is handed over: the message itself is still needed.
    const job: DocumentJob = { id, bytes: new Uint8Array(bytes) };
    this.#worker.postMessage(job, [job.bytes.buffer as ArrayBuffer]);
    return { reading, cancel: () => this.#cancel(id), isDone: () => !this.#waiting.has(id) };
  }

  #start(): Worker {
    const file = import.meta.url.endsWith('.ts') ? './document-thread.ts' : './document-thread.js';
    const worker = new Worker(new URL(file, import.meta.url), {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#options.maxHeapMb ?? MAX_HEAP_MB },
    });
    worker.on('message', ({ id, reading }: DocumentDone) => this.#done(id, reading));
    worker.on('error', (error) => {
      this.#options.log(`weir: a document was not read: ${'code' in error ? String(error.code) : error.name}`);
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = null;
      this.#giveUp();
    });
    return worker;
  }

  #done(id: number, reading: DocumentReading): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#waitingBytes -= waiting.bytes;
    waiting.done(reading);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref();
  }

  #cancel(id: number): void {
    this.#options.log('weir: a document was not read in time (limits.documentMs)');
    this.#done(id, null);
    void this.#end();
  }

  /** With the thread goes all that it was asked: the first is the cause, the others are as unread. */
  #giveUp(): void {
    for (const id of [...this.#waiting.keys()]) this.#done(id, null);
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    // What is asked from here on gets a thread of its own.
    this.#worker = null;
    this.#giveUp();
    if (this.#idle !== null) clearTimeout(this.#idle);
    await worker?.terminate();
  }
}
