/**
 * Makes console/web/dist, the pages as a browser gets them, with Vite. It does nothing where they are as the sources
 * have them: a note in dist/ keeps a digest of the sources and of the lock file. Builds beside dist/ and swaps, so that a
 * failed build leaves the last good one. An installed package has no sources, and nothing to build.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';

const web = join(packageRoot, 'console/web');
const target = join(web, 'dist');
/** Not served: the names of files that are begin with no dot. */
const NOTE = '.built-from';
/** Browsers that know all that the pages use (`light-dark()`, subgrid). */
const BROWSERS = ['chrome123', 'firefox128', 'safari17.5'];

function digestOfSources(): string {
  const hash = createHash('sha256');
  const sources = globSync('**/*.{ts,tsx,css,html,svg,json}', {
    cwd: web,
    exclude: (name) => name === 'dist',
  }).toSorted();
  for (const file of sources)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(web, file)))
      .update('\0');
  hash.update(readFileSync(join(packageRoot, 'package-lock.json')));
  hash.update(readFileSync(import.meta.filename));
  return hash.digest('hex');
}

function isBuiltFrom(digest: string): boolean {
  const note = join(target, NOTE);
  return existsSync(note) && readFileSync(note, 'utf8') === digest;
}

/** Builds the pages where they are not as the sources have them; whether it did. */
export async function buildConsole(): Promise<boolean> {
  const digest = digestOfSources();
  if (isBuiltFrom(digest)) return false;
  const { build } = await import('vite');
  const fresh = join(web, `dist.${process.pid}`);
  mkdirSync(fresh);
  try {
    await build({
      configFile: false,
      root: web,
      logLevel: 'error',
      oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
      build: {
        outDir: fresh,
        emptyOutDir: true,
        target: BROWSERS,
        cssTarget: BROWSERS,
        // The pages' policy allows no `data:`.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
      },
    });
    writeFileSync(join(fresh, NOTE), digest);
    swap(fresh);
    return true;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Two builds may end at once; either's result is good. */
function swap(fresh: string): void {
  const old = `${fresh}.old`;
  if (existsSync(target)) renameSync(target, old);
  try {
    renameSync(fresh, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const began = performance.now();
  try {
    if (await buildConsole()) {
      console.error(`weir: the console's pages are built (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    }
  } catch (error) {
    console.error(`weir: the console's pages are not built: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
