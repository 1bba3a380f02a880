/** The carrier as its process sees it: started beside the writer, and again when it dies. What it has not sent waits. */
import { Worker } from 'node:worker_threads';
import type { Figure } from '../flow/figures.ts';
import type { Home } from '../store/home.ts';
import type { BusSettings } from './bus-settings.ts';
import type { CarrierData, Destination, FromCarrier, ToCarrier } from './carrier-thread.ts';

export interface RunningCarrier {
  /** Why nothing is taken now; null while it is. */
  readonly problem: string | null;
  /** As last told: what waits, what was sent. */
  readonly figures: readonly Figure[];
  /** Connects anew with these. */
  take(settings: BusSettings): void;
  /** Sends what can be sent within so long, and ends; the rest waits for the next start. */
  close(limitMs: number): Promise<void>;
}

const RESPAWN_MS = 1000;
/** A thread that does not end by itself then is ended. */
const GRACE_MS = 5000;

/** Begins to carry what the outbox of a home holds. Never fails: why nothing goes is told. */
export function startCarrier(home: Home, to: Destination, onProblem: (message: string) => void): RunningCarrier {
  let destination = to;
  let problem: string | null = null;
  let figures: readonly Figure[] = [];
  let isClosing = false;
  let thread = start();
  let gone = ended(thread);

  function start(): Worker {
    // From source and from dist alike: the thread's file has the extension of this one.
    const url = new URL(
      import.meta.url.endsWith('.ts') ? './carrier-thread.ts' : './carrier-thread.js',
      import.meta.url,
    );
    const workerData: CarrierData = { homePath: home.path, to: destination };
    const started = new Worker(url, { workerData, execArgv: [] });
    started.on('message', (message: FromCarrier) => {
      if (message.kind === 'problem') return onProblem(message.message);
      problem = message.problem;
      figures = message.figures;
    });
    started.on('error', (error) => {
      problem = `the carrier failed (${error.name})`;
      onProblem(`${problem}; it is started again`);
    });
    started.on('exit', () => {
      if (isClosing) return;
      setTimeout(() => {
        if (isClosing) return;
        thread = start();
        gone = ended(thread);
      }, RESPAWN_MS).unref();
    });
    return started;
  }

  const tell = (message: ToCarrier): void => thread.postMessage(message);
  return {
    get problem() {
      return problem;
    },
    get figures() {
      return figures;
    },
    take: (settings) => {
      if (destination.kind === 'bus') destination = { ...destination, settings };
      tell({ kind: 'settings', settings });
    },
    close: async (limitMs) => {
      if (isClosing) return;
      isClosing = true;
      tell({ kind: 'stop', limitMs });
      const timer = setTimeout(() => void thread.terminate(), limitMs + GRACE_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

function ended(thread: Worker): Promise<void> {
  return new Promise((resolve) => thread.once('exit', () => resolve()));
}
