/**
 * Makes dist/, the JavaScript of a published package: compiled sources laid out as in the checkout, and the scripts
 * that stand beside them. Data (policies/, catalog/) is found by `packageRoot` and shipped from its own folder, by
 * `files` in package.json, as are the console's pages, which are built where their sources lie. Builds beside dist/ and swaps, so that a failed build leaves the last good one.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PACKAGED_PROGRAM } from '../cli/sensor-program.ts';
import { packageRoot } from '../config/package-root.ts';
import { buildConsole } from './build-console.ts';

const PROGRAM = 'cli/main.js';
const SHEBANG = '#!/usr/bin/env node\n';

function compile(outDir: string): void {
  const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc');
  const options = ['-p', join(packageRoot, 'tsconfig.build.json'), '--outDir', outDir];
  const { status } = spawnSync(process.execPath, [tsc, ...options], { cwd: packageRoot, stdio: 'inherit' });
  if (status !== 0) throw new Error('the sources do not compile');
}

/** Folders named by tsconfig.build.json, where they exist yet. */
function sourceFolders(): readonly string[] {
  const settings: unknown = JSON.parse(readFileSync(join(packageRoot, 'tsconfig.build.json'), 'utf8'));
  if (typeof settings !== 'object' || settings === null || !('include' in settings)) return [];
  return (settings.include as readonly string[]).filter((folder) => existsSync(join(packageRoot, folder)));
}

/** Scripts that are loaded as they are, by a path beside their module, such as the preload of `weir run`. */
function copyScripts(outDir: string): void {
  for (const file of globSync(`{${sourceFolders().join(',')}}/**/*.{cjs,mjs}`, { cwd: packageRoot })) {
    cpSync(join(packageRoot, file), join(outDir, file));
  }
}

/** What package.json exports; of the declarations that the compiler writes, the package has what these need. */
const EXPORTED = 'engine/text-engine.d.ts';
const DECLARED_FROM = /(\bfrom\s+['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;

/** Keeps the declarations that are reached from the exported one, and names modules in them by what is shipped. */
function keepExportedDeclarations(outDir: string): void {
  const needed = new Set<string>();
  const follow = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    const text = readFileSync(join(outDir, file), 'utf8');
    if (/\bimport\(/.test(text))
      throw new Error(`${file} names a module inside a type: give the export a type by name`);
    for (const [, , path = ''] of text.matchAll(DECLARED_FROM)) follow(join(dirname(file), `${path}.d.ts`));
    writeFileSync(join(outDir, file), text.replaceAll(DECLARED_FROM, '$1$2.js$3'));
  };
  follow(EXPORTED);
  for (const file of globSync('**/*.d.ts', { cwd: outDir })) if (!needed.has(file)) rmSync(join(outDir, file));
}

function makeProgram(path: string): void {
  const text = readFileSync(path, 'utf8');
  if (!text.startsWith('#!')) writeFileSync(path, SHEBANG + text);
  chmodSync(path, 0o755);
}

/** The sensor's program, where this host can build it; a package without one runs with the sensor off. */
function addSensor(outDir: string): void {
  const script = join(packageRoot, 'scripts/build-sensor.sh');
  if (!existsSync(script)) return;
  const { status, stdout } = spawnSync('sh', [script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) return console.error('weir: built without the sensor');
  cpSync(stdout.trim(), join(outDir, 'native', basename(PACKAGED_PROGRAM)));
}

const fresh = join(packageRoot, `dist.${process.pid}`);
const target = join(packageRoot, 'dist');
try {
  compile(fresh);
  copyScripts(fresh);
  keepExportedDeclarations(fresh);
  makeProgram(join(fresh, PROGRAM));
  addSensor(fresh);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  await buildConsole();
} catch (error) {
  console.error(`weir: not built: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
