/**
 * Exit code 0 when node_modules holds what package-lock.json names, 1 when not: compares npm's own note of what it
 * installed with the lock file. A package that is optional may be missing (it is for another platform). Installs nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}

function packagesOf(file: string): Readonly<Record<string, LockedPackage>> {
  const lock: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof lock !== 'object' || lock === null || !('packages' in lock)) return {};
  return lock.packages as Readonly<Record<string, LockedPackage>>;
}

function isInstalled(): boolean {
  const note = join(packageRoot, 'node_modules/.package-lock.json');
  if (!existsSync(note)) return false;
  const present = packagesOf(note);
  return Object.entries(packagesOf(join(packageRoot, 'package-lock.json'))).every(([path, wanted]) => {
    if (path === '') return true;
    const found = present[path];
    if (found === undefined) return wanted.optional === true;
    const isSame = found.version === wanted.version && found.integrity === wanted.integrity;
    return isSame && existsSync(join(packageRoot, path, 'package.json'));
  });
}

process.exitCode = isInstalled() ? 0 : 1;
