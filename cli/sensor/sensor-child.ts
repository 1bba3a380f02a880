/**
 * The sensor as the process above sees it: a process of its own, so that what it inspects takes nothing from the traffic. One
 * that ends is started again, with a longer wait each time; what it had recorded is taken up from its spool. Whatever happens to
 * it, the caller goes on.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Figures } from '../../flow/figures.ts';
import { SocketWatch } from '../../sensor/sockets/watch-sockets.ts';
import type { Home } from '../../store/home.ts';
import type { StoreRecorder } from '../../store/recorder.ts';
import { findSensorProgram } from '../sensor-program.ts';
import type { Snapshot } from '../snapshot.ts';
import type { FromSensor, Loss, ProbedFile, ToSensor } from './messages.ts';

type Start = Extract<ToSensor, { readonly kind: 'start' }>;

export interface SensorChildOptions {
  readonly snapshot: Snapshot;
  readonly home: Home;
  readonly recorder: Pick<StoreRecorder, 'grown' | 'bury'>;
  readonly log: (line: string) => void;
  /** Processes of Weir's own that run now. */
  readonly ownPids: readonly number[];
  /** Where the proxy listens. */
  readonly port: number;
  /** What it can do has become known, or has changed. */
  readonly onState?: () => void;
}

export interface SensorStanding {
  readonly state: 'running' | 'unavailable' | 'failing' | 'starting';
  /** Null while it runs. */
  readonly reason: string | null;
  /** How to mend it; null where nothing is to be mended. */
  readonly fix: string | null;
  /** What it does without on this host. */
  readonly missing: readonly string[];
  /** Which of the kernel's features are used; null where it does not run. */
  readonly kernel: string | null;
  readonly probes: readonly ProbedFile[];
  readonly losses: readonly Loss[];
}

export interface SensorChild {
  readonly standing: SensorStanding;
  /** Resolves once it runs, or is known not to. */
  readonly settled: Promise<void>;
  take(snapshot: Snapshot): void;
  /** A process of ours that has begun since. */
  own(pid: number): void;
  /** Somebody removed a spool file, which may be the sensor's. */
  spoolRemoved(name: string): void;
  /** Null where it does not answer. */
  figures(): Promise<Figures | null>;
  close(): Promise<void>;
}

const NEEDS =
  'run Weir as root, or give the loader CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_PTRACE; docs/sensor.md has more';
/** Stands for a mount of cgroup v2 that is not there. */
const NOWHERE = '/';
const BY_SOCKETS = 'connections alone, from /proc';
/** Node lets what is young grow to 64 MiB, and glibc keeps a heap a thread: together 40 to 100 MiB that the sensor does without. */
const YOUNG_SPACE = '--max-semi-space-size=2';
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' } as const;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
const STEADY_MS = 60_000;
const END_MS = 10_000;
const FIGURES_MS = 1000;

/** Starts it. Never fails: where it cannot run, its standing says why. */
export function startSensorChild(options: SensorChildOptions): SensorChild {
  return new Child(options);
}

/** Where cgroup v2 is mounted; null where it is not. */
export function cgroupMount(): string | null {
  if (process.platform !== 'linux' || !existsSync('/proc/self/mounts')) return null;
  const line = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((each) => each.split(' ')[2] === 'cgroup2');
  return line?.split(' ')[1] ?? null;
}

class Child implements SensorChild {
  readonly #options: SensorChildOptions;
  readonly #settled = Promise.withResolvers<void>();
  readonly #own: Set<number>;
  readonly #asked = new Map<number, (figures: Figures | null) => void>();
  #snapshot: Snapshot;
  #standing: SensorStanding = {
    state: 'starting',
    reason: null,
    fix: null,
    missing: [],
    kernel: null,
    probes: [],
    losses: [],
  };
  #child: ChildProcess | null = null;
  #gone: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #generation = 0;
  #failures = 0;
  #lastFigures = 0;
  /** What would let the kernel's programs in. */
  #fix = NEEDS;
  #isClosing = false;

  constructor(options: SensorChildOptions) {
    this.#options = options;
    this.#snapshot = options.snapshot;
    this.#own = new Set([process.pid, ...options.ownPids]);
    void this.#start();
  }

  get standing(): SensorStanding {
    return this.#standing;
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  take(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#tell({ kind: 'take', snapshot });
  }

  own(pid: number): void {
    this.#own.add(pid);
    this.#tell({ kind: 'own', pid });
  }

  spoolRemoved(name: string): void {
    this.#tell({ kind: 'removed', name });
  }

  figures(): Promise<Figures | null> {
    if (this.#child === null) return Promise.resolve(null);
    const id = ++this.#lastFigures;
    const { promise, resolve } = Promise.withResolvers<Figures | null>();
    const timer = setTimeout(() => resolve(null), FIGURES_MS);
    this.#asked.set(id, resolve);
    this.#tell({ kind: 'figures', id });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#asked.delete(id);
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return;
    this.#tell({ kind: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await this.#gone;
    clearTimeout(timer);
  }

  async #start(): Promise<void> {
    const root = cgroupMount();
    const program = await findSensorProgram();
    if (this.#isClosing) return;
    if (root === null) {
      return this.#without('cgroup v2 is not mounted', 'mount it: mount -t cgroup2 none /sys/fs/cgroup');
    }
    if (program.kind === 'missing') return this.#without(program.reason, program.fix, root);
    const cgroup = this.#snapshot.config.sensor.cgroup ?? root;
    if (!existsSync(cgroup))
      return this.#unable(`${cgroup} is not there`, 'name a folder of cgroup v2 under `sensor.cgroup`');
    this.#spawn({ program: program.path, noProgram: '', cgroup, cgroupRoot: root });
  }

  /** Connections alone can be read where no program of the kernel's can be loaded. */
  #without(reason: string, fix: string, root = NOWHERE): void {
    const { sensor } = this.#snapshot.config;
    if (!sensor.sockets || !SocketWatch.isPossible('/proc')) return this.#unable(reason, fix);
    this.#fix = fix;
    this.#spawn({ program: null, noProgram: reason, cgroup: sensor.cgroup ?? root, cgroupRoot: root });
  }

  #spawn(where: Pick<Start, 'program' | 'noProgram' | 'cgroup' | 'cgroupRoot'>): void {
    const owner = `sensor-${++this.#generation}`;
    const entry = new URL(
      import.meta.url.endsWith('.ts') ? './sensor-process.ts' : './sensor-process.js',
      import.meta.url,
    );
    const cache = getCompileCacheDir();
    const child = fork(fileURLToPath(entry), [], {
      serialization: 'advanced',
      execArgv: [YOUNG_SPACE],
      // stdout is the event log's.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...ONE_ARENA, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
    });
    this.#child = child;
    const startedAt = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gone = promise;
    let isOver = false;
    const over = (how: string): void => {
      if (isOver) return;
      isOver = true;
      this.#child = null;
      this.#options.recorder.bury(owner);
      for (const done of this.#asked.values()) done(null);
      resolve();
      if (this.#isClosing) return;
      this.#failures = performance.now() - startedAt > STEADY_MS ? 1 : this.#failures + 1;
      const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), LONGEST_DELAY_MS);
      this.#set({
        state: 'failing',
        reason: `its process ended (${how})`,
        fix: null,
        missing: [],
        kernel: null,
        probes: [],
        losses: [],
      });
      this.#options.log(`weir: the sensor's process ended (${how}); it is started again in ${delayMs} ms`);
      this.#timer = setTimeout(() => this.#spawn(where), delayMs);
    };
    child.on('message', (message) => this.#hear(message as FromSensor));
    // Without an id it was never there, and no exit will be told.
    child.on('error', (error) => (child.pid === undefined ? over(error.name) : undefined));
    child.on('exit', (code, signal) => over(signal ?? `code ${code}`));
    this.#tell({
      kind: 'start',
      home: this.#options.home.path,
      owner,
      snapshot: this.#snapshot,
      ...where,
      ownPids: [...this.#own],
      port: this.#options.port,
    });
  }

  #hear(message: FromSensor): void {
    switch (message.kind) {
      case 'state':
        return this.#set(standingOf(message, this.#fix));
      case 'grown':
        return this.#options.recorder.grown(message.file);
      case 'figures':
        return this.#asked.get(message.id)?.(message.figures);
      case 'log':
        return this.#options.log(message.line);
      case 'failed':
        return this.#set({ ...this.#standing, state: 'failing', reason: message.message });
      case 'stopped':
        return;
    }
  }

  #tell(message: ToSensor): void {
    // One that has just ended hears nothing more: the next is told all of it.
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  #unable(reason: string, fix: string): void {
    this.#set({ state: 'unavailable', reason, fix, missing: [], kernel: null, probes: [], losses: [] });
  }

  #set(standing: SensorStanding): void {
    this.#standing = standing;
    if (standing.state !== 'starting') this.#settled.resolve();
    this.#options.onState?.();
  }
}

function standingOf(
  { state, kernel, probes, losses }: Extract<FromSensor, { readonly kind: 'state' }>,
  fix: string,
): SensorStanding {
  const { kind, reason, missing, rung, isBySockets } = state;
  const shared = { fix: null, missing, kernel, probes, losses };
  switch (kind) {
    case 'running': {
      const means = rung === 'multi' ? 'uprobe_multi' : rung === 'perf' ? 'perf_event uprobes' : 'no TLS probes';
      return { ...shared, state: 'running', reason: null, kernel: `${kernel ?? 'Linux'}, ${means}` };
    }
    case 'unable': {
      const why = reason ?? 'this host does not allow it';
      if (!isBySockets) return { ...shared, state: 'unavailable', reason: why, fix };
      const without = `names, bytes and what is said: ${why} (${fix})`;
      return { ...shared, state: 'running', reason: null, kernel: BY_SOCKETS, missing: [without] };
    }
    case 'waiting':
      return { ...shared, state: 'failing', reason };
    case 'starting':
    case 'stopped':
      return { ...shared, state: 'starting', reason: null };
  }
}
