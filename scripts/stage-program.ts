/**
 * Lays out what runs: the built program, its data, and the packages that it needs in production, with their licences and a bill of
 * materials. The image and the Debian package hold this folder and nothing else of a checkout. Run as a program:
 * `stage-program.ts FOLDER`, after `npm run build`.
 */
import { cpSync, existsSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';
import { type OtherComponent, productionFolders, readLock, sbomText } from './sbom.ts';

export const SBOM = 'sbom.cdx.json';

/** Beside their own `dist`. */
const OWN = ['dist', 'policies', 'console/web/dist', 'LICENSE', 'NOTICE', 'README.md', 'package.json'];
/** Of a package: what nobody reads while it runs. */
const UNREAD = /\.(?:map|d\.[cm]?ts|tsbuildinfo)$|(?:^|\/)(?:\.[^/]*|tests?)$/;
/** What re2 is compiled from and with, beside the one module. */
const KEPT_OF_RE2 = /^(?:build(?:\/Release(?:\/re2\.node)?)?|lib(?:\/.*)?|LICENSE|package\.json|[^/]+\.js)$/;

/** Fills a folder that is not there yet. `others` are shipped with it. Throws where something has not been built. */
export function stageProgram(target: string, others: readonly OtherComponent[] = []): void {
  const lock = readLock();
  mkdirSync(target, { recursive: true });
  for (const path of OWN) copy(join(packageRoot, path), join(target, path), () => true);
  for (const file of globSync('catalog/*.json', { cwd: packageRoot }))
    copy(join(packageRoot, file), join(target, file), () => true);
  for (const folder of productionFolders(lock)) {
    const from = join(packageRoot, folder);
    // One for another system is locked, and not installed.
    if (!existsSync(from)) continue;
    const isRe2 = basename(folder) === 're2';
    copy(from, join(target, folder), (file) => {
      const inside = file.slice(from.length + 1);
      // Packages inside of it are entries of their own.
      if (inside === 'node_modules' || inside.startsWith('node_modules/') || UNREAD.test(inside)) return false;
      return !isRe2 || inside === '' || KEPT_OF_RE2.test(inside);
    });
  }
  if (!existsSync(join(target, 'node_modules/re2/build/Release/re2.node'))) throw new Error('re2 is not compiled');
  writeFileSync(join(target, SBOM), sbomText(lock, others));
}

function copy(from: string, to: string, isKept: (file: string) => boolean): void {
  if (!existsSync(from)) throw new Error(`${from} is not there: npm run build`);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, filter: isKept });
}

if (import.meta.main) {
  const [target] = process.argv.slice(2);
  if (target === undefined) throw new Error('usage: stage-program.ts FOLDER');
  rmSync(target, { recursive: true, force: true });
  stageProgram(target);
}
