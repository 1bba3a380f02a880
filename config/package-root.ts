/**
 * Where the package lies: the folder that holds its package.json, from a checkout and from dist/ alike. Data files
 * that are read at run time (policies, the catalog) are found from here. Reads nothing but folder names and package.json.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackageRoot(from: string): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${from}: the installation is incomplete`);
    folder = parent;
  }
  return folder;
}

/** Absolute path, without a trailing slash: `join(packageRoot, 'policies/default.yaml')`. */
export const packageRoot: string = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

/** The version that package.json names; `unknown` where it names none. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const found = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null;
  return typeof found === 'string' ? found : 'unknown';
}
