/**
 * What a busy proxy has to hold beside the rate of small prompts: larger prompts, single calls, first bytes, new
 * connections, many streams, and small calls beside a huge one. Each beside the naive proxy in the same run.
 */
import { treeMemory } from './process-usage.ts';
import type { Kind } from './prompts.ts';
import { measureRates, median, type RateFigures } from './rates.ts';
import { type Contender, GENAI_HOST, type Rig, setUp, UNNAMED_HOST, type Way } from './rig.ts';

export interface ReachOptions {
  readonly rounds: number;
  readonly measureMs: number;
  readonly warmMs: number;
  readonly connections: number;
  readonly streams: number;
  readonly hugeBytes: number;
}

export const FULL_REACH: ReachOptions = {
  rounds: 2,
  measureMs: 3000,
  warmMs: 1500,
  connections: 16,
  streams: 1000,
  hugeBytes: 30 << 20,
};
export const QUICK_REACH: ReachOptions = {
  rounds: 1,
  measureMs: 1000,
  warmMs: 500,
  connections: 4,
  streams: 20,
  hugeBytes: 2 << 20,
};

/** One figure for each way that was measured. */
export interface ReachRow {
  readonly what: string;
  readonly unit: string;
  readonly values: ReadonlyMap<Contender, number>;
}

export interface ReachFigures {
  readonly rows: readonly ReachRow[];
  /** Rates of 4 KB prompts by number of workers, with the peers that are there. */
  readonly rates: ReadonlyMap<number, readonly RateFigures[]>;
}

const OURS: readonly Contender[] = ['naive', 'weir', 'weir-unnamed'];

/** `peers`: what else is there to be measured. A peer that does not start is left out, and said so. */
export async function measureReach(
  options: ReachOptions,
  peers: readonly Contender[],
  say: (line: string) => void,
): Promise<ReachFigures> {
  const rows: ReachRow[] = [];
  const rates = new Map<number, readonly RateFigures[]>();
  const rateOptions = { ...options, budgetMs: 120_000 };
  const usable: Contender[] = [];
  for (const peer of peers) {
    const rig = await setUp([peer], []).catch((error: unknown) => {
      say(`${peer} is left out: ${error instanceof Error ? error.message : 'it did not start'}`);
      return null;
    });
    if (rig === null) continue;
    usable.push(peer);
    await rig.close();
  }
  for (const workers of [1, 2]) {
    say(`reach: 4 KB prompts, ${workers} ${workers === 1 ? 'worker' : 'workers'}`);
    // Peers that are one process whatever is asked are measured once.
    const others = usable.filter((peer) => workers === 1 || peer === 'nginx' || peer === 'squid');
    const rig = await setUp([...OURS, ...others], [], workers);
    try {
      rates.set(workers, await measureRates(rig, rateOptions, say));
    } finally {
      await rig.close();
    }
  }
  const rig = await setUp(OURS, []);
  try {
    for (const [what, prompts] of [
      ['64 KB prompts never seen before', 'large'],
      ['64 KB prompts of which all but 4 KB was sent before', 'grown'],
    ] as const) {
      say(`reach: ${what}`);
      rows.push(rateRow(what, await measureRates(rig, { ...rateOptions, prompts }, say)));
    }
    say('reach: small GETs to a host that no rule names');
    const gets = await measureRates(rig, { ...rateOptions, prompts: 'get' satisfies Kind, host: UNNAMED_HOST }, say);
    rows.push(rateRow('small GETs to a host that no rule names', gets));
    say('reach: one connection');
    const single = await measureRates(rig, { ...rateOptions, connections: 1 }, say);
    rows.push(latencyRow('one connection, p50', single, 'p50Ms'), latencyRow('one connection, p99', single, 'p99Ms'));
    for (const [what, how] of [
      ['first text of a stream, p50', 'short'],
      ['first text of a stream that begins with a token, p50', 'token'],
    ] as const) {
      rows.push(await eachWay(rig, what, 'ms', options.rounds, say, (way) => firstBytes(rig, way, how, options)));
    }
    const connects = (way: Way): Promise<number> =>
      asked(rig, way, { kind: 'connects', parallel: 4, measureMs: options.measureMs, host: GENAI_HOST }, 'perSecond');
    rows.push(await eachWay(rig, 'new connections with a 4 KB prompt', '/s', options.rounds, say, connects));
    rows.push(
      await eachWay(rig, `memory of each of ${options.streams} open streams`, 'KiB', 1, say, (way) =>
        streamMemory(rig, way, options),
      ),
    );
    rows.push(...(await besideHuge(rig, options, say)));
  } finally {
    await rig.close();
  }
  return { rows, rates };
}

function rateRow(what: string, figures: readonly RateFigures[]): ReachRow {
  return { what, unit: '/s', values: new Map(figures.map(({ name, perSecond }) => [name, perSecond])) };
}

function latencyRow(what: string, figures: readonly RateFigures[], key: 'p50Ms' | 'p99Ms'): ReachRow {
  return { what, unit: 'ms', values: new Map(figures.map((one) => [one.name, one[key]])) };
}

/** The median over rounds in which the ways take turns. */
async function eachWay(
  rig: Rig,
  what: string,
  unit: string,
  rounds: number,
  say: (line: string) => void,
  measure: (way: Way) => Promise<number>,
): Promise<ReachRow> {
  say(`reach: ${what}`);
  const all = new Map<Contender, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const way of rig.ways) {
      const value = await measure(way);
      all.set(way.name, [...(all.get(way.name) ?? []), value]);
      say(`round ${round + 1}  ${way.name.padEnd(12)} ${value.toFixed(2)} ${unit}`);
    }
  }
  return { what, unit, values: new Map([...all].map(([name, values]) => [name, median(values)])) };
}

function firstBytes(rig: Rig, way: Way, how: 'short' | 'token', { measureMs }: ReachOptions): Promise<number> {
  const count = Math.max(20, Math.round(measureMs / 20));
  return asked(rig, way, { kind: 'first-bytes', how, count, host: GENAI_HOST }, 'p50Ms');
}

async function streamMemory(rig: Rig, way: Way, { streams }: ReachOptions): Promise<number> {
  const { pid } = way;
  // A first one, so that what is loaded and compiled for it is not counted.
  await asked(rig, way, { kind: 'streams', count: Math.ceil(streams / 20), host: GENAI_HOST }, 'open');
  await rig.load.ask({ kind: 'release' });
  const before = pid === null ? null : treeMemory(pid);
  await asked(rig, way, { kind: 'streams', count: streams, host: GENAI_HOST }, 'open');
  const after = pid === null ? null : treeMemory(pid);
  await rig.load.ask({ kind: 'release' });
  return before === null || after === null ? Number.NaN : (after - before) / streams / 1024;
}

/** Small calls with and without a huge body the same way, and how long Weir's event loop stood still meanwhile. */
async function besideHuge(rig: Rig, options: ReachOptions, say: (line: string) => void): Promise<readonly ReachRow[]> {
  const job = { kind: 'beside', perSecond: 200, measureMs: 2 * options.measureMs, host: GENAI_HOST } as const;
  const alone = await eachWay(rig, 'p99 of 200 small calls a second', 'ms', options.rounds, say, (way) =>
    asked(rig, way, { ...job, hugeBytes: 0 }, 'p99Ms'),
  );
  const stood = new Map<Contender, number>();
  const mib = Math.round(options.hugeBytes / (1 << 20));
  const beside = await eachWay(rig, `the same beside bodies of ${mib} MiB`, 'ms', options.rounds, say, async (way) => {
    if (way.name !== 'naive') await way.ask?.({ kind: 'delay' });
    const p99 = await asked(rig, way, { ...job, hugeBytes: options.hugeBytes }, 'p99Ms');
    const delay = way.name === 'naive' ? null : await way.ask?.({ kind: 'delay' });
    if (delay) stood.set(way.name, Math.max(stood.get(way.name) ?? 0, Number(delay['p999Ms'])));
    return p99;
  });
  return [alone, beside, { what: 'event-loop delay meanwhile, p99.9', unit: 'ms', values: stood }];
}

async function asked(rig: Rig, way: Way, job: object, key: string): Promise<number> {
  const result = await rig.load.ask({ ...job, target: way.target });
  if (typeof result['failed'] === 'string') throw new Error(`${way.name}: ${result['failed']}`);
  return Number(result[key]);
}

/** What is to be reached, a line each: met or not met. */
export function reachVerdicts({ rows, rates }: ReachFigures): string[] {
  const lines: string[] = [];
  const say = (what: string, value: number | undefined, target: number, isAtMost = false, unit = ''): void => {
    if (value === undefined || Number.isNaN(value)) return;
    const isMet = isAtMost ? value <= target : value >= target;
    const bound = `${target}${unit} or ${isAtMost ? 'less' : 'more'}`;
    lines.push(`${what}: ${value.toFixed(2)}${unit}, target ${bound}: ${isMet ? 'met' : 'NOT met'}`);
  };
  for (const [workers, figures] of rates) {
    const of = (name: Contender): number | undefined => figures.find((one) => one.name === name)?.perSecond;
    for (const [name, kind, naive, regexes, mockttp] of [
      ['weir-unnamed', 'names off', 0.6, 6, 2.4],
      ['weir', 'as shipped', 0.4, 4, 1.6],
    ] as const) {
      const own = of(name);
      const beside = (other: number | undefined): number | undefined =>
        own === undefined || other === undefined ? undefined : own / other;
      const where = `4 KB, ${workers} ${workers === 1 ? 'worker' : 'workers'}, ${kind}`;
      say(`${where}, beside naive`, beside(of('naive')), naive);
      if (workers !== 1) continue;
      say(`${where}, beside mitmproxy with ten expressions`, beside(of('mitmproxy-regexes')), regexes);
      say(`${where}, beside mockttp`, beside(of('mockttp')), mockttp);
    }
  }
  const row = (begins: string): ReachRow | undefined => rows.find(({ what }) => what.startsWith(begins));
  const added = (begins: string, name: Contender): number | undefined => {
    const values = row(begins)?.values;
    const own = values?.get(name);
    const naive = values?.get('naive');
    return own === undefined || naive === undefined ? undefined : own - naive;
  };
  const ratio = (begins: string, name: Contender): number | undefined => {
    const values = row(begins)?.values;
    const own = values?.get(name);
    const naive = values?.get('naive');
    return own === undefined || naive === undefined ? undefined : own / naive;
  };
  say('64 KB never seen, names off', row('64 KB prompts never')?.values.get('weir-unnamed'), 500, false, '/s');
  say('64 KB never seen, as shipped', row('64 KB prompts never')?.values.get('weir'), 200, false, '/s');
  say('64 KB mostly seen, names off', row('64 KB prompts of which')?.values.get('weir-unnamed'), 1500, false, '/s');
  say('one connection, added p50, names off', added('one connection, p50', 'weir-unnamed'), 0.3, true, ' ms');
  say('one connection, added p50, as shipped', added('one connection, p50', 'weir'), 0.8, true, ' ms');
  say('one connection, added p99, as shipped', added('one connection, p99', 'weir'), 3, true, ' ms');
  say('first text of a stream, added', added('first text of a stream, p50', 'weir'), 1, true, ' ms');
  say('first text with a token at its head, added', added('first text of a stream that', 'weir'), 200, true, ' ms');
  say('new connections beside naive, as shipped', ratio('new connections', 'weir'), 0.7);
  say('memory of an open stream, as shipped', row('memory of each')?.values.get('weir'), 150, true, ' KiB');
  say('small GETs beside naive', ratio('small GETs', 'weir'), 0.7);
  const alone = row('p99 of 200')?.values.get('weir');
  const beside = row('the same beside')?.values.get('weir');
  say('small calls beside a huge body, p99 times that without', alone && beside ? beside / alone : undefined, 3, true);
  say('event-loop delay beside a huge body, p99.9', row('event-loop')?.values.get('weir'), 2, true, ' ms');
  return lines;
}

export function reachTables({ rows, rates }: ReachFigures): string[] {
  const lines: string[] = [];
  for (const [workers, figures] of rates) {
    lines.push(
      `4 KB prompts, ${workers} ${workers === 1 ? 'process' : 'processes'} each where a proxy can have several:`,
      '',
    );
    lines.push(
      '| way | requests/s | beside naive | p50 ms | p99 ms | CPU µs a request, all processes |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
    );
    const naive = figures.find(({ name }) => name === 'naive')?.perSecond ?? Number.NaN;
    for (const { name, perSecond, p50Ms, p99Ms, cpuMicrosPerRequest } of figures) {
      const cpu = cpuMicrosPerRequest === null ? '' : cpuMicrosPerRequest.toFixed(0);
      lines.push(
        `| ${name} | ${perSecond.toFixed(0)} | ${(perSecond / naive).toFixed(2)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | ${cpu} |`,
      );
    }
    lines.push('');
  }
  const names = OURS;
  lines.push(`| one process each | ${names.join(' | ')} |`, `| --- | ${names.map(() => '---:').join(' | ')} |`);
  for (const { what, unit, values } of rows) {
    const cells = names.map((name) => {
      const value = values.get(name);
      return value === undefined || Number.isNaN(value) ? '' : `${value.toFixed(value < 100 ? 2 : 0)} ${unit}`;
    });
    lines.push(`| ${what} | ${cells.join(' | ')} |`);
  }
  return [...lines, ''];
}
