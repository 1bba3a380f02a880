/**
 * How many proxies a load takes, from the figures of docs/benchmarks.md: the table between marks in docs/operations.md. Run as a
 * program it writes it; `npm run bench -- --write` does so behind its own page.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.ts';

const BENCHMARKS = join(packageRoot, 'docs/benchmarks.md');
const PAGE = join(packageRoot, 'docs/operations.md');
const BLOCK = /(<!-- sizing: .*? -->\n)[\s\S]*?(<!-- \/sizing -->)/;
/** Of a core: what is left covers bursts, TLS handshakes and the writer of records. */
const BUSY = 0.6;
const RATES = [100, 1000, 10_000];

interface Cost {
  readonly way: string;
  readonly cpuMicros: number;
}

/** The block's text. Throws where the page has no figures of it. */
export function sizingText(benchmarks: string): string {
  const [, prompts = ''] = /^## Prompts\n([\s\S]*?)^## /m.exec(benchmarks) ?? [];
  const costs = [
    cost(prompts, 'weir', 'names in running text found (`detection.names: fast`)'),
    cost(prompts, 'weir-unnamed', 'without them (`detection.names: off`)'),
  ];
  const head = RATES.map((rate) => `cores for ${rate.toLocaleString('en-US')}/s`).join(' | ');
  const rows = costs.map(({ way, cpuMicros }) => {
    const cores = RATES.map((rate) => Math.ceil((rate * cpuMicros) / 1e6 / BUSY).toLocaleString('en-US'));
    return `| ${way} | ${cpuMicros} | ${cores.join(' | ')} |`;
  });
  return `
| 4 KB prompts | CPU µs a request | ${head} |
| --- | ---: | ${RATES.map(() => '---: |').join(' ')}
${rows.join('\n')}

Cores are requests a second × CPU time a request ÷ ${BUSY}, and never below one.

`;
}

function cost(prompts: string, name: string, way: string): Cost {
  const cells = prompts
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .find(([, first]) => first === name);
  const cpuMicros = Number(cells?.[6]);
  if (!(cpuMicros > 0)) throw new Error(`docs/benchmarks.md has no CPU time of ${name}`);
  return { way, cpuMicros };
}

/** The page with the block anew. Throws where it has none. */
export function withSizing(page: string, benchmarks: string): string {
  if (!BLOCK.test(page)) throw new Error('docs/operations.md has no block for it');
  return page.replace(BLOCK, (_, open: string, close: string) => open + sizingText(benchmarks) + close);
}

/** Writes it from what docs/benchmarks.md says now. */
export function writeSizing(): void {
  writeFileSync(PAGE, withSizing(readFileSync(PAGE, 'utf8'), readFileSync(BENCHMARKS, 'utf8')));
}

if (import.meta.main) writeSizing();
