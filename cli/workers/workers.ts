/**
 * The worker processes of `weir up`, as the process above sees them: starts them on one port, answers what they ask
 * about conversations, hands on how far their spools have grown, and replaces one that ends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { HostPort } from '../../catalog/host.ts';
import { WeirError } from '../../flow/errors.ts';
import type { Figures } from '../../flow/figures.ts';
import type { ConversationHolder, TokenMap } from '../../proxy/conversation-map.ts';
import { listenError, listenUrl } from '../../proxy/proxy.ts';
import type { SharedUsage } from '../../proxy/usage-ledger.ts';
import type { Home } from '../../store/home.ts';
import type { StoreRecorder } from '../../store/recorder.ts';
import type { Carrier } from '../carrier.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ConversationQuestion, Failure, FromWorker, Ports, ToWorker } from './messages.ts';

export interface WorkersOptions {
  readonly count: number;
  readonly snapshot: Snapshot;
  readonly home: Home;
  readonly recorder: Pick<StoreRecorder, 'grown' | 'bury'>;
  readonly conversations: ConversationHolder;
  /** Those of the fleet are found by keys that nobody here has heard of. */
  readonly areShared: boolean;
  /** Under which tokens are found now. */
  readonly keys: () => Iterable<string>;
  /** What all of them have let through. */
  readonly usage: SharedUsage;
  readonly log: (line: string) => void;
  /** Hears of a worker that has ended, by the name that its figures have. */
  readonly onEnded?: (worker: string) => void;
}

/** What the workers hear beside what they ask for. */
export interface RunningWorkers extends Carrier {
  /** A key under which tokens are found from now on, or no longer. */
  keyChanged(key: string, isThere: boolean): void;
  /** Somebody removed a spool file, which may be a worker's. */
  spoolRemoved(name: string): void;
  /** Process ids, of those that run now. */
  readonly pids: readonly number[];
}

/** A worker that ends at once is not started again at once. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** One that has run for so long has started well. */
const STEADY_MS = 30_000;
/** What a worker gets to end beyond the time that its open exchanges get. */
const END_MS = 5000;
const FIGURES_MS = 1000;
/** Recognizers are built in about a second, on a host that has much else to do in several. */
const BUILD_MS = 30_000;
/** Until a key is with a worker that does not read. */
const KEYS_MS = 250;

/** Starts all of them; resolves when each listens. Throws WeirError `port_taken`, and what a worker cannot start for. */
export async function startWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const workers = new Workers(options);
  await workers.start();
  return workers;
}

/**
 * Workers share the port with whoever asks to share it; so it is first asked for alone. Throws WeirError `port_taken`
 * where anybody has it, another Weir's workers included.
 */
export async function checkFree({ host, port }: HostPort): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, { host, port })));
    server.listen({ host, port }, () => resolve());
  });
  server.close();
  await once(server, 'close');
}

/** Several processes can listen on one port (SO_REUSEPORT, with the kernel spreading connections). */
export const CAN_SHARE_PORT = ['linux', 'freebsd', 'aix', 'sunos'].includes(process.platform);

/** One process of a place among the workers; the next one in that place is another of these. */
interface Worker {
  readonly place: number;
  readonly owner: string;
  readonly child: ChildProcess;
  readonly startedAt: number;
  readonly gone: Promise<void>;
  /** Settle when it has said so; reject with why not, or when it ends before. */
  readonly prepared: PromiseWithResolvers<void>;
  readonly listening: PromiseWithResolvers<Ports>;
  /** Settings that it is to build, by version: what to tell, null once they are built, or why they are not. */
  readonly building: Map<number, (failure: Failure | null) => void>;
  readonly figures: Map<number, (figures: Figures) => void>;
  /** Settles when it judges by what held when it was last told to. */
  updating: Promise<void>;
  version: number;
  isPrepared: boolean;
  isListening: boolean;
}

class Workers implements RunningWorkers {
  readonly #options: WorkersOptions;
  readonly #log: (line: string) => void;
  readonly #running = new Set<Worker>();
  #snapshot: Snapshot;
  #version = 1;
  #ports: Ports;
  /** Before that, what goes wrong is the caller's to tell. */
  #isStarted = false;
  #isClosing = false;
  #lastFigures = 0;
  readonly #started: number[];
  readonly #failures: number[];
  /** Keys that have changed since the workers were last told. */
  #added: string[] = [];
  #removed: string[] = [];
  #telling: Promise<unknown> = Promise.resolve();

  constructor(options: WorkersOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#snapshot = options.snapshot;
    const { listen, transparent } = options.snapshot.config.proxy;
    this.#ports = { port: listen.port, transparent: transparent?.port ?? null };
    this.#started = new Array<number>(options.count).fill(0);
    this.#failures = new Array<number>(options.count).fill(0);
  }

  get url(): string {
    return listenUrl(this.#snapshot.config.proxy.listen.host, this.#ports.port);
  }

  get port(): number {
    return this.#ports.port;
  }

  get pids(): readonly number[] {
    return [...this.#running].flatMap(({ child }) => child.pid ?? []);
  }

  get problem(): string | null {
    return [...this.#running].some((worker) => worker.isListening) ? null : 'no worker process takes calls';
  }

  async start(): Promise<void> {
    const workers = Array.from({ length: this.#options.count }, (_, place) => this.#spawn(place));
    try {
      await Promise.all(workers.map((worker) => worker.prepared.promise));
      // One after the other: the first takes the port, which the others share.
      for (const worker of workers) this.#ports = await this.#listen(worker);
      this.#isStarted = true;
    } catch (error) {
      this.#isClosing = true;
      for (const { child } of workers) child.kill('SIGKILL');
      await Promise.all(workers.map((worker) => worker.gone));
      throw error;
    }
  }

  async take(snapshot: Snapshot): Promise<void> {
    const version = this.#version + 1;
    // One that is being started is brought up to date before it listens.
    const workers = [...this.#running].filter((worker) => worker.isPrepared);
    // One after the other: while one builds recognizers, the others take calls.
    for (const worker of workers) {
      const failure = await this.#build(worker, version, snapshot);
      if (failure !== null) throw errorOf(failure);
    }
    this.#version = version;
    this.#snapshot = snapshot;
    await Promise.all(workers.map((worker) => this.#takeUp(worker, version)));
    // One that was prepared meanwhile, for what held before.
    const late = [...this.#running].filter((worker) => worker.isPrepared && worker.version !== this.#version);
    await Promise.allSettled(late.map((worker) => this.#bringUpToDate(worker)));
  }

  async figures(): Promise<readonly (readonly [worker: string, figures: Figures])[]> {
    const all = await Promise.all([...this.#running].map((worker) => this.#figuresOf(worker)));
    return all.filter((one) => one !== null);
  }

  keyChanged(key: string, isThere: boolean): void {
    // Others are never looked up by a worker.
    if (!key.startsWith('id:')) return;
    if (this.#added.length + this.#removed.length === 0) setImmediate(() => void this.#tellKeys());
    (isThere ? this.#added : this.#removed).push(key);
  }

  spoolRemoved(name: string): void {
    for (const worker of this.#running) this.#tell(worker, { kind: 'removed', name });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const limitMs = this.#snapshot.config.proxy.limits.drainMs + END_MS;
    await Promise.all(
      [...this.#running].map(async (worker) => {
        this.#tell(worker, { kind: 'stop' });
        const timer = setTimeout(() => worker.child.kill('SIGKILL'), limitMs);
        await worker.gone;
        clearTimeout(timer);
      }),
    );
  }

  #spawn(place: number): Worker {
    const generation = (this.#started[place] ?? 0) + 1;
    this.#started[place] = generation;
    const owner = `w${place + 1}-${generation}`;
    // From source and from dist alike: the worker's file has the extension of this one.
    const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
    const cache = getCompileCacheDir();
    const child = fork(fileURLToPath(entry), [], {
      serialization: 'advanced',
      // None of this process's own flags: a worker is no test runner and no profile of its own.
      execArgv: [],
      // stdout is the event log's.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: cache },
    });
    const gone = Promise.withResolvers<void>();
    const worker: Worker = {
      place,
      owner,
      child,
      startedAt: performance.now(),
      gone: gone.promise,
      prepared: Promise.withResolvers<void>(),
      listening: Promise.withResolvers<Ports>(),
      building: new Map(),
      figures: new Map(),
      updating: Promise.resolve(),
      version: this.#version,
      isPrepared: false,
      isListening: false,
    };
    // Whoever waits hears of it; where nobody does, the end of the process says enough.
    for (const { promise } of [worker.prepared, worker.listening]) promise.catch(() => {});
    this.#running.add(worker);
    child.on('message', (message) => this.#hear(worker, message as FromWorker));
    const ended = (how: string): void => {
      if (!this.#running.has(worker)) return;
      this.#ended(worker, how);
      gone.resolve();
    };
    // Without an id it was never there, and no exit will be told.
    child.on('error', (error) => (child.pid === undefined ? ended(reasonOf(error)) : undefined));
    child.on('exit', (code, signal) => ended(signal ?? `code ${code}`));
    this.#tell(worker, {
      kind: 'start',
      home: this.#options.home.path,
      owner,
      version: this.#version,
      snapshot: this.#shareOf(this.#snapshot),
      usage: this.#options.usage.rows(),
      keys: [...this.#options.keys()].filter((key) => key.startsWith('id:')),
      areShared: this.#options.areShared,
    });
    return worker;
  }

  #listen(worker: Worker): Promise<Ports> {
    this.#tell(worker, { kind: 'listen', ports: this.#ports });
    return worker.listening.promise;
  }

  #hear(worker: Worker, message: FromWorker): void {
    // What arrives after its end was found in its spool already.
    if (!this.#running.has(worker)) return;
    switch (message.kind) {
      case 'prepared':
        worker.isPrepared = true;
        return worker.prepared.resolve();
      case 'listening':
        worker.isListening = true;
        return worker.listening.resolve(message.ports);
      case 'failed':
        return this.#failed(worker, message.error);
      case 'ready':
      case 'refused':
        return worker.building.get(message.version)?.(message.kind === 'ready' ? null : message.error);
      case 'ask':
        return void this.#answer(worker, message.id, message.question);
      case 'used':
        this.#options.usage.learn(message.uses);
        return this.#passOn(worker, message);
      case 'rejected':
        return this.#passOn(worker, message);
      case 'grown':
        return this.#options.recorder.grown(message.file);
      case 'figures':
        return worker.figures.get(message.id)?.(message.figures);
      case 'log':
        return this.#log(message.line);
      case 'stopped':
        return;
    }
  }

  /** To the other workers. */
  #passOn(from: Worker, message: ToWorker): void {
    for (const worker of this.#running) if (worker !== from) this.#tell(worker, message);
  }

  #failed(worker: Worker, failure: Failure): void {
    const error = errorOf(failure);
    worker.prepared.reject(error);
    worker.listening.reject(error);
    // One that does not listen yet is worth nothing, and whoever started it tells why; one that carries traffic goes on.
    if (worker.isListening) this.#log(`weir: worker process ${worker.place + 1}: ${error.message}`);
    else worker.child.kill('SIGKILL');
  }

  #ended(worker: Worker, how: string): void {
    this.#running.delete(worker);
    const error = new WeirError('worker_ended', `worker process ${worker.place + 1} ended (${how})`);
    worker.prepared.reject(error);
    worker.listening.reject(error);
    for (const done of worker.building.values()) done(null);
    this.#options.recorder.bury(worker.owner);
    this.#options.onEnded?.(nameOf(worker));
    if (this.#isClosing || !this.#isStarted) return;
    const { place } = worker;
    const isSteady = performance.now() - worker.startedAt > STEADY_MS;
    const failures = isSteady ? 0 : (this.#failures[place] ?? 0);
    this.#failures[place] = failures + 1;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
    this.#log(`weir: ${error.message}: it is replaced; what it had open is recorded as worker_lost`);
    setTimeout(() => void this.#replace(place), delayMs);
  }

  async #replace(place: number): Promise<void> {
    if (this.#isClosing) return;
    const worker = this.#spawn(place);
    try {
      await worker.prepared.promise;
      // What holds may have changed while it was being started, and may again while it begins to listen.
      await this.#bringUpToDate(worker);
      await this.#listen(worker);
      await this.#bringUpToDate(worker);
      this.#log(`weir: worker process ${place + 1} listens again`);
    } catch (error) {
      // It is over with this one; its end starts the next.
      const reason = error instanceof WeirError ? error.message : 'it cannot be started';
      if (this.#running.has(worker)) this.#log(`weir: worker process ${place + 1}: ${reason}`);
      worker.child.kill('SIGKILL');
    }
  }

  /** Rejects where it cannot judge by what holds. One after the other for a worker. */
  #bringUpToDate(worker: Worker): Promise<void> {
    worker.updating = worker.updating.then(async () => {
      while (worker.version !== this.#version && this.#running.has(worker)) {
        const version = this.#version;
        const failure = await this.#build(worker, version, this.#snapshot);
        if (failure !== null) throw errorOf(failure);
        await this.#takeUp(worker, version);
      }
    });
    return worker.updating;
  }

  /** Null once it is built; null too where the worker ends meanwhile, since its successor begins with what holds then. */
  #build(worker: Worker, version: number, snapshot: Snapshot): Promise<Failure | null> {
    return this.#doneBy(worker, version, { kind: 'prepare', version, snapshot: this.#shareOf(snapshot) });
  }

  #doneBy(worker: Worker, version: number, message: ToWorker): Promise<Failure | null> {
    return new Promise((resolve) => {
      const done = (failure: Failure | null): void => {
        clearTimeout(timer);
        worker.building.delete(version);
        resolve(failure);
      };
      const silent = { code: null, message: `worker process ${worker.place + 1} does not answer` };
      const timer = setTimeout(() => done(silent), BUILD_MS);
      worker.building.set(version, done);
      this.#tell(worker, message);
    });
  }

  /** What all workers may take together is divided among them; one body fits into each. */
  #shareOf({ config, documents }: Snapshot): Snapshot {
    const { count } = this.#options;
    const { heldBytes, inspectBytes, maxConnections } = config.proxy.limits;
    const limits = {
      ...config.proxy.limits,
      heldBytes: Math.max(Math.floor(heldBytes / count), inspectBytes),
      maxConnections: Math.ceil(maxConnections / count),
    };
    return { config: { ...config, proxy: { ...config.proxy, limits } }, documents };
  }

  /** Built is built: a worker that does not say so judges by it as soon as it goes on. */
  async #takeUp(worker: Worker, version: number): Promise<void> {
    worker.version = version;
    const failure = await this.#doneBy(worker, version, { kind: 'take', version });
    if (failure !== null) this.#log(`weir: ${failure.message}`);
  }

  async #answer(worker: Worker, id: number, question: ConversationQuestion): Promise<void> {
    const tokens = await this.#tokensFor(question).catch((error: unknown) => {
      // It hears nothing, and its limit for an answer ends what waits: `onError` decides.
      this.#log(`weir: the tokens of a conversation: ${error instanceof Error ? error.name : 'unknown error'}`);
      return null;
    });
    if (tokens === null) return;
    // A key is with every worker before any of them can tell a client the id that it stands for.
    await this.#tellKeys();
    this.#tell(worker, { kind: 'answer', id, tokens });
  }

  async #tokensFor(question: ConversationQuestion): Promise<TokenMap> {
    const { conversations } = this.#options;
    switch (question.kind) {
      case 'issue':
        return await conversations.issue(question.key, question.wanted, question.isWhole);
      case 'tokens':
        return await conversations.tokensOf(question.key);
      case 'name':
        await conversations.name(question.key, question.known);
        return new Map();
    }
  }

  /** Resolves when the kernel has all of them for each worker, or a worker has not read for a while. */
  #tellKeys(): Promise<void> {
    if (this.#added.length + this.#removed.length > 0) {
      const message: ToWorker = { kind: 'keys', added: this.#added, removed: this.#removed };
      this.#added = [];
      this.#removed = [];
      this.#telling = Promise.all([this.#telling, this.#tellAll(message)]);
    }
    return this.#telling.then(() => {});
  }

  async #tellAll(message: ToWorker): Promise<void> {
    const told = Promise.all([...this.#running].map((worker) => this.#told(worker, message)));
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, KEYS_MS);
    await Promise.race([told, limit.promise]);
    clearTimeout(timer);
  }

  #told(worker: Worker, message: ToWorker): Promise<void> {
    return new Promise((resolve) => this.#tell(worker, message, resolve));
  }

  #tell(worker: Worker, message: ToWorker, written: () => void = () => {}): void {
    // A worker that cannot be told has ended, or is about to: its end is dealt with where it is heard of.
    if (worker.child.connected) worker.child.send(message, () => written());
    else written();
  }

  #figuresOf(worker: Worker): Promise<readonly [string, Figures] | null> {
    if (!worker.isListening) return Promise.resolve(null);
    const id = ++this.#lastFigures;
    return new Promise((resolve) => {
      const done = (figures: Figures | null): void => {
        clearTimeout(timer);
        worker.figures.delete(id);
        resolve(figures === null ? null : [nameOf(worker), figures]);
      };
      const timer = setTimeout(() => done(null), FIGURES_MS);
      worker.figures.set(id, done);
      this.#tell(worker, { kind: 'figures', id });
    });
  }
}

/** The same for every process in one place, so that there are no more names than workers. */
function nameOf({ place }: Worker): string {
  return `w${place + 1}`;
}

function errorOf({ code, message }: Failure): Error {
  return code === null ? new WeirError('worker_ended', message) : new WeirError(code, message);
}

/** The host's own answer (ENOENT, EAGAIN …); never a value. */
function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
