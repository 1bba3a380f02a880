/**
 * How exposed each unit of deploy/systemd is, as `systemd-analyze security` counts it (0 the least, 10 the most), and, run as a
 * program, the table of it in docs/operations.md.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';

export interface Exposure {
  readonly unit: string;
  readonly exposure: number;
}

/** Throws where systemd is not on this host. */
export function measureExposure(): readonly Exposure[] {
  return globSync('deploy/systemd/*.service', { cwd: packageRoot })
    .sort()
    .map((unit) => {
      const options = ['security', '--offline=true', '--no-pager', join(packageRoot, unit)];
      const { stdout, error } = spawnSync('systemd-analyze', options, { encoding: 'utf8' });
      if (error !== undefined) throw error;
      const [, figure] = /Overall exposure level for \S+: (\d+\.\d)/.exec(stdout) ?? [];
      if (figure === undefined) throw new Error(`systemd-analyze says nothing of ${unit}`);
      return { unit: basename(unit), exposure: Number(figure) };
    });
}

const PAGE = join(packageRoot, 'docs/operations.md');
const BLOCK = /(<!-- exposure: .*? -->\n)[\s\S]*?(<!-- \/exposure -->)/;

if (import.meta.main) {
  const rows = measureExposure().map(({ unit, exposure }) => `| \`${unit}\` | ${exposure.toFixed(1)} |`);
  const table = ['', '| unit | exposure |', '| --- | ---: |', ...rows, '', ''].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  if (!BLOCK.test(page)) throw new Error('docs/operations.md has no block for it');
  writeFileSync(
    PAGE,
    page.replace(BLOCK, (_, open: string, close: string) => open + table + close),
  );
}
