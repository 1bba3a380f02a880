/** docs/benchmarks.md and the verdict lines, made from measured figures alone; the page is never edited by hand. */
import { cpus, totalmem } from 'node:os';
import { type AccuracyFigures, accuracyLines, accuracyVerdicts } from './accuracy/summary.ts';
import { type BulkFigures, MIB } from './bulk.ts';
import { type BundleFigures, bundleLines, bundleVerdicts } from './bundles.ts';
import { fleetLines, fleetVerdicts } from './fleet/fleet-text.ts';
import type { FleetFigures } from './fleet/run.ts';
import { type MapFigures, mapLines, mapVerdicts } from './map.ts';
import { type PostgresFigures, postgresLines, postgresVerdicts } from './postgres.ts';
import { PERCENT_WITH_FINDING } from './prompts.ts';
import type { RateFigures, RateOptions } from './rates.ts';
import { type ReachFigures, reachTables, reachVerdicts } from './reach.ts';
import { type ScanFigures, scanTables, scanVerdicts } from './scan-speed.ts';
import { type SensorFigures, sensorLines, sensorVerdicts } from './sensor/sensor.ts';

/** What Weir means to reach beside the naive proxy. */
export const TARGETS = { rate: 0.6, namedRate: 0.4, bulk: 0.7, growthMib: 64 } as const;

export interface Figures {
  readonly rates: readonly RateFigures[] | null;
  readonly rateOptions: RateOptions;
  readonly reach: ReachFigures | null;
  readonly bulk: readonly BulkFigures[] | null;
  readonly bulkBytes: number;
  readonly scan: ScanFigures | null;
  readonly map: MapFigures | null;
  readonly accuracy: AccuracyFigures | null;
  readonly sensor: SensorFigures | null;
  readonly postgres: PostgresFigures | null;
  readonly fleet: FleetFigures | null;
  readonly bundles: BundleFigures | null;
  readonly takenAt: Date;
}

/** One line a target: what it is, what was measured, met or not met. Empty where a run measured neither side. */
function verdicts(figures: Figures): string[] {
  const lines: string[] = [];
  const unnamed = ratio(figures.rates, (entry) => entry.perSecond, 'weir-unnamed');
  if (unnamed !== null) lines.push(verdict('requests/s beside the naive proxy, names off', unnamed, TARGETS.rate));
  const rate = ratio(figures.rates, (entry) => entry.perSecond, 'weir');
  if (rate !== null) lines.push(verdict('requests/s beside the naive proxy, as shipped', rate, TARGETS.namedRate));
  for (const kind of ['download', 'upload'] as const) {
    const own = figures.bulk?.filter((entry) => entry.kind === kind) ?? null;
    const speed = ratio(own, (entry) => entry.mibPerSecond, 'weir');
    if (speed !== null) lines.push(verdict(`${kind} speed beside the naive proxy`, speed, TARGETS.bulk));
    const growth = own?.find((entry) => entry.name === 'weir')?.growthMib ?? null;
    if (growth !== null) {
      const met = growth < TARGETS.growthMib ? 'met' : 'NOT met';
      lines.push(`${kind}: memory grew by ${growth.toFixed(0)} MiB, target below ${TARGETS.growthMib} MiB: ${met}`);
    }
  }
  if (figures.reach !== null) lines.push(...reachVerdicts(figures.reach));
  return lines;
}

function verdict(what: string, measured: number, target: number): string {
  return `${what}: ${measured.toFixed(2)}, target ${target} or more: ${measured >= target ? 'met' : 'NOT met'}`;
}

function ratio<T extends { readonly name: string }>(
  entries: readonly T[] | null,
  of: (entry: T) => number,
  name: string,
): number | null {
  const naive = entries?.find((entry) => entry.name === 'naive');
  const weir = entries?.find((entry) => entry.name === name);
  return naive === undefined || weir === undefined ? null : of(weir) / of(naive);
}

/** The page as Markdown. */
export function page(figures: Figures): string {
  const { rateOptions } = figures;
  const processor = cpus();
  const parts = [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run bench -- --write`; change bench/report.ts, not this page. -->',
    '',
    'What the proxy costs, how fast and how exactly text is scanned. The proxy is measured beside the same calls without it and beside a naive proxy that terminates TLS and passes',
    'the bytes on with undici, without looking at them (`bench/naive-proxy.ts`). Absolute figures say much about the machine; the ratios',
    'are what to compare.',
    '',
    `- Taken ${figures.takenAt.toISOString().slice(0, 10)} on ${processor.length} × ${processor[0]?.model.trim() || 'unknown processor'},` +
      ` ${(totalmem() / MIB / 1024).toFixed(0)} GiB of memory, ${process.platform} ${process.arch}, Node ${process.version}`,
    '- Again: `npm run bench` (about twenty minutes; `npm run bench -- --quick` for a glance; `--write` writes what was measured into this page; `npm run bench -- sensor` twelve minutes by itself, as root)',
    '- Each proxy is one process, and so are upstream and load generator; on few cores they share them, and every rate is lower than with cores to spare',
    '- The parts by themselves: `./scripts/node bench/extract.ts`, `bench/scan.ts`, `bench/store.ts`',
    '',
  ];
  if (figures.rates !== null) {
    parts.push(
      '## Prompts',
      '',
      `${rateOptions.connections} kept connections, one request under way on each; every prompt is a different chat request of about 4 KB, ` +
        `${PERCENT_WITH_FINDING} in 100 hold an e-mail address (tokenized); answers of about 1 KB. Weir runs with the default policy and with records on: as shipped, and without looking for names in running text (detection.names: off). ` +
        `Medians of ${figures.rates[0]?.rounds.length ?? 0} rounds of ${rateOptions.measureMs / 1000} s that take turns.`,
      '',
      '| way | requests/s | beside naive | p50 ms | p99 ms | CPU µs a request (proxy process) |',
      '| --- | ---: | ---: | ---: | ---: | ---: |',
      ...figures.rates.map((entry) => rateRow(entry, figures.rates)),
      '',
    );
  }
  if (figures.reach !== null) {
    parts.push(
      '## Workers, peers, streams',
      '',
      'All processes of a proxy are counted. `mitmproxy-regexes` runs ten expressions over each body, `squid` (ssl-bump) and `mockttp` look at nothing, `nginx` goes from TLS to TLS for the one host and is the limit of what can be had.',
      '',
      ...reachTables(figures.reach),
    );
  }
  if (figures.bulk !== null) {
    parts.push(
      '## Large bodies',
      '',
      `${(figures.bulkBytes / MIB).toFixed(0)} MiB in one body through a host that no rule names; memory is the peak of the proxy's process above what it held after a first transfer of 1 MiB each way.`,
      '',
      '| way | direction | MiB/s | beside naive | memory |',
      '| --- | --- | ---: | ---: | ---: |',
      ...figures.bulk.map((entry) => bulkRow(entry, figures.bulk)),
      '',
    );
  }
  if (figures.scan !== null) {
    const { scan } = figures;
    parts.push(
      '## Scanning',
      '',
      'Megabytes a second of one core (processor time), looking for findings from 0.3 on as the proxy does, without and with the names of people, places and organisations in running text; ' +
        `findings of medium or higher. A different prompt each time: ${scan.promptMs.toFixed(3)} ms for ${(scan.promptBytes / 1024).toFixed(1)} KB of JSON ` +
        `without names, ${scan.namedPromptMs.toFixed(3)} ms with. Building a scanner takes ${scan.compileMs.toFixed(0)} ms; ` +
        `the process holds ${scan.rssMib.toFixed(0)} MiB after all of it.`,
      '',
      ...scanTables(scan),
    );
  }
  if (figures.map !== null) parts.push('## The map and the console', '', ...mapLines(figures.map));
  if (figures.postgres !== null) {
    parts.push(
      '## A shared store',
      '',
      `Taken ${figures.takenAt.toISOString().slice(0, 10)} on ${processor.length} processors, \`npm run bench -- postgres\`.`,
      '',
      ...postgresLines(figures.postgres),
    );
  }
  if (figures.accuracy !== null) parts.push('## Accuracy', '', ...accuracyLines(figures.accuracy));
  if (figures.sensor !== null)
    parts.push(
      '## The sensor',
      '',
      `Taken ${figures.takenAt.toISOString().slice(0, 10)} on ${processor.length} processors.`,
      '',
      ...sensorLines(figures.sensor),
    );
  if (figures.fleet !== null)
    parts.push(
      '## The fleet',
      '',
      `Taken ${figures.takenAt.toISOString().slice(0, 10)} on ${processor.length} processors.`,
      '',
      ...fleetLines(figures.fleet),
    );
  if (figures.bundles !== null)
    parts.push(
      '## Policies to a fleet',
      '',
      `Taken ${figures.takenAt.toISOString().slice(0, 10)} on ${processor.length} processors, \`npm run bench -- bundles\`.`,
      '',
      ...bundleLines(figures.bundles),
    );
  const lines = [
    ...verdicts(figures),
    ...(figures.scan === null ? [] : scanVerdicts(figures.scan)),
    ...(figures.map === null ? [] : mapVerdicts(figures.map)),
    ...(figures.postgres === null ? [] : postgresVerdicts(figures.postgres)),
    ...(figures.accuracy === null ? [] : accuracyVerdicts(figures.accuracy)),
    ...(figures.sensor === null ? [] : sensorVerdicts(figures.sensor)),
    ...(figures.fleet === null ? [] : fleetVerdicts(figures.fleet)),
    ...(figures.bundles === null ? [] : bundleVerdicts(figures.bundles)),
  ];
  if (lines.length > 0) parts.push('## Targets', '', ...lines.map((line) => `- ${line}`), '');
  return parts.join('\n');
}

function rateRow(entry: RateFigures, all: readonly RateFigures[] | null): string {
  const naive = all?.find((other) => other.name === 'naive')?.perSecond;
  const cells = [
    entry.name,
    entry.perSecond.toFixed(0),
    naive === undefined ? '' : (entry.perSecond / naive).toFixed(2),
    entry.p50Ms.toFixed(2),
    entry.p99Ms.toFixed(2),
    entry.cpuMicrosPerRequest === null ? '' : entry.cpuMicrosPerRequest.toFixed(0),
  ];
  return `| ${cells.join(' | ')} |`;
}

function bulkRow(entry: BulkFigures, all: readonly BulkFigures[] | null): string {
  const naive = all?.find((other) => other.name === 'naive' && other.kind === entry.kind)?.mibPerSecond;
  const cells = [
    entry.name,
    entry.kind,
    entry.mibPerSecond.toFixed(0),
    naive === undefined ? '' : (entry.mibPerSecond / naive).toFixed(2),
    entry.growthMib === null ? '' : `+${entry.growthMib.toFixed(0)} MiB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/**
 * A page on which the sections that were measured now stand in place of those before, and the others stay as they were. Of the
 * targets a line goes where there is a new one that differs in its figures alone.
 */
export function merged(before: string, now: string): string {
  const old = sectionsOf(before);
  const fresh = sectionsOf(now);
  const kept = new Map(old.sections);
  const targets = [...(old.sections.get(TARGETS_TITLE) ?? []), ...(fresh.sections.get(TARGETS_TITLE) ?? [])];
  for (const [title, lines] of fresh.sections) kept.set(title, lines);
  kept.delete(TARGETS_TITLE);
  const latest = new Map(targets.filter((line) => line.startsWith('- ')).map((line) => [subjectOf(line), line]));
  const parts = [
    ...(fresh.isWhole ? fresh.head : old.head),
    ...[...kept].flatMap(([title, lines]) => [title, ...lines]),
  ];
  return [...parts, TARGETS_TITLE, '', ...latest.values(), ''].join('\n');
}

const TARGETS_TITLE = '## Targets';

/** All but the figures behind what is measured. */
function subjectOf(line: string): string {
  const [what = '', ...said] = line.split(': ');
  return [what, said.join(': ').replace(/-?\d+(?:\.\d+)?|(?:NOT met|met|not shown.*)$/g, '')].join(': ');
}

function sectionsOf(text: string): {
  readonly head: readonly string[];
  readonly sections: ReadonlyMap<string, readonly string[]>;
  /** It has all that a run without names measures. */
  readonly isWhole: boolean;
} {
  const head: string[] = [];
  const sections = new Map<string, string[]>();
  let lines = head;
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('## ')) {
      lines = [];
      sections.set(line, lines);
    } else {
      lines.push(line);
    }
  }
  for (const each of sections.values()) if (each.at(-1) !== '') each.push('');
  return { head, sections, isWhole: sections.has('## Prompts') && sections.has('## Accuracy') };
}
