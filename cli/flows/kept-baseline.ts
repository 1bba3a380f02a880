/** The configured baseline, read again when its file changes: it is written and reviewed beside a running Weir. */
import { statSync } from 'node:fs';
import type { Baseline } from '../../map/baseline.ts';
import { readBaseline } from './baseline-file.ts';

const LOOK_MS = 2000;

/** Null where none is configured, there is none yet, or it has an error, which `onProblem` hears once. */
export function keptBaseline(
  file: string | null,
  onProblem: (message: string) => void = () => {},
): () => Baseline | null {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let changedAt = '';
  let known: Baseline | null = null;
  return () => {
    if (file === null || performance.now() - lookedAt < LOOK_MS) return known;
    lookedAt = performance.now();
    const stats = statSync(file, { throwIfNoEntry: false });
    const changed = stats === undefined ? '' : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
    if (changed === changedAt) return known;
    changedAt = changed;
    known = null;
    if (stats === undefined) return known;
    try {
      known = readBaseline(file);
    } catch (error) {
      onProblem(`baseline: ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
    return known;
  };
}
