/**
 * A node client and a node server over HTTPS, 4 KB a request: while the sensor reads what the client sends (and gets), while
 * its calls are filtered, and without a sensor. It is the same client all the time, and the sensor that comes and goes: two
 * processes of node differ by more than a sensor costs. Windows stand in ABBA order around one sensor, each on
 * connections of its own with an uncounted beginning.
 *
 * Client and server have one half of the processors and the sensor the other: what a request takes longer is then the cost
 * to the programs that are watched, and what the sensor does beside is told as its own processor time.
 */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Started } from '../../test/kernel/sandbox.ts';
import { cpuMicroseconds, treeCpuMicroseconds, treeOf } from '../process-usage.ts';
import { type Interval, intervalOf } from './interval.ts';
import { startPeer } from './peers.ts';
import { ASKED_HOST, FILTERED_HOST, type Place, startSensorHost } from './place.ts';

export interface PairsRun {
  /** Of windows; an even number. Fewer where the time does not suffice. */
  readonly pairs: number;
  readonly windowMs: number;
  readonly warmMs: number;
}

export type PairWay = 'requests' | 'responses' | 'filtered' | 'bpftrace' | 'sslsniff';

export interface PairFigures {
  readonly way: PairWay;
  readonly pairs: number;
  /** Of requests a second, how many in 100 fewer than without. */
  readonly fewer: Interval;
  /** Processor time of the client's process a request, in 100 more than without. */
  readonly cpu: Interval;
  /** Microseconds of processor time a request of what watches; null where it is not measured. */
  readonly watching: number | null;
  /** Of the time of a window, how much client and server ran, in the window where that was least: what is missing to 1 or
   * more was taken by others, and the rate says nothing. */
  readonly ran: number;
}

export interface PairsFigures {
  readonly run: PairsRun;
  readonly ways: readonly PairFigures[];
  /** Requests a second without, median. */
  readonly bare: number;
  /** What could not be run, and why. */
  readonly missing: readonly { readonly way: PairWay; readonly reason: string }[];
}

interface Window {
  readonly requests: number;
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly ran: number;
}

/** What watches, for as long as it runs. */
interface Watching {
  readonly pid: number | null;
  stop(): Promise<void>;
}

const CONNECTIONS = 16;
/** The first words of a node take its compiler some seconds. */
const FIRST_WARM_MS = 4000;

/** `withinMs`: for all of it. Each way ends with the pairs that it has when its share of that is over. */
export async function measurePairs(
  place: Place,
  run: PairsRun,
  withinMs: number,
  say: (line: string) => void,
): Promise<PairsFigures> {
  const end = performance.now() + withinMs;
  /** A share of the time that is left. */
  const endOf = (share: number): number => performance.now() + Math.max(0, end - performance.now()) * share;
  const { certificate, bareNode, peerNode } = place;
  const halves = halvesOf(availableParallelism());
  const script = join(import.meta.dirname, 'https-server.ts');
  const server = onProcessors(place, halves.programs, bareNode, [script, certificate.key, certificate.cert]);
  await server.says('ready');
  const bare: number[] = [];
  const ways: PairFigures[] = [];
  const missing: { readonly way: PairWay; readonly reason: string }[] = [];
  const measured = async (
    way: PairWay,
    work: () => Promise<PairFigures | { readonly reason: string }>,
  ): Promise<void> => {
    const figures = await work().catch((error: unknown) => ({
      reason: error instanceof Error ? error.message : 'it failed',
    }));
    if (!('reason' in figures)) return void ways.push(figures);
    say(`sensor: ${way} was not measured: ${figures.reason}`);
    missing.push({ way, reason: figures.reason });
  };
  try {
    for (const [at, way] of (['requests', 'responses', 'filtered'] as const).entries()) {
      const begin = async (): Promise<Watching> => {
        const sensor = await startSensorHost(place, way !== 'requests');
        await sensor.probed(process.execPath);
        const { host } = await sensor.pids();
        for (const pid of treeOf(host)) execFileSync('taskset', ['-a', '-c', '-p', halves.watching, String(pid)]);
        return { pid: host, stop: () => sensor.stop() };
      };
      const with_ = { program: process.execPath, server, begin, halves, bare, end: endOf(0.27 / (1 - 0.27 * at)), say };
      await measured(way, () => measureWay(place, way, run, with_));
    }
    for (const [at, way] of (['bpftrace', 'sslsniff'] as const).entries()) {
      const begin = async (): Promise<Watching | { readonly reason: string }> => {
        const peer = await startPeer(way, peerNode, halves.watching);
        return 'reason' in peer ? peer : { pid: peer.pid, stop: () => peer.stop() };
      };
      // No target is theirs: fewer tell where they stand.
      const fewer = { ...run, pairs: 2 * Math.ceil(run.pairs / 10) };
      const with_ = { program: peerNode, server, begin, halves, bare, end: endOf(1 / (2 - at)), say };
      await measured(way, () => measureWay(place, way, fewer, with_));
    }
  } finally {
    await server.kill();
  }
  return { run, ways, bare: bare.length === 0 ? 0 : intervalOf(bare).median, missing };
}

/** Lists of processors as taskset takes them. */
interface Halves {
  readonly programs: string;
  readonly watching: string;
}

function halvesOf(processors: number): Halves {
  const half = Math.max(1, Math.floor(processors / 2));
  const list = (from: number, to: number): string => (to - from <= 1 ? String(from) : `${from}-${to - 1}`);
  return { programs: list(0, half), watching: processors === 1 ? '0' : list(half, processors) };
}

function onProcessors({ sandbox, cgroup }: Place, processors: string, program: string, args: readonly string[]) {
  return sandbox.start('taskset', ['-c', processors, program, ...args], { cgroup });
}

interface Measuring {
  /** The node that runs the client. */
  readonly program: string;
  readonly server: Started;
  readonly begin: () => Promise<Watching | { readonly reason: string }>;
  readonly halves: Halves;
  readonly bare: number[];
  /** No pair begins after it, the first ones aside. */
  readonly end: number;
  readonly say: (line: string) => void;
}

/** A sensor is started and ended around two. */
const LEAST_PAIRS = 2;

async function measureWay(
  place: Place,
  way: PairWay,
  run: PairsRun,
  { program, server, begin, halves, bare, end, say }: Measuring,
): Promise<PairFigures | { readonly reason: string }> {
  const script = join(import.meta.dirname, 'https-client.ts');
  const host = way === 'filtered' ? FILTERED_HOST : ASKED_HOST;
  const args = [script, host, place.certificate.cert, String(CONNECTIONS)];
  const client = new Client(onProcessors(place, halves.programs, program, args), server);
  const fewer: number[] = [];
  const cpu: number[] = [];
  let ran = Number.POSITIVE_INFINITY;
  let watchingMicros: number | null = 0;
  let watched = 0;
  try {
    await client.window(FIRST_WARM_MS, run.windowMs);
    for (let pair = 0; pair < run.pairs; pair += LEAST_PAIRS) {
      if (pair > 0 && performance.now() > end) {
        say(`sensor: HTTPS, ${way}: its time is over after ${pair} pairs`);
        break;
      }
      say(`sensor: HTTPS, ${way}, pair ${pair + 1} of ${run.pairs}`);
      const a1 = await client.window(run.warmMs, run.windowMs);
      const watching = await begin();
      if ('reason' in watching) return watching;
      const within: Window[] = [];
      try {
        const before = watching.pid === null ? null : treeCpuMicroseconds(watching.pid);
        for (let i = 0; i < 2; i++) within.push(await client.window(run.warmMs, run.windowMs));
        const after = watching.pid === null ? null : treeCpuMicroseconds(watching.pid);
        // The uncounted beginnings have cost it as well.
        const share = run.windowMs / (run.windowMs + run.warmMs);
        if (before === null || after === null) watchingMicros = null;
        else if (watchingMicros !== null) watchingMicros += (after - before) * share;
      } finally {
        await watching.stop();
      }
      const a2 = await client.window(run.warmMs, run.windowMs);
      bare.push(a1.perSecond, a2.perSecond);
      for (const [at, a] of [a1, a2].entries()) {
        const b = within[at];
        if (b === undefined || a.requests === 0 || b.requests === 0) throw new Error('a window without a request');
        ran = Math.min(ran, a.ran, b.ran);
        watched += b.requests;
        fewer.push((1 - b.perSecond / a.perSecond) * 100);
        cpu.push((b.cpuMicros / a.cpuMicros - 1) * 100);
      }
    }
  } finally {
    await client.end();
  }
  const watching = watchingMicros === null ? null : watchingMicros / watched;
  return { way, pairs: fewer.length, fewer: intervalOf(fewer), cpu: intervalOf(cpu), watching, ran };
}

class Client {
  readonly #started: Started;
  readonly #server: Started;
  #windows = 0;

  constructor(started: Started, server: Started) {
    this.#started = started;
    this.#server = server;
  }

  async window(warmMs: number, ms: number): Promise<Window> {
    const from = { at: performance.now(), cpu: this.#cpuMicros() };
    this.#started.stdin.write(`${warmMs} ${ms}\n`);
    this.#windows++;
    const said = await this.#started.saysTimes('}\n', this.#windows);
    const ran = (this.#cpuMicros() - from.cpu) / 1000 / (performance.now() - from.at);
    const line = said.trimEnd().split('\n').at(-1) ?? '';
    const { requests, seconds, cpuMicros } = JSON.parse(line) as Record<'requests' | 'seconds' | 'cpuMicros', number>;
    return { requests, perSecond: requests / seconds, cpuMicros: cpuMicros / requests, ran };
  }

  #cpuMicros(): number {
    return (cpuMicroseconds(this.#started.pid) ?? 0) + (cpuMicroseconds(this.#server.pid) ?? 0);
  }

  async end(): Promise<void> {
    this.#started.stdin.end();
    await this.#started.finished();
  }
}
