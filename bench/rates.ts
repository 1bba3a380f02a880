/** Requests a second and latency of each way, in rounds that take turns, so that a busy moment of the machine hits all alike. */
import type { RateJob, RateResult } from './load.ts';
import { treeCpuMicroseconds } from './process-usage.ts';
import type { Kind } from './prompts.ts';
import { type Contender, GENAI_HOST, type Rig, type Way } from './rig.ts';

export interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all the proxy's processes; null for the direct way and where /proc is missing. */
  readonly cpuMicrosPerRequest: number | null;
}

export interface RateFigures extends Round {
  readonly name: Contender;
  readonly rounds: readonly Round[];
}

export interface RateOptions {
  readonly rounds: number;
  readonly measureMs: number;
  readonly warmMs: number;
  readonly connections: number;
  /** 4 KB unless said. */
  readonly prompts?: Kind;
  readonly host?: string;
  /** No further round begins after so long: a slow machine gets fewer rounds, not a longer run. */
  readonly budgetMs: number;
}

/** The median of each figure over the rounds. A way that answers anything but 200 fails the run: its rate would mean nothing. */
export async function measureRates(
  rig: Rig,
  options: RateOptions,
  say: (line: string) => void,
): Promise<readonly RateFigures[]> {
  const rounds = new Map<Contender, Round[]>(rig.ways.map((way) => [way.name, []]));
  // The first seconds of a process are compiled code being made; they are nobody's rate.
  const { connections, warmMs, measureMs, prompts = 'small', host = GENAI_HOST } = options;
  const job = (way: Way, warmMs: number, measureMs: number): RateJob => {
    return { kind: 'rate', target: way.target, host, prompts, connections, warmMs, measureMs };
  };
  for (const way of rig.ways) withoutErrors(way.name, await rig.load.ask(job(way, 0, 2 * warmMs)));
  const until = performance.now() + options.budgetMs;
  for (let round = 0; round < options.rounds && (round === 0 || performance.now() < until); round += 1) {
    for (const way of rig.ways) {
      const before = way.pid === null ? null : treeCpuMicroseconds(way.pid);
      const started = performance.now();
      const result = await rig.load.ask(job(way, warmMs, measureMs));
      const after = way.pid === null ? null : treeCpuMicroseconds(way.pid);
      const figures = checked(way.name, result);
      // The warm-up is in the CPU time too: the same rate is taken for it, which the ratio of the times undoes.
      const share = measureMs / (performance.now() - started);
      const cpu = before === null || after === null ? null : ((after - before) * share) / figures.requests;
      const measured = {
        perSecond: figures.requests / figures.seconds,
        p50Ms: figures.p50Ms,
        p99Ms: figures.p99Ms,
        cpuMicrosPerRequest: cpu,
      };
      rounds.get(way.name)?.push(measured);
      say(
        `round ${round + 1}  ${way.name.padEnd(9)} ${measured.perSecond.toFixed(0).padStart(6)} requests/s` +
          `  p50 ${measured.p50Ms.toFixed(2)} ms  p99 ${measured.p99Ms.toFixed(2)} ms` +
          (cpu === null ? '' : `  ${cpu.toFixed(0)} µs CPU/request`),
      );
    }
  }
  return rig.ways.map(({ name }) => {
    const own = rounds.get(name) ?? [];
    const cpu = own.map((round) => round.cpuMicrosPerRequest).filter((value) => value !== null);
    return {
      name,
      rounds: own,
      perSecond: median(own.map((round) => round.perSecond)),
      p50Ms: median(own.map((round) => round.p50Ms)),
      p99Ms: median(own.map((round) => round.p99Ms)),
      cpuMicrosPerRequest: cpu.length === 0 ? null : median(cpu),
    };
  });
}

function checked(name: string, result: Readonly<Record<string, unknown>>): RateResult {
  const figures = withoutErrors(name, result);
  if (figures.requests === 0) throw new Error(`${name}: no answer in the time of a round`);
  return figures;
}

function withoutErrors(name: string, result: Readonly<Record<string, unknown>>): RateResult {
  if (typeof result['failed'] === 'string') throw new Error(`${name}: ${result['failed']}`);
  const figures = result as unknown as RateResult;
  if (figures.errors > 0) {
    throw new Error(
      `${name}: ${figures.errors} errors beside ${figures.requests} answers; first: ${figures.firstError ?? 'none'}`,
    );
  }
  return figures;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
