/** What the sensor needs on this host, level by level, and which of its probes are slow. Starts the loader for a moment. */
import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import type { HelloFrame, SensorFrame } from '../../sensor/frame-types.ts';
import { Loader } from '../../sensor/loader.ts';
import { SocketWatch } from '../../sensor/sockets/watch-sockets.ts';
import { cgroupMount } from '../sensor/sensor-child.ts';
import { findSensorProgram } from '../sensor-program.ts';
import { type Check, off, ok, warning } from './check.ts';

/** What the loader gets to say what it can, and to set its probes. */
const LIMIT_MS = 20_000;
const SETTLE_MS = 2000;

const LEVELS = [
  'connections, names and bytes: root or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; Linux 5.8 with BTF and cgroup v2',
  'plaintext of TLS libraries: CAP_SYS_PTRACE as well; Linux 5.17 (before 6.6 the loader keeps CAP_SYS_ADMIN)',
  'without either, connections alone, from /proc (sensor.sockets): who speaks to which address; as root of every process, else of one user’s own',
  'elsewhere than on Linux it is off: the proxy sees what is routed to it',
].join('\n');

export async function checkSensor({ sensor }: Config): Promise<Check> {
  if (sensor.enabled === false) return off('sensor', 'off (sensor.enabled)');
  const isBySockets = sensor.sockets && SocketWatch.isPossible('/proc');
  const lacking = (why: string, fix: string): Check => {
    const what = isBySockets ? `connections alone, from /proc: ${why}` : why;
    if (sensor.enabled === true) return warning('sensor', `${what}\n${LEVELS}`, fix);
    return isBySockets ? ok('sensor', `${what}\n${fix}\n${LEVELS}`) : off('sensor', `${what}\n${fix}\n${LEVELS}`);
  };
  const root = cgroupMount();
  if (root === null) return lacking('cgroup v2 is not mounted', 'Mount it: mount -t cgroup2 none /sys/fs/cgroup');
  const cgroup = sensor.cgroup ?? root;
  if (!existsSync(cgroup))
    return lacking(`${cgroup} is not there`, 'Name a folder of cgroup v2 under `sensor.cgroup`.');
  const program = await findSensorProgram();
  if (program.kind === 'missing') return lacking(program.reason, `${program.fix}.`);
  const { hello, reason, stepped, probes } = await tried(program.path, cgroup);
  if (hello === null || reason !== null) {
    return lacking(reason ?? 'the loader does not answer', 'Run as root, or give the loader the capabilities above.');
  }
  const refused = hello.parts.filter(({ state }) => state === 'refused');
  const rung = hello.parts.find(({ name }) => name === 'tls')?.rung ?? 'none';
  const lines = [
    `works (Linux ${hello.kernel}; TLS by ${rung === 'multi' ? 'uprobe_multi' : rung === 'perf' ? 'perf_event' : 'nothing'}; ${probes} probes)`,
    ...refused.map(({ name, reason: why }) => `without ${name}: ${why}`),
    ...stepped.map((where) => `single-stepped, 10 to 20 times as slow as others: ${where}`),
  ];
  return refused.length === 0
    ? ok('sensor', lines.join('\n'))
    : warning('sensor', lines.join('\n'), 'What it does without is said above; the rest works.');
}

interface Tried {
  readonly hello: HelloFrame | null;
  readonly reason: string | null;
  /** `SSL_read in /usr/lib/…`. */
  readonly stepped: readonly string[];
  readonly probes: number;
}

async function tried(program: string, cgroup: string): Promise<Tried> {
  const stepped = new Set<string>();
  let hello: HelloFrame | null = null;
  let reason: string | null = null;
  let probes = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const onFrame = (frame: SensorFrame): void => {
    if (frame.type !== 'attach' || frame.state !== 'attached') return;
    probes++;
    if (frame.isStepped) stepped.add(`${frame.function} in ${frame.path}`);
  };
  const loader = new Loader({
    command: [program, '--cgroup', cgroup],
    onFrame,
    onHello: (first) => {
      hello = first;
      setTimeout(resolve, SETTLE_MS);
    },
    onEnd: (why) => {
      reason = why;
      resolve();
    },
    log: () => {},
  });
  const timer = setTimeout(resolve, LIMIT_MS);
  loader.start();
  await promise;
  clearTimeout(timer);
  await loader.stop();
  return { hello, reason, stepped: [...stepped].slice(0, 20), probes };
}
