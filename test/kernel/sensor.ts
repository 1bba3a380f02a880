/** The sensor under test: the real loader on a test's cgroup, with the shipped policies, and what it records kept. */
import { EngineMaker } from '../../cli/configured-engine.ts';
import { observedSettings } from '../../cli/sensor/observed-settings.ts';
import { cgroupMount } from '../../cli/sensor/sensor-child.ts';
import { loadConfig } from '../../config/load.ts';
import { packageRoot } from '../../config/package-root.ts';
import { loadPolicies } from '../../config/policies.ts';
import { appMatcher } from '../../engine/decide/app-match.ts';
import type { Fingerprint } from '../../engine/inspect.ts';
import type { EdgeObservation } from '../../flow/edge.ts';
import type { Closing } from '../../flow/recorder.ts';
import { SharedUsage } from '../../proxy/usage-ledger.ts';
import { watchBypass } from '../../sensor/bypass.ts';
import { type RunningSensor, startSensor } from '../../sensor/sensor.ts';
import { loaderPath, type TestCgroup } from './host.ts';

export interface TestSensor {
  readonly running: RunningSensor;
  readonly allClosings: readonly Closing[];
  readonly allEdges: readonly EdgeObservation[];
  /** Those that fit, once there is one, and a second after it. */
  closings(match: (closing: Closing) => boolean): Promise<readonly Closing[]>;
  edges(match: (edge: EdgeObservation) => boolean): Promise<readonly EdgeObservation[]>;
  /** Resolves once a file whose path ends so has probes. */
  probed(ending: string): Promise<void>;
  stop(): Promise<void>;
}

const LIMIT_MS = 40_000;
const LOOK_MS = 50;
/** A second one would come within so long: edges are recorded each second, closed connections after three. */
const AFTER_MS = 5000;

const fingerprint: Fingerprint = (entity, value) =>
  Buffer.from(`${entity} ${value.length}`).toString('base64url').slice(0, 22);

export async function startTestSensor(options: {
  readonly cgroup: TestCgroup;
  readonly isOwnListener?: (address: string, port: number) => boolean;
  readonly hearsAnswers?: boolean;
  /** As where nothing may be loaded into the kernel. */
  readonly isWithoutLoader?: boolean;
  /** What is run as the loader. */
  readonly program?: string;
}): Promise<TestSensor> {
  const config = loadConfig({ file: null, env: { HOME: '/nonexistent' }, cwd: packageRoot });
  const snapshot = { config, documents: loadPolicies(config) };
  const closings: Closing[] = [];
  const edges: EdgeObservation[] = [];
  let ids = 0;
  const running = startSensor({
    program: options.isWithoutLoader === true ? null : (options.program ?? loaderPath()),
    cgroup: options.cgroup.path,
    cgroupRoot: cgroupMount() ?? '',
    settings: observedSettings(snapshot, {
      engine: new EngineMaker(fingerprint).make(config, snapshot.documents),
      usage: new SharedUsage(Date.now),
      overrides: () => [],
      learned: () => null,
      readers: { readNames: null, readDocuments: null },
    }),
    recorder: {
      closeSoon: async (closing) => {
        closings.push(closing);
      },
      observe: (observations) => {
        edges.push(...observations);
      },
    },
    fingerprint,
    hostname: 'test-host',
    ownPids: () => [],
    isOwnListener: options.isOwnListener ?? (() => false),
    label: appMatcher(() => []),
    container: () => null,
    watchers: [watchBypass],
    hearsAnswers: options.hearsAnswers ?? true,
    hasSockets: options.isWithoutLoader ?? false,
    newId: () => `id${++ids}`,
    log: (line) => void process.stderr.write(`${line}\n`),
  });

  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const limit = performance.now() + LIMIT_MS;
    while (!holds()) {
      if (performance.now() > limit) throw new Error(`no ${what} within ${LIMIT_MS} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const settled = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  };
  await until('running sensor', () => running.state.kind === 'running' || running.state.isBySockets);
  return {
    running,
    allClosings: closings,
    allEdges: edges,
    closings: async (match) => {
      await until('event', () => closings.some(match));
      await settled();
      return closings.filter(match);
    },
    edges: async (match) => {
      await until('edge', () => edges.some(match));
      await settled();
      return edges.filter(match);
    },
    probed: (ending) => until(`probe in ${ending}`, () => running.probes.some(({ path }) => path.endsWith(ending))),
    stop: () => running.stop(),
  };
}
