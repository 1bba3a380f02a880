/**
 * How fast text is scanned: megabytes a second by kind of text, milliseconds for a prompt of 4 KB in JSON, milliseconds to
 * build a scanner, memory, and text made to hurt at n and 2n bytes. Times are processor time of this process, so that
 * other load on the machine counts little; each is the middle one of several runs, but for the time of 2n by n.
 */
import { createScanner, type Scanner } from '../engine/scan/scanner.ts';
import { KEPT, MEDIUM } from '../flow/finding.ts';
import { makePrompts } from './prompts.ts';
import { hurtingTexts, speedTexts } from './scan-texts.ts';

export const TARGETS = {
  thorough: 2,
  promptMs: 0.05,
  namedPromptMs: 0.5,
  compileMs: 300,
  hurtMbPerSecond: 3,
  namedHurt: 1,
  doubling: 2.5,
};

export interface TextSpeed {
  readonly name: string;
  readonly bytes: number;
  readonly mbPerSecond: number;
  readonly namedMbPerSecond: number;
  /** With `names: thorough`; null for the dumps, which would take minutes. */
  readonly thoroughMbPerSecond: number | null;
  readonly target: { readonly without: number | null; readonly withNames: number | null };
  /** Findings of medium or higher in its first 100 KB. */
  readonly findings: number;
}

export interface HurtSpeed {
  readonly name: string;
  readonly mbPerSecond: number;
  readonly namedMbPerSecond: number;
  /** Least time of 2n bytes by that of n. */
  readonly doubling: number;
}

export interface ScanFigures {
  readonly texts: readonly TextSpeed[];
  readonly hurt: readonly HurtSpeed[];
  readonly promptMs: number;
  readonly namedPromptMs: number;
  readonly promptBytes: number;
  readonly compileMs: number;
  /** Memory of the process after all this, MiB. */
  readonly rssMib: number;
}

export interface ScanOptions {
  /** Size of the dumps. */
  readonly dumpBytes: number;
  /** Of a text made to hurt; it is measured at half of it as well. */
  readonly hurtBytes: number;
  readonly runs: number;
}

export const FULL_RUN: ScanOptions = { dumpBytes: 20_000_000, hurtBytes: 1_000_000, runs: 5 };
export const QUICK_RUN: ScanOptions = { dumpBytes: 1_000_000, hurtBytes: 50_000, runs: 1 };

/** Processor time for one scan of one text. */
const BUDGET_MS = 2_500;

const HINTS = { label: null, role: null };

export function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The middle one of an odd number of runs. */
export function medianMs(runs: number, work: () => void): number {
  const times = Array.from({ length: runs }, () => processorMs(work)).sort((a, b) => a - b);
  return times[times.length >> 1] ?? 0;
}

/** A scanner without the names of people, places and organisations in running text. */
export function withoutNames(): Scanner {
  return createScanner({ names: 'off', least: KEPT });
}

export function measureScan(options: ScanOptions): ScanFigures {
  const compileMs = medianMs(Math.max(3, options.runs), () => void createScanner({ least: KEPT }));
  const plain = withoutNames();
  const named = createScanner({ least: KEPT });
  const thorough = createScanner({ names: 'thorough', least: KEPT });
  const rate = (scanner: Scanner, text: Buffer): number => {
    const first = text.subarray(0, 100_000);
    scanner.scan(first, HINTS);
    const wanted = (first.length / processorMs(() => void scanner.scan(first, HINTS))) * BUDGET_MS;
    // A text that would take longer is measured by its beginning.
    const part = text.subarray(0, Math.max(first.length, wanted));
    if (part.length < 5_000_000)
      for (let round = 0; round < 2; round++) scanner.scan(part.subarray(0, 1_000_000), HINTS);
    const runs = part.length < text.length || text.length > 5_000_000 ? 1 : options.runs;
    return part.length / 1000 / medianMs(runs, () => void scanner.scan(part, HINTS));
  };
  const texts = speedTexts(options.dumpBytes).map(({ name, text, target }) => ({
    name,
    bytes: text.length,
    target,
    mbPerSecond: rate(plain, text),
    namedMbPerSecond: rate(named, text),
    thoroughMbPerSecond: name.endsWith('dump') ? null : rate(thorough, text.subarray(0, options.hurtBytes)),
    findings: named.scan(text.subarray(0, 100_000), HINTS).filter(({ score }) => score >= MEDIUM).length,
  }));
  const hurt = hurtingTexts().map(({ name, make }) => {
    const half = make(options.hurtBytes / 2);
    const first = processorMs(() => void plain.scan(half, HINTS));
    const scale = Math.min(MOST_SCALE, Math.ceil(LEAST_MS / Math.max(0.1, first)));
    const { mbPerSecond, doubling } = inTurn(plain, make, options.hurtBytes * scale, options.runs);
    const whole = make(options.hurtBytes);
    const namedMs = medianMs(1, () => void named.scan(whole, HINTS));
    return { name, mbPerSecond, namedMbPerSecond: whole.length / 1000 / namedMs, doubling };
  });
  const prompts = promptsOf(400);
  const promptMs = (scanner: Scanner): number =>
    medianMs(options.runs, () => {
      for (const prompt of prompts) scanner.scan(prompt, HINTS);
    }) / prompts.length;
  promptMs(plain);
  return {
    texts,
    hurt,
    promptMs: promptMs(plain),
    namedPromptMs: promptMs(named),
    promptBytes: prompts.reduce((sum, prompt) => sum + prompt.length, 0) / prompts.length,
    compileMs,
    rssMib: process.memoryUsage.rss() / 1024 / 1024,
  };
}

/**
 * A text that is scanned faster, ms, is made so many times as long: of a short time most is a collection of garbage, and
 * a text that the caches hold takes less than half of one that they do not.
 */
const LEAST_MS = 20;
const MOST_SCALE = 16;

/**
 * A text of `bytes` and one half as long, in turn: the speed by the middle time of the longer, and how many times the
 * least time of the shorter its least is. Least times, since the compiler and the collector only ever add to one of them.
 */
function inTurn(
  scanner: Scanner,
  make: (bytes: number) => Buffer,
  bytes: number,
  runs: number,
): { mbPerSecond: number; doubling: number } {
  const [half, whole] = [make(bytes / 2), make(bytes)];
  const [halves, wholes]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    halves.push(processorMs(() => void scanner.scan(half, HINTS)));
    wholes.push(processorMs(() => void scanner.scan(whole, HINTS)));
  }
  const median = wholes.toSorted((a, b) => a - b)[wholes.length >> 1] ?? 0;
  return { mbPerSecond: whole.length / 1000 / median, doubling: Math.min(...wholes) / Math.min(...halves) };
}

/** Bodies of chat requests, each different. */
export function promptsOf(count: number): readonly Buffer[] {
  return makePrompts(count, 11, 'api.openai.com').map(({ bytes }) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4));
}

/** Text of a table's rows, the same for the command and for docs/benchmarks.md. */
export function scanTables(figures: ScanFigures): readonly string[] {
  const number = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(2));
  const asked = (target: number | null): string => (target === null ? '' : String(target));
  const prose = figures.texts.find(({ name }) => name === 'prose');
  const dump = (value: number | undefined): string => (value === undefined ? '' : number(value / 2));
  return [
    '| text | MB | MB/s without names | target | MB/s with names | target | thorough | findings in 100 KB |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...figures.texts.map(({ name, bytes, mbPerSecond, namedMbPerSecond, thoroughMbPerSecond, target, findings }) => {
      const isDump = name.endsWith('dump');
      const goals = isDump
        ? [dump(prose?.mbPerSecond), dump(prose?.namedMbPerSecond)]
        : [asked(target.without), asked(target.withNames)];
      return `| ${name} | ${(bytes / 1e6).toFixed(1)} | ${number(mbPerSecond)} | ${goals[0]} | ${number(namedMbPerSecond)} | ${goals[1]} | ${thoroughMbPerSecond === null ? '' : number(thoroughMbPerSecond)} | ${findings} |`;
    }),
    '',
    '| made to hurt | MB/s without names | MB/s with names | time of 2n by n |',
    '| --- | ---: | ---: | ---: |',
    ...[...figures.hurt]
      .sort((a, b) => a.mbPerSecond - b.mbPerSecond)
      .map(
        ({ name, mbPerSecond, namedMbPerSecond, doubling }) =>
          `| \`${name.replaceAll('`', '')}\` | ${number(mbPerSecond)} | ${number(namedMbPerSecond)} | ${doubling.toFixed(2)} |`,
      ),
    '',
  ];
}

/** One line a target: what was asked, what was measured, met or not. */
export function scanVerdicts(figures: ScanFigures): readonly string[] {
  const lines: string[] = [];
  const least = (what: string, value: number, target: number): void =>
    void lines.push(
      `${what}: ${value.toFixed(1)} MB/s, target ${target} or more: ${value >= target ? 'met' : 'NOT met'}`,
    );
  const most = (what: string, value: number, target: number, unit: string, digits: number): void =>
    void lines.push(
      `${what}: ${value.toFixed(digits)} ${unit}, target ${target} or less: ${value <= target ? 'met' : 'NOT met'}`,
    );
  for (const { name, mbPerSecond, namedMbPerSecond, target } of figures.texts) {
    if (target.without !== null) least(`scan of ${name} without names`, mbPerSecond, target.without);
    if (target.withNames !== null) least(`scan of ${name} with names`, namedMbPerSecond, target.withNames);
  }
  const slowest = Math.min(...figures.texts.map((one) => one.thoroughMbPerSecond ?? Number.POSITIVE_INFINITY));
  least('slowest kind of text with thorough names', slowest, TARGETS.thorough);
  least(
    'worst text made to hurt, without names',
    Math.min(...figures.hurt.map((one) => one.mbPerSecond)),
    TARGETS.hurtMbPerSecond,
  );
  least(
    'worst text made to hurt, with names',
    Math.min(...figures.hurt.map((one) => one.namedMbPerSecond)),
    TARGETS.namedHurt,
  );
  most('time of 2n by n, worst', Math.max(...figures.hurt.map((one) => one.doubling)), TARGETS.doubling, 'times', 2);
  most('a prompt of 4 KB in JSON without names', figures.promptMs, TARGETS.promptMs, 'ms', 3);
  most('a prompt of 4 KB in JSON with names', figures.namedPromptMs, TARGETS.namedPromptMs, 'ms', 3);
  most('building a scanner', figures.compileMs, TARGETS.compileMs, 'ms', 0);
  return lines;
}
