/**
 * A running sensor: the loader, and one observer for all that it tells. It knows no store and no configuration: it is handed
 * what to record with, and what holds. Nothing that goes wrong here ends the process that it runs in.
 */

import { rangeOf } from '../catalog/ranges.ts';
import { Credentials } from '../engine/credentials.ts';
import type { AppFacts, AppLabel } from '../engine/decide/app-match.ts';
import type { Fingerprint } from '../engine/inspect.ts';
import type { Figure, Figures } from '../flow/figures.ts';
import type { EdgeRecorder, Recorder } from '../flow/recorder.ts';
import type { CgroupPlace } from '../wire/cgroup-place.ts';
import { textOf } from '../wire/proc-files.ts';
import { shownArguments } from './attribution/arguments.ts';
import { CgroupPaths } from './attribution/cgroup-paths.ts';
import type { ContainerFacts } from './attribution/container-facts.ts';
import { Processes } from './attribution/processes.ts';
import { SensorClock } from './clock.ts';
import { CAPTURE_LIMITS, doLimits, doOwn } from './commands.ts';
import type { AttachFrame, HelloFrame, SensorFrame } from './frame-types.ts';
import { Loader, type LoaderState } from './loader.ts';
import { Observer } from './observe.ts';
import type { ObservedSettings } from './settings.ts';
import { SocketWatch } from './sockets/watch-sockets.ts';
import type { Steering, SteeringTools } from './steer.ts';
import type { ConnectionWatcher, WatcherTools } from './watcher.ts';

export interface SensorOptions {
  /** The loader's program; null where there is none, for the reason given. */
  readonly program: string | null;
  readonly noProgram?: string;
  /** Whether connections are read from /proc where the loader can do nothing. */
  readonly hasSockets: boolean;
  /** The folder of cgroup v2 that it watches, and where cgroup v2 is mounted. */
  readonly cgroup: string;
  readonly cgroupRoot: string;
  readonly settings: ObservedSettings;
  readonly recorder: Pick<Recorder, 'closeSoon'> & EdgeRecorder;
  readonly fingerprint: Fingerprint;
  readonly hostname: string;
  /** Processes of Weir's own, and of all that they start: never captured. */
  readonly ownPids: () => readonly number[];
  /** Where Weir listens. */
  readonly isOwnListener: (address: string, port: number) => boolean;
  readonly label: (facts: AppFacts) => AppLabel | null;
  readonly container: (id: string, place: CgroupPlace) => ContainerFacts | null;
  readonly watchers: readonly ((tools: WatcherTools) => ConnectionWatcher)[];
  /** Whether what programs read through TLS is looked at as well. */
  readonly hearsAnswers: boolean;
  /** Steers and blocks; null or absent: neither. */
  readonly steering?: ((tools: SteeringTools) => Steering) | null;
  readonly newId: () => string;
  readonly log: (line: string) => void;
  /** Hears that what the sensor can do has changed. */
  readonly onState?: (state: SensorState) => void;
  readonly procRoot?: string;
}

/** What a person wants to know of it. */
export interface SensorState {
  readonly kind: LoaderState['kind'];
  /** Why it does not run; null while it does. */
  readonly reason: string | null;
  /** What it cannot do on this host, one line each. */
  readonly missing: readonly string[];
  /** By which means TLS libraries are read: `multi` (Linux 6.6), `perf`, or `none`. */
  readonly rung: 'none' | 'perf' | 'multi';
  /** Whether connections are read from /proc, for want of anything better. */
  readonly isBySockets: boolean;
}

export interface RunningSensor {
  readonly state: SensorState;
  /** Release of the kernel; null until the loader has said it. */
  readonly kernel: string | null;
  /** Probes that are set now. */
  readonly probes: readonly AttachFrame[];
  /** What holds from now on. */
  take(settings: ObservedSettings): void;
  /** A process of ours that was started elsewhere. */
  own(pid: number): void;
  /** More is known of containers than before: processes are attributed anew. */
  learned(): void;
  /** To the loader; for those who steer. */
  send(command: Buffer): void;
  figures(): Figures;
  /** Ends the loader and records what is left. */
  stop(): Promise<void>;
}

const TICK_MS = 1000;
const MAX_PROBES = 10_000;
/** Of the times in /proc/PID/stat. */
const TICK_NS = 10_000_000;
const FREE_TEXT = /[^\x20-\x7e]/g;

export function startSensor(options: SensorOptions): RunningSensor {
  return new Sensor(options);
}

class Sensor implements RunningSensor {
  readonly #options: SensorOptions;
  readonly #loader: Loader;
  readonly #observer: Observer;
  readonly #processes: Processes;
  readonly #steering: Steering | null;
  readonly #timer: NodeJS.Timeout;
  readonly #probes = new Map<string, AttachFrame>();
  readonly #own = new Set<number>();
  #settings: ObservedSettings;
  #sockets: SocketWatch | null = null;
  #isStopped = false;

  constructor(options: SensorOptions) {
    this.#options = options;
    this.#settings = options.settings;
    const users = new UserNames();
    const paths = new CgroupPaths(options.cgroupRoot, monotonicMs);
    const processes = new Processes({
      procRoot: options.procRoot ?? '/proc',
      hostname: options.hostname,
      cgroupPath: (id) => paths.pathOf(id),
      container: options.container,
      userName: (uid) => users.nameOf(uid),
      shownArguments: (args) => shownArguments(args, this.#settings.engine.scanner),
      label: options.label,
    });
    this.#observer = new Observer({
      settings: options.settings,
      processes,
      clock: new SensorClock(Date.now(), monotonicMs()),
      credentials: new Credentials(options.fingerprint),
      recorder: options.recorder,
      command: (bytes) => this.#loader.send(bytes),
      isOwnListener: options.isOwnListener,
      watchers: options.watchers,
      hearsAnswers: options.hearsAnswers,
      newId: options.newId,
      log: options.log,
    });
    this.#steering =
      options.steering?.({
        command: (bytes) => this.#loader.send(bytes),
        sourceOf: (task, hint) => {
          const { app, container, workload } = processes.sourceOf(task, hint);
          return { app, container, cgroup: workload?.cgroup ?? null };
        },
      }) ?? null;
    this.#loader = new Loader({
      command: [options.program ?? '', '--cgroup', options.cgroup, ...(this.#steering === null ? [] : ['--steer'])],
      onHello: (hello) => this.#hello(hello),
      onFrame: (frame) => this.#frame(frame),
      onEnd: () => this.#ended(),
      log: options.log,
    });
    for (const pid of options.ownPids()) this.#own.add(pid);
    this.#processes = processes;
    if (options.program === null) this.#lookAtSockets();
    else this.#loader.start();
    this.#timer = setInterval(() => this.#observer.tick(monotonicMs()), TICK_MS);
  }

  get state(): SensorState {
    const isBySockets = this.#sockets !== null;
    if (this.#options.program === null) {
      const reason = this.#options.noProgram ?? 'there is no loader';
      return { kind: 'unable', reason, missing: [], rung: 'none', isBySockets };
    }
    const { state } = this.#loader;
    const hello = state.kind === 'running' || state.kind === 'unable' ? state.hello : null;
    const refused = hello?.parts.filter((part) => part.state === 'refused') ?? [];
    return {
      kind: state.kind,
      reason: state.kind === 'waiting' || state.kind === 'unable' ? state.reason : null,
      missing: refused.map(({ name, reason }) => `${name}: ${reason.replace(FREE_TEXT, '?') || 'refused'}`),
      rung: hello?.parts.find(({ name, state: is }) => name === 'tls' && is === 'on')?.rung ?? 'none',
      isBySockets,
    };
  }

  get kernel(): string | null {
    const { state } = this.#loader;
    return state.kind === 'running' || state.kind === 'unable' ? (state.hello?.kernel ?? null) : null;
  }

  get probes(): readonly AttachFrame[] {
    return [...this.#probes.values()];
  }

  take(settings: ObservedSettings): void {
    this.#settings = settings;
    this.#observer.take(settings);
  }

  own(pid: number): void {
    this.#own.add(pid);
    this.#loader.send(doOwn(pid, startTicksOf(pid, '/proc')));
  }

  learned(): void {
    this.#processes.renew();
  }

  send(command: Buffer): void {
    this.#loader.send(command);
  }

  figures(): Figures {
    const { counts, exchanges, handles, connections, keptBytes } = this.#observer.state;
    const values: Figure[] = [
      { name: 'weir_sensor_exchanges_total', labels: [], value: exchanges },
      { name: 'weir_sensor_restarts_total', labels: [], value: this.#loader.restarts },
      { name: 'weir_sensor_handles', labels: [], value: handles },
      { name: 'weir_sensor_connections', labels: [], value: connections },
      { name: 'weir_sensor_kept_bytes', labels: [], value: keptBytes },
      { name: 'weir_sensor_probes', labels: [], value: this.#probes.size },
      { name: 'weir_resident_bytes', labels: [], value: process.memoryUsage.rss() },
      { name: 'weir_cpu_seconds_total', labels: [], value: cpuSeconds() },
    ];
    const sums = new Map<string, number>();
    for (const { kind, ...numbers } of counts) {
      const { submitted, ringFull, oversized, mapFull, fault, filtered } = numbers;
      for (const [what, value] of Object.entries({ submitted, ringFull, oversized, mapFull, fault, filtered })) {
        const key = `${kind} ${what}`;
        sums.set(key, (sums.get(key) ?? 0) + value);
      }
    }
    for (const [key, value] of sums) values.push({ name: 'weir_sensor_records_total', labels: key.split(' '), value });
    return { values, spreads: [] };
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#sockets?.stop();
    await this.#loader.stop();
    clearInterval(this.#timer);
    await this.#observer.end();
  }

  #hello({ parts }: HelloFrame): void {
    // A third party has a name more often than not, and its first write is the one that matters.
    this.#loader.send(doLimits({ ...CAPTURE_LIMITS, named: 'capture', hasAnswers: this.#options.hearsAnswers }));
    for (const pid of this.#own) this.#loader.send(doOwn(pid, startTicksOf(pid, '/proc')));
    this.#steering?.begin();
    const refused = parts.filter(({ state }) => state === 'refused');
    for (const { name, reason } of refused)
      this.#options.log(`weir: the sensor does without ${name}: ${reason.replace(FREE_TEXT, '?')}`);
    this.#options.onState?.(this.state);
  }

  #frame(frame: SensorFrame): void {
    switch (frame.type) {
      case 'attach':
        this.#attached(frame);
        return;
      case 'log':
        if (frame.level !== 'info') this.#options.log(`weir: sensor: ${frame.text.replace(FREE_TEXT, '?')}`);
        return;
      default:
        this.#steering?.frame(frame);
        this.#observer.frame(frame);
    }
  }

  /** The kernel lets no program in: what /proc tells is better than nothing. */
  #lookAtSockets(): void {
    const { procRoot = '/proc', hasSockets, isOwnListener, cgroup, cgroupRoot } = this.#options;
    if (!hasSockets || this.#sockets !== null || this.#isStopped || !SocketWatch.isPossible(procRoot)) return;
    const inside = cgroup.startsWith(`${cgroupRoot}/`) ? cgroup.slice(cgroupRoot.length).replace(/\/+$/, '') : null;
    this.#sockets = new SocketWatch({
      procRoot,
      cgroup: inside,
      isOwnListener,
      isOwn: (pid) => this.#own.has(pid),
      sourceOf: (pid, uid) => {
        const startNs = pid === null ? 0 : startTicksOf(pid, procRoot) * TICK_NS;
        return this.#processes.sourceOf({ tgid: pid ?? 0, tid: pid ?? 0, startNs }, { uid });
      },
      destinationOf: (address, port) => this.#settings.catalog.lookup(address, port),
      isInVendorsRange: (address) => rangeOf(address) !== null,
      addEdge: (observation) => this.#observer.add(observation),
      now: Date.now,
    });
    this.#sockets.start();
  }

  #attached(frame: AttachFrame): void {
    const key = `${frame.attachment} ${frame.offset} ${frame.probe}`;
    if (frame.state === 'attached' && this.#probes.size < MAX_PROBES) this.#probes.set(key, frame);
    if (frame.state === 'detached') this.#probes.delete(key);
  }

  #ended(): void {
    // Handles and sockets of the next loader are others.
    this.#probes.clear();
    this.#observer.restart();
    if (this.#loader.state.kind === 'unable') this.#lookAtSockets();
    this.#options.onState?.(this.state);
  }
}

/** CLOCK_MONOTONIC, as the kernel's records have it. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Field 22 of /proc/PID/stat; 0 where the process is gone. */
function startTicksOf(pid: number, procRoot: string): number {
  const stat = textOf(`${procRoot}/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0) || 0;
}

/** Names of users by their numbers, from the host's own file; read again when a number is not there, at most each minute. */
class UserNames {
  #names = new Map<number, string>();
  #readAt = Number.NEGATIVE_INFINITY;

  nameOf(uid: number): string {
    const known = this.#names.get(uid);
    if (known !== undefined) return known;
    if (performance.now() - this.#readAt > 60_000) {
      this.#readAt = performance.now();
      this.#names = new Map(
        textOf('/etc/passwd')
          .split('\n')
          .map((line) => line.split(':'))
          .flatMap(([name = '', , id = '']) => (/^\d+$/.test(id) ? [[Number(id), name] as const] : [])),
      );
    }
    return this.#names.get(uid) ?? String(uid);
  }
}
