/** Live alerts as the process that runs Weir sees them: a thread where the configuration asks for it, started again when it fails. */
import { Worker } from 'node:worker_threads';
import type { Fleet } from '../../console/api/shapes.ts';
import { openReader } from '../../store/reader.ts';
import type { Snapshot } from '../snapshot.ts';
import type { AlertsData, FromAlerts, ToAlerts } from './alerts-thread.ts';

const AGAIN_MS = 10_000;
const STOP_MS = 3000;

export class RunningAlerts {
  readonly #home: string;
  readonly #log: (line: string) => void;
  #snapshot: Snapshot;
  #worker: Worker | null = null;
  #again: NodeJS.Timeout | null = null;
  #isClosed = false;
  #state: Fleet['notify'] = [];

  constructor(home: string, snapshot: Snapshot, log: (line: string) => void) {
    this.#home = home;
    this.#log = log;
    this.#snapshot = snapshot;
    this.#see();
  }

  /** Whom it tells, and how that goes. */
  get state(): Fleet['notify'] {
    return this.#state;
  }

  take(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#worker?.postMessage({ kind: 'taken', snapshot } satisfies ToAlerts);
    this.#see();
  }

  /** Lets the round end that is under way; what waits is on disk. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#again !== null) clearTimeout(this.#again);
    const worker = this.#worker;
    if (worker === null) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ kind: 'stop' } satisfies ToAlerts);
    const timer = setTimeout(() => void worker.terminate(), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Of a shared store the thread asks itself: what comes while it starts is another node's to tell as well. */
  #begin(): number | null {
    return this.#snapshot.config.store === 'sqlite' ? positionIn(this.#home) : null;
  }

  #see(): void {
    const { notify, baseline } = this.#snapshot.config;
    if (this.#worker !== null || this.#isClosed || (notify.length === 0 && baseline === null)) return;
    const file = import.meta.url.endsWith('.ts') ? './alerts-thread.ts' : './alerts-thread.js';
    const workerData: AlertsData = { home: this.#home, snapshot: this.#snapshot, begin: this.#begin() };
    const worker = new Worker(new URL(file, import.meta.url), { workerData, execArgv: [] });
    this.#worker = worker;
    worker.unref();
    worker.on('message', (message: FromAlerts) => {
      if (message.kind === 'log') this.#log(message.line);
      else if (message.kind === 'state') this.#state = message.state;
    });
    worker.on('error', (error) => {
      this.#log(`weir: live alerts failed: ${'code' in error ? String(error.code) : error.name}`);
    });
    worker.on('exit', () => {
      this.#worker = null;
      if (!this.#isClosed) this.#again = setTimeout(() => this.#see(), AGAIN_MS).unref();
    });
  }
}

function positionIn(home: string): number {
  const reader = openReader(home);
  try {
    return reader.position();
  } finally {
    reader.close();
  }
}
