/**
 * What one call of SSL_write costs the process that makes it: the same loop without probes, captured, filtered, and outside of
 * what is watched, in turns. Processor time of the process alone; the loader's frames are read and thrown away, so
 * that nothing is lost to a slow reader.
 */

import { CAPTURE_LIMITS, doLimits, doName } from '../../sensor/commands.ts';
import { Loader } from '../../sensor/loader.ts';
import { loaderPath } from '../../test/kernel/host.ts';
import { type Interval, intervalOf } from './interval.ts';
import { ASKED_HOST, FILTERED_HOST, type Place, SINK_PORT, startSink, until } from './place.ts';

export interface HitsRun {
  readonly rounds: number;
  readonly calls: number;
}

export interface HitFigures {
  readonly way: 'captured' | 'filtered' | 'unwatched';
  /** Microseconds of processor time that a call costs more than without probes: median of the pairs' differences. */
  readonly added: Interval;
  /** The least of all loops with, less the least of those without: what is left where other programs had the processor in some. */
  readonly least: number;
}

export interface HitsFigures {
  readonly run: HitsRun;
  /** Microseconds of a call without probes. */
  readonly bareMicros: number;
  readonly ways: readonly HitFigures[];
  /** Captured calls of which no record came, of all of them. */
  readonly lost: number;
}

const BYTES = 1024;
/** A second. Captured: slow enough for the loader and its reader to keep up with on one core. */
const RATES = { captured: 20_000, filtered: 50_000, unwatched: 50_000 } as const;
const WAYS = ['captured', 'filtered', 'unwatched'] as const;

export async function measureHits(place: Place, run: HitsRun, say: (line: string) => void): Promise<HitsFigures> {
  const sink = await startSink(place);
  let probed = false;
  let lost = 0;
  let heard = 0;
  const loader = new Loader({
    command: [loaderPath(), '--cgroup', place.cgroup.path],
    onHello: () => {
      loader.send(doLimits({ ...CAPTURE_LIMITS, named: 'ignore' }));
      const name = doName(ASKED_HOST, 'capture');
      if (name !== null) loader.send(name);
    },
    onFrame: (frame) => {
      if (frame.type === 'attach' && frame.path.endsWith('libssl.so.3') && frame.state === 'attached') probed = true;
      if (frame.type === 'tls-data') heard++;
      if (frame.type === 'loss') {
        lost = frame.counts.reduce((sum, { kind, ringFull }) => sum + (kind === 'tls' ? ringFull : 0), 0);
      }
    },
    onEnd: (reason) => say(`sensor: the loader ended: ${reason}`),
    log: say,
  });
  loader.start();
  try {
    await until('probe in libssl.so.3', async () => probed);
    const bare: number[] = [];
    const loops = new Map(
      WAYS.map((way) => [way, { without: [] as number[], added: [] as number[], within: [] as number[] }]),
    );
    for (let round = 0; round < run.rounds; round++) {
      for (const way of round % 2 === 0 ? WAYS : WAYS.toReversed()) {
        say(`sensor: a call, ${way}, round ${round + 1} of ${run.rounds}`);
        // ABBA: what drifts meanwhile is in both alike.
        const a1 = await loop(place, 'bare', run.calls, RATES[way]);
        const b1 = await loop(place, way, run.calls, RATES[way]);
        const b2 = await loop(place, way, run.calls, RATES[way]);
        const a2 = await loop(place, 'bare', run.calls, RATES[way]);
        bare.push(a1, a2);
        const of = loops.get(way);
        of?.without.push(a1, a2);
        of?.within.push(b1, b2);
        of?.added.push(b1 - a1, b2 - a2);
      }
    }
    if (heard === 0) throw new Error('nothing was captured');
    return {
      run,
      bareMicros: intervalOf(bare).median,
      ways: [...loops].map(([way, { added, within, without }]) => ({
        way,
        added: intervalOf(added),
        least: Math.min(...within) - Math.min(...without),
      })),
      lost,
    };
  } finally {
    await loader.stop();
    await sink.kill();
  }
}

/** Microseconds of processor time a call. */
async function loop(place: Place, way: 'bare' | (typeof WAYS)[number], calls: number, rate: number): Promise<number> {
  const { sandbox, load, cgroup, bareLibraries } = place;
  const host = way === 'filtered' ? FILTERED_HOST : ASKED_HOST;
  const isWatched = way === 'captured' || way === 'filtered';
  const client = sandbox.start(load, ['post', SINK_PORT, host, String(BYTES), String(calls), String(rate)], {
    ...(isWatched ? { cgroup } : {}),
    ...(way === 'bare' ? { env: { LD_LIBRARY_PATH: bareLibraries } } : {}),
  });
  await client.says('connected');
  client.stdin.write('go\n');
  const said = await client.says('cpu ');
  client.stdin.end();
  await client.finished();
  return Number(/cpu (\d+)/.exec(said)?.[1]) / 1000;
}
