/**
 * Writes technical-{training,measured}.tsv: files of the packages installed here whose text trains and measures the
 * tagger, each with a digest. A package is in one list or the other.
 */
import { createHash } from 'node:crypto';
import { globSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import { digest, excerptOf } from './technical.ts';

const PATTERNS = [
  'node_modules/**/*.{md,js,mjs,ts,json}',
  'runtime/node_modules/**/*.{md,js,json}',
  '/usr/share/doc/**/*.{md,txt,rst}',
  '/usr/share/doc/**/README*',
  '/usr/lib/python3*/**/*.py',
  '/usr/share/perl/**/*.{pm,pl}',
  '/usr/share/nodejs/**/*.{md,js,json}',
  '/usr/include/*.h',
  '/etc/*.conf',
];
const SKIPPED =
  /LICEN|COPYING|AUTHORS|CHANGELOG|changelog|CONTRIBUTORS|\.min\.|faker|copyright|locale|encodings|idlelib\/(?:CREDITS|NEWS)/i;
/** Files of one folder, and of a package, so that no package outweighs the others. */
const MOST_OF_A_FOLDER = 2;
const MOST_OF_A_PACKAGE = 24;

function packageOf(path: string): string {
  const parts = path.split('/');
  const at = parts.lastIndexOf('node_modules');
  if (at !== -1) return parts.slice(at + 1, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join('/');
  if (path.startsWith('/usr/share/doc/')) return parts[4] ?? '';
  return parts.slice(0, 6).join('/');
}

const lists: Record<'training' | 'measured', string[]> = { training: [], measured: [] };
const seen = new Map<string, number>();
const paths = PATTERNS.flatMap((pattern) => globSync(pattern, { cwd: packageRoot })).sort();
const order = (path: string): string => createHash('sha256').update(path).digest('hex');
for (const path of [...new Set(paths)].sort((a, b) => (order(a) < order(b) ? -1 : 1))) {
  const shown = path.startsWith('/') ? path : relative(packageRoot, join(packageRoot, path));
  if (SKIPPED.test(shown)) continue;
  const folder = shown.slice(0, shown.lastIndexOf('/'));
  const own = packageOf(shown);
  if ((seen.get(folder) ?? 0) >= MOST_OF_A_FOLDER || (seen.get(`package ${own}`) ?? 0) >= MOST_OF_A_PACKAGE) continue;
  const text = excerptOf(shown);
  if (text === null || text.length < 300) continue;
  seen.set(folder, (seen.get(folder) ?? 0) + 1);
  seen.set(`package ${own}`, (seen.get(`package ${own}`) ?? 0) + 1);
  const isMeasured = Number.parseInt(digest(own).slice(0, 4), 16) % 4 === 0;
  lists[isMeasured ? 'measured' : 'training'].push(`${digest(text)}\t${shown}`);
}
for (const [name, lines] of Object.entries(lists)) {
  writeFileSync(join(packageRoot, `scripts/names/technical-${name}.tsv`), `${lines.sort().join('\n')}\n`);
  console.log(`${name}: ${lines.length} files`);
}
