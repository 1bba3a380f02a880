/** What the weights were trained on, as one digest: a test compares it, so that weights are not forgotten when data change. */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';

const INPUTS = ['test/corpus/names/*.tsv', 'scripts/names/lists/*.txt', 'scripts/names/technical-training.tsv'];

export function digestOfInputs(): string {
  const hash = createHash('sha256');
  for (const path of INPUTS.flatMap((pattern) => globSync(pattern, { cwd: packageRoot })).sort())
    hash.update(`${path.replaceAll('\\', '/')}\n`).update(readFileSync(join(packageRoot, path)));
  return hash.digest('hex');
}
