/**
 * Calls through the whole sensor, counted at both ends: what was sent is what was decided and what each counter says was lost,
 * to the call. At a steady rate, at one that is too much, as fast as it goes, and with the sensor's process stopped meanwhile.
 * Then what the sensor's processes hold in memory, with many processes beside.
 */
import type { Started } from '../../test/kernel/sandbox.ts';
import { memory, treeCpuMicroseconds } from '../process-usage.ts';
import {
  ASKED_HOST,
  type Place,
  type SensorCounts,
  type SensorHost,
  SINK_PORT,
  sleep,
  startSensorHost,
  startSink,
} from './place.ts';

export interface DecidedRun {
  readonly seconds: number;
  /** Of a first round at a fifth of the steady rate, told like the others: V8 compiles meanwhile, as it does once in a sensor's life. */
  readonly beginningSeconds: number;
  /** Of the rounds that are not meant to be kept up with. */
  readonly hardSeconds: number;
  readonly stoppedMs: number;
  readonly processes: number;
}

export interface DecidedFigures {
  readonly name: 'beginning' | 'steady' | 'fast' | 'unthrottled' | 'stopped';
  /** A second; null: as fast as it goes. */
  readonly rate: number | null;
  readonly sent: number;
  readonly sentPerSecond: number;
  readonly decided: number;
  /** By counter, those that are not 0. */
  readonly lost: Readonly<Record<string, number>>;
  /** Microseconds of processor time of the sensor's processes for each call that was decided. */
  readonly cpuMicros: number | null;
}

export interface SensorMemory {
  readonly when: string;
  readonly processes: number;
  readonly loaderBytes: number;
  readonly sensorBytes: number;
}

export interface DecidedResult {
  readonly run: DecidedRun;
  readonly rounds: readonly DecidedFigures[];
  /** Calls that the store has after all of it, and how many were decided. */
  readonly recorded: number;
  readonly decided: number;
  readonly memory: readonly SensorMemory[];
  /** Where it ended before its end, and why; what was measured until then stands. */
  readonly failed: string | null;
}

const BYTES = 1024;
const CONNECTIONS = 4;
const STEADY = 5000;
const FAST = 20_000;
const BEGINNING = STEADY / 5;
/** Of the unthrottled one. */
const MOST_CALLS = 400_000;
const SETTLE_MS = 120_000;
/** Nothing has come for so long: nothing more comes. */
const QUIET_MS = 3000;

export async function measureDecided(
  place: Place,
  run: DecidedRun,
  say: (line: string) => void,
): Promise<DecidedResult> {
  const sink = await startSink(place);
  const sensor = await startSensorHost(place);
  try {
    await sensor.probed('libssl.so.3');
    const { sensor: pid, loader } = await sensor.pids();
    const rounds: DecidedFigures[] = [];
    const held: SensorMemory[] = [];
    const hold = (when: string, processes: number): void => {
      const loaderBytes = memory(loader)?.now ?? 0;
      held.push({ when, processes, loaderBytes, sensorBytes: memory(pid)?.now ?? 0 });
    };
    const round = async (name: DecidedFigures['name'], rate: number | null, count: number): Promise<void> => {
      say(`sensor: ${count} calls, ${name}`);
      rounds.push(
        await send(place, sensor, pid, { name, rate, count, stoppedMs: name === 'stopped' ? run.stoppedMs : 0 }),
      );
    };
    let decided = 0;
    let recorded = 0;
    let failed: string | null = null;
    let step = 'memory';
    try {
      hold('before the first call', 0);
      step = 'beginning';
      await round('beginning', BEGINNING, BEGINNING * run.beginningSeconds);
      step = 'steady';
      await round('steady', STEADY, STEADY * run.seconds);
      hold('after the steady round', 0);
      step = 'fast';
      await round('fast', FAST, FAST * run.hardSeconds);
      step = 'unthrottled';
      await round('unthrottled', null, Math.min(MOST_CALLS, 60_000 * run.hardSeconds));
      step = 'stopped';
      await round('stopped', STEADY, Math.round((STEADY * (run.stoppedMs + 4000)) / 1000));
      hold('after all rounds', 0);
      step = 'processes';
      say(`sensor: ${run.processes} processes beside`);
      await withProcesses(place, run.processes, () => hold(`with ${run.processes} processes`, run.processes));
      step = 'what is recorded';
      say('sensor: what the store has');
      decided = (await sensor.counts()).exchanges;
      recorded = await sensor.recordedCalls();
    } catch (error) {
      failed = `${step}: ${error instanceof Error ? error.message : 'it failed'}`;
      say(`sensor: ${failed}`);
    }
    return { run, rounds, recorded, decided, memory: held, failed };
  } finally {
    await sensor.stop();
    await sink.kill();
  }
}

interface Sending {
  readonly name: DecidedFigures['name'];
  readonly rate: number | null;
  readonly count: number;
  readonly stoppedMs: number;
}

async function send(place: Place, sensor: SensorHost, pid: number, sending: Sending): Promise<DecidedFigures> {
  const { name, rate, count, stoppedMs } = sending;
  const { sandbox, load, cgroup } = place;
  const each = Math.floor(count / CONNECTIONS);
  const perConnection = rate === null ? 0 : Math.round(rate / CONNECTIONS);
  const first = await sensor.counts();
  const args = ['post', SINK_PORT, ASKED_HOST, String(BYTES), String(each), String(perConnection)];
  const clients = Array.from({ length: CONNECTIONS }, () => sandbox.start(load, args, { cgroup }));
  for (const client of clients) await client.says('connected');
  // What opens a connection is over before what is counted begins; the first call of each is counted too.
  const before = await settled(sensor);
  const cpuBefore = treeCpuMicroseconds(pid);
  const from = performance.now();
  for (const client of clients) client.stdin.write('go\n');
  if (stoppedMs > 0) await stopFor(pid, stoppedMs);
  for (const client of clients) await client.says('cpu ');
  const seconds = (performance.now() - from) / 1000;
  // Calls whose answer has not come are told at the end of their connection.
  const sent = each * CONNECTIONS;
  const after = await settled(sensor);
  for (const client of clients) await end(client);
  const last = await settled(sensor);
  const cpuAfter = treeCpuMicroseconds(pid);
  const decided = last.exchanges - first.exchanges;
  return {
    name,
    rate,
    sent: sent + CONNECTIONS,
    sentPerSecond: sent / seconds,
    decided,
    lost: lossesBetween(before, after),
    cpuMicros: cpuBefore === null || cpuAfter === null ? null : (cpuAfter - cpuBefore) / decided,
  };
}

async function stopFor(pid: number, ms: number): Promise<void> {
  await sleep(1000);
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(ms);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

/** The counts once they do not change any more. */
async function settled(sensor: SensorHost): Promise<SensorCounts> {
  const limit = performance.now() + SETTLE_MS;
  let last = await sensor.counts();
  for (;;) {
    await sleep(QUIET_MS);
    const now = await sensor.counts();
    if (JSON.stringify(now) === JSON.stringify(last)) return now;
    if (performance.now() > limit) throw new Error('the sensor does not come to rest');
    last = now;
  }
}

function lossesBetween({ tls: before }: SensorCounts, { tls: after }: SensorCounts): Readonly<Record<string, number>> {
  const kinds = ['ringFull', 'oversized', 'mapFull', 'fault', 'filtered'] as const;
  return Object.fromEntries(kinds.map((kind) => [kind, after[kind] - before[kind]]).filter(([, count]) => count !== 0));
}

async function end(client: Started): Promise<void> {
  client.stdin.end();
  await client.finished();
}

/** With so many processes that have each a connection of their own. */
async function withProcesses(place: Place, count: number, work: () => void): Promise<void> {
  const { sandbox, load, cgroup } = place;
  const script = `i=0; while [ $i -lt ${count} ]; do '${load}' idle ${SINK_PORT} <&3 & i=$((i+1)); done 3<&0; wait; echo over`;
  const shell = sandbox.start('sh', ['-c', script], { cgroup });
  await shell.saysTimes('connected', count);
  await sleep(QUIET_MS);
  work();
  shell.stdin.end();
  await shell.finished();
}
