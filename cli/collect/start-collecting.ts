/** A collector as its process sees it: a thread that is started again when it ends. What it had counted stays counted. */
import { Worker } from 'node:worker_threads';
import { METRICS } from '../../console/metrics.ts';
import type { Figure } from '../../flow/figures.ts';
import type { Collecting } from './collecting.ts';
import type { CollectingData, FromCollecting, ToCollecting } from './collecting-thread.ts';

const RESPAWN_MS = 500;
/** A thread that does not end by itself then is ended. */
const END_MS = 10_000;

/** The caller holds the lock of the home. */
export function startCollecting(data: CollectingData, log: (line: string) => void): Collecting {
  let current = data;
  const starting = 'it is starting';
  let state: Pick<Collecting, 'busProblem' | 'storeProblem'> = { busProblem: starting, storeProblem: starting };
  let figures: readonly Figure[] = [];
  const before = new Map<string, Figure>();
  let isClosing = false;
  let thread = start();

  function start(): Worker {
    // From source and from dist alike: the thread's file has the extension of this one.
    const url = new URL(
      import.meta.url.endsWith('.ts') ? './collecting-thread.ts' : './collecting-thread.js',
      import.meta.url,
    );
    const started = new Worker(url, { workerData: current, execArgv: [] });
    started.on('message', (message: FromCollecting) => {
      if (message.kind === 'log') return log(message.line);
      ({ figures } = message);
      state = message;
    });
    started.on('error', (error) => log(`weir: the collector's thread ended (${error.name}); it is started again`));
    started.on('exit', () => {
      if (isClosing) return;
      for (const one of figures) if (METRICS[one.name]?.kind === 'counter') before.set(keyOf(one), added(before, one));
      figures = [];
      state = { busProblem: starting, storeProblem: starting };
      setTimeout(() => {
        if (!isClosing) thread = start();
      }, RESPAWN_MS);
    });
    return started;
  }

  return {
    get busProblem() {
      return state.busProblem;
    },
    get storeProblem() {
      return state.storeProblem;
    },
    figures: () => {
      const now = new Map(before);
      for (const one of figures) now.set(keyOf(one), added(before, one));
      return [...now.values()];
    },
    take: (bus) => {
      current = { ...current, bus };
      thread.postMessage({ kind: 'take', bus } satisfies ToCollecting);
    },
    close: async () => {
      isClosing = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      if (thread.threadId === -1) return;
      thread.once('exit', () => resolve());
      thread.postMessage({ kind: 'stop' } satisfies ToCollecting);
      const timer = setTimeout(() => void thread.terminate(), END_MS);
      await promise;
      clearTimeout(timer);
    },
  };
}

function keyOf({ name, labels }: Figure): string {
  return [name, ...labels].join('\n');
}

/** A counter goes on from where the threads before had come. */
function added(before: ReadonlyMap<string, Figure>, one: Figure): Figure {
  return { ...one, value: one.value + (before.get(keyOf(one))?.value ?? 0) };
}
