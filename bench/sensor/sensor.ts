/** What the sensor costs and keeps up with: the part `sensor` of the benchmark, its tables and its targets. */
import { kernelSkipWithout } from '../../test/kernel/host.ts';
import { type DecidedFigures, type DecidedResult, type DecidedRun, measureDecided } from './decided.ts';
import { type HitsFigures, type HitsRun, measureHits } from './hits.ts';
import type { Interval } from './interval.ts';
import { measurePairs, type PairsFigures, type PairsRun, type PairWay } from './pairs.ts';
import { openPlace } from './place.ts';

export interface SensorRun {
  readonly hits: HitsRun;
  readonly pairs: PairsRun;
  readonly decided: DecidedRun;
  /** For all pieces: what they leave of it is what the pairs have, the longest and last. */
  readonly budgetMs: number;
}

export const FULL_SENSOR: SensorRun = {
  hits: { rounds: 3, calls: 100_000 },
  pairs: { pairs: 20, windowMs: 1500, warmMs: 400 },
  decided: { seconds: 60, beginningSeconds: 20, hardSeconds: 10, stoppedMs: 10_000, processes: 2000 },
  budgetMs: 690_000,
};
export const QUICK_SENSOR: SensorRun = {
  hits: { rounds: 1, calls: 20_000 },
  pairs: { pairs: 2, windowMs: 1000, warmMs: 500 },
  decided: { seconds: 5, beginningSeconds: 3, hardSeconds: 2, stoppedMs: 3000, processes: 200 },
  budgetMs: 180_000,
};
/** However long the others took. */
const LEAST_PAIRS_MS = 60_000;

export const SENSOR_PIECES = ['hits', 'decided', 'pairs'] as const;
export type SensorPiece = (typeof SENSOR_PIECES)[number];

export interface SensorFigures {
  /** Why nothing could be measured here; null where it was. */
  readonly reason: string | null;
  readonly hits: HitsFigures | null;
  readonly pairs: PairsFigures | null;
  readonly decided: DecidedResult | null;
  /** Pieces that were begun and have no figures. */
  readonly failed: readonly { readonly piece: SensorPiece; readonly reason: string }[];
}

const MIB = 1024 * 1024;
const BOUNDS = { captured: 2.5, filtered: 1.5, loaderMib: 30, sensorMib: 150 } as const;
/** Client and server have a processor at least, and nothing else to do. */
const MIN_RAN = 0.75;
const FEWER_BOUNDS: Readonly<Record<PairWay, number | null>> = {
  requests: 5,
  responses: 12,
  filtered: 2,
  bpftrace: null,
  sslsniff: null,
};

export async function measureSensor(
  run: SensorRun,
  pieces: readonly SensorPiece[],
  say: (line: string) => void,
): Promise<SensorFigures> {
  const skipped = kernelSkipWithout('openssl', 'gcc');
  if (skipped !== false) return { reason: skipped, hits: null, pairs: null, decided: null, failed: [] };
  const from = performance.now();
  const failed: { readonly piece: SensorPiece; readonly reason: string }[] = [];
  /** One piece that goes wrong takes no figures from the others. */
  const measured = async <T>(piece: SensorPiece, work: () => Promise<T>): Promise<T | null> => {
    if (!pieces.includes(piece)) return null;
    const begun = performance.now();
    try {
      return await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'it failed';
      say(`sensor: ${piece}: ${reason}`);
      failed.push({ piece, reason });
      return null;
    } finally {
      say(`sensor: ${piece} took ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    }
  };
  const place = await openPlace();
  try {
    const hits = await measured('hits', () => measureHits(place, run.hits, say));
    const decided = await measured('decided', () => measureDecided(place, run.decided, say));
    const leftMs = Math.max(LEAST_PAIRS_MS, run.budgetMs - (performance.now() - from));
    const pairs = await measured('pairs', () => measurePairs(place, run.pairs, leftMs, say));
    return { reason: null, hits, pairs, decided, failed };
  } finally {
    await place.close();
  }
}

export function sensorLines({ reason, hits, pairs, decided, failed }: SensorFigures): string[] {
  if (reason !== null) return [`Not measured: ${reason}`, ''];
  return [
    ...failed.flatMap(({ piece, reason: why }) => [`Not measured, ${piece}: ${why}`, '']),
    ...(hits === null ? [] : hitLines(hits)),
    ...(pairs === null ? [] : pairLines(pairs)),
    ...(decided === null ? [] : decidedLines(decided)),
  ];
}

function hitLines({ run, bareMicros, ways, lost }: HitsFigures): string[] {
  return [
    `**A call.** A C loop on libssl.so.3 writes 1 KB at a time; what a call costs its process more than on a copy of the library that no probe is on ` +
      `(${bareMicros.toFixed(2)} µs of processor time). ${run.rounds} rounds of four loops of ${run.calls} calls a way in ABBA order; ${lost} captured calls were lost.`,
    '',
    '| way | added µs a call | 95 % interval | by the least loops |',
    '| --- | ---: | ---: | ---: |',
    ...ways.map(
      ({ way, added, least }) => `| ${way} | ${added.median.toFixed(2)} | ${shown(added, 2)} | ${least.toFixed(2)} |`,
    ),
    '',
  ];
}

function pairLines({ run, ways, bare, missing }: PairsFigures): string[] {
  return [
    `**A pair.** A node client and a node server over HTTPS, 4 KB a request, 1 KB an answer, 16 connections (${bare.toFixed(0)} requests/s without a sensor). ` +
      `Windows of ${run.windowMs / 1000} s in ABBA order, the same client in all of them, a sensor that is started and ended. ` +
      'Client and server have one half of the processors, what watches them the other.',
    '',
    '| way | pairs | % fewer requests/s | 95 % interval | % more processor time a request of the client | µs of processor time a request of what watches | least share of a window that client and server ran |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...ways.map(
      ({ way, pairs, fewer, cpu, watching, ran }) =>
        `| ${way} | ${pairs} | ${fewer.median.toFixed(1)} | ${shown(fewer, 1)} | ${cpu.median.toFixed(1)} (${shown(cpu, 1)}) | ${watching === null ? '' : watching.toFixed(0)} | ${ran.toFixed(2)} |`,
    ),
    '',
    ...missing.map(({ way, reason }) => `${way} was not run: ${reason}.`),
    ...(missing.length > 0 ? [''] : []),
  ];
}

function decidedLines({ rounds, recorded, decided, memory, failed }: DecidedResult): string[] {
  return [
    '**Counted at both ends.** Calls of 1 KB over 4 connections, each a request: sent = decided + lost.',
    '',
    '| round | sent | sent/s | decided | lost, by counter | neither | µs of processor time a decided call (sensor and loader) |',
    '| --- | ---: | ---: | ---: | --- | ---: | ---: |',
    ...rounds.map(roundRow),
    '',
    failed === null ? `The store has ${recorded} of ${decided} decided calls.` : `It ended before its end, ${failed}.`,
    '',
    '| memory (RSS), MiB | loader | sensor |',
    '| --- | ---: | ---: |',
    ...memory.map(
      ({ when, loaderBytes, sensorBytes }) =>
        `| ${when} | ${(loaderBytes / MIB).toFixed(0)} | ${(sensorBytes / MIB).toFixed(0)} |`,
    ),
    '',
  ];
}

function roundRow(figures: DecidedFigures): string {
  const { name, sent, sentPerSecond, decided, lost, cpuMicros } = figures;
  const counters = Object.entries(lost).map(([counter, count]) => `${counter} ${count}`);
  const cpu = cpuMicros === null ? '' : cpuMicros.toFixed(0);
  return `| ${name} | ${sent} | ${sentPerSecond.toFixed(0)} | ${decided} | ${counters.join(', ') || '0'} | ${neither(figures)} | ${cpu} |`;
}

/** Calls that nothing accounts for. */
function neither({ sent, decided, lost }: DecidedFigures): number {
  return sent - decided - Object.values(lost).reduce((sum, count) => sum + count, 0);
}

export function sensorVerdicts({ hits, pairs, decided, failed }: SensorFigures): string[] {
  const lines = failed.map(({ piece, reason }) => `sensor, ${piece}: not shown (${reason})`);
  if (decided !== null && decided.failed !== null)
    lines.push(`sensor, counted at both ends: not shown to its end (${decided.failed})`);
  for (const { way, added } of hits?.ways ?? []) {
    const bound = way === 'unwatched' ? null : BOUNDS[way];
    if (bound !== null)
      lines.push(
        `sensor, a ${way} call: ${added.median.toFixed(2)} µs added, target ${bound} or less: ${met(added.median <= bound)}`,
      );
  }
  for (const { way, fewer, ran } of pairs?.ways ?? []) {
    const bound = FEWER_BOUNDS[way];
    if (bound === null) continue;
    const isShown = fewer.high - fewer.low <= bound / 2;
    const verdict =
      ran < MIN_RAN
        ? `not shown (other programs had the processors: client and server ran ${(ran * 100).toFixed(0)} % of a window)`
        : isShown
          ? met(fewer.median <= bound)
          : `not shown (the interval is wider than ${bound / 2})`;
    lines.push(
      `sensor, HTTPS pair, ${way}: ${fewer.median.toFixed(1)} % fewer requests/s, target ${bound} or less: ${verdict}`,
    );
  }
  for (const { way, reason } of pairs?.missing ?? []) {
    if (FEWER_BOUNDS[way] !== null) lines.push(`sensor, HTTPS pair, ${way}: not shown (${reason})`);
  }
  for (const round of decided?.rounds ?? []) {
    const isSteady = round.name === 'steady';
    const isExact = neither(round) === 0;
    const what = isSteady ? 'every call decided' : 'every call decided or counted as lost';
    lines.push(`sensor, ${round.name}: ${what}: ${met(isExact && (!isSteady || round.decided === round.sent))}`);
  }
  const last = decided?.memory.at(-1);
  if (last !== undefined) {
    const [loader, sensor] = [last.loaderBytes / MIB, last.sensorBytes / MIB];
    lines.push(
      `sensor, memory with ${last.processes} processes: loader ${loader.toFixed(0)} MiB, target ${BOUNDS.loaderMib} or less: ${met(loader <= BOUNDS.loaderMib)}`,
      `sensor, memory with ${last.processes} processes: sensor ${sensor.toFixed(0)} MiB, target ${BOUNDS.sensorMib} or less: ${met(sensor <= BOUNDS.sensorMib)}`,
    );
  }
  return lines;
}

function met(isMet: boolean): string {
  return isMet ? 'met' : 'NOT met';
}

function shown({ low, high }: Interval, digits: number): string {
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}
