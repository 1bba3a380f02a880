/** One large download and upload through each way: speed, and how far the memory of the process in between grows. */
import type { BulkJob } from './load.ts';
import { memory, resetPeak } from './process-usage.ts';
import { median } from './rates.ts';
import { type Contender, type Rig, UNNAMED_HOST, type Way } from './rig.ts';

export const MIB = 1024 * 1024;

export interface BulkFigures {
  readonly name: Contender;
  readonly kind: 'download' | 'upload';
  readonly mibPerSecond: number;
  /**
   * Peak of resident memory during a transfer above what was resident after a first one of 1 MiB each way, which loads
   * certificates and code whatever the size; null for the direct way.
   */
  readonly growthMib: number | null;
}

/** The median speed and the largest growth over the rounds. A transfer of 1 MiB each way comes first. */
export async function measureBulk(
  rig: Rig,
  options: { readonly rounds: number; readonly bytes: number; readonly budgetMs: number },
  say: (line: string) => void,
): Promise<readonly BulkFigures[]> {
  const all: BulkFigures[] = [];
  for (const way of rig.ways) {
    for (const kind of ['download', 'upload'] as const) await transfer(rig, way, kind, MIB, null);
  }
  const residents = new Map(rig.ways.map((way) => [way, way.pid === null ? null : (memory(way.pid)?.now ?? null)]));
  const until = performance.now() + options.budgetMs;
  for (let round = 0; round < options.rounds && (round === 0 || performance.now() < until); round += 1) {
    for (const kind of ['download', 'upload'] as const) {
      for (const way of rig.ways) {
        const figures = await transfer(rig, way, kind, options.bytes, residents.get(way) ?? null);
        all.push(figures);
        say(
          `round ${round + 1}  ${kind.padEnd(8)} ${way.name.padEnd(9)} ${figures.mibPerSecond.toFixed(0).padStart(5)} MiB/s` +
            (figures.growthMib === null ? '' : `  memory +${figures.growthMib.toFixed(0)} MiB`),
        );
      }
    }
  }
  return (['download', 'upload'] as const).flatMap((kind) =>
    rig.ways.map(({ name }) => {
      const own = all.filter((figures) => figures.kind === kind && figures.name === name);
      const growth = own.map((figures) => figures.growthMib).filter((value) => value !== null);
      return {
        name,
        kind,
        mibPerSecond: median(own.map((figures) => figures.mibPerSecond)),
        growthMib: growth.length === 0 ? null : Math.max(...growth),
      };
    }),
  );
}

async function transfer(
  rig: Rig,
  way: Way,
  kind: 'download' | 'upload',
  bytes: number,
  residentBefore: number | null,
): Promise<BulkFigures> {
  const job: BulkJob = { kind, target: way.target, host: UNNAMED_HOST, bytes };
  if (way.pid !== null) resetPeak(way.pid);
  const result = await rig.load.ask(job);
  const peak = way.pid === null ? null : (memory(way.pid)?.peak ?? null);
  if (result['bytes'] !== bytes) {
    const failed = String(result['failed'] ?? '');
    throw new Error(`${way.name}: ${kind} brought ${String(result['bytes'])} of ${bytes} bytes; ${failed}`);
  }
  return {
    name: way.name,
    kind,
    mibPerSecond: bytes / MIB / Number(result['seconds']),
    growthMib: residentBefore === null || peak === null ? null : Math.max(0, peak - residentBefore) / MIB,
  };
}
