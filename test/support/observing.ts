/** The sensor without a kernel: frames are handed to it, and what it records and commands is kept. */
import { createCatalog, type DestinationEntry } from '../../catalog/catalog.ts';
import { EngineMaker } from '../../cli/configured-engine.ts';
import { loadConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/package-root.ts';
import { loadPolicies } from '../../config/policies.ts';
import { Credentials } from '../../engine/credentials.ts';
import { type AppPattern, appMatcher } from '../../engine/decide/app-match.ts';
import type { Fingerprint } from '../../engine/inspect.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { LearnedFields } from '../../flow/learned.ts';
import type { Closing } from '../../flow/recorder.ts';
import { shownArguments } from '../../sensor/attribution/arguments.ts';
import type { ContainerFacts } from '../../sensor/attribution/container-facts.ts';
import { Processes } from '../../sensor/attribution/processes.ts';
import { SensorClock } from '../../sensor/clock.ts';
import { decodeFrame, FrameSplitter } from '../../sensor/frames.ts';
import { Observer } from '../../sensor/observe.ts';
import type { ObservedSettings } from '../../sensor/settings.ts';
import type { ConnectionWatcher, WatcherTools } from '../../sensor/watcher.ts';

export interface Observing {
  readonly observer: Observer;
  readonly closings: readonly Closing[];
  readonly edges: readonly EdgeObservation[];
  readonly commands: readonly Buffer[];
  /** As they come out of the loader's pipe. */
  frames(...frames: readonly Buffer[]): void;
  /** A second later. */
  tick(): void;
}

const fingerprint: Fingerprint = (entity, value) =>
  Buffer.from(`${entity} ${value.length}`).toString('base64url').slice(0, 22);

export interface ObservingOptions {
  readonly destinations?: readonly DestinationEntry[];
  readonly apps?: readonly { readonly name: string; readonly match: AppPattern | null }[];
  readonly procRoot?: string;
  readonly container?: (id: string) => ContainerFacts | null;
  readonly isBypassed?: (host: string) => boolean;
  readonly isOwnListener?: (address: string, port: number) => boolean;
  readonly learned?: LearnedFields;
  readonly watchers?: readonly ((tools: WatcherTools) => ConnectionWatcher)[];
}

/** One engine for all tests of a file: it takes long to build. */
let settings: Pick<ObservedSettings, 'engine'> | null = null;

export function observing(options: ObservingOptions = {}): Observing {
  const config = loadConfig({ file: null, env: { HOME: '/nonexistent' }, cwd: packageRoot });
  settings ??= { engine: new EngineMaker(fingerprint).make(config, loadPolicies(config)) };
  const { engine } = settings;
  const closings: Closing[] = [];
  const edges: EdgeObservation[] = [];
  const commands: Buffer[] = [];
  let at = 1_000_000;
  let ids = 0;
  const observer = new Observer({
    settings: {
      engine,
      catalog: createCatalog(options.destinations ?? []),
      isBypassed: options.isBypassed ?? (() => false),
      readNames: null,
      readDocuments: null,
      usage: null,
      overrides: () => [],
      learned: () => options.learned ?? null,
      excerptChars: 40,
    },
    processes: new Processes({
      procRoot: options.procRoot ?? '/nonexistent',
      hostname: 'host1',
      cgroupPath: (id) => (id === 0 ? null : `/system.slice/unit${id}.service`),
      container: (id) => options.container?.(id) ?? null,
      userName: (uid) => `user${uid}`,
      shownArguments: (args) => shownArguments(args, engine.scanner),
      label: appMatcher(() => options.apps ?? []),
    }),
    clock: new SensorClock(Date.UTC(2026, 0, 1), 0),
    credentials: new Credentials(fingerprint),
    recorder: {
      closeSoon: async (closing) => {
        closings.push(closing);
      },
      observe: (observations) => edges.push(...observations),
    },
    command: (bytes) => commands.push(bytes),
    isOwnListener: options.isOwnListener ?? (() => false),
    watchers: options.watchers ?? [],
    newId: () => `id${++ids}`,
    log: (line) => {
      throw new Error(line);
    },
  });
  const splitter = new FrameSplitter();
  return {
    observer,
    closings,
    edges,
    commands,
    frames: (...frames) => {
      for (const bytes of splitter.data(Buffer.concat(frames))) {
        const frame = decodeFrame(bytes);
        if (frame !== null) observer.frame(frame);
      }
    },
    tick: () => {
      at += 10_000;
      observer.tick(at);
    },
  };
}
