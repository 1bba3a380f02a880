/**
 * `npm run bench`: Weir beside the direct way and a naive proxy, in one run. It never fails because something was slow;
 * it says whether the targets are met. It fails when a call went wrong, for then the figures would mean nothing.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MIB, measureBulk } from './bulk.ts';
import { measureRates } from './rates.ts';
import { type Figures, page } from './report.ts';
import { CONTENDERS, type Contender, type Rig, setUp } from './rig.ts';

const USAGE = `Usage: npm run bench -- [proxy|bulk|all] [options]

  proxy            requests a second and latency with 4 KB prompts
  bulk             a large download and upload, with the memory they take
  all              both (the default), about three minutes

  --quick          fewer and shorter rounds, below 40 seconds; figures are rough
  --rounds N       rounds of each measurement
  --seconds N      length of a round of \`proxy\`
  --connections N  kept connections (16)
  --mib N          size of a large body (1024)
  --only A,B       ways to measure: ${CONTENDERS.join(', ')}
  --mitmproxy      mitmproxy too (mitmdump on PATH)
  --cpu-prof, --prof   profile Weir's process into the working directory
  --write          write docs/benchmarks.md
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '16' },
    mib: { type: 'string' },
    only: { type: 'string' },
    mitmproxy: { type: 'boolean', default: false },
    'cpu-prof': { type: 'boolean', default: false },
    prof: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const what = positionals[0] ?? 'all';
  const named = values.only?.split(',') ?? ['direct', 'naive', 'weir', ...(values.mitmproxy ? ['mitmproxy'] : [])];
  const contenders = CONTENDERS.filter((name) => named.includes(name));
  if (values.help || !['proxy', 'bulk', 'all'].includes(what) || contenders.length !== named.length) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const figures = await measure(what, contenders, say);
  if (values.write) {
    const file = new URL('../docs/benchmarks.md', import.meta.url);
    writeFileSync(file, page(figures));
    say(`wrote ${file.pathname}`);
  }
  process.stdout.write(`${page(figures).split('\n').slice(8).join('\n')}\n`);
  return 0;
}

async function measure(what: string, contenders: readonly Contender[], say: (line: string) => void): Promise<Figures> {
  const rateOptions = {
    rounds: Number(values.rounds ?? (values.quick ? 2 : 5)),
    measureMs: Number(values.seconds ?? (values.quick ? 1.5 : 4)) * 1000,
    warmMs: values.quick ? 500 : 1000,
    connections: Number(values.connections),
    budgetMs: values.quick ? 12_000 : 100_000,
  };
  const bulkOptions = {
    rounds: Number(values.rounds ?? (values.quick ? 1 : 2)),
    budgetMs: values.quick ? 12_000 : 60_000,
    bytes: Number(values.mib ?? (values.quick ? 128 : 1024)) * MIB,
  };
  // Profiles are written where the process ends; the folder of the run is removed, so they are made here.
  const flags = [
    ...(values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : []),
    ...(values.prof ? ['--prof'] : []),
  ];
  // Fresh processes for the large bodies: what the many small calls grew the heap by would hide what they take.
  const rates = what === 'bulk' ? null : await withRig(contenders, flags, (rig) => measureRates(rig, rateOptions, say));
  const bulk = what === 'proxy' ? null : await withRig(contenders, flags, (rig) => measureBulk(rig, bulkOptions, say));
  return { rates, rateOptions, bulk, bulkBytes: bulkOptions.bytes, takenAt: new Date() };
}

async function withRig<T>(
  contenders: readonly Contender[],
  flags: readonly string[],
  work: (rig: Rig) => Promise<T>,
): Promise<T> {
  const rig = await setUp(contenders, flags);
  try {
    return await work(rig);
  } finally {
    await rig.close();
  }
}
