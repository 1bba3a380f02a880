/**
 * A node client and a node server over HTTPS, 4 KB a request: with the sensor reading what the client sends (and gets), with
 * its calls filtered, and the same client as a copy of node that no probe is on. Windows stand in ABBA order with new
 * processes for every four, so that neither drift nor the luck of one process counts for a side.
 */
import { join } from 'node:path';
import type { Started } from '../../test/kernel/sandbox.ts';
import { type Interval, intervalOf } from './interval.ts';
import { type RunningPeer, startPeer } from './peers.ts';
import { ASKED_HOST, FILTERED_HOST, type Place, startSensorHost } from './place.ts';

export interface PairsRun {
  /** Of windows; an even number. */
  readonly pairs: number;
  readonly windowMs: number;
  readonly warmMs: number;
}

export type PairWay = 'requests' | 'responses' | 'filtered' | 'bpftrace' | 'sslsniff';

export interface PairFigures {
  readonly way: PairWay;
  /** Of requests a second, how many in 100 fewer than without. */
  readonly fewer: Interval;
  /** Processor time of the client's process a request, in 100 more than without. */
  readonly cpu: Interval;
}

export interface PairsFigures {
  readonly run: PairsRun;
  readonly ways: readonly PairFigures[];
  /** Requests a second without, median. */
  readonly bare: number;
  /** Tools that could not be run beside, and why. */
  readonly missing: readonly { readonly way: PairWay; readonly reason: string }[];
}

interface Window {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const CONNECTIONS = 16;

export async function measurePairs(place: Place, run: PairsRun, say: (line: string) => void): Promise<PairsFigures> {
  const { sandbox, certificate, bareNode } = place;
  const script = join(import.meta.dirname, 'https-server.ts');
  const server = sandbox.start(bareNode, [script, certificate.key, certificate.cert]);
  await server.says('ready');
  const bare: number[] = [];
  const ways: PairFigures[] = [];
  const missing: { readonly way: PairWay; readonly reason: string }[] = [];
  try {
    for (const way of ['requests', 'responses', 'filtered'] as const) {
      const sensor = await startSensorHost(place, way !== 'requests');
      try {
        await watchedNode(place, ['-e', '']).finished();
        await sensor.probed(process.execPath);
        ways.push(await measureWay(place, way, run, bare, say));
      } finally {
        await sensor.stop();
      }
    }
    for (const way of ['bpftrace', 'sslsniff'] as const) {
      const peer: RunningPeer | { readonly reason: string } = await startPeer(way, process.execPath);
      if ('reason' in peer) {
        say(`sensor: ${way} does not run here: ${peer.reason}`);
        missing.push({ way, reason: peer.reason });
        continue;
      }
      try {
        ways.push(await measureWay(place, way, run, bare, say));
      } finally {
        await peer.stop();
      }
    }
  } finally {
    await server.kill();
  }
  return { run, ways, bare: intervalOf(bare).median, missing };
}

function watchedNode({ sandbox, cgroup }: Place, args: readonly string[]): Started {
  const started = sandbox.start(process.execPath, args, { cgroup });
  return started;
}

async function measureWay(
  place: Place,
  way: PairWay,
  run: PairsRun,
  bare: number[],
  say: (line: string) => void,
): Promise<PairFigures> {
  const { sandbox, certificate, bareNode } = place;
  const script = join(import.meta.dirname, 'https-client.ts');
  const host = way === 'filtered' ? FILTERED_HOST : ASKED_HOST;
  const args = [script, host, certificate.cert, String(CONNECTIONS)];
  const fewer: number[] = [];
  const cpu: number[] = [];
  for (let pair = 0; pair < run.pairs; pair += 2) {
    say(`sensor: HTTPS, ${way}, pair ${pair + 1} of ${run.pairs}`);
    const without = new Client(sandbox.start(bareNode, args));
    const within = new Client(watchedNode(place, args));
    for (const client of [without, within]) await client.window(run.warmMs);
    const a1 = await without.window(run.windowMs);
    const b1 = await within.window(run.windowMs);
    const b2 = await within.window(run.windowMs);
    const a2 = await without.window(run.windowMs);
    for (const client of [without, within]) await client.end();
    bare.push(a1.perSecond, a2.perSecond);
    for (const [a, b] of [
      [a1, b1],
      [a2, b2],
    ] as const) {
      fewer.push((1 - b.perSecond / a.perSecond) * 100);
      cpu.push((b.cpuMicros / a.cpuMicros - 1) * 100);
    }
  }
  return { way, fewer: intervalOf(fewer), cpu: intervalOf(cpu) };
}

class Client {
  readonly #started: Started;
  #windows = 0;

  constructor(started: Started) {
    this.#started = started;
  }

  async window(ms: number): Promise<Window> {
    this.#started.stdin.write(`${ms}\n`);
    this.#windows++;
    const said = await this.#started.saysTimes('}\n', this.#windows);
    const line = said.trimEnd().split('\n').at(-1) ?? '';
    const { requests, seconds, cpuMicros } = JSON.parse(line) as Record<'requests' | 'seconds' | 'cpuMicros', number>;
    return { perSecond: requests / seconds, cpuMicros: cpuMicros / requests };
  }

  async end(): Promise<void> {
    this.#started.stdin.end();
    await this.#started.finished();
  }
}
