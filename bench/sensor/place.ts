/**
 * Where the sensor is measured: names, ports and certificates of its own (a sandbox of the kernel tests), a cgroup that is
 * watched, the load program, and copies of libssl and node that no probe is on, for the same without a sensor.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SensorStanding } from '../../cli/sensor/sensor-child.ts';
import type { Figures } from '../../flow/figures.ts';
import { makeCgroup, type TestCgroup } from '../../test/kernel/host.ts';
import { openSandbox, type Sandbox, type Started } from '../../test/kernel/sandbox.ts';
import { makeCertificate } from '../../test/kernel/tls.ts';
import { type Child, startChild } from '../child.ts';
import { treeOf } from '../process-usage.ts';

/** To GenAI: what goes there is captured. */
export const ASKED_HOST = 'api.openai.com';
/** Of the house: what goes there is filtered in the kernel. */
export const FILTERED_HOST = 'ledger.internal';
export const SINK_PORT = '8443';

export interface Place {
  readonly cgroup: TestCgroup;
  readonly sandbox: Sandbox;
  readonly certificate: { readonly key: string; readonly cert: string };
  /** The load program (tls-load.c). */
  readonly load: string;
  /** Folder with a copy of libssl.so.3, and a copy of this node. */
  readonly bareLibraries: string;
  readonly bareNode: string;
  /** A copy that nobody but the other tools probes. */
  readonly peerNode: string;
  close(): Promise<void>;
}

export async function openPlace(): Promise<Place> {
  const cgroup = makeCgroup();
  const sandbox = await openSandbox({ hosts: { [ASKED_HOST]: '127.0.0.1', [FILTERED_HOST]: '127.0.0.1' } });
  const certificate = makeCertificate(sandbox.folder, [ASKED_HOST, FILTERED_HOST]);
  const load = join(sandbox.folder, 'tls-load');
  const source = join(import.meta.dirname, 'tls-load.c');
  execFileSync('gcc', ['-O2', '-D_GNU_SOURCE', source, '-o', load, '-lssl', '-lcrypto', '-lpthread']);
  const bareLibraries = join(sandbox.folder, 'bare');
  mkdirSync(bareLibraries);
  copyFileSync(libsslOf(load), join(bareLibraries, 'libssl.so.3'));
  const bareNode = join(sandbox.folder, 'bare-node');
  copyFileSync(process.execPath, bareNode);
  const peerNode = join(sandbox.folder, 'peer-node');
  copyFileSync(process.execPath, peerNode);
  return {
    cgroup,
    sandbox,
    certificate,
    load,
    bareLibraries,
    bareNode,
    peerNode,
    close: async () => {
      await sandbox.close();
      await cgroup.remove();
    },
  };
}

/** Starts who takes and forgets what the load program sends; not watched. */
export async function startSink({ sandbox, load, certificate, bareLibraries }: Place): Promise<Started> {
  const env = { LD_LIBRARY_PATH: bareLibraries };
  const sink = sandbox.start(load, ['sink', SINK_PORT, certificate.key, certificate.cert], { env });
  await sink.says('ready');
  return sink;
}

function libsslOf(program: string): string {
  const [, path] = /libssl\.so\.3 => (\S+)/.exec(execFileSync('ldd', [program], { encoding: 'utf8' })) ?? [];
  if (path === undefined) throw new Error('the load program is not linked to libssl.so.3');
  return path;
}

/** What the kernel's counters and the sensor's own say. */
export interface SensorCounts {
  readonly exchanges: number;
  /** Of records of TLS handles. */
  readonly tls: Readonly<Record<'submitted' | 'ringFull' | 'oversized' | 'mapFull' | 'fault' | 'filtered', number>>;
}

export interface SensorHost {
  readonly standing: SensorStanding;
  counts(): Promise<SensorCounts>;
  /** Of the process that holds it, of the sensor's own and of its loader. */
  pids(): Promise<{ readonly host: number; readonly sensor: number; readonly loader: number }>;
  /** Resolves once a file whose path ends so has probes. */
  probed(ending: string): Promise<void>;
  /** Ends the sensor; how many calls its store has. */
  recordedCalls(): Promise<number>;
  stop(): Promise<void>;
}

const WAIT_MS = 60_000;
const LOOK_MS = 100;
/** A process that does not answer for so long does not answer. */
const ANSWER_MS = 120_000;

/** Starts the sensor on the place's cgroup. Throws where the host does not allow it. */
export async function startSensorHost(place: Place, hasResponses = true): Promise<SensorHost> {
  const home = mkdtempSync(join(tmpdir(), 'weir-bench-sensor-'));
  const child = await startChild('sensor/sensor-host.ts', [home, place.cgroup.path, String(hasResponses)]);
  const standing = child.ready['standing'] as SensorStanding;
  const ask = (message: object): ReturnType<Child['ask']> => within(child.ask(message), 'answer of the sensor');
  const stop = async (): Promise<void> => {
    await within(child.stop(), 'end of the sensor').catch(() => {
      for (const pid of treeOf(child.pid).toReversed()) endAtOnce(pid);
    });
    rmSync(home, { recursive: true, force: true });
  };
  if (standing.state !== 'running') {
    await stop();
    throw new Error(`the sensor does not run: ${standing.reason ?? standing.state}`);
  }
  return {
    standing,
    stop,
    counts: async () => {
      const limit = performance.now() + ANSWER_MS;
      for (;;) {
        // Null where the sensor's process is stopped, or too busy to answer within a second.
        const figures = (await ask({ kind: 'figures' }))['figures'] as Figures | null;
        if (figures !== null) return countsOf(figures);
        if (performance.now() > limit) throw new Error(`no figures of the sensor within ${ANSWER_MS} ms`);
        await sleep(LOOK_MS);
      }
    },
    pids: async () => {
      const [sensor = 0, loader = 0] = (await ask({ kind: 'processes' }))['pids'] as readonly number[];
      return { host: child.pid, sensor, loader };
    },
    probed: (ending) =>
      until(`probe in ${ending}`, async () => {
        const now = (await ask({ kind: 'standing' }))['standing'] as SensorStanding;
        return now.probes.some(({ path }) => path.endsWith(ending));
      }),
    recordedCalls: async () => Number((await ask({ kind: 'recorded' }))['calls']),
  };
}

function countsOf({ values }: Figures): SensorCounts {
  const of = (name: string, ...labels: readonly string[]): number =>
    values.find((each) => each.name === name && each.labels.join() === labels.join())?.value ?? 0;
  const tls = (what: string): number => of('weir_sensor_records_total', 'tls', what);
  return {
    exchanges: of('weir_sensor_exchanges_total'),
    tls: {
      submitted: tls('submitted'),
      ringFull: tls('ringFull'),
      oversized: tls('oversized'),
      mapFull: tls('mapFull'),
      fault: tls('fault'),
      filtered: tls('filtered'),
    },
  };
}

function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no ${what} within ${ANSWER_MS} ms`)), ANSWER_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** Looks again and again until it holds. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = WAIT_MS): Promise<void> {
  const limit = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`no ${what} within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
