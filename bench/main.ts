/**
 * `npm run bench`: Weir beside the direct way and a naive proxy, in one run. It never fails because something was slow;
 * it says whether the targets are met. It fails when a call went wrong, for then the figures would mean nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSizing } from '../scripts/write-sizing.ts';
import { type AccuracyFigures, measureAccuracy } from './accuracy/summary.ts';
import { MIB, measureBulk } from './bulk.ts';
import { type BundleRun, FULL_BUNDLES, measureBundles, QUICK_BUNDLES } from './bundles.ts';
import { loadCorpus } from './corpus/texts.ts';
import { FULL_MAP, measureMap, QUICK_MAP } from './map.ts';
import { isInstalled } from './peers/program.ts';
import { FULL_POSTGRES, measurePostgres, QUICK_POSTGRES } from './postgres.ts';
import { measureRates } from './rates.ts';
import { FULL_REACH, measureReach, QUICK_REACH } from './reach.ts';
import { type Figures, merged, page } from './report.ts';
import { CONTENDERS, type Contender, type Rig, setUp } from './rig.ts';
import { FULL_RUN, measureScan, QUICK_RUN } from './scan-speed.ts';
import { FULL_SENSOR, measureSensor, QUICK_SENSOR, SENSOR_PIECES, type SensorFigures } from './sensor/sensor.ts';

const USAGE = `Usage: npm run bench -- [proxy] [reach] [bulk] [scan] [map] [accuracy] [sensor] [bundles] [options]

  proxy            requests a second and latency with 4 KB prompts
  reach            with one and two workers, beside other proxies that are installed; larger prompts, single calls,
                   first bytes, new connections, open streams, calls beside a huge body
  bulk             a large download and upload, with the memory they take
  scan             how fast text is scanned, by kind of text
  map              how long the questions of the map and the console take, with a million events
  accuracy         how exactly: recall, precision, false alarms (brings the clean corpus if it is not there)
  sensor           what the sensor costs the programs that it watches, what it keeps up with, and its memory (Linux, root;
                   twelve minutes, in no run that does not name it)
  bundles          how long policies take to 200 nodes that watch a bus (nats-server; in no run that does not name it).
                   --nodes, --rounds

  fleet            twenty nodes, three collectors, a real NATS and PostgreSQL: events a second, then what is left after
                   kills, a partition and a full disk; alone. --nodes, --rate, --seconds, --kills

  postgres         how long the answers of a shared store take (PostgreSQL; an hour and 30 GB of disk with --events 10000000
                   and --edges 20000, which is what it is made for; in no run that does not name it)

  All but sensor, bundles, fleet and postgres unless some are named, about twenty minutes.

  --quick          fewer and shorter rounds, well below a minute a part; figures are rough
  --rounds N       rounds of each measurement
  --seconds N      length of a round of \`proxy\`
  --connections N  kept connections (16)
  --mib N          size of a large body (1024)
  --pieces A,B     of the part sensor: ${SENSOR_PIECES.join(', ')}
  --pairs N        of the part sensor: pairs of windows of HTTPS
  --only A,B       ways to measure: ${CONTENDERS.join(', ')}
  --mitmproxy      mitmproxy too (mitmdump on PATH)
  --mockttp        in the part reach, mockttp too (brought through npm)
  --cpu-prof, --prof   profile Weir's process into the working directory
  --write          write docs/benchmarks.md: the parts that were measured, the others stay
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
    pieces: { type: 'string' },
    pairs: { type: 'string' },
    mitmproxy: { type: 'boolean', default: false },
    mockttp: { type: 'boolean', default: false },
    'cpu-prof': { type: 'boolean', default: false },
    prof: { type: 'boolean', default: false },
    events: { type: 'string' },
    edges: { type: 'string' },
    nodes: { type: 'string' },
    rate: { type: 'string' },
    kills: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const PARTS: readonly string[] = ['proxy', 'reach', 'bulk', 'scan', 'map', 'accuracy'];
const ALL_PARTS: readonly string[] = [...PARTS, 'sensor', 'bundles', 'postgres'];

process.exitCode = await main();

async function main(): Promise<number> {
  if (positionals.length === 1 && positionals[0] === 'fleet' && !values.help) return await measureFleet();
  const parts = positionals.length === 0 || positionals.includes('all') ? PARTS : positionals;
  const named = values.only?.split(',') ?? [
    'direct',
    'naive',
    'weir',
    'weir-unnamed',
    ...(values.mitmproxy ? ['mitmproxy'] : []),
  ];
  const contenders = CONTENDERS.filter((name) => named.includes(name));
  if (values.help || !parts.every((part) => ALL_PARTS.includes(part)) || contenders.length !== named.length) {
    process.stderr.write(USAGE);
    return values.help ? 0 : 2;
  }
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const figures = await measure(parts, contenders, say);
  if (values.write) writePage(figures, say);
  process.stdout.write(`${page(figures).split('\n').slice(8).join('\n')}\n`);
  return 0;
}

function writePage(figures: Figures, say: (line: string) => void): void {
  const file = new URL('../docs/benchmarks.md', import.meta.url);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  writeFileSync(file, merged(before, page(figures)));
  writeSizing();
  say(`wrote ${file.pathname}`);
}

/** It fails where a record is lost, and where a chain has a gap. */
async function measureFleet(): Promise<number> {
  const { FULL_FLEET, QUICK_FLEET, runFleet } = await import('./fleet/run.ts');
  const { fleetText } = await import('./fleet/fleet-text.ts');
  const base = values.quick ? QUICK_FLEET : FULL_FLEET;
  const options = {
    ...base,
    nodes: Number(values.nodes ?? base.nodes),
    rate: Number(values.rate ?? base.rate),
    seconds: Number(values.seconds ?? base.seconds),
    kills: Number(values.kills ?? base.kills),
  };
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const figures = await runFleet(options, say);
  if (values.write) writePage({ ...NOTHING, fleet: figures, takenAt: new Date() }, say);
  process.stdout.write(fleetText(figures));
  return figures.lost === 0 && figures.broken === 0 ? 0 : 1;
}

/** What a part that runs by itself does not measure. */
const NOTHING: Figures = {
  ...{ rates: null, rateOptions: { rounds: 0, measureMs: 0, warmMs: 0, connections: 0, budgetMs: 0 } },
  ...{
    reach: null,
    bulk: null,
    bulkBytes: 0,
    scan: null,
    map: null,
    accuracy: null,
    sensor: null,
    postgres: null,
    fleet: null,
    bundles: null,
  },
  takenAt: new Date(0),
};

async function measure(
  parts: readonly string[],
  contenders: readonly Contender[],
  say: (line: string) => void,
): Promise<Figures> {
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
  const rates = parts.includes('proxy')
    ? await withRig(contenders, flags, (rig) => measureRates(rig, rateOptions, say))
    : null;
  const bulk = parts.includes('bulk')
    ? await withRig(
        contenders.filter((name) => name !== 'weir-unnamed'),
        flags,
        (rig) => measureBulk(rig, bulkOptions, say),
      )
    : null;
  const peers = CONTENDERS.filter((name) => isPeerHere(name));
  const reach = parts.includes('reach')
    ? await measureReach(values.quick ? QUICK_REACH : FULL_REACH, peers, say)
    : null;
  if (parts.includes('scan')) say('scan: by kind of text');
  const scan = parts.includes('scan') ? measureScan(values.quick ? QUICK_RUN : FULL_RUN) : null;
  const map = parts.includes('map') ? measureMap(values.quick ? QUICK_MAP : FULL_MAP, say) : null;
  const accuracy = parts.includes('accuracy') ? accuracyOf(say) : null;
  const sensor = parts.includes('sensor') ? await sensorOf(say) : null;
  const postgres = parts.includes('postgres') ? await measurePostgres(postgresRun(), say) : null;
  const bundles = parts.includes('bundles') ? await measureBundles(bundleRun(), say) : null;
  return {
    rates,
    rateOptions,
    reach,
    bulk,
    bulkBytes: bulkOptions.bytes,
    scan,
    map,
    accuracy,
    sensor,
    postgres,
    fleet: null,
    bundles,
    takenAt: new Date(),
  };
}

function bundleRun(): BundleRun {
  const run = values.quick ? QUICK_BUNDLES : FULL_BUNDLES;
  return { ...run, nodes: Number(values.nodes ?? run.nodes), rounds: Number(values.rounds ?? run.rounds) };
}

function postgresRun() {
  const run = values.quick ? QUICK_POSTGRES : FULL_POSTGRES;
  return { events: Number(values.events ?? run.events), edges: Number(values.edges ?? run.edges) };
}

/** Other proxies that are installed, or asked for. */
function isPeerHere(name: Contender): boolean {
  switch (name) {
    case 'mitmproxy-regexes':
      return isInstalled('mitmdump', '--version');
    case 'squid':
      return isInstalled('squid', '-v');
    case 'nginx':
      return isInstalled('nginx', '-v');
    case 'mockttp':
      return values.mockttp;
    default:
      return false;
  }
}

function sensorOf(say: (line: string) => void): Promise<SensorFigures> {
  const named = values.pieces?.split(',');
  const pieces = SENSOR_PIECES.filter((piece) => named === undefined || named.includes(piece));
  const run = values.quick ? QUICK_SENSOR : FULL_SENSOR;
  const pairs = values.pairs === undefined ? run.pairs : { ...run.pairs, pairs: Number(values.pairs) };
  return measureSensor({ ...run, pairs }, pieces, say);
}

/** Brings what is missing of the clean corpus first. */
function accuracyOf(say: (line: string) => void): AccuracyFigures {
  if (loadCorpus().missing.length > 0) {
    say('accuracy: the clean corpus, through npm and apt-get');
    spawnSync(process.execPath, [fileURLToPath(new URL('corpus/build.ts', import.meta.url))], {
      stdio: ['ignore', process.stderr, process.stderr],
    });
  }
  say('accuracy: values planted in the clean corpus');
  return measureAccuracy();
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
